//! The two kinds of failure of a state machine: refusals, which a user can cause, and faults, which only we can cause.
//!
//! A module lists what it may refuse as constants of type [`Code`] in its `error.rs`; codes are append-only, and modules that exist
//! upstream keep upstream's codes and texts.

use std::fmt;

/// Shorthand of the two rooms `kernel` and `chain`.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A registered reason to refuse: codespace, code and text, as in `cosmossdk.io/errors`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    pub codespace: &'static str,
    pub code: u32,
    pub text: &'static str,
}

impl Code {
    pub const fn new(codespace: &'static str, code: u32, text: &'static str) -> Self {
        Self { codespace, code, text }
    }

    /// The refusal with its registered text.
    pub fn refuse(self) -> Error {
        Error::Refusal(Refusal::new(self, self.text.to_owned()))
    }

    /// The refusal with details before its registered text: `details: text`.
    pub fn because(self, details: impl fmt::Display) -> Error {
        Error::Refusal(Refusal::new(self, format!("{details}: {}", self.text)))
    }
}

/// What a transaction result says of a message that was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{log}")]
pub struct Refusal {
    pub codespace: &'static str,
    pub code: u32,
    /// The text of the code; the log is this with details before it.
    pub text: &'static str,
    pub log: String,
    /// What a query answers with.
    pub grpc: Grpc,
}

impl Refusal {
    fn new(code: Code, log: String) -> Self {
        Self { codespace: code.codespace, code: code.code, text: code.text, log, grpc: Grpc::Unknown }
    }
}

/// gRPC status codes that state machines use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grpc {
    Unknown = 2,
    InvalidArgument = 3,
    NotFound = 5,
    AlreadyExists = 6,
    FailedPrecondition = 9,
    Unimplemented = 12,
    Internal = 13,
}

/// A broken promise of our own: corrupt state or a broken invariant. The block is not committed and the node stops.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Fault(pub String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Refusal(#[from] Refusal),
    #[error("fault: {0}")]
    Fault(#[from] Fault),
}

/// Arithmetic that leaves its range is what upstream panics on.
impl From<crate::num::NumError> for Error {
    fn from(e: crate::num::NumError) -> Self {
        Self::panic(e)
    }
}

impl Error {
    /// Puts details before the text, as `errors.Wrap` does: `details: text`.
    #[must_use]
    pub fn wrap(self, details: impl fmt::Display) -> Self {
        match self {
            Self::Refusal(r) => Self::Refusal(Refusal { log: format!("{details}: {}", r.log), ..r }),
            Self::Fault(Fault(text)) => Self::Fault(Fault(format!("{details}: {text}"))),
        }
    }

    pub fn fault(text: impl Into<String>) -> Self {
        Self::Fault(Fault(text.into()))
    }

    /// An error without a registered code. The host reports it as codespace `undefined`, code 1.
    pub fn plain(text: impl Into<String>) -> Self {
        Self::Refusal(Refusal::new(Code::new("undefined", 1, ""), text.into()))
    }

    /// A gRPC status as error of a message; the host reports it as `undefined` 1 with this text.
    pub fn status(grpc: Grpc, text: impl fmt::Display) -> Self {
        let log = format!("rpc error: code = {grpc:?} desc = {text}");
        Self::Refusal(Refusal { codespace: "undefined", code: 1, text: "", log, grpc })
    }

    /// What upstream reports when its code panics, for example on an overflow: codespace `undefined`, code 111222.
    pub fn panic(text: impl fmt::Display) -> Self {
        Self::Refusal(Refusal::new(Code::new("undefined", 111_222, ""), format!("recovered: {text}: panic")))
    }

    pub fn is(&self, code: Code) -> bool {
        matches!(self, Self::Refusal(r) if r.codespace == code.codespace && r.code == code.code)
    }

    /// Turns a refusal into a fault: for steps that no user may make fail.
    #[must_use]
    pub fn must(self, step: &str) -> Self {
        match self {
            Self::Refusal(r) => Self::Fault(Fault(format!("{step}: {} {}: {}", r.codespace, r.code, r.log))),
            fault => fault,
        }
    }
}

/// Root errors of the codespace `sdk`.
pub mod sdk {
    use super::Code;

    const fn code(code: u32, text: &'static str) -> Code {
        Code::new("sdk", code, text)
    }

    pub const TX_DECODE: Code = code(2, "tx parse error");
    pub const INVALID_SEQUENCE: Code = code(3, "invalid sequence");
    pub const UNAUTHORIZED: Code = code(4, "unauthorized");
    pub const INSUFFICIENT_FUNDS: Code = code(5, "insufficient funds");
    pub const UNKNOWN_REQUEST: Code = code(6, "unknown request");
    pub const INVALID_ADDRESS: Code = code(7, "invalid address");
    pub const INVALID_PUB_KEY: Code = code(8, "invalid pubkey");
    pub const UNKNOWN_ADDRESS: Code = code(9, "unknown address");
    pub const INVALID_COINS: Code = code(10, "invalid coins");
    pub const OUT_OF_GAS: Code = code(11, "out of gas");
    pub const MEMO_TOO_LARGE: Code = code(12, "memo too large");
    pub const INSUFFICIENT_FEE: Code = code(13, "insufficient fee");
    pub const TOO_MANY_SIGNATURES: Code = code(14, "maximum number of signatures exceeded");
    pub const NO_SIGNATURES: Code = code(15, "no signatures supplied");
    pub const JSON_MARSHAL: Code = code(16, "failed to marshal JSON bytes");
    pub const JSON_UNMARSHAL: Code = code(17, "failed to unmarshal JSON bytes");
    pub const INVALID_REQUEST: Code = code(18, "invalid request");
    pub const TX_IN_MEMPOOL_CACHE: Code = code(19, "tx already in mempool");
    pub const MEMPOOL_IS_FULL: Code = code(20, "mempool is full");
    pub const TX_TOO_LARGE: Code = code(21, "tx too large");
    pub const KEY_NOT_FOUND: Code = code(22, "key not found");
    pub const WRONG_PASSWORD: Code = code(23, "invalid account password");
    pub const INVALID_SIGNER: Code = code(24, "tx intended signer does not match the given signer");
    pub const INVALID_GAS_ADJUSTMENT: Code = code(25, "invalid gas adjustment");
    pub const INVALID_HEIGHT: Code = code(26, "invalid height");
    pub const INVALID_VERSION: Code = code(27, "invalid version");
    pub const INVALID_CHAIN_ID: Code = code(28, "invalid chain-id");
    pub const INVALID_TYPE: Code = code(29, "invalid type");
    pub const TX_TIMEOUT_HEIGHT: Code = code(30, "tx timeout height");
    pub const UNKNOWN_EXTENSION_OPTIONS: Code = code(31, "unknown extension options");
    pub const WRONG_SEQUENCE: Code = code(32, "incorrect account sequence");
    pub const PACK_ANY: Code = code(33, "failed packing protobuf message to Any");
    pub const UNPACK_ANY: Code = code(34, "failed unpacking protobuf message from Any");
    pub const LOGIC: Code = code(35, "internal logic error");
    pub const CONFLICT: Code = code(36, "conflict");
    pub const NOT_SUPPORTED: Code = code(37, "feature not supported");
    pub const NOT_FOUND: Code = code(38, "not found");
    pub const IO: Code = code(39, "Internal IO error");
    pub const APP_CONFIG: Code = code(40, "error in app.toml");
    pub const INVALID_GAS_LIMIT: Code = code(41, "invalid gas limit");
}
