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
    for file in ["config.toml", "node.toml", "node_key.json"] {
        assert!(home.join("config").join(file).is_file(), "{file}");
    }
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
fn who_enters_a_genesis_together_are_each_others_peers() {
    let folder = tempfile::tempdir().unwrap();
    let homes = ["one", "two"].map(|name| folder.path().join(name));
    let [one, two] = &homes;
    done(one, &["init", "one", "--chain-id", "ours-1", "--initial-height", "7"]);
    let ids = homes.each_ref().map(|home| {
        if home != one {
            done(home, &["init", "two"]);
        }
        let key = done(home, &["keys", "add", "val", "-o", "json"]).json();
        done(one, &["genesis", "add-genesis-account", key["address"].as_str().unwrap(), "5000000uente"]);
        done(home, &["comet", "show-node-id"]).out.trim().to_owned()
    });
    std::fs::copy(one.join("config/genesis.json"), two.join("config/genesis.json")).unwrap();
    for (home, ip) in [(one, "10.0.0.1"), (two, "10.0.0.2")] {
        let file = one.join("config/gentx").join(format!("{ip}.json"));
        let file = file.display().to_string();
        std::fs::create_dir_all(one.join("config/gentx")).unwrap();
        done(home, &["genesis", "gentx", "val", "3000000uente", "--ip", ip, "--output-document", &file]);
    }
    let collected = done(one, &["genesis", "collect-gentxs"]).json();
    let peer = format!("{}@10.0.0.2:26656", ids[1]);
    assert_eq!((&collected["validators"], &collected["persistent_peers"]), (&json!(2), &json!([peer])));
    let config = std::fs::read_to_string(one.join("config/config.toml")).unwrap();
    assert!(config.contains(&format!("persistent_peers = {peer:?}\n")), "{config}");
    let genesis = std::fs::read_to_string(one.join("config/genesis.json")).unwrap();
    let genesis: serde_json::Value = serde_json::from_str(&genesis).unwrap();
    assert_eq!(genesis["initial_height"].to_string().trim_matches('"'), "7");
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
