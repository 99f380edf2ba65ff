//! Incentives, and shares that are stake of an alliance too.

use super::super::state::{GROUPS, Place};
use super::*;
use crate::world::operator;

pub fn fund(net: &mut Net, pool: u64, name: &str, amount: u128, days: i64) {
    let message = fund_message(net, pool, name, amount, days);
    net.w.send(&message).unwrap();
}

fn fund_message(net: &Net, pool: u64, name: &str, amount: u128, days: i64) -> wire::MsgFundIncentive {
    wire::MsgFundIncentive {
        funder: net.w.acc(105),
        pool,
        amount: Some(base::Coin { denom: name.into(), amount: amount.to_string() }),
        start: None,
        period: Some(prost_types::Duration { seconds: days * DAY, nanos: 0 }),
    }
}

fn at(net: &Net, validator: Option<u8>) -> String {
    validator.map(|n| net.w.val(n)).unwrap_or_default()
}

pub fn stake(net: &mut Net, n: u8, pool: u64, shares: u128, validator: Option<u8>) -> Result<()> {
    let message =
        wire::MsgStakeShares { owner: net.w.acc(n), pool, shares: shares.to_string(), validator: at(net, validator) };
    net.w.send(&message).map(drop)
}

fn unstake(net: &mut Net, n: u8, pool: u64, shares: u128, validator: Option<u8>) -> Result<()> {
    let message =
        wire::MsgUnstakeShares { owner: net.w.acc(n), pool, shares: shares.to_string(), validator: at(net, validator) };
    net.w.send(&message).map(drop)
}

fn claim(net: &mut Net, n: u8, pool: u64, validator: Option<u8>) -> u128 {
    let before = net.held(n, "uente");
    let message = wire::MsgClaimIncentives { owner: net.w.acc(n), pool, validator: at(net, validator) };
    net.w.send(&message).unwrap();
    net.held(n, "uente") - before
}

fn staked(net: &mut Net, n: u8) -> Vec<wire::Position> {
    let request = wire::QueryPositionsRequest { owner: net.w.acc(n), pagination: None };
    let answer: wire::QueryPositionsResponse = net.w.ask("/restake.pools.v1.Query/Positions", &request).unwrap();
    answer.positions
}

/// A unit of shares: of ten million million.
const S: u128 = 1_000_000_000_000_000;

/// Accounts 101 to 103 with shares of pool 1.
fn with_holders() -> Net {
    let mut net = Net::with_pools();
    for n in [102, 103] {
        net.join(n, 1, &[(STATOM, 400 * G), (ATOM, 500 * G)]).unwrap();
    }
    net
}

#[test]
fn an_incentive_flows_evenly_to_who_has_staked_by_shares_and_time() {
    let mut net = with_holders();
    let total = 8_640_000_000_u128;
    fund(&mut net, 1, "uente", total, 10);
    net.pass(DAY);
    // Nobody earned, so nothing flowed: the ten days begin with the first stake.
    stake(&mut net, 101, 1, 3 * S / 10, None).unwrap();
    net.pass(2 * DAY);
    stake(&mut net, 102, 1, S / 10, None).unwrap();
    net.pass(4 * DAY);
    let (first, second) = (claim(&mut net, 101, 1, None), claim(&mut net, 102, 1, None));
    let per_day = total / 10;
    let close = |found: u128, wanted: u128| found <= wanted + per_day / 100 && found + per_day / 100 > wanted;
    assert!(close(first, 2 * per_day + 4 * per_day * 3 / 4), "{first}");
    assert!(close(second, per_day), "{second}");
    unstake(&mut net, 102, 1, S / 10, None).unwrap();
    net.pass(20 * DAY);
    let rest = claim(&mut net, 101, 1, None) + claim(&mut net, 102, 1, None);
    let all = first + second + rest;
    assert!(all <= total && all + 10 > total, "{all} of {total}");
    let again = wire::MsgClaimIncentives { owner: net.w.acc(102), pool: 1, validator: String::new() };
    assert_eq!(net.w.refused(&again), "pools 12", "the position is gone");
    assert!(unstake(&mut net, 101, 1, S, None).unwrap_err().to_string().contains("not so many shares are staked"));
}

