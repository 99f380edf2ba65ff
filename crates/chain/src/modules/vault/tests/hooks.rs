//! Hooks: a list of depositors, and the worst hook that can be: exits, slashes, epochs and payouts go on as if it were not there.

use entente_kernel::Event;

use super::super::state::{ALLOWED, HOOK_RUNS};
use super::hostile::{self, MISDEED};
use super::*;

const G: u128 = 1_000_000_000;

/// A net whose only vault has these hooks.
fn net(hooks: &[&str]) -> Net {
    let mut net = Net::new();
    let mut vault = net.vault();
    vault.hooks = hooks.iter().map(|name| (*name).to_owned()).collect();
    VAULTS.set(&mut net.w.ctx, &1, &vault).unwrap();
    net
}

fn allow(net: &Net, curator: u8, add: &[u8], remove: &[u8]) -> wire::MsgSetAllowed {
    let list = |people: &[u8]| people.iter().map(|n| net.w.acc(*n)).collect();
    wire::MsgSetAllowed { curator: net.w.acc(curator), vault: 1, add: list(add), remove: list(remove) }
}

#[test]
fn a_vault_with_a_list_takes_deposits_of_those_on_it_and_lets_everybody_leave() {
    let mut net = Net::new();
    net.create_with(2, &[(DENOMS[0], 100)], &["allowlist"]).unwrap();
    let deposit = |net: &Net, n: u8| wire::MsgDeposit {
        depositor: net.w.acc(n),
        vault: 2,
        coin: Some(base::Coin { denom: DENOMS[0].into(), amount: "1000000".into() }),
        ..Default::default()
    };
    for n in [101, 102] {
        net.fund(n, DENOMS[0], G);
    }
    let first = deposit(&net, 101);
    assert_eq!(net.w.refused(&first), "vault 25");
    let set = |curator: u8, add: &[u8], remove: &[u8]| wire::MsgSetAllowed {
        vault: 2,
        ..allow(&Net::new(), curator, add, remove)
    };
    let (mine, others) = (set(2, &[101, 103], &[103]), set(1, &[102], &[]));
    net.w.send(&mine).unwrap();
    assert_eq!(net.w.refused(&others), "vault 4", "of another curator");
    net.w.send(&first).unwrap();
    let second = deposit(&net, 102);
    assert_eq!(net.w.refused(&second), "vault 25");

    let request = wire::QueryAllowedRequest { vault: 2, pagination: None };
    assert_eq!(super::super::query::allowed(&net.w.ctx, request).unwrap().depositors, [net.w.acc(101)]);
    let state = crate::genesis::export(&net.w.ctx).unwrap();
    let again = World::from_genesis(&state).unwrap();
    assert!(ALLOWED.has(&again.ctx, &(2, user(101))).unwrap());

    // Who is struck off the list keeps what he has.
    let off = set(2, &[], &[101]);
    net.w.send(&off).unwrap();
    assert_eq!(net.w.refused(&first), "vault 25");
    let shares = net.held(101, "lrt/2").to_string();
    net.w.send(&wire::MsgRequestExit { owner: net.w.acc(101), vault: 2, shares }).unwrap();
}

#[test]
fn only_known_hooks_can_be_had_and_a_list_only_where_it_is_wanted() {
    let mut net = Net::new();
    for (hooks, text) in [(&["price"][..], "\"price\"; allowlist"), (&["allowlist", "allowlist"], "stands twice")] {
        let refused = net.create_with(2, &[(DENOMS[0], 100)], hooks).unwrap_err().to_string();
        assert!(refused.contains(text), "{refused}");
    }
    let nobody = allow(&net, 1, &[], &[]);
    assert!(net.w.send(&nobody).unwrap_err().to_string().contains("1 to 100 are allowed"));
    let list = allow(&net, 1, &[101], &[]);
    assert!(net.w.send(&list).unwrap_err().to_string().contains("has no hook"));
}

fn failures(events: &[Event], step: &str) -> usize {
    let of = |event: &&Event| event.kind == "restake.vault.v1.EventHookFailed" && format!("{event:?}").contains(step);
    events.iter().filter(of).count()
}

