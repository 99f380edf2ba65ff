//! Pairs in the storage engine, an LSM tree with a journal.

use std::ops::Bound;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use fjall::config::{BlockSizePolicy, CompressionPolicy, FilterPolicy, PinningPolicy};
use fjall::{Database, Keyspace, KeyspaceCreateOptions, LsmError, OwnedWriteBatch, PersistMode};

use super::{ABOUT, Ascending, BLOCKS, DiskError, Pairs, RESULTS, STATE, Scan, Visit, Write};
use crate::steps::passed;

/// Bytes of a table that may wait in memory before they are sorted into files. They are in the journal all the while;
/// the journal is read again at the next start.
const MEMTABLE_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Bytes of journals before tables are forced into files.
const JOURNAL_BYTES_MAX: u64 = 128 * 1024 * 1024;
const CACHE_BYTES: u64 = 8 * 1024 * 1024;
/// Bytes of a block of the state, which is read from end to end only.
const STATE_BLOCK_BYTES: u32 = 64 * 1024;
/// Writes of one batch that are sorted into files at once. The journal of a genesis with millions of rows would be read again by every
/// start until then.
const BATCH_LARGE: usize = 100_000;

/// The storage engine's own tables. Ours share three of them: making one takes a dozen files, each forced to the medium by itself, and a
/// new home would wait for all of them. What only grows at its end lies apart from what is written all over.
const PLACES: [&str; 3] = [STATE, "history", "tables"];
/// A table that earlier versions had.
const EARLIER: &str = ABOUT;

pub(super) struct Lsm {
    path: PathBuf,
    database: Database,
    /// The pairs of the state.
    state: Keyspace,
    /// Blocks and results. Here and in `tables` a key is the name of our table, a zero, and the key in it.
    history: Keyspace,
    tables: Keyspace,
}

impl Lsm {
    pub fn open(path: &Path) -> Result<Lsm, DiskError> {
        let place = || path.display().to_string();
        let builder = Database::builder(path).cache_size(CACHE_BYTES).max_journaling_size(JOURNAL_BYTES_MAX);
        // The engine asserts what it reads of some lengths in its journal.
        let opened = std::panic::catch_unwind(AssertUnwindSafe(|| builder.open()));
        let gave_up = |_| DiskError::FilesDamaged {
            place: place(),
            reason: "the journal is not what was written (the engine gave up, see above)".to_owned(),
        };
        let database = opened.map_err(gave_up)?.map_err(|why| broken(place(), why))?;
        if database.keyspace_exists(EARLIER) {
            let reason =
                "an earlier version wrote it in another form; export with that version and begin anew".to_owned();
            return Err(DiskError::FilesDamaged { place: place(), reason });
        }
        let options = || KeyspaceCreateOptions::default().max_memtable_size(MEMTABLE_BYTES_MAX);
        let options_of = |name| if name == STATE { of_state(options()) } else { options() };
        let table = |name| database.keyspace(name, || options_of(name)).map_err(|why| broken(place(), why));
        let [state, history, tables] = PLACES.map(table);
        Ok(Lsm { path: path.to_owned(), state: state?, history: history?, tables: tables?, database })
    }

    fn place(&self, space: &str) -> String {
        format!("{} (table '{space}')", self.path.display())
    }

    /// Where a table lies.
    fn keyspace(&self, space: &str) -> &Keyspace {
        match space {
            STATE => &self.state,
            BLOCKS | RESULTS => &self.history,
            _ => &self.tables,
        }
    }
}

/// What the keys of a table begin with where it lies.
fn prefix(space: &str) -> [&[u8]; 2] {
    if space == STATE { [&[], &[]] } else { [space.as_bytes(), &[0]] }
}

/// How the pairs of the state lie in sorted files. Nobody asks for a single one of them, since the tree has them: a start reads them all. So there are
/// no filters, blocks are large and not compressed, and the index of blocks stays in memory.
fn of_state(options: KeyspaceCreateOptions) -> KeyspaceCreateOptions {
    let options = options.filter_policy(FilterPolicy::disabled()).index_block_pinning_policy(PinningPolicy::all(true));
    let options = options.data_block_size_policy(BlockSizePolicy::all(STATE_BLOCK_BYTES));
    options.data_block_compression_policy(CompressionPolicy::disabled())
}

/// Bounds of a table's keys where it lies.
fn bounds(prefix: &[u8], from: Bound<Vec<u8>>, to: Bound<Vec<u8>>) -> (Bound<Vec<u8>>, Bound<Vec<u8>>) {
    let inside = |key: Vec<u8>| [prefix, &key].concat();
    let from = match from {
        Bound::Unbounded if prefix.is_empty() => Bound::Unbounded,
        Bound::Unbounded => Bound::Included(prefix.to_vec()),
        bound => bound.map(inside),
    };
    let to = match (to, prefix.split_last()) {
        (Bound::Unbounded, None) => Bound::Unbounded,
        // The next byte after the zero that ends the name.
        (Bound::Unbounded, Some((_, name))) => Bound::Excluded([name, &[1]].concat()),
        (bound, _) => bound.map(inside),
    };
    (from, to)
}

