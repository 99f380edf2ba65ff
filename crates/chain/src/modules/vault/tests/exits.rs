//! Those who leave: fair among each other and to those who stay.

use entente_proto::restake::vault::v1 as wire;

use super::*;

const G: u128 = 1_000_000_000;

#[test]
fn in_a_run_the_first_and_the_last_of_an_epoch_get_the_same_to_the_unit() {
    let mut net = Net::new();
    let mut shares = Vec::new();
    for n in 101..=109 {
        let name = DENOMS[usize::from(n) % 3];
        shares.push((n, net.deposit(n, name, 10 * G)));
    }
    net.next_epoch();
    // Six of nine leave in one epoch, with the same number of shares each.
    let part = shares.iter().map(|(_, s)| *s).min().unwrap();
    for (n, _) in &shares[..6] {
        net.request_exit(*n, part).unwrap();
    }
    net.next_epoch();
    net.pass(22 * DAY);
    for name in DENOMS {
        let got: Vec<u128> = shares[..6].iter().map(|(n, _)| net.held(*n, name)).collect();
        assert!(got.iter().all(|g| *g == got[0]) && got[0] > 0, "{name}: {got:?}");
    }
}

#[test]
fn a_request_can_be_taken_back_until_the_batch_closes_and_a_claim_can_be_given_away() {
    let mut net = Net::new();
    let shares = net.deposit(101, DENOMS[0], 10 * G);
    net.next_epoch();
    net.request_exit(101, shares / 2).unwrap();
    let cancel = |net: &Net, n: u128| wire::MsgCancelExit { owner: net.w.acc(101), vault: 1, shares: n.to_string() };
    let some = cancel(&net, shares / 4);
    net.w.send(&some).unwrap();
    assert_eq!(net.held(101, "lrt/1"), shares - shares / 2 + shares / 4);
    let too_many = cancel(&net, shares);
    assert_eq!(net.w.refused(&too_many), "vault 13");
    net.next_epoch();
    assert_eq!(net.w.refused(&some), "vault 14", "closed");

    let left = shares / 2 - shares / 4;
    let give = wire::MsgTransferClaim {
        owner: net.w.acc(101),
        vault: 1,
        batch: 1,
        to: net.w.acc(102),
        shares: (left / 3).to_string(),
    };
    net.w.send(&give).unwrap();
    let amount = net.batch(1).parts[0].amount;
    net.pass(22 * DAY);
    let (old, new) = (net.held(101, DENOMS[0]), net.held(102, DENOMS[0]));
    assert!(amount - old - new <= 1, "{old} and {new} of {amount}");
    assert!(new.abs_diff(amount / 3) <= 1);
}

#[test]
fn an_exit_that_would_bring_nothing_is_refused() {
    let mut net = Net::new();
    net.deposit(101, DENOMS[0], 10 * G);
    assert!(net.request_exit(101, 1).unwrap_err().to_string().contains("less than a unit of every asset"));
}

#[test]
fn when_everybody_has_left_what_the_vault_itself_had_is_the_communitys() {
    let mut net = Net::new();
    let first = net.deposit(101, DENOMS[0], 40 * G);
    let second = net.deposit(102, DENOMS[0], 25 * G);
    assert!(net.vault().pool_shares > 0, "more of the only asset paid a fee");
    net.next_epoch();
    net.request_exit(101, first).unwrap();
    net.request_exit(102, second).unwrap();
    net.next_epoch();
    let vault = net.vault();
    assert_eq!((vault.pool_shares, vault.insurance_shares), (0, 0));
    let pool = crate::modules::distribution::community_pool(&net.w.ctx).unwrap();
    let lrt = pool.iter().find(|c| c.denom == denom("lrt/1")).unwrap();
    assert_eq!(lrt.amount.truncate_int().unwrap().to_u128(), Some(vault.shares));
    // Somebody who comes now pays the present price.
    net.deposit(103, DENOMS[0], G);
}

