//! Reopening, damage, and sudden death.

use entente_kernel::tree::{Forest, StoreId};

use super::*;

const STORES: &[StoreId] = &[StoreId::new(0, "bank"), StoreId::new(1, "ibc"), StoreId::new(2, "staking")];

/// A chain whose block `h` is a function of `h`.
struct Chain {
    forest: Forest,
    height: i64,
}

impl Chain {
    fn new() -> Chain {
        Chain { forest: Forest::new(STORES), height: 0 }
    }

    fn grown_to(height: i64) -> Chain {
        let mut chain = Chain::new();
        while chain.height < height {
            chain.next();
        }
        chain
    }

    fn next(&mut self) -> Block {
        self.height += 1;
        let h = self.height;
        let mut changes = Vec::new();
        for store in 0..3u8 {
            let mut keys: Vec<i64> = (0..20).map(|i| (h * 31 + i * 17 + i64::from(store)) % 500).collect();
            keys.sort_unstable();
            keys.dedup();
            for key in keys {
                let value = (key % 7 != h % 7).then(|| Bytes::from(format!("value of {key} at {h}").repeat(3)));
                changes.push((store, Bytes::from(format!("key/{key:05}")), value));
            }
        }
        self.forest.apply(changes.clone()).unwrap();
        Block {
            height: h,
            app_hash: self.forest.root(),
            roots: self.forest.store_roots(),
            changes,
            block: Bytes::from(format!("block {h} ").repeat(20)),
            results: Bytes::from(format!("results {h} ").repeat(10)),
            tables: vec![("tx", Bytes::from(format!("hash{h:04}")), Bytes::from(h.to_string()))],
        }
    }
}

fn filled(path: &Path, blocks: i64) -> Chain {
    let (disk, _) = Disk::open(path, STORES).unwrap();
    disk.claim("entente-test-1").unwrap();
    let mut chain = Chain::new();
    for _ in 0..blocks {
        disk.commit(chain.next()).unwrap();
    }
    chain
}

fn tables(disk: &Disk) -> Vec<Bytes> {
    disk.table_prefix("tx", b"hash").unwrap().map(|entry| entry.unwrap().1).collect()
}

#[test]
fn a_reopened_disk_has_everything_that_was_committed() {
    let folder = tempfile::tempdir().unwrap();
    let chain = filled(folder.path(), 40);
    let (disk, loaded) = Disk::open(folder.path(), STORES).unwrap();
    let loaded = loaded.unwrap();
    assert_eq!((loaded.height, loaded.chain_id.as_str()), (40, "entente-test-1"));
    assert_eq!(loaded.app_hash, chain.forest.root());
    assert_eq!(loaded.forest.store_roots(), chain.forest.store_roots());
    assert_eq!((disk.oldest_height(), disk.newest_height()), (Some(1), Some(40)));
    assert_eq!(disk.verify().unwrap(), 40);
    assert_eq!(disk.block(7).unwrap().unwrap(), Bytes::from("block 7 ".repeat(20)));
    assert_eq!(disk.results(40).unwrap().unwrap(), Bytes::from("results 40 ".repeat(10)));
    assert_eq!(disk.block(41).unwrap(), None);
    assert_eq!(tables(&disk).len(), 40);
}
