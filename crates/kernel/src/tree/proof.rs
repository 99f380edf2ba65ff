//! ICS-23 proofs that a key has a value, or that there is no such key.

use ics23::commitment_proof::Proof;
use ics23::{CommitmentProof, ExistenceProof, HashOp, InnerOp, LeafOp, LengthOp, NonExistenceProof};

use prost_ics23::Message;

use super::Tree;
use super::node::{HASH_LEN, Head, Link, Sum};
use super::page::Run;
use super::pair::{KeyRef, ValueRef};

impl Tree {
    /// The proof that `key` has its value, or that the tree does not have `key`; it verifies against [`Tree::root`]
    /// under `ics23::iavl_spec`.
    ///
    /// A node's head says height, size and version. The height is the real one: verifiers ask that it be at least the
    /// distance to the proven leaf, and that no fork begins like a leaf (with a zero).
    ///
    /// Of an empty tree there is nothing to show: the answer is then a proof without neighbours, which no verifier
    /// accepts.
    pub fn prove(&self, key: &[u8]) -> CommitmentProof {
        let rank = self.rank(key);
        let proof = match (rank.found, self.existence(rank.below)) {
            (true, Some(found)) => Proof::Exist(found),
            (_, right) => {
                let left = rank.below.checked_sub(1).and_then(|place| self.existence(place));
                Proof::Nonexist(NonExistenceProof { key: key.to_vec(), left, right })
            }
        };
        CommitmentProof { proof: Some(proof) }
    }

    /// The proof of the pair at `place`.
    fn existence(&self, place: u64) -> Option<ExistenceProof> {
        let (mut link, mut place) = (self.top.as_ref()?, place);
        if place >= link.size() {
            return None;
        }
        let mut path = Vec::with_capacity(usize::from(link.height()));
        loop {
            match link {
                Link::Leaf { leaf, .. } => return Some(existence(leaf.pair(), path)),
                Link::Page { from, to, page, .. } => {
                    // The place is one of the page's.
                    let place = from.saturating_add(place as u8);
                    return Some(existence_in(page.run(*from, *to), place, path));
                }
                Link::Fork { size, height, fork, .. } => {
                    let prefix = Head::new(*height, *size).to_vec();
                    match place.checked_sub(fork.left.size()) {
                        None => {
                            path.push(inner_op(prefix, None, Some(fork.right.hash())));
                            link = &fork.left;
                        }
                        Some(rest) => {
                            path.push(inner_op(prefix, Some(fork.left.hash()), None));
                            (link, place) = (&fork.right, rest);
                        }
                    }
                }
            }
        }
    }
}

/// The proof of a pair below the forks of `path`, the topmost first.
fn existence(pair: (KeyRef<'_>, ValueRef<'_>), mut path: Vec<InnerOp>) -> ExistenceProof {
    path.reverse();
    let (key, value) = (pair.0.to_vec(), pair.1.to_vec());
    ExistenceProof { key, value, leaf: Some(leaf_op(Head::new(0, 1).to_vec())), path }
}

/// As [`existence`], for the pair at a place of a page: the hashes beside the way down to it are computed here.
fn existence_in(mut run: Run<'_>, place: u8, mut path: Vec<InnerOp>) -> ExistenceProof {
    while let Some((_, left, right)) = run.split() {
        let (left_sum, right_sum) = (left.sum(), right.sum());
        let all = Sum::fork(&left_sum, &right_sum);
        let prefix = Head::new(all.height, all.size).to_vec();
        if place < left.to {
            path.push(inner_op(prefix, None, Some(&right_sum.hash)));
            run = left;
        } else {
            path.push(inner_op(prefix, Some(&left_sum.hash), None));
            run = right;
        }
    }
    existence(run.pair(place), path)
}

/// A leaf is hashed as: prefix, length of the key, the key, 32, SHA-256 of the value.
pub(super) fn leaf_op(prefix: Vec<u8>) -> LeafOp {
    LeafOp {
        hash: HashOp::Sha256.into(),
        prehash_key: HashOp::NoHash.into(),
        prehash_value: HashOp::Sha256.into(),
        length: LengthOp::VarProto.into(),
        prefix,
    }
}

/// A fork is hashed as: head, 32, left, 32, right; the proven child is left out.
fn inner_op(head: Vec<u8>, left: Option<&[u8; 32]>, right: Option<&[u8; 32]>) -> InnerOp {
    let mut prefix = head;
    let mut suffix = Vec::new();
    if let Some(left) = left {
        prefix.push(HASH_LEN);
        prefix.extend_from_slice(left);
    }
    prefix.push(HASH_LEN);
    if let Some(right) = right {
        suffix.push(HASH_LEN);
        suffix.extend_from_slice(right);
    }
    InnerOp { hash: HashOp::Sha256.into(), prefix, suffix }
}

/// One step of a proof as ABCI queries answer it: the verifier's name for its form, the key, and the encoded proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofOp {
    /// `ics23:iavl` or `ics23:simple`.
    pub kind: &'static str,
    pub key: Vec<u8>,
    pub data: Vec<u8>,
}

/// The protobuf bytes of a proof.
pub fn encode_proof(proof: &CommitmentProof) -> Vec<u8> {
    proof.encode_to_vec()
}

/// The proof that `bytes` encode, if they do.
pub fn decode_proof(bytes: &[u8]) -> Option<CommitmentProof> {
    CommitmentProof::decode(bytes).ok()
}
