//! The whole way, as people go it: deposits, stake, take, rewards, compounding, an announcement, somebody who leaves before it and before
//! a fault and is untouched by both, a run on exits, payment, an export that goes on as the same chain.

use entente_proto::cosmos::bank::v1beta1::MsgSend;
use entente_proto::restake::vault::v1 as wire;

use super::super::state::{LOTS, LOTS_OF_VAULT, PLACES};
use super::auctions::earn;
use super::*;
use crate::world::kinds;

const G: u128 = 1_000_000_000;

/// What somebody's shares would bring now, of each asset.
fn exit_of(net: &mut Net, n: u8) -> Vec<u128> {
    let request = wire::QueryPreviewExitRequest { vault: 1, shares: net.held(n, "lrt/1").to_string() };
    let answer: wire::QueryPreviewExitResponse = net.w.ask("/restake.vault.v1.Query/PreviewExit", &request).unwrap();
    answer.coins.iter().map(|coin| coin.amount.parse().unwrap()).collect()
}

fn composition(net: &mut Net) -> wire::QueryCompositionResponse {
    net.w.ask("/restake.vault.v1.Query/Composition", &wire::QueryCompositionRequest { vault: 1 }).unwrap()
}

fn ppm(before: u128, after: u128) -> u128 {
    (before - after) * 1_000_000 / before
}

