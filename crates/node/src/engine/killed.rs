//! Sudden death at every named step of a block, and what is found afterwards: every acknowledged block, and the app hash of a twin that
//! was never killed.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use entente_proto::cosmos::bank::v1beta1::MsgSend;
use entente_proto::cosmos::base::v1beta1::Coin;
use entente_proto::cosmos::staking::v1beta1::MsgDelegate;
use entente_proto::cosmos::tx::v1beta1::{Fee, TxBody};
use prost::{Message, Name};
use prost_types::Any;

use super::*;
use crate::genesis::dev;
use crate::keys::{self, Terms};
use crate::steps;

/// The variable that tells a child where it works.
const HOME_VARIABLE: &str = "ENTENTE_TEST_KILL_HOME";
/// How many restarts a long run makes; absent: [`RESTARTS`].
const RESTARTS_VARIABLE: &str = "ENTENTE_TEST_KILLS";
const RESTARTS: u64 = 100;
/// Restarts of one home, before another begins with a genesis.
const RESTARTS_OF_A_HOME: u64 = 40;
/// The place in the list of the first step that only a new home passes.
const FIRST_OF_A_NEW_HOME: usize = 4;
const T0: i64 = 1_800_000_000;
/// Blocks of a child that is not killed.
const BLOCKS: i64 = 5;

fn doc() -> GenesisDoc {
    dev::document("killed-1", Timestamp::from_secs(T0), &[seed()]).unwrap()
}

fn seed() -> [u8; 32] {
    keys::validator::development_seed()
}

fn open(home: &Path) -> Engine {
    let (disk, loaded) = Disk::open(home, stores()).unwrap();
    Engine::open(disk, loaded, doc(), vec![seed()]).unwrap()
}

/// Accounts that send and stake. Deriving a key from words takes a while, so it is done once.
fn users() -> &'static [keys::Signer] {
    static USERS: std::sync::OnceLock<Vec<keys::Signer>> = std::sync::OnceLock::new();
    USERS.get_or_init(|| (0..3).map(|n| keys::development(n).unwrap()).collect())
}

fn pack<M: Message + Name>(message: &M) -> Any {
    Any { type_url: format!("/{}", M::full_name()), value: message.encode_to_vec() }
}

/// The transactions of a height: always the same, so that a block that was lost is made again as it was.
fn transactions(engine: &Engine, height: i64) -> Vec<Vec<u8>> {
    let snapshot = engine.snapshot(None).unwrap();
    let bech32 = snapshot.bech32().clone();
    let operator = bech32.val(&users()[0].address().into());
    let of_user = |n: usize| {
        let signer = &users()[n];
        let (own, next) = (bech32.acc(&signer.address()), users()[(n + 1) % 3].address());
        let coin = Coin { denom: dev::DENOM.to_owned(), amount: (1_000 + height).to_string() };
        let send = MsgSend { from_address: own.clone(), to_address: bech32.acc(&next), amount: vec![coin.clone()] };
        let delegate = MsgDelegate { delegator_address: own, validator_address: operator.clone(), amount: Some(coin) };
        let messages = if height % 2 == 0 { vec![pack(&send)] } else { vec![pack(&delegate), pack(&send)] };
        let sequence = u64::try_from(height - 2).unwrap_or_default();
        let fee = Fee { gas_limit: 1_000_000, ..Fee::default() };
        let terms = Terms { chain_id: snapshot.chain_id(), account_number: n as u64, sequence, fee };
        signer.sign(&TxBody { messages, ..TxBody::default() }, &terms).unwrap()
    };
    if height < 2 { Vec::new() } else { (0..3).map(of_user).collect() }
}

/// Makes the next block; nothing in it depends on when that is.
fn grow(engine: &Engine) -> Arc<Made> {
    let height = engine.height() + 1;
    for tx in transactions(engine, height) {
        assert_eq!(engine.submit(tx).unwrap().code, 0, "height {height}");
    }
    engine.make_block_at(Timestamp::from_secs(T0 + height * 5)).unwrap()
}

#[test]
#[ignore = "runs only as the child of the test below"]
fn child_that_makes_blocks_until_it_is_killed() {
    let home = std::env::var_os(HOME_VARIABLE).expect("started by the test below");
    let engine = open(Path::new(&home));
    for _ in 0..BLOCKS {
        let made = grow(&engine);
        println!("acknowledged {}", made.height());
        if made.height() % 7 == 0 {
            engine.archive().disk().settle();
        }
    }
    println!("alive");
}

