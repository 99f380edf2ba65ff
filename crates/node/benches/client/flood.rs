//! As many transactions as a net takes, until the last one is in a block that the net shows.

use std::time::{Duration, Instant};

use super::door::broadcast;
use super::{Door, Outcome};

/// What became of a flood.
#[derive(Debug, Clone, Copy)]
pub struct Flood {
    pub txs: usize,
    pub blocks: i64,
    /// Until the last one was taken into a mempool.
    pub sent: Duration,
    /// Until the last one was in a block.
    pub committed: Duration,
}

impl Flood {
    pub fn rate(&self) -> f64 {
        self.txs as f64 / self.committed.as_secs_f64()
    }

    pub fn print(&self, who: &str) {
        println!(
            "{who:28} {:6.0} tx/s committed, {:6.0} tx/s taken; {} transactions in {} blocks",
            self.rate(),
            self.txs as f64 / self.sent.as_secs_f64(),
            self.txs,
            self.blocks
        );
    }
}

/// One connection per load, the ports in turn; each sends the next transaction when the one before was taken.
///
/// # Errors
/// A transaction is refused for another reason than a full mempool, or blocks do not come.
pub async fn flood(ports: &[u16], loads: Vec<Vec<Vec<u8>>>) -> Outcome<Flood> {
    let txs = loads.iter().map(Vec::len).sum::<usize>();
    let requests: Vec<Vec<Vec<u8>>> =
        loads.iter().map(|load| load.iter().map(|tx| broadcast("broadcast_tx_sync", tx)).collect()).collect();
    let before = height(&mut Door::open(ports[0]).await?).await?;
    let began = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for (port, load) in ports.iter().cycle().zip(requests) {
        tasks.spawn(send_all(*port, load));
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    let sent = began.elapsed();
    // Some servers close a connection that was silent meanwhile.
    let mut door = Door::open(ports[0]).await?;
    let (mut seen, mut included) = (before, 0);
    while included < txs {
        if began.elapsed() > sent + Duration::from_secs(120) {
            return Err(format!("{included} of {txs} transactions are in blocks, and no more come").into());
        }
        let newest = height(&mut door).await?;
        if newest == seen {
            tokio::time::sleep(Duration::from_millis(2)).await;
            continue;
        }
        // The answer holds at most twenty.
        let until = newest.min(seen + 20);
        included += transactions(&mut door, seen + 1, until).await?;
        seen = until;
    }
    Ok(Flood { txs, blocks: seen - before, sent, committed: began.elapsed() })
}

async fn send_all(port: u16, load: Vec<Vec<u8>>) -> Outcome<()> {
    let mut door = Door::open(port).await?;
    for request in &load {
        loop {
            let answer = door.ask(request).await?;
            let answer = std::str::from_utf8(&answer)?;
            if answer.contains("\"code\":0") {
                break;
            }
            if !answer.contains("mempool is full") {
                return Err(answer.to_owned().into());
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
    Ok(())
}

pub async fn height(door: &mut Door) -> Outcome<i64> {
    let status = door.json("/status").await?;
    let text = status["result"]["sync_info"]["latest_block_height"].as_str().ok_or("a status without a height")?;
    Ok(text.parse()?)
}

async fn transactions(door: &mut Door, from: i64, to: i64) -> Outcome<usize> {
    let answer = door.json(&format!("/blockchain?minHeight={from}&maxHeight={to}")).await?;
    let metas = answer["result"]["block_metas"].as_array().ok_or_else(|| format!("no blocks in {answer}"))?;
    let number = |meta: &serde_json::Value| meta["num_txs"].as_str()?.parse::<usize>().ok();
    metas.iter().map(number).sum::<Option<usize>>().ok_or_else(|| "a block without a number of transactions".into())
}

/// Splits what users send over connections: what one user sends stays in order on one connection.
pub fn loads(users: usize, each: u64, connections: usize, tx: impl Fn(usize, u64) -> Vec<u8>) -> Vec<Vec<Vec<u8>>> {
    let connections = connections.clamp(1, users.max(1));
    let mut loads = vec![Vec::new(); connections];
    for sequence in 0..each {
        for from in 0..users {
            loads[from % connections].push(tx(from, sequence));
        }
    }
    loads
}
