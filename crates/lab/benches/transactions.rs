//! From the bytes of a block to its app hash, signatures checked, in process: bank sends and alliance delegations of 100,000 accounts.
//! `cargo bench -p entente-lab --bench transactions -- [--accounts N] [--per-block N]`

use std::error::Error;

use entente_kernel::Bech32;
use entente_lab::load::{Clock, Drive, Scale, Spent, asset, delegate, number, send, signed, validator};
use entente_lab::random::wallet::User;

/// The allocator of the node.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn Error>> {
    let (accounts, per_block) = (number("accounts", 100_000), usize::try_from(number("per-block", 1_000))?);
    let scale = Scale { validators: 100, assets: 10, users: accounts, delegators: 0 };
    let clock = Clock::start();
    let users: Vec<User> = (0..accounts).map(User::numbered).collect();
    let mut drive = Drive::start(&scale.genesis(|_| serde_json::Value::Null))?;
    println!(
        "{accounts} accounts, {per_block} transactions per block; keys and genesis in {:.1} s",
        clock.stop().wall.as_secs_f64()
    );
    let bech32 = Bech32::new("entente");
    let half = users.len() / 2;
    let pairs = || (0u64..).zip(&users);
    let sends: Vec<Vec<u8>> = pairs()
        .take(half)
        .map(|(n, user)| {
            let to = &users[(n as usize + 7_919) % users.len()].address;
            signed(user, n, 0, send(&bech32, &user.address, to, 1_000 + n))
        })
        .collect();
    let delegations: Vec<Vec<u8>> = pairs()
        .skip(half)
        .map(|(n, user)| {
            let (to, of) = (validator(n % scale.validators), asset(n % scale.assets));
            signed(user, n, 0, delegate(&bech32, &user.address, &to, &of, 1_000_000 + n))
        })
        .collect();
    drive.block(Vec::new())?;
    run(&mut drive, "bank sends", &sends, per_block)?;
    run(&mut drive, "alliance delegations", &delegations, per_block)
}

fn run(drive: &mut Drive, what: &str, txs: &[Vec<u8>], per_block: usize) -> Result<(), Box<dyn Error>> {
    let (mut all, mut best) = (Spent::default(), f64::MAX);
    for block in txs.chunks(per_block) {
        let (result, spent) = drive.block(block.to_vec())?;
        if let Some(bad) = result.txs.iter().find(|r| r.code != 0) {
            return Err(format!("{what}: {}", bad.log).into());
        }
        all += spent;
        best = best.min(spent.wall.as_secs_f64() / block.len() as f64);
    }
    let each = |total: std::time::Duration| total.as_secs_f64() / txs.len() as f64;
    println!(
        "{what:22} {:7.0} tx/s over all, {:7.0} tx/s in the best block; main thread {:.1} us of processor per tx",
        1.0 / each(all.wall),
        1.0 / best,
        each(all.cpu) * 1e6
    );
    Ok(())
}
