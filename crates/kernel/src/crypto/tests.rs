//! Known answers of CometBFT 0.38 and SDK 0.50.4 (`known_answers.json`), and what must be refused.

use serde_json::Value;

use super::*;

fn known(part: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("known_answers.json")).unwrap();
    let rows = all[part].as_array().unwrap().clone();
    assert!(rows.len() >= 4, "{part} has {} rows", rows.len());
    rows
}

fn bytes<const LENGTH: usize>(row: &Value, field: &str) -> [u8; LENGTH] {
    hex::decode(row[field].as_str().unwrap()).unwrap().try_into().unwrap()
}

fn secret(number: u8) -> [u8; 32] {
    sha256(&[number])
}

fn account(number: u8) -> PubKey {
    PubKey::Secp256k1(secp256k1::public_key(&secret(number)).unwrap())
}

#[test]
fn accounts_have_the_keys_addresses_and_signatures_of_the_sdk() {
    for row in known("secp256k1") {
        let (key, secret, signature) = (bytes(&row, "key"), bytes(&row, "secret"), bytes::<64>(&row, "signature"));
        let message = row["message"].as_str().unwrap().as_bytes();
        assert_eq!(secp256k1::public_key(&secret), Ok(key));
        assert_eq!(PubKey::Secp256k1(key).address(), bytes::<20>(&row, "address"));
        assert_eq!(secp256k1::sign(&secret, message), Ok(signature));
        assert_eq!(PubKey::Secp256k1(key).verify(message, &signature), Ok(()));
        assert_eq!(secp256k1::verify(&key, b"another message", &signature), Err(CryptoError::Mismatch));
    }
}

#[test]
fn validators_have_the_keys_addresses_and_signatures_of_cometbft() {
    for row in known("ed25519") {
        let (key, seed, signature) = (bytes(&row, "key"), bytes(&row, "secret"), bytes::<64>(&row, "signature"));
        let message = row["message"].as_str().unwrap().as_bytes();
        assert_eq!(ed25519::public_key(&seed), key);
        assert_eq!(PubKey::Ed25519(key).address(), bytes::<20>(&row, "address"));
        assert_eq!(ed25519::sign(&seed, message), signature);
        assert_eq!(PubKey::Ed25519(key).verify(message, &signature), Ok(()));
        assert_eq!(ed25519::verify(&key, b"another message", &signature), Err(CryptoError::Mismatch));
        assert_eq!(ed25519::verify(&key, message, &signature[1..]), Err(CryptoError::SignatureLength { length: 63 }));
    }
}

#[test]
fn the_second_form_of_a_signature_with_high_s_is_refused() {
    // The order of the curve.
    let order = hex::decode("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141").unwrap();
    let signature = secp256k1::sign(&secret(1), b"message").unwrap();
    let (r, s) = signature.split_at(32);
    let order = num_bigint::BigUint::from_bytes_be(&order);
    let other: num_bigint::BigUint = order - num_bigint::BigUint::from_bytes_be(s);
    let other = [vec![0; 32 - other.to_bytes_be().len()], other.to_bytes_be()].concat();
    let high = [r, &other].concat();
    let key = secp256k1::public_key(&secret(1)).unwrap();
    assert_eq!(secp256k1::verify(&key, b"message", &signature), Ok(()));
    assert_eq!(secp256k1::verify(&key, b"message", &high), Err(CryptoError::HighS));
}

