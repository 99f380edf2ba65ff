//! Where consensus stands between two blocks: validators of three heights, parameters, and the hashes that the next header carries.

use entente_chain::ValidatorUpdate;
use entente_kernel::Timestamp;
use entente_proto::tendermint::abci::ResponseFinalizeBlock;
use entente_proto::tendermint::state as stored;
use entente_proto::tendermint::types as wire;

use super::block::{self, from_wire_time, no_block_id, to_wire_time};
use super::validators::{SetError, ValidatorSet, ed25519_key};
use crate::genesis::GenesisDoc;

#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    pub chain_id: String,
    pub initial_height: i64,
    /// The last block; `initial_height - 1` before the first.
    pub height: i64,
    pub block_id: wire::BlockId,
    pub time: Timestamp,
    /// Of the last block; they sign it.
    pub last_validators: ValidatorSet,
    /// Of the next block.
    pub validators: ValidatorSet,
    /// Of the block after the next.
    pub next_validators: ValidatorSet,
    /// In force for the next block.
    pub params: wire::ConsensusParams,
    pub last_results_hash: Vec<u8>,
    /// The state after the last block.
    pub app_hash: Vec<u8>,
}

impl Standing {
    /// Before the first block.
    ///
    /// # Errors
    /// If the genesis has no usable validators.
    pub fn at_genesis(doc: &GenesisDoc, validators: &[ValidatorUpdate], app_hash: [u8; 32]) -> Result<Self, SetError> {
        let from_app: Vec<_> = validators.iter().map(|v| (v.pub_key, v.power)).collect();
        let set = ValidatorSet::new(if from_app.is_empty() { doc.validators.clone() } else { from_app })?;
        if set.validators().is_empty() {
            return Err(SetError::Empty);
        }
        Ok(Self {
            chain_id: doc.chain_id.clone(),
            initial_height: doc.initial_height,
            height: doc.initial_height - 1,
            block_id: no_block_id(),
            time: doc.time,
            last_validators: ValidatorSet::default(),
            next_validators: set.rotated(1),
            validators: set,
            params: doc.consensus_params.clone(),
            last_results_hash: block::empty_hash().to_vec(),
            app_hash: app_hash.to_vec(),
        })
    }

    pub fn is_before_first_block(&self) -> bool {
        self.height < self.initial_height
    }

    /// The header of the next block, complete.
    pub fn next_header(
        &self,
        time: Timestamp,
        txs: &[Vec<u8>],
        last_commit: &wire::Commit,
        proposer: [u8; 20],
        evidence_hash: [u8; 32],
    ) -> wire::Header {
        let app = self.params.version.unwrap_or_default().app;
        wire::Header {
            version: Some(entente_proto::tendermint::version::Consensus { block: block::BLOCK_VERSION, app }),
            chain_id: self.chain_id.clone(),
            height: self.height + 1,
            time: Some(to_wire_time(time)),
            last_block_id: Some(self.block_id.clone()),
            last_commit_hash: block::commit_hash(last_commit).to_vec(),
            data_hash: block::data_hash(txs).to_vec(),
            validators_hash: self.validators.hash().to_vec(),
            next_validators_hash: self.next_validators.hash().to_vec(),
            consensus_hash: block::consensus_hash(&self.params).to_vec(),
            app_hash: self.app_hash.clone(),
            last_results_hash: self.last_results_hash.clone(),
            evidence_hash: evidence_hash.to_vec(),
            proposer_address: proposer.to_vec(),
        }
    }

    /// After a block. Validator updates of height H are in force at H+2.
    ///
    /// # Errors
    /// If the updates cannot be applied; the set then stays as it was, and the caller says so.
    pub fn after(
        &self,
        header: &wire::Header,
        block_id: wire::BlockId,
        results: &ResponseFinalizeBlock,
    ) -> (Self, Result<(), SetError>) {
        let updates: Vec<_> = (results.validator_updates.iter())
            .filter_map(|u| Some((ed25519_key(u.pub_key.as_ref()?)?, u.power)))
            .collect();
        let mut next = self.next_validators.clone();
        let applied = next.update(&updates);
        next.rotate(1);
        let standing = Self {
            height: header.height,
            block_id,
            time: from_wire_time(header.time.as_ref()),
            last_validators: self.validators.clone(),
            validators: self.next_validators.clone(),
            next_validators: next,
            params: results
                .consensus_param_updates
                .clone()
                .map_or_else(|| self.params.clone(), |new| merged(&self.params, new)),
            last_results_hash: block::results_hash(&results.tx_results).to_vec(),
            app_hash: results.app_hash.clone(),
            ..self.clone()
        };
        (standing, applied)
    }

    pub fn to_stored(&self) -> stored::State {
        stored::State {
            version: None,
            chain_id: self.chain_id.clone(),
            initial_height: self.initial_height,
            last_block_height: self.height,
            last_block_id: Some(self.block_id.clone()),
            last_block_time: Some(to_wire_time(self.time)),
            next_validators: Some(self.next_validators.to_wire()),
            validators: Some(self.validators.to_wire()),
            last_validators: Some(self.last_validators.to_wire()),
            last_height_validators_changed: 0,
            consensus_params: Some(self.params.clone()),
            last_height_consensus_params_changed: 0,
            last_results_hash: self.last_results_hash.clone(),
            app_hash: self.app_hash.clone(),
        }
    }

    /// `None` if a part is missing.
    pub fn from_stored(s: stored::State) -> Option<Self> {
        Some(Self {
            chain_id: s.chain_id,
            initial_height: s.initial_height,
            height: s.last_block_height,
            block_id: s.last_block_id?,
            time: from_wire_time(s.last_block_time.as_ref()),
            last_validators: ValidatorSet::from_wire(&s.last_validators?)?,
            validators: ValidatorSet::from_wire(&s.validators?)?,
            next_validators: ValidatorSet::from_wire(&s.next_validators?)?,
            params: s.consensus_params?,
            last_results_hash: s.last_results_hash,
            app_hash: s.app_hash,
        })
    }
}

/// New parameters; sections that they do not have stay.
fn merged(old: &wire::ConsensusParams, new: wire::ConsensusParams) -> wire::ConsensusParams {
    wire::ConsensusParams {
        block: new.block.or(old.block),
        evidence: new.evidence.or(old.evidence),
        validator: new.validator.or_else(|| old.validator.clone()),
        version: new.version.or(old.version),
        abci: new.abci.or(old.abci),
    }
}