#[test]
fn a_position_with_a_validator_earns_both_and_leaves_both() {
    let mut net = with_holders();
    net.ally("lp/1");
    fund(&mut net, 1, "uatom", 8_640_000_000, 10);
    stake(&mut net, 102, 1, S / 10, Some(1)).unwrap();
    stake(&mut net, 103, 1, S / 10, None).unwrap();
    net.w.blocks(2);
    let fees = Coins::one(Coin::new(denom("uente"), Int::from_u64(1_000_000_000))).unwrap();
    bank::send_to_module(&mut net.w.ctx, &user(105), &ModuleAccount::FEE_COLLECTOR, &fees).unwrap();
    net.pass(2 * DAY);
    let atom = net.held(102, ATOM);
    let native = claim(&mut net, 102, 1, Some(1));
    let incentive = net.held(102, ATOM) - atom;
    assert!(native > 0, "alliance paid");
    assert!(incentive > 0, "the incentive too");
    let other = net.held(103, ATOM);
    assert_eq!(claim(&mut net, 103, 1, None), 0);
    let half = net.held(103, ATOM) - other;
    assert!(half.abs_diff(incentive) < 10, "the same shares earn the same incentive: {half} {incentive}");

    let before = net.held(102, "lp/1");
    unstake(&mut net, 102, 1, S / 10 - 1, Some(1)).unwrap();
    assert_eq!(net.held(102, "lp/1"), before, "unbonding takes its time");
    let paid = claim(&mut net, 102, 1, Some(1));
    net.pass(3 * DAY);
    assert!(claim(&mut net, 102, 1, Some(1)) < 10 && paid < 10, "what left earns nothing any more");
    net.pass(20 * DAY);
    assert_eq!(net.held(102, "lp/1"), before + S / 10 - 1);
}

#[test]
fn a_slash_takes_of_the_shares_that_are_staked_there_and_of_their_part_of_the_incentives() {
    let mut net = with_holders();
    net.ally("lp/1");
    stake(&mut net, 102, 1, S / 10, Some(2)).unwrap();
    stake(&mut net, 103, 1, S / 10, None).unwrap();
    net.w.block();
    let (height, power) = (net.w.ctx.height(), net.w.validator(2).tokens.to_u64().unwrap() / 1_000_000);
    net.w.block_with_proof(2, height, i64::try_from(power).unwrap());
    let left: u128 = staked(&mut net, 102)[0].shares.parse().unwrap();
    assert!(left.abs_diff(S / 10 * 95 / 100) < 1_000, "{left}: a double sign costs a twentieth");
    let group = GROUPS.must(&net.w.ctx, &(1, Place(Some(operator(2))))).unwrap();
    assert_eq!(group.shares, left);
    fund(&mut net, 1, "uatom", 8_640_000_000, 10);
    net.pass(DAY);
    let (slashed, whole) = (net.held(102, ATOM), net.held(103, ATOM));
    claim(&mut net, 102, 1, Some(2));
    claim(&mut net, 103, 1, None);
    let (slashed, whole) = (net.held(102, ATOM) - slashed, net.held(103, ATOM) - whole);
    assert!((slashed * 100).abs_diff(whole * 95) < whole / 1_000, "{slashed} {whole}");
    unstake(&mut net, 102, 1, left, Some(2)).unwrap();
    assert!(staked(&mut net, 102).is_empty());
    let before = net.held(102, "lp/1");
    net.pass(22 * DAY);
    assert_eq!(net.held(102, "lp/1"), before + left);
}

