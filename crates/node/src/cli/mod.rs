//! The command line.

mod comet;
mod comet_verbs;
mod debug;
mod dev;
mod doctor;
mod genesis;
mod home;
mod keys;
mod query;
mod remote;
mod rollback;
mod show;
mod snapshots;
mod testnet;
mod tx;
mod words;

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use clap::{Parser, Subcommand};
use entente_kernel::AccAddress;
use entente_kernel::crypto::PubKey;
use zeroize::Zeroizing;

use crate::keys::Signer;
use crate::keys::ring::{Backend, Keyring, Known};

/// A chain for shared security, in one program.
#[derive(Parser)]
#[command(name = "entente", version, about)]
struct Cli {
    /// The folder of the node and of its keys
    #[arg(long, global = true, env = "ENTENTE_HOME", value_name = "FOLDER")]
    home: Option<PathBuf>,
    #[command(flatten)]
    tolerated: Tolerated,
    #[command(subcommand)]
    verb: Verb,
}

/// What scripts for `gaiad` give to every verb.
#[derive(clap::Args)]
struct Tolerated {
    #[arg(long = "log_level", global = true, hide = true)]
    _log_level: Option<String>,
    #[arg(long = "log_format", global = true, hide = true)]
    _log_format: Option<String>,
    #[arg(long = "log_no_color", global = true, hide = true)]
    _log_no_color: bool,
    #[arg(long = "trace", global = true, hide = true)]
    _trace: bool,
}

#[derive(Subcommand)]
enum Verb {
    /// Run a chain on this machine, with accounts and a story
    Dev(Box<dev::Dev>),
    /// Make the home folder of a node
    Init(home::Init),
    /// A net of validators under CometBFT: write its homes, start it, stop it, look at it
    #[command(subcommand)]
    Testnet(testnet::Testnet),
    /// Keys and stores of CometBFT
    #[command(subcommand, visible_alias = "tendermint", visible_alias = "cometbft")]
    Comet(comet_verbs::Comet),
    /// Snapshots of the state, with which other nodes join
    #[command(subcommand)]
    Snapshots(snapshots::Snapshots),
    /// Look at a home and its running node for what operators and clients would stumble over
    Doctor(doctor::Doctor),
    /// Take the last block back, to execute it again
    Rollback(rollback::Rollback),
    /// Run a node
    Start(Box<home::Start>),
    /// Keys: add, list, show, delete, rename, export, import, mnemonic, parse
    #[command(disable_help_flag = true)]
    Keys {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<String>,
    },
    /// Make, sign and send transactions
    #[command(disable_help_flag = true)]
    Tx {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<String>,
    },
    /// Ask a running node
    #[command(disable_help_flag = true, visible_alias = "q")]
    Query {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<String>,
    },
    /// Work on a genesis
    #[command(subcommand)]
    Genesis(Box<genesis::Genesis>),
    /// The state of a stopped node as a genesis
    Export,
    /// What a running node says of itself
    Status {
        /// RPC address of the node
        #[arg(long)]
        node: Option<String>,
        /// json
        #[arg(long, short)]
        output: Option<String>,
    },
    /// The name of this version
    Version {
        /// And those whose rules and protocols it follows
        #[arg(long)]
        long: bool,
        /// json or text
        #[arg(long, short)]
        output: Option<String>,
    },
    /// Look into addresses and keys
    #[command(subcommand)]
    Debug(debug::Debug),
}

/// Runs the program; the error is one sentence for the person at the terminal.
///
/// # Errors
/// What went wrong and what to do.
pub fn run() -> Result<()> {
    let cli = Cli::parse();
    let named = cli.home.clone();
    let home = cli.home.unwrap_or_else(default_home);
    match cli.verb {
        Verb::Dev(dev) => runtime()?.block_on(dev.run(named)),
        Verb::Start(start) => runtime()?.block_on(start.run(&home)),
        Verb::Init(init) => init.run(&home),
        Verb::Testnet(testnet) => testnet.run(),
        Verb::Snapshots(snapshots) => snapshots.run(&home),
        Verb::Doctor(doctor) => doctor.run(&home),
        Verb::Rollback(rollback) => rollback.run(&home),
        Verb::Keys { words } => keys::run(&home, &words),
        Verb::Tx { words } => tx::run(&home, &words),
        Verb::Query { words } => query::run(&words),
        Verb::Genesis(genesis) => genesis.run(&home),
        Verb::Comet(comet) => comet.run(&home),
        Verb::Export => home::export(&home),
        Verb::Status { node, .. } => home::status(node.as_deref()),
        Verb::Version { long, output } => version(long, output.as_deref()),
        Verb::Debug(debug) => debug.run(),
    }
}

