//! Parameters that a vote can change: how a module declares them, reads them from the wire, and holds them to their bounds.

use entente_kernel::num::{Coins, Dec};
use entente_kernel::{AccAddress, Bech32, Code, Error, Result, Span};
use entente_proto::cosmos::base::v1beta1::Coin;

use crate::{modules, wire as convert};

/// What is to be known of a parameter: for documentation, command line, dashboard and lab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Declaration {
    pub name: &'static str,
    pub unit: &'static str,
    pub bound: &'static str,
    pub default: &'static str,
    pub meaning: &'static str,
}

/// A row of a module's table `DECLARATIONS`.
pub const fn declare(
    name: &'static str,
    unit: &'static str,
    bound: &'static str,
    default: &'static str,
    meaning: &'static str,
) -> Declaration {
    Declaration { name, unit, bound, default, meaning }
}

/// The parameters of this chain's own modules, by the module's name on the command line.
pub const ALL: &[(&str, &[Declaration])] = &[
    ("alliance", modules::alliance::params::DECLARATIONS),
    ("assets", modules::assets::params::DECLARATIONS),
    ("liquid", modules::liquid::params::DECLARATIONS),
    ("pools", modules::pools::params::DECLARATIONS),
    ("vault", modules::vault::params::DECLARATIONS),
];

/// A duration; zero if it is not set.
///
/// # Errors
/// A refusal that names the field, for a duration beyond 292 years.
pub fn read_span(field: Option<&prost_types::Duration>, name: &str) -> Result<Span> {
    field.map_or(Ok(Span::ZERO), |wire| convert::parse_span(wire, name))
}

/// An address, or none.
///
/// # Errors
/// A refusal that names the field.
pub fn read_address(text: &str, name: &str, bech32: &Bech32) -> Result<Option<AccAddress>> {
    if text.is_empty() { Ok(None) } else { bech32.parse_acc(text).map(Some).map_err(|e| e.wrap(name)) }
}

/// One coin, or none: JSON shows an absent coin as one without a denom.
///
/// # Errors
/// A refusal that names the field, for what is no coin or a negative one.
pub fn read_bond(field: Option<&Coin>, name: &str) -> Result<Coins> {
    let Some(wire) = field.filter(|coin| !coin.denom.is_empty()) else { return Ok(Coins::empty()) };
    let coin = convert::parse_coin(wire, name)?;
    if coin.is_negative() {
        return Err(Error::plain(format!("{name}: {coin}; 0 or more is wanted")));
    }
    Ok(Coins::from_coin(&coin)?)
}

/// # Errors
/// `code`, naming the field, its value and the bounds.
pub fn check_span(code: Code, name: &str, span: Span, least_secs: i64, most_secs: i64) -> Result<()> {
    if span < Span::from_secs(least_secs) || span > Span::from_secs(most_secs) {
        return Err(code.because(format!("{name} must be {least_secs} to {most_secs} seconds, is {span}")));
    }
    Ok(())
}

/// A fraction or factor, in steps of 10^-18.
///
/// # Errors
/// `code`, naming the field, its value and the bounds.
pub fn check_fraction(code: Code, name: &str, fraction: u128, least: u128, most: u128) -> Result<()> {
    if fraction < least || fraction > most {
        let decimal = |wad: u128| Dec::from_scaled_str(&wad.to_string()).unwrap_or_default();
        let (least, most, is) = (decimal(least), decimal(most), decimal(fraction));
        return Err(code.because(format!("{name} must be {least} to {most}, is {is}")));
    }
    Ok(())
}

/// A count or an amount.
///
/// # Errors
/// `code`, naming the field, its value and the bounds.
pub fn check_count(code: Code, name: &str, count: u128, least: u128, most: u128) -> Result<()> {
    if count < least || count > most {
        return Err(code.because(format!("{name} must be {least} to {most}, is {count}")));
    }
    Ok(())
}
