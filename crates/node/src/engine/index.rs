//! What a block adds to the index tables, and searches over them.
//!
//! # Compatibility
//! As in CometBFT 0.38, the conditions of a search, other than on the height, must hold in one and the same event.

use std::ops::{Bound, RangeInclusive};

use bytes::Bytes;
use entente_kernel::crypto::sha256;
use entente_kernel::num::Dec;
use entente_proto::tendermint::abci::{Event, ResponseFinalizeBlock};
use entente_proto::tendermint::types::Block;

use super::archive::Archive;
use super::filter::{Condition, Filter, Op, Operand};
use crate::disk::DiskError;

/// Hash of a block → height.
pub const BLOCK_HASH: &str = "table.block_hash";
/// Hash of a transaction → height and place.
pub const TX_HASH: &str = "table.tx_hash";
/// Hash of tag and value, height → places, four bytes each. One entry for all transactions of a block that have the value.
const TX_EVENT: &str = "table.tx_event";
/// Hash of tag and value, height.
const BLOCK_EVENT: &str = "table.block_event";

/// Bytes of the hash of a tag and a value in a key.
const TAG_BYTES: usize = 16;

/// Blocks whose results one search may read.
pub const BLOCKS_READ_MAX: usize = 20_000;

/// Why a search has no answer.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    #[error(transparent)]
    Disk(#[from] DiskError),
    #[error(
        "the search would read more than {BLOCKS_READ_MAX} blocks; bound it by tx.height or block.height, or ask for one value with ="
    )]
    TooWide,
}

/// Reads results for one search.
struct Reader<'a> {
    archive: &'a Archive,
    left: usize,
}

impl<'a> Reader<'a> {
    fn new(archive: &'a Archive) -> Self {
        Self { archive, left: BLOCKS_READ_MAX }
    }

    fn results(&mut self, height: i64) -> Result<Option<ResponseFinalizeBlock>, SearchError> {
        self.left = self.left.checked_sub(1).ok_or(SearchError::TooWide)?;
        Ok(self.archive.results(height)?)
    }
}

