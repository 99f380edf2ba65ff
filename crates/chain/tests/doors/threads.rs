//! Signatures are checked on as many threads as there are; nobody can see on how many.

use entente_chain::{BlockResult, TxResult, Unfit};
use entente_proto::cosmos::tx::signing::v1beta1::SignMode;

use crate::net::{Hand, Net, Tx, answer, send, user};

/// Payments of users 1 to 8, several of each in one block: good ones, and of every kind that a signature or a sequence makes bad.
fn block(round: u64) -> Vec<Vec<u8>> {
    let mut txs = Vec::new();
    for nth in 0..6 {
        for from in 1..=8_u8 {
            let amount = 10 + u64::from(from) + nth;
            let tx = Tx::new(vec![send(&user(from), &user(from % 8 + 1), amount)], vec![Hand::of(from)]);
            let mut tx = tx.at(round * 6 + nth);
            match (from, nth) {
                // Is shown for the first time in this block, then no more.
                (1, 1..) => tx.show_keys = false,
                (2, _) => tx = tx.mode(SignMode::LegacyAminoJson),
                (3, 3) => tx = tx.at(99),
                (4, 2) => tx.chain_id = "another-chain".to_owned(),
                (5, 5) => tx.hands[0].number = 77,
                (6, 4) => tx.fee.gas_limit = 20_000,
                _ => {}
            }
            txs.push(tx.bytes());
        }
    }
    let mut broken = txs[0].clone();
    broken.truncate(40);
    txs.insert(9, broken);
    let mut forged = txs[7].clone();
    *forged.last_mut().unwrap() ^= 1;
    txs.insert(5, forged);
    txs.push(txs[20].clone());
    txs
}

fn play(threads: usize, check_first: bool) -> Vec<BlockResult> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| {
        let mut net = Net::new();
        (0..3)
            .map(|round| {
                let txs = block(round);
                if check_first {
                    for tx in &txs {
                        net.chain.check_tx(tx, false).unwrap();
                    }
                }
                net.block(txs)
            })
            .collect()
    })
}

fn seen(blocks: &[BlockResult]) -> Vec<([u8; 32], &[TxResult])> {
    blocks.iter().map(|b| (b.app_hash, b.txs.as_slice())).collect()
}

#[test]
fn the_same_blocks_give_the_same_results_and_app_hashes_on_1_2_and_8_threads_with_and_without_earlier_checks() {
    let alone = play(1, false);
    for (threads, check_first) in [(2, false), (8, false), (1, true), (8, true)] {
        let blocks = play(threads, check_first);
        assert_eq!(seen(&blocks), seen(&alone), "{threads} threads, checked first: {check_first}");
    }
    let first: Vec<String> = alone[0].txs.iter().map(answer).collect();
    assert!(first.iter().filter(|a| *a == "ok").count() > 30, "{first:?}");
    for wanted in ["sdk 2", "sdk 4", "sdk 11", "sdk 32"] {
        assert!(first.iter().any(|a| a == wanted), "{wanted}: {first:?}");
    }
}

#[test]
fn a_verdict_of_the_mempool_does_not_outlive_what_it_was_about() {
    let mut net = Net::new();
    let late = Tx::new(vec![send(&user(1), &user(2), 5)], vec![Hand::of(1)]).at(1);
    let first = Tx::new(vec![send(&user(1), &user(2), 5)], vec![Hand::of(1)]);
    assert_eq!(answer(&net.chain.check_tx(&first.bytes(), false).unwrap()), "ok");
    assert_eq!(answer(&net.chain.check_tx(&late.bytes(), false).unwrap()), "ok");
    // Out of order: the sequence that was checked is not the one that is asked for.
    let results = net.block(vec![late.bytes(), first.bytes(), late.bytes()]).txs;
    assert_eq!(results.iter().map(answer).collect::<Vec<_>>(), ["sdk 32", "ok", "ok"]);
}

#[test]
fn a_proposal_is_judged_the_same_on_1_and_8_threads_with_and_without_earlier_checks() {
    let payment = |from: u8| Tx::new(vec![send(&user(from), &user(from % 8 + 1), 5)], vec![Hand::of(from)]).bytes();
    let good: Vec<Vec<u8>> = (1..=8).map(payment).collect();
    let mut forged = good.clone();
    *forged[5].last_mut().unwrap() ^= 1;
    let twice = [&good[..], &good[2..3]].concat();
    let refused = |place: usize, code: u32| format!("transaction {place} is refused: {code}");
    for (threads, check_first) in [(1, false), (8, false), (1, true), (8, true)] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut net = Net::new();
            if check_first {
                for tx in good.iter().chain(&forged) {
                    net.chain.check_tx(tx, false).unwrap();
                }
            }
            let state = net.chain.snapshot(None).unwrap().clone();
            let judge = |txs: &[Vec<u8>]| match state.process(state.time, txs, net.chain.known()).unwrap() {
                Ok(()) => "fit".to_owned(),
                Err(Unfit::Refused { place, code, .. }) => refused(place, code),
                Err(other) => other.to_string(),
            };
            let case = format!("{threads} threads, checked first: {check_first}");
            assert_eq!(judge(&forged), refused(5, 4), "{case}");
            assert_eq!(judge(&twice), refused(8, 32), "{case}");
            // What was found out in the first round holds in the second, and in the block.
            assert_eq!((judge(&good), judge(&good)), ("fit".to_owned(), "fit".to_owned()), "{case}");
            assert!(net.block(good.clone()).txs.iter().all(|r| r.code == 0), "{case}");
        });
    }
}