#[test]
fn a_hostile_hook_stops_no_exit_no_epoch_no_slash_and_no_payment() {
    for misdeed in [hostile::REFUSE, hostile::FAULT, hostile::BURN, hostile::GARBAGE, hostile::RECURSE] {
        let mut plain = net(&[]);
        let mut bad = net(&[hostile::NAME]);
        for net in [&mut plain, &mut bad] {
            net.deposit(101, DENOMS[0], 60 * G);
            net.next_epoch();
        }
        MISDEED.save(&mut bad.w.ctx, &misdeed).unwrap();
        let shares = bad.held(101, "lrt/1");
        let mut gas = Vec::new();
        for net in [&mut plain, &mut bad] {
            let before = net.w.ctx.gas().used();
            net.request_exit(101, shares / 4).unwrap();
            gas.push(net.w.ctx.gas().used() - before);
        }
        assert!(gas[1] < gas[0] + 15_000, "an exit pays for no hook: {gas:?}");
        for net in [&mut plain, &mut bad] {
            let fault = net.w.ctx.height();
            let epoch = net.w.after(DAY);
            let slash = net.w.block_with_proof(3, fault, 30);
            net.pass(22 * DAY);
            assert!(BATCHES.get(&net.w.ctx, &(1, 1)).unwrap().is_none(), "paid");
            let hooks = usize::from(!net.vault().hooks.is_empty());
            assert_eq!(failures(&epoch, "after_batch"), hooks, "{misdeed}");
            assert_eq!(failures(&epoch, "after_reward"), hooks, "{misdeed}");
            assert_eq!(failures(&slash, "after_slash"), hooks, "{misdeed}");
            assert!(HOOK_RUNS.load(&net.w.ctx).unwrap().is_none());
        }
        // To the unit what it would be without the hook.
        assert_eq!(plain.held(101, DENOMS[0]), bad.held(101, DENOMS[0]));
        assert_eq!(plain.active(), bad.active());
        assert_eq!(plain.held(1, DENOMS[0]), bad.held(1, DENOMS[0]), "nothing was stolen");
    }
}

#[test]
fn a_depositor_pays_for_the_gas_of_hooks_and_not_more_than_their_limit() {
    let mut net = net(&[hostile::NAME]);
    net.fund(101, DENOMS[0], 60 * G);
    let spent = |net: &mut Net| {
        let before = net.w.ctx.gas().used();
        let outcome = net.try_deposit(101, DENOMS[0], G, 0);
        (outcome, net.w.ctx.gas().used() - before)
    };
    let (outcome, quiet) = spent(&mut net);
    outcome.unwrap();
    MISDEED.save(&mut net.w.ctx, &hostile::BURN).unwrap();
    let (outcome, loud) = spent(&mut net);
    assert!(outcome.unwrap_err().to_string().contains("out of gas"), "before_deposit may refuse");
    assert!(loud < quiet + super::super::hooks::GAS);
    MISDEED.save(&mut net.w.ctx, &hostile::RECURSE).unwrap();
    assert!(spent(&mut net).0.unwrap_err().to_string().contains("a hook deposits"));
}

#[test]
fn hooks_are_told_of_everything_once() {
    let mut net = net(&[hostile::NAME]);
    let told = |net: &Net| net.vault().alloc_seq;
    MISDEED.save(&mut net.w.ctx, &hostile::COUNT).unwrap();
    let shares = net.deposit(101, DENOMS[0], 60 * G);
    assert_eq!(told(&net), 1, "a deposit");
    net.next_epoch();
    assert_eq!(told(&net), 2, "rewards");
    net.request_exit(101, shares / 4).unwrap();
    assert_eq!(told(&net), 3, "an exit");
    let fault = net.w.ctx.height();
    net.next_epoch();
    assert_eq!(told(&net), 5, "a batch, and rewards");
    net.w.block_with_proof(3, fault, 30);
    assert_eq!(told(&net), 6, "a slash");
}
