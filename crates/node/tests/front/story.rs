//! A chain of SDK 0.42 integrates Alliance: its genesis is imported and run, governance whitelists a foreign token, a holder stakes it, the
//! take rate pays native stakers, rewards are claimed, the tokens come back, and an export is the same chain again.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::node::{Node, done};

fn test_data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/front/genesis-0.42.json")
}

struct Genesis {
    file: PathBuf,
    chain_id: &'static str,
    prefix: &'static str,
    denom: &'static str,
    validators: u64,
    power: &'static str,
}

#[test]
fn a_small_chain_of_sdk_042_integrates_alliance() {
    integrates(&Genesis {
        file: test_data(),
        chain_id: "old-1",
        prefix: "old",
        denom: "uold",
        validators: 2,
        power: "3",
    });
}

#[test]
fn persistence_integrates_alliance() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/persistence-core-1-genesis.json");
    if !file.exists() {
        println!("skipped: {} is not there", file.display());
        return;
    }
    integrates(&Genesis {
        file,
        chain_id: "core-1",
        prefix: "persistence",
        denom: "uxprt",
        validators: 20,
        power: "168311",
    });
}

fn integrates(genesis: &Genesis) {
    let folder = tempfile::tempdir().unwrap();
    let file = genesis.file.display().to_string();
    // Imported as its authors wrote it: their validators, by their signatures.
    let report = done(&folder.path().join("own"), &["genesis", "import", &file]);
    let summary = report.json();
    assert_eq!(summary["chain_id"], genesis.chain_id);
    assert_eq!(summary["validators"], genesis.validators);
    assert_eq!(summary["total_power"], genesis.power);
    for line in ["halving: removed", "gov: deposit_params, voting_params and tally_params became params"] {
        assert!(report.err.contains(line), "{}", report.err);
    }
    // Run here: one validator in place of them.
    let home = folder.path().join("dev");
    let node = Node::start(&home, &["dev", "--home", &home.display().to_string(), "--genesis", &file]);
    let validators = node.query(&["staking", "validators"]);
    assert_eq!(validators["validators"].as_array().map(Vec::len), Some(1));
    let validator = validators["validators"][0]["operator_address"].as_str().unwrap().to_owned();
    let address =
        |name: &str| done(&home, &["keys", "show", name, "-a", "--prefix", genesis.prefix]).out.trim().to_owned();
    let (native, holder) = (address("dev0"), address("dev7"));
    let denom = foreign(&node, &holder);
    whitelist(&node, &denom, genesis.denom);

    let before = node.balance(&holder, &denom);
    node.tx("dev7", &["alliance", "delegate", &validator, &format!("50000000{denom}")]);
    assert_eq!(before - node.balance(&holder, &denom), 50_000_000);
    node.advance("8d");
    let earned = node.query(&["distribution", "rewards", &native]);
    let paid = earned["total"].as_array().into_iter().flatten().find(|c| coin(c).1 == denom);
    assert!(paid.is_some(), "the take rate pays native stakers: {earned}");
    let rewards = node.query(&["alliance", "rewards", &holder, &validator, &denom]);
    assert!(rewards["rewards"].as_array().is_some_and(|r| r.iter().any(|c| coin(c).1 == genesis.denom)), "{rewards}");
    let had = node.balance(&holder, genesis.denom);
    node.tx("dev7", &["alliance", "claim-rewards", &validator, &denom]);
    assert!(node.balance(&holder, genesis.denom) > had, "rewards are claimed");

    let delegation = node.query(&["alliance", "delegation", &holder, &validator, &denom]);
    let shown = &delegation["delegation"]["balance"]["amount"];
    let staked: u128 = shown.as_str().unwrap().parse().unwrap();
    assert!(0 < staked && staked < 50_000_000, "the take rate took its part: {delegation}");
    node.tx("dev7", &["alliance", "undelegate", &validator, &format!("{staked}{denom}")]);
    let had = node.balance(&holder, &denom);
    node.advance("21d");
    node.advance("1m");
    assert_eq!(node.balance(&holder, &denom) - had, staked, "the tokens come back");
    assert_eq!(node.query(&["invariants"])["broken"], json!([]));
    exported_is_the_same_chain(node, &folder.path().join("again"));
}

/// The first foreign token of an account.
fn foreign(node: &Node, holder: &str) -> String {
    let held = node.query(&["bank", "balances", holder]);
    let coins = held["balances"].as_array().unwrap();
    coins.iter().map(|c| c["denom"].as_str().unwrap()).find(|d| d.starts_with("ibc/")).unwrap().to_owned()
}

