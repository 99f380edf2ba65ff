//! The rules of bank, played with real messages on a real state.

use entente_kernel::num::{Coins, Denom, Int};
use entente_kernel::{AccAddress, Grpc};
use entente_proto::cosmos::bank::v1beta1 as wire;
use entente_proto::cosmos::base::query::v1beta1::PageRequest;
use entente_proto::cosmos::base::v1beta1::Coin;
use serde_json::json;

use super::{balance, balances, is_blocked, send, send_from_module, spendable, supply};
use crate::modules::auth::{self, Kind, ModuleAccount};
use crate::world::{World, kinds, user};

fn coins(text: &str) -> Vec<Coin> {
    let parts = text.split(',').filter(|p| !p.is_empty());
    let split = |p: &str| p.find(|c: char| c.is_ascii_alphabetic()).unwrap();
    parts.map(|p| Coin { amount: p[..split(p)].to_owned(), denom: p[split(p)..].to_owned() }).collect()
}

fn msg(world: &World, from: u8, to: AccAddress, amount: &str) -> wire::MsgSend {
    let to_address = world.ctx.bech32().acc(&to);
    wire::MsgSend { from_address: world.acc(from), to_address, amount: coins(amount) }
}

fn ente() -> Denom {
    Denom::new("uente").unwrap()
}

#[test]
fn a_send_moves_coins_makes_the_receiver_an_account_and_tells_it() {
    let mut w = World::new(&[1_000_000]);
    assert_eq!(auth::account(&w.ctx, &user(50)).unwrap(), None);
    let before = w.balance(101);
    let send = msg(&w, 101, user(50), "7uente");
    let events = w.send(&send).unwrap();
    assert_eq!(kinds(&events), ["coin_spent", "coin_received", "transfer", "message"]);
    assert_eq!(w.balance(50), Int::from(7));
    assert_eq!(w.balance(101), before.sub(Int::from(7)).unwrap());
    assert_eq!(auth::account(&w.ctx, &user(50)).unwrap().unwrap().kind, Kind::Base);
    w.check();
}

#[test]
fn what_a_send_refuses() {
    let mut w = World::new(&[1_000_000]);
    for (amount, answer) in [
        ("", "sdk 10"),
        ("0uente", "sdk 10"),
        ("-1uente", "sdk 10"),
        ("5uente,5uatom", "sdk 10"),
        ("5uente,6uente", "sdk 10"),
        ("1u", "sdk 10"),
        ("1.5uente", "sdk 10"),
        ("010uente", "sdk 10"),
        ("1000000000001uente", "sdk 5"),
        ("1uatom", "sdk 5"),
    ] {
        let send = msg(&w, 101, user(102), amount);
        assert_eq!(w.refused(&send), answer, "{amount:?}");
    }
    let mut nowhere = msg(&w, 101, user(102), "1uente");
    nowhere.to_address = "cosmos1srd5yxrg346qd7mne893gy3g43elh2sw7lz0s3".to_owned();
    assert_eq!(w.refused(&nowhere), "sdk 7");
}

#[test]
fn users_send_to_no_module_account_but_that_of_gov() {
    let mut w = World::new(&[1_000_000]);
    for module in ModuleAccount::ALL {
        let send = msg(&w, 101, module.address(), "1uente");
        let multi = wire::MsgMultiSend {
            inputs: vec![wire::Input { address: send.from_address.clone(), coins: send.amount.clone() }],
            outputs: vec![wire::Output { address: send.to_address.clone(), coins: send.amount.clone() }],
        };
        if *module == ModuleAccount::GOV {
            w.send(&send).unwrap();
            w.send(&multi).unwrap();
        } else {
            assert!(is_blocked(&module.address()), "{}", module.name);
            assert_eq!(w.refused(&send), "sdk 4", "{}", module.name);
            assert_eq!(w.refused(&multi), "sdk 4", "{}", module.name);
        }
    }
}

