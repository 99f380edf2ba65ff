//! A node with a million alliance delegations: its start, its memory, pages of queries while blocks are made, its export.
//! `scripts/bench million`, `cargo bench -p entente-node --bench million -- [--delegations N] [--rate N] [--secs N] [--port N]`

mod client;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use entente_lab::load::{Scale, Spread, number};

use client::flood::height;
use client::{Node, Outcome, ms, write_genesis};

/// Time between blocks.
const BLOCK_TIME: &str = "1s";
const CONNECTIONS: u64 = 16;

fn main() -> Outcome<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run())
}

async fn run() -> Outcome<()> {
    let (port, delegations) = (u16::try_from(number("port", 21_310))?, number("delegations", 1_000_000));
    let folder = tempfile::tempdir()?;
    let genesis = folder.path().join("genesis.json");
    let flags = ["--genesis", genesis.to_str().ok_or("a path that is no text")?];
    let of_none = {
        write_genesis(&genesis, &scale(0).genesis(|_| serde_json::Value::Null))?;
        let home = folder.path().join("empty");
        let (node, _) = Node::start(&home, port, &flags).await?;
        node.stop()?;
        let (node, _) = Node::start(&home, port, &["--block-time", BLOCK_TIME]).await?;
        let resident = node.resident()?;
        node.stop()?;
        resident
    };
    write_genesis(&genesis, &scale(delegations).genesis(|_| serde_json::Value::Null))?;
    let home = folder.path().join("home");
    let (node, took) = Node::start(&home, port, &flags).await?;
    println!("{delegations} delegations; genesis executed and durable after {:.1} s", took.as_secs_f64());
    std::fs::remove_file(&genesis)?;
    node.kill()?;

    started("start after kill -9 (the first one, right after the genesis)", &home, port).await?.stop()?;
    started("start after kill -9 of a node that made blocks", &home, port).await?.kill()?;
    let node = started("start after a stop", &home, port).await?;
    let resident = node.resident()?.saturating_sub(of_none);
    println!("resident: {} bytes per delegation more than without any", resident / delegations.max(1));
    let idle = rhythm(&node, None).await?;
    let busy = rhythm(&node, Some(number("rate", 500))).await?;
    println!(
        "block interval: {:.1} ms without queries, {:.1} ms with them ({:+.2} %)",
        idle * 1e3,
        busy * 1e3,
        (busy / idle - 1.0) * 100.0
    );
    let resident = node.resident()?.saturating_sub(of_none);
    println!("resident after the queries: {} bytes per delegation", resident / delegations.max(1));
    node.stop()?;

    let began = Instant::now();
    let file = folder.path().join("export.json");
    let mut export = Command::new(env!("CARGO_BIN_EXE_entente"));
    export.args(["export", "--home"]).arg(&home).stdout(Stdio::from(std::fs::File::create(&file)?));
    let status = export.status()?;
    let bytes = std::fs::metadata(&file)?.len();
    println!("export ({status}): {:.2} s, its start included, {bytes} bytes", began.elapsed().as_secs_f64());
    Ok(())
}

fn scale(delegators: u64) -> Scale {
    Scale { validators: 100, assets: 10, users: 0, delegators }
}

/// Starts the node again; lets it make a few blocks.
async fn started(how: &str, home: &std::path::Path, port: u16) -> Outcome<Node> {
    let (node, took) = Node::start(home, port, &["--block-time", BLOCK_TIME]).await?;
    let (spent, mut door) = (node.processor_time()?, node.rpc().await?);
    println!("{how}: first answer after {:.2} s, {:.2} s of processor", took.as_secs_f64(), spent.as_secs_f64());
    let first = height(&mut door).await?;
    while height(&mut door).await? < first + 3 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(node)
}

/// Average seconds between blocks, meanwhile with so many queries per second.
async fn rhythm(node: &Node, rate: Option<u64>) -> Outcome<f64> {
    let secs = number("secs", 20);
    let first = next_block(node).await?;
    match rate {
        Some(rate) => pages(node, rate, secs).await?,
        None => tokio::time::sleep(Duration::from_secs(secs)).await,
    }
    let last = next_block(node).await?;
    Ok((last.1 - first.1).as_secs_f64() / (last.0 - first.0) as f64)
}

/// Waits for a block; its height and when it was seen.
async fn next_block(node: &Node) -> Outcome<(i64, Instant)> {
    let mut door = node.rpc().await?;
    let before = height(&mut door).await?;
    loop {
        let now = height(&mut door).await?;
        if now > before {
            return Ok((now, Instant::now()));
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Pages of delegations at a fixed rate; a late answer delays nobody but itself and what waits for the same connection, and that
/// counts as well.
async fn pages(node: &Node, rate: u64, secs: u64) -> Outcome<()> {
    let (began, before) = (Instant::now(), node.processor_time()?);
    let mut tasks = tokio::task::JoinSet::new();
    for connection in 0..CONNECTIONS {
        let mut door = node.rest().await?;
        tasks.spawn(async move {
            let (mut took, mut next) = (Vec::new(), None);
            for n in (connection..rate * secs).step_by(CONNECTIONS as usize) {
                let due = began + Duration::from_nanos(1_000_000_000 / rate * n);
                tokio::time::sleep_until(due.into()).await;
                let path = page(next.as_deref(), connection);
                let answer = door.get(&path).await.map_err(|e| format!("{path}: {e}"))?;
                took.push(due.elapsed());
                next = next_key(&answer);
                if next.is_none() {
                    return Err(format!("{path} has no next page: {}", String::from_utf8_lossy(&answer)).into());
                }
            }
            Outcome::Ok(took)
        });
    }
    let mut spread = Spread::default();
    while let Some(done) = tasks.join_next().await {
        done??.into_iter().for_each(|one| spread.add(one));
    }
    let spent = node.processor_time()?.saturating_sub(before);
    println!(
        "{} pages of 100 at {rate} per second while blocks are made: p50 {:.1} ms, p99 {:.1} ms, longest {:.1} ms; {:.2} ms of processor each",
        spread.len(),
        ms(spread.median()),
        ms(spread.permille(990)),
        ms(spread.most()),
        ms(spent) / spread.len() as f64
    );
    Ok(())
}

/// A page of a hundred delegations: behind the page before, or so many behind the first.
fn page(next: Option<&str>, connection: u64) -> String {
    let place = match next {
        Some(key) => format!("key={}", key.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")),
        None => format!("offset={}", connection * 100),
    };
    format!("/terra/alliances/delegations?pagination.limit=100&pagination.{place}")
}

/// Where the next page begins, by the answer's text.
fn next_key(answer: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(answer).ok()?;
    let (_, rest) = text.rsplit_once("\"next_key\":\"")?;
    rest.split('"').next().map(str::to_owned)
}
