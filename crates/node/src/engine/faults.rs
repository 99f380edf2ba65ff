//! Faults of a development chain's validators, caused on purpose: one is down and signs nothing, or it signs two blocks at one height.
//!
//! A double signature leaves what CometBFT's evidence pool would put into the next block: both votes, signed by the validator's key,
//! one of them for a block that nobody saw. What becomes of it is decided by the chain's own modules.

use std::collections::BTreeSet;
use std::sync::Arc;

use entente_chain::Evidence;
use entente_kernel::ConsAddress;
use entente_kernel::crypto::{ed25519, merkle, sha256};
use entente_proto::tendermint::types::{self as wire, DuplicateVoteEvidence, SignedMsgType, evidence::Sum};
use prost::Message as _;

use super::block::{self, from_wire_time, to_wire_time};
use super::state::Standing;
use super::validators::ValidatorSet;
use super::{Engine, Halt, Made};
use crate::disk::Disk;

/// The validators that are down, as text.
const DOWN_META: &str = "validators_down";

/// Addresses of validators that sign nothing.
pub(super) type Down = BTreeSet<[u8; 20]>;

/// Why a fault was not caused.
#[derive(Debug, thiserror::Error)]
pub enum FaultError {
    #[error("the validator is not in the set of height {0}: it is jailed, or its stake is too small")]
    NotInSet(i64),
    #[error("the validator's key is not held by this process")]
    Stranger,
    #[error(
        "without it, {up} of a voting power of {total} would be left to sign, and a chain needs more than two thirds; a chain of four can lose one: entente dev --validators 4 --home FOLDER"
    )]
    TooFew { up: i64, total: i64 },
    #[error("the chain has stopped: {0}")]
    Halted(#[from] Halt),
}

impl Engine {
    /// From now on the validator signs nothing (`down`), or signs again. It stays so after a restart.
    ///
    /// # Errors
    /// Without it the others would be too few for a commit.
    pub fn set_down(&self, address: [u8; 20], down: bool) -> Result<(), FaultError> {
        self.is_running()?;
        self.seed_of(&address)?;
        let _making = self.0.making.lock();
        let core = self.0.core.lock();
        let mut after = self.0.down.lock().clone();
        if down {
            after.insert(address);
            self.can_go_on(&core.standing.next_validators, &after)?;
        } else {
            after.remove(&address);
        }
        self.keep_down(after)?;
        Ok(())
    }

    /// The validator signs another block at the last height too, and the proof is in the block that this makes.
    ///
    /// # Errors
    /// It did not sign at that height, or the chain could not go on without it.
    pub fn double_sign(&self, address: [u8; 20]) -> Result<Arc<Made>, FaultError> {
        self.is_running()?;
        let seed = self.seed_of(&address)?;
        let making = self.0.making.lock();
        let core = self.0.core.lock();
        let standing = &core.standing;
        let proof = duplicate_vote(standing, &address, &seed).ok_or(FaultError::NotInSet(standing.height))?;
        let mut others = standing.next_validators.clone();
        let barred = others.update(&[(ed25519::public_key(&seed), 0)]);
        let total = others.total_power();
        barred.map_err(|_| FaultError::TooFew { up: 0, total })?;
        self.can_go_on(&others, &self.0.down.lock())?;
        drop(core);
        Ok(self.make_in(making, self.now(), &[proof])?)
    }

    /// The validators that are down.
    pub fn down(&self) -> Vec<[u8; 20]> {
        self.0.down.lock().iter().copied().collect()
    }

    pub(super) fn keep_down(&self, down: Down) -> Result<(), Halt> {
        let text: Vec<String> = down.iter().map(hex::encode).collect();
        *self.0.down.lock() = down;
        Ok(self.0.archive.disk().set_meta(DOWN_META, text.join(" ").as_bytes())?)
    }

    /// The seeds of those that sign now.
    pub(super) fn signing(&self) -> Vec<[u8; 32]> {
        let down = self.0.down.lock();
        let is_up = |seed: &&[u8; 32]| down.is_empty() || !down.contains(&address_of(seed));
        self.0.seeds.iter().filter(is_up).copied().collect()
    }

    fn seed_of(&self, address: &[u8; 20]) -> Result<[u8; 32], FaultError> {
        self.0.seeds.iter().find(|seed| address_of(seed) == *address).copied().ok_or(FaultError::Stranger)
    }

    /// Those of a set that are up hold more than two thirds of its power.
    fn can_go_on(&self, set: &ValidatorSet, down: &Down) -> Result<(), FaultError> {
        let total = set.total_power();
        let up = set.validators().iter().filter(|v| !down.contains(&v.address)).map(|v| v.power).sum();
        if i128::from(up) * 3 > i128::from(total) * 2 { Ok(()) } else { Err(FaultError::TooFew { up, total }) }
    }
}

