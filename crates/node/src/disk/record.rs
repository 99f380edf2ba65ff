//! Records that know whether they are whole: a checksum over table, key and bytes follows the bytes.

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::DiskError;

const SUM_BYTES: usize = 8;

fn sum(space: &str, key: &[u8], bytes: &[u8]) -> [u8; SUM_BYTES] {
    let mut hasher = Sha256::new();
    hasher.update((space.len() as u64).to_be_bytes());
    hasher.update(space);
    hasher.update((key.len() as u64).to_be_bytes());
    hasher.update(key);
    hasher.update(bytes);
    let [a, b, c, d, e, f, g, h, ..]: [u8; 32] = hasher.finalize().into();
    [a, b, c, d, e, f, g, h]
}

pub(super) fn seal(space: &str, key: &[u8], bytes: &[u8]) -> Vec<u8> {
    [bytes, &sum(space, key, bytes)].concat()
}

pub(super) fn unseal(space: &str, key: &[u8], sealed: Bytes) -> Result<Bytes, DiskError> {
    let Some(len) = sealed.len().checked_sub(SUM_BYTES) else {
        return Err(damaged(space, key, "is too short"));
    };
    let (bytes, found) = sealed.split_at(len);
    if found != sum(space, key, bytes) {
        return Err(damaged(space, key, "does not match its checksum"));
    }
    Ok(sealed.slice(..len))
}

/// Names a record as a person would look for it: heights as numbers, names as text, other keys in hex.
pub(super) fn damaged(space: &str, key: &[u8], reason: &str) -> DiskError {
    let record = match (super::height_of(key), std::str::from_utf8(key)) {
        (Some(height), _) if !space.starts_with(super::TABLES) => format!("of height {height}"),
        (_, Ok(name)) if name.chars().all(|c| c.is_ascii_graphic()) => format!("'{name}'"),
        _ => hex::encode(key),
    };
    DiskError::RecordDamaged { table: space.to_owned(), record, reason: reason.to_owned() }
}
