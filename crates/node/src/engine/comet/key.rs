//! The validator's key and what it has signed: a node whose signing record was lost or put back must not sign again.
//!
//! CometBFT remembers the last height that it signed in `data/priv_validator_state.json`. With every block we remember, besides, the
//! last height at which a vote of this node's own key was counted. A record that is older than that vote was restored from somewhere, and
//! signing on from it is how validators sign twice and are slashed for it.

use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail};
use bytes::Bytes;
use serde_json::{Value, json};

use crate::disk::{Disk, DiskError};

/// The last height at which a vote of this node's key was counted.
const OWN_VOTE: &str = "table.own_vote";
const LAST: &[u8] = b"last";

/// The table entry that remembers a counted vote.
pub(super) fn own_vote_entry(height: i64) -> (&'static str, Bytes, Bytes) {
    (OWN_VOTE, Bytes::from_static(LAST), Bytes::copy_from_slice(&height.to_be_bytes()))
}

/// # Errors
/// The disk fails.
pub fn last_own_vote(disk: &Disk) -> Result<Option<i64>, DiskError> {
    let found = disk.table_value(OWN_VOTE, LAST)?;
    Ok(found.and_then(|bytes| Some(i64::from_be_bytes(bytes.as_ref().try_into().ok()?))))
}

/// Makes the signing record of a node that never signed, and refuses one that is missing or too old.
///
/// # Errors
/// Says what is wrong and what to do.
pub fn check_signing_record(file: &Path, disk: &Disk) -> Result<()> {
    let place = file.display();
    let voted = last_own_vote(disk)?;
    if !file.exists() {
        let height = disk.newest_height().unwrap_or_default();
        if let Some(voted) = voted {
            bail!(
                "{place} is missing, but this validator voted at height {voted}: without the record it could sign a height twice and be slashed; put the file back from where it went, or, if no other node has this key, write {{\"height\": \"{height}\", \"round\": 0, \"step\": 3}} into it and wait until the chain is past height {height}"
            );
        }
        if height > 0 {
            bail!(
                "{place} is missing, but the chain is at height {height}: if this node's key was never used to sign, write {{\"height\": \"0\", \"round\": 0, \"step\": 0}} into it; else put the file back"
            );
        }
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("the folder {} cannot be made", folder.display()))?;
        }
        return crate::keys::write_secret(file, fresh_record().as_bytes());
    }
    let text = std::fs::read(file).with_context(|| format!("{place} cannot be read"))?;
    let record: Value = serde_json::from_slice(&text).map_err(|e| anyhow!("{place} is not JSON: {e}"))?;
    let signed = record.get("height").and_then(|h| h.as_i64().or_else(|| h.as_str()?.parse().ok()));
    let signed = signed.ok_or_else(|| anyhow!("{place} does not say what height was signed last"))?;
    match voted {
        Some(voted) if signed < voted => bail!(
            "{place} says that height {signed} was signed last, but a vote of this validator at height {voted} was counted: the file is older than the blocks, and signing on from it could sign a height twice and be slashed; put back the newest copy"
        ),
        _ => Ok(()),
    }
}

/// The record of a key that never signed.
pub fn fresh_record() -> String {
    json!({ "height": "0", "round": 0, "step": 0 }).to_string() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::stores;

    fn disk(votes: impl IntoIterator<Item = i64>, height: i64) -> Disk {
        let disk = Disk::ephemeral(stores());
        disk.claim("a-1").unwrap();
        let tables = votes.into_iter().map(own_vote_entry).collect();
        disk.commit(crate::disk::Block { height, tables, ..crate::disk::Block::default() }).unwrap();
        disk
    }

    #[test]
    fn a_node_does_not_sign_without_a_record_that_is_as_new_as_its_votes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("data").join("priv_validator_state.json");
        let said = |disk: &Disk| check_signing_record(&file, disk).unwrap_err().to_string();
        assert!(said(&disk([], 5)).contains("is missing, but the chain is at height 5"));
        assert!(said(&disk([4], 5)).contains("is missing, but this validator voted at height 4"));
        check_signing_record(&file, &Disk::ephemeral(stores())).unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), fresh_record());
        assert!(
            said(&disk([4], 5))
                .contains("says that height 0 was signed last, but a vote of this validator at height 4")
        );
        // A full node never signs.
        check_signing_record(&file, &disk([], 5)).unwrap();
        std::fs::write(&file, r#"{"height":"4","round":0,"step":3}"#).unwrap();
        check_signing_record(&file, &disk([4], 5)).unwrap();
        std::fs::write(&file, "{").unwrap();
        assert!(said(&disk([4], 5)).contains("is not JSON"));
    }
}
