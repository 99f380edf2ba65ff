//! Magnitudes wider than any stored number, and the ways to come back from them.

use std::fmt;

use ruint::Uint;

pub(super) type U128 = Uint<128, 2>;
pub(super) type U256 = Uint<256, 4>;
pub(super) type U320 = Uint<320, 5>;
pub(super) type U448 = Uint<448, 7>;
pub(super) type U576 = Uint<576, 9>;
pub(super) type U640 = Uint<640, 10>;

/// The same value in another width, if it fits.
pub(super) fn fit<const FROM: usize, const FROM_LIMBS: usize, const TO: usize, const TO_LIMBS: usize>(
    value: Uint<FROM, FROM_LIMBS>,
) -> Option<Uint<TO, TO_LIMBS>> {
    Uint::checked_from_limbs_slice(value.as_limbs())
}

/// The same value in a width that is known to hold it: callers pass a wider type, or a value bounded by an invariant.
pub(super) fn resize<const FROM: usize, const FROM_LIMBS: usize, const TO: usize, const TO_LIMBS: usize>(
    value: Uint<FROM, FROM_LIMBS>,
) -> Uint<TO, TO_LIMBS> {
    Uint::wrapping_from_limbs_slice(value.as_limbs())
}

/// Decimal digits to a magnitude. `None` if there is no digit, something else than digits, or too large a value.
pub(super) fn parse_digits<const BITS: usize, const LIMBS: usize>(digits: &str) -> Option<Uint<BITS, LIMBS>> {
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    // Nineteen digits fit 64 bits.
    if digits.len() <= 19 {
        return digits.parse::<u64>().ok().and_then(|small| Uint::try_from(small).ok());
    }
    Uint::from_str_radix(digits, 10).ok()
}

/// The canonical bytes of a signed magnitude: one byte with the length (bit 7 set if negative), then the magnitude, big endian and without leading zeros.
pub(super) fn write_signed<const BITS: usize, const LIMBS: usize, W: std::io::Write>(
    negative: bool,
    magnitude: Uint<BITS, LIMBS>,
    writer: &mut W,
) -> std::io::Result<()> {
    // The length stands right before the digits, so that all is written in one step.
    let mut bytes = [0u8; BYTES_MAX];
    for (to, limb) in bytes.chunks_exact_mut(8).rev().zip(magnitude.as_limbs()) {
        to.copy_from_slice(&limb.to_be_bytes());
    }
    let used = magnitude.byte_len();
    let length = u8::try_from(used).map_err(|_| std::io::ErrorKind::InvalidInput)?;
    let number = bytes.get_mut(BYTES_MAX.saturating_sub(used).saturating_sub(1)..).unwrap_or_default();
    if let Some(head) = number.first_mut() {
        *head = if negative { length | SIGN_BIT } else { length };
    }
    writer.write_all(number)
}

/// Reads what [`write_signed`] writes and refuses every other encoding of the same number.
pub(super) fn read_signed<const BITS: usize, const LIMBS: usize, R: std::io::Read>(
    reader: &mut R,
) -> std::io::Result<(bool, Uint<BITS, LIMBS>)> {
    let mut head = [0u8; 1];
    reader.read_exact(&mut head)?;
    let [head] = head;
    let (negative, length) = (head & SIGN_BIT != 0, usize::from(head & !SIGN_BIT));
    if length > LIMBS.saturating_mul(8) || (negative && length == 0) {
        return Err(malformed("number has an impossible length or sign"));
    }
    let mut bytes = [0u8; BYTES_MAX];
    let bytes = bytes.get_mut(..length).ok_or_else(|| malformed("number has an impossible length or sign"))?;
    reader.read_exact(bytes)?;
    if bytes.first() == Some(&0) {
        return Err(malformed("number has a leading zero byte"));
    }
    let magnitude = Uint::try_from_be_slice(bytes).ok_or_else(|| malformed("number is too large"))?;
    Ok((negative, magnitude))
}

/// The I/O error of bytes that are not the canonical form of a value.
pub(super) fn malformed(reason: &'static str) -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::InvalidData, reason)
}

/// Bytes of the widest number, and some before it.
const BYTES_MAX: usize = 88;

const SIGN_BIT: u8 = 0x80;

/// The decimal digits of a magnitude. Nearly all numbers fit 128 bits, which are written much faster.
pub(super) fn write_digits<const BITS: usize, const LIMBS: usize>(
    magnitude: Uint<BITS, LIMBS>,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    match u128::try_from(magnitude) {
        Ok(small) => write!(f, "{small}"),
        Err(_) => write!(f, "{magnitude}"),
    }
}
