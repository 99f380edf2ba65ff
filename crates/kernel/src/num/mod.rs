//! Numbers of a chain: `Int` (256 bits), `Dec` (18 decimal places), `Wide` (512 bits, unsigned), denominations, coins and collections of coins.
//!
//! There are no operators. Every operation that can fail is a function that returns [`NumError`], and every division says
//! in its name or its documentation who gains the remainder. The arithmetic is exactly that of the Cosmos SDK (math 1.2,
//! SDK 0.50); where the SDK panics there is an error here.

// The usual operator names are on purpose: these functions are the operators, with a `Result`.
#![allow(clippy::should_implement_trait)]

/// Text in JSON for a type with `Display` and `FromStr`.
macro_rules! serde_as_text {
    ($kind:ty, $wanted:literal) => {
        impl serde::Serialize for $kind {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $kind {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<$kind, D::Error> {
                struct Text;
                impl serde::de::Visitor<'_> for Text {
                    type Value = $kind;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str($wanted)
                    }
                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$kind, E> {
                        text.parse().map_err(E::custom)
                    }
                }
                deserializer.deserialize_str(Text)
            }
        }
    };
}

mod amounts;
mod coin;
mod dec;
mod deccoin;
mod denom;
mod error;
mod exact;
mod int;
mod list;
mod ratio;
pub mod short;
mod wide;

pub use amounts::{Shares, Tokens};
pub use coin::{Coin, Coins};
pub use dec::Dec;
pub use deccoin::{DecCoin, DecCoins};
pub use denom::Denom;
pub use error::{NumError, Quoted};
pub use exact::Wide;
pub use int::Int;
pub use ratio::{WAD, ceil_ratio, floor_ratio};

serde_as_text!(Int, "an integer as text");
serde_as_text!(Dec, "a decimal number as text");
serde_as_text!(Denom, "a denomination");

#[cfg(test)]
mod tests;
