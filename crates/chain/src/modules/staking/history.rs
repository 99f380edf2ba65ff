//! Recent headers and validator sets, for clients on other chains.

use bytes::Bytes;
use entente_kernel::crypto::merkle;
use entente_kernel::{ConsAddress, Ctx, Error, Result, Wire};
use entente_proto::tendermint::crypto::PublicKey;
use entente_proto::tendermint::crypto::public_key::Sum;
use entente_proto::tendermint::types::{BlockId, Header, PartSetHeader, SimpleValidator};
use entente_proto::tendermint::version::Consensus;
use prost::Message as _;

use super::state::{HISTORY, LAST_POWERS, Power, Recent, VALIDATORS};
use crate::wire as convert;

/// Heights for which the validator set is kept beside the header. Upstream keeps it with every header; a set of a hundred
/// validators weighs 40 kB a block, and what other chains check is in the header.
pub const VALSET_HEIGHTS: i64 = 100;

/// Records the block that begins and drops what is older than the parameter `historical_entries` allows.
pub(super) fn track(ctx: &mut Ctx) -> Result<()> {
    let entries = i64::from(super::params(ctx)?.historical_entries);
    let height = ctx.height();
    let mut old = height.saturating_sub(entries);
    while let Ok(key) = u64::try_from(old) {
        if !HISTORY.has(ctx, &key)? {
            break;
        }
        HISTORY.remove(ctx, &key)?;
        old = old.saturating_sub(1);
    }
    if entries == 0 {
        return Ok(());
    }
    let signers = signers(ctx)?;
    let header = header(ctx, next_validators_hash(&signers)).encode_to_vec();
    let record = Recent { header: Some(header.into()), valset: signers.into_iter().map(|s| s.record).collect() };
    HISTORY.set(ctx, &height.cast_unsigned(), &Wire(record))?;
    if let Ok(key) = u64::try_from(height.saturating_sub(VALSET_HEIGHTS))
        && let Some(Wire(mut record)) = HISTORY.get(ctx, &key)?
    {
        record.valset.clear();
        HISTORY.set(ctx, &key, &Wire(record))?;
    }
    Ok(())
}

fn header(ctx: &Ctx, next_validators_hash: [u8; 32]) -> Header {
    Header {
        version: Some(Consensus::default()),
        chain_id: ctx.env().chain_id.to_string(),
        height: ctx.height(),
        time: Some(convert::timestamp(ctx.time())),
        last_block_id: Some(BlockId { hash: Vec::new(), part_set_header: Some(PartSetHeader::default()) }),
        next_validators_hash: next_validators_hash.to_vec(),
        app_hash: ctx.base_root().to_vec(),
        proposer_address: ctx.env().proposer.map(|p| p.as_bytes().to_vec()).unwrap_or_default(),
        ..Header::default()
    }
}

/// A bonded validator.
struct Signer {
    power: i64,
    pub_key: [u8; 32],
    address: ConsAddress,
    record: Bytes,
}

/// The bonded validators in CometBFT's order: power, then consensus address.
fn signers(ctx: &Ctx) -> Result<Vec<Signer>> {
    let mut signers = Vec::new();
    for row in LAST_POWERS.iter(ctx) {
        let (operator, Power(power)) = row?;
        let found = super::validator(ctx, &operator)?.zip(VALIDATORS.encoded(ctx, &operator)?);
        let (validator, record) = found.ok_or_else(|| Error::fault("staking: a power without a validator"))?;
        let (pub_key, address) = (validator.cons_pubkey, validator.cons_address());
        signers.push(Signer { power, pub_key, address, record });
    }
    signers.sort_by(|a, b| b.power.cmp(&a.power).then(a.address.cmp(&b.address)));
    Ok(signers)
}

/// What the engine writes into the header of the block that begins: the set that the block before decided signs the block after.
fn next_validators_hash(signers: &[Signer]) -> [u8; 32] {
    let leaf = |s: &Signer| {
        let pub_key = PublicKey { sum: Some(Sum::Ed25519(s.pub_key.to_vec())) };
        SimpleValidator { pub_key: Some(pub_key), voting_power: s.power }.encode_to_vec()
    };
    merkle::root(&signers.iter().map(leaf).collect::<Vec<_>>())
}
