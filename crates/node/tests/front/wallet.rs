//! What people who know `gaiad` type: keys, multisig accounts, sign modes, questions and flags.

use std::path::Path;

use serde_json::{Value, json};

use crate::node::{Node, done, entente};

const SEND: &str = "/cosmos.bank.v1beta1.MsgSend";

fn fails(home: &Path, words: &[&str], says: &str) {
    let said = entente(home, words);
    assert!(!said.ok && said.err.contains(says), "entente {}: {}{}", words.join(" "), said.out, said.err);
}

fn address(home: &Path, name: &str) -> String {
    done(home, &["keys", "show", name, "-a"]).out.trim().to_owned()
}

#[test]
fn a_multisig_account_is_made_signed_for_by_its_members_and_spent_from() {
    let folder = tempfile::tempdir().unwrap();
    let node = Node::start(folder.path(), &["dev", "--ephemeral"]);
    let home = node.home.as_path();
    let made =
        done(home, &["keys", "add", "both", "--multisig", "dev1,dev2,dev3", "--multisig-threshold", "2", "-o", "json"]);
    assert_eq!(made.json()["type"], "multi");
    let both = address(home, "both");
    let shown = done(home, &["keys", "show", "dev3", "dev1", "dev2", "--multisig-threshold", "2", "-a"]);
    assert_eq!(shown.out.trim(), both, "members are sorted");
    let unsorted = ["keys", "show", "dev3", "dev1", "dev2", "--multisig-threshold", "2", "-a", "--nosort"];
    let other = ["keys", "show", "dev1", "dev3", "dev2", "--multisig-threshold", "2", "-a", "--nosort"];
    assert_ne!(done(home, &unsorted).out, done(home, &other).out, "in the order given");
    fails(
        home,
        &["keys", "add", "x", "--multisig", "dev1,dev2", "--multisig-threshold", "3"],
        "3 of 2 keys cannot sign",
    );
    fails(home, &["keys", "export", "both"], "is not here");

    node.tx("dev1", &["bank", "send", "dev1", &both, "5000000uente"]);
    let receiver = address(home, "dev4");
    let before = node.balance(&receiver, "uente");
    let at = |name: &str| home.join(name).display().to_string();
    let [unsigned, first, second, stranger, whole] = ["tx", "one", "two", "stranger", "whole"].map(at);
    let flags = ["--node", &node.rpc, "--output-document"];
    let words = ["tx", "bank", "send", "both", &receiver, "700uente", "--generate-only", "--fees", "9uente"];
    done(home, &[&words[..], &flags, &[&unsigned]].concat());
    for (member, file) in [("dev1", &first), ("dev3", &second), ("dev5", &stranger)] {
        let words = ["tx", "sign", &unsigned, "--from", member, "--multisig", "both"];
        done(home, &[&words[..], &flags, &[file]].concat());
    }
    let signed: Value = serde_json::from_str(&std::fs::read_to_string(&first).unwrap()).unwrap();
    assert_eq!(signed["signatures"][0]["data"]["single"]["mode"], "SIGN_MODE_LEGACY_AMINO_JSON");
    let put_together =
        |files: &[&str]| entente(home, &[&["tx", "multi-sign", &unsigned, "both"], files, &flags, &[&whole]].concat());
    let said = put_together(&[&first, &first]);
    assert!(!said.ok && said.err.contains("needs 2 signatures; here are 1"), "{}", said.err);
    let said = put_together(&[&first, &stranger]);
    assert!(!said.ok && said.err.contains("of no member of both"), "{}", said.err);
    let changed = std::fs::read_to_string(&unsigned).unwrap().replace("700", "701");
    std::fs::write(&unsigned, &changed).unwrap();
    let said = put_together(&[&first, &second]);
    assert!(!said.ok && said.err.contains("is not of this transaction"), "{}", said.err);
    std::fs::write(&unsigned, changed.replace("701", "700")).unwrap();
    let said = put_together(&[&second, &first]);
    assert!(said.ok, "{}", said.err);
    let sent = done(home, &["tx", "broadcast", &whole, "--node", &node.rpc, "-o", "json"]).json();
    assert_eq!((&sent["code"], node.balance(&receiver, "uente")), (&json!(0), before + 700));
    assert_eq!(node.query(&["auth", "account-info", &both])["info"]["sequence"], "1");
}

#[test]
fn a_transaction_is_signed_in_the_mode_that_was_asked_for_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let node = Node::start(folder.path(), &["dev", "--ephemeral"]);
    let home = node.home.as_path();
    let [from, to] = ["dev1", "dev2"].map(|name| address(home, name));
    for (flag, mode) in [("amino-json", "SIGN_MODE_LEGACY_AMINO_JSON"), ("direct", "SIGN_MODE_DIRECT")] {
        let sent = node.tx(&from, &["bank", "send", &from, &to, "5uente", "--sign-mode", flag, "--memo", "<&>"]);
        assert_eq!(sent["tx"]["auth_info"]["signer_infos"][0]["mode_info"]["single"]["mode"], mode);
        assert_eq!(sent["tx"]["body"]["messages"][0]["@type"], SEND);
    }
    let send = ["tx", "bank", "send", "dev1", &to, "5uente", "-y", "--node", &node.rpc];
    for (flags, says) in [
        (&["--sign-mode", "textual"][..], "SIGN_MODE_TEXTUAL is not supported"),
        (&["--sign-mode", "direct-aux"], "neither direct nor amino-json"),
        (&["--ledger"], "a wallet with one"),
    ] {
        fails(home, &[&send[..], flags].concat(), says);
    }
}

