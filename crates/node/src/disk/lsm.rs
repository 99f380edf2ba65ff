//! Pairs in the storage engine, an LSM tree with a journal.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use fjall::{Database, Keyspace, KeyspaceCreateOptions, LsmError, PersistMode};
use parking_lot::RwLock;

use super::{ABOUT, BLOCKS, DiskError, Pairs, RESULTS, STATE, Scan, Write};
use crate::steps::passed;

/// Bytes of a table that may wait in memory before they are sorted into files. They are in the journal all the while;
/// the journal is read again at the next start.
const MEMTABLE_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Bytes of journals before tables are forced into files.
const JOURNAL_BYTES_MAX: u64 = 128 * 1024 * 1024;
const CACHE_BYTES: u64 = 64 * 1024 * 1024;

pub(super) struct Lsm {
    path: PathBuf,
    database: Database,
    spaces: RwLock<BTreeMap<String, Keyspace>>,
}

impl Lsm {
    pub fn open(path: &Path) -> Result<Lsm, DiskError> {
        let place = path.display().to_string();
        let database = Database::builder(path)
            .cache_size(CACHE_BYTES)
            .max_journaling_size(JOURNAL_BYTES_MAX)
            .open()
            .map_err(|why| broken(place, why))?;
        Ok(Lsm { path: path.to_owned(), database, spaces: RwLock::default() })
    }

    fn place(&self, space: &str) -> String {
        format!("{} (table '{space}')", self.path.display())
    }

    fn space(&self, name: &str) -> Result<Keyspace, DiskError> {
        if let Some(space) = self.spaces.read().get(name) {
            return Ok(space.clone());
        }
        let options = || KeyspaceCreateOptions::default().max_memtable_size(MEMTABLE_BYTES_MAX);
        let space = self.database.keyspace(name, options).map_err(|why| broken(self.place(name), why))?;
        self.spaces.write().insert(name.to_owned(), space.clone());
        Ok(space)
    }
}

impl Pairs for Lsm {
    fn value(&self, space: &str, key: &[u8]) -> Result<Option<Bytes>, DiskError> {
        let value = self.space(space)?.get(key).map_err(|why| broken(self.place(space), why))?;
        Ok(value.map(|value| Bytes::copy_from_slice(&value)))
    }

    fn scan(&self, space: &str, from: Bound<Vec<u8>>, to: Bound<Vec<u8>>) -> Result<Scan, DiskError> {
        let place = self.place(space);
        let pairs = self.space(space)?.range::<Vec<u8>, _>((from, to));
        Ok(Box::new(pairs.map(move |pair| {
            let (key, value) = pair.into_inner().map_err(|why| broken(place.clone(), why))?;
            Ok((Bytes::copy_from_slice(&key), Bytes::copy_from_slice(&value)))
        })))
    }

    fn commit(&self, writes: Vec<Write>) -> Result<(), DiskError> {
        let mut batch = self.database.batch().durability(Some(PersistMode::SyncAll));
        for Write { space: name, key, value } in writes {
            let space = self.space(&name)?;
            match value {
                Some(value) => batch.insert(&space, key, value),
                None => batch.remove(&space, key),
            }
            passed(match name.as_str() {
                STATE => "a pair is in the batch",
                BLOCKS => "the block is in the batch",
                RESULTS => "the results are in the batch",
                ABOUT => "the head is in the batch",
                _ => "an index entry is in the batch",
            });
        }
        passed("the batch is whole");
        batch
            .commit()
            .map_err(|why| DiskError::WriteFailed { place: self.path.display().to_string(), reason: said(&why) })
    }

    #[cfg(test)]
    fn settle(&self) {
        for space in self.spaces.read().values() {
            space.rotate_memtable_and_wait().unwrap();
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