#[test]
fn malformed_signatures_and_keys_are_refused() {
    let key = secp256k1::public_key(&secret(1)).unwrap();
    for length in [0, 1, 63, 65, 72] {
        let refused = secp256k1::verify(&key, b"", &vec![1; length]);
        assert_eq!(refused, Err(CryptoError::SignatureLength { length }));
    }
    assert_eq!(secp256k1::verify(&key, b"", &[0xff; 64]), Err(CryptoError::SignatureForm));
    assert_eq!(secp256k1::verify(&key, b"", &[0; 64]), Err(CryptoError::Mismatch));
    for first in [0, 1, 4, 6, 7] {
        let mut wrong = key;
        wrong[0] = first;
        assert_eq!(PubKey::Secp256k1(wrong).check(), Err(CryptoError::PublicKey { kind: "secp256k1" }), "{first}");
    }
    let off_the_curve = [&[2], [0xff; 32].as_slice()].concat().try_into().unwrap();
    assert!(PubKey::Secp256k1(off_the_curve).check().is_err());
    let no_point: [u8; 32] = [&[2], [0; 31].as_slice()].concat().try_into().unwrap();
    assert_eq!(PubKey::Ed25519(no_point).check(), Err(CryptoError::PublicKey { kind: "ed25519" }));
    assert!(secp256k1::sign(&[0; 32], b"").is_err());
    assert!(secp256k1::public_key(&[0xff; 32]).is_err());
}

#[test]
fn one_flipped_bit_anywhere_breaks_a_signature() {
    let (key, signature) =
        (secp256k1::public_key(&secret(1)).unwrap(), secp256k1::sign(&secret(1), b"message").unwrap());
    let validator = ed25519::public_key(&secret(1));
    let vote = ed25519::sign(&secret(1), b"message");
    for bit in 0..512 {
        let flip = |mut bytes: [u8; 64]| {
            bytes[bit / 8] ^= 1 << (bit % 8);
            bytes
        };
        assert!(secp256k1::verify(&key, b"message", &flip(signature)).is_err(), "secp256k1 bit {bit}");
        assert!(ed25519::verify(&validator, b"message", &flip(vote)).is_err(), "ed25519 bit {bit}");
    }
}

#[test]
fn small_order_ed25519_keys_verify_as_zip_215_says() {
    // The identity as key and R with s = 0: the cofactored equation holds for every message.
    let identity: [u8; 32] = [&[1], [0; 31].as_slice()].concat().try_into().unwrap();
    let signature = [identity, [0; 32]].concat();
    assert_eq!(ed25519::verify(&identity, b"anything", &signature), Ok(()));
}

#[test]
fn multisig_keys_have_the_amino_bytes_and_addresses_of_the_sdk() {
    let members: Vec<PubKey> = known("secp256k1").iter().map(|row| PubKey::Secp256k1(bytes(row, "key"))).collect();
    let validator = PubKey::Ed25519(bytes(known("ed25519").last().unwrap(), "key"));
    for row in known("multisig") {
        let threshold = u32::try_from(row["threshold"].as_u64().unwrap()).unwrap();
        let keys = if row["nested"].as_bool().unwrap() {
            let inner = PubKey::multisig(2, members[1..4].to_vec()).unwrap();
            vec![members[0].clone(), inner, validator.clone()]
        } else {
            members[..usize::try_from(row["keys"].as_u64().unwrap()).unwrap()].to_vec()
        };
        let key = PubKey::multisig(threshold, keys).unwrap();
        assert_eq!(hex::encode(key.amino_bytes()), row["amino"].as_str().unwrap());
        assert_eq!(hex::encode(key.address()), row["address"].as_str().unwrap());
    }
}

#[test]
fn a_threshold_must_be_reachable_and_nesting_is_bounded() {
    assert_eq!(PubKey::multisig(0, vec![account(1)]), Err(CryptoError::Threshold { threshold: 0, keys: 1 }));
    assert_eq!(PubKey::multisig(2, vec![account(1)]), Err(CryptoError::Threshold { threshold: 2, keys: 1 }));
    assert!(PubKey::multisig(2, vec![account(1), account(1)]).is_ok());
    let mut key = account(1);
    for level in 1..=11 {
        match PubKey::multisig(1, vec![key.clone()]) {
            Ok(next) => key = next,
            Err(error) => assert_eq!((level, error), (11, CryptoError::TooDeep { max: 10 })),
        }
    }
}

