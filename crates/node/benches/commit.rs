//! One block after the other over a state of a million keys: the tree, the app hash, and a durable write, the last hundred heights
//! readable and provable all the while.
//! `cargo bench -p entente-node --bench commit -- [--keys N] [--blocks N]`

use std::collections::VecDeque;
use std::error::Error;

use bytes::Bytes;
use entente_chain::{RECENT_HEIGHTS, stores};
use entente_kernel::tree::Forest;
use entente_lab::load::{Clock, Spent, number};
use entente_lab::random::dice::Dice;
use entente_node::disk::{Block, Disk};

/// The allocator of the node.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Changes = Vec<(u8, Bytes, Option<Bytes>)>;

fn main() -> Result<(), Box<dyn Error>> {
    let (keys, blocks) = (number("keys", 1_000_000), number("blocks", 100));
    let folder = tempfile::tempdir()?;
    let (disk, _) = Disk::open(folder.path(), stores::ALL)?;
    disk.claim("entente-load-1")?;
    let mut bench = Bench { forest: Forest::new(stores::ALL), kept: VecDeque::new(), disk, height: 0 };
    let mut first: Changes = (0..keys).map(|n| (stores::BANK.index, key(n), Some(value(n)))).collect();
    first.sort();
    for part in first.chunks(100_000) {
        bench.block(part.to_vec())?;
    }
    drop(first);
    let mut dice = Dice::new(1);
    for per_block in [1_000_u64, 10_000] {
        let mut all = [Spent::default(); 2];
        let mut updates = 0;
        for _ in 0..blocks.min(200_000 / per_block) {
            let mut changes: Changes = (0..per_block)
                .map(|_| (stores::BANK.index, key(dice.below(keys)), Some(value(dice.number()))))
                .collect();
            changes.sort();
            changes.dedup_by(|a, b| a.1 == b.1);
            updates += changes.len();
            let spent = bench.block(changes)?;
            all.iter_mut().zip(spent).for_each(|(sum, one)| *sum += one);
        }
        let [tree, write] = all.map(|spent| spent.wall.as_secs_f64());
        println!(
            "{keys} keys, {per_block:6} updates a block: {:7.0} updates/s; tree {:.2} us, durable write {:.2} us each",
            updates as f64 / (tree + write),
            tree * 1e6 / updates as f64,
            write * 1e6 / updates as f64,
        );
    }
    let proof = bench.forest.prove(stores::BANK.index, &key(7)).ops(stores::BANK.name, &key(7));
    println!("the proof of a key: {} bytes", proof.iter().map(|step| step.data.len()).sum::<usize>());
    Ok(())
}

struct Bench {
    forest: Forest,
    kept: VecDeque<Forest>,
    disk: Disk,
    height: i64,
}

impl Bench {
    /// Tree and app hash, then the durable write.
    fn block(&mut self, changes: Changes) -> Result<[Spent; 2], Box<dyn Error>> {
        self.kept.push_back(self.forest.clone());
        if self.kept.len() > RECENT_HEIGHTS {
            self.kept.pop_front();
        }
        self.height += 1;
        let clock = Clock::start();
        self.forest.apply(changes.iter().cloned())?;
        let app_hash = self.forest.root();
        let tree = clock.stop();
        let clock = Clock::start();
        let roots = self.forest.store_roots();
        self.disk.commit(Block { height: self.height, app_hash, roots, changes, ..Block::default() })?;
        Ok([tree, clock.stop()])
    }
}

/// 42 bytes, as a balance has.
fn key(n: u64) -> Bytes {
    let mut key = vec![2, 20];
    key.extend_from_slice(&Dice::new(n).bytes::<20>());
    key.extend_from_slice(b"ibc/27394FB092D2ECCD");
    key.into()
}

fn value(n: u64) -> Bytes {
    Bytes::copy_from_slice(&Dice::new(!n).bytes::<80>())
}
