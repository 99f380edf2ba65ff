//! One step back: what the last blocks changed, the other way round, so that a node whose last block went wrong can execute it again.

use bytes::Bytes;
use entente_chain::{Commit, Snapshot};
use entente_proto::tendermint::state as stored;
use prost::Message as _;

use crate::disk::{self, Disk, Loaded};
use crate::engine::Halt;
use crate::engine::archive::{Archive, entries_after, standing_entries};
use crate::engine::block::no_commit;
use crate::engine::state::Standing;

const UNDO: &str = "table.undo";
/// Blocks that can be undone.
const KEPT: i64 = 16;

type Changes = Vec<(u8, Bytes, Option<Bytes>)>;

/// The table entry that undoes a commit on the state `before`.
pub(super) fn entry(before: &Snapshot, standing: &Standing, commit: &Commit) -> (&'static str, Bytes, Bytes) {
    let standing = standing.to_stored().encode_to_vec();
    let mut bytes = commit.height.to_be_bytes().to_vec();
    put(&mut bytes, &standing);
    for (store, key, _) in &commit.changes {
        bytes.push(*store);
        put(&mut bytes, key);
        match before.forest.get(*store, key) {
            Some(value) => put(&mut bytes, &value),
            // No value is empty.
            None => put(&mut bytes, &[]),
        }
    }
    (UNDO, slot(commit.height), bytes.into())
}

fn slot(height: i64) -> Bytes {
    Bytes::copy_from_slice(&(height % KEPT).to_be_bytes())
}

fn put(bytes: &mut Vec<u8>, part: &[u8]) {
    bytes.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend_from_slice(part);
}

fn parts(bytes: &[u8], height: i64) -> Option<(Standing, Changes)> {
    let (found, mut rest) = bytes.split_at_checked(8)?;
    if i64::from_be_bytes(found.try_into().ok()?) != height {
        return None;
    }
    let standing = Standing::from_stored(stored::State::decode(take(&mut rest)?).ok()?)?;
    let mut changes = Vec::new();
    while let Some((store, after)) = rest.split_first() {
        rest = after;
        let key = Bytes::copy_from_slice(take(&mut rest)?);
        let value = Some(Bytes::copy_from_slice(take(&mut rest)?)).filter(|v| !v.is_empty());
        changes.push((*store, key, value));
    }
    Some((standing, changes))
}

fn take<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, after) = rest.split_at_checked(4)?;
    let length = u32::from_be_bytes(length.try_into().ok()?);
    let (part, after) = after.split_at_checked(usize::try_from(length).ok()?)?;
    *rest = after;
    Some(part)
}

/// Takes the last block back; the answer is the height and app hash of the state then.
///
/// # Errors
/// What undoes the block is not there, or does not lead to the state of then.
pub fn undo(disk: &Disk, loaded: Loaded, initial_height: i64) -> Result<(i64, [u8; 32]), Halt> {
    let height = loaded.height;
    let none = || {
        Halt(format!(
            "block {height} cannot be undone: the last {KEPT} blocks that were executed here can, but not a genesis or a restored state"
        ))
    };
    let bytes = disk.table_value(UNDO, &slot(height))?.ok_or_else(none)?;
    let (standing, changes) = parts(&bytes, height).ok_or_else(none)?;
    let mut forest = loaded.forest;
    forest.apply(changes.iter().cloned()).map_err(|e| Halt(format!("block {height} cannot be undone: {e}")))?;
    let app_hash = forest.root();
    if app_hash.as_slice() != standing.app_hash {
        let (found, wanted) = (hex::encode(app_hash), hex::encode(&standing.app_hash));
        return Err(Halt(format!("undoing block {height} leads to app hash {found}, not to {wanted}")));
    }
    let archive = Archive::new(disk.clone(), initial_height);
    let back = disk::Block {
        height: standing.height,
        app_hash,
        roots: forest.store_roots(),
        changes,
        tables: standing_entries(Some(&standing), &standing, &no_commit()),
        ..disk::Block::default()
    };
    disk.rewind(back, entries_after(&archive, standing.height)?)?;
    Ok((standing.height, app_hash))
}
