//! What the engine remembers of the past: blocks, results, validators and parameters by height.

use std::ops::Bound;

use bytes::Bytes;
use entente_proto::tendermint::abci::ResponseFinalizeBlock;
use entente_proto::tendermint::types::{self as wire, Block};
use prost::Message as _;

use super::block;
use super::comet::companion::Companion;
use super::index;
use super::state::Standing;
use super::validators::ValidatorSet;
use crate::disk::{Disk, DiskError};

/// Height → validator set. A height without entry has the set of the one before, some turns later.
const VALIDATORS: &str = "table.validators";
/// Height → consensus parameters, where they changed.
const PARAMS: &str = "table.params";
/// Where consensus stands, and the newest commit.
const STANDING: &str = "table.standing";
const STANDING_KEY: &[u8] = b"standing";
const SEEN_KEY: &[u8] = b"seen";
/// The fingerprint of the genesis document that the chain began with.
const GENESIS_KEY: &[u8] = b"genesis";
/// Validator sets are written at least this often, so that turns need not be counted from far away.
const VALIDATORS_EVERY: i64 = 1_000;

#[derive(Clone)]
pub struct Archive {
    disk: Disk,
    initial_height: i64,
    /// Who keeps the blocks, if it is not the disk.
    companion: Option<Companion>,
}

