//! What goes into a genesis comes out again, and what is wrong is named.

use serde_json::{Value, json};

use crate::{Chain, InitChain};
use entente_kernel::Timestamp;

const ALICE: &str = "cosmos10ndwnvz7uhepcgr2z4kvwq3jmpq8fnchnh288l";
const BOB: &str = "cosmos1vae9h5px8euqjqm4rzg48zp0njw47xastanj85";
const VESTED: &str = "cosmos1n2ysrzv6qrejtv8sqea03ll5xzgwsq6vu7vefk";
const GOV: &str = "cosmos10d07y265gmmuvt4z0w9aw880jnsr700j6zn9kn";

fn document() -> Value {
    let coins = |amount: &str| json!([{"denom": "uatom", "amount": amount}]);
    let base = |address: &str, number: &str| json!({"address": address, "pub_key": null, "account_number": number, "sequence": "3"});
    let typed = |kind: &str, mut value: Value| {
        value["@type"] = json!(kind);
        value
    };
    let vesting = json!({
        "base_account": base(VESTED, "9"), "original_vesting": coins("30"), "delegated_free": [],
        "delegated_vesting": coins("5"), "end_time": "200"
    });
    let periods = json!([{"length": "60", "amount": coins("10")}, {"length": "40", "amount": coins("20")}]);
    let periodic = json!({"base_vesting_account": vesting, "start_time": "100", "vesting_periods": periods});
    let module = json!({"base_account": base(GOV, "4"), "name": "gov", "permissions": ["burner"]});
    json!({
        "auth": {
            "params": {
                "max_memo_characters": "256", "tx_sig_limit": "7", "tx_size_cost_per_byte": "10",
                "sig_verify_cost_ed25519": "590", "sig_verify_cost_secp256k1": "1000"
            },
            "accounts": [
                typed("/cosmos.auth.v1beta1.BaseAccount", base(ALICE, "0")),
                typed("/cosmos.auth.v1beta1.ModuleAccount", module),
                typed("/cosmos.vesting.v1beta1.PeriodicVestingAccount", periodic),
            ]
        },
        "bank": {
            "params": {"send_enabled": [], "default_send_enabled": false},
            "balances": [{"address": ALICE, "coins": coins("70")}, {"address": VESTED, "coins": coins("30")}],
            "supply": coins("100"),
            "denom_metadata": [{
                "description": "", "base": "uatom", "display": "atom", "name": "Atom", "symbol": "ATOM", "uri": "", "uri_hash": "",
                "denom_units": [
                    {"denom": "uatom", "exponent": 0, "aliases": []}, {"denom": "atom", "exponent": 6, "aliases": ["Atom"]}
                ]
            }],
            "send_enabled": [{"denom": "uatom", "enabled": false}, {"denom": "uosmo", "enabled": true}]
        },
        "ibc": {"client_genesis": {"clients": []}},
    })
}

fn start(app_state: Value) -> entente_kernel::Result<Chain> {
    let time = Timestamp::from_secs(130);
    let (chain_id, consensus_params) = ("t-1".to_owned(), Value::Null);
    Chain::init_chain(&InitChain { chain_id, time, initial_height: 1, consensus_params, app_state })
        .map(|(chain, _)| chain)
}

