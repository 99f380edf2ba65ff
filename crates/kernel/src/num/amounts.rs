//! `Tokens` and `Shares`: two kinds of amounts that must never be mixed up.

use std::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::{Dec, Int, NumError};

/// An amount of base units of one coin.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(transparent)]
pub struct Tokens(pub Int);

/// A part of a pool, in units whose value in tokens changes with the pool.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(transparent)]
pub struct Shares(pub Dec);

macro_rules! amount {
    ($kind:ident, $number:ident) => {
        impl $kind {
            /// Nothing.
            pub const ZERO: $kind = $kind($number::ZERO);

            /// The sum.
            pub fn add(self, other: $kind) -> Result<$kind, NumError> {
                self.0.add(other.0).map($kind)
            }

            /// The difference.
            pub fn sub(self, other: $kind) -> Result<$kind, NumError> {
                self.0.sub(other.0).map($kind)
            }

            /// Is it zero?
            pub fn is_zero(self) -> bool {
                self.0.is_zero()
            }

            /// Is it greater than zero?
            pub fn is_positive(self) -> bool {
                self.0.is_positive()
            }

            /// Is it less than zero?
            pub fn is_negative(self) -> bool {
                self.0.is_negative()
            }
        }

        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}
amount!(Tokens, Int);
amount!(Shares, Dec);