type Entry = (&'static str, Bytes, Bytes);

impl Archive {
    pub fn new(disk: Disk, initial_height: i64) -> Self {
        Self { disk, initial_height, companion: None }
    }

    /// The archive of a node whose blocks another program keeps.
    pub fn beside(disk: Disk, initial_height: i64, companion: Companion) -> Self {
        Self { disk, initial_height, companion: Some(companion) }
    }

    /// The CometBFT that keeps the blocks, if there is one.
    pub fn companion(&self) -> Option<&Companion> {
        self.companion.as_ref()
    }

    pub fn disk(&self) -> &Disk {
        &self.disk
    }

    /// The first height whose block is there.
    pub fn base(&self) -> i64 {
        self.disk.oldest_height().unwrap_or_default().max(self.initial_height)
    }

    /// The last height.
    pub fn newest(&self) -> i64 {
        self.disk.newest_height().unwrap_or_default()
    }

    pub fn block_bytes(&self, height: i64) -> Result<Option<Bytes>, DiskError> {
        if height < self.initial_height { Ok(None) } else { self.disk.block(height) }
    }

    pub fn block(&self, height: i64) -> Result<Option<Block>, DiskError> {
        if let Some(companion) = &self.companion {
            let asked = height >= self.initial_height && height <= self.newest();
            return if asked { Ok(companion.block(height)?) } else { Ok(None) };
        }
        self.block_bytes(height)?.map(|bytes| decoded("blocks", height, &bytes)).transpose()
    }

    pub fn results(&self, height: i64) -> Result<Option<ResponseFinalizeBlock>, DiskError> {
        if height < self.initial_height {
            return Ok(None);
        }
        self.disk.results(height)?.map(|bytes| decoded("results", height, &bytes)).transpose()
    }

    pub fn height_of_block(&self, hash: &[u8]) -> Result<Option<i64>, DiskError> {
        let found = self.disk.table_value(index::BLOCK_HASH, hash)?;
        Ok(found.and_then(|bytes| Some(i64::from_be_bytes(bytes.as_ref().try_into().ok()?))))
    }

    pub fn place_of_tx(&self, hash: &[u8]) -> Result<Option<(i64, u32)>, DiskError> {
        Ok(self.disk.table_value(index::TX_HASH, hash)?.and_then(|bytes| index::place_of(&bytes)))
    }

    pub fn keys_between(
        &self,
        table: &'static str,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
    ) -> Result<Vec<Bytes>, DiskError> {
        self.disk.table_range(table, from, to)?.map(|pair| pair.map(|(key, _)| key)).collect()
    }

    /// The validators of a height, with whose turn it was.
    pub fn validators(&self, height: i64) -> Result<Option<ValidatorSet>, DiskError> {
        let Some((changed, bytes)) = self.last_entry(VALIDATORS, height)? else { return Ok(None) };
        let set: wire::ValidatorSet = decoded(VALIDATORS, changed, &bytes)?;
        let Some(mut set) = ValidatorSet::from_wire(&set) else { return Ok(None) };
        for _ in changed..height {
            set.rotate(1);
        }
        Ok(Some(set))
    }

    /// The consensus parameters in force for the block of a height.
    pub fn params(&self, height: i64) -> Result<Option<wire::ConsensusParams>, DiskError> {
        let found = self.last_entry(PARAMS, height)?;
        found.map(|(changed, bytes)| decoded(PARAMS, changed, &bytes)).transpose()
    }

    fn last_entry(&self, table: &'static str, height: i64) -> Result<Option<(i64, Bytes)>, DiskError> {
        let to = height.to_be_bytes();
        let last = self.disk.table_range(table, Bound::Unbounded, Bound::Included(&to))?.next_back().transpose()?;
        Ok(last.and_then(|(key, value)| Some((i64::from_be_bytes(key.as_ref().try_into().ok()?), value))))
    }

    /// The fingerprint of the genesis document that the chain began with.
    pub fn genesis_fingerprint(&self) -> Result<Option<Bytes>, DiskError> {
        self.disk.table_value(STANDING, GENESIS_KEY)
    }

    pub fn standing(&self) -> Result<Option<(Standing, wire::Commit)>, DiskError> {
        let (standing, seen) =
            (self.disk.table_value(STANDING, STANDING_KEY)?, self.disk.table_value(STANDING, SEEN_KEY)?);
        let (Some(standing), Some(seen)) = (standing, seen) else { return Ok(None) };
        let seen = decoded(STANDING, 0, &seen)?;
        Ok(Standing::from_stored(decoded(STANDING, 0, &standing)?).map(|standing| (standing, seen)))
    }
}

/// The entry by which a node knows the genesis document that its chain began with.
pub fn genesis_entry(fingerprint: &[u8; 32]) -> Entry {
    (STANDING, Bytes::from_static(GENESIS_KEY), Bytes::copy_from_slice(fingerprint))
}

/// The entries that let a node go on after `standing`, whose newest commit is `seen`. `before` is absent at genesis.
pub fn standing_entries(before: Option<&Standing>, standing: &Standing, seen: &wire::Commit) -> Vec<Entry> {
    let mut entries = vec![
        (STANDING, Bytes::from_static(STANDING_KEY), standing.to_stored().encode_to_vec().into()),
        (STANDING, Bytes::from_static(SEEN_KEY), seen.encode_to_vec().into()),
    ];
    let mut validators = |height: i64, set: &ValidatorSet| {
        entries.push((VALIDATORS, Bytes::copy_from_slice(&height.to_be_bytes()), set.to_wire().encode_to_vec().into()));
    };
    let next = standing.height + 2;
    match before {
        None => {
            validators(standing.height + 1, &standing.validators);
            validators(next, &standing.next_validators);
        }
        Some(before)
            if before.next_validators.rotated(1) != standing.next_validators || next % VALIDATORS_EVERY == 0 =>
        {
            validators(next, &standing.next_validators);
        }
        Some(_) => {}
    }
    if before.is_none_or(|before| before.params != standing.params) {
        let height = (standing.height + 1).to_be_bytes();
        entries.push((PARAMS, Bytes::copy_from_slice(&height), standing.params.encode_to_vec().into()));
    }
    entries
}

/// The keys that [`standing_entries`] may have written for the heights after `height`, to be forgotten when going back.
pub fn entries_after(archive: &Archive, height: i64) -> Result<Vec<(&'static str, Bytes)>, DiskError> {
    let mut keys = Vec::new();
    for (table, last_kept) in [(VALIDATORS, height + 2), (PARAMS, height + 1)] {
        let from = last_kept.to_be_bytes();
        let found = archive.keys_between(table, Bound::Excluded(&from), Bound::Unbounded)?;
        keys.extend(found.into_iter().map(|key| (table, key)));
    }
    for gone in height + 1..=archive.newest() {
        let (Some(block), Some(results)) = (archive.block(gone)?, archive.results(gone)?) else { continue };
        let hash = block.header.as_ref().map(block::header_hash).unwrap_or_default();
        keys.extend(index::entries(&hash, gone, &block, &results).into_iter().map(|(table, key, _)| (table, key)));
    }
    Ok(keys)
}

fn decoded<M: prost::Message + Default>(table: &str, height: i64, bytes: &[u8]) -> Result<M, DiskError> {
    M::decode(bytes).map_err(|why| DiskError::RecordDamaged {
        table: table.to_owned(),
        record: format!("of height {height}"),
        reason: format!("cannot be decoded ({why})"),
    })
}
