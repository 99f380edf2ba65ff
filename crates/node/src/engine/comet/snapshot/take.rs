//! Taking a snapshot of a state.

use std::io::Write as _;
use std::ops::Bound;

use anyhow::{Context as _, Result, anyhow};
use entente_kernel::crypto::sha256;
use entente_kernel::tree::Forest;
use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::store::{Meta, Store};
use super::{CHUNK_BYTES_MAX, CHUNKS_MAX, FORMAT};

/// Writes the state of a height as a snapshot into `store`.
///
/// # Errors
/// The folder cannot be written, or the state is larger than snapshots may be.
pub fn take(store: &Store, height: i64, forest: &Forest) -> Result<Meta> {
    let draft = store.draft(height)?;
    let mut chunks = Chunks { draft: &draft, raw: Vec::new(), hashes: Vec::new() };
    let mut stores: Vec<u8> = forest.stores().iter().map(|s| s.index).collect();
    stores.sort_unstable();
    let mut buffer = Vec::new();
    for index in stores {
        for (key, value) in forest.range(index, Bound::Unbounded, Bound::Unbounded) {
            chunks.push(&record(index, key.joined(&mut buffer), &value)?)?;
        }
    }
    chunks.cut()?;
    let metadata = chunks.hashes.concat();
    let meta = Meta {
        height,
        format: FORMAT,
        chunks: u32::try_from(chunks.hashes.len())?,
        hash: sha256(&metadata).to_vec(),
        metadata,
        app_hash: forest.root().to_vec(),
    };
    store.finish(&draft, &meta)?;
    Ok(meta)
}

/// A pair as it lies in a chunk.
fn record(store: u8, key: &[u8], value: &[u8]) -> Result<Vec<u8>> {
    let key_len = u16::try_from(key.len()).context("a key is too long for a snapshot")?;
    let value_len = u32::try_from(value.len()).context("a value is too long for a snapshot")?;
    Ok([&[store][..], &key_len.to_be_bytes(), key, &value_len.to_be_bytes(), value].concat())
}

struct Chunks<'a> {
    draft: &'a std::path::Path,
    raw: Vec<u8>,
    hashes: Vec<[u8; 32]>,
}

impl Chunks<'_> {
    fn push(&mut self, record: &[u8]) -> Result<()> {
        if self.raw.len().saturating_add(record.len()) > CHUNK_BYTES_MAX {
            self.cut()?;
        }
        if record.len() > CHUNK_BYTES_MAX {
            return Err(anyhow!("a value of {} bytes is too long for a snapshot", record.len()));
        }
        self.raw.extend_from_slice(record);
        Ok(())
    }

    /// Ends a chunk, if it holds anything.
    fn cut(&mut self) -> Result<()> {
        if self.raw.is_empty() {
            return Ok(());
        }
        let number = u32::try_from(self.hashes.len())?;
        anyhow::ensure!(number < CHUNKS_MAX, "the state is larger than {CHUNKS_MAX} chunks");
        let mut deflated = DeflateEncoder::new(Vec::new(), Compression::fast());
        deflated.write_all(&self.raw)?;
        let deflated = deflated.finish()?;
        self.hashes.push(sha256(&deflated));
        self.raw.clear();
        let path = self.draft.join(number.to_string());
        std::fs::write(&path, deflated).with_context(|| format!("the file {} cannot be written", path.display()))
    }
}
