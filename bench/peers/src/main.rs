//! Other authenticated stores over the keys and blocks of the node's bench `commit`: `jmt` over an LSM tree, and `nomt`. Every block is
//! on the disk before the next begins, and every version that the store can prove is provable.
//! `scripts/bench commit`

use std::time::{Duration, Instant};

use anyhow::Result;
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use jmt::storage::{LeafNode, Node, NodeBatch, NodeKey, TreeReader, TreeWriter as _};
use jmt::{KeyHash, OwnedValue, Sha256Jmt, Version};
use nomt::hasher::Sha2Hasher;
use nomt::{KeyReadWrite, Nomt, Options, SessionParams, WitnessMode};
use sha2::{Digest as _, Sha256};

/// Bytes of memory that each store may use to keep what it read.
const CACHE_MIB: usize = 256;
/// Keys that are written at once before the clock runs.
const FIRST: usize = 20_000;

/// One block: keys by their hashes, ascending, and new values.
type Block = Vec<([u8; 32], Vec<u8>)>;

fn main() -> Result<()> {
    let mut numbers = std::env::args().skip(1).map(|a| a.replace('_', "").parse::<u64>());
    let keys = numbers.next().transpose()?.unwrap_or(1_000_000);
    let blocks = numbers.next().transpose()?.unwrap_or(50);
    let all: Vec<u64> = (0..keys).collect();
    let first: Vec<Block> = all.chunks(FIRST).map(|part| block(part.iter().map(|n| (*n, *n)))).collect();
    for per_block in [1_000_u64, 10_000] {
        let blocks = blocks.min(200_000 / per_block);
        let mut dice = 1;
        let one = |_| block((0..per_block).map(|_| (throw(&mut dice) % keys, throw(&mut dice))).collect::<Vec<_>>());
        let plan: Vec<Block> = (0..blocks).map(one).collect();
        let updates = plan.iter().map(Vec::len).sum::<usize>() as f64;
        for (name, store) in [("jmt", with_jmt as fn(&[Block], &[Block]) -> Result<Duration>), ("nomt", with_nomt)] {
            let secs = store(&first, &plan)?.as_secs_f64();
            println!(
                "{name:5} {keys} keys, {per_block:6} updates a block: {:7.0} updates/s on the wall, {:6.1} ms a block",
                updates / secs,
                secs * 1e3 / plan.len() as f64
            );
        }
    }
    Ok(())
}

/// SplitMix64: the same blocks in every run.
fn throw(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Both stores order by hashes of keys; hashing them is not on the clock.
fn block(writes: impl IntoIterator<Item = (u64, u64)>) -> Block {
    let hashed = |(key, value): (u64, u64)| (Sha256::digest(key.to_be_bytes()).into(), value.to_be_bytes().repeat(10));
    let mut block: Block = writes.into_iter().map(hashed).collect();
    block.sort();
    block.dedup_by_key(|write| write.0);
    block
}

/// The nodes and values of a Jellyfish tree, all versions of them.
struct Store {
    database: Database,
    nodes: Keyspace,
    values: Keyspace,
}

impl Store {
    fn value_key(key: KeyHash, version: Version) -> Vec<u8> {
        [&key.0[..], &version.to_be_bytes()].concat()
    }
}

impl TreeReader for Store {
    fn get_node_option(&self, key: &NodeKey) -> Result<Option<Node>> {
        let found = self.nodes.get(borsh::to_vec(key)?)?;
        Ok(found.map(|bytes| borsh::from_slice(&bytes)).transpose()?)
    }

    fn get_value_option(&self, max_version: Version, key: KeyHash) -> Result<Option<OwnedValue>> {
        let newest = self.values.range(Self::value_key(key, 0)..=Self::value_key(key, max_version)).next_back();
        Ok(newest.map(|pair| pair.into_inner()).transpose()?.map(|(_, value)| value.to_vec()))
    }

    /// Only a restore of a tree asks for it.
    fn get_rightmost_leaf(&self) -> Result<Option<(NodeKey, LeafNode)>> {
        Ok(None)
    }
}

impl jmt::storage::TreeWriter for Store {
    fn write_node_batch(&self, update: &NodeBatch) -> Result<()> {
        let mut batch = self.database.batch().durability(Some(PersistMode::SyncAll));
        for (key, node) in update.nodes() {
            batch.insert(&self.nodes, borsh::to_vec(key)?, borsh::to_vec(node)?);
        }
        for ((version, key), value) in update.values() {
            batch.insert(&self.values, Self::value_key(*key, *version), value.clone().unwrap_or_default());
        }
        Ok(batch.commit()?)
    }
}

fn with_jmt(first: &[Block], plan: &[Block]) -> Result<Duration> {
    let folder = tempfile::tempdir()?;
    let database = Database::builder(folder.path()).cache_size((CACHE_MIB << 20) as u64).open()?;
    let space = |name| database.keyspace(name, KeyspaceCreateOptions::default);
    let store = Store { nodes: space("nodes")?, values: space("values")?, database: database.clone() };
    let tree = Sha256Jmt::new(&store);
    let mut version = 0;
    let mut write = |block: &Block| {
        let changes: Vec<_> = block.iter().map(|(key, value)| (KeyHash(*key), Some(value.clone()))).collect();
        let began = Instant::now();
        let (root, update) = tree.put_value_set(changes, version)?;
        store.write_node_batch(&update.node_batch)?;
        version += 1;
        std::hint::black_box(root);
        anyhow::Ok(began.elapsed())
    };
    for block in first {
        write(block)?;
    }
    plan.iter().map(write).sum()
}

fn with_nomt(first: &[Block], plan: &[Block]) -> Result<Duration> {
    let folder = tempfile::tempdir()?;
    let mut options = Options::new();
    options.path(folder.path().join("nomt"));
    options.commit_concurrency(std::thread::available_parallelism()?.get());
    options.page_cache_size(CACHE_MIB);
    options.hashtable_buckets(262_144);
    let store = Nomt::<Sha2Hasher>::open(options)?;
    let write = |block: &Block| {
        let changes: Vec<_> =
            block.iter().map(|(key, value)| (*key, KeyReadWrite::Write(Some(value.clone())))).collect();
        let began = Instant::now();
        let session = store.begin_session(SessionParams::default().witness_mode(WitnessMode::disabled()));
        for (key, _) in &changes {
            session.warm_up(*key);
        }
        session.finish(changes)?.commit(&store)?;
        std::hint::black_box(store.root());
        anyhow::Ok(began.elapsed())
    };
    for block in first {
        write(block)?;
    }
    plan.iter().map(write).sum()
}
