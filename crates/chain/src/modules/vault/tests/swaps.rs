//! Giving one asset of a vault for another: off, small, at the rates, and only where it restores balance.

use entente_proto::restake::vault::v1 as wire;

use super::*;
use crate::modules::assets::Market;

const G: u128 = 1_000_000_000;

fn quote(net: &mut Net, name: &str, price: u128) {
    let market = Market { price, depth: 0, time: net.w.ctx.time() };
    assets::report_market(&mut net.w.ctx, &denom(name), &market).unwrap();
}

/// Eighty of the first asset and nothing of the others, none of it staked yet; prices equal to the rates.
fn net() -> Net {
    let mut net = Net::new();
    net.deposit(101, DENOMS[0], 80 * G);
    net.deposit(102, DENOMS[1], 2 * G);
    for (name, rate) in DENOMS.iter().zip([105, 130, 112]) {
        quote(&mut net, name, rate * WAD / 100);
    }
    let mut vault = net.vault();
    vault.swap_enabled = true;
    VAULTS.set(&mut net.w.ctx, &1, &vault).unwrap();
    net.fund(103, DENOMS[1], 100 * G);
    net
}

fn swap(net: &mut Net, give: (&str, u128), take: &str) -> Result<()> {
    let message = wire::MsgRebalanceSwap {
        sender: net.w.acc(103),
        vault: 1,
        give: Some(base::Coin { denom: give.0.into(), amount: give.1.to_string() }),
        take_denom: take.into(),
        min_out: "0".into(),
    };
    net.w.send(&message).map(drop)
}

fn refused(net: &mut Net, give: (&str, u128), take: &str) -> String {
    swap(net, give, take).unwrap_err().to_string()
}

#[test]
fn a_swap_restores_balance_at_the_rates_less_two_basis_points() {
    let mut net = net();
    let (nav, shares, active) = (net.nav(), net.vault().shares, net.active());
    let given = 100_000_000;
    swap(&mut net, (DENOMS[1], given), DENOMS[0]).unwrap();
    // 130 millions of value, two ten-thousandths of it kept, at 1.05.
    let out = 130_000_000 * 9_998 / 10_000 * 100 / 105;
    assert_eq!(net.held(103, DENOMS[0]), out);
    assert_eq!(net.active(), [active[0] - out, active[1] + given, 0]);
    assert_eq!(net.vault().shares, shares, "nobody's part changed");
    assert!(net.nav() >= nav + 25_000, "the spread is the holders': {} was {nav}", net.nav());
    net.w.check();
}

#[test]
fn a_swap_is_refused_where_any_of_its_conditions_fails() {
    let mut net = net();
    net.fund(103, DENOMS[0], G);
    assert!(refused(&mut net, (DENOMS[0], 1_000), DENOMS[1]).contains("does not restore balance"));
    assert!(refused(&mut net, (DENOMS[1], 1_000), DENOMS[1]).contains("is what is given"));
    assert!(refused(&mut net, (DENOMS[1], 1_000), "uente").contains("no asset of the vault"));
    assert!(refused(&mut net, (DENOMS[1], 1_000), DENOMS[2]).contains("neither staked nor owed"));
    // Two thousandths of the value of the vault in an epoch.
    assert!(refused(&mut net, (DENOMS[1], G), DENOMS[0]).contains("swaps of this epoch"));
    swap(&mut net, (DENOMS[1], 100_000_000), DENOMS[0]).unwrap();
    assert!(refused(&mut net, (DENOMS[1], 100_000_000), DENOMS[0]).contains("swaps of this epoch"));
    net.next_epoch();
    assert_eq!(net.vault().swapped, 0, "a new epoch");

    let mut off = super::swaps::net();
    let mut vault = off.vault();
    vault.swap_enabled = false;
    VAULTS.set(&mut off.w.ctx, &1, &vault).unwrap();
    assert!(refused(&mut off, (DENOMS[1], 1_000), DENOMS[0]).contains("does not swap"));
}

#[test]
fn a_swap_wants_a_fresh_price_that_agrees_with_the_rate() {
    let mut net = net();
    net.w.after(3_600);
    quote(&mut net, DENOMS[0], 107 * WAD / 100);
    assert!(refused(&mut net, (DENOMS[1], 1_000), DENOMS[0]).contains("in doubt"), "nearly two hundredths above");
    net.w.after(3_600);
    quote(&mut net, DENOMS[0], 106 * WAD / 100);
    let before = net.held(103, DENOMS[0]);
    swap(&mut net, (DENOMS[1], 1_000_000), DENOMS[0]).unwrap();
    let out = net.held(103, DENOMS[0]) - before;
    assert_eq!(out, 1_300_000 * 9_998 / 10_000 * 100 / 106, "what is taken is valued at the higher of rate and price");
    net.w.after(7 * 3_600);
    assert!(refused(&mut net, (DENOMS[1], 1_000), DENOMS[0]).contains("no fresh price"));
}

#[test]
fn what_leavers_are_owed_is_not_swapped_away() {
    let mut net = net();
    let shares = net.held(101, "lrt/1");
    net.next_epoch();
    net.request_exit(101, shares).unwrap();
    net.next_epoch();
    let owed = net.batch(1).parts[0].amount;
    net.deposit(102, DENOMS[0], G);
    for (name, rate) in DENOMS.iter().zip([105, 130, 112]) {
        quote(&mut net, name, rate * WAD / 100);
    }
    // The new coins go to the leavers as soon as the vault is looked at: nothing is left to take.
    net.w.block();
    assert!(refused(&mut net, (DENOMS[1], 1_000), DENOMS[0]).contains("neither staked nor owed"));
    assert_eq!(net.batch(1).parts[0].amount, owed);
}