impl Pairs for Lsm {
    fn value(&self, space: &'static str, key: &[u8]) -> Result<Option<Bytes>, DiskError> {
        let [name, end] = prefix(space);
        let value =
            self.keyspace(space).get([name, end, key].concat()).map_err(|why| broken(self.place(space), why))?;
        Ok(value.map(|value| Bytes::copy_from_slice(&value)))
    }

    fn scan(&self, space: &'static str, from: Bound<Vec<u8>>, to: Bound<Vec<u8>>) -> Result<Scan, DiskError> {
        let place = self.place(space);
        let prefix = prefix(space).concat();
        let pairs = self.keyspace(space).range::<Vec<u8>, _>(bounds(&prefix, from, to));
        Ok(Box::new(pairs.map(move |pair| {
            let (key, value) = pair.into_inner().map_err(|why| broken(place.clone(), why))?;
            let key = key.get(prefix.len()..).unwrap_or_default();
            Ok((Bytes::copy_from_slice(key), Bytes::copy_from_slice(&value)))
        })))
    }

    fn each(
        &self,
        space: &'static str,
        from: Bound<Vec<u8>>,
        to: Bound<Vec<u8>>,
        visit: Visit<'_>,
    ) -> Result<(), DiskError> {
        let prefix = prefix(space).concat();
        for pair in self.keyspace(space).range::<Vec<u8>, _>(bounds(&prefix, from, to)) {
            let (key, value) = pair.into_inner().map_err(|why| broken(self.place(space), why))?;
            if !visit(key.get(prefix.len()..).unwrap_or_default(), &value) {
                break;
            }
        }
        Ok(())
    }

    /// They are sorted, so they become files at once, without the journal.
    fn fill(&self, pairs: Ascending<'_>) -> Result<(), DiskError> {
        let failed = |why| DiskError::WriteFailed { place: self.place(STATE), reason: said(&why) };
        let mut files = self.state.start_ingestion().map_err(failed)?;
        for (key, value) in pairs {
            files.write(key, value).map_err(failed)?;
        }
        files.finish().map_err(failed)
    }

    fn commit(&self, writes: Vec<Write>) -> Result<(), DiskError> {
        let large = writes.len() > BATCH_LARGE;
        let batch = OwnedWriteBatch::with_capacity(self.database.clone(), writes.len());
        let mut batch = batch.durability(Some(PersistMode::SyncAll));
        let mut place = Vec::new();
        for Write { space, key, value } in writes {
            let keyspace = self.keyspace(space);
            let [name, end] = prefix(space);
            place.clear();
            [name, end, &key].into_iter().for_each(|part| place.extend_from_slice(part));
            match value {
                Some(value) => batch.insert(keyspace, place.as_slice(), value.as_ref()),
                None => batch.remove(keyspace, place.as_slice()),
            }
            passed(match space {
                STATE => "a pair is in the batch",
                BLOCKS => "the block is in the batch",
                RESULTS => "the results are in the batch",
                ABOUT => "the head is in the batch",
                _ => "an index entry is in the batch",
            });
        }
        passed("the batch is whole");
        let failed = |why| DiskError::WriteFailed { place: self.path.display().to_string(), reason: said(&why) };
        batch.commit().map_err(failed)?;
        if large { self.state.rotate_memtable_and_wait().map_err(failed) } else { Ok(()) }
    }

    #[cfg(test)]
    fn settle(&self) {
        for keyspace in [&self.state, &self.history, &self.tables] {
            keyspace.rotate_memtable_and_wait().unwrap();
        }
    }
}

/// What the engine found, as a trouble of a place.
fn broken(place: String, why: fjall::Error) -> DiskError {
    match why {
        fjall::Error::Locked => DiskError::Locked { place },
        fjall::Error::Io(source) => DiskError::Io { place, source },
        why => DiskError::FilesDamaged { place, reason: said(&why) },
    }
}

fn said(why: &fjall::Error) -> String {
    match why {
        fjall::Error::Io(source) => source.to_string(),
        fjall::Error::Poisoned => "an earlier write failed; is the disk full?".to_owned(),
        fjall::Error::JournalRecovery(why) => format!("the journal is not what was written ({why:?})"),
        fjall::Error::InvalidTrailer | fjall::Error::InvalidTag(_) => "the journal is not what was written".to_owned(),
        fjall::Error::Storage(LsmError::Io(source)) => format!("a sorted file is missing or too short ({source})"),
        fjall::Error::Storage(LsmError::ChecksumMismatch { .. }) => "a block does not match its checksum".to_owned(),
        fjall::Error::Storage(LsmError::Unrecoverable) | fjall::Error::Unrecoverable => {
            "files are missing or do not fit together".to_owned()
        }
        fjall::Error::Storage(why) => format!("a sorted file is not what was written ({why:?})"),
        why => format!("{why:?}"),
    }
}