#[test]
fn shares_come_home_when_the_alliance_is_dissolved() {
    let mut net = with_holders();
    net.ally("lp/1");
    stake(&mut net, 102, 1, S / 10, Some(1)).unwrap();
    stake(&mut net, 103, 1, S / 20, Some(3)).unwrap();
    let authority = net.w.ctx.bech32().acc(&auth::authority());
    let delete = entente_proto::alliance::alliance::MsgDeleteAlliance { authority, denom: "lp/1".into() };
    net.w.send(&delete).unwrap();
    net.pass(DAY);
    let shown: u128 = staked(&mut net, 102)[0].shares.parse().unwrap();
    assert!(shown.abs_diff(S / 10) < 1_000, "{shown}: on their way back they are still there");
    claim(&mut net, 102, 1, Some(1));
    assert!(unstake(&mut net, 102, 1, shown, Some(1)).unwrap_err().to_string().contains("on their way back"));
    net.pass(22 * DAY);
    let (first, second) = (net.held(102, "lp/1"), net.held(103, "lp/1"));
    let shown: u128 = staked(&mut net, 102)[0].shares.parse().unwrap();
    unstake(&mut net, 102, 1, shown, Some(1)).unwrap();
    assert_eq!(net.held(102, "lp/1"), first + shown, "at once");
    let shown: u128 = staked(&mut net, 103)[0].shares.parse().unwrap();
    unstake(&mut net, 103, 1, shown, Some(3)).unwrap();
    assert_eq!(net.held(103, "lp/1"), second + shown);
    assert!(shown.abs_diff(S / 20) < 1_000, "{shown}");
}

#[test]
fn an_incentive_is_refused_if_it_is_dust_unknown_too_short_or_one_too_many() {
    let mut net = with_holders();
    for (message, code) in [
        (fund_message(&net, 1, "uente", 999_999, 1), "pools 13"),
        (fund_message(&net, 1, "uente", 5_000_000, 365), "pools 13"),
        (fund_message(&net, 1, "uente", 5_000_000, 0), "pools 13"),
        (fund_message(&net, 1, OTHER, 5_000_000, 1), "pools 13"),
        (fund_message(&net, 7, "uente", 5_000_000, 1), "pools 2"),
    ] {
        assert_eq!(net.w.refused(&message), code, "{message:?}");
    }
    for _ in 0..16 {
        fund(&mut net, 1, "uente", 5_000_000, 1);
    }
    let message = fund_message(&net, 1, "uente", 5_000_000, 1);
    assert_eq!(net.w.refused(&message), "pools 14");
    stake(&mut net, 102, 1, S / 10, None).unwrap();
    net.pass(2 * DAY);
    assert_eq!(claim(&mut net, 102, 1, None), 79_999_999, "all sixteen flowed; a fraction stays");
    fund(&mut net, 1, "uente", 5_000_000, 1);
}

#[test]
fn nobody_is_credited_for_the_time_before_a_stake_nor_between_two_blocks() {
    let mut net = with_holders();
    fund(&mut net, 1, "uente", 8_640_000_000, 10);
    stake(&mut net, 101, 1, S / 100, None).unwrap();
    net.pass(DAY);
    let shares = net.held(102, "lp/1");
    stake(&mut net, 102, 1, shares, None).unwrap();
    assert_eq!(claim(&mut net, 102, 1, None), 0);
    unstake(&mut net, 102, 1, shares, None).unwrap();
    assert!(staked(&mut net, 102).is_empty());
    let stranger = wire::MsgClaimIncentives { owner: net.w.acc(106), pool: 1, validator: net.w.val(2) };
    assert_eq!(net.w.refused(&stranger), "pools 12");
}

