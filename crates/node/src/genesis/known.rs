//! The genesis file of a home whose chain has begun: it is known again by the hash of its bytes.
//!
//! A genesis may have millions of rows, of which a chain that has begun needs none. So the file is parsed once; later starts compare
//! the hash of its bytes with the one on the disk and take the frame of the document from there. A file that was written anew, in another layout,
//! is parsed again.

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::GenesisDoc;
use crate::disk::{Disk, DiskError};

/// The value of the disk that holds a [`Known`].
const KNOWN: &str = "genesis_file";

#[derive(Serialize, Deserialize)]
struct Known {
    sha256: String,
    /// The document without its state.
    frame: Value,
}

/// The document of `path`: without its state if it is the file that the chain of this disk began with.
///
/// # Errors
/// The file cannot be read, or says which field is wrong.
pub fn read(disk: &Disk, path: &Path) -> Result<GenesisDoc> {
    let known = disk.meta(KNOWN)?.and_then(|bytes| serde_json::from_slice::<Known>(&bytes).ok());
    let doc = match known {
        Some(known) if hash(path)? == known.sha256 => GenesisDoc::parse(known.frame)?,
        _ => GenesisDoc::read(path)?,
    };
    Ok(GenesisDoc { file: Some(path.to_owned()), ..doc })
}

/// Remembers the file of a document that the chain of this disk began with, and lets its state go: the file has it.
///
/// # Errors
/// The disk failed.
pub fn remember(disk: &Disk, doc: &mut GenesisDoc) -> Result<(), DiskError> {
    let Some(path) = doc.file.as_ref().filter(|_| !doc.is_frame()) else { return Ok(()) };
    // A file that cannot be read now is parsed at the next start, which then says why it cannot.
    let Ok(sha256) = hash(path) else { return Ok(()) };
    doc.app_state = json!({});
    let known = json!(Known { sha256, frame: doc.to_json() });
    disk.set_meta(KNOWN, known.to_string().as_bytes())
}

fn hash(path: &Path) -> Result<String> {
    let place = || format!("the genesis file {} cannot be read", path.display());
    let mut file = BufReader::with_capacity(1 << 20, File::open(path).with_context(place)?);
    let (mut hasher, mut piece) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut piece).with_context(place)? {
            0 => return Ok(hex::encode(hasher.finalize())),
            read => hasher.update(piece.get(..read).unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Engine, stores};
    use crate::keys::validator::development_seed;

    #[test]
    fn a_genesis_file_is_known_again_without_its_state_and_another_layout_of_it_as_well() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("genesis.json");
        let (data, seed) = (folder.path().join("data"), development_seed());
        let time = entente_kernel::Timestamp::from_secs(1_800_000_000);
        let written = crate::genesis::dev::document("known-1", time, &[seed]).unwrap();
        written.write(&file).unwrap();
        let start = || {
            let (disk, loaded) = Disk::open(&data, stores()).unwrap();
            let doc = read(&disk, &file).unwrap();
            let frame = doc.is_frame();
            let engine = Engine::open(disk, loaded, doc, vec![seed]).map_err(|halt| halt.to_string())?;
            assert!(engine.doc().is_frame());
            assert_eq!(engine.doc().whole().unwrap(), GenesisDoc { file: Some(file.clone()), ..written.clone() });
            Ok::<_, String>(frame)
        };
        assert_eq!((start(), start()), (Ok(false), Ok(true)));

        std::fs::write(&file, written.to_json().to_string()).unwrap();
        assert_eq!((start(), start()), (Ok(false), Ok(true)));

        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, text.replacen("\"max_validators\":100", "\"max_validators\":101", 1)).unwrap();
        let refused = start().unwrap_err();
        assert!(refused.contains("is not the one that known-1 began with"), "{refused}");
    }
}
