//! `Denom`: the name of a kind of coin.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::error::{NumError, Quoted};
use super::wide::malformed;

/// Fewest characters of a denomination.
const LEN_MIN: usize = 3;
/// Most characters of a denomination.
const LEN_MAX: usize = 128;

/// Whether a byte may stand in a denomination.
const ALLOWED: [bool; 256] = {
    let mut allowed = [false; 256];
    let mut byte = 0_u8;
    let mut rest: &mut [bool] = &mut allowed;
    while let [place, tail @ ..] = rest {
        *place = byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b':' | b'.' | b'_' | b'-');
        byte = byte.wrapping_add(1);
        rest = tail;
    }
    allowed
};

/// A denomination: a letter followed by 2 to 127 letters, digits or `/ : . _ -`. Ordered by its bytes; cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Denom(Arc<str>);

impl Denom {
    /// Checks the text.
    ///
    /// # Compatibility
    /// The SDK's default expression `[a-zA-Z][a-zA-Z0-9/:._-]{2,127}`.
    pub fn new(text: &str) -> Result<Denom, NumError> {
        if Denom::is_valid(text) {
            Ok(Denom(Arc::from(text)))
        } else {
            Err(NumError::InvalidDenom { denom: Quoted::new(text) })
        }
    }

    /// Is the text a denomination?
    pub fn is_valid(text: &str) -> bool {
        (LEN_MIN..=LEN_MAX).contains(&text.len())
            && text.starts_with(|first: char| first.is_ascii_alphabetic())
            && text.bytes().all(|b| ALLOWED.get(usize::from(b)) == Some(&true))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Denom {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Denom {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for Denom {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Denom {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl FromStr for Denom {
    type Err = NumError;

    fn from_str(text: &str) -> Result<Denom, NumError> {
        Denom::new(text)
    }
}

impl TryFrom<&str> for Denom {
    type Error = NumError;

    fn try_from(text: &str) -> Result<Denom, NumError> {
        Denom::new(text)
    }
}

impl fmt::Display for Denom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Denom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One byte with the length, then the characters.
impl borsh::BorshSerialize for Denom {
    fn serialize<W: std::io::Write>(&self, writer: &mut W) -> std::io::Result<()> {
        let length = u8::try_from(self.0.len()).map_err(|_| std::io::ErrorKind::InvalidInput)?;
        let (mut bytes, end) = ([length; LEN_MAX + 1], self.0.len().saturating_add(1));
        bytes.get_mut(1..end).ok_or(std::io::ErrorKind::InvalidInput)?.copy_from_slice(self.0.as_bytes());
        writer.write_all(bytes.get(..end).unwrap_or_default())
    }
}

impl borsh::BorshDeserialize for Denom {
    fn deserialize_reader<R: std::io::Read>(reader: &mut R) -> std::io::Result<Denom> {
        let mut length = [0u8; 1];
        reader.read_exact(&mut length)?;
        let [length] = length;
        let mut bytes = [0u8; LEN_MAX];
        let bytes = bytes.get_mut(..usize::from(length)).ok_or_else(|| malformed("not a denomination"))?;
        reader.read_exact(bytes)?;
        let text = std::str::from_utf8(bytes).map_err(|_| malformed("denomination is not text"))?;
        Denom::new(text).map_err(|_| malformed("not a denomination"))
    }
}
