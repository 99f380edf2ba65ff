//! Tests of the mempool: order, replacement, room, expiry.

use super::*;

fn offer(signers: &[u8], sequence: u64, price: u64) -> Offer {
    let signers = signers.iter().map(|n| AccAddress::new(&[*n; 20]).unwrap()).collect();
    Offer { signers, sequence, price }
}

fn pool(txs: &[(u8, &[u8], u64, u64)]) -> Mempool {
    let mut pool = Mempool::default();
    for (name, signers, sequence, price) in txs {
        pool.push(vec![*name; 10], 5, offer(signers, *sequence, *price));
    }
    pool
}

fn names(txs: &[Vec<u8>]) -> Vec<u8> {
    txs.iter().map(|tx| tx[0]).collect()
}

#[test]
fn the_best_price_goes_first_and_equal_prices_in_order_of_arrival() {
    let pool = pool(&[(1, &[1], 0, 5), (2, &[2], 0, 9), (3, &[3], 0, 5), (4, &[4], 0, 1)]);
    assert_eq!(names(&pool.reap(1_000, -1)), [2, 1, 3, 4]);
}

#[test]
fn what_a_signer_sent_later_never_overtakes_what_it_sent_earlier() {
    let pool = pool(&[(1, &[1], 0, 1), (2, &[1], 1, 100), (3, &[2], 0, 50), (4, &[2, 1], 1, 200), (5, &[3], 0, 2)]);
    assert_eq!(names(&pool.reap(1_000, -1)), [3, 5, 1, 2, 4]);
}

#[test]
fn a_block_takes_what_fits_by_bytes_and_by_gas() {
    let pool = pool(&[(1, &[1], 0, 1), (2, &[2], 0, 1), (3, &[3], 0, 1), (4, &[4], 0, 1)]);
    assert_eq!(names(&pool.reap(33, -1)), [1, 2]);
    assert_eq!(names(&pool.reap(1_000, 15)), [1, 2, 3]);
}

#[test]
fn what_is_in_the_block_stays_known_and_what_became_bad_may_come_again() {
    let mut pool = pool(&[(0, &[1], 0, 1), (1, &[2], 0, 1), (2, &[3], 0, 1), (3, &[4], 0, 1)]);
    pool.after_block(&[vec![1; 10]], |tx| tx[0] != 2);
    assert_eq!(pool.first(9).map(|tx| tx.bytes[0]).collect::<Vec<_>>(), [0, 3]);
    assert_eq!(pool.bytes(), 20);
    let any = offer(&[9], 0, 1);
    assert_eq!(pool.admit(&[1; 10], &any), Err(MempoolError::Known));
    assert_eq!(pool.admit(&[2; 10], &any), Ok(()));
    assert_eq!(pool.admit(&vec![0; TX_BYTES_MAX + 1], &any), Err(MempoolError::TooLarge(TX_BYTES_MAX + 1)));
}

#[test]
fn a_tenth_more_replaces_and_less_does_not() {
    let mut pool = pool(&[(1, &[1], 0, 100), (2, &[1], 1, 100), (3, &[1], 2, 100)]);
    assert_eq!(pool.replaced_by(&offer(&[1], 1, 109)), None);
    assert_eq!(pool.replaced_by(&offer(&[2], 1, 500)), None);
    let (id, before) = pool.replaced_by(&offer(&[1], 1, 110)).unwrap();
    assert_eq!(before, [&[1; 10]]);
    pool.replace(id, vec![7; 10], 5, offer(&[1], 1, 110));
    assert_eq!(names(&pool.reap(1_000, -1)), [1, 7, 3]);
    assert_eq!(pool.admit(&[2; 10], &offer(&[1], 1, 200)), Ok(()), "what was replaced is forgotten");
}

#[test]
fn a_sender_may_not_fill_the_pool() {
    let mut pool = Mempool::default();
    for n in 0..SENDER_TXS_MAX {
        pool.push(n.to_be_bytes().to_vec(), 5, offer(&[1], n as u64, 1));
    }
    assert_eq!(pool.admit(&[9; 9], &offer(&[1], SENDER_TXS_MAX as u64, 5)), Err(MempoolError::SenderFull));
    assert_eq!(pool.admit(&[9; 9], &offer(&[2], 0, 1)), Ok(()));
    assert_eq!(pool.admit(&[9; 9], &offer(&[1], 3, 2)), Ok(()), "a replacement needs no room");
}

#[test]
fn a_full_pool_makes_room_for_a_better_price_by_its_worst_and_what_follows_on_it() {
    let mut pool = Mempool::default();
    for n in 0..TXS_MAX {
        let price = if n == 10 { 2 } else { 5 };
        let sender = if n == 11 { 10 } else { u8::try_from(n % 200).unwrap() };
        pool.push(n.to_be_bytes().to_vec(), 5, offer(&[sender, 201 + u8::try_from(n % 50).unwrap()], n as u64, price));
    }
    let poor = offer(&[1], 9_999, 2);
    assert!(matches!(pool.admit(&[9; 9], &poor), Err(MempoolError::Full { .. })));
    let rich = offer(&[255], 0, 3);
    assert_eq!(pool.admit(&[9; 9], &rich), Ok(()));
    pool.push(vec![9; 9], 5, rich);
    assert!(pool.len() < TXS_MAX, "the worst took its followers with it");
    assert!(pool.first(TXS_MAX).all(|tx| tx.offer.price > 2));
}

#[test]
fn who_waits_for_too_many_blocks_is_forgotten() {
    let mut pool = pool(&[(1, &[1], 0, 1)]);
    for _ in 0..WAIT_BLOCKS_MAX {
        pool.after_block(&[], |_| true);
    }
    assert_eq!(pool.len(), 1);
    pool.after_block(&[], |_| true);
    assert!(pool.is_empty());
    assert_eq!((pool.bytes(), pool.admit(&[1; 10], &offer(&[1], 0, 1))), (0, Ok(())));
}