fn child(home: &Path, wanted: Option<&str>) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "engine::killed::child_that_makes_blocks_until_it_is_killed", "--ignored", "--nocapture"])
        .env(HOME_VARIABLE, home)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    if let Some(wanted) = wanted {
        command.env(steps::WANTED_VARIABLE, wanted);
    }
    command.spawn().unwrap()
}

/// A chain that nobody kills, with what it made.
struct Twin {
    engine: Engine,
}

impl Twin {
    fn at(&self, height: i64) -> wire::Block {
        while self.engine.height() < height {
            let made = grow(&self.engine);
            assert!(made.results.tx_results.iter().all(|r| r.code == 0), "{:?}", made.results.tx_results);
        }
        self.engine.archive().block(height).unwrap().unwrap()
    }
}

/// Looks at what a dead process left behind; gives the height.
fn look(home: &Path, acknowledged: i64, twin: &Twin, what: &str) -> i64 {
    let engine = open(home);
    let height = engine.height();
    assert!(height >= acknowledged, "{what}: block {acknowledged} was acknowledged, the chain ends at {height}");
    let verified = engine.archive().disk().verify().unwrap_or_else(|e| panic!("{what}: {e}"));
    assert!(i64::try_from(verified).unwrap() >= height, "{what}: {verified} of {height} blocks are there");
    for height in (height - BLOCKS).max(1)..=height {
        assert_eq!(engine.archive().block(height).unwrap(), Some(twin.at(height)), "{what}: block {height}");
    }
    // The app hash after a block is in the header of the next one.
    let hash = engine.snapshot(None).unwrap().forest.root();
    let next = twin.at(height + 1).header.unwrap();
    assert_eq!(hex::encode(hash), hex::encode(&next.app_hash), "{what}: the app hash after block {height}");
    assert_eq!(engine.shown().standing.app_hash, hash, "{what}");
    height
}

#[test]
fn a_node_that_is_killed_at_any_step_loses_no_acknowledged_block() {
    let restarts = std::env::var(RESTARTS_VARIABLE).ok().and_then(|n| n.parse().ok()).unwrap_or(RESTARTS);
    let twin = Twin { engine: Engine::open(Disk::ephemeral(stores()), None, doc(), vec![seed()]).unwrap() };
    let mut home = tempfile::tempdir().unwrap();
    let (mut height, mut died_at) = (0, BTreeSet::new());
    for n in 0..restarts {
        let round = usize::try_from(n).unwrap();
        let new = n % RESTARTS_OF_A_HOME == 0;
        if new {
            (home, height) = (tempfile::tempdir().unwrap(), 0);
        }
        // Every step in turn, the first, second or third time that it is passed; now and then a moment that nobody chose. Some steps only a
        // new home passes, and only once: new homes have a turn of their own, which begins with those.
        let turn = if new { FIRST_OF_A_NEW_HOME + round / RESTARTS_OF_A_HOME as usize } else { round };
        let step = steps::ALL[turn % steps::ALL.len()];
        let blind = n % 11 == 10 && !new;
        let wanted = format!("{} {step}", if new { 1 } else { n / 2 % 3 + 1 });
        let what = if blind { format!("restart {n}, at some moment") } else { format!("restart {n}, at '{wanted}'") };
        let mut child = child(home.path(), (!blind).then_some(&wanted));
        if blind {
            std::thread::sleep(Duration::from_micros(n * 7_919 % 400_000));
            child.kill().unwrap();
        }
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let (mut acknowledged, mut alive) = (height, false);
        for line in lines {
            alive |= line == "alive";
            acknowledged = line.strip_prefix("acknowledged ").and_then(|h| h.parse().ok()).unwrap_or(acknowledged);
        }
        let ended = child.wait().unwrap();
        if !alive {
            use std::os::unix::process::ExitStatusExt as _;
            assert_eq!(ended.signal(), Some(9), "{what}: the child ended by itself: {ended}");
            if !blind {
                died_at.insert(step);
            }
        }
        height = look(home.path(), acknowledged, &twin, &what);
    }
    // A step of the beginning is passed by few children.
    assert!(died_at.len() >= 20.min(usize::try_from(restarts).unwrap() / 2), "died at {died_at:?}");
    let missed: Vec<_> = steps::ALL.iter().filter(|step| !died_at.contains(*step)).collect();
    assert!(restarts < 1_000 || missed.is_empty(), "never died at {missed:?}");
    println!("{restarts} restarts, killed at {} of {} steps", died_at.len(), steps::ALL.len());
}
