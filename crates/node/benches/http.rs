//! `entente dev` as its users meet it: the real binary with durable blocks, over HTTP, the load on the same machine; beside `simd` and
//! `anvil` under the same load.
//! `scripts/bench http`, or with SIMD_BIN and ANVIL_BIN set `cargo bench -p entente-node --bench http -- [--users N] [--each N] [--connections N] [--port N]`

mod client;

use std::path::Path;
use std::time::Instant;

use entente_lab::load::{Scale, Spread, number};
use entente_lab::random::wallet::User;

use client::anvil::Anvil;
use client::door::broadcast;
use client::flood::{Flood, flood, loads};
use client::nets::Net;
use client::{Node, Outcome, ms, payment, peer, write_genesis};

/// Transactions that are sent one after the other, each when the one before is in a block.
const ALONE: u64 = 200;
const STARTS: usize = 7;

fn main() -> Outcome<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run())
}

async fn run() -> Outcome<()> {
    let port = u16::try_from(number("port", 21_300))?;
    let folder = tempfile::tempdir()?;
    first_answer(folder.path(), port).await?;

    estimates(folder.path(), port).await?;

    let (users, each) = (number("users", 1_000), number("each", 20));
    let connections = usize::try_from(number("connections", 16))?;
    let people: Vec<User> = (0..users).map(User::numbered).collect();
    let ours = ours(folder.path(), port, &people, each, connections).await?;
    if let Some(simd) = peer("SIMD_BIN") {
        let (net, first) = Net::simd(&simd, 1, port + 50, &people).await?;
        let tx = |from: usize, sequence: u64| payment("cosmos", &people, from, first, sequence);
        compare("simd", &ours, &flood(&net.rpc, loads(people.len(), each, connections, tx)).await?);
    }
    if let Some(anvil) = peer("ANVIL_BIN") {
        for (name, block_time, port) in [("anvil", None, port + 100), ("anvil, block time 1 s", Some("1"), port + 101)]
        {
            let running = Anvil::start(&anvil, port, block_time).await?;
            compare(name, &ours, &running.flood(&people, each, connections).await?);
        }
    }
    Ok(())
}

/// What a wallet waits for before every transaction, on a chain with as many validators and assets as large ones have.
async fn estimates(folder: &Path, port: u16) -> Outcome<()> {
    use base64::Engine as _;
    let scale = Scale { validators: 160, assets: 20, users: 10, delegators: 1_000 };
    let genesis = folder.join("wide.json");
    write_genesis(&genesis, &scale.genesis(|_| serde_json::Value::Null))?;
    let flags = ["--genesis", genesis.to_str().ok_or("a path that is no text")?, "--empty-blocks", "0s"];
    let (node, _) = Node::start(&folder.join("wide"), port, &flags).await?;
    let people: Vec<User> = (0..10).map(User::numbered).collect();
    let tx = base64::engine::general_purpose::STANDARD.encode(payment("entente", &people, 0, 0, 0));
    let body = format!(r#"{{"tx_bytes":"{tx}"}}"#);
    let head = "POST /cosmos/tx/v1beta1/simulate HTTP/1.1\r\nHost: node\r\nContent-Type: application/json\r\n";
    let request = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
    let (mut door, mut spread, before) = (node.rest().await?, Spread::default(), node.processor_time()?);
    for _ in 0..ALONE {
        let began = Instant::now();
        door.ask(request.as_bytes()).await?;
        spread.add(began.elapsed());
    }
    let spent = node.processor_time()?.saturating_sub(before);
    println!(
        "an estimate with 160 validators and 20 assets: p50 {:.1} ms, p99 {:.1} ms; {:.2} ms of processor each",
        ms(spread.median()),
        ms(spread.permille(990)),
        ms(spent) / ALONE as f64
    );
    node.stop()
}

fn compare(who: &str, ours: &Flood, theirs: &Flood) {
    theirs.print(who);
    println!("entente is {:.2} x {who}", ours.rate() / theirs.rate());
}

/// From the start of the process to its first answer: a new home, then one that exists.
async fn first_answer(folder: &Path, port: u16) -> Outcome<()> {
    let (mut new, mut again) = (Spread::default(), Spread::default());
    for n in 0..STARTS {
        let home = folder.join(format!("start{n}"));
        for spread in [&mut new, &mut again] {
            let (node, took) = Node::start(&home, port, &[]).await?;
            spread.add(took);
            node.stop()?;
        }
    }
    for (home, spread) in [("new home", new), ("existing home", again)] {
        let (median, least) = (ms(spread.median()), ms(spread.least()));
        println!("first answer after start, {home}: median {median:.1} ms, least {least:.1} ms");
    }
    Ok(())
}

async fn ours(folder: &Path, port: u16, people: &[User], each: u64, connections: usize) -> Outcome<Flood> {
    let scale = Scale { validators: 1, assets: 1, users: people.len() as u64, delegators: 0 };
    let genesis = folder.join("genesis.json");
    write_genesis(&genesis, &scale.genesis(|_| serde_json::Value::Null))?;
    let flags = ["--genesis", genesis.to_str().ok_or("a path that is no text")?];
    let (node, _) = Node::start(&folder.join("load"), port, &flags).await?;
    let sent = one_by_one(&node, people).await?;
    let tx = |from: usize, sequence: u64| {
        payment("entente", people, from, 0, if from == 0 { sequence + sent } else { sequence })
    };
    let loads = loads(people.len(), each, connections, tx);
    let before = node.processor_time()?;
    let flood = flood(&[node.rpc_port()], loads).await?;
    flood.print("entente dev");
    let spent = node.processor_time()?.saturating_sub(before);
    println!("entente dev spent {:.0} us of processor per transaction", spent.as_secs_f64() * 1e6 / flood.txs as f64);
    node.stop()?;
    Ok(flood)
}

/// From broadcast to committed, when nothing else happens. Gives how many the first user has sent.
async fn one_by_one(node: &Node, people: &[User]) -> Outcome<u64> {
    let mut door = node.rpc().await?;
    let mut spread = Spread::default();
    let before = node.processor_time()?;
    for sequence in 0..ALONE {
        let request = broadcast("broadcast_tx_commit", &payment("entente", people, 0, 0, sequence));
        let began = Instant::now();
        let answer = door.ask(&request).await?;
        spread.add(began.elapsed());
        let answer: serde_json::Value = serde_json::from_slice(&answer)?;
        if answer["result"]["tx_result"]["code"] != 0 {
            return Err(format!("{answer}").into());
        }
    }
    let spent = node.processor_time()?.saturating_sub(before);
    println!(
        "from broadcast to committed, one at a time: p50 {:.1} ms, p99 {:.1} ms, least {:.1} ms; {:.1} ms of processor each",
        ms(spread.median()),
        ms(spread.permille(990)),
        ms(spread.least()),
        ms(spent) / ALONE as f64
    );
    Ok(ALONE)
}
