//! Basket vaults: deposits per second, what the end of an epoch costs with many holders, and the worst blocks: 12 assets, each with 32
//! validators, and 64 batches that are not finished. `cargo bench -p entente-lab --bench vault -- [--holders N] [--deposits N]`
//! Single blocks are timed on the wall: the scheduler's account of a thread moves in steps of some milliseconds.

use std::error::Error;
use std::time::Duration;

use entente_chain::modules::{assets, vault};
use entente_chain::{Evidence, InitChain};
use entente_kernel::{AccAddress, Bech32, json};
use entente_lab::load::{Clock, Drive, GENESIS_TIME, Scale, Spent, Spread, asset, delegator, number, signed};
use entente_lab::random::wallet::User;
use entente_proto::cosmos::base::v1beta1::Coin;
use entente_proto::restake::vault::v1 as wire;
use prost::{Message, Name};
use prost_types::Any;
use serde_json::{Value, json};

const ASSETS: u64 = 12;
const VALIDATORS: u64 = 40;
const BATCHES: u64 = 64;
/// Shares of every holder, and what the vault has of every asset for each of them.
const SHARES: u128 = 12_000_000_000_000;
const TOKENS: u128 = 1_000_000;
const DAY: i64 = 86_400;

/// The allocator of the node.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let (holders, deposits) = (number("holders", 100_000), number("deposits", 10_000));
    deposits_per_second(holders, deposits)?;
    for holders in [1_000, holders] {
        epoch_of_many(holders)?;
    }
    worst_blocks()
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn deposits_per_second(holders: u64, deposits: u64) -> Outcome<()> {
    let scale = Scale { validators: VALIDATORS, assets: ASSETS, users: deposits, delegators: 0 };
    let mut drive = Drive::start(&genesis(&scale, holders, "86400s")?)?;
    let users: Vec<User> = (0..deposits).map(User::numbered).collect();
    let txs: Vec<Vec<u8>> = (0..)
        .zip(&users)
        .map(|(n, user)| signed(user, n, 0, deposit(user, &asset(n % ASSETS), 1_000_000 + n)))
        .collect();
    drive.block(Vec::new())?;
    let (mut all, mut best) = (Spent::default(), Duration::MAX);
    for block in txs.chunks(1_000) {
        let spent = carry_out(&mut drive, block.to_vec(), 5)?;
        all += spent;
        best = best.min(spent.cpu / u32::try_from(block.len())?);
    }
    let each = all.cpu.as_secs_f64() / txs.len() as f64;
    println!(
        "{deposits} deposits with {holders} holders: {:.1} us of processor each on the main thread ({:.0} a second), {:.1} us in the best block",
        each * 1e6,
        1.0 / each,
        best.as_secs_f64() * 1e6
    );
    Ok(())
}

fn epoch_of_many(holders: u64) -> Outcome<()> {
    let scale = Scale { validators: VALIDATORS, assets: ASSETS, users: 1, delegators: 0 };
    let mut drive = Drive::start(&genesis(&scale, holders, "86400s")?)?;
    let idle = idle(&mut drive)?;
    // The first end of an epoch stakes everything; the second is one like any.
    let first = carry_out(&mut drive, Vec::new(), DAY)?;
    drive.block(Vec::new())?;
    let later: Spread =
        (0..9).map(|_| carry_out(&mut drive, Vec::new(), DAY).map(|s| s.wall)).collect::<Outcome<_>>()?;
    println!(
        "{holders} holders: idle block {:.2} ms, first end of an epoch {:.2} ms, later ones {:.2} ms (median of 9) on the wall",
        ms(idle.median()),
        ms(first.wall),
        ms(later.median())
    );
    Ok(())
}

