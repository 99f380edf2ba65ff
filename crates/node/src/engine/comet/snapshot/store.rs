//! The folder of the snapshots: one folder per height, with a file per chunk and a note of what belongs together.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use entente_proto::tendermint::abci;
use serde::{Deserialize, Serialize};

/// The note of a snapshot.
const META: &str = "snapshot.json";
/// Folders of snapshots that are being written.
const DRAFT: &str = "draft-";

/// What is known of a snapshot without reading it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    pub height: i64,
    pub format: u32,
    pub chunks: u32,
    #[serde(with = "as_hex")]
    pub hash: Vec<u8>,
    /// The hashes of the chunks.
    #[serde(with = "as_hex")]
    pub metadata: Vec<u8>,
    #[serde(with = "as_hex")]
    pub app_hash: Vec<u8>,
}

mod as_hex {
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hex::encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        hex::decode(String::deserialize(from)?).map_err(serde::de::Error::custom)
    }
}

impl Meta {
    pub fn to_wire(&self) -> abci::Snapshot {
        abci::Snapshot {
            height: self.height.unsigned_abs(),
            format: self.format,
            chunks: self.chunks,
            hash: self.hash.clone(),
            metadata: self.metadata.clone(),
        }
    }
}

/// The snapshots of a node.
#[derive(Debug, Clone)]
pub struct Store {
    folder: PathBuf,
}

/// Young snapshots that are kept beside the newest ones.
const YOUNG_MOST: usize = 32;

impl Store {
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    fn place(&self, height: i64) -> PathBuf {
        self.folder.join(height.to_string())
    }

    /// All complete snapshots, oldest first.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn list(&self) -> Result<Vec<Meta>> {
        let Ok(entries) = fs::read_dir(&self.folder) else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for entry in entries {
            // Anything else in the folder is not ours.
            let Some(height) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            found.extend(self.meta(height)?);
        }
        found.sort_by_key(|meta| meta.height);
        Ok(found)
    }

    /// # Errors
    /// The note is damaged.
    pub fn meta(&self, height: i64) -> Result<Option<Meta>> {
        let path = self.place(height).join(META);
        let Ok(text) = fs::read(&path) else { return Ok(None) };
        let meta: Meta =
            serde_json::from_slice(&text).map_err(|e| anyhow!("the file {} is damaged: {e}", path.display()))?;
        Ok(Some(meta).filter(|meta| meta.height == height))
    }

    /// The bytes of a chunk; `None` if there is no such snapshot or chunk.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn chunk(&self, height: i64, format: u32, number: u32) -> Result<Option<Vec<u8>>> {
        if self.meta(height)?.is_none_or(|meta| meta.format != format || number >= meta.chunks) {
            return Ok(None);
        }
        let path = self.place(height).join(number.to_string());
        fs::read(&path).map(Some).with_context(|| format!("the file {} cannot be read", path.display()))
    }

    /// An empty folder for a snapshot that is being written; what an earlier attempt left is removed.
    pub(super) fn draft(&self, height: i64) -> Result<PathBuf> {
        let draft = self.folder.join(format!("{DRAFT}{height}"));
        let make = || -> std::io::Result<()> {
            if draft.exists() {
                fs::remove_dir_all(&draft)?;
            }
            fs::create_dir_all(&draft)
        };
        make().with_context(|| format!("the folder {} cannot be made", draft.display()))?;
        Ok(draft)
    }

    /// Makes a draft a snapshot: it is there whole, or not at all.
    pub(super) fn finish(&self, draft: &Path, meta: &Meta) -> Result<()> {
        let place = self.place(meta.height);
        let finish = || -> std::io::Result<()> {
            for entry in fs::read_dir(draft)? {
                File::open(entry?.path())?.sync_all()?;
            }
            fs::write(draft.join(META), serde_json::to_vec(meta)?)?;
            File::open(draft.join(META))?.sync_all()?;
            if place.exists() {
                fs::remove_dir_all(&place)?;
            }
            fs::rename(draft, &place)?;
            File::open(&self.folder)?.sync_all()
        };
        finish().with_context(|| format!("the snapshot {} cannot be written", place.display()))
    }

    /// Forgets a snapshot; `false` if there is none.
    ///
    /// # Errors
    /// The folder cannot be removed.
    pub fn delete(&self, height: i64) -> Result<bool> {
        let place = self.place(height);
        if !place.exists() {
            return Ok(false);
        }
        fs::remove_dir_all(&place).with_context(|| format!("the folder {} cannot be removed", place.display()))?;
        Ok(true)
    }

    /// Forgets all but the newest `keep` snapshots. Those that are younger than `age` stay too, up to [`YOUNG_MOST`]: somebody may have been
    /// offered one, and CometBFT asks for its chunks again and again, without end, if it is gone.
    ///
    /// # Errors
    /// A folder cannot be removed.
    pub fn keep_recent(&self, keep: usize, age: Duration) -> Result<()> {
        let all = self.list()?;
        let (old, mut young) = (all.len().saturating_sub(keep), 0);
        for meta in all.get(..old).unwrap_or_default().iter().rev() {
            if young < YOUNG_MOST && self.age(meta.height)? < age {
                young += 1;
            } else {
                self.delete(meta.height)?;
            }
        }
        Ok(())
    }

    /// How long ago a snapshot was written, by the clock of the file system; one of the future was written now.
    fn age(&self, height: i64) -> Result<Duration> {
        let path = self.place(height).join(META);
        let written = fs::metadata(&path).and_then(|meta| meta.modified());
        let written = written.with_context(|| format!("the file {} cannot be looked at", path.display()))?;
        Ok(written.elapsed().unwrap_or_default())
    }
}
