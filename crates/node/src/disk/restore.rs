//! A state that did not come from blocks: its pairs are written first, and count only when they are whole.
//!
//! A record says that a state is being written. It goes with the write that brings the head, so a process that was killed on the way finds
//! it at the next opening and removes what it had written: the disk starts clean.

use std::ops::Bound;

use bytes::Bytes;
use entente_kernel::tree::Forest;

use super::{ABOUT, BLOCKS, Block, Disk, DiskError, HEAD, META, RESULTS, STATE, removed, sealed, tip, writes_of};

/// The record that a state is being written.
const RESTORING: &[u8] = b"restoring";
/// The height at which the state was restored.
const RESTORED: &str = "restored";
/// Pairs that are removed in one write.
const STEP: usize = 20_000;

impl Disk {
    /// Makes `forest` the state of an unused disk; `block` says everything else about the height, and has no changes.
    ///
    /// # Errors
    /// The disk is in use, or the medium fails.
    pub fn restore(&self, forest: &Forest, block: Block) -> Result<(), DiskError> {
        let mut at = self.0.at.lock();
        if at.chain_id.is_none() {
            return Err(DiskError::NoChain);
        }
        if let Some(newest) = at.newest {
            return Err(DiskError::HeightOutOfOrder { newest, height: block.height });
        }
        self.0.pairs.commit(vec![sealed(ABOUT, RESTORING, &block.height.to_be_bytes())])?;
        let mut stores: Vec<u8> = forest.stores().iter().map(|store| store.index).collect();
        stores.sort_unstable();
        let mut pairs = stores.into_iter().flat_map(|store| {
            forest.range(store, Bound::Unbounded, Bound::Unbounded).map(move |(key, value)| {
                let (head, tail) = key.pieces();
                ([&[store], head, tail].concat(), value.to_vec())
            })
        });
        self.0.pairs.fill(&mut pairs)?;
        let noted = tip::Noted { height: block.height, app_hash: block.app_hash };
        let mut step = writes_of(block)?;
        step.push(sealed(META, RESTORED, &noted.height.to_be_bytes()));
        step.push(removed(ABOUT, RESTORING));
        self.0.pairs.commit(step)?;
        if let Some(tip) = &self.0.tip {
            tip.note_alone(&noted)?;
        }
        (at.newest, at.oldest) = (Some(noted.height), Some(noted.height));
        Ok(())
    }

    /// Removes what a restore had written when the process was killed.
    pub(super) fn clean_up(&self) -> Result<(), DiskError> {
        if self.record(ABOUT, RESTORING)?.is_some() { self.empty() } else { Ok(()) }
    }

    /// Whether the state was restored and no block came since.
    pub fn is_fresh_restore(&self) -> Result<bool, DiskError> {
        let restored = self.meta(RESTORED)?.and_then(|b| Some(i64::from_be_bytes(b.as_ref().try_into().ok()?)));
        Ok(restored.is_some() && restored == self.newest_height())
    }

    /// Forgets a state that was restored, so that another can be. Blocks were never executed on it.
    ///
    /// # Errors
    /// The state was not restored, or blocks came since; or the medium fails.
    pub fn forget_restore(&self) -> Result<(), DiskError> {
        if !self.is_fresh_restore()? {
            let newest = self.newest_height().unwrap_or_default();
            return Err(DiskError::HeightOutOfOrder { newest, height: 0 });
        }
        self.pairs_restoring()?;
        self.empty()?;
        let mut at = self.0.at.lock();
        (at.newest, at.oldest) = (None, None);
        Ok(())
    }

    fn pairs_restoring(&self) -> Result<(), DiskError> {
        self.0.pairs.commit(vec![sealed(ABOUT, RESTORING, &[])])
    }

    fn empty(&self) -> Result<(), DiskError> {
        // A tip that is ahead of its store is a lost journal; here the store goes back on purpose.
        if let Some(tip) = &self.0.tip {
            tip.note_alone(&tip::Noted { height: 0, app_hash: [0; 32] })?;
        }
        for space in [STATE, BLOCKS, RESULTS] {
            loop {
                let keys = self.0.pairs.scan(space, Bound::Unbounded, Bound::Unbounded)?.take(STEP);
                let keys: Vec<Bytes> = keys.map(|pair| pair.map(|(key, _)| key)).collect::<Result<_, _>>()?;
                if keys.is_empty() {
                    break;
                }
                self.0.pairs.commit(keys.into_iter().map(|key| removed(space, key)).collect())?;
            }
        }
        let gone = [(ABOUT, HEAD), (META, RESTORED.as_bytes()), (ABOUT, RESTORING)];
        self.0.pairs.commit(gone.map(|(space, key)| removed(space, key)).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::stores;

    fn forest() -> Forest {
        let mut forest = Forest::new(stores());
        let pair = |i: u32| (1, Bytes::copy_from_slice(&i.to_be_bytes()), Some(Bytes::from_static(b"v")));
        forest.apply((0..45_000).map(pair)).unwrap();
        forest
    }

    fn block(forest: &Forest) -> Block {
        Block { height: 9, app_hash: forest.root(), roots: forest.store_roots(), ..Block::default() }
    }

    #[test]
    fn a_restored_state_is_there_after_reopening_and_blocks_follow_it() {
        let folder = tempfile::tempdir().unwrap();
        let forest = forest();
        let (disk, _) = Disk::open(folder.path(), stores()).unwrap();
        disk.claim("a-1").unwrap();
        disk.restore(&forest, block(&forest)).unwrap();
        assert!(disk.is_fresh_restore().unwrap());
        drop(disk);
        let (disk, loaded) = Disk::open(folder.path(), stores()).unwrap();
        assert_eq!((loaded.as_ref().unwrap().height, loaded.unwrap().forest.root()), (9, forest.root()));
        assert!(disk.restore(&forest, block(&forest)).is_err());
        disk.commit(Block { height: 10, ..block(&forest) }).unwrap();
        assert!(!disk.is_fresh_restore().unwrap());
        assert!(disk.forget_restore().is_err());
    }

    #[test]
    fn a_restore_that_was_killed_or_is_unwanted_leaves_a_clean_disk() {
        let folder = tempfile::tempdir().unwrap();
        let forest = forest();
        let (disk, _) = Disk::open(folder.path(), stores()).unwrap();
        disk.claim("a-1").unwrap();
        disk.restore(&forest, block(&forest)).unwrap();
        // What a kill in the middle leaves: the record, and pairs without a head.
        disk.pairs_restoring().unwrap();
        disk.0.pairs.commit(vec![removed(ABOUT, HEAD)]).unwrap();
        drop(disk);
        let (disk, loaded) = Disk::open(folder.path(), stores()).unwrap();
        assert!(loaded.is_none());
        disk.restore(&forest, block(&forest)).unwrap();
        disk.forget_restore().unwrap();
        drop(disk);
        let (disk, loaded) = Disk::open(folder.path(), stores()).unwrap();
        assert!(loaded.is_none());
        assert_eq!(disk.newest_height(), None);
    }
}
