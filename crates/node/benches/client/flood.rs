//! As many transactions as a net takes, until the last one is in a block that the net shows.

use std::cell::Cell;
use std::time::{Duration, Instant};

use super::door::broadcast;
use super::{Door, Outcome, processor_time};

/// What became of a flood.
#[derive(Debug, Clone, Copy)]
pub struct Flood {
    pub txs: usize,
    pub blocks: i64,
    /// Until the last one was taken into a mempool.
    pub sent: Duration,
    /// Until the last one was in a block.
    pub committed: Duration,
    /// Processor time of the program that sent them.
    pub load: Duration,
}

impl Flood {
    pub fn rate(&self) -> f64 {
        self.txs as f64 / self.committed.as_secs_f64()
    }

    pub fn print(&self, who: &str) {
        println!(
            "{who:28} {:6.0} tx/s committed, {:6.0} tx/s taken; {} transactions in {} blocks; the load took {:.0} us of processor each",
            self.rate(),
            self.txs as f64 / self.sent.as_secs_f64(),
            self.txs,
            self.blocks,
            self.load.as_secs_f64() * 1e6 / self.txs as f64
        );
    }
}

/// Transactions that wait for a block at most: twice as many fit into each of the mempools, where those of a block stay until it is executed,
/// which is after it is shown. CometBFT loses one without a word if its mempool fills while the transaction is checked, and then the sender's next one is out of step.
const WAITING_MAX: usize = 2_400;

/// How far a flood is.
#[derive(Default)]
struct Progress {
    taken: Cell<usize>,
    included: Cell<usize>,
}

impl Progress {
    fn waiting(&self) -> usize {
        self.taken.get().saturating_sub(self.included.get())
    }
}

/// One connection per load, the ports in turn; each sends the next transaction when the one before was taken.
///
/// # Errors
/// A transaction is refused, or blocks do not come.
pub async fn flood(ports: &[u16], loads: Vec<Vec<Vec<u8>>>) -> Outcome<Flood> {
    let txs = loads.iter().map(Vec::len).sum::<usize>();
    let requests: Vec<Vec<Vec<u8>>> =
        loads.iter().map(|load| load.iter().map(|tx| broadcast("broadcast_tx_sync", tx)).collect()).collect();
    let mut door = Door::open(ports[0]).await?;
    let before = height(&mut door).await?;
    let (progress, own) = (Progress::default(), processor_time(std::process::id())?);
    let began = Instant::now();
    let senders = ports.iter().cycle().zip(&requests).map(|(port, load)| send_all(*port, load, &progress));
    let sent = async {
        futures::future::try_join_all(senders).await?;
        Ok(began.elapsed())
    };
    let (sent, blocks) = futures::try_join!(sent, watch(door, before, txs, &progress))?;
    let load = processor_time(std::process::id())?.saturating_sub(own);
    Ok(Flood { txs, blocks, sent, committed: began.elapsed(), load })
}

/// Counts what is in blocks until all are; gives the number of blocks.
async fn watch(mut door: Door, before: i64, txs: usize, progress: &Progress) -> Outcome<i64> {
    let (mut seen, mut news) = (before, Instant::now());
    while progress.included.get() < txs {
        if news.elapsed() > Duration::from_secs(120) {
            return Err(
                format!("{} of {txs} transactions are in blocks, and no more come", progress.included.get()).into()
            );
        }
        let newest = height(&mut door).await?;
        if newest == seen {
            let all_sent = progress.taken.get() == txs;
            tokio::time::sleep(Duration::from_millis(if all_sent { 2 } else { 20 })).await;
            continue;
        }
        // The answer holds at most twenty.
        let until = newest.min(seen + 20);
        progress.included.set(progress.included.get() + transactions(&mut door, seen + 1, until).await?);
        (seen, news) = (until, Instant::now());
    }
    Ok(seen - before)
}

async fn send_all(port: u16, load: &[Vec<u8>], progress: &Progress) -> Outcome<()> {
    let mut door = Door::open(port).await?;
    for request in load {
        if progress.waiting() >= WAITING_MAX {
            while progress.waiting() >= WAITING_MAX {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            // Servers close a connection that was silent for some seconds.
            door = Door::open(port).await?;
        }
        progress.taken.set(progress.taken.get() + 1);
        let answer = door.ask(request).await?;
        let answer = std::str::from_utf8(&answer)?;
        if !answer.contains("\"code\":0") {
            return Err(answer.to_owned().into());
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
