//! The parameters of slashing. Window: blocks over which presence is counted (default 100). Minimum: part of them that must be signed
//! (default 0.5). Jail: how long a validator that was absent stays out (default 10 minutes). Fractions: what double signing and absence
//! cost (default 0.05 and 0.01).

use entente_kernel::num::Dec;
use entente_kernel::{Error, Result, Span};
use entente_proto::cosmos::slashing::v1beta1 as wire;

use crate::wire as convert;

/// The parameters as numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Params {
    /// Blocks, above zero.
    pub window: i64,
    pub min_signed: Dec,
    pub jail: Span,
    pub double_sign: Dec,
    pub downtime: Dec,
}

impl Params {
    /// # Errors
    /// A refusal without code that names what is wrong, in the SDK's words.
    pub fn from_wire(wire: &wire::Params) -> Result<Self> {
        if wire.signed_blocks_window <= 0 {
            let window = wire.signed_blocks_window;
            return Err(Error::plain(format!("signed blocks window must be positive: {window}")));
        }
        let min_signed = fraction(&wire.min_signed_per_window, "min signed per window")?;
        let jail = wire.downtime_jail_duration.unwrap_or_default();
        let jail = convert::parse_span(&jail, "downtime_jail_duration")?;
        if !jail.is_positive() {
            return Err(Error::plain(format!("downtime jail duration must be positive: {jail}")));
        }
        Ok(Self {
            window: wire.signed_blocks_window,
            min_signed,
            jail,
            double_sign: fraction(&wire.slash_fraction_double_sign, "double sign slash fraction")?,
            downtime: fraction(&wire.slash_fraction_downtime, "downtime slash fraction")?,
        })
    }

    /// Blocks of the window that may be missed.
    pub fn missed_max(&self) -> Result<i64> {
        let signed = self.min_signed.mul_int(self.window.into())?.round_int()?.to_i64();
        signed.and_then(|n| self.window.checked_sub(n)).ok_or_else(|| Error::fault("slashing: a window beyond 64 bits"))
    }
}

fn fraction(bytes: &[u8], name: &str) -> Result<Dec> {
    let text = std::str::from_utf8(bytes).map_err(|e| Error::plain(format!("{name}: {e}")))?;
    let nil = || Error::plain(format!("{name} cannot be nil: <nil>"));
    let value = convert::parse_dec(text, name)?.ok_or_else(nil)?;
    if value.is_negative() {
        return Err(Error::plain(format!("{name} cannot be negative: {value}")));
    }
    if value > Dec::ONE {
        return Err(Error::plain(format!("{name} too large: {value}")));
    }
    Ok(value)
}