#[test]
fn what_people_type_at_gaiad_is_understood() {
    let folder = tempfile::tempdir().unwrap();
    let node = Node::start(folder.path(), &["dev", "--ephemeral"]);
    let home = node.home.as_path();
    let [me, friend] = ["dev0", "dev2"].map(|name| address(home, name));
    let validator = done(home, &["keys", "show", "dev0", "--bech", "val", "-a"]).out.trim().to_owned();
    let sent = node.tx(&me, &["bank", "send", &me, &friend, "5uente", "-b", "block"]);
    let hash = sent["txhash"].as_str().unwrap();
    let by_sequence = node.query(&["tx", "--type=acc_seq", &format!("{me}/0")]);
    let signature = sent["tx"]["signatures"][0].as_str().unwrap();
    let by_signature = node.query(&["tx", "--type=signature", signature]);
    assert_eq!([&by_sequence["txhash"], &by_signature["txhash"]], [hash; 2]);
    let height = sent["height"].as_str().unwrap();
    let block = node.query(&["block", "--type=height", height]);
    let by_hash = node.query(&["block", "--type=hash", block["block_id"]["hash"].as_str().unwrap()]);
    assert_eq!(by_hash["block"], block["block"]);
    assert_eq!(node.query(&["blocks", "--query", &format!("block.height = {height}")])["total_count"], "1");
    assert_eq!(node.query(&["txs", "--events", &format!("tx.height={height}")])["total"], "1");
    assert_eq!(node.query(&["consensus", "comet", "block-by-height", height])["block"]["header"]["height"], height);
    assert_eq!(node.query(&["bank", "spendable-balance", &friend, "uente"])["balance"]["denom"], "uente");
    assert_eq!(node.query(&["staking", "delegator-validators", &me])["validators"][0]["operator_address"], validator);
    assert_eq!(node.query(&["params", "subspace", "staking", "BondDenom"])["param"]["value"], "\"uente\"");
    let key = node.query(&["staking", "validator", &validator])["validator"]["consensus_pubkey"].to_string();
    let info = node.query(&["slashing", "signing-info", &key])["val_signing_info"]["address"].clone();
    assert!(info.as_str().unwrap().starts_with("ententevalcons1"), "{info}");
    let tolerated = ["--trace", "--log_level", "info", "--grpc-insecure", "--no-indent", "--page-offset", "1"];
    let balances = node.query(&[&["bank", "balances", &me], &tolerated[..]].concat());
    assert!(balances["balances"].is_array());
    done(home, &["--log_format", "json", "status", "--node", &node.rpc]);

    node.advance("1h");
    let withdrawn = node.tx("dev0", &["distribution", "withdraw-all-rewards"]);
    let messages = &withdrawn["tx"]["body"]["messages"];
    assert_eq!(messages[0]["validator_address"], validator.as_str(), "{messages}");
    let nobody = node.try_tx("dev5", &["distribution", "withdraw-all-rewards"]);
    assert!(!nobody.ok && nobody.err.contains("has no delegations"), "{}", nobody.err);

    let file = home.join("tx.json").display().to_string();
    let words = ["tx", "bank", "send", "dev1", &friend, "5uente", "--generate-only", "--output-document", &file];
    done(home, &[&words[..], &["--node", &node.rpc]].concat());
    let estimate = done(home, &["tx", "simulate", &file, "--node", &node.rpc, "-o", "json"]).json();
    assert!(estimate["gas_info"]["gas_used"].as_str().is_some_and(|gas| gas.len() > 4), "{estimate}");

    let key = done(home, &["keys", "show", &friend, "-p"]).out;
    let offline = done(home, &["keys", "add", "watched", "--pubkey", key.trim(), "-o", "json"]).json();
    assert_eq!((&offline["type"], &offline["address"]), (&json!("offline"), &json!(friend)));
    let cannot = node.try_tx("watched", &["bank", "send", "watched", &me, "1uente"]);
    assert!(!cannot.ok && cannot.err.contains("is not here"), "{}", cannot.err);
    assert!(done(home, &["debug", "addr", &me]).out.contains(&validator));
    assert!(done(home, &["debug", "pubkey", key.trim()]).out.contains(&friend));
    assert_eq!(done(home, &["debug", "raw-bytes", "[10 21 13 255]"]).out, "0A150DFF\n");
    assert_eq!(done(home, &["version", "--long", "-o", "json"]).json()["name"], "entente");
}
