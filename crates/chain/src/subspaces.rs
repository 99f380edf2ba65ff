//! Parameters by subspace and key, in the form that the SDK's `params` module gave them before each module kept its own.
//!
//! # Compatibility
//! Later versions of the SDK answer these questions with an empty value. Here it is the parameter that is in force, as the amino
//! JSON that older wallets and scripts read: 64-bit numbers as text, durations in nanoseconds.

use entente_kernel::error::Code;
use entente_kernel::num::{Coin, Coins, Dec};
use entente_kernel::{Error, Grpc, Result, Span, View};
use entente_proto::cosmos::params::v1beta1 as wire;
use serde_json::{Value, json};

use crate::modules::{alliance, auth, bank, consensus, crisis, distribution, gov, mint, slashing, staking};
use crate::wire as convert;

const UNKNOWN_SUBSPACE: Code = Code::new("params", 2, "unknown subspace");

type Keys = Vec<(&'static str, Value)>;

/// One way to read all parameters of a subspace.
type Read = fn(&View) -> Result<Keys>;

const SUBSPACES: &[(&str, Read)] = &[
    ("alliance", of_alliance),
    ("auth", of_auth),
    ("bank", of_bank),
    ("baseapp", of_consensus),
    ("crisis", of_crisis),
    ("distribution", of_distribution),
    ("gov", of_gov),
    ("mint", of_mint),
    ("slashing", of_slashing),
    ("staking", of_staking),
];

/// The value of one parameter.
pub fn params(view: &View, request: wire::QueryParamsRequest) -> Result<wire::QueryParamsResponse> {
    let wire::QueryParamsRequest { subspace, key } = request;
    if subspace.is_empty() || key.is_empty() {
        return Err(Error::status(Grpc::InvalidArgument, "invalid request"));
    }
    let read = SUBSPACES.iter().find(|(name, _)| *name == subspace).map(|(_, read)| read);
    let read = read.ok_or_else(|| UNKNOWN_SUBSPACE.because(subspace.clone()))?;
    let value = read(view)?.into_iter().find(|(name, _)| *name == key).map(|(_, value)| value.to_string());
    let value = value.unwrap_or_default();
    Ok(wire::QueryParamsResponse { param: Some(wire::ParamChange { subspace, key, value }) })
}

/// The subspaces and their keys.
pub fn subspaces(view: &View, _: wire::QuerySubspacesRequest) -> Result<wire::QuerySubspacesResponse> {
    let one = |(name, read): &(&str, Read)| {
        let keys = read(view)?.into_iter().map(|(key, _)| key.to_owned()).collect();
        Ok(wire::Subspace { subspace: (*name).to_owned(), keys })
    };
    Ok(wire::QuerySubspacesResponse { subspaces: SUBSPACES.iter().map(one).collect::<Result<_>>()? })
}

fn whole(n: impl ToString) -> Value {
    json!(n.to_string())
}

fn dec(value: Dec) -> Value {
    json!(value.to_string())
}

fn span(span: Span) -> Value {
    json!(span.0.to_string())
}

fn coins(coins: &Coins) -> Value {
    coins.iter().map(coin).collect()
}

fn coin(coin: &Coin) -> Value {
    json!({ "denom": coin.denom.to_string(), "amount": coin.amount.to_string() })
}

fn of_alliance(view: &View) -> Result<Keys> {
    let p = alliance::params(view)?;
    Ok(vec![
        ("RewardDelayTime", span(p.reward_delay)),
        ("TakeRateClaimInterval", span(p.take_interval)),
        ("LastTakeRateClaimTime", json!(p.last_take.to_string())),
    ])
}

fn of_auth(view: &View) -> Result<Keys> {
    let p = auth::params(view)?;
    Ok(vec![
        ("MaxMemoCharacters", whole(p.max_memo_characters)),
        ("TxSigLimit", whole(p.tx_sig_limit)),
        ("TxSizeCostPerByte", whole(p.tx_size_cost_per_byte)),
        ("SigVerifyCostED25519", whole(p.sig_verify_cost_ed25519)),
        ("SigVerifyCostSecp256k1", whole(p.sig_verify_cost_secp256k1)),
    ])
}

fn of_bank(view: &View) -> Result<Keys> {
    let p = bank::params(view)?;
    Ok(vec![("SendEnabled", json!([])), ("DefaultSendEnabled", json!(p.default_send_enabled))])
}

fn of_consensus(view: &View) -> Result<Keys> {
    let p = consensus::params(view)?;
    let (block, evidence) = (p.block.unwrap_or_default(), p.evidence.unwrap_or_default());
    let age = convert::parse_span(&evidence.max_age_duration.unwrap_or_default(), "max_age_duration")?;
    let evidence = json!({
        "max_age_num_blocks": whole(evidence.max_age_num_blocks),
        "max_age_duration": span(age),
        "max_bytes": whole(evidence.max_bytes),
    });
    Ok(vec![
        ("BlockParams", json!({ "max_bytes": whole(block.max_bytes), "max_gas": whole(block.max_gas) })),
        ("EvidenceParams", evidence),
        ("ValidatorParams", json!({ "pub_key_types": p.validator.unwrap_or_default().pub_key_types })),
    ])
}

fn of_crisis(view: &View) -> Result<Keys> {
    Ok(vec![("ConstantFee", coin(&crisis::constant_fee(view)?))])
}

fn of_distribution(view: &View) -> Result<Keys> {
    let p = distribution::params(view)?;
    Ok(vec![
        ("communitytax", dec(p.community_tax)),
        ("baseproposerreward", dec(p.base_proposer_reward)),
        ("bonusproposerreward", dec(p.bonus_proposer_reward)),
        ("withdrawaddrenabled", json!(p.withdraw_addr_enabled)),
    ])
}

fn of_gov(view: &View) -> Result<Keys> {
    let p = gov::params(view)?;
    let deposit =
        json!({ "min_deposit": coins(&p.min_deposit()?), "max_deposit_period": span(p.max_deposit_period()?) });
    let tally = json!({
        "quorum": dec(p.quorum()?),
        "threshold": dec(p.threshold(false)?),
        "veto_threshold": dec(p.veto_threshold()?),
    });
    Ok(vec![
        ("depositparams", deposit),
        ("votingparams", json!({ "voting_period": span(p.voting_period()?) })),
        ("tallyparams", tally),
    ])
}

fn of_mint(view: &View) -> Result<Keys> {
    let p = mint::params(view)?;
    Ok(vec![
        ("MintDenom", json!(p.mint_denom.to_string())),
        ("InflationRateChange", dec(p.inflation_rate_change)),
        ("InflationMax", dec(p.inflation_max)),
        ("InflationMin", dec(p.inflation_min)),
        ("GoalBonded", dec(p.goal_bonded)),
        ("BlocksPerYear", whole(p.blocks_per_year)),
    ])
}

fn of_slashing(view: &View) -> Result<Keys> {
    let p = slashing::params(view)?;
    Ok(vec![
        ("SignedBlocksWindow", whole(p.window)),
        ("MinSignedPerWindow", dec(p.min_signed)),
        ("DowntimeJailDuration", span(p.jail)),
        ("SlashFractionDoubleSign", dec(p.double_sign)),
        ("SlashFractionDowntime", dec(p.downtime)),
    ])
}

fn of_staking(view: &View) -> Result<Keys> {
    let p = staking::params(view)?;
    let unbonding = convert::parse_span(&p.unbonding_time.unwrap_or_default(), "unbonding_time")?;
    let commission = convert::parse_dec(&p.min_commission_rate, "min_commission_rate")?.unwrap_or(Dec::ZERO);
    Ok(vec![
        ("UnbondingTime", span(unbonding)),
        ("MaxValidators", json!(p.max_validators)),
        ("MaxEntries", json!(p.max_entries)),
        ("HistoricalEntries", json!(p.historical_entries)),
        ("BondDenom", json!(p.bond_denom)),
        ("MinCommissionRate", dec(commission)),
    ])
}
