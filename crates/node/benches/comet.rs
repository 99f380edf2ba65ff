//! Under CometBFT, one and four validators on this machine: bank sends beside the application that CometBFT brings along, given as many
//! bytes, in CometBFT's process and in one of its own behind the same kind of socket as ours, and beside `simd` with the same sends.
//! `scripts/bench comet`, or with COMETBFT_BIN, ABCI_CLI_BIN and SIMD_BIN set `cargo bench -p entente-node --bench comet -- [--validators N] [--users N] [--each N] [--connections N] [--port N]`

mod client;

use std::time::Duration;

use entente_lab::load::number;
use entente_lab::random::wallet::User;

use client::flood::{Flood, flood, loads};
use client::nets::Net;
use client::{Outcome, payment, peer};

fn main() -> Outcome<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run())
}

async fn run() -> Outcome<()> {
    let Some(cometbft) = peer("COMETBFT_BIN") else { return Ok(()) };
    let (users, each) = (usize::try_from(number("users", 500))?, number("each", 20));
    let connections = usize::try_from(number("connections", 16))?;
    let port = u16::try_from(number("port", 21_500))?;
    let people: Vec<User> = (0..users as u64).map(User::numbered).collect();
    let of = |prefix: &'static str, first: u64| {
        let people = &people;
        loads(users, each, connections, move |from, sequence| payment(prefix, people, from, first, sequence))
    };
    let wanted = number("validators", 0);
    for (nth, validators) in [1_u16, 4].into_iter().enumerate().filter(|(_, n)| wanted == 0 || wanted == u64::from(*n))
    {
        println!("{validators} validators");
        let port = port + nth as u16 * 200;
        let (net, first) = Net::entente(&cometbft, validators, port, &people).await?;
        let ours = measured(&net, of("entente", first), "  entente").await?;
        drop(net);

        let bytes = payment("entente", &people, 0, first, 0).len();
        let pair = |from: usize, sequence: u64| {
            let key = format!("{from}.{sequence}=");
            (key.clone() + &"v".repeat(bytes.saturating_sub(key.len()))).into_bytes()
        };
        let beside = peer("ABCI_CLI_BIN");
        let beside = beside.iter().map(|program| ("kvstore beside", Some(program.as_path())));
        for (place, program) in beside.chain([("kvstore inside", None)]) {
            let net = Net::kvstore(&cometbft, program, validators, port + 50).await?;
            let kvstore = measured(&net, loads(users, each, connections, pair), &format!("  {place}")).await?;
            drop(net);
            compare(&ours, &kvstore, place);
        }

        let Some(simd) = peer("SIMD_BIN") else { continue };
        let (net, first) = Net::simd(&simd, validators, port + 100, &people).await?;
        let theirs = measured(&net, of("cosmos", first), "  simd").await?;
        drop(net);
        compare(&ours, &theirs, "simd");
    }
    Ok(())
}

async fn measured(net: &Net, loads: Vec<Vec<Vec<u8>>>, who: &str) -> Outcome<Flood> {
    let before = net.spent()?;
    let flood = flood(&net.rpc, loads).await?;
    flood.print(who);
    let each = |(name, now): (String, Duration)| {
        let spent = now.saturating_sub(before.get(&name).copied().unwrap_or_default());
        format!("{name} {:.0} us", spent.as_secs_f64() * 1e6 / flood.txs as f64)
    };
    let spent: Vec<String> = net.spent()?.into_iter().map(each).collect();
    println!("  {:26} processor time per transaction: {}", "", spent.join(", "));
    Ok(flood)
}

fn compare(ours: &Flood, theirs: &Flood, who: &str) {
    println!("  entente is {:.2} x {who}", ours.rate() / theirs.rate());
}