#[test]
fn a_delegation_becomes_shares_of_a_pool_in_one_message() {
    use entente_proto::cosmos::staking::v1beta1::MsgDelegate;
    use entente_proto::pstake::liquidstake::v1beta1 as pstake;
    use serde_json::json;
    const STK: &str = "stk/uente";
    let mut w = World::with(&[50_000_000, 40_000_000, 30_000_000], |state| {
        let operator = state.pointer("/staking/validators/0/operator_address").unwrap().clone();
        state["liquidstake"] = json!({"params": {
            "liquid_bond_denom": STK, "whitelisted_validators": [{"validator_address": operator, "target_weight": "10000"}],
            "unstake_fee_rate": "0", "lsm_disabled": false, "min_liquid_stake_amount": "1000", "cw_locked_pool_address": "",
            "fee_account_address": "", "autocompound_fee_rate": "0", "whitelist_admin_address": "", "module_paused": false
        }, "liquid_validators": []});
    });
    w.blocks(2);
    let stake = |w: &World| pstake::MsgLiquidStake {
        delegator_address: w.acc(101),
        amount: crate::world::coin(50_000_000_000),
    };
    w.send(&stake(&w)).unwrap();
    let mut net = Net { w };
    for (name, kind, source) in [("uente", Kind::Voucher, Source::Static), (STK, Kind::Lst, Source::Local)] {
        let listing = Listing {
            denom: denom(name),
            underlying: "ENTE".into(),
            decimals: 6,
            underlying_decimals: Some(6),
            issuer: String::new(),
            bridge_class: String::new(),
            kind,
            tier: Tier::Listed,
            source,
            rate: WAD,
            flags: Flags::default(),
            cap_value: 0,
            haircut: 0,
            components: Vec::new(),
        };
        assets::register(&mut net.w.ctx, &listing).unwrap();
    }
    net.create(101, 100, &[(STK, 20 * G, 0), ("uente", 20 * G, 0)], WAD / 2_500).unwrap();
    net.w.block();
    let (delegator_address, validator_address) = (net.w.acc(102), net.w.val(1));
    let delegate = MsgDelegate {
        delegator_address: delegator_address.clone(),
        validator_address: validator_address.clone(),
        amount: crate::world::coin(1_000_000_000),
    };
    net.w.send(&delegate).unwrap();
    let message = pstake::MsgStakeToLp {
        delegator_address,
        validator_address,
        staked_amount: crate::world::coin(1_000_000_000),
        liquid_amount: Some(base::Coin { denom: STK.into(), amount: "0".into() }),
    };
    assert_eq!(net.w.refused(&message), "liquidstake 18", "no pool is named yet");
    let name = |net: &mut Net, locked_pool: String| {
        let params = crate::modules::liquid::params(&net.w.ctx).unwrap();
        let params = crate::modules::liquid::Params { locked_pool, ..params };
        let authority = net.w.ctx.bech32().acc(&auth::authority());
        let params = Some(params.to_wire(net.w.ctx.bech32()));
        net.w.send(&pstake::MsgUpdateParams { authority, params }).unwrap();
    };
    let shown: wire::QueryPoolResponse =
        net.w.ask("/restake.pools.v1.Query/Pool", &wire::QueryPoolRequest { pool: 1 }).unwrap();
    name(&mut net, shown.account);
    let foreign = pstake::MsgStakeToLp {
        liquid_amount: Some(base::Coin { denom: "uente".into(), amount: "1".into() }),
        ..message.clone()
    };
    assert_eq!(net.w.refused(&foreign), "liquidstake 2");
    let before = net.pool(1);
    net.w.send(&message).unwrap();
    net.w.check();
    let after = net.pool(1);
    let (more, staked) = (after.reserves()[0] - before.reserves()[0], after.shares - before.shares);
    assert!((999_999_990..=1_000_000_000).contains(&more), "{more}");
    let positions: wire::QueryPositionsResponse = net
        .w
        .ask(
            "/restake.pools.v1.Query/Positions",
            &wire::QueryPositionsRequest { owner: net.w.acc(102), pagination: None },
        )
        .unwrap();
    assert_eq!(positions.positions[0].shares, staked.to_string(), "all of them are staked");
    // A pool that was pushed far away gives too little: nothing happens.
    net.swap(101, (STK, 25 * G), &[(1, "uente")]).unwrap();
    net.w.send(&delegate).unwrap();
    assert_eq!(net.w.refused(&message), "pools 9");
    net.w.check();
}