#[test]
fn only_the_alliance_account_is_paid_by_other_modules_and_is_a_module_account_whoever_pays_first() {
    let mut w = World::new(&[1_000_000]);
    let one = Coins::new(vec![entente_kernel::num::Coin::new(ente(), Int::ONE)]).unwrap();
    send(&mut w.ctx, &user(101), &ModuleAccount::FEE_COLLECTOR.address(), &one).unwrap();
    let to = |w: &mut World, m: &ModuleAccount| {
        send_from_module(&mut w.ctx, &ModuleAccount::FEE_COLLECTOR, &m.address(), &one)
    };
    to(&mut w, &ModuleAccount::ALLIANCE).unwrap();
    let account = auth::account(&w.ctx, &ModuleAccount::ALLIANCE.address()).unwrap().unwrap();
    assert!(matches!(account.kind, Kind::Module { name, .. } if name == "alliance"));
    assert!(to(&mut w, &ModuleAccount::ALLIANCE_REWARDS).is_err());
    assert!(to(&mut w, &ModuleAccount::MINT).is_err());
}

#[test]
fn a_multi_send_has_one_sender_and_nothing_is_lost_between_sum_and_parts() {
    let mut w = World::new(&[1_000_000]);
    let address = |w: &World, n: u8| w.acc(n);
    let input = |w: &World, n: u8, amount: &str| wire::Input { address: address(w, n), coins: coins(amount) };
    let output = |w: &World, n: u8, amount: &str| wire::Output { address: address(w, n), coins: coins(amount) };
    let good = wire::MsgMultiSend {
        inputs: vec![input(&w, 101, "10uente")],
        outputs: vec![output(&w, 60, "3uente"), output(&w, 61, "7uente")],
    };
    let events = w.send(&good).unwrap();
    assert_eq!(kinds(&events), ["coin_spent", "message", "coin_received", "transfer", "coin_received", "transfer"]);
    assert_eq!((w.balance(60), w.balance(61)), (Int::from(3), Int::from(7)));
    let rows: Vec<(Vec<wire::Input>, Vec<wire::Output>, &str)> = vec![
        (vec![], good.outputs.clone(), "bank 2"),
        (vec![input(&w, 101, "5uente"), input(&w, 102, "5uente")], good.outputs.clone(), "bank 9"),
        (good.inputs.clone(), vec![], "bank 3"),
        (vec![input(&w, 101, "11uente")], good.outputs.clone(), "bank 4"),
        (vec![input(&w, 101, "0uente")], good.outputs.clone(), "sdk 10"),
        (good.inputs.clone(), vec![output(&w, 60, "10uente"), output(&w, 61, "0uente")], "sdk 10"),
    ];
    for (inputs, outputs, answer) in rows {
        assert_eq!(w.refused(&wire::MsgMultiSend { inputs, outputs }), answer);
    }
    w.check();
}

#[test]
fn governance_switches_sending_off_and_on_coin_by_coin() {
    let mut w = World::new(&[1_000_000]);
    let gov = w.ctx.bech32().acc(&auth::authority());
    let rule = |denom: &str, enabled| wire::SendEnabled { denom: denom.to_owned(), enabled };
    let set = |authority: &str, send_enabled: Vec<wire::SendEnabled>, defaults: &[&str]| wire::MsgSetSendEnabled {
        authority: authority.to_owned(),
        send_enabled,
        use_default_for: defaults.iter().map(|d| (*d).to_owned()).collect(),
    };
    let stranger = w.acc(101);
    assert_eq!(w.refused(&set(&stranger, vec![], &[])), "gov 13");
    assert_eq!(w.refused(&set(&gov, vec![rule("uente", true), rule("uente", false)], &[])), "sdk 18");
    assert_eq!(w.refused(&set(&gov, vec![rule("u", true)], &[])), "sdk 18");
    assert_eq!(w.refused(&set(&gov, vec![], &["!"])), "sdk 18");
    let send = msg(&w, 101, user(102), "1uente");

    w.send(&set(&gov, vec![rule("uente", false)], &[])).unwrap();
    assert_eq!(w.refused(&send), "bank 5");
    w.send(&set(&gov, vec![], &["uente"])).unwrap();
    w.send(&send).unwrap();

    let params = |default_send_enabled, send_enabled| wire::MsgUpdateParams {
        authority: gov.clone(),
        params: Some(wire::Params { send_enabled, default_send_enabled }),
    };
    assert_eq!(w.refused(&params(true, vec![rule("uente", true)])), "undefined 1");
    w.send(&params(false, vec![])).unwrap();
    assert_eq!(w.refused(&send), "bank 5");
    w.send(&set(&gov, vec![rule("uente", true)], &[])).unwrap();
    w.send(&send).unwrap();
}