#[test]
fn a_vault_that_winds_down_recalls_everything_and_pays_everybody() {
    let mut net = Net::new();
    let shares = net.deposit(101, DENOMS[0], 40 * G);
    net.next_epoch();
    assert!(net.staked(DENOMS[0]) > 0);
    let wind = wire::MsgUpdateVault {
        curator: net.w.acc(1),
        vault: 1,
        change: Some(wire::VaultChange { kind: wire::ChangeKind::WindDown.into(), ..Default::default() }),
    };
    net.w.send(&wind).unwrap();
    net.request_exit(101, shares).unwrap();
    net.next_epoch();
    assert_eq!(net.staked(DENOMS[0]), 0);
    let before = net.held(1, "uente");
    net.pass(23 * DAY);
    assert!(net.held(101, DENOMS[0]) + 60_000 > 40 * G, "all but what the virtual shares stand for");
    // The vault is closed, what roundings left is the community's, and the curator has the bond back.
    net.next_epoch();
    assert_eq!((net.vault().stage, net.active()), (super::super::state::Stage::Closed, [0; 3]));
    assert_eq!(net.held(1, "uente") - before, 1_000_000_000);
    let pool = crate::modules::distribution::community_pool(&net.w.ctx).unwrap();
    assert!(pool.iter().any(|c| c.denom == denom(DENOMS[0])));
}

/// A record more or less in a batch that already is there, a digit more in a number: nothing that grows with the vault.
const SLACK: u64 = 3_000;

#[test]
fn an_exit_costs_as_much_with_many_batches_and_places_as_with_none() {
    use super::super::state::{PLACES, RETURNS, Return};
    let mut net = Net::new();
    net.deposit(101, DENOMS[0], 40 * G);
    let shares = net.deposit(102, DENOMS[1], 40 * G) / 100;
    let gas = |net: &mut Net, what: &dyn Fn(&mut Net)| {
        let before = net.w.ctx.gas().used();
        what(net);
        net.w.ctx.gas().used() - before
    };
    let exit = |net: &mut Net| net.request_exit(102, shares).unwrap();
    let first = gas(&mut net, &exit);
    for _ in 0..8 {
        net.next_epoch();
        exit(&mut net);
    }
    // As if there were twenty-nine validators more, and coins on their way from each.
    for n in 10..39u8 {
        for name in DENOMS {
            let validator = crate::world::operator(n);
            PLACES.set(&mut net.w.ctx, &(1, denom(name), validator), &1_000_000).unwrap();
            let back = Return { validator, completion: net.w.ctx.time(), amount: 1_000 };
            RETURNS.set(&mut net.w.ctx, &(1, denom(name), u64::from(n) + 1_000), &back).unwrap();
        }
    }
    net.fund(101, DENOMS[2], G);
    let deposit = gas(&mut net, &|net| assert!(net.try_deposit(101, DENOMS[2], G, 0).unwrap() > 0));
    let more = gas(&mut net, &exit);
    let cancel = wire::MsgCancelExit { owner: net.w.acc(102), vault: 1, shares: shares.to_string() };
    let cancelled = gas(&mut net, &|net| drop(net.w.send(&cancel).unwrap()));
    assert!(more <= first + SLACK, "{more} with many, {first} with none");
    assert!(more < 120_000 && cancelled < 120_000 && deposit < 250_000, "{more}, {cancelled}, {deposit}");
}

#[test]
fn rewards_that_alliance_cannot_pay_keep_nobody_from_leaving() {
    let mut net = Net::new();
    net.deposit(101, DENOMS[0], 40 * G);
    let shares = net.deposit(102, DENOMS[1], 40 * G);
    net.next_epoch();
    super::auctions::earn(&mut net, "uente", G);
    net.request_exit(102, shares / 2).unwrap();
    // As if the coins for rewards were gone: no claim goes through any more, and so no stake moves.
    let pool = ModuleAccount::DISTRIBUTION.address();
    let coins = bank::balances(&net.w.ctx, &pool).unwrap();
    bank::send(&mut net.w.ctx, &pool, &user(109), &coins).unwrap();
    let ctx = &mut net.w.ctx;
    (ctx.env_mut().time, ctx.env_mut().height) = (ctx.time().plus(Span::from_secs(DAY)), ctx.height() + 1);
    ctx.take_events();
    super::super::block::begin(ctx).unwrap();
    let events = ctx.take_events();
    let failed = |step: &str| {
        let named = |key: &str, value: &str| (key.to_owned(), format!("{value:?}"));
        let step = named("step", step);
        events.iter().any(|e| {
            e.kind.ends_with("EventStepFailed") && e.attributes.iter().any(|(k, v)| *k == step.0 && *v == step.1)
        })
    };
    assert!(failed("stake") && !failed("epoch"));
    assert!(net.batch(1).closed.is_some(), "who wanted to leave has left");
}
