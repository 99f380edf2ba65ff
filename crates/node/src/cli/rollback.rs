//! `entente rollback`: the last block is taken back, here and in CometBFT, and executed again at the next start.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, anyhow, ensure};
use clap::Args;
use serde_json::json;

use crate::disk::Disk;
use crate::engine::comet::files::{Files, comet_genesis};
use crate::engine::comet::{supervise, undo};
use crate::engine::stores;
use crate::genesis::GenesisDoc;

#[derive(Args)]
pub(super) struct Rollback {
    /// Remove the block too: another one may take its place
    #[arg(long)]
    hard: bool,
    /// The cometbft to use; else the first on the PATH
    #[arg(long, value_name = "PROGRAM")]
    cometbft: Option<PathBuf>,
}

impl Rollback {
    pub(super) fn run(&self, home: &Path) -> Result<()> {
        let files = Files::of(home);
        let program = supervise::find(self.cometbft.as_deref())?;
        let initial_height = GenesisDoc::read_frame(&files.genesis())?.initial_height;
        let (disk, loaded) = Disk::open(&files.data(), stores())?;
        let loaded = loaded.ok_or_else(|| anyhow!("there is no chain in {} yet", home.display()))?;
        let genesis = std::path::absolute(comet_genesis(&files)?)?;
        let mut command = Command::new(&program);
        command.arg("rollback").arg("--home").arg(home).env("CMT_GENESIS_FILE", genesis);
        if self.hard {
            command.arg("--hard");
        }
        let output = command.output().with_context(|| format!("{} cannot be started", program.display()))?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "CometBFT's state cannot be rolled back: {}", said.trim());
        let (height, app_hash) = undo::undo(&disk, loaded, initial_height)?;
        println!("{}", json!({ "height": height.to_string(), "app_hash": hex::encode_upper(app_hash) }));
        Ok(())
    }
}
