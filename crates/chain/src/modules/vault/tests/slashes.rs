//! A validator at fault: everybody who is exposed loses the same fraction, nobody else anything.

use super::*;

const G: u128 = 1_000_000_000;

fn lost(before: u128, after: u128) -> u128 {
    (before - after) * 1_000_000 / before
}

#[test]
fn a_slash_costs_every_holder_the_same_fraction() {
    let mut net = Net::new();
    let a = net.deposit(101, DENOMS[0], 40 * G);
    let b = net.deposit(102, DENOMS[0], 20 * G);
    net.next_epoch();
    let active = net.active()[0];
    let part = |net: &Net, shares: u128| net.nav() * shares / net.vault().shares;
    let (was_a, was_b) = (part(&net, a), part(&net, b));
    let height = net.w.ctx.height();
    net.w.block_with_proof(3, height, 30);
    let after = net.active()[0];
    // Five per cent of what lay at one of three validators.
    assert!(after < active && lost(active, after) < 50_000, "{} of a million", lost(active, after));
    let (lost_a, lost_b) = (lost(was_a, part(&net, a)), lost(was_b, part(&net, b)));
    assert!(lost_a > 0 && lost_a.abs_diff(lost_b) <= 1, "{lost_a} and {lost_b} of a million");
}

#[test]
fn a_batch_that_closed_before_the_fault_is_spared_and_one_that_closed_after_it_pays() {
    let mut net = Net::new();
    let shares = net.deposit(101, DENOMS[0], 60 * G);
    net.next_epoch();
    net.request_exit(101, shares / 4).unwrap();
    net.next_epoch();
    let early = net.batch(1).parts[0].amount;
    // A fault answers for the stake of the height before it.
    net.w.blocks(3);
    let fault = net.w.ctx.height();
    net.request_exit(101, shares / 4).unwrap();
    net.next_epoch();
    let late = net.batch(2).parts[0].amount;
    let active = net.active()[0];
    net.w.block_with_proof(3, fault, 30);
    assert_eq!(net.batch(1).parts[0].amount, early, "closed before the fault");
    let (late_after, active_after) = (net.batch(2).parts[0].amount, net.active()[0]);
    assert!(late_after < late);
    let (of_batch, of_active) = (lost(late, late_after), lost(active, active_after));
    assert!(of_batch.abs_diff(of_active) <= 1, "{of_batch} and {of_active} of a million");
    net.pass(24 * DAY);
    let got = net.held(101, DENOMS[0]);
    assert!(got.abs_diff(early + late_after) <= 2, "{got} of {early} and {late_after}");
}

#[test]
fn the_take_is_borne_by_those_who_hold_shares_not_by_those_who_left() {
    // A hundred-thousandth per interval of five minutes.
    let mut net = Net::with_take("10000000000000");
    let shares = net.deposit(101, DENOMS[0], 60 * G);
    net.next_epoch();
    net.request_exit(101, shares / 2).unwrap();
    net.next_epoch();
    let batch = net.batch(1).parts[0].amount;
    let active = net.active()[0];
    net.pass(2 * DAY);
    assert_eq!(net.batch(1).parts[0].amount, batch);
    assert!(net.active()[0] < active, "{} was {active}", net.active()[0]);
}

#[test]
fn who_deposits_between_a_take_and_the_vaults_turn_is_valued_at_what_is_left() {
    use super::super::{params, stake, state};
    // A thousandth per interval of five minutes; with four vaults a vault's turn comes in every fourth block.
    let mut net = Net::with_take("1000000000000000");
    for _ in 0..3 {
        net.create(1, &[(DENOMS[0], 100)]).unwrap();
    }
    net.deposit(101, DENOMS[0], 60 * G);
    net.next_epoch();
    // No fee, no bonus: what is compared is the value alone.
    let params = super::super::Params { boot_nav: 1 << 70, ..params(&net.w.ctx).unwrap() };
    state::PARAMS.save(&mut net.w.ctx, &params).unwrap();
    let (mut shown, mut slashed) = (0, 0);
    for n in 0..12 {
        net.w.after(300);
        if n == 6 {
            // A validator's stake is looked at by itself then.
            net.w.block_with_proof(2, net.w.ctx.height() - 1, 40);
            slashed = n;
        }
        let mut looked = Net { w: net.w.scratch() };
        let mut vault = looked.vault();
        if vault.seen_at == net.w.ctx.height() {
            continue;
        }
        stake::look(&mut looked.w.ctx, &mut vault).unwrap();
        let taken = net.active()[0] - looked.active()[0];
        let known = net.active()[0] - holding::basket(&net.w.ctx, &net.vault()).unwrap().lines[0].active;
        assert!(known <= taken, "never more than was taken: {known} of {taken}");
        let fair = looked.deposit(102, DENOMS[0], G);
        let got = net.deposit(102, DENOMS[0], G);
        assert!(got <= fair, "nobody is credited too much: {got}, {fair}");
        if taken > 1_000_000 && slashed == 0 {
            // Less than a unit for each of the three places.
            assert!(taken - known <= 3, "{known} of {taken}");
            assert!(fair - got <= fair / 1_000_000_000, "{got}, {fair}");
            shown += 1;
        }
    }
    assert!(shown >= 3 && slashed > 0, "{shown}");
}