pub(super) fn known_down(disk: &Disk) -> Result<Down, Halt> {
    let bytes = disk.meta(DOWN_META)?.unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    Ok(text.split_whitespace().filter_map(|word| hex::decode(word).ok()?.try_into().ok()).collect())
}

fn address_of(seed: &[u8; 32]) -> [u8; 20] {
    ed25519::address(&ed25519::public_key(seed))
}

/// Two votes of one validator at the last height: for the block that is there, and for one that is not.
fn duplicate_vote(standing: &Standing, address: &[u8; 20], seed: &[u8; 32]) -> Option<DuplicateVoteEvidence> {
    let set = &standing.last_validators;
    let place = set.validators().iter().position(|v| v.address == *address)?;
    let power = set.by_address(address)?.power;
    let forked = sha256(&[b"another block at the height of ".as_slice(), &standing.block_id.hash].concat());
    let other = wire::BlockId {
        hash: forked.to_vec(),
        part_set_header: Some(wire::PartSetHeader { total: 1, hash: sha256(&forked).to_vec() }),
    };
    let vote = |id: &wire::BlockId| {
        let (height, time) = (standing.height, standing.time);
        let message = block::precommit_sign_bytes(&standing.chain_id, height, 0, id, time);
        wire::Vote {
            r#type: SignedMsgType::Precommit.into(),
            height,
            round: 0,
            block_id: Some(id.clone()),
            timestamp: Some(to_wire_time(time)),
            validator_address: address.to_vec(),
            validator_index: i32::try_from(place).unwrap_or(i32::MAX),
            signature: ed25519::sign(seed, &message).to_vec(),
            ..wire::Vote::default()
        }
    };
    // CometBFT wants the lower block first.
    let mut ids = [&standing.block_id, &other];
    ids.sort_by(|a, b| a.hash.cmp(&b.hash));
    Some(DuplicateVoteEvidence {
        vote_a: Some(vote(ids[0])),
        vote_b: Some(vote(ids[1])),
        total_voting_power: set.total_power(),
        validator_power: power,
        timestamp: Some(to_wire_time(standing.time)),
    })
}

/// The Merkle root over the proofs of a block.
pub(super) fn evidence_hash(proofs: &[DuplicateVoteEvidence]) -> [u8; 32] {
    merkle::root(&proofs.iter().map(DuplicateVoteEvidence::encode_to_vec).collect::<Vec<_>>())
}

/// Proofs as a block holds them.
pub(super) fn to_list(proofs: &[DuplicateVoteEvidence]) -> wire::EvidenceList {
    let wrap = |proof: &DuplicateVoteEvidence| wire::Evidence { sum: Some(Sum::DuplicateVoteEvidence(proof.clone())) };
    wire::EvidenceList { evidence: proofs.iter().map(wrap).collect() }
}

/// Proofs as the chain is told of them.
pub(super) fn to_chain(proofs: &[DuplicateVoteEvidence]) -> Vec<Evidence> {
    let told = |proof: &DuplicateVoteEvidence| {
        let vote = proof.vote_a.as_ref()?;
        Some(Evidence {
            duplicate_vote: true,
            address: ConsAddress::new(&vote.validator_address).ok()?,
            power: proof.validator_power,
            height: vote.height,
            time: from_wire_time(proof.timestamp.as_ref()),
            total_power: proof.total_voting_power,
        })
    };
    proofs.iter().filter_map(told).collect()
}

#[cfg(test)]
mod tests {
    use entente_kernel::{Span, Timestamp};
    use entente_proto::cosmos::staking::v1beta1::{QueryValidatorsRequest, QueryValidatorsResponse, Validator};

    use super::*;
    use crate::engine::stores;
    use crate::genesis::{GenesisDoc, dev};
    use crate::keys::validator::development_seeds;

    fn doc(count: u32) -> GenesisDoc {
        dev::document(dev::CHAIN_ID, Timestamp::from_secs(1_800_000_000), &development_seeds(count)).unwrap()
    }

    fn engine(count: u32) -> Engine {
        let engine = Engine::open(Disk::ephemeral(stores()), None, doc(count), development_seeds(count)).unwrap();
        engine.make_block().unwrap();
        engine.make_block().unwrap();
        engine
    }

    fn address(place: usize) -> [u8; 20] {
        address_of(&development_seeds(4)[place])
    }

