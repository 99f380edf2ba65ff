//! What can be wrong with a number, a denomination or a collection of coins.

use std::fmt;

/// Longest part of a refused input that an error repeats, in characters.
const QUOTED_CHARS_MAX: usize = 80;

/// A refused number or computation. The texts that clients of the Cosmos SDK know keep the SDK's wording.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumError {
    /// The result needs more bits than the type allows.
    #[error("Int overflow")]
    Overflow,
    /// A divisor was zero.
    #[error("division by zero")]
    DivisionByZero,
    /// A collection of coins was multiplied by zero, which is never meant.
    #[error("multiplying by zero is an invalid operation on coins")]
    MultiplicationByZero,
    /// A subtraction would leave less than nothing of a denomination.
    #[error("negative coin amount: {denom}: have {have}, wanted {wanted}")]
    NegativeAmount {
        /// The denomination that runs short.
        denom: String,
        /// What there is.
        have: String,
        /// What was to be taken away.
        wanted: String,
    },
    /// A denomination is not 3 to 128 characters of the allowed alphabet, or does not start with a letter.
    #[error("invalid denom: {denom}")]
    InvalidDenom {
        /// The refused text.
        denom: Quoted,
    },
    /// Two coins of different denominations were combined.
    #[error("invalid coin denominations; {left}, {right}")]
    DenomMismatch {
        /// Denomination of the first coin.
        left: String,
        /// Denomination of the second coin.
        right: String,
    },
    /// A collection names a denomination twice.
    #[error("duplicate denomination {denom}")]
    DuplicateDenom {
        /// The repeated denomination.
        denom: String,
    },
    /// A collection is not in ascending order of denominations.
    #[error("denomination {denom} is not sorted")]
    NotSorted {
        /// The first denomination that is smaller than the one before it.
        denom: String,
    },
    /// A collection holds an amount that is zero or negative.
    #[error("coin {coin} amount is not positive")]
    NotPositive {
        /// The coin, as the SDK names it: with its amount if it is the first one, else the denomination alone.
        coin: String,
    },
    /// A text is not an amount followed by a denomination.
    #[error("invalid decimal coin expression: {value}")]
    CoinExpression {
        /// The refused text.
        value: Quoted,
    },
    /// A text is not a number of the wanted kind.
    #[error("invalid {what} \"{value}\": {reason}")]
    Parse {
        /// Which kind of number was wanted.
        what: &'static str,
        /// The refused text.
        value: Quoted,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl NumError {
    /// A refusal of `value` as a number of the kind `what`.
    pub(crate) fn parse(what: &'static str, value: &str, reason: &'static str) -> NumError {
        NumError::Parse { what, value: Quoted::new(value), reason }
    }
}

/// A text from outside, cut to a length that is safe to repeat in a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quoted(String);

impl Quoted {
    /// Keeps the first 80 characters and marks a cut with three dots.
    pub fn new(text: &str) -> Quoted {
        match text.char_indices().nth(QUOTED_CHARS_MAX) {
            None => Quoted(text.to_owned()),
            Some((end, _)) => Quoted(format!("{}...", text.get(..end).unwrap_or_default())),
        }
    }
}

impl fmt::Display for Quoted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
