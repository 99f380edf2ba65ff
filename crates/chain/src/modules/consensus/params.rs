//! Defaults and bounds of the consensus parameters.

use entente_proto::tendermint::types::{
    AbciParams, BlockParams, ConsensusParams, EvidenceParams, ValidatorParams, VersionParams,
};

use crate::wire::parse_span;

/// Largest block that CometBFT can pass on, in bytes.
const BLOCK_BYTES_MAX: i64 = 104_857_600;
const KEY_KIND: &str = "ed25519";

/// CometBFT's defaults.
pub fn default_params() -> ConsensusParams {
    ConsensusParams {
        block: Some(BlockParams { max_bytes: 22_020_096, max_gas: -1 }),
        evidence: Some(EvidenceParams {
            max_age_num_blocks: 100_000,
            max_age_duration: Some(prost_types::Duration { seconds: 172_800, nanos: 0 }),
            max_bytes: 1_048_576,
        }),
        validator: Some(ValidatorParams { pub_key_types: vec![KEY_KIND.to_owned()] }),
        version: Some(VersionParams { app: 0 }),
        abci: Some(AbciParams { vote_extensions_enable_height: 0 }),
    }
}

/// The first parameter that is out of bounds: its name, its value, and what is allowed.
pub fn check_params(params: &ConsensusParams) -> Result<(), String> {
    let (Some(block), Some(evidence), Some(validator)) = (&params.block, &params.evidence, &params.validator) else {
        return Err("all parameters must be present".to_owned());
    };
    check_block(block)?;
    check_evidence(evidence, block)?;
    if validator.pub_key_types != [KEY_KIND] {
        let types = &validator.pub_key_types;
        return Err(format!("validator.pub_key_types is {types:?}; this chain's validators have {KEY_KIND} keys"));
    }
    match params.abci.map(|a| a.vote_extensions_enable_height) {
        None | Some(0) => Ok(()),
        Some(height) => Err(format!(
            "abci.vote_extensions_enable_height is {height}; this chain has no vote extensions: 0 is allowed"
        )),
    }
}

fn check_block(block: &BlockParams) -> Result<(), String> {
    let bytes = block.max_bytes;
    if bytes == 0 || !(-1..=BLOCK_BYTES_MAX).contains(&bytes) {
        return Err(format!("block.max_bytes is {bytes}; -1 or 1 to {BLOCK_BYTES_MAX} is allowed"));
    }
    if block.max_gas < -1 {
        return Err(format!("block.max_gas is {}; -1 or more is allowed", block.max_gas));
    }
    Ok(())
}

fn check_evidence(evidence: &EvidenceParams, block: &BlockParams) -> Result<(), String> {
    if evidence.max_age_num_blocks <= 0 {
        return Err(format!("evidence.max_age_num_blocks is {}; it must be above 0", evidence.max_age_num_blocks));
    }
    let age = parse_span(&evidence.max_age_duration.unwrap_or_default(), "evidence.max_age_duration");
    if !age.as_ref().is_ok_and(|age| age.is_positive()) {
        return Err(format!("evidence.max_age_duration is {:?}; it must be above 0", evidence.max_age_duration));
    }
    let most = if block.max_bytes == -1 { BLOCK_BYTES_MAX } else { block.max_bytes };
    if evidence.max_bytes < 0 || evidence.max_bytes > most {
        return Err(format!("evidence.max_bytes is {}; 0 to {most} is allowed", evidence.max_bytes));
    }
    Ok(())
}
