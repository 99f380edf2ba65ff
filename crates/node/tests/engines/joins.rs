//! New nodes: by playing all blocks, and by a state that others give.

use std::fs;

use serde_json::json;

use crate::net::{Net, PATIENCE};

#[test]
fn one_node_joins_by_block_sync_and_one_by_state_sync() {
    let Some(mut net) = Net::new(22_200, 4) else { return };
    net.start_all();
    net.wait(0, 12, PATIENCE);
    net.follower(4);
    net.start(4);
    let by_blocks = net.wait(4, 12, PATIENCE);
    net.follower(5);
    let trusted = net.height(0) - 4;
    let (hash, _) = net.block(0, trusted).unwrap();
    net.set(5, "[statesync]\nenable = false", "[statesync]\nenable = true");
    let servers = format!("127.0.0.1:{},127.0.0.1:{}", net.base_port + 1, net.base_port + 11);
    net.set(5, "rpc_servers = \"\"", &format!("rpc_servers = {servers:?}"));
    net.set(5, "trust_height = 0", &format!("trust_height = {trusted}"));
    net.set(5, "trust_hash = \"\"", &format!("trust_hash = {hash:?}"));
    net.start(5);
    let by_state = net.wait(5, net.height(0), PATIENCE);
    let log = fs::read_to_string(net.log(5)).unwrap();
    assert!(log.contains("Snapshot restored"), "{}", net.said(5));
    assert!(net.block(5, 1).is_none(), "a node that joined by its state has no first block");
    let last = net.no_fork(&[0, 1, 2, 3, 4, 5], 1);
    println!("joined by block-sync in {by_blocks:?}, by state-sync in {by_state:?}; no fork up to height {last}");
    // A restored node answers questions and can be restarted.
    let bonded = |net: &Net, node: u16| net.rest(node, "/cosmos/staking/v1beta1/pool").unwrap();
    assert_eq!(bonded(&net, 5), bonded(&net, 0));
    net.kill(5);
    net.start(5);
    net.wait(5, last + 2, PATIENCE);
}

#[test]
fn a_solo_chain_goes_on_under_cometbft() {
    let Some(mut net) = Net::new(22_280, 1) else { return };
    let home = net.home(0);
    let mut solo = net
        .entente()
        .args(["start", "--engine", "solo", "--block-time", "200ms", "--rpc", "127.0.0.1:22281", "--home"])
        .arg(&home)
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    net.wait(0, 5, PATIENCE);
    std::process::Command::new("kill").arg("-TERM").arg(solo.id().to_string()).status().unwrap();
    solo.wait().unwrap();
    let exported = net.entente().args(["export", "--home"]).arg(&home).output().unwrap();
    assert!(exported.status.success(), "{}", String::from_utf8_lossy(&exported.stderr));
    let doc: serde_json::Value = serde_json::from_slice(&exported.stdout).unwrap();
    let next: i64 = match &doc["initial_height"] {
        serde_json::Value::String(text) => text.parse().unwrap(),
        other => other.as_i64().unwrap(),
    };
    assert!(next > 5);
    let reset = net.entente().args(["comet", "unsafe-reset-all", "--home"]).arg(&home).output().unwrap();
    assert!(reset.status.success(), "{}", String::from_utf8_lossy(&reset.stderr));
    fs::write(home.join("config/genesis.json"), doc.to_string()).unwrap();
    net.start(0);
    net.wait(0, next + 3, PATIENCE);
    let first = net.rpc(0).call("block", json!({ "height": next.to_string() })).unwrap();
    assert_eq!(first.pointer("/block/header/height"), Some(&json!(next.to_string())));
    let validators = net.rest(0, "/cosmos/staking/v1beta1/validators").unwrap();
    assert_eq!(validators["validators"][0]["tokens"], "1000000000000");
}
