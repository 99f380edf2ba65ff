//! Addresses as bytes, one type per role, and their bech32 text, whose prefix the genesis of a chain decides.

use std::fmt;
use std::sync::Arc;

use borsh::{BorshDeserialize, BorshSerialize};

use crate::error::{Error, Result, sdk};

/// Longest address in bytes. The SDK allows 255; every address that exists in practice has 20 or 32.
pub const ADDRESS_LEN_MAX: usize = 32;

/// At most [`ADDRESS_LEN_MAX`] bytes, kept inline so that addresses are `Copy`. The bytes past the length are zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Short {
    len: u8,
    bytes: [u8; ADDRESS_LEN_MAX],
}

impl Short {
    fn new(from: &[u8]) -> Option<Self> {
        let mut bytes = [0; ADDRESS_LEN_MAX];
        bytes.get_mut(..from.len())?.copy_from_slice(from);
        Some(Self { len: u8::try_from(from.len()).ok()?, bytes })
    }

    fn as_slice(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}

macro_rules! address {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $name(Short);

        impl $name {
            /// # Errors
            /// `sdk` 7 if `bytes` is empty or longer than [`ADDRESS_LEN_MAX`].
            pub fn new(bytes: &[u8]) -> Result<Self> {
                if bytes.is_empty() {
                    return Err(sdk::INVALID_ADDRESS.because("addresses cannot be empty"));
                }
                Short::new(bytes).map(Self).ok_or_else(|| {
                    sdk::INVALID_ADDRESS.because(format!("address max length is {ADDRESS_LEN_MAX}, got {}", bytes.len()))
                })
            }

            pub const fn from_array(array: [u8; 20]) -> Self {
                let mut bytes = [0; ADDRESS_LEN_MAX];
                let (mut left, mut rest): (&mut [u8], &[u8]) = (&mut bytes, &array);
                while let ([to, left_tail @ ..], [from, rest_tail @ ..]) = (left, rest) {
                    *to = *from;
                    left = left_tail;
                    rest = rest_tail;
                }
                Self(Short { len: 20, bytes })
            }

            pub fn as_bytes(&self) -> &[u8] {
                self.0.as_slice()
            }
        }

        impl AsRef<[u8]> for $name {
            fn as_ref(&self) -> &[u8] {
                self.as_bytes()
            }
        }

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $name {
            fn cmp(&self, other: &Self) -> std::cmp::Ordering {
                self.as_bytes().cmp(other.as_bytes())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), hex::encode(self.as_bytes()))
            }
        }

        impl BorshSerialize for $name {
            fn serialize<W: std::io::Write>(&self, writer: &mut W) -> std::io::Result<()> {
                writer.write_all(&[self.0.len])?;
                writer.write_all(self.as_bytes())
            }
        }

        impl BorshDeserialize for $name {
            fn deserialize_reader<R: std::io::Read>(reader: &mut R) -> std::io::Result<Self> {
                let len = usize::from(u8::deserialize_reader(reader)?);
                let mut bytes = vec![0; len];
                reader.read_exact(&mut bytes)?;
                Self::new(&bytes).map_err(|e| std::io::Error::new(std::io::ErrorKind::InvalidData, e.to_string()))
            }
        }
    };
}

address! {
    /// An account: a key, a multisig or a module.
    AccAddress
}
address! {
    /// A validator's operator; the same bytes as the operator's account.
    ValAddress
}
address! {
    /// A validator's consensus key: the first 20 bytes of the key's SHA-256.
    ConsAddress
}

impl From<AccAddress> for ValAddress {
    fn from(a: AccAddress) -> Self {
        Self(a.0)
    }
}

impl From<ValAddress> for AccAddress {
    fn from(a: ValAddress) -> Self {
        Self(a.0)
    }
}

/// The chain's bech32 prefixes: `P`, `Pvaloper`, `Pvalcons`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bech32 {
    acc: Prefix,
    val: Prefix,
    cons: Prefix,
}

impl Bech32 {
    pub fn new(prefix: &str) -> Self {
        Self {
            acc: Prefix::new(prefix),
            val: Prefix::new(&format!("{prefix}valoper")),
            cons: Prefix::new(&format!("{prefix}valcons")),
        }
    }

    /// The account prefix, `entente` by default.
    pub fn prefix(&self) -> &str {
        &self.acc.text
    }

    pub fn acc(&self, address: &AccAddress) -> String {
        self.acc.encode(address.as_bytes())
    }

    pub fn val(&self, address: &ValAddress) -> String {
        self.val.encode(address.as_bytes())
    }

    pub fn cons(&self, address: &ConsAddress) -> String {
        self.cons.encode(address.as_bytes())
    }

    /// # Errors
    /// `sdk` 7 naming the text, if it is no bech32 address with this chain's account prefix.
    pub fn parse_acc(&self, text: &str) -> Result<AccAddress> {
        decode(&self.acc.text, text).and_then(|b| AccAddress::new(&b))
    }

    /// # Errors
    /// As [`Self::parse_acc`], for the operator prefix.
    pub fn parse_val(&self, text: &str) -> Result<ValAddress> {
        decode(&self.val.text, text).and_then(|b| ValAddress::new(&b))
    }

    /// # Errors
    /// As [`Self::parse_acc`], for the consensus prefix.
    pub fn parse_cons(&self, text: &str) -> Result<ConsAddress> {
        decode(&self.cons.text, text).and_then(|b| ConsAddress::new(&b))
    }
}

/// A prefix, with the state of the checksum behind it, where every address goes on (BIP-173).
#[derive(Clone, Debug, PartialEq, Eq)]
struct Prefix {
    text: Arc<str>,
    checksum: u32,
}

const CHARACTERS: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const GENERATORS: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];