#[test]
fn a_part_that_fails_undoes_the_whole_message() {
    let mut w = World::new(&[1_000_000]);
    let send = msg(&w, 101, user(102), "1uatom,5uente");
    let before = w.balance(102);
    assert_eq!(w.refused(&send), "sdk 5");
    assert_eq!(w.balance(102), before);
    w.check();
}

#[test]
fn queries_show_what_is_there_page_by_page() {
    let mut w = World::with(&[1_000_000], |genesis| {
        let balances = genesis["bank"]["balances"].as_array_mut().unwrap();
        balances[0]["coins"] = json!([{"denom": "uatom", "amount": "5"}, {"denom": "uente", "amount": "9"}]);
        genesis["bank"]["denom_metadata"] = json!([{
            "description": "d", "base": "uatom", "display": "atom", "name": "Atom", "symbol": "ATOM",
            "denom_units": [{"denom": "uatom", "exponent": 0, "aliases": []}, {"denom": "atom", "exponent": 6, "aliases": []}]
        }]);
    });
    let address = w.acc(101);
    let path = |name: &str| format!("/cosmos.bank.v1beta1.Query/{name}");
    let first = Some(PageRequest { limit: 1, count_total: true, ..Default::default() });

    let all: wire::QueryAllBalancesResponse = w
        .ask(
            &path("AllBalances"),
            &wire::QueryAllBalancesRequest { address: address.clone(), pagination: first.clone(), resolve_denom: true },
        )
        .unwrap();
    assert_eq!(all.balances, coins("5atom"));
    assert_eq!((all.pagination.unwrap().total), 2);

    let owners: wire::QueryDenomOwnersResponse = w
        .ask(&path("DenomOwners"), &wire::QueryDenomOwnersRequest { denom: "uatom".to_owned(), pagination: None })
        .unwrap();
    assert_eq!(owners.denom_owners.len(), 1);
    assert_eq!(owners.denom_owners[0].address, address);

    let supply_of: wire::QuerySupplyOfResponse =
        w.ask(&path("SupplyOf"), &wire::QuerySupplyOfRequest { denom: "uatom".to_owned() }).unwrap();
    assert_eq!(supply_of.amount.unwrap().amount, "5");
    let total: wire::QueryTotalSupplyResponse =
        w.ask(&path("TotalSupply"), &wire::QueryTotalSupplyRequest { pagination: None }).unwrap();
    assert_eq!(total.supply[1].amount, supply(&w.ctx, &ente()).unwrap().to_string());

    let by_name = wire::QueryDenomMetadataRequest { denom: "uosmo".to_owned() };
    match w.ask::<_, wire::QueryDenomMetadataResponse>(&path("DenomMetadata"), &by_name) {
        Err(entente_kernel::Error::Refusal(r)) => assert_eq!(r.grpc, Grpc::NotFound),
        other => panic!("{other:?}"),
    }
    assert_eq!(spendable(&w.ctx, &user(101)).unwrap(), balances(&w.ctx, &user(101)).unwrap());
    assert_eq!(balance(&w.ctx, &user(101), &ente()).unwrap(), Int::from(9));
}