fn version(long: bool, output: Option<&str>) -> Result<()> {
    let number = env!("CARGO_PKG_VERSION");
    if !long && output.is_none() {
        println!("{number}");
        return Ok(());
    }
    show::Form::parse(output)?.print(&serde_json::json!({
        "name": "entente",
        "server_name": "entente",
        "version": number,
        "cosmos_sdk_version": crate::service::SDK_VERSION,
        "cometbft_version": crate::service::COMET_VERSION,
    }));
    Ok(())
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// The home folder if none is named: `~/.entente`.
fn default_home() -> PathBuf {
    std::env::home_dir().unwrap_or_else(|| PathBuf::from(".")).join(".entente")
}

/// The keyring asked for: by flag, by the environment, else `file`.
fn backend(flag: Option<&str>) -> Result<Backend> {
    let named = std::env::var("ENTENTE_KEYRING_BACKEND").ok();
    flag.or(named.as_deref()).unwrap_or("file").parse()
}

/// The address of a key by its name.
fn known_key(home: &Path, backend: Option<&str>, name: &str) -> Result<AccAddress> {
    known(&Keyring::new(home, self::backend(backend)?), name)?.address()
}

/// A key of the keyring, else a development account, by its name.
fn known(ring: &Keyring, name: &str) -> Result<Known> {
    match crate::keys::development_named(name).filter(|_| !ring.has(name).unwrap_or(true)) {
        Some(signer) => {
            Ok(Known { name: name.to_owned(), public_key: PubKey::Secp256k1(*signer.public()), signs: true })
        }
        None => ring.known(name),
    }
}

/// The name of the key of an address, in the keyring or among the development accounts.
fn name_of(ring: &Keyring, address: &AccAddress) -> Result<Option<String>> {
    let development = (0..crate::keys::DEVELOPMENT_ACCOUNTS).map(|i| known(ring, &format!("dev{i}")));
    for key in ring.list()?.into_iter().map(Ok).chain(development) {
        let key = key?;
        if key.address()? == *address {
            return Ok(Some(key.name));
        }
    }
    Ok(None)
}

/// A key by its name: of the keyring, else the development account `dev0` to `dev9`.
fn signing_key(home: &Path, backend: Option<&str>, name: &str) -> Result<Signer> {
    let ring = Keyring::new(home, self::backend(backend)?);
    match crate::keys::development_named(name).filter(|_| !ring.has(name).unwrap_or(true)) {
        Some(signer) => Ok(signer),
        None => ring.signer(name, || ask_passphrase(name, false)),
    }
}

/// Asks for a passphrase; a new one twice. Programs give it in ENTENTE_PASSPHRASE or on standard input.
fn ask_passphrase(what: &str, new: bool) -> Result<Zeroizing<String>> {
    if let Ok(given) = std::env::var("ENTENTE_PASSPHRASE") {
        return Ok(Zeroizing::new(given));
    }
    let terminal = std::io::stdin().is_terminal();
    let ask = |prompt: &str| -> Result<Zeroizing<String>> {
        eprint!("{prompt}: ");
        let silent = terminal && std::process::Command::new("stty").arg("-echo").status().is_ok_and(|s| s.success());
        let mut line = Zeroizing::new(String::new());
        let read = std::io::stdin().read_line(&mut line);
        if silent {
            // The terminal is as it was, whatever was read.
            let _ = std::process::Command::new("stty").arg("echo").status();
            eprintln!();
        }
        ensure!(
            read.context("no passphrase could be read")? > 0,
            "there is no passphrase; give it in ENTENTE_PASSPHRASE or on standard input"
        );
        Ok(Zeroizing::new(line.trim_end_matches(['\r', '\n']).to_owned()))
    };
    let first = ask(&format!("passphrase of {what}"))?;
    if new && terminal {
        ensure!(*ask("again")? == *first, "the two passphrases differ");
    }
    Ok(first)
}