/// Amount and denomination, of a coin in either of the forms in which answers show it.
fn coin(value: &Value) -> (String, String) {
    match value {
        Value::String(text) => {
            let length = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or_default();
            (text[..length].to_owned(), text[length..].to_owned())
        }
        _ => {
            let member = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
            (member("amount"), member("denom"))
        }
    }
}

/// Governance makes the token an alliance.
fn whitelist(node: &Node, denom: &str, native: &str) {
    let gov = node.query(&["auth", "module-account", "gov"]);
    let deposit = node.query(&["gov", "params"])["params"]["min_deposit"][0]["amount"].as_str().unwrap().to_owned();
    let proposal = json!({
        "messages": [{
            "@type": "/alliance.alliance.MsgCreateAlliance",
            "authority": gov["account"]["base_account"]["address"],
            "denom": denom,
            "reward_weight": "0.500000000000000000",
            "take_rate": "0.000010000000000000",
            "reward_change_rate": "1.000000000000000000",
            "reward_change_interval": "0s",
            "reward_weight_range": { "min": "0.000000000000000000", "max": "5.000000000000000000" },
        }],
        "deposit": format!("{deposit}{native}"),
        "title": "An alliance",
        "summary": "Let the holders of a foreign token stake it",
        "metadata": "",
    });
    let file = node.home.join("proposal.json");
    std::fs::write(&file, proposal.to_string()).unwrap();
    node.tx("dev0", &["gov", "submit-proposal", &file.display().to_string()]);
    node.tx("dev0", &["gov", "vote", "1", "yes"]);
    node.advance("15d");
    let found = node.query(&["gov", "proposal", "1"]);
    assert_eq!(found["proposal"]["status"], "PROPOSAL_STATUS_PASSED", "{found}");
    let alliance = node.query(&["alliance", "alliance", denom]);
    assert_eq!(alliance["alliance"]["take_rate"], "0.000010000000000000");
}

fn exported_is_the_same_chain(node: Node, again: &Path) {
    let home = node.home.clone();
    node.stop();
    let exported = done(&home, &["export"]).json();
    let file = again.with_extension("json");
    std::fs::write(&file, exported.to_string()).unwrap();
    let summary = done(again, &["genesis", "import", &file.display().to_string()]).json();
    let restarted = Node::start(&home, &["dev", "--home", &home.display().to_string(), "--empty-blocks", "0s"]);
    let status = done(&home, &["status", "--node", &restarted.rpc]).json();
    let height: u64 = summary["initial_height"].as_str().unwrap().parse().unwrap();
    assert_eq!(status["sync_info"]["latest_block_height"], (height - 1).to_string());
    assert_eq!(summary["app_hash"], restarted.state_hash(), "export, import, the same app hash");
}

#[test]
fn a_chain_with_pools_vaults_and_liquid_stake_is_exported_and_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("first");
    let node = Node::start(&home, &["dev", "--home", &home.display().to_string()]);
    let denom = |pool: &str, at: usize| {
        node.query(&["pools", "pool", pool])["pool"]["assets"][at]["reserve"]["denom"].as_str().unwrap().to_owned()
    };
    let (atom, stkatom) = (denom("1", 0), denom("1", 1));
    let validator = done(&home, &["keys", "show", "dev0", "--bech", "val", "-a"]).out.trim().to_owned();
    node.tx("dev1", &["pools", "join", "1", &format!("2000000{stkatom},2000000{atom}")]);
    node.tx("dev1", &["pools", "stake", "1", "1000000000", &validator]);
    node.tx("dev0", &["pools", "fund", "1", "1000000uente", "864000s"]);
    node.tx("dev1", &["vault", "deposit", "1", &format!("3000000{stkatom}")]);
    node.tx("dev2", &["liquid", "stake", "5000000uente"]);
    node.advance("2h");
    assert_eq!(node.query(&["invariants"])["broken"], json!([]));
    let again = folder.path().join("again");
    exported_is_the_same_chain(node, &again);
    // And it runs here, under development validators.
    let third = folder.path().join("third");
    let file = again.with_extension("json").display().to_string();
    let node = Node::start(&third, &["dev", "--home", &third.display().to_string(), "--genesis", &file]);
    assert_eq!(node.query(&["vault", "vaults"])["vaults"].as_array().map(Vec::len), Some(1));
    node.tx("dev3", &["vault", "deposit", "1", &format!("1000000{stkatom}")]);
    node.tx("dev3", &["pools", "swap", &format!("1000000{stkatom}"), "1", &atom]);
    node.advance("1h");
    assert_eq!(node.query(&["invariants"])["broken"], json!([]));
}
