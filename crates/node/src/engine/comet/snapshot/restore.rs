//! Restoring a state from chunks that strangers send.

use std::io::Read as _;

use entente_kernel::crypto::sha256;
use entente_kernel::tree::{Builder, Forest, StoreId, TreeError};
use entente_proto::tendermint::abci;
use flate2::read::DeflateDecoder;

use super::{CHUNK_BYTES_MAX, CHUNKS_MAX, FORMAT, HASH_BYTES};

/// What becomes of an offered snapshot.
#[derive(Debug)]
pub enum Offer {
    Accept(Box<Restore>),
    /// Written by another program.
    Format,
    /// Not a snapshot that could be restored.
    Reject(&'static str),
}

/// Why a chunk is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChunkError {
    #[error("chunk {found} came, chunk {wanted} is next")]
    Order { wanted: u32, found: u32 },
    /// The sender lied, or the chunk was cut: another one may have it.
    #[error("chunk {0} is not the one that the snapshot names")]
    Hash(u32),
    /// The snapshot itself is no good.
    #[error("chunk {chunk}: {why}")]
    Content { chunk: u32, why: String },
    #[error("the state of the snapshot has app hash {found}, the chain has {wanted}")]
    AppHash { wanted: String, found: String },
}

/// A restore that is going on.
#[derive(Debug)]
pub struct Restore {
    pub height: i64,
    /// The app hash that the light client vouches for.
    app_hash: Vec<u8>,
    hashes: Vec<u8>,
    chunks: u32,
    next: u32,
    /// The stores that are whole.
    forest: Forest,
    /// The store that is being built.
    store: Option<(u8, Builder)>,
}

impl Restore {
    /// Looks at an offered snapshot whose state must have `app_hash`.
    pub fn offer(snapshot: &abci::Snapshot, app_hash: &[u8], stores: &'static [StoreId]) -> Offer {
        let Ok(height) = i64::try_from(snapshot.height) else { return Offer::Reject("its height is no height") };
        if snapshot.format != FORMAT {
            return Offer::Format;
        }
        if height <= 0 || app_hash.len() != HASH_BYTES {
            return Offer::Reject("it has no height or no app hash");
        }
        if snapshot.chunks == 0 || snapshot.chunks > CHUNKS_MAX {
            return Offer::Reject("the number of its chunks is out of bounds");
        }
        let length = usize::try_from(snapshot.chunks).unwrap_or(usize::MAX).checked_mul(HASH_BYTES);
        if length != Some(snapshot.metadata.len()) || sha256(&snapshot.metadata).as_slice() != snapshot.hash {
            return Offer::Reject("its metadata does not belong to it");
        }
        Offer::Accept(Box::new(Self {
            height,
            app_hash: app_hash.to_vec(),
            hashes: snapshot.metadata.clone(),
            chunks: snapshot.chunks,
            next: 0,
            forest: Forest::new(stores),
            store: None,
        }))
    }

    /// Takes the next chunk; with the last one comes the state, whose app hash is right.
    ///
    /// # Errors
    /// See [`ChunkError`]. After an error of the hash or order the same restore may go on with another chunk.
    pub fn chunk(&mut self, number: u32, bytes: &[u8]) -> Result<Option<Forest>, ChunkError> {
        if number != self.next || number >= self.chunks {
            return Err(ChunkError::Order { wanted: self.next, found: number });
        }
        let wanted = self.hashes.chunks_exact(HASH_BYTES).nth(usize::try_from(number).unwrap_or(usize::MAX));
        if wanted != Some(sha256(bytes).as_slice()) {
            return Err(ChunkError::Hash(number));
        }
        let wrong = |why: String| ChunkError::Content { chunk: number, why };
        self.pairs(bytes).map_err(wrong)?;
        self.next = self.next.saturating_add(1);
        if self.next < self.chunks {
            return Ok(None);
        }
        self.plant().map_err(wrong)?;
        let found = self.forest.root();
        if found.as_slice() != self.app_hash {
            return Err(ChunkError::AppHash { wanted: hex::encode(&self.app_hash), found: hex::encode(found) });
        }
        Ok(Some(std::mem::take(&mut self.forest)))
    }

    /// Builds the pairs of a chunk into the trees.
    fn pairs(&mut self, bytes: &[u8]) -> Result<(), String> {
        let most = u64::try_from(CHUNK_BYTES_MAX).unwrap_or(u64::MAX);
        let mut raw = Vec::new();
        DeflateDecoder::new(bytes)
            .take(most.saturating_add(1))
            .read_to_end(&mut raw)
            .map_err(|e| format!("it cannot be inflated: {e}"))?;
        if raw.len() > CHUNK_BYTES_MAX {
            return Err(format!("inflated it is longer than {CHUNK_BYTES_MAX} bytes"));
        }
        let mut rest = raw.as_slice();
        while !rest.is_empty() {
            let (store, key, value) = record(&mut rest).ok_or("a record is cut")?;
            if self.store.as_ref().is_some_and(|(now, _)| *now > store) {
                return Err("the stores are not in order".to_owned());
            }
            if self.store.as_ref().is_none_or(|(now, _)| *now != store) {
                self.plant()?;
                self.forest.tree(store).ok_or_else(|| format!("there is no store with index {store}"))?;
            }
            let (_, builder) = self.store.get_or_insert_with(|| (store, Builder::new()));
            builder.push(key, value).map_err(|why| match why {
                TreeError::NotAscending { .. } => "the pairs are not in order".to_owned(),
                why => why.to_string(),
            })?;
        }
        Ok(())
    }

    /// Ends the store that is being built.
    fn plant(&mut self) -> Result<(), String> {
        let Some((store, builder)) = self.store.take() else { return Ok(()) };
        self.forest.plant(store, builder.finish()).map_err(|why| why.to_string())
    }
}

fn record<'a>(rest: &mut &'a [u8]) -> Option<(u8, &'a [u8], &'a [u8])> {
    let store = *take(rest, 1)?.first()?;
    let key_len = u16::from_be_bytes(take(rest, 2)?.try_into().ok()?);
    let key = take(rest, key_len.into())?;
    let value_len = u32::from_be_bytes(take(rest, 4)?.try_into().ok()?);
    let value = take(rest, usize::try_from(value_len).ok()?)?;
    Some((store, key, value))
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(length)?;
    *rest = left;
    Some(taken)
}
