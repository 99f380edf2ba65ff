//! Counters and heights in records: one byte with the length, then as many as the number needs, as the other numbers here.
//!
//! `#[borsh(serialize_with = "short::write", deserialize_with = "short::read")]`

use std::io::{Read, Result, Write};

use ruint::Uint;

use super::wide::{read_signed, write_signed};

/// Writes the short form.
pub fn write<W: Write>(number: &u64, writer: &mut W) -> Result<()> {
    write_signed(false, Uint::<64, 1>::from(*number), writer)
}

/// Reads what [`write()`] writes.
///
/// # Errors
/// Any other form of the number.
pub fn read<R: Read>(reader: &mut R) -> Result<u64> {
    match read_signed::<64, 1, R>(reader)? {
        (false, magnitude) => Ok(magnitude.to()),
        (true, _) => Err(super::wide::malformed("number must not be negative")),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_number_takes_the_bytes_that_it_needs_and_comes_back() {
        for (number, bytes) in [
            (0, &[0][..]),
            (1, &[1, 1]),
            (255, &[1, 255]),
            (256, &[2, 1, 0]),
            (u64::MAX, &[8, 255, 255, 255, 255, 255, 255, 255, 255]),
        ] {
            let mut written = Vec::new();
            super::write(&number, &mut written).unwrap();
            assert_eq!(written, bytes);
            assert_eq!(super::read(&mut written.as_slice()).unwrap(), number);
        }
        for other in [&[][..], &[2, 0, 1], &[1], &[0x81, 1], &[9, 1, 0, 0, 0, 0, 0, 0, 0, 0]] {
            assert!(super::read(&mut &*other).is_err(), "{other:?}");
        }
    }
}
