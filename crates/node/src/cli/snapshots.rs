//! `entente snapshots`: the snapshots of a home, with which other nodes join.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, ensure};
use clap::Subcommand;
use serde_json::{Value, json};

use crate::disk::Disk;
use crate::engine::comet::files::Files;
use crate::engine::comet::snapshot::{self, FORMAT, Meta, Offer, Restore, Store};
use crate::engine::comet::statesync;
use crate::engine::stores;
use crate::genesis::GenesisDoc;

#[derive(Subcommand)]
pub(super) enum Snapshots {
    /// All snapshots
    List,
    /// Forget a snapshot
    Delete { height: i64, format: Option<u32> },
    /// Take a snapshot of the state of a stopped node
    Export,
    /// Write a snapshot into one file
    Dump {
        height: i64,
        format: Option<u32>,
        /// The file; HEIGHT-FORMAT.tar.gz without it
        #[arg(long, short)]
        output: Option<PathBuf>,
    },
    /// Take a snapshot out of such a file
    Load { file: PathBuf },
    /// Make a snapshot the state of a home that has none
    Restore { height: i64, format: Option<u32> },
}

impl Snapshots {
    pub(super) fn run(&self, home: &Path) -> Result<()> {
        let files = Files::of(home);
        let store = Store::new(files.snapshots());
        match self {
            Self::List => {
                for meta in store.list()? {
                    println!("{}", described(&meta));
                }
            }
            Self::Delete { height, format } => {
                known(*format)?;
                ensure!(store.delete(*height)?, "there is no snapshot of height {height}");
            }
            Self::Export => {
                let (_disk, loaded) = Disk::open(&files.data(), stores())?;
                let loaded = loaded.ok_or_else(|| anyhow!("there is no chain in {} yet", home.display()))?;
                println!("{}", described(&snapshot::take(&store, loaded.height, &loaded.forest)?));
            }
            Self::Dump { height, format, output } => {
                known(*format)?;
                let file = output.clone().unwrap_or_else(|| PathBuf::from(format!("{height}-{FORMAT}.tar.gz")));
                println!("{}", described(&snapshot::dump(&store, *height, &file)?));
            }
            Self::Load { file } => println!("{}", described(&snapshot::load(&store, file)?)),
            Self::Restore { height, format } => {
                known(*format)?;
                restore(&files, &store, *height)?;
            }
        }
        Ok(())
    }
}

fn known(format: Option<u32>) -> Result<()> {
    ensure!(format.is_none_or(|f| f == FORMAT), "this version knows snapshots of form {FORMAT} only");
    Ok(())
}

fn described(meta: &Meta) -> Value {
    json!({
        "height": meta.height.to_string(), "format": meta.format, "chunks": meta.chunks,
        "hash": hex::encode(&meta.hash), "app_hash": hex::encode_upper(&meta.app_hash),
    })
}

/// # Errors
/// The home has a state, or the snapshot is damaged.
fn restore(files: &Files, store: &Store, height: i64) -> Result<()> {
    let meta = store.meta(height)?.ok_or_else(|| anyhow!("there is no snapshot of height {height}"))?;
    let doc = GenesisDoc::read_frame(&files.genesis())?;
    let (disk, loaded) = Disk::open(&files.data(), stores())?;
    ensure!(loaded.is_none(), "this home has a state already; to begin anew: entente comet unsafe-reset-all");
    let mut restore = match Restore::offer(&meta.to_wire(), &meta.app_hash, stores()) {
        Offer::Accept(restore) => restore,
        Offer::Format => {
            return Err(anyhow!("the snapshot has form {}, this version reads form {FORMAT}", meta.format));
        }
        Offer::Reject(why) => return Err(anyhow!("the snapshot is damaged: {why}")),
    };
    for number in 0..meta.chunks {
        let chunk = store.chunk(height, FORMAT, number)?.ok_or_else(|| anyhow!("chunk {number} is missing"))?;
        if let Some(forest) = restore.chunk(number, &chunk)? {
            disk.claim(&doc.chain_id)?;
            statesync::install(&disk, &doc.chain_id, doc.initial_height, height, forest)?;
        }
    }
    println!("{}", described(&meta));
    Ok(())
}