fn worst_blocks() -> Outcome<()> {
    let scale = Scale { validators: VALIDATORS, assets: ASSETS, users: ASSETS, delegators: 0 };
    let mut drive = Drive::start(&genesis(&scale, 0, "60s")?)?;
    let users: Vec<User> = (0..ASSETS).map(User::numbered).collect();
    let each = |sequence: u64, message: &dyn Fn(u64, &User) -> Any| -> Vec<Vec<u8>> {
        (0..).zip(&users).map(|(n, user)| signed(user, n, sequence, message(n, user))).collect()
    };
    carry_out(&mut drive, each(0, &|n, user| deposit(user, &asset(n), 100_000_000_000)), 5)?;
    carry_out(&mut drive, Vec::new(), 60)?;
    let mut closing = Spread::default();
    for batch in 1..=BATCHES {
        carry_out(&mut drive, each(batch, &|_, user| exit(user, 1_000_000_000_000_000 / 2)), 5)?;
        closing.add(carry_out(&mut drive, Vec::new(), 60)?.wall);
    }
    let idle = idle(&mut drive)?;
    let end: Spread = std::iter::once(60)
        .chain([5; 9])
        .map(|secs| carry_out(&mut drive, Vec::new(), secs).map(|s| s.wall))
        .collect::<Outcome<_>>()?;
    let gas = gas_of_messages(&mut drive)?;
    let mut slash = drive.next(Vec::new(), 5).ok_or("a chain without a state")?;
    let vote = drive.votes.last().ok_or("a chain without validators")?.clone();
    slash.evidence = vec![Evidence {
        duplicate_vote: true,
        address: vote.address,
        power: vote.power,
        height: slash.height - 1,
        time: slash.time,
        total_power: vote.power,
    }];
    drive.votes.pop();
    let clock = Clock::start();
    drive.chain.finalize_block(&slash)?;
    drive.chain.commit()?;
    let slash = clock.stop();
    println!(
        "{ASSETS} assets, {BATCHES} batches with {ASSETS} claims each, up to 32 validators per asset; on the wall:"
    );
    println!("  idle block {:.2} ms", ms(idle.median()));
    println!(
        "  end of an epoch, the dearest with a batch {:.2} ms; with all open, the longest of ten blocks {:.2} ms",
        ms(closing.most()),
        ms(end.most())
    );
    println!("  gas: a deposit {}, an exit {}", gas.0, gas.1);
    println!("  a validator is slashed {:.2} ms", ms(slash.wall));
    // Everything is due at once, after the longest horizon.
    let (mut due, mut each) = (Spread::default(), Vec::new());
    for secs in std::iter::once(28 * DAY).chain([5; 9]) {
        let (result, spent) = drive.block_after(Vec::new(), secs)?;
        let count = |name: &str| result.events.iter().filter(|event| event.kind.ends_with(name)).count();
        let (home, paid) =
            (count("undelegation_completed") + count("UndelegationCompletedEvent"), count("EventClaimPaid"));
        each.push(format!("{:.1} ({home}, {paid})", ms(spent.wall)));
        due.add(spent.wall);
    }
    println!("  all batches due at once: longest of ten blocks {:.2} ms", ms(due.most()));
    println!("    each (unbondings that came home, claims that were paid): {}", each.join(", "));
    Ok(())
}

/// Gas of a deposit and of an exit of the vault as it is.
fn gas_of_messages(drive: &mut Drive) -> Outcome<(i64, i64)> {
    let user = User::numbered(0);
    let sequence = BATCHES + 1;
    let txs = vec![
        signed(&user, 0, sequence, deposit(&user, &asset(0), 1_000_000)),
        signed(&user, 0, sequence + 1, exit(&user, 1_000_000_000_000)),
    ];
    let (result, _) = drive.block_after(txs, 5)?;
    match result.txs.as_slice() {
        [deposit, exit] if deposit.code == 0 && exit.code == 0 => Ok((deposit.gas_used, exit.gas_used)),
        others => Err(format!("{others:?}").into()),
    }
}

fn idle(drive: &mut Drive) -> Outcome<Spread> {
    (0..10).map(|_| Ok(drive.block(Vec::new())?.1.wall)).collect()
}

/// A block in which everything must go well, also what nobody sent.
fn carry_out(drive: &mut Drive, txs: Vec<Vec<u8>>, secs: i64) -> Outcome<Spent> {
    let (result, spent) = drive.block_after(txs, secs)?;
    if let Some(bad) = result.txs.iter().find(|tx| tx.code != 0) {
        return Err(bad.log.clone().into());
    }
    match result.events.iter().find(|event| event.kind.ends_with("EventStepFailed")) {
        Some(event) => Err(format!("{event:?}").into()),
        None => Ok(spent),
    }
}

fn pack<M: Message + Name>(message: &M) -> Any {
    Any { type_url: M::type_url(), value: message.encode_to_vec() }
}