#[test]
fn from_a_deposit_to_a_leaver_whom_neither_an_announcement_nor_a_fault_can_reach() {
    let mut net = Net::with_take("10000000000000");
    super::auctions::list_voucher(&mut net);

    // One token in, one share out; the basket is what three people brought.
    let first = net.deposit(101, DENOMS[0], 40 * G);
    net.deposit(102, DENOMS[1], 25 * G);
    net.deposit(103, DENOMS[2], 20 * G);
    let parts: Vec<String> = composition(&mut net).components.iter().map(|c| c.part[..5].to_owned()).collect();
    assert_eq!(parts, ["43343", "33539", "23116"], "against targets of 40, 35 and 25 %");

    // The epoch ends: everything is staked with the validators of this chain, as alliance assets.
    net.next_epoch();
    assert!(PLACES.prefix(&net.w.ctx, &(1, denom(DENOMS[0]))).count() == 3);
    assert!(net.active().iter().zip(DENOMS).all(|(active, name)| net.staked(name) + 1_000 > *active));

    // The take lowers the stake a little; rewards come: fees in two coins.
    let before = net.active();
    earn(&mut net, "uente", 9 * G);
    earn(&mut net, "uatom", 9 * G);
    let lock = wire::MsgGaugeLock { owner: net.w.acc(101), vault: 1, shares: (first / 4).to_string() };
    net.w.send(&lock).unwrap();
    net.next_epoch();
    assert!(net.active().iter().zip(before).all(|(now, was)| *now < was), "the take is borne by the shares");

    // The coin with a price is sold for the asset that is furthest below its target, the other flows to locked shares.
    let lot = LOTS_OF_VAULT.must(&net.w.ctx, &(1, denom("uatom"))).unwrap();
    let offer = LOTS.must(&net.w.ctx, &lot).unwrap();
    assert_eq!(offer.wanted, denom(DENOMS[2]));
    net.pass(DAY / 2);
    net.fund(104, DENOMS[2], 20 * G);
    let max_in = Some(base::Coin { denom: DENOMS[2].into(), amount: (20 * G).to_string() });
    let bid = wire::MsgBidAuction { bidder: net.w.acc(104), lot, max_in };
    let events = net.w.send(&bid).unwrap();
    assert!(kinds(&events).contains(&"restake.vault.v1.EventLotSold"));
    let paid = 20 * G - net.held(104, DENOMS[2]);
    let dripped = net.active()[2];
    net.next_epoch();
    assert!(net.active()[2] > dripped + paid * 9 / 10, "{paid} were paid, {dripped} became {}", net.active()[2]);
    let uente = net.held(101, "uente");
    let claim = wire::MsgGaugeClaim { owner: net.w.acc(101), vault: 1, shares: String::new() };
    net.w.send(&claim).unwrap();
    assert!(net.held(101, "uente") > uente);

    // A friend gets half of the free shares, and asks to leave. The curator announces a higher fee.
    let half = net.held(101, "lrt/1") / 2;
    let amount = vec![base::Coin { denom: "lrt/1".into(), amount: half.to_string() }];
    let gift = MsgSend { from_address: net.w.acc(101), to_address: net.w.acc(105), amount };
    net.w.send(&gift).unwrap();
    net.request_exit(105, half).unwrap();
    let fees = wire::Fees { performance: wad(15), protocol_part: wad(50), curator_part: wad(50), ..Default::default() };
    let change = wire::VaultChange { kind: wire::ChangeKind::Fees.into(), fees: Some(fees), ..Default::default() };
    let announce = wire::MsgUpdateVault { curator: net.w.acc(1), vault: 1, change: Some(change) };
    net.w.send(&announce).unwrap();
    net.next_epoch();
    let leaving = net.batch(1);
    assert_eq!(net.vault().fees.performance, 10 * WAD / 100, "who asked before is gone before it takes effect");

    // A validator signs twice, after the batch closed: every holder loses the same fraction, the leaver nothing.
    net.w.blocks(3);
    let (height, before) = (net.w.ctx.height(), [101, 102, 103].map(|n| exit_of(&mut net, n)));
    net.w.block_with_proof(3, height, 30);
    let after = [101, 102, 103].map(|n| exit_of(&mut net, n));
    for i in 0..3 {
        let lost: Vec<u128> = before.iter().zip(&after).map(|(was, is)| ppm(was[i], is[i])).collect();
        assert!(lost[0] > 10_000 && lost.iter().all(|l| l.abs_diff(lost[0]) <= 1), "{}: {lost:?}", DENOMS[i]);
    }
    let amounts = |batch: &Batch| batch.parts.iter().map(|part| part.amount).collect::<Vec<_>>();
    assert_eq!(amounts(&net.batch(1)), amounts(&leaving));

    // A run: six tenths of all shares ask to leave in one epoch; the first and the last get the same for the same shares.
    let all = net.vault().shares;
    let each = net.held(103, "lrt/1").min(net.held(102, "lrt/1"));
    net.request_exit(103, each).unwrap();
    let rest = all * 6 / 10 - 2 * each;
    net.request_exit(101, rest.min(net.held(101, "lrt/1"))).unwrap();
    net.request_exit(102, each).unwrap();
    let stk: Vec<Vec<u128>> = [102, 103].map(|n| DENOMS.map(|name| net.held(n, name)).to_vec()).to_vec();
    let state = crate::genesis::export(&net.w.ctx).unwrap();
    let again = World::from_genesis(&state).unwrap();
    assert_eq!(crate::genesis::export(&again.ctx).unwrap()["vault"], state["vault"]);
    net.next_epoch();
    assert!(net.batch(2).shares * 10 >= all * 5, "a run of {} of {all}", net.batch(2).shares);
    net.pass(3 * DAY);
    assert_eq!(net.vault().fees.performance, 15 * WAD / 100, "three epochs after it was announced");

    // Time goes by; everybody is paid in kind, by itself.
    net.pass(20 * DAY);
    for (part, name) in leaving.parts.iter().zip(DENOMS) {
        assert_eq!(net.held(105, name), part.amount, "{name}: the leaver, to the unit");
    }
    net.pass(DAY);
    let got = |net: &Net, n: u8, was: &[u128]| -> Vec<u128> {
        DENOMS.iter().zip(was).map(|(name, was)| net.held(n, name) - was).collect()
    };
    let (last, first) = (got(&net, 102, &stk[0]), got(&net, 103, &stk[1]));
    assert!(first.iter().all(|amount| *amount > 0));
    assert_eq!(first, last, "the first and the last of the run");
    net.w.check();
}
