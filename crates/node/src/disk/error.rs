//! What can be wrong with a disk, in sentences.

use entente_chain::stores::FORM;
use thiserror::Error;

#[derive(Debug, Error)]
pub enum DiskError {
    #[error("{place} cannot be used: {source}")]
    Io { place: String, source: std::io::Error },
    #[error("the folder {place} is in use by another process; only one node may run on it")]
    Locked { place: String },
    #[error("the files in {place} cannot be read: {reason}; restore the folder from a snapshot or a backup")]
    FilesDamaged { place: String, reason: String },
    #[error("the store '{store}' cannot be read: {reason}; restore the folder from a snapshot or a backup")]
    StoreDamaged { store: String, reason: String },
    #[error(
        "the store '{store}' is not what was written at height {height}: its root is {found}, recorded is {recorded}; restore the folder from a snapshot or a backup"
    )]
    StoreDiffers { store: String, height: i64, recorded: String, found: String },
    #[error(
        "the app hash at height {height} is {found}, recorded is {recorded}; restore the folder from a snapshot or a backup"
    )]
    AppHashDiffers { height: i64, recorded: String, found: String },
    #[error("the record {record} of the table '{table}' {reason}; restore the folder from a snapshot or a backup")]
    RecordDamaged { table: String, record: String, reason: String },
    #[error(
        "the file 'tip' says that block {noted} was remembered, but the store ends at height {found}: its journal was cut or damaged; restore the folder from a snapshot or a backup, or remove 'tip' to go on from height {found}"
    )]
    BlocksLost { noted: i64, found: i64 },
    #[error("the store '{name}' (index {index}) is on disk but not known to this version of the program")]
    StoreUnknown { name: String, index: u8 },
    #[error(
        "the state has form {found}, this version of the program reads form {FORM}; export it with the version that wrote it, and start from that genesis"
    )]
    OtherForm { found: u32 },
    #[error("this is the home folder of another chain: it belongs to '{home}', and '{wanted}' was asked for")]
    OtherChain { home: String, wanted: String },
    #[error("the disk belongs to no chain yet; claim it before the first block")]
    NoChain,
    #[error("block {height} does not follow block {newest}, the last one that was remembered")]
    HeightOutOfOrder { newest: i64, height: i64 },
    #[error("the batch cannot be written: {reason}")]
    Batch { reason: String },
    #[error(transparent)]
    Companion(#[from] crate::engine::comet::companion::CompanionError),
    #[error("writing to {place} failed: {reason}; nothing more is written until the node is started anew")]
    WriteFailed { place: String, reason: String },
}
