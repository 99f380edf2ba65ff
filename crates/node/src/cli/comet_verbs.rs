//! `entente comet`: the keys and stores that CometBFT has in this home.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use entente_kernel::crypto::ed25519;
use entente_kernel::{Bech32, ConsAddress};
use serde_json::json;

use crate::disk::{Disk, DiskError};
use crate::engine::block::BLOCK_VERSION;
use crate::engine::comet::files::{Files, node_id};
use crate::engine::comet::key::fresh_record;
use crate::engine::comet::supervise;
use crate::engine::stores;
use crate::genesis::GenesisDoc;
use crate::genesis::dev::PREFIX;
use crate::keys::{self, write_secret};
use crate::service::COMET_VERSION;

#[derive(Subcommand)]
pub(super) enum Comet {
    /// The id of this node among its peers
    ShowNodeId,
    /// The public key with which this node's validator signs blocks
    ShowValidator,
    /// The address of that key
    ShowAddress,
    /// Forget the chain: all data, and what was signed. Keys and settings stay
    UnsafeResetAll {
        /// Keep the addresses of other nodes
        #[arg(long)]
        keep_addr_book: bool,
    },
    /// Which CometBFT this node follows, and which one it would start
    Version,
}

impl Comet {
    pub(super) fn run(&self, home: &Path) -> Result<()> {
        let files = Files::of(home);
        let seed = || keys::validator::load(&files.validator_key());
        let address = || seed().map(|seed| ed25519::address(&ed25519::public_key(&seed)));
        match self {
            // Under solo the node has no key of its own: it is called by its validator's address.
            Self::ShowNodeId if files.node_key().exists() => println!("{}", node_id(&files.node_key())?),
            Self::ShowNodeId => println!("{}", hex::encode(address()?)),
            Self::ShowValidator => println!("{}", keys::validator::public_json(&seed()?)),
            Self::ShowAddress => {
                let prefix = GenesisDoc::read(&files.genesis())
                    .ok()
                    .and_then(|doc| entente_chain::genesis::bech32_prefix(&doc.app_state));
                let bech32 = Bech32::new(prefix.as_deref().unwrap_or(PREFIX));
                println!("{}", bech32.cons(&ConsAddress::from_array(address()?)));
            }
            Self::UnsafeResetAll { keep_addr_book } => reset(&files, *keep_addr_book)?,
            Self::Version => {
                let found = supervise::find(None).and_then(|program| Ok((supervise::version(&program)?, program)));
                println!(
                    "{}",
                    json!({
                        "follows": COMET_VERSION, "abci": "2.0.0", "block_protocol": BLOCK_VERSION, "p2p_protocol": 8,
                        "found": found.as_ref().ok().map(|(version, _)| version),
                        "program": found.as_ref().ok().map(|(_, program)| program.display().to_string()),
                        "trouble": found.as_ref().err().map(|e| format!("{e:#}")),
                    })
                );
            }
        }
        Ok(())
    }
}

fn reset(files: &Files, keep_addr_book: bool) -> Result<()> {
    let data = files.data();
    // Damage is no reason to keep the data; a running node is.
    if data.exists()
        && let Err(locked @ DiskError::Locked { .. }) = Disk::open(&data, stores())
    {
        bail!("{locked}; stop the node first");
    }
    let gone = |path: &Path| -> Result<()> {
        let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        removed.with_context(|| format!("{} cannot be removed", path.display()))
    };
    if data.exists() {
        for entry in fs::read_dir(&data).with_context(|| format!("the folder {} cannot be read", data.display()))? {
            gone(&entry?.path())?;
        }
    }
    if !keep_addr_book && files.address_book().exists() {
        gone(&files.address_book())?;
    }
    write_secret(&files.validator_state(), fresh_record().as_bytes())?;
    eprintln!(
        "entente: removed all data of {}; the validator's key may sign every height again",
        files.home().display()
    );
    Ok(())
}
