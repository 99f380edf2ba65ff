//! A node joins a net whose state has many delegations: by playing all blocks, and by taking the state from the others.
//! `scripts/bench sync`, or with COMETBFT_BIN set `cargo bench -p entente-node --bench sync -- [--validators N] [--delegations N] [--port N]`

mod client;

use entente_lab::load::{Scale, number};

use client::nets::Net;
use client::{Outcome, peer};

fn main() -> Outcome<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run())
}

async fn run() -> Outcome<()> {
    let Some(cometbft) = peer("COMETBFT_BIN") else { return Ok(()) };
    let (validators, delegations) = (number("validators", 4), number("delegations", 200_000));
    let scale = Scale { validators, assets: 2, users: 0, delegators: delegations };
    let mut net = Net::of_scale(&cometbft, scale, u16::try_from(number("port", 22_100))?).await?;
    // Two snapshots: one may be too near to the newest height to be verified.
    net.until(23).await?;
    for (name, how) in [("state-sync", &["--state-sync"][..]), ("block-sync", &[][..])] {
        let took = net.joined(&cometbft, how).await?;
        println!(
            "{validators} validators, {delegations} delegations: a node that joins by {name} has caught up after {:.1} s",
            took.as_secs_f64()
        );
    }
    Ok(())
}
