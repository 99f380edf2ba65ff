//! The genesis file of a home whose chain has begun: it is known again by the hash of its bytes.
//!
//! A genesis may have millions of rows, of which a chain that has begun needs none. So the file is parsed once; later starts compare
//! the hash of its bytes with the one on the disk and take the frame of the document from there. A file that was written anew, in another layout,
//! is parsed again.
//!
//! A large file is hashed only if it was touched since it was hashed last, by what the file system says of it. Nothing that a node does or says is
//! read from it unseen: the frame lies on the disk, and who asks for the whole genesis gets it compared with what the chain began with.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::GenesisDoc;
use crate::disk::{Disk, DiskError};

/// The value of the disk that holds a [`Known`].
const KNOWN: &str = "genesis_file";
/// Bytes of a file that is hashed at every start. It takes longer to hash a larger one than the clock of a file system takes to tick, so a
/// change after the hash shows in its times.
const ALWAYS_HASHED: u64 = if cfg!(test) { 0 } else { 64 << 20 };

#[derive(Clone, Serialize, Deserialize)]
struct Known {
    sha256: String,
    /// What the file system said of the file before it was hashed, if it is large.
    #[serde(default)]
    seen: Option<Seen>,
    /// The document without its state.
    frame: Value,
}

/// Which file it is, its bytes, and when it was written and changed, in nanoseconds. Whoever writes to it or puts another in its place changes one
/// of these.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Seen {
    file: [u64; 2],
    bytes: u64,
    times: [[i64; 2]; 2],
}

impl Seen {
    /// Of a large file.
    fn of(path: &Path) -> Option<Seen> {
        let file = std::fs::metadata(path).ok()?;
        let times = [[file.mtime(), file.mtime_nsec()], [file.ctime(), file.ctime_nsec()]];
        let seen = Seen { file: [file.dev(), file.ino()], bytes: file.len(), times };
        (seen.bytes > ALWAYS_HASHED).then_some(seen)
    }
}

/// The document of `path`: without its state if it is the file that the chain of this disk began with.
///
/// # Errors
/// The file cannot be read, or says which field is wrong.
pub fn read(disk: &Disk, path: &Path) -> Result<GenesisDoc> {
    let doc = match recognised(disk, path)? {
        Some(frame) => frame,
        None => GenesisDoc::read(path)?,
    };
    Ok(GenesisDoc { file: Some(path.to_owned()), ..doc })
}

/// The document of `path` without its state, for a node that is told its state by others. If the chain `has_begun` the file is known next time.
///
/// # Errors
/// The file cannot be read, or says which field is wrong.
pub fn frame(disk: &Disk, path: &Path, has_begun: bool) -> Result<GenesisDoc> {
    match recognised(disk, path)? {
        Some(frame) => Ok(GenesisDoc { file: Some(path.to_owned()), ..frame }),
        None => {
            let seen = Seen::of(path);
            let doc = GenesisDoc::read_frame(path)?;
            if has_begun {
                keep(disk, &Known { sha256: hash(path)?, seen, frame: doc.to_json() })?;
            }
            Ok(doc)
        }
    }
}

/// The frame of the document if `path` is the file that the chain of this disk began with.
fn recognised(disk: &Disk, path: &Path) -> Result<Option<GenesisDoc>> {
    let known = disk.meta(KNOWN)?.and_then(|bytes| serde_json::from_slice::<Known>(&bytes).ok());
    let seen = Seen::of(path);
    match known {
        Some(known) if seen.is_some() && known.seen == seen => GenesisDoc::parse(known.frame).map(Some),
        Some(known) if hash(path)? == known.sha256 => {
            if seen.is_some() {
                keep(disk, &Known { seen, ..known.clone() })?;
            }
            GenesisDoc::parse(known.frame).map(Some)
        }
        _ => Ok(None),
    }
}

fn keep(disk: &Disk, known: &Known) -> Result<(), DiskError> {
    disk.set_meta(KNOWN, json!(known).to_string().as_bytes())
}

/// Remembers the file of a document that the chain of this disk began with, and lets its state go: the file has it.
///
/// # Errors
/// The disk failed.
pub fn remember(disk: &Disk, doc: &mut GenesisDoc) -> Result<(), DiskError> {
    let Some(path) = doc.file.as_ref().filter(|_| !doc.is_frame()) else { return Ok(()) };
    let seen = Seen::of(path);
    // A file that cannot be read now is parsed at the next start, which then says why it cannot.
    let Ok(sha256) = hash(path) else { return Ok(()) };
    doc.app_state = json!({});
    keep(disk, &Known { sha256, seen, frame: doc.to_json() })
}

/// The SHA-256 of a file.
///
/// # Errors
/// It cannot be read.
pub fn hash(path: &Path) -> Result<String> {
    let place = || format!("the genesis file {} cannot be read", path.display());
    let mut file = File::open(path).with_context(place)?;
    let (mut hasher, mut piece) = (Sha256::new(), vec![0; 1 << 18]);
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
            let read = GenesisDoc::read_frame(&file).unwrap();
            assert!(read.is_frame() && read.to_comet_json() == engine.doc().to_comet_json());
            assert_eq!(
                engine.doc().whole().unwrap().into_owned(),
                GenesisDoc { file: Some(file.clone()), ..written.clone() }
            );
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
