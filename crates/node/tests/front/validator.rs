//! The way of a validator: a home folder, keys, a genesis of one's own, gentxs, a running node, an export.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use crate::node::{Node, done, entente};

#[test]
fn a_validator_makes_a_chain_with_the_verbs_of_gaiad() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    done(home, &["init", "first", "--chain-id", "mine-1", "--default-denom", "umine"]);
    let key = done(home, &["keys", "add", "val", "-o", "json"]).json();
    let address = key["address"].as_str().unwrap().to_owned();
    done(home, &["genesis", "add-genesis-account", "val", "5000000umine"]);
    let twice = entente(home, &["genesis", "add-genesis-account", &address, "1umine"]);
    assert!(!twice.ok && twice.err.contains("is in the genesis already"), "{}", twice.err);
    done(home, &["genesis", "gentx", "val", "3000000umine", "--moniker", "the first", "--commission-rate", "0.05"]);
    let collected = done(home, &["genesis", "collect-gentxs"]).json();
    assert_eq!((&collected["gentxs"], &collected["validators"]), (&json!(1), &json!(1)));
    done(home, &["genesis", "validate"]);
    assert!(home.join("data").is_dir(), "cosmovisor wants it");
    let mode = std::fs::metadata(home.join("config/priv_validator_key.json")).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600, "the key of the validator is for its owner only");
    let shown = done(home, &["comet", "show-validator"]).json();

    let node = Node::start(home, &["start", "--block-time", "200ms"]);
    let validators = node.query(&["staking", "validators"])["validators"].clone();
    assert_eq!(validators[0]["description"]["moniker"], "the first");
    assert_eq!(validators[0]["consensus_pubkey"], shown);
    assert_eq!(validators[0]["tokens"], "3000000");
    node.tx("val", &["staking", "delegate", validators[0]["operator_address"].as_str().unwrap(), "1000000umine"]);
    assert_eq!(node.balance(&address, "umine"), 1_000_000);
    node.stop();

    let exported = done(home, &["export"]).json();
    assert_eq!(exported["app_state"]["staking"]["validators"][0]["tokens"], "4000000");
    let file = home.join("exported.json");
    std::fs::write(&file, exported.to_string()).unwrap();
    // An export runs here too, with its validators.
    let dev = folder.path().join("dev");
    let words = ["dev", "--home", &dev.display().to_string(), "--genesis", &file.display().to_string()];
    let node = Node::start(&dev, &words);
    assert_eq!(node.query(&["staking", "validators"])["validators"][0]["tokens"], "4000000");
    assert_eq!(node.query(&["invariants"])["broken"], json!([]));
    node.advance("1h");
    let status = done(&dev, &["status", "--node", &node.rpc]).json();
    assert_eq!(status["node_info"]["network"], "mine-1");
}

#[test]
fn a_development_chain_goes_on_goes_back_and_forgets() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("dev");
    let words = ["dev", "--home", &home.display().to_string(), "--block-time", "100ms"];
    let node = Node::start(&home, &words);
    let other = done(&home, &["keys", "show", "dev1", "-a"]).out.trim().to_owned();
    let had = node.balance(&other, "uente");
    done(&home, &["dev", "snapshot"]);
    node.tx("dev0", &["bank", "send", "dev0", &other, "5uente"]);
    assert_eq!(node.balance(&other, "uente"), had + 5);
    done(&home, &["dev", "revert"]);
    assert_eq!(node.balance(&other, "uente"), had);
    node.tx("dev0", &["bank", "send", "dev0", &other, "7uente"]);
    node.stop();
    let node = Node::start(&home, &words);
    assert_eq!(node.balance(&other, "uente"), had + 7, "what is in the home folder goes on");
    let alliances = node.query(&["alliance", "alliances"]);
    assert_eq!(alliances["alliances"].as_array().map(Vec::len), Some(3));
}
