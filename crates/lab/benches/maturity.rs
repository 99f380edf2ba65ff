//! Alliance undelegations that all mature at one moment: what the blocks cost that pay them out, against idle ones.
//! `cargo bench -p entente-lab --bench maturity -- [--entries N]`

use std::error::Error;

use entente_chain::modules::auth::ModuleAccount;
use entente_kernel::{Bech32, Span};
use entente_lab::load::{Drive, GENESIS_TIME, Scale, Spread, asset, delegator, number, validator};
use serde_json::{Value, json};

const ASSETS: u64 = 10;
const VALIDATORS: u64 = 100;
const AMOUNT: u64 = 5;
const IDLE_BLOCKS: usize = 50;
const SECS: i64 = 5;

/// The allocator of the node.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn Error>> {
    let entries = number("entries", 250_000);
    let scale = Scale { validators: VALIDATORS, assets: ASSETS, users: 0, delegators: 10_000 };
    let mut init = scale.genesis(|_| Value::Null);
    owe(&mut init.app_state, entries);
    let mut drive = Drive::start(&init)?;
    drop(init);
    // The entries mature at once, an hour after the genesis.
    let mut idle = Spread::default();
    for _ in 0..IDLE_BLOCKS {
        idle.add(drive.block_after(Vec::new(), SECS)?.1.cpu);
    }
    let (mut paying, mut paid, mut blocks) = (Spread::default(), 0, 0);
    drive.block_after(Vec::new(), 3_600)?;
    while paid < entries && blocks <= entries {
        let (result, spent) = drive.block_after(Vec::new(), SECS)?;
        let done = result
            .events
            .iter()
            .filter(|e| e.kind.ends_with("UndelegationCompletedEvent") || e.kind == "undelegation_completed");
        let done = u64::try_from(done.count())?;
        (paid, blocks) = (paid + done, blocks + 1);
        if done == 0 {
            break;
        }
        paying.add(spent.cpu);
    }
    let ms = |d: std::time::Duration| d.as_secs_f64() * 1e3;
    println!("{entries} undelegations that mature at once; {paid} paid in {blocks} blocks after the first");
    println!("idle block:   median {:6.2} ms, longest {:6.2} ms of processor", ms(idle.median()), ms(idle.most()));
    println!("paying block: median {:6.2} ms, longest {:6.2} ms of processor", ms(paying.median()), ms(paying.most()));
    println!("longest above the idle median: {:.2} ms", ms(paying.most().saturating_sub(idle.median())));
    Ok(())
}

/// Puts the entries into the genesis, and the coins for them into the account of alliance.
fn owe(state: &mut Value, entries: u64) {
    let bech32 = Bech32::new("entente");
    let due = GENESIS_TIME.plus(Span::from_secs(3_600)).to_string();
    let entry = |n: u64| {
        json!({"completion_time": due, "undelegation": {"entries": [{
            "delegator_address": bech32.acc(&delegator(n % 10_000)), "validator_address": bech32.val(&validator(n % VALIDATORS)),
            "balance": {"denom": asset(n % ASSETS), "amount": AMOUNT.to_string()}}]}})
    };
    state["alliance"]["undelegations"] = (0..entries).map(entry).collect();
    let holder = bech32.acc(&ModuleAccount::ALLIANCE.address());
    let rows = state["bank"]["balances"].as_array_mut().into_iter().flatten();
    for coin in rows.filter(|row| row["address"] == holder).flat_map(|row| row["coins"].as_array_mut()).flatten() {
        let at = (0..ASSETS).find(|n| asset(*n) == coin["denom"]).unwrap_or_default();
        let owed = (0..entries).filter(|n| n % ASSETS == at).count() as u64 * AMOUNT;
        let have: u64 = coin["amount"].as_str().and_then(|a| a.parse().ok()).unwrap_or_default();
        coin["amount"] = json!((have + owed).to_string());
    }
}