#[test]
fn a_dissolved_alliance_brings_the_coins_home_and_nothing_is_lost() {
    let mut net = Net::new();
    net.deposit(101, DENOMS[0], 60 * G);
    net.next_epoch();
    let active = net.active()[0];
    let delete = entente_proto::alliance::alliance::MsgDeleteAlliance {
        authority: net.w.ctx.bech32().acc(&crate::modules::auth::authority()),
        denom: DENOMS[0].into(),
    };
    net.w.send(&delete).unwrap();
    net.pass(25 * DAY);
    assert!(net.active()[0].abs_diff(active) <= 3, "{} was {active}", net.active()[0]);
    assert!(net.in_account(DENOMS[0]).abs_diff(active) <= 3);
    assert_eq!(net.staked(DENOMS[0]), 0);
}

#[test]
fn the_forced_undelegate_pays_at_once_and_only_to_the_owner() {
    let mut net = Net::new();
    net.deposit(101, DENOMS[0], 60 * G);
    net.next_epoch();
    let place = super::super::state::PLACES.prefix(&net.w.ctx, &(1, denom(DENOMS[0]))).next().unwrap().unwrap();
    let ((_, name, validator), value) = place;
    let before = net.in_account(DENOMS[0]);
    let seized = super::holding::coin(&name, value / 2);
    crate::modules::alliance::custody::undelegate_at_once(&mut net.w.ctx, &account(1), &validator, &seized).unwrap();
    assert_eq!(net.in_account(DENOMS[0]) - before, value / 2);
    let left = crate::modules::alliance::custody::staked(&net.w.ctx, &account(1), &validator, &name).unwrap();
    assert!(left.to_u128().unwrap().abs_diff(value - value / 2) <= 1);
}

#[test]
fn a_validator_that_many_vaults_stake_with_is_chosen_by_no_other() {
    use super::super::stake::VAULTS_PER_VALIDATOR;
    use super::super::state::{COUNTS_AT, PLACES, VAULTS_AT};
    use crate::world::operator;
    let mut net = Net::new();
    for vault in 1_000..1_000 + VAULTS_PER_VALIDATOR {
        super::super::stake::enter(&mut net.w.ctx, &operator(2), vault).unwrap();
    }
    net.deposit(101, DENOMS[0], 60 * G);
    net.next_epoch();
    let mut places: Vec<_> = PLACES
        .prefix(&net.w.ctx, &(1, denom(DENOMS[0])))
        .map(|row| row.map(|((_, _, validator), _)| validator).unwrap())
        .collect();
    places.sort();
    assert_eq!(places, [operator(1), operator(3)]);
    assert_eq!(COUNTS_AT.must(&net.w.ctx, &operator(1)).unwrap(), 1);

    // Who has nothing with a validator any more gives its place back, when the last coins are home.
    let shares = net.held(101, "lrt/1");
    let wind = wind_down(&net);
    net.w.send(&wind).unwrap();
    net.request_exit(101, shares).unwrap();
    net.next_epoch();
    assert!(VAULTS_AT.has(&net.w.ctx, &(operator(1), 1)).unwrap(), "coins are on their way back");
    net.pass(22 * DAY);
    assert!(!VAULTS_AT.has(&net.w.ctx, &(operator(1), 1)).unwrap());
    assert!(COUNTS_AT.get(&net.w.ctx, &operator(1)).unwrap().is_none());
}

fn wind_down(net: &Net) -> wire::MsgUpdateVault {
    let change = wire::VaultChange { kind: wire::ChangeKind::WindDown.into(), ..Default::default() };
    wire::MsgUpdateVault { curator: net.w.acc(1), vault: 1, change: Some(change) }
}
