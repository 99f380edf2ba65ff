//! A chain that stands still: who leaves is due later by it, and stays liable as long.

use entente_kernel::Span;
use proptest::prelude::*;

use super::super::state::PARAMS;
use super::*;

const G: u128 = 1_000_000_000;
const THRESHOLD: i64 = 600;
const HORIZON: i64 = 3_600;

/// A vault whose coins are not staked yet, with a batch that has closed.
fn closed_batch(threshold: i64) -> Net {
    let mut net = Net::new();
    let mut params = super::super::params(&net.w.ctx).unwrap();
    params.exit_horizon = Span::from_secs(HORIZON);
    params.halt_threshold = Span::from_secs(threshold);
    PARAMS.save(&mut net.w.ctx, &params).unwrap();
    let shares = net.deposit(101, DENOMS[0], 60 * G);
    net.request_exit(101, shares / 4).unwrap();
    net.next_epoch();
    assert!(net.batch(1).is_funded(), "served from coins that were not staked");
    net
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases("HALT_LIVES", 24), ..ProptestConfig::default() })]
    /// I10: payable at close + U + halts, never earlier, and in the first block from then on.
    #[test]
    fn a_batch_is_paid_at_its_close_plus_the_horizon_plus_the_halts_since(
        gaps in prop::collection::vec(prop_oneof![4 => 6i64..=THRESHOLD, 1 => THRESHOLD + 1..20_000], 1..60)
    ) {
        let mut net = closed_batch(THRESHOLD);
        let close = net.batch(1).closed.unwrap().time;
        let (mut halted, mut exported) = (0, false);
        for gap in gaps.into_iter().chain(std::iter::repeat_n(THRESHOLD, 8)) {
            if BATCHES.get(&net.w.ctx, &(1, 1)).unwrap().is_none() {
                break;
            }
            halted += if gap > THRESHOLD { gap } else { 0 };
            net.w.after(gap - crate::world::BLOCK_SECS);
            let due = close.plus(Span::from_secs(HORIZON + halted));
            let paid = BATCHES.get(&net.w.ctx, &(1, 1)).unwrap().is_none();
            prop_assert_eq!(paid, net.w.ctx.time() >= due, "at {}, due {}", net.w.ctx.time(), due);
            if !paid {
                let request = wire::QueryBatchRequest { vault: 1, batch: 1 };
                let shown = super::super::query::batch(&net.w.ctx, request).unwrap().batch.unwrap();
                prop_assert_eq!(shown.mature_at.map(|at| at.seconds), Some(due.secs));
                let claim = wire::MsgClaimExit { owner: net.w.acc(101), vault: 1, batch: 1, ..Default::default() };
                prop_assert_eq!(net.w.refused(&claim), "vault 15");
                if halted == 0 || std::mem::replace(&mut exported, true) {
                    continue;
                }
                let state = crate::genesis::export(&net.w.ctx).unwrap();
                let again = World::from_genesis_at(&state, net.w.ctx.time()).unwrap();
                prop_assert_eq!(&crate::genesis::export(&again.ctx).unwrap()["vault"], &state["vault"]);
            }
        }
        prop_assert!(BATCHES.get(&net.w.ctx, &(1, 1)).unwrap().is_none(), "paid in the end");
    }
}

#[test]
fn a_fault_that_becomes_known_after_a_halt_reaches_who_would_have_been_paid_in_it() {
    for (threshold, liable) in [(THRESHOLD, true), (0, false)] {
        let mut net = Net::new();
        net.deposit(101, DENOMS[0], 60 * G);
        net.next_epoch();
        net.w.blocks(3);
        let fault = net.w.ctx.height();
        let mut params = super::super::params(&net.w.ctx).unwrap();
        params.exit_horizon = Span::from_secs(HORIZON);
        params.halt_threshold = Span::from_secs(threshold);
        PARAMS.save(&mut net.w.ctx, &params).unwrap();
        let shares = net.held(101, "lrt/1");
        net.request_exit(101, shares / 4).unwrap();
        net.next_epoch();
        let of_batch = |net: &Net| net.batch(1).parts[0].amount + net.batch(1).parts[0].paid;
        let amount = of_batch(&net);
        // The chain stands still until after the horizon; the first block brings the evidence.
        net.w.ctx.env_mut().time = net.w.ctx.time().plus(Span::from_secs(2 * HORIZON));
        net.w.block_with_proof(3, fault, 30);
        assert_eq!(of_batch(&net) < amount, liable, "halts above {threshold} s are counted");
        assert_eq!(net.batch(1).delayed, !liable, "due, and its coins are not back");
    }
}

#[test]
fn a_batch_whose_time_has_come_is_not_liable_again_after_a_later_halt() {
    let mut net = Net::new();
    net.deposit(101, DENOMS[0], 60 * G);
    net.next_epoch();
    let fault = net.w.ctx.height();
    let mut params = super::super::params(&net.w.ctx).unwrap();
    params.exit_horizon = Span::from_secs(HORIZON);
    PARAMS.save(&mut net.w.ctx, &params).unwrap();
    let shares = net.held(101, "lrt/1");
    net.request_exit(101, shares / 4).unwrap();
    net.next_epoch();
    net.w.after(HORIZON);
    net.w.block();
    assert!(net.batch(1).delayed, "due, and its coins are not back");
    let amount = net.batch(1).parts[0].amount;
    net.count_halts(THRESHOLD);
    net.w.block();
    net.w.ctx.env_mut().time = net.w.ctx.time().plus(Span::from_secs(2 * HORIZON));
    net.w.block_with_proof(3, fault, 30);
    assert_eq!(net.batch(1).parts[0].amount, amount);
}

#[test]
fn halts_are_not_counted_while_the_threshold_is_zero() {
    let mut net = closed_batch(THRESHOLD);
    let due = |net: &Net| net.batch(1).due(super::super::halt::sum(&net.w.ctx).unwrap()).unwrap();
    let first = due(&net);
    net.w.after(THRESHOLD);
    let moved = first.plus(Span::from_secs(THRESHOLD + crate::world::BLOCK_SECS));
    assert_eq!(due(&net), moved);
    net.count_halts(0);
    net.w.after(1_000);
    assert_eq!(due(&net), moved);
    // Nor is the time in which they were not counted.
    net.count_halts(THRESHOLD);
    net.w.block();
    assert_eq!(due(&net), moved);
}
