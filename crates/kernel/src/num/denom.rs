//! `Denom`: the name of a kind of coin.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::io::Write;
use std::str::FromStr;
use std::sync::Arc;

use super::error::{NumError, Quoted};
use super::wide::malformed;

/// Fewest characters of a denomination.
const LEN_MIN: usize = 3;
/// Most characters of a denomination.
const LEN_MAX: usize = 128;

/// What the denomination of a voucher begins with; the 64 upper-case hexadecimal digits of a hash follow (ICS-20, ADR 1 of ibc-go).
const VOUCHER: &str = "ibc/";
/// Bytes of that hash, and its digits.
const HASH_LEN: usize = 32;
const DIGITS_LEN: usize = 64;
/// Characters of such a denomination.
const VOUCHER_LEN: u8 = 68;
/// The digits of the hash.
const DIGITS: &[u8; 16] = b"0123456789ABCDEF";

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

    /// Writes the short form: a length byte, then the text; of a voucher (`ibc/` and a hash) the byte 68 and the hash, and the
    /// length bytes of other texts with 68 characters and more are one higher. These forms are in the order of length, then of bytes, but
    /// that vouchers come before all other denominations with 68 characters.
    pub fn write_short<W: Write>(&self, writer: &mut W) -> std::io::Result<()> {
        let hash = self.voucher();
        let rest = hash.as_ref().map_or(self.0.as_bytes(), <[u8; HASH_LEN]>::as_slice);
        let length = u8::try_from(self.0.len()).map_err(|_| std::io::ErrorKind::InvalidInput)?;
        let is_behind = length >= VOUCHER_LEN && hash.is_none();
        let (mut bytes, end) = ([length.saturating_add(is_behind.into()); LEN_MAX + 1], rest.len().saturating_add(1));
        bytes.get_mut(1..end).ok_or(std::io::ErrorKind::InvalidInput)?.copy_from_slice(rest);
        writer.write_all(bytes.get(..end).unwrap_or_default())
    }

    /// The order of the short forms.
    pub fn cmp_short(&self, other: &Denom) -> Ordering {
        let voucher_first = || other.is_voucher().cmp(&self.is_voucher());
        self.0.len().cmp(&other.0.len()).then_with(voucher_first).then_with(|| self.cmp(other))
    }

    /// Reads what [`Self::write_short`] wrote from the front of `from`; `None` if it begins with anything else.
    pub fn read_short(from: &mut &[u8]) -> Option<Denom> {
        let (first, rest) = from.split_first()?;
        let (length, is_voucher) = short_length(*first);
        let (bytes, rest) = rest.split_at_checked(length)?;
        *from = rest;
        Denom::of_short(bytes, is_voucher)
    }

    /// The denomination behind the first byte of a short form.
    fn of_short(bytes: &[u8], is_voucher: bool) -> Option<Denom> {
        if !is_voucher {
            return std::str::from_utf8(bytes)
                .ok()
                .and_then(|text| Denom::new(text).ok())
                .filter(|denom| !denom.is_voucher());
        }
        let digit = |half: u8| DIGITS.get(usize::from(half)).copied().unwrap_or_default();
        let digits = bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
        let mut text = [0; VOUCHER_LEN as usize];
        text.iter_mut().zip(VOUCHER.bytes().chain(digits)).for_each(|(to, byte)| *to = byte);
        std::str::from_utf8(&text).ok().map(|text| Denom(Arc::from(text)))
    }

    /// Whether this is the denomination of a voucher: one with lower-case digits is not.
    fn is_voucher(&self) -> bool {
        let digits = self.0.strip_prefix(VOUCHER).unwrap_or_default().as_bytes();
        // Without a way out of the loop it is done sixteen bytes at a time.
        let is_digit = |b: &u8| b.is_ascii_digit() | (b'A'..=b'F').contains(b);
        digits.len() == DIGITS_LEN && digits.iter().fold(true, |all, b| all & is_digit(b))
    }

    /// The hash in the denomination of a voucher.
    fn voucher(&self) -> Option<[u8; HASH_LEN]> {
        let (pairs, _) = self.0.as_bytes().get(VOUCHER.len()..).filter(|_| self.is_voucher())?.as_chunks::<2>();
        let value = |digit: u8| digit.wrapping_sub(if digit.is_ascii_digit() { b'0' } else { b'A' - 10 });
        let mut hash = [0; HASH_LEN];
        for (byte, [high, low]) in hash.iter_mut().zip(pairs) {
            *byte = value(*high) << 4 | value(*low);
        }
        Some(hash)
    }
}