/// What the ten bits that leave the checksum at its top do to the rest of it, when two groups of five bits follow.
const FEEDBACK: [u32; 1024] = {
    let mut all = [0; 1024];
    let (mut rest, mut top): (&mut [u32], u32) = (&mut all, 0);
    while let [place, tail @ ..] = rest {
        *place = step(step(top << 20));
        top = top.wrapping_add(1);
        rest = tail;
    }
    all
};

/// The checksum after a group of five zero bits.
const fn step(state: u32) -> u32 {
    let mut next = (state & 0x01ff_ffff) << 5;
    let (mut generators, mut bits): (&[u32], u32) = (&GENERATORS, state >> 25);
    while let [generator, others @ ..] = generators {
        if bits & 1 == 1 {
            next ^= *generator;
        }
        bits >>= 1;
        generators = others;
    }
    next
}

/// The checksum after one more group of five bits.
fn checksum(state: u32, group: u8) -> u32 {
    step(state) ^ u32::from(group)
}

/// The checksum after two more groups.
fn checksum_of_two(state: u32, groups: u32) -> u32 {
    let feedback = FEEDBACK.get((state >> 20) as usize).copied().unwrap_or_default();
    (state & 0x000f_ffff) << 10 ^ groups ^ feedback
}

impl Prefix {
    fn new(text: &str) -> Self {
        let text = text.to_ascii_lowercase();
        let high = text.bytes().map(|b| b >> 5);
        let low = text.bytes().map(|b| b & 31);
        let checksum = high.chain([0]).chain(low).fold(1, checksum);
        Self { text: text.into(), checksum }
    }

    /// The text of an address. A prefix is checked when a chain starts.
    fn encode(&self, bytes: &[u8]) -> String {
        // Of 32 bytes, 52 characters and six of the checksum.
        let mut text = String::with_capacity(self.text.len().saturating_add(59));
        text.push_str(&self.text);
        text.push('1');
        let mut put = |group: u32| {
            text.push(CHARACTERS.get((group & 31) as usize).copied().map_or('?', char::from));
        };
        let (mut state, mut waiting, mut bits) = (self.checksum, 0_u32, 0_u32);
        for byte in bytes {
            waiting = waiting << 8 | u32::from(*byte);
            bits = bits.wrapping_add(8);
            if bits >= 10 {
                bits = bits.wrapping_sub(10);
                let groups = waiting >> bits & 1023;
                state = checksum_of_two(state, groups);
                put(groups >> 5);
                put(groups);
            }
        }
        // At most nine bits wait: two groups if they are more than five, the last one filled with zeros.
        if bits > 5 {
            let groups = waiting << 10_u32.wrapping_sub(bits) & 1023;
            state = checksum_of_two(state, groups);
            put(groups >> 5);
            put(groups);
        } else if bits > 0 {
            let group = waiting << 5_u32.wrapping_sub(bits) & 31;
            state = checksum(state, group as u8);
            put(group);
        }
        let state = (0..3).fold(state, |state, _| checksum_of_two(state, 0)) ^ 1;
        [25, 20, 15, 10, 5, 0].into_iter().for_each(|shift| put(state >> shift));
        text
    }
}

fn decode(prefix: &str, text: &str) -> Result<Vec<u8>> {
    if text.trim().is_empty() {
        return Err(invalid("empty address string is not allowed"));
    }
    let checked = bech32::primitives::decode::CheckedHrpstring::new::<bech32::Bech32>(text)
        .map_err(|e| invalid(format!("decoding bech32 failed: {e}: {text:?}")))?;
    let found = checked.hrp();
    if found.as_str() != prefix {
        return Err(invalid(format!("invalid Bech32 prefix; expected {prefix}, got {found}")));
    }
    Ok(checked.byte_iter().collect())
}

fn invalid(details: impl fmt::Display) -> Error {
    sdk::INVALID_ADDRESS.because(details)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_survives_its_text_and_its_role_is_checked() {
        let b = Bech32::new("cosmos");
        let a = b.parse_acc("cosmos1srd5yxrg346qd7mne893gy3g43elh2sw7lz0s3").unwrap();
        assert_eq!(hex::encode(a.as_bytes()), "80db4218688d7406fb73c9cb141228ac73fbaa0e");
        assert_eq!(b.acc(&a), "cosmos1srd5yxrg346qd7mne893gy3g43elh2sw7lz0s3");
        assert!(b.parse_val(&b.acc(&a)).is_err());
        assert_eq!(b.parse_val(&b.val(&a.into())).unwrap(), ValAddress::from(a));
        let wrong = Bech32::new("entente").parse_acc(&b.acc(&a)).unwrap_err();
        assert!(wrong.to_string().contains("expected entente, got cosmos"), "{wrong}");
    }

    #[test]
    fn texts_are_those_of_the_standard_for_every_length_and_prefix() {
        for prefix in ["entente", "a", "cosmosvaloper", "x-1~"] {
            for len in 1..=32_u8 {
                let bytes: Vec<u8> = (0..len).map(|i| i.wrapping_mul(89) ^ len).collect();
                let hrp = bech32::Hrp::parse(prefix).unwrap();
                let wanted = bech32::encode::<bech32::Bech32>(hrp, &bytes).unwrap();
                assert_eq!(Prefix::new(prefix).encode(&bytes), wanted);
            }
        }
    }

    #[test]
    fn addresses_sort_by_their_bytes() {
        let short = AccAddress::new(&[1, 2]).unwrap();
        let long = AccAddress::new(&[1, 2, 0]).unwrap();
        assert!(short < long);
        assert_ne!(short, long);
        assert!(AccAddress::new(&[]).is_err() && AccAddress::new(&[0; 33]).is_err());
    }
}