type Entry = (&'static str, Bytes, Bytes);

/// The index entries of a block.
pub fn entries(block_hash: &[u8], height: i64, block: &Block, results: &ResponseFinalizeBlock) -> Vec<Entry> {
    let (mut text, mut tags) = (Vec::new(), Vec::new());
    let txs = block.data.iter().flat_map(|data| &data.txs).zip(&results.tx_results).zip(0u32..);
    for ((_, result), place) in txs.clone() {
        tags_of(&result.events, &mut text, |tag| tags.push((tag, place)));
    }
    tags.sort_unstable();
    tags.dedup();
    let at = height.to_be_bytes();
    let mut entries = Vec::with_capacity(results.tx_results.len() + tags.len() + 1);
    entries.push((BLOCK_HASH, Bytes::copy_from_slice(block_hash), Bytes::copy_from_slice(&at)));
    for ((tx, _), place) in txs {
        entries.push((
            TX_HASH,
            Bytes::copy_from_slice(&sha256(tx)),
            Bytes::copy_from_slice(&place_bytes(height, place)),
        ));
    }
    for with_tag in tags.chunk_by(|(one, _), (next, _)| one == next) {
        let Some((tag, _)) = with_tag.first() else { continue };
        let places: Vec<u8> = with_tag.iter().flat_map(|(_, place)| place.to_be_bytes()).collect();
        entries.push((TX_EVENT, [&tag[..], &at].concat().into(), places.into()));
    }
    let mut tags = Vec::new();
    tags_of(&results.events, &mut text, |tag| tags.push(tag));
    tags.sort_unstable();
    tags.dedup();
    entries.extend(tags.iter().map(|tag| (BLOCK_EVENT, [&tag[..], &at].concat().into(), Bytes::new())));
    entries
}

/// The tag of each attribute that is to be found, put together in `text`.
fn tags_of(events: &[Event], text: &mut Vec<u8>, mut found: impl FnMut([u8; TAG_BYTES])) {
    for event in events {
        for attribute in event.attributes.iter().filter(|attribute| attribute.index) {
            found(tag_hash(&[&event.r#type, ".", &attribute.key], &attribute.value, text));
        }
    }
}

/// The hash of a tag, given in parts, and a value.
fn tag_hash(tag: &[&str], value: &str, text: &mut Vec<u8>) -> [u8; TAG_BYTES] {
    text.clear();
    tag.iter().for_each(|part| text.extend_from_slice(part.as_bytes()));
    text.push(0);
    text.extend_from_slice(value.as_bytes());
    sha256(text).first_chunk().copied().unwrap_or_default()
}

fn place_bytes(height: i64, place: u32) -> [u8; 12] {
    let mut bytes = [0; 12];
    let (left, right) = bytes.split_at_mut(8);
    left.copy_from_slice(&height.to_be_bytes());
    right.copy_from_slice(&place.to_be_bytes());
    bytes
}

/// Height and place from the twelve bytes at the end of a key or in a value.
pub fn place_of(bytes: &[u8]) -> Option<(i64, u32)> {
    let (height, place) = bytes.get(bytes.len().checked_sub(12)?..)?.split_at_checked(8)?;
    Some((i64::from_be_bytes(height.try_into().ok()?), u32::from_be_bytes(place.try_into().ok()?)))
}

fn height_of(bytes: &[u8]) -> Option<i64> {
    Some(i64::from_be_bytes(*bytes.last_chunk()?))
}

/// The transactions that fit, oldest first, as height and place.
///
/// # Errors
/// If the disk fails, or too much would have to be read.
pub fn transactions(archive: &Archive, filter: &Filter) -> Result<Vec<(i64, u32)>, SearchError> {
    if let Some(hash) = filter.conditions.iter().find(|c| c.tag == "tx.hash" && c.op == Op::Equal) {
        let Operand::Text(text) = &hash.operand else { return Ok(Vec::new()) };
        let found = hex::decode(text).ok().map(|hash| archive.place_of_tx(&hash)).transpose()?.flatten();
        return Ok(found.into_iter().collect());
    }
    let heights = heights(filter, "tx.height", archive);
    let wanted: Vec<&Condition> = filter
        .conditions
        .iter()
        .filter(|c| !(c.tag == "tx.height" && c.op != Op::Exists || c.tag == "tm.event"))
        .collect();
    let mut reader = Reader::new(archive);
    let candidates = match equal_text(&wanted) {
        Some(tag) => {
            let from = [&tag[..], &heights.start().to_be_bytes()].concat();
            let to = [&tag[..], &heights.end().to_be_bytes()].concat();
            let found = archive.disk().table_range(TX_EVENT, Bound::Included(&from), Bound::Included(&to))?;
            let mut places = Vec::new();
            for pair in found {
                let (key, value) = pair?;
                let Some(height) = height_of(&key) else { continue };
                places.extend(value.as_chunks().0.iter().map(|place| (height, u32::from_be_bytes(*place))));
            }
            places
        }
        None => all_places(&mut reader, &heights)?,
    };
    if is_answered_by_index(&wanted) {
        return Ok(candidates);
    }
    let mut found = Vec::new();
    let mut results: Option<(i64, ResponseFinalizeBlock)> = None;
    for (height, place) in candidates {
        if results.as_ref().is_none_or(|(h, _)| *h != height) {
            results = reader.results(height)?.map(|r| (height, r));
        }
        let result = results.as_ref().and_then(|(_, r)| r.tx_results.get(usize::try_from(place).unwrap_or(usize::MAX)));
        if result.is_some_and(|r| one_event_holds(&wanted, &r.events)) {
            found.push((height, place));
        }
    }
    Ok(found)
}

/// The heights of the blocks that fit, oldest first.
///
/// # Errors
/// If the disk fails, or too much would have to be read.
pub fn blocks(archive: &Archive, filter: &Filter) -> Result<Vec<i64>, SearchError> {
    let heights = heights(filter, "block.height", archive);
    let wanted: Vec<&Condition> =
        filter.conditions.iter().filter(|c| !(c.tag == "block.height" || c.tag == "tm.event")).collect();
    let candidates: Vec<i64> = match equal_text(&wanted) {
        Some(tag) => {
            let from = [&tag[..], &heights.start().to_be_bytes()].concat();
            let to = [&tag[..], &heights.end().to_be_bytes()].concat();
            archive
                .keys_between(BLOCK_EVENT, Bound::Included(&from), Bound::Included(&to))?
                .iter()
                .filter_map(|k| height_of(k))
                .collect()
        }
        None => heights.collect(),
    };
    if is_answered_by_index(&wanted) {
        return Ok(candidates);
    }
    let mut reader = Reader::new(archive);
    let mut found = Vec::new();
    for height in candidates {
        if reader.results(height)?.is_some_and(|r| one_event_holds(&wanted, &r.events)) {
            found.push(height);
        }
    }
    Ok(found)
}

fn one_event_holds(wanted: &[&Condition], events: &[Event]) -> bool {
    wanted.is_empty() || events.iter().any(|event| wanted.iter().all(|c| c.holds_in(event)))
}

/// Nothing is asked but heights, or one value, which the index knows.
fn is_answered_by_index(wanted: &[&Condition]) -> bool {
    wanted.is_empty() || wanted.len() == 1 && equal_text(wanted).is_some()
}

fn equal_text(wanted: &[&Condition]) -> Option<[u8; TAG_BYTES]> {
    wanted.iter().find_map(|c| match (&c.operand, c.op) {
        (Operand::Text(value), Op::Equal) => Some(tag_hash(&[&c.tag], value, &mut Vec::new())),
        _ => None,
    })
}

fn all_places(reader: &mut Reader<'_>, heights: &RangeInclusive<i64>) -> Result<Vec<(i64, u32)>, SearchError> {
    let mut places = Vec::new();
    for height in heights.clone() {
        let count = reader.results(height)?.map_or(0, |r| r.tx_results.len());
        places.extend((0u32..).take(count).map(|place| (height, place)));
    }
    Ok(places)
}

/// The heights that the conditions on `tag` leave; a range that ends before it begins if they leave none.
fn heights(filter: &Filter, tag: &str, archive: &Archive) -> RangeInclusive<i64> {
    narrowed(filter, tag, archive.base()..=archive.newest())
}

fn narrowed(filter: &Filter, tag: &str, all: RangeInclusive<i64>) -> RangeInclusive<i64> {
    let (mut low, mut high) = all.into_inner();
    for condition in filter.conditions.iter().filter(|c| c.tag == tag) {
        let bounds = match (&condition.operand, condition.op) {
            (_, Op::Exists) => Some((low, high)),
            (Operand::Number(bound), op) => {
                floor_and_ceil(*bound).and_then(|(floor, ceil)| allowed(op, floor, ceil, low, high))
            }
            // No height is a text or a time.
            _ => None,
        };
        let Some((from, to)) = bounds else { return RangeInclusive::new(1, 0) };
        (low, high) = (low.max(from), high.min(to));
    }
    low..=high
}

/// The part of `low..=high` that stands in this order to a bound between `floor` and `ceil`, which are equal for a whole number.
fn allowed(op: Op, floor: i64, ceil: i64, low: i64, high: i64) -> Option<(i64, i64)> {
    match op {
        Op::Equal => (floor == ceil).then_some((floor, floor)),
        Op::Greater => Some((floor.saturating_add(1), high)),
        Op::GreaterOrEqual => Some((ceil, high)),
        Op::Less => Some((low, ceil.saturating_sub(1))),
        Op::LessOrEqual => Some((low, floor)),
        Op::Contains => None,
        Op::Exists => Some((low, high)),
    }
}

fn floor_and_ceil(number: Dec) -> Option<(i64, i64)> {
    let whole = |n: Dec| n.truncate_int().ok()?.to_string().parse().ok();
    let ceil = whole(number.ceil().ok()?)?;
    let exact = number.is_integer();
    Some((if exact { ceil } else { i64::checked_sub(ceil, 1)? }, ceil))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::Disk;
    use crate::engine::stores;

    #[test]
    fn conditions_on_the_height_leave_the_heights_for_which_they_hold() {
        for text in [
            "tx.height = 5",
            "tx.height > 5",
            "tx.height >= 5",
            "tx.height < 5",
            "tx.height <= 5",
            "tx.height > 4.5",
            "tx.height >= 4.5",
            "tx.height < 4.5",
            "tx.height <= 4.5",
            "tx.height = 4.5",
            "tx.height > 3 AND tx.height <= 7",
            "tx.height > 7 AND tx.height < 3",
            "tx.height > 99999999999",
            "tx.height EXISTS",
            "tx.height = 'five'",
            "tx.height CONTAINS 'five'",
        ] {
            let filter = Filter::parse(text).unwrap();
            let holds = |h: &i64| filter.conditions.iter().all(|c| c.holds(&h.to_string()));
            let wanted: Vec<i64> = (2..=9).filter(holds).collect();
            assert_eq!(narrowed(&filter, "tx.height", 2..=9).collect::<Vec<_>>(), wanted, "{text}");
        }
    }

    #[test]
    fn a_search_reads_so_many_blocks_and_no_more() {
        let archive = Archive::new(Disk::ephemeral(stores()), 1);
        let mut reader = Reader { archive: &archive, left: 2 };
        let places = all_places(&mut reader, &(1..=2));
        assert_eq!(places.unwrap(), []);
        let error = all_places(&mut reader, &(3..=3)).unwrap_err();
        assert!(error.to_string().contains("bound it by tx.height"), "{error}");
    }
}
