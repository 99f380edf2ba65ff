//! The command line.

mod dev;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// A chain for shared security, in one program.
#[derive(Parser)]
#[command(name = "entente", version, about, disable_help_subcommand = true)]
struct Cli {
    /// The folder of the node and of its keys
    #[arg(long, global = true, env = "ENTENTE_HOME", value_name = "FOLDER")]
    home: Option<PathBuf>,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Run a chain on this machine, with accounts and a story
    Dev(Box<dev::Dev>),
}

/// Runs the program; the error is one sentence for the person at the terminal.
///
/// # Errors
/// What went wrong and what to do.
pub fn run() -> Result<()> {
    let cli = Cli::parse();
    let home = cli.home;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match cli.verb {
            Verb::Dev(dev) => dev.run(home).await,
        }
    })
}

/// The home folder if none is named: `~/.entente`.
pub(crate) fn default_home() -> PathBuf {
    std::env::home_dir().unwrap_or_else(|| PathBuf::from(".")).join(".entente")
}