/// What follows the first byte of a short form: how many bytes, and whether they are a hash.
fn short_length(first: u8) -> (usize, bool) {
    match first {
        VOUCHER_LEN => (HASH_LEN, true),
        _ => (usize::from(first.saturating_sub(u8::from(first > VOUCHER_LEN))), false),
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

/// The [short form](Denom::write_short).
impl borsh::BorshSerialize for Denom {
    fn serialize<W: Write>(&self, writer: &mut W) -> std::io::Result<()> {
        self.write_short(writer)
    }
}

impl borsh::BorshDeserialize for Denom {
    fn deserialize_reader<R: std::io::Read>(reader: &mut R) -> std::io::Result<Denom> {
        let mut first = [0u8; 1];
        reader.read_exact(&mut first)?;
        let (length, is_voucher) = short_length(first[0]);
        let mut bytes = [0u8; LEN_MAX];
        let bytes = bytes.get_mut(..length).ok_or_else(|| malformed("not a denomination"))?;
        reader.read_exact(bytes)?;
        Denom::of_short(bytes, is_voucher).ok_or_else(|| malformed("not a denomination"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "27394FB092D2ECCD56123C74F36E4C1F926001CEADA9CA97EA622B25F41E5EB2";

    fn short(text: &str) -> Vec<u8> {
        let mut out = Vec::new();
        Denom::new(text).unwrap().write_short(&mut out).unwrap();
        out
    }

    #[test]
    fn short_forms_come_back_in_the_order_of_length_then_bytes() {
        let lower = format!("ibc/{}", HASH.to_lowercase());
        let other = format!("zzz/{HASH}");
        // Vouchers first among those with 68 characters; beside them the order is that of upstream's keys.
        let texts = [
            "abc".to_owned(),
            "zzz".to_owned(),
            "aaaa".to_owned(),
            "a".repeat(67),
            format!("ibc/{}", "0".repeat(64)),
            format!("ibc/{HASH}"),
            format!("ibc/{}", "F".repeat(64)),
            "a".repeat(68),
            lower.clone(),
            other,
            "a".repeat(69),
            "a".repeat(128),
        ];
        for (text, next) in texts.iter().zip(&texts[1..]) {
            assert!(short(text) < short(next), "{text} before {next}");
            let (text, next) = (Denom::new(text).unwrap(), Denom::new(next).unwrap());
            assert_eq!((text.cmp_short(&next), next.cmp_short(&text)), (Ordering::Less, Ordering::Greater));
            assert_eq!(text.cmp_short(&text), Ordering::Equal);
        }
        for text in &texts {
            let bytes = [short(text), b"rest".to_vec()].concat();
            let mut from = bytes.as_slice();
            assert_eq!(Denom::read_short(&mut from).unwrap(), text.as_str());
            assert_eq!(from, b"rest");
            let denom = Denom::new(text).unwrap();
            assert_eq!(borsh::to_vec(&denom).unwrap(), short(text));
            assert_eq!(borsh::from_slice::<Denom>(&short(text)).unwrap(), denom);
        }
        assert_eq!((short(&texts[5]).len(), short(&lower).len()), (33, 69));
    }

    #[test]
    fn what_is_no_short_form_is_refused() {
        let spelled = [&[69][..], b"ibc/", HASH.as_bytes()].concat();
        let cases =
            [&[][..], &[0], &[2, b'a', b'b'], &[4, b'a', b'b', b'c'], &[3, b'1', b'b', b'c'], &[68, 1, 2], &spelled];
        for bytes in cases.into_iter().chain([&[255; 300][..]]) {
            assert!(Denom::read_short(&mut &*bytes).is_none(), "{bytes:?}");
            assert!(borsh::from_slice::<Denom>(bytes).is_err(), "{bytes:?}");
        }
    }
}
