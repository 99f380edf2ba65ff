//! What a node remembers on disk: the pairs of the state, the blocks, their results, and index tables.
//!
//! There is no tree on disk, only plain pairs. One block is one atomic, durable write: the changed pairs, the height, the
//! app hash, the root of every store, the block, its results and its index entries are all there or all absent.
//! [`Disk::open`] reads the pairs in order, builds the trees and compares them with the recorded roots, so a damaged
//! state is found, with the name of the store, before the node says anything to anybody.
//!
//! # What is checked when
//!
//! * State: all of it at every opening, by its roots.
//! * Everything else: each record carries a checksum over its table, key and bytes, verified whenever it is read;
//!   [`Disk::verify`] reads all of them.
//! * A journal that lost its end is, taken alone, indistinguishable from a node that stopped earlier. Therefore the
//!   height of the last durable block is also noted in a small file of its own, `tip`, after the block is durable; a
//!   store that is behind its tip is refused.
//!
//! # Files
//!
//! `pairs/` belongs to the storage engine (an LSM tree with a journal). `tip` holds two notes that are written in turn.

mod error;
mod lsm;
mod memory;
mod read;
mod record;
mod restore;
#[cfg(test)]
mod tests;
mod tip;

use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use entente_chain::stores::FORM;
use entente_kernel::tree::{Forest, StoreId, app_hash};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

pub use error::DiskError;

use crate::steps::passed;
use record::{seal, unseal};
use tip::Tip;

/// Pairs of a table in key order, from either end. A damaged record is an error in its place.
pub type Scan = Box<dyn DoubleEndedIterator<Item = Result<(Bytes, Bytes), DiskError>> + Send>;

/// Looks at a key and its value, and says whether it wants more.
type Visit<'a> = &'a mut dyn FnMut(&[u8], &[u8]) -> bool;

/// Keys and values, in ascending order of the keys.
type Ascending<'a> = &'a mut dyn Iterator<Item = (Vec<u8>, Vec<u8>)>;