    fn validator(engine: &Engine, place: usize) -> Validator {
        let request = QueryValidatorsRequest::default().encode_to_vec();
        let answer =
            engine.snapshot(None).unwrap().query("/cosmos.staking.v1beta1.Query/Validators", &request).unwrap();
        let all = QueryValidatorsResponse::decode(answer.as_slice()).unwrap().validators;
        let key = ed25519::public_key(&development_seeds(4)[place]);
        all.into_iter().find(|v| v.consensus_pubkey.as_ref().unwrap().value.ends_with(&key)).unwrap()
    }

    fn in_set(engine: &Engine, place: usize) -> bool {
        engine.shown().standing.validators.by_address(&address(place)).is_some()
    }

    #[test]
    fn who_signs_twice_is_slashed_jailed_and_leaves_the_set_and_the_block_holds_both_votes() {
        let engine = engine(4);
        let last = engine.shown().standing;
        let made = engine.double_sign(address(1)).unwrap();
        let (found, shown) = (validator(&engine, 1), engine.archive().block(made.height()).unwrap().unwrap());
        assert_eq!((found.tokens.as_str(), found.jailed), ("285000000000", true));
        let proofs = shown.evidence.unwrap().evidence;
        let Some(Sum::DuplicateVoteEvidence(proof)) = &proofs[0].sum else { panic!("{proofs:?}") };
        let (a, b) = (proof.vote_a.clone().unwrap(), proof.vote_b.clone().unwrap());
        let hash = |vote: &wire::Vote| vote.block_id.clone().unwrap().hash;
        assert!(hash(&a) < hash(&b) && [hash(&a), hash(&b)].contains(&last.block_id.hash));
        for vote in [&a, &b] {
            let id = vote.block_id.clone().unwrap();
            let time = from_wire_time(vote.timestamp.as_ref());
            let message = block::precommit_sign_bytes(dev::CHAIN_ID, last.height, 0, &id, time);
            let key = ed25519::public_key(&development_seeds(2)[1]);
            ed25519::verify(&key, &message, &vote.signature).unwrap();
        }
        assert_ne!(shown.header.unwrap().evidence_hash, block::empty_hash());
        engine.make_block().unwrap();
        assert!(!in_set(&engine, 1) && in_set(&engine, 2));
        let refused = engine.double_sign(address(1)).err();
        engine.make_block().unwrap();
        let later = engine.double_sign(address(1)).unwrap_err().to_string();
        assert!(
            refused.is_none_or(|e| matches!(e, FaultError::NotInSet(_))) && later.contains("not in the set"),
            "{later}"
        );
        assert_eq!(validator(&engine, 1).tokens, "285000000000");
        assert_eq!(engine.snapshot(None).unwrap().broken_invariants().unwrap(), Vec::<String>::new());
    }

    #[test]
    fn who_is_down_is_jailed_for_it_and_signs_again_when_it_is_up() {
        let engine = engine(4);
        engine.set_down(address(2), true).unwrap();
        engine.advance_by_blocks(Span::from_secs(160), 160).unwrap();
        assert_eq!((validator(&engine, 2).tokens.as_str(), validator(&engine, 2).jailed), ("297000000000", true));
        assert!(!in_set(&engine, 2) && !validator(&engine, 1).jailed);
        engine.set_down(address(2), false).unwrap();
        assert!(engine.down().is_empty());
    }

    #[test]
    fn a_fault_that_would_leave_two_thirds_or_less_is_refused() {
        let alone = engine(1);
        for refused in [alone.double_sign(address(0)).err().unwrap(), alone.set_down(address(0), true).unwrap_err()] {
            assert!(matches!(refused, FaultError::TooFew { .. }), "{refused}");
        }
        let four = engine(4);
        four.set_down(address(3), true).unwrap();
        four.set_down(address(2), true).unwrap();
        let refused = four.set_down(address(1), true).unwrap_err().to_string();
        assert!(refused.starts_with("without it, 1000000 of a voting power of 1900000"), "{refused}");
        assert!(matches!(four.double_sign([9; 20]).err().unwrap(), FaultError::Stranger));
        four.make_block().unwrap();
    }

    #[test]
    fn a_validator_stays_down_after_a_restart_and_a_revert_brings_it_back() {
        let folder = tempfile::tempdir().unwrap();
        let open = || {
            let (disk, loaded) = Disk::open(folder.path(), stores()).unwrap();
            Engine::open(disk, loaded, doc(4), development_seeds(4)).unwrap()
        };
        let engine = open();
        engine.make_block().unwrap();
        engine.set_down(address(1), true).unwrap();
        drop(engine);
        let engine = open();
        assert_eq!(engine.down(), [address(1)]);
        engine.mark().unwrap();
        engine.set_down(address(1), false).unwrap();
        engine.revert(None).unwrap();
        assert_eq!(engine.down(), [address(1)]);
    }
}
