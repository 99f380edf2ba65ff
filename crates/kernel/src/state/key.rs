//! Keys as bytes: order-preserving, and prefix-free in every place but the last.
//!
//! Addresses carry a length byte (the layout of the SDK's stores), text in front of another part ends with a zero byte, numbers are
//! big-endian. The last part of a key needs no end mark.

use crate::address::{AccAddress, ConsAddress, ValAddress};
use crate::time::Timestamp;

/// A part of a key, or a tuple of parts.
pub trait Key: Sized {
    /// Writes the part so that another may follow.
    fn write(&self, out: &mut Vec<u8>);
    /// Reads what [`Self::write`] wrote, leaving the rest; `None` if the bytes are not a key of this type.
    fn read(from: &mut &[u8]) -> Option<Self>;

    /// Writes the part as the last of a key.
    fn write_last(&self, out: &mut Vec<u8>) {
        self.write(out);
    }
    /// Reads the part as the last of a key: nothing may remain.
    fn read_last(mut from: &[u8]) -> Option<Self> {
        Self::read(&mut from).filter(|_| from.is_empty())
    }
}

/// The leading parts of a key `K`, for scans.
pub trait Prefix<K> {
    fn write_prefix(&self, out: &mut Vec<u8>);
}

fn take<'a>(from: &mut &'a [u8], n: usize) -> Option<&'a [u8]> {
    let (head, tail) = from.split_at_checked(n)?;
    *from = tail;
    Some(head)
}

macro_rules! address_key {
    ($($name:ident),*) => {$(
        impl Key for $name {
            fn write(&self, out: &mut Vec<u8>) {
                // An address has 1 to 32 bytes.
                out.push(u8::try_from(self.as_bytes().len()).unwrap_or_default());
                out.extend_from_slice(self.as_bytes());
            }
            fn read(from: &mut &[u8]) -> Option<Self> {
                let len = usize::from(*take(from, 1)?.first()?);
                Self::new(take(from, len)?).ok()
            }
        }
    )*};
}
address_key!(AccAddress, ValAddress, ConsAddress);

macro_rules! number_key {
    ($($name:ident),*) => {$(
        impl Key for $name {
            fn write(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_be_bytes());
            }
            fn read(from: &mut &[u8]) -> Option<Self> {
                take(from, size_of::<Self>())?.try_into().ok().map(Self::from_be_bytes)
            }
        }
    )*};
}
number_key!(u8, u16, u32, u64);

/// Signed numbers (heights, powers) sort correctly with their sign bit flipped.
impl Key for i64 {
    fn write(&self, out: &mut Vec<u8>) {
        (self.cast_unsigned() ^ (1 << 63)).write(out);
    }
    fn read(from: &mut &[u8]) -> Option<Self> {
        u64::read(from).map(|n| (n ^ (1 << 63)).cast_signed())
    }
}

impl Key for Timestamp {
    fn write(&self, out: &mut Vec<u8>) {
        self.secs.write(out);
        self.nanos.write(out);
    }
    fn read(from: &mut &[u8]) -> Option<Self> {
        Some(Self { secs: i64::read(from)?, nanos: u32::read(from)? })
    }
}

impl Key for String {
    fn write(&self, out: &mut Vec<u8>) {
        write_text(self, out);
    }
    fn read(from: &mut &[u8]) -> Option<Self> {
        read_text(from)
    }
    fn write_last(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_bytes());
    }
    fn read_last(from: &[u8]) -> Option<Self> {
        String::from_utf8(from.to_vec()).ok()
    }
}

impl Key for crate::num::Denom {
    fn write(&self, out: &mut Vec<u8>) {
        write_text(self.as_ref(), out);
    }
    fn read(from: &mut &[u8]) -> Option<Self> {
        Self::new(&read_text(from)?).ok()
    }
    fn write_last(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_ref().as_bytes());
    }
    fn read_last(from: &[u8]) -> Option<Self> {
        Self::new(std::str::from_utf8(from).ok()?).ok()
    }
}

/// A zero byte ends a text; texts in keys are denoms and names, which hold none.
fn write_text(text: &str, out: &mut Vec<u8>) {
    out.extend(text.bytes().filter(|b| *b != 0));
    out.push(0);
}

fn read_text(from: &mut &[u8]) -> Option<String> {
    let end = from.iter().position(|b| *b == 0)?;
    let text = String::from_utf8(take(from, end)?.to_vec()).ok()?;
    take(from, 1)?;
    Some(text)
}

/// Hashes and raw public keys.
impl<const N: usize> Key for [u8; N] {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }
    fn read(from: &mut &[u8]) -> Option<Self> {
        take(from, N)?.try_into().ok()
    }
}

macro_rules! tuple_key {
    ($($part:ident $at:tt),+ ; $last:ident $last_at:tt) => {
        impl<$($part: Key,)+ $last: Key> Key for ($($part,)+ $last,) {
            fn write(&self, out: &mut Vec<u8>) {
                $(self.$at.write(out);)+
                self.$last_at.write(out);
            }
            fn read(from: &mut &[u8]) -> Option<Self> {
                Some(($($part::read(from)?,)+ $last::read(from)?,))
            }
            fn write_last(&self, out: &mut Vec<u8>) {
                $(self.$at.write(out);)+
                self.$last_at.write_last(out);
            }
            fn read_last(mut from: &[u8]) -> Option<Self> {
                Some(($($part::read(&mut from)?,)+ $last::read_last(from)?,))
            }
        }
    };
}
tuple_key!(A 0; B 1);
tuple_key!(A 0, B 1; C 2);
tuple_key!(A 0, B 1, C 2; D 3);
tuple_key!(A 0, B 1, C 2, D 3; E 4);

macro_rules! prefix {
    ($prefix:ty, $key:ty, [$($p:ident),+]) => {
        impl<$($p: Key),+> Prefix<$key> for $prefix {
            fn write_prefix(&self, out: &mut Vec<u8>) {
                Key::write(self, out);
            }
        }
    };
}
prefix!(A, (A, B), [A, B]);
prefix!(A, (A, B, C), [A, B, C]);
prefix!((A, B), (A, B, C), [A, B, C]);
prefix!(A, (A, B, C, D), [A, B, C, D]);
prefix!((A, B), (A, B, C, D), [A, B, C, D]);
prefix!((A, B, C), (A, B, C, D), [A, B, C, D]);
prefix!(A, (A, B, C, D, E), [A, B, C, D, E]);
prefix!((A, B), (A, B, C, D, E), [A, B, C, D, E]);
prefix!((A, B, C), (A, B, C, D, E), [A, B, C, D, E]);
prefix!((A, B, C, D), (A, B, C, D, E), [A, B, C, D, E]);