/// Where plain pairs are kept. Two kinds: on disk and in memory.
trait Pairs: Send + Sync {
    fn value(&self, space: &'static str, key: &[u8]) -> Result<Option<Bytes>, DiskError>;
    fn scan(&self, space: &'static str, from: Bound<Vec<u8>>, to: Bound<Vec<u8>>) -> Result<Scan, DiskError>;
    /// Shows the pairs between two bounds in key order, as they lie, while `visit` wants more.
    fn each(
        &self,
        space: &'static str,
        from: Bound<Vec<u8>>,
        to: Bound<Vec<u8>>,
        visit: Visit<'_>,
    ) -> Result<(), DiskError> {
        for pair in self.scan(space, from, to)? {
            let (key, value) = pair?;
            if !visit(&key, &value) {
                break;
            }
        }
        Ok(())
    }
    /// Writes pairs of the state in ascending order of their keys, on the medium before it returns; after a failure or a kill some of them.
    fn fill(&self, pairs: Ascending<'_>) -> Result<(), DiskError>;
    /// All of the writes or none of them, on the medium before it returns.
    fn commit(&self, writes: Vec<Write>) -> Result<(), DiskError>;
    /// Moves everything from the journal into sorted files.
    #[cfg(test)]
    fn settle(&self) {}
}

struct Write {
    space: &'static str,
    key: Bytes,
    /// `None` removes the key.
    value: Option<Bytes>,
}

/// The pairs of the state: one byte for the store, then the key. No checksums: the roots cover them.
const STATE: &str = "state";
/// Height (eight bytes, big endian) to the bytes of the block.
const BLOCKS: &str = "blocks";
/// Height to the bytes of the block's results.
const RESULTS: &str = "results";
/// The records about the whole: [`HEAD`], [`CHAIN`].
const ABOUT: &str = "about";
const HEAD: &[u8] = b"head";
const CHAIN: &[u8] = b"chain";
/// Single values of the node itself.
const META: &str = "meta";
/// What the names of index tables begin with, so that they cannot meet those above.
const TABLES: &str = "table.";

/// A home for one chain. Clones share it; reading is possible from every thread at any time.
#[derive(Clone)]
pub struct Disk(Arc<Inner>);

struct Inner {
    pairs: Box<dyn Pairs>,
    stores: &'static [StoreId],
    tip: Option<Tip>,
    at: Mutex<At>,
}

#[derive(Default)]
struct At {
    chain_id: Option<String>,
    newest: Option<i64>,
    oldest: Option<i64>,
}

/// What a disk remembers of the last block.
pub struct Loaded {
    pub forest: Forest,
    pub height: i64,
    pub app_hash: [u8; 32],
    pub chain_id: String,
}

/// Everything a block leaves behind. It is remembered whole or not at all.
#[derive(Clone, Default)]
pub struct Block {
    pub height: i64,
    /// The root of the forest after the block.
    pub app_hash: [u8; 32],
    /// The root of every store after the block, as `Forest::store_roots` gives them.
    pub roots: Vec<(StoreId, [u8; 32])>,
    /// The pairs that the block changed, as they were given to `Forest::apply`.
    pub changes: Vec<(u8, Bytes, Option<Bytes>)>,
    pub block: Bytes,
    pub results: Bytes,
    /// New entries of index tables: table, key, value. The names of tables begin with `table.`.
    pub tables: Vec<(&'static str, Bytes, Bytes)>,
}

/// The record of the last block.
#[derive(Serialize, Deserialize)]
struct Head {
    /// The [form](FORM) of keys and records; the first one was not written down.
    #[serde(default = "first_form")]
    form: u32,
    height: i64,
    app_hash: String,
    /// In the order of the chain's list of stores.
    stores: Vec<StoreHead>,
}

fn first_form() -> u32 {
    1
}

#[derive(Serialize, Deserialize)]
struct StoreHead {
    index: u8,
    name: String,
    root: String,
}

impl Disk {
    /// Opens the folder, creates it if there is none, and checks the whole state.
    ///
    /// # Errors
    ///
    /// If the folder cannot be used, is used by another process, or does not hold what was written to it. The error
    /// names the first store or the record that is wrong.
    pub fn open(path: &Path, stores: &'static [StoreId]) -> Result<(Disk, Option<Loaded>), DiskError> {
        std::fs::create_dir_all(path).map_err(|source| DiskError::Io { place: path.display().to_string(), source })?;
        passed("the folder is there");
        let pairs = lsm::Lsm::open(&path.join("pairs"))?;
        passed("the store is open");
        let tip = Tip::open(&path.join("tip"))?;
        Disk::load(Box::new(pairs), Some(tip), stores)
    }

    /// A disk that forgets everything when its last clone is dropped.
    pub fn ephemeral(stores: &'static [StoreId]) -> Disk {
        Disk(Arc::new(Inner { pairs: Box::new(memory::Memory::default()), stores, tip: None, at: Mutex::default() }))
    }

    fn load(
        pairs: Box<dyn Pairs>,
        tip: Option<Tip>,
        stores: &'static [StoreId],
    ) -> Result<(Disk, Option<Loaded>), DiskError> {
        let disk = Disk(Arc::new(Inner { pairs, stores, tip, at: Mutex::default() }));
        let chain_id = match disk.record(ABOUT, CHAIN)? {
            None => None,
            Some(bytes) => {
                Some(String::from_utf8(bytes.to_vec()).map_err(|_| record::damaged(ABOUT, CHAIN, "is not text"))?)
            }
        };
        disk.clean_up()?;
        let head = disk.record(ABOUT, HEAD)?;
        let found = match &head {
            None => None,
            Some(bytes) => Some(
                serde_json::from_slice::<Head>(bytes).map_err(|why| record::damaged(ABOUT, HEAD, &why.to_string()))?,
            ),
        };
        disk.compare_tip(found.as_ref())?;
        passed("the tip is read");
        disk.0.at.lock().chain_id.clone_from(&chain_id);
        let Some(head) = found else {
            return match disk.is_unused()? {
                true => Ok((disk, None)),
                false => Err(record::damaged(ABOUT, HEAD, "is missing, although there are blocks or pairs")),
            };
        };
        if head.form != FORM {
            return Err(DiskError::OtherForm { found: head.form });
        }
        let forest = disk.read_forest(&head)?;
        passed("the state is read");
        disk.must_have(BLOCKS, head.height)?;
        disk.must_have(RESULTS, head.height)?;
        let oldest = disk.first_height()?;
        {
            let mut at = disk.0.at.lock();
            (at.newest, at.oldest) = (Some(head.height), oldest);
        }
        let app_hash = hash_of_hex(&head.app_hash, HEAD)?;
        let loaded = Loaded { forest, height: head.height, app_hash, chain_id: chain_id.unwrap_or_default() };
        Ok((disk, Some(loaded)))
    }

    fn is_unused(&self) -> Result<bool, DiskError> {
        for space in [STATE, BLOCKS, RESULTS] {
            if self.0.pairs.scan(space, Bound::Unbounded, Bound::Unbounded)?.next().is_some() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn compare_tip(&self, head: Option<&Head>) -> Result<(), DiskError> {
        let Some(noted) = self.0.tip.as_ref().and_then(Tip::noted) else { return Ok(()) };
        let height = head.map_or(0, |head| head.height);
        if noted.height > height {
            return Err(DiskError::BlocksLost { noted: noted.height, found: height });
        }
        match head.filter(|head| head.height == noted.height) {
            Some(head) if head.app_hash != hex::encode(noted.app_hash) => Err(DiskError::AppHashDiffers {
                height,
                recorded: hex::encode(noted.app_hash),
                found: head.app_hash.clone(),
            }),
            _ => Ok(()),
        }
    }

    /// Builds every tree and compares it with its recorded root, in the order of the list of stores.
    fn read_forest(&self, head: &Head) -> Result<Forest, DiskError> {
        let mut forest = Forest::new(self.0.stores);
        let mut roots = Vec::new();
        for recorded in &head.stores {
            let known = self.0.stores.iter().any(|store| store.index == recorded.index && store.name == recorded.name);
            if !known {
                return Err(DiskError::StoreUnknown { name: recorded.name.clone(), index: recorded.index });
            }
            let tree = self.read_tree(recorded)?;
            let found = tree.root();
            if hex::encode(found) != recorded.root {
                return Err(DiskError::StoreDiffers {
                    store: recorded.name.clone(),
                    height: head.height,
                    recorded: recorded.root.clone(),
                    found: hex::encode(found),
                });
            }
            forest.plant(recorded.index, tree).map_err(|why| DiskError::Batch { reason: why.to_string() })?;
            roots.push((recorded.name.as_str(), found));
        }
        // A store that a new version of the chain adds is not in the recorded app hash yet.
        let found = hex::encode(app_hash(roots));
        if found != head.app_hash {
            return Err(DiskError::AppHashDiffers { height: head.height, recorded: head.app_hash.clone(), found });
        }
        Ok(forest)
    }

    fn first_height(&self) -> Result<Option<i64>, DiskError> {
        let first = self.0.pairs.scan(BLOCKS, Bound::Unbounded, Bound::Unbounded)?.next().transpose()?;
        Ok(first.and_then(|(key, _)| height_of(&key)))
    }

    /// The chain whose home this is.
    pub fn chain_id(&self) -> Option<String> {
        self.0.at.lock().chain_id.clone()
    }

    /// Makes this the home of a chain, once and for all.
    ///
    /// # Errors
    ///
    /// If it is the home of another chain.
    pub fn claim(&self, chain_id: &str) -> Result<(), DiskError> {
        let mut at = self.0.at.lock();
        match &at.chain_id {
            Some(home) if home == chain_id => Ok(()),
            Some(home) => Err(DiskError::OtherChain { home: home.clone(), wanted: chain_id.to_owned() }),
            None => {
                self.0.pairs.commit(vec![sealed(ABOUT, CHAIN, chain_id.as_bytes())])?;
                at.chain_id = Some(chain_id.to_owned());
                passed("the home is claimed");
                Ok(())
            }
        }
    }

    /// Remembers a block. When this returns, the block survives the end of the process and of the machine.
    ///
    /// # Errors
    ///
    /// If nobody has claimed the disk for a chain, if the block does not follow the last one, or if the medium fails;
    /// after a failure of the medium no further block is taken.
    pub fn commit(&self, block: Block) -> Result<(), DiskError> {
        let mut at = self.0.at.lock();
        if at.chain_id.is_none() {
            return Err(DiskError::NoChain);
        }
        if let Some(newest) = at.newest.filter(|newest| newest.checked_add(1) != Some(block.height)) {
            return Err(DiskError::HeightOutOfOrder { newest, height: block.height });
        }
        let noted = tip::Noted { height: block.height, app_hash: block.app_hash };
        let writes = writes_of(block)?;
        passed("writes are assembled");
        self.0.pairs.commit(writes)?;
        passed("the batch is durable");
        if let Some(tip) = &self.0.tip {
            tip.note(&noted)?;
        }
        passed("the tip is noted");
        at.newest = Some(noted.height);
        at.oldest = at.oldest.or(Some(noted.height));
        passed("the newest height is known");
        Ok(())
    }

    /// Goes back to an earlier block, for development chains: `back.changes` turn the present state into the one of then, the
    /// later blocks and results are forgotten with the table entries named in `forgotten`, and `back.tables` are written. The
    /// block and results of `back.height` stay as they are.
    ///
    /// # Errors
    ///
    /// If the height is not one of this disk, or the medium fails.
    pub fn rewind(&self, back: Block, forgotten: Vec<(&'static str, Bytes)>) -> Result<(), DiskError> {
        let mut at = self.0.at.lock();
        let newest = at.newest.unwrap_or_default();
        if back.height > newest || at.oldest.is_none_or(|oldest| back.height < oldest) {
            return Err(DiskError::HeightOutOfOrder { newest, height: back.height });
        }
        let noted = tip::Noted { height: back.height, app_hash: back.app_hash };
        let kept = [BLOCKS, RESULTS];
        let later =
            (noted.height.saturating_add(1)..=newest).flat_map(|height| kept.map(|space| (space, height_key(height))));
        let mut writes: Vec<Write> =
            forgotten.into_iter().chain(later).map(|(space, key)| removed(space, key)).collect();
        writes.extend(writes_of(back)?.into_iter().filter(|write| !kept.contains(&write.space)));
        // The tip goes first: one that is behind its store is in order, one that is ahead is not.
        if let Some(tip) = &self.0.tip {
            tip.note_alone(&noted)?;
        }
        self.0.pairs.commit(writes)?;
        at.newest = Some(noted.height);
        Ok(())
    }

    /// The bytes of a block; `None` if the disk does not (or no longer) have that height.
    pub fn block(&self, height: i64) -> Result<Option<Bytes>, DiskError> {
        self.at_height(BLOCKS, height)
    }

    /// The bytes of a block's results.
    pub fn results(&self, height: i64) -> Result<Option<Bytes>, DiskError> {
        self.at_height(RESULTS, height)
    }

    /// The first height whose block is kept.
    pub fn oldest_height(&self) -> Option<i64> {
        self.0.at.lock().oldest
    }

    /// The height of the last block.
    pub fn newest_height(&self) -> Option<i64> {
        self.0.at.lock().newest
    }

    /// The value of a key of an index table.
    pub fn table_value(&self, table: &'static str, key: &[u8]) -> Result<Option<Bytes>, DiskError> {
        self.record(table, key)
    }

    /// The entries of an index table between two keys, from either end.
    pub fn table_range(&self, table: &'static str, from: Bound<&[u8]>, to: Bound<&[u8]>) -> Result<Scan, DiskError> {
        let scan = self.0.pairs.scan(table, from.map(<[u8]>::to_vec), to.map(<[u8]>::to_vec))?;
        Ok(Box::new(scan.map(move |pair| {
            let (key, value) = pair?;
            let value = unseal(table, &key, value)?;
            Ok((key, value))
        })))
    }

    /// The entries of an index table whose keys begin with `prefix`, from either end.
    pub fn table_prefix(&self, table: &'static str, prefix: &[u8]) -> Result<Scan, DiskError> {
        let end = behind_prefix(prefix);
        let to = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        self.table_range(table, Bound::Included(prefix), to)
    }

    /// Changes entries of index tables outside a block, all or none; `None` removes an entry.
    pub fn write_tables(
        &self,
        entries: impl IntoIterator<Item = (&'static str, Bytes, Option<Bytes>)>,
    ) -> Result<(), DiskError> {
        let writes = entries.into_iter().map(|(table, key, value)| match value {
            Some(value) => sealed(table, key, &value),
            None => removed(table, key),
        });
        self.0.pairs.commit(writes.collect())
    }

    /// A single value of the node itself.
    pub fn meta(&self, name: &str) -> Result<Option<Bytes>, DiskError> {
        self.record(META, name.as_bytes())
    }

    pub fn set_meta(&self, name: &str, value: &[u8]) -> Result<(), DiskError> {
        self.0.pairs.commit(vec![sealed(META, Bytes::copy_from_slice(name.as_bytes()), value)])
    }

    /// Forgets blocks and results below `height`, the last block never; says how many. The state and the index tables
    /// are left as they are.
    pub fn prune(&self, height: i64) -> Result<u64, DiskError> {
        /// Blocks forgotten in one write, so that no write grows without bound.
        const STEP: usize = 1_000;
        let Some(newest) = self.newest_height() else { return Ok(0) };
        let keep = height.min(newest);
        let mut pruned = 0;
        while let Some(oldest) = self.oldest_height().filter(|oldest| *oldest < keep) {
            let next = keep.min(oldest.saturating_add(STEP as i64));
            let gone = (oldest..next).flat_map(|height| [(BLOCKS, height), (RESULTS, height)]);
            let gone = gone.map(|(space, height)| removed(space, height_key(height)));
            self.0.pairs.commit(gone.collect())?;
            pruned += next.abs_diff(oldest);
            self.0.at.lock().oldest = Some(next);
        }
        Ok(pruned)
    }

    /// Reads every block and every result that should be there; says how many heights.
    ///
    /// # Errors
    ///
    /// The first record that is missing or damaged.
    pub fn verify(&self) -> Result<u64, DiskError> {
        let (Some(oldest), Some(newest)) = (self.oldest_height(), self.newest_height()) else { return Ok(0) };
        for height in oldest..=newest {
            self.must_have(BLOCKS, height)?;
            self.must_have(RESULTS, height)?;
        }
        Ok(newest.abs_diff(oldest) + 1)
    }

    /// Moves everything from the journal into sorted files.
    #[cfg(test)]
    pub fn settle(&self) {
        self.0.pairs.settle();
    }

    fn record(&self, space: &'static str, key: &[u8]) -> Result<Option<Bytes>, DiskError> {
        self.0.pairs.value(space, key)?.map(|bytes| unseal(space, key, bytes)).transpose()
    }

    fn must_have(&self, space: &'static str, height: i64) -> Result<Bytes, DiskError> {
        let key = height_key(height);
        self.record(space, &key)?.ok_or_else(|| record::damaged(space, &key, "is missing"))
    }

    fn at_height(&self, space: &'static str, height: i64) -> Result<Option<Bytes>, DiskError> {
        let found = self.record(space, &height_key(height))?;
        let (oldest, newest) = (self.oldest_height(), self.newest_height());
        match found {
            None if oldest.is_some_and(|oldest| oldest <= height) && newest.is_some_and(|newest| height <= newest) => {
                Err(record::damaged(space, &height_key(height), "is missing"))
            }
            found => Ok(found),
        }
    }
}

fn writes_of(block: Block) -> Result<Vec<Write>, DiskError> {
    let head = Head {
        form: FORM,
        height: block.height,
        app_hash: hex::encode(block.app_hash),
        stores: (block.roots.iter())
            .map(|(store, root)| StoreHead { index: store.index, name: store.name.to_owned(), root: hex::encode(root) })
            .collect(),
    };
    let head = serde_json::to_vec(&head).map_err(|why| DiskError::Batch { reason: why.to_string() })?;
    let mut writes: Vec<Write> = Vec::with_capacity(block.changes.len() + block.tables.len() + 3);
    for (store, key, value) in block.changes {
        writes.push(Write { space: STATE, key: [&[store], key.as_ref()].concat().into(), value });
    }
    let height = height_key(block.height);
    writes.push(sealed(BLOCKS, height.clone(), &block.block));
    writes.push(sealed(RESULTS, height, &block.results));
    writes.extend(block.tables.into_iter().map(|(table, key, value)| sealed(table, key, &value)));
    writes.push(sealed(ABOUT, HEAD, &head));
    Ok(writes)
}

fn sealed(space: &'static str, key: impl Into<Bytes>, value: &[u8]) -> Write {
    let key = key.into();
    let value = seal(space, &key, value);
    Write { space, key, value: Some(value.into()) }
}

fn removed(space: &'static str, key: impl Into<Bytes>) -> Write {
    Write { space, key: key.into(), value: None }
}

/// Heights are positive, so their big-endian bytes sort as they do.
fn height_key(height: i64) -> Bytes {
    Bytes::copy_from_slice(&height.to_be_bytes())
}

fn height_of(key: &[u8]) -> Option<i64> {
    key.try_into().ok().map(i64::from_be_bytes)
}

fn hash_of_hex(text: &str, key: &[u8]) -> Result<[u8; 32], DiskError> {
    let bytes = hex::decode(text).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| record::damaged(ABOUT, key, "does not have an app hash of 32 bytes"))
}

/// The first key behind all keys that begin with `prefix`; `None` if there is none.
fn behind_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != 0xff)?;
    let mut end = prefix.get(..=last)?.to_vec();
    *end.last_mut()? += 1;
    Some(end)
}