/// The sections that the document has.
fn export(chain: &Chain) -> Value {
    let whole = chain.snapshot(None).unwrap().export().unwrap();
    ["auth", "bank"]
        .iter()
        .map(|name| ((*name).to_owned(), whole[name].clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

#[test]
fn an_export_is_the_genesis_with_the_module_accounts_that_exist_now() {
    let before = document();
    let after = export(&start(before.clone()).unwrap());
    assert_eq!(after["bank"], before["bank"]);
    assert_eq!(after["auth"]["params"], before["auth"]["params"]);
    let accounts = after["auth"]["accounts"].as_array().unwrap();
    for account in before["auth"]["accounts"].as_array().unwrap() {
        assert!(accounts.contains(account), "{account} is not in {accounts:#?}");
    }
    let new: Vec<_> = accounts.iter().filter(|a| a["name"] == "fee_collector").collect();
    assert_eq!(new[0]["base_account"]["account_number"], "10", "the number after the highest");
}

#[test]
fn a_section_that_is_absent_is_its_modules_default_in_the_chains_own_coin() {
    let chain = start(json!({"entente": {"bech32_prefix": "cosmos"}, "staking": {"params": {
        "unbonding_time": "60s", "max_validators": 5, "max_entries": 7, "historical_entries": 10, "bond_denom": "uatom",
        "min_commission_rate": "0"
    }}}));
    let mut chain = chain.unwrap();
    let before = chain.snapshot(None).unwrap().clone();
    let exported = before.export().unwrap();
    assert_eq!(exported["mint"]["params"]["mint_denom"], "uatom");
    assert_eq!(exported["gov"]["params"]["min_deposit"], json!([{"denom": "uatom", "amount": "10000000"}]));
    assert_eq!(exported["staking"]["params"]["unbonding_time"], "60s");
    assert_eq!(exported["slashing"]["params"]["signed_blocks_window"], "100");
    assert_eq!(exported["alliance"]["params"]["reward_delay_time"], "604800s");
    let block = crate::FinalizeBlock {
        height: 1,
        time: before.time,
        proposer: entente_kernel::ConsAddress::from_array([1; 20]),
        votes: vec![],
        evidence: vec![],
        txs: vec![],
    };
    chain.finalize_block(&block).unwrap();
}

#[test]
fn an_export_imported_again_gives_the_same_state() {
    let first = start(document()).unwrap();
    let exported = export(&first);
    let second = start(exported.clone()).unwrap();
    assert_eq!(export(&second), exported);
    assert_eq!(second.snapshot(None).unwrap().forest.root(), first.snapshot(None).unwrap().forest.root());
}

#[test]
fn a_number_that_occurs_twice_is_replaced_by_the_lowest_free_one() {
    let mut doubled = document();
    let mut bob = doubled["auth"]["accounts"][0].clone();
    bob["address"] = json!(BOB);
    doubled["auth"]["accounts"].as_array_mut().unwrap().push(bob);
    let after = export(&start(doubled).unwrap());
    let accounts = after["auth"]["accounts"].as_array().unwrap();
    let number = |address: &str| &accounts.iter().find(|a| a["address"] == address).unwrap()["account_number"];
    assert_eq!((number(ALICE), number(BOB)), (&json!("0"), &json!("1")));
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let broken = |path: &str, value: Value, says: &str| {
        let mut doc = document();
        *doc.pointer_mut(path).unwrap_or_else(|| panic!("{path}")) = value;
        let text = start(doc).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(text.contains(says), "{path}: {text:?} does not say {says:?}");
    };
    broken("/bank/supply/0/amount", json!("99"), "genesis supply is incorrect, expected 99uatom, got 100uatom");
    broken("/bank/balances/1/address", json!(ALICE), "balances[1]: duplicate balance for address");
    broken("/bank/balances/0/coins/0/amount", json!("-7"), "balances[0].coins");
    broken("/bank/denom_metadata/0/display", json!("osmo"), "display denom 'osmo'");
    broken("/auth/params/tx_sig_limit", json!("0"), "invalid tx signature limit: 0");
    broken("/auth/accounts/2/vesting_periods/0/length", json!("61"), "does not match length of all vesting periods");
    broken("/auth/accounts/0/@type", json!("/cosmos.bank.v1beta1.MsgSend"), "auth.accounts[0]");
    broken("/ibc/client_genesis/clients", json!([{"client_id": "07-tendermint-0"}]), "ibc.client_genesis.clients[0]");
}

#[test]
fn a_large_section_written_row_by_row_is_what_the_message_shows() {
    use entente_proto::alliance::alliance::{Bookkeeping, Delegation, DelegationIndex, GenesisState};
    let delegation =
        |n: u64| Delegation { delegator_address: format!("a{n}"), shares: n.to_string(), ..Delegation::default() };
    let row = |n: u64| DelegationIndex { delegator: format!("\"{n}"), epoch: n, ..DelegationIndex::default() };
    for rows in [0, 1, 2_000, 70_000] {
        let book =
            Bookkeeping { delegations: (0..rows).map(row).collect(), next_entry_id: 7, ..Bookkeeping::default() };
        let state = GenesisState {
            delegations: (0..rows).map(delegation).collect(),
            bookkeeping: (rows != 1).then_some(book),
            ..GenesisState::default()
        };
        let mut text = String::new();
        super::text::Encoded::from(state.clone()).write(&mut text).unwrap();
        assert_eq!(text, entente_kernel::json::to_json(&state).unwrap().to_string(), "{rows}");
    }
}

#[test]
fn a_large_message_with_a_form_of_its_own_is_written_whole() {
    use entente_proto::cosmos::auth::v1beta1::{BaseAccount, QueryAccountResponse};
    use prost::{Message as _, Name as _};
    let account = BaseAccount { address: "a".repeat(100_000), ..BaseAccount::default() };
    let any = prost_types::Any { type_url: BaseAccount::type_url(), value: account.encode_to_vec() };
    let answer = QueryAccountResponse { account: Some(any) };
    let mut text = String::new();
    super::text::Encoded::from(answer.clone()).write(&mut text).unwrap();
    assert_eq!(text, entente_kernel::json::to_json(&answer).unwrap().to_string());
}