#[test]
fn a_multisig_needs_its_threshold_of_right_signatures_in_the_order_of_the_keys() {
    let keys: Vec<PubKey> = (1..=3).map(account).collect();
    let message = |index: usize| format!("signed by {index}").into_bytes();
    let signed = |number: u8| secp256k1::sign(&secret(number), &message(usize::from(number) - 1)).unwrap();
    let verify = |threshold, bits: &[bool], signatures: &[[u8; 64]]| {
        verify_multisig(threshold, &keys, &BitArray::from_bits(bits), signatures, message)
    };
    assert_eq!(verify(2, &[true, false, true], &[signed(1), signed(3)]), Ok(()));
    assert_eq!(verify(2, &[true, true, true], &[signed(1), signed(2), signed(3)]), Ok(()));
    assert_eq!(
        verify(2, &[true, false, true], &[signed(3), signed(1)]),
        Err(CryptoError::MemberSignature { index: 0 })
    );
    assert_eq!(
        verify(2, &[true, true, false], &[signed(1), signed(3)]),
        Err(CryptoError::MemberSignature { index: 1 })
    );
    assert_eq!(
        verify(3, &[true, false, true], &[signed(1), signed(3)]),
        Err(CryptoError::TooFewSignatures { have: 2, wanted: 3 })
    );
    assert_eq!(verify(2, &[true, true], &[signed(1), signed(2)]), Err(CryptoError::BitArraySize { wanted: 3 }));
    assert_eq!(verify(2, &[true, false, true], &[signed(1)]), Err(CryptoError::SignatureCount { found: 1 }));
    assert_eq!(
        verify(2, &[true, false, true], &[signed(1), signed(3), signed(2)]),
        Err(CryptoError::SignatureCount { found: 3 })
    );
    assert!(verify(0, &[false, false, false], &[]).is_err());
}

#[test]
fn multisigs_verify_inside_multisigs_with_the_mode_of_each_signature() {
    let inner = PubKey::multisig(1, vec![account(2), account(3)]).unwrap();
    let outer = PubKey::multisig(2, vec![account(1), inner]).unwrap();
    let single = |number: u8, mode: &'static str| SignatureTree::Single {
        mode,
        signature: secp256k1::sign(&secret(number), mode.as_bytes()).unwrap().to_vec(),
    };
    let tree = |inner_signature| SignatureTree::Multi {
        signers: BitArray::from_bits(&[true, true]),
        signatures: vec![
            single(1, "direct"),
            SignatureTree::Multi { signers: BitArray::from_bits(&[false, true]), signatures: vec![inner_signature] },
        ],
    };
    let mut sign_bytes = |mode: &&str| match *mode {
        "refused" => Err(CryptoError::SignatureForm),
        mode => Ok(mode.as_bytes().to_vec()),
    };
    assert_eq!(outer.verify_tree(&tree(single(3, "amino")), &mut sign_bytes), Ok(()));
    assert_eq!(
        outer.verify_tree(&tree(single(2, "amino")), &mut sign_bytes),
        Err(CryptoError::MemberSignature { index: 1 })
    );
    assert_eq!(outer.verify_tree(&tree(single(3, "refused")), &mut sign_bytes), Err(CryptoError::SignatureForm));
    assert_eq!(outer.verify_tree(&single(1, "direct"), &mut sign_bytes), Err(CryptoError::MultisigWanted));
    let misplaced = SignatureTree::Multi {
        signers: BitArray::from_bits(&[true, true]),
        signatures: vec![tree(single(3, "amino")), single(1, "direct")],
    };
    assert_eq!(outer.verify_tree(&misplaced, &mut sign_bytes), Err(CryptoError::NotMultisig { index: 0 }));
    assert_eq!(account(1).verify_tree(&single(1, "direct"), &mut sign_bytes), Ok(()));
}

#[test]
fn bit_arrays_have_one_wire_form_only() {
    let nine = BitArray::from_wire(1, &[0b1010_0000, 0b1000_0000]).unwrap();
    assert_eq!(nine.len(), 9);
    assert_eq!(nine.count_ones(), 3);
    let bits: Vec<bool> = nine.iter().collect();
    assert_eq!(bits, [true, false, true, false, false, false, false, false, true]);
    assert_eq!(BitArray::from_bits(&bits), nine);
    assert_eq!(nine.to_wire(), (1, &[0b1010_0000, 0b1000_0000][..]));
    assert_eq!(BitArray::from_wire(0, &[0xff]).unwrap().to_wire(), (0, &[0xff][..]));
    assert!(BitArray::from_wire(0, &[]).unwrap().is_empty());
    for (extra_bits, bytes) in [(1, &[][..]), (8, &[0]), (9, &[0, 0]), (1, &[0b1100_0000]), (7, &[1]), (u32::MAX, &[0])]
    {
        assert_eq!(BitArray::from_wire(extra_bits, bytes), Err(CryptoError::BitArrayForm), "{extra_bits} {bytes:?}");
    }
}

