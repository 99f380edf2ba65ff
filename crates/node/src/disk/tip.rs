//! A note of the last durable block outside the storage engine, so that a store that lost its end is noticed.
//!
//! Two notes of 64 bytes are written in turn; a note that was torn by a crash is ignored, the other one is one block
//! older. Notes are written after the block is durable, so a note is never ahead of an undamaged store.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::DiskError;
use super::record::{seal, unseal};

const NOTE_BYTES: usize = 64;

pub(super) struct Tip {
    path: PathBuf,
    file: File,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Noted {
    pub height: i64,
    pub app_hash: [u8; 32],
}

impl Tip {
    pub fn open(path: &Path) -> Result<Tip, DiskError> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let file = file.map_err(|source| DiskError::Io { place: path.display().to_string(), source })?;
        Ok(Tip { path: path.to_owned(), file })
    }

    /// The newer of the two notes.
    pub fn noted(&self) -> Option<Noted> {
        [0, 1].into_iter().filter_map(|slot| self.read(slot)).max_by_key(|noted| noted.height)
    }

    fn read(&self, slot: u64) -> Option<Noted> {
        let mut bytes = [0; 8 + 32 + 8];
        self.file.read_exact_at(&mut bytes, slot * NOTE_BYTES as u64).ok()?;
        let bytes = unseal("tip", &[], Bytes::copy_from_slice(&bytes)).ok()?;
        let (height, app_hash) = bytes.split_at_checked(8)?;
        Some(Noted { height: i64::from_be_bytes(height.try_into().ok()?), app_hash: app_hash.try_into().ok()? })
    }

    pub fn note(&self, noted: &Noted) -> Result<(), DiskError> {
        self.write(noted.height.unsigned_abs() % 2, noted)
    }

    /// Overwrites both notes.
    pub fn note_alone(&self, noted: &Noted) -> Result<(), DiskError> {
        self.write(0, noted)?;
        self.write(1, noted)
    }

    fn write(&self, slot: u64, noted: &Noted) -> Result<(), DiskError> {
        let bytes = seal("tip", &[], &[&noted.height.to_be_bytes()[..], &noted.app_hash].concat());
        #[cfg(test)]
        self.write_half(slot, &bytes);
        self.file
            .write_all_at(&bytes, slot * NOTE_BYTES as u64)
            .map_err(|source| DiskError::Io { place: self.path.display().to_string(), source })
    }

    /// What a machine that loses power may leave behind.
    #[cfg(test)]
    fn write_half(&self, slot: u64, bytes: &[u8]) {
        let _ = self.file.write_all_at(&bytes[..bytes.len() / 2], slot * NOTE_BYTES as u64);
        crate::steps::passed("the tip is half noted");
    }
}
