//! The promises of the tree, tried against a `BTreeMap`, a second reading of the rules, the `ics23` verifier and hostile
//! keys.

mod hostile;
mod map;
mod pages;
mod proofs;

use std::collections::BTreeMap;

use bytes::Bytes;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::*;

type Model = BTreeMap<Bytes, Bytes>;
type Batch = BTreeMap<Bytes, Option<Bytes>>;

/// Keys that are prefixes of each other, share long beginnings, or are all zeros, beside arbitrary ones.
fn key() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        3 => proptest::collection::vec(any::<u8>(), 1..4),
        3 => proptest::collection::vec(prop_oneof![Just(0u8), Just(1), Just(0x80), Just(0xff)], 1..7),
        2 => (1usize..=256).prop_map(|n| vec![0u8; n]),
        2 => (1usize..20).prop_map(|n| b"channel-10101010101010".iter().copied().take(n).collect()),
        2 => (any::<u8>(), 0usize..256).prop_map(|(byte, at)| {
            let mut key = vec![7u8; 256];
            key[at] = byte;
            key
        }),
    ]
    .prop_map(Bytes::from)
}

/// Mostly short values; some that are too long for a page.
fn value() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        15 => proptest::collection::vec(any::<u8>(), 1..40),
        1 => any::<u8>().prop_map(|byte| vec![byte; 1_100]),
    ]
    .prop_map(Bytes::from)
}

fn batch() -> impl Strategy<Value = Batch> {
    proptest::collection::btree_map(key(), proptest::option::weighted(0.6, value()), 0..40)
}

fn model() -> impl Strategy<Value = Model> {
    proptest::collection::btree_map(key(), value(), 0..40)
}

fn put(model: &mut Model, batch: &Batch) {
    for (key, value) in batch {
        match value {
            Some(value) => model.insert(key.clone(), value.clone()),
            None => model.remove(key),
        };
    }
}

fn owned<'a>(iter: impl Iterator<Item = (KeyRef<'a>, ValueRef<'a>)>) -> Vec<(Bytes, Bytes)> {
    iter.map(one).collect()
}

fn one((key, value): (KeyRef<'_>, ValueRef<'_>)) -> (Bytes, Bytes) {
    (key.to_bytes(), value.to_bytes())
}

fn pairs(model: &Model) -> Vec<(Bytes, Bytes)> {
    model.clone().into_iter().collect()
}

fn built(model: &Model) -> Tree {
    Tree::from_sorted(model.clone()).unwrap()
}

fn bytes(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

/// The rules of the manual once more, as plainly as possible: the root of sorted pairs, by spelling out all bits.
fn root_by_the_rules(pairs: &[(Bytes, Bytes)]) -> [u8; 32] {
    fn bits(key: &[u8]) -> Vec<bool> {
        let byte =
            |byte: &u8| std::iter::once(true).chain((0..8).rev().map(|i| byte >> i & 1 == 1)).collect::<Vec<_>>();
        let mut bits: Vec<bool> = key.iter().flat_map(byte).collect();
        bits.resize(9 * 257, false);
        bits
    }
    fn varint(number: u64) -> Vec<u8> {
        let mut out = Vec::new();
        prost::encoding::encode_varint(2 * number, &mut out);
        out
    }
    fn node(pairs: &[(Vec<bool>, &(Bytes, Bytes))]) -> (u64, [u8; 32]) {
        if let [(_, (key, value))] = pairs {
            let mut text = vec![0, 2, 2];
            prost::encoding::encode_varint(key.len() as u64, &mut text);
            text.extend_from_slice(key);
            text.push(32);
            text.extend_from_slice(&Sha256::digest(value));
            return (0, Sha256::digest(text).into());
        }
        let differs = |i: &usize| pairs.iter().any(|(bits, _)| bits[*i] != pairs[0].0[*i]);
        let place = (0..9 * 257).find(differs).unwrap();
        let middle = pairs.iter().position(|(bits, _)| bits[place]).unwrap();
        let ((left_height, left), (right_height, right)) = (node(&pairs[..middle]), node(&pairs[middle..]));
        let height = 1 + left_height.max(right_height);
        let text =
            [varint(height), varint(pairs.len() as u64), varint(1), vec![32], left.to_vec(), vec![32], right.to_vec()];
        (height, Sha256::digest(text.concat()).into())
    }
    if pairs.is_empty() {
        return Sha256::digest([]).into();
    }
    let spelled: Vec<_> = pairs.iter().map(|pair| (bits(&pair.0), pair)).collect();
    node(&spelled).1
}
