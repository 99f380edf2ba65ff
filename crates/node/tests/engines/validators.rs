//! Validators that are killed, that lost their record, and that sign twice.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};

use crate::net::{Net, PATIENCE};

#[test]
fn a_net_survives_the_death_of_one_of_four_validators_and_it_catches_up() {
    let Some(mut net) = Net::new(22_100, 4) else { return };
    net.start_all();
    for node in 0..4 {
        net.wait(node, 3, PATIENCE);
    }
    net.kill(3);
    let height = net.height(0);
    net.wait(0, height + 4, PATIENCE);
    net.start(3);
    let took = net.wait(3, height + 4, PATIENCE);
    let last = net.no_fork(&[0, 1, 2, 3], 1);
    println!("killed at height {height}, caught up after {took:?}; no fork up to height {last}");
    // What the board and the alerts name of CometBFT's is there.
    let documents = [
        include_str!("../../../../docs/operating/grafana.json"),
        include_str!("../../../../docs/operating/alerts.yml"),
    ];
    let page = net.metrics(0).unwrap();
    for text in documents {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        for name in words.filter(|word| word.starts_with("cometbft_")) {
            assert!(page.lines().any(|line| line.starts_with(&format!("{name}{{"))), "{name} is not in:\n{page}");
        }
    }
    // Clients are served by the nodes themselves.
    let latest = net.rest(3, "/cosmos/base/tendermint/v1beta1/blocks/latest").unwrap();
    assert_eq!(latest["block"]["header"]["chain_id"], "net-1");
    let sent = net.tx(0, &["bank", "send", "node0", &address(&net, 1), "12uente"]);
    let held: i64 = sent["height"].as_str().unwrap().parse().unwrap();
    net.wait(1, held + 1, PATIENCE);
    let found = net.rest(1, &format!("/cosmos/tx/v1beta1/txs/{}", sent["txhash"].as_str().unwrap()));
    assert_eq!(found.unwrap()["tx_response"]["code"], 0);
}