fn deposit(user: &User, denom: &str, amount: u64) -> Any {
    let coin = Some(Coin { denom: denom.to_owned(), amount: amount.to_string() });
    pack(&wire::MsgDeposit { depositor: user.text(&Bech32::new("entente")), vault: 1, coin, ..Default::default() })
}

fn exit(user: &User, shares: u128) -> Any {
    let (owner, shares) = (user.text(&Bech32::new("entente")), shares.to_string());
    pack(&wire::MsgRequestExit { owner, vault: 1, shares })
}

/// A net with a vault of all its assets, whose shares so many people hold.
fn genesis(scale: &Scale, holders: u64, epoch: &str) -> Outcome<InitChain> {
    let mut init = scale.genesis(|_| Value::Null);
    let mut listed = Vec::new();
    let mut seats = Vec::new();
    for n in 0..ASSETS {
        let target = if n == 0 { "0.087000000000000000" } else { "0.083000000000000000" };
        listed.push(json!({
            "denom": asset(n), "underlying": "ATOM", "decimals": 6, "issuer": format!("issuer{n}"), "bridge_class": "ibc", "tier": "TIER_BASKET",
            "kind": "ASSET_KIND_LST", "rate_source": { "kind": "RATE_KIND_STATIC", "rate": "1.000000000000000000" },
            "flags": { "alliance_ok": true, "basket_ok": true },
        }));
        seats.push(json!({
            "asset_id": (n + 1).to_string(), "denom": asset(n), "target": target, "goal": target, "cap": "1.000000000000000000", "floor": "0",
            "deposit_cap": "0",
        }));
    }
    let held = (TOKENS * u128::from(holders)).to_string();
    let part = |n| json!({ "vault": "1", "denom": asset(n), "active": held, "idle": held });
    let mut params = json::to_json(&vault::Params::default().to_wire())?;
    (params["epoch"], params["exit_horizon"]) = (json!(epoch), json!("2419200s"));
    // Jumps in time are no halts.
    params["halt_threshold"] = json!("0s");
    let registry = json::to_json(&assets::Params::default().to_wire(&Bech32::new("entente")))?;
    let time = GENESIS_TIME.to_string();
    init.app_state["restake.assets"] = json!({ "params": registry, "assets": listed });
    init.app_state["vault"] = json!({
        "params": params,
        "vaults": [{
            "id": "1", "underlying": "ATOM", "assets": seats, "mode": "MODE_ISOLATED",
            "risk_class": { "loss_max": "0.1", "kappa": "0.5", "rho_max": "0.3" }, "curator": text(&delegator(0)), "lrt_denom": "lrt/1",
            "shares": (SHARES * u128::from(holders)).to_string(), "pool_shares": "0", "insurance_shares": "0",
            "magnitude": "1000000000000000000000000",
            "fees": { "performance": "0.1", "protocol_part": "0.5", "curator_part": "0.5", "builder_part": "0", "builder": "" },
            "state": "VAULT_STATE_ACTIVE", "canary_cap": "0", "canary_raised": time, "epoch_start": time,
            "epoch_nav": "1000000000000000000000", "created": time,
        }],
        "holdings": if holders == 0 { Vec::new() } else { (0..ASSETS).map(part).collect() },
        "queue": [{ "time": GENESIS_TIME.plus(entente_kernel::Span::from_secs(if epoch == "60s" { 60 } else { DAY })).to_string(), "vault": "1" }],
        "next_vault_id": "2",
    });
    let rows = init.app_state["bank"]["balances"].as_array_mut().ok_or("no balances")?;
    rows.extend((0..holders).map(
        |n| json!({ "address": text(&delegator(n)), "coins": [{ "denom": "lrt/1", "amount": SHARES.to_string() }] }),
    ));
    if holders > 0 {
        let mut denoms: Vec<String> = (0..ASSETS).map(asset).collect();
        denoms.sort();
        let coins: Vec<Value> = denoms.iter().map(|denom| json!({ "denom": denom, "amount": held })).collect();
        rows.push(json!({ "address": text(&vault::account(1)), "coins": coins }));
    }
    Ok(init)
}

fn text(address: &AccAddress) -> String {
    Bech32::new("entente").acc(address)
}
