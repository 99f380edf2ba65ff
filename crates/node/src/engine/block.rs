//! CometBFT's blocks: hashes of headers, data, results and commits, part sets, and the bytes that validators sign.

use entente_kernel::crypto::{ed25519, merkle, sha256};
use entente_kernel::{Span, Timestamp};
use entente_proto::tendermint::abci::ExecTxResult;
use entente_proto::tendermint::types::{self as wire, BlockIdFlag, SignedMsgType};
use prost::Message as _;

use super::validators::ValidatorSet;

/// CometBFT's block protocol.
pub const BLOCK_VERSION: u64 = 11;
/// Bytes in a part of a block.
pub const PART_BYTES: usize = 65_536;

pub fn to_wire_time(time: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: time.secs, nanos: i32::try_from(time.nanos).unwrap_or_default() }
}

pub fn from_wire_time(time: Option<&prost_types::Timestamp>) -> Timestamp {
    time.map_or(Timestamp::NEVER, |t| Timestamp { secs: t.seconds, nanos: u32::try_from(t.nanos).unwrap_or_default() })
}

/// "No block", as Go encodes it.
pub fn no_block_id() -> wire::BlockId {
    wire::BlockId { hash: Vec::new(), part_set_header: Some(wire::PartSetHeader::default()) }
}

/// The commit inside the first block.
pub fn no_commit() -> wire::Commit {
    wire::Commit { height: 0, round: 0, block_id: Some(no_block_id()), signatures: Vec::new() }
}

/// The hash of a header: the Merkle root over its fields, each encoded alone.
pub fn header_hash(h: &wire::Header) -> [u8; 32] {
    let bytes = |b: &Vec<u8>| if b.is_empty() { Vec::new() } else { b.encode_to_vec() };
    let fields = [
        h.version.map(|v| v.encode_to_vec()).unwrap_or_default(),
        if h.chain_id.is_empty() { Vec::new() } else { h.chain_id.encode_to_vec() },
        if h.height == 0 { Vec::new() } else { h.height.encode_to_vec() },
        h.time.map(|t| t.encode_to_vec()).unwrap_or_default(),
        h.last_block_id.as_ref().map(wire::BlockId::encode_to_vec).unwrap_or_default(),
        bytes(&h.last_commit_hash),
        bytes(&h.data_hash),
        bytes(&h.validators_hash),
        bytes(&h.next_validators_hash),
        bytes(&h.consensus_hash),
        bytes(&h.app_hash),
        bytes(&h.last_results_hash),
        bytes(&h.evidence_hash),
        bytes(&h.proposer_address),
    ];
    merkle::root(&fields)
}

/// The name of a block: the hash of its header and that of its parts.
pub fn block_id(block: &wire::Block) -> wire::BlockId {
    encoded_block_id(block, &block.encode_to_vec())
}

/// The same for a block that is encoded already.
pub fn encoded_block_id(block: &wire::Block, bytes: &[u8]) -> wire::BlockId {
    let hash = block.header.as_ref().map(|h| header_hash(h).to_vec()).unwrap_or_default();
    wire::BlockId { hash, part_set_header: Some(part_set_header(bytes)) }
}

pub fn part_set_header(block: &[u8]) -> wire::PartSetHeader {
    let parts: Vec<&[u8]> = block.chunks(PART_BYTES).collect();
    wire::PartSetHeader { total: u32::try_from(parts.len()).unwrap_or(u32::MAX), hash: merkle::root(&parts).to_vec() }
}

/// The Merkle root over the hashes of the transactions.
pub fn data_hash(txs: &[Vec<u8>]) -> [u8; 32] {
    merkle::root(&txs.iter().map(|tx| sha256(tx)).collect::<Vec<_>>())
}

/// The Merkle root over the parts of the results that are the same on every node.
pub fn results_hash(results: &[ExecTxResult]) -> [u8; 32] {
    let leaf = |r: &ExecTxResult| {
        let ExecTxResult { code, data, gas_wanted, gas_used, .. } = r.clone();
        ExecTxResult { code, data, gas_wanted, gas_used, ..ExecTxResult::default() }.encode_to_vec()
    };
    merkle::root(&results.iter().map(leaf).collect::<Vec<_>>())
}

pub fn consensus_hash(params: &wire::ConsensusParams) -> [u8; 32] {
    let block = params.block.unwrap_or_default();
    sha256(&wire::HashedParams { block_max_bytes: block.max_bytes, block_max_gas: block.max_gas }.encode_to_vec())
}

pub fn commit_hash(commit: &wire::Commit) -> [u8; 32] {
    merkle::root(&commit.signatures.iter().map(prost::Message::encode_to_vec).collect::<Vec<_>>())
}

/// The hash of an empty list.
pub fn empty_hash() -> [u8; 32] {
    merkle::root::<Vec<u8>>(&[])
}

/// What a validator signs to agree to a block.
pub fn precommit_sign_bytes(chain_id: &str, height: i64, round: i32, id: &wire::BlockId, time: Timestamp) -> Vec<u8> {
    let parts = id.part_set_header.clone().unwrap_or_default();
    let vote = wire::CanonicalVote {
        r#type: SignedMsgType::Precommit.into(),
        height,
        round: round.into(),
        block_id: Some(wire::CanonicalBlockId {
            hash: id.hash.clone(),
            part_set_header: Some(wire::CanonicalPartSetHeader { total: parts.total, hash: parts.hash }),
        }),
        timestamp: Some(to_wire_time(time)),
        chain_id: chain_id.to_owned(),
    };
    vote.encode_length_delimited_to_vec()
}

/// The commit of a block, signed at `time` by every validator of `set` whose key is among `seeds`; the others are absent.
pub fn sign_commit(
    chain_id: &str,
    height: i64,
    id: &wire::BlockId,
    set: &ValidatorSet,
    seeds: &[[u8; 32]],
    time: Timestamp,
) -> wire::Commit {
    let message = precommit_sign_bytes(chain_id, height, 0, id, time);
    let keys: Vec<_> = seeds.iter().map(|seed| (ed25519::public_key(seed), seed)).collect();
    let signatures = set.validators().iter().map(|v| match keys.iter().find(|(key, _)| *key == v.pub_key) {
        Some((_, seed)) => wire::CommitSig {
            block_id_flag: BlockIdFlag::Commit.into(),
            validator_address: v.address.to_vec(),
            timestamp: Some(to_wire_time(time)),
            signature: ed25519::sign(seed, &message).to_vec(),
        },
        None => wire::CommitSig {
            block_id_flag: BlockIdFlag::Absent.into(),
            timestamp: Some(to_wire_time(Timestamp::NEVER)),
            ..wire::CommitSig::default()
        },
    });
    wire::Commit { height, round: 0, block_id: Some(id.clone()), signatures: signatures.collect() }
}

/// The time of the next block: that of the votes, later than the last block by at least a millisecond.
pub fn vote_time(now: Timestamp, last_block: Timestamp) -> Timestamp {
    now.max(last_block.plus(Span(1_000_000)))
}