#[test]
fn merkle_roots_and_proofs_are_those_of_cometbft() {
    for row in known("merkle") {
        let count = row["leaves"].as_u64().unwrap();
        let leaves: Vec<String> = (0..count).map(|number| format!("leaf {number}")).collect();
        let (root, proofs) = merkle::proofs(&leaves);
        assert_eq!(hex::encode(root), row["root"].as_str().unwrap(), "{count} leaves");
        assert_eq!(merkle::root(&leaves), root);
        let aunts = |place: u64| -> Vec<Value> {
            proofs[usize::try_from(place).unwrap()].aunts.iter().map(|aunt| hex::encode(aunt).into()).collect()
        };
        if count > 0 {
            let wanted = |field: &str| row[field].as_array().cloned().unwrap_or_default();
            assert_eq!(aunts(count - 1), wanted("last_aunts"), "{count} leaves");
            assert_eq!(aunts(count / 2), wanted("middle_aunts"), "{count} leaves");
        }
    }
}

#[test]
fn a_merkle_proof_proves_one_leaf_at_one_place_only() {
    let leaves: Vec<String> = (0..13).map(|number| format!("leaf {number}")).collect();
    let (root, proofs) = merkle::proofs(&leaves);
    for (at, proof) in proofs.iter().enumerate() {
        assert!(proof.verify(&root, leaves[at].as_bytes()), "{at}");
        assert!(!proof.verify(&root, b"another leaf"), "{at}");
        assert!(!proof.verify(&sha256(b"another root"), leaves[at].as_bytes()), "{at}");
        for (index, total) in [(proof.index + 1, 13), (proof.index, 26), (proof.index, 0), (13, 13)] {
            let moved = merkle::Proof { index, total, ..proof.clone() };
            assert!(!moved.verify(&root, leaves[at].as_bytes()), "{at} moved to {index} of {total}");
        }
        let mut longer = proof.clone();
        longer.aunts.push(root);
        assert_eq!(longer.root(), None, "{at}");
        let mut shorter = proof.clone();
        shorter.aunts.pop();
        assert!(!shorter.verify(&root, leaves[at].as_bytes()), "{at}");
    }
    let endless = merkle::Proof { total: u64::MAX, index: u64::MAX - 1, leaf_hash: root, aunts: Vec::new() };
    assert_eq!(endless.root(), None);
}

#[test]
fn module_accounts_have_the_addresses_of_their_names_and_keys() {
    assert_eq!(hex::encode(module_address("alliance")), "80db4218688d7406fb73c9cb141228ac73fbaa0e");
    assert_eq!(hex::encode(module_address("alliance_rewards")), "adfa4597195a8690734b93e676f8739d1af9a0be");
    for row in known("module") {
        let name = row["name"].as_str().unwrap();
        let keys: Vec<&[u8]> =
            row["keys"].as_array().unwrap().iter().map(|key| key.as_str().unwrap().as_bytes()).collect();
        let address = match keys.split_first() {
            None => module_address(name).to_vec(),
            Some((first, further)) => derived_module_address(name, first, further).to_vec(),
        };
        assert_eq!(hex::encode(address), row["address"].as_str().unwrap(), "{name}");
    }
}

#[test]
fn hashes_have_their_published_values() {
    let abc = b"abc";
    assert_eq!(hex::encode(sha256(abc)), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(hex::encode(ripemd160(abc)), "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc");
    assert!(hex::encode(sha512(abc)).starts_with("ddaf35a193617abacc417349ae204131"));
}