fn address(net: &Net, node: u16) -> String {
    let name = format!("node{node}");
    let said = net.entente().args(["keys", "show", &name, "-a", "--home"]).arg(net.home(node)).output().unwrap();
    String::from_utf8(said.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_node_killed_at_any_step_of_a_commit_goes_on_with_the_same_app_hashes() {
    let Some(mut net) = Net::new(22_140, 1) else { return };
    let mut height = 0;
    net.start(0);
    net.wait(0, 2, PATIENCE);
    net.kill(0);
    // Our own steps, then those of CometBFT's commit.
    for step in ["finalized", "before_write", "written"] {
        let at = format!("{step}:{}", height.max(2) + 3);
        net.start_with(0, &[], &[("ENTENTE_FAIL_AT", &at)]);
        assert!(!net.ended(0), "{at}");
        net.kill(0);
        net.start(0);
        height = height.max(2) + 4;
        net.wait(0, height, PATIENCE);
        net.kill(0);
        height = height.max(last_height(&net));
    }
    for index in 0..9 {
        let index = index.to_string();
        net.start_with(0, &[], &[("FAIL_TEST_INDEX", &index)]);
        assert!(!net.ended(0), "FAIL_TEST_INDEX={index}");
        net.kill(0);
    }
    net.start(0);
    net.wait(0, height + 5, PATIENCE);
    // Blocks that were executed again gave what the headers say; CometBFT stops at the first difference.
    let last = net.no_fork(&[0], 1);
    assert!(last >= height + 5);
    assert!(!fs::read_to_string(net.log(0)).unwrap().contains("wrong Block.Header.AppHash"));
    println!("killed at 3 of our steps and 9 of CometBFT's; height {last}, 0 app-hash differences");
}

/// The last height on the disk of a node that does not run.
fn last_height(net: &Net) -> i64 {
    let stores = entente_node::engine::stores();
    let (_disk, loaded) = entente_node::disk::Disk::open(&net.home(0).join("data"), stores).unwrap();
    loaded.unwrap().height
}

#[test]
fn a_validator_without_its_signing_record_or_with_an_old_one_or_alone_does_not_start() {
    let Some(mut net) = Net::new(22_150, 1) else { return };
    net.start(0);
    net.wait(0, 4, PATIENCE);
    net.stop(0);
    let alone = net.entente().args(["start", "--engine", "solo", "--home"]).arg(net.home(0)).output().unwrap();
    let said = String::from_utf8_lossy(&alone.stderr);
    assert!(said.contains("come from CometBFT: start it with --engine comet"), "{said}");
    let record = net.home(0).join("data/priv_validator_state.json");
    let newest = fs::read(&record).unwrap();
    fs::remove_file(&record).unwrap();
    net.start(0);
    assert!(!net.ended(0));
    assert!(
        net.said(0).contains("priv_validator_state.json is missing, but this validator voted at height"),
        "{}",
        net.said(0)
    );
    fs::write(&record, json!({ "height": "1", "round": 0, "step": 3 }).to_string()).unwrap();
    net.start(0);
    assert!(!net.ended(0));
    assert!(net.said(0).contains("the file is older than the blocks"), "{}", net.said(0));
    fs::write(&record, newest).unwrap();
    net.start(0);
    net.wait(0, 6, PATIENCE);
}

/// A foreign coin that may be staked.
fn with_alliance(doc: &mut Value) {
    let time = doc["genesis_time"].clone();
    doc["app_state"]["alliance"]["assets"] = json!([{
        "denom": "ualli", "reward_weight": "0.100000000000000000", "take_rate": "0.000000000000000000", "total_tokens": "0",
        "total_validator_shares": "0.000000000000000000", "reward_start_time": time,
        "reward_change_rate": "1.000000000000000000", "reward_change_interval": "0s", "last_reward_change_time": time,
        "reward_weight_range": { "min": "0.000000000000000000", "max": "1.000000000000000000" }, "is_initialized": true,
    }]);
    for balance in doc["app_state"]["bank"]["balances"].as_array_mut().unwrap() {
        let coins = balance["coins"].as_array_mut().unwrap();
        coins.insert(0, json!({ "denom": "ualli", "amount": "1000000000" }));
    }
    doc["app_state"]["bank"]["supply"] = json!([]);
}

#[test]
fn who_signs_twice_is_found_out_and_loses_native_and_alliance_stake() {
    let Some(mut net) = Net::new(22_160, 4) else { return };
    net.change_genesis(with_alliance);
    net.start_all();
    net.wait(0, 2, PATIENCE);
    let operators = net.rest(0, "/cosmos/staking/v1beta1/validators").unwrap();
    let operators = operators["validators"].as_array().unwrap();
    let culprit = operators.iter().find(|v| v["description"]["moniker"] == "node3").unwrap();
    let operator = culprit["operator_address"].as_str().unwrap().to_owned();
    assert_eq!(culprit["tokens"], "1000000000000");
    net.tx(0, &["alliance", "delegate", &operator, "1000000ualli"]);
    let staked = |net: &Net| {
        let validator = net.rest(0, &format!("/cosmos/staking/v1beta1/validators/{operator}")).unwrap();
        let asset = net.rest(0, "/terra/alliances/ualli").unwrap();
        (validator["validator"].clone(), asset["alliance"]["total_tokens"].as_str().unwrap().to_owned())
    };
    net.wait(0, net.height(0) + 2, PATIENCE);
    assert_eq!(staked(&net).1, "1000000");
    // A second machine with the same key, as somebody makes it who wants to be safe.
    net.stop(3);
    let twin = net.follower(4);
    fs::copy(net.home(3).join("config/priv_validator_key.json"), twin.join("config/priv_validator_key.json")).unwrap();
    net.start(3);
    net.start(4);
    let begin = std::time::Instant::now();
    while staked(&net).0["jailed"] != true {
        assert!(begin.elapsed() < 2 * PATIENCE, "nobody was found out:\n{}", net.said(0));
        std::thread::sleep(Duration::from_millis(500));
    }
    let (_, asset) = staked(&net);
    // A twentieth of both. The validator's own tokens hold virtual stake besides.
    let path = format!("/cosmos/staking/v1beta1/validators/{operator}/delegations/{}", address(&net, 3));
    let own = net.rest(0, &path).unwrap();
    assert_eq!(own["delegation_response"]["balance"]["amount"], "950000000000", "{own}");
    assert_eq!(asset, "950000");
    let evidence = net.rest(0, "/cosmos/evidence/v1beta1/evidence").unwrap();
    assert_eq!(evidence["evidence"].as_array().unwrap().len(), 1, "{evidence}");
    println!("found out after {:?}: {}", begin.elapsed(), evidence["evidence"][0]);
    net.no_fork(&[0, 1, 2], 1);
}
