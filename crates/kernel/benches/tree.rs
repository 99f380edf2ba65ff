//! How fast the state tree is over a million keys, and what hostile keys cost. `cargo bench -p entente-kernel --bench tree`

use std::collections::VecDeque;
use std::ops::Bound;
use std::sync::{Mutex, OnceLock};

use bytes::Bytes;
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use entente_kernel::tree::{KEY_BYTES_MAX, Tree};

fn main() {
    divan::main();
}

const KEYS: u64 = 1_000_000;
/// Snapshots that stay alive, as the node keeps recent heights.
const HEIGHTS_KEPT: usize = 100;

/// A cheap generator with a fixed seed: every run writes the same blocks.
struct Dice(u64);

impl Dice {
    fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(len + 8);
        while out.len() < len {
            out.extend_from_slice(&self.throw().to_be_bytes());
        }
        out.truncate(len);
        out
    }
}

/// 42 bytes: a prefix, an address of 20 bytes, a denomination; as a bank balance has.
fn key(number: u64) -> Bytes {
    let mut key = vec![2, 20];
    key.extend_from_slice(&Dice(number).bytes(20));
    key.extend_from_slice(b"ibc/27394FB092D2ECCD");
    Bytes::from(key)
}

fn million() -> Tree {
    static TREE: OnceLock<Tree> = OnceLock::new();
    TREE.get_or_init(|| {
        let mut pairs: Vec<_> = (0..KEYS).map(|i| (key(i), Bytes::from(Dice(!i).bytes(80)))).collect();
        pairs.sort();
        Tree::from_sorted(pairs).unwrap()
    })
    .clone()
}

/// A block of random writes: nine of ten change a key, one of ten adds one.
fn block(dice: &mut Dice, writes: usize) -> Vec<(Bytes, Option<Bytes>)> {
    let mut changes: Vec<_> = (0..writes)
        .map(|_| {
            let number = if dice.throw().is_multiple_of(10) { KEYS + dice.throw() % KEYS } else { dice.throw() % KEYS };
            (key(number), Some(Bytes::from(dice.bytes(80))))
        })
        .collect();
    changes.sort();
    changes.dedup_by(|a, b| a.0 == b.0);
    changes
}

/// One block over a million keys, its root included, while the last hundred heights stay readable.
#[divan::bench(args = [1_000, 10_000], sample_count = 100)]
fn updates_per_block(bencher: Bencher, writes: usize) {
    let state = Mutex::new((million(), VecDeque::new(), Dice(1)));
    bencher.counter(ItemsCount::new(writes)).with_inputs(|| block(&mut state.lock().unwrap().2, writes)).bench_values(
        |changes| {
            let (tree, kept, _) = &mut *state.lock().unwrap();
            kept.push_back(tree.clone());
            if kept.len() > HEIGHTS_KEPT {
                kept.pop_front();
            }
            tree.apply(changes).unwrap();
            black_box(tree.root())
        },
    );
}

/// The same without any snapshot: nodes are changed in place.
#[divan::bench(args = [1_000, 10_000], sample_count = 50)]
fn updates_per_block_in_place(bencher: Bencher, writes: usize) {
    let mut tree = Tree::new();
    tree.apply(million().iter().map(|(key, value)| (key.to_bytes(), Some(value.to_bytes())))).unwrap();
    let state = Mutex::new((tree, Dice(2)));
    bencher.counter(ItemsCount::new(writes)).with_inputs(|| block(&mut state.lock().unwrap().1, writes)).bench_values(
        |changes| {
            let tree = &mut state.lock().unwrap().0;
            tree.apply(changes).unwrap();
            black_box(tree.root())
        },
    );
}

#[divan::bench(sample_count = 1_000)]
fn lookup(bencher: Bencher) {
    let tree = million();
    let dice = Mutex::new(Dice(3));
    bencher
        .with_inputs(|| key(dice.lock().unwrap().throw() % KEYS))
        .bench_values(|key| black_box(tree.get(&key).is_some()));
}

#[divan::bench(sample_count = 1_000)]
fn lookup_of_an_absent_key(bencher: Bencher) {
    let tree = million();
    let dice = Mutex::new(Dice(4));
    bencher
        .with_inputs(|| key(KEYS + dice.lock().unwrap().throw() % KEYS))
        .bench_values(|key| black_box(tree.get(&key).is_some()));
}

#[divan::bench(sample_count = 500)]
fn hundred_pairs_from_a_random_place(bencher: Bencher) {
    let tree = million();
    let dice = Mutex::new(Dice(5));
    bencher
        .with_inputs(|| key(dice.lock().unwrap().throw() % KEYS))
        .bench_values(|key| tree.range(Bound::Included(&key), Bound::Unbounded).take(100).count());
}

#[divan::bench(sample_count = 500)]
fn proof_of_presence(bencher: Bencher) {
    let tree = million();
    let dice = Mutex::new(Dice(6));
    bencher.with_inputs(|| key(dice.lock().unwrap().throw() % KEYS)).bench_values(|key| tree.prove(&key));
}

#[divan::bench(sample_count = 500)]
fn proof_of_absence(bencher: Bencher) {
    let tree = million();
    let dice = Mutex::new(Dice(7));
    bencher.with_inputs(|| key(KEYS + dice.lock().unwrap().throw() % KEYS)).bench_values(|key| tree.prove(&key));
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn build_of_a_million_pairs(bencher: Bencher) {
    let tree = million();
    bencher
        .with_inputs(|| tree.iter().map(|(key, value)| (key.to_bytes(), value.to_bytes())).collect::<Vec<_>>())
        .bench_values(|pairs| Tree::from_sorted(pairs).unwrap());
}

/// The deepest tree there can be: a key of 256 bytes with a neighbour at every bit. One write at its bottom.
#[divan::bench(sample_count = 100)]
fn one_write_at_the_bottom_of_the_deepest_tree(bencher: Bencher) {
    let ones = [0xffu8; KEY_BYTES_MAX];
    let mut keys = vec![ones.to_vec()];
    for len in 0..KEY_BYTES_MAX {
        keys.extend((len > 0).then(|| ones[..len].to_vec()));
        keys.extend((0..8).map(|bit| {
            let mut key = ones[..=len].to_vec();
            key[len] ^= 1 << bit;
            key
        }));
    }
    keys.sort();
    let tree = Tree::from_sorted(keys.into_iter().map(|key| (Bytes::from(key), Bytes::from_static(b"v")))).unwrap();
    assert_eq!(tree.height(), 2303);
    let state = Mutex::new((tree, Dice(8)));
    bencher
        .with_inputs(|| [(Bytes::from(ones.to_vec()), Some(Bytes::from(state.lock().unwrap().1.bytes(80))))])
        .bench_values(|changes| {
            let (tree, _) = &mut *state.lock().unwrap();
            tree.apply(changes).unwrap();
            black_box(tree.root())
        });
}
