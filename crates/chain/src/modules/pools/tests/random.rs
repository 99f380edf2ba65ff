//! Random lives with numbers at all ends: every message is carried out or refused, every block ends, all invariants hold after it.

use entente_kernel::Error;
use proptest::prelude::*;
use prost::{Message, Name};

use super::*;

const COINS: [&str; 4] = [ATOM, STATOM, OTHER, "lp/1"];

#[derive(Debug, Clone)]
struct Step {
    what: u8,
    who: u8,
    pool: u64,
    coins: (usize, usize),
    amount: u128,
    other: u128,
    secs: i64,
}

fn amount() -> impl Strategy<Value = u128> {
    prop_oneof![
        Just(0_u128),
        Just(1),
        Just(1 << 112),
        Just(1 << 120),
        Just(u128::MAX),
        (0_u32..90, any::<u128>()).prop_map(|(bits, n)| n >> (128 - bits.max(1))),
        1_000_000_u128..1_000_000_000_000_000,
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let secs = prop_oneof![Just(0_i64), Just(1), 0_i64..100_000, Just(40 * DAY)];
    let coins = (0_usize..4, 0_usize..4);
    (0_u8..12, 101_u8..104, 1_u64..5, coins, amount(), amount(), secs)
        .prop_map(|(what, who, pool, coins, amount, other, secs)| Step { what, who, pool, coins, amount, other, secs })
}

/// Carried out or refused; anything else is a fault of ours.
fn try_it<M: Message + Name + std::fmt::Debug>(net: &mut Net, message: &M) -> bool {
    match net.w.send(message) {
        Ok(_) => true,
        Err(Error::Refusal(_)) => false,
        Err(Error::Fault(fault)) => panic!("{fault}: {message:?}"),
    }
}

fn play(net: &mut Net, step: &Step) -> bool {
    let Step { who, pool, amount, other, .. } = *step;
    let (i, j) = (COINS[step.coins.0], COINS[step.coins.1]);
    let validator = if other % 2 == 0 { String::new() } else { net.w.val(1) };
    let owner = net.w.acc(who);
    match step.what {
        0 | 1 => {
            let message =
                net.swap_message(who, (i, amount), &[(pool, j), (pool % 2 + 1, ATOM)][..1 + step.coins.0 % 2]);
            try_it(net, &message)
        }
        2 | 3 => {
            let mut coins = vec![(i, amount)];
            if i != j {
                coins.push((j, other));
            }
            match net.join(who, pool, &coins) {
                Err(Error::Fault(fault)) => panic!("{fault}: {step:?}"),
                outcome => outcome.is_ok(),
            }
        }
        4 | 5 => match net.exit(who, pool, amount) {
            Err(Error::Fault(fault)) => panic!("{fault}: {step:?}"),
            outcome => outcome.is_ok(),
        },
        6 => {
            let (amplification, weights) = match other % 5 {
                0 => (1, (0, 0)),
                1 => (10_000, (0, 0)),
                2 => (0, (99, 1)),
                3 => (0, (1, 99)),
                _ => (0, (50, 50)),
            };
            let parts = [(i, amount, weights.0), (j, other, weights.1)];
            let message = net.create_message(who, amplification, &parts, other % (WAD / 10));
            try_it(net, &message)
        }
        7 => try_it(net, &wire::MsgStakeShares { owner, pool, shares: amount.to_string(), validator }),
        8 => try_it(net, &wire::MsgUnstakeShares { owner, pool, shares: amount.to_string(), validator }),
        9 => try_it(net, &wire::MsgClaimIncentives { owner, pool, validator }),
        10 => {
            let coin = base::Coin { denom: i.into(), amount: amount.to_string() };
            let period = prost_types::Duration { seconds: 3_600 + step.secs, nanos: 0 };
            let message =
                wire::MsgFundIncentive { funder: owner, pool, amount: Some(coin), start: None, period: Some(period) };
            try_it(net, &message)
        }
        _ => {
            // Rates at their ends; a vote ends the doubt.
            let rate = (WAD / 1_000).max(amount % (1_000_000 * WAD));
            if let Err(fault @ Error::Fault(_)) = assets::report_rate(&mut net.w.ctx, &denom(STATOM), rate) {
                panic!("{fault}");
            }
            let authority = net.w.ctx.bech32().acc(&auth::authority());
            use entente_proto::restake::assets::v1::{HealthChange, MsgSetHealth};
            for change in [HealthChange::EndWatch, HealthChange::EndImpaired] {
                let message = MsgSetHealth { authority: authority.clone(), asset_id: 2, change: change.into() };
                try_it(net, &message);
            }
            true
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_numbers_stop_the_chain_and_every_block_leaves_all_invariants(steps in prop::collection::vec(step(), 60)) {
        let mut net = Net::with_pools();
        net.ally("lp/1");
        for n in 101..104 {
            for name in [ATOM, STATOM, OTHER] {
                net.fund(n, name, 1 << 121);
            }
        }
        net.swap(101, (ATOM, G), &[(1, STATOM)]).unwrap();
        for step in &steps {
            play(&mut net, step);
            if step.what % 3 == 0 {
                net.w.after(step.secs);
            }
        }
        net.w.block();
        let state = crate::genesis::export(&net.w.ctx).unwrap();
        let again = World::from_genesis_at(&state, net.w.ctx.time()).unwrap();
        prop_assert_eq!(&crate::genesis::export(&again.ctx).unwrap()["pools"], &state["pools"]);
    }
}
