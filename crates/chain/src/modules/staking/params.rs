//! The parameters of staking. Unbonding time: nanoseconds above zero (default three weeks). Validators: how many are bonded at most
//! (default 100). Entries: unbondings or redelegations of one pair at most (default 7). Historical entries: headers kept (default
//! 10000). Bond denom: the coin that is staked. Minimum commission rate: 0 to 1 (default 0).

use entente_kernel::num::{Dec, Denom};
use entente_kernel::{Error, Result, Span};
use entente_proto::cosmos::staking::v1beta1 as wire;

use crate::wire as convert;

/// Checks the parameters.
///
/// # Errors
/// A refusal without code that names what is wrong, in the SDK's words.
pub fn check(params: &wire::Params) -> Result<()> {
    let refuse = |text: String| Err(Error::plain(text));
    let unbonding = unbonding_time(params)?;
    if !unbonding.is_positive() {
        return refuse(format!("unbonding time must be positive: {}", unbonding.0));
    }
    if params.max_validators == 0 {
        return refuse("max validators must be positive: 0".to_owned());
    }
    if params.max_entries == 0 {
        return refuse("max entries must be positive: 0".to_owned());
    }
    if params.bond_denom.trim().is_empty() {
        return refuse("bond denom cannot be blank".to_owned());
    }
    Denom::new(&params.bond_denom).map_err(|e| Error::plain(e.to_string()))?;
    let rate = convert::parse_dec(&params.min_commission_rate, "min_commission_rate")?;
    let Some(rate) = rate else { return refuse("minimum commission rate cannot be nil: <nil>".to_owned()) };
    if rate.is_negative() {
        return refuse(format!("minimum commission rate cannot be negative: {rate}"));
    }
    if rate > Dec::ONE {
        return refuse(format!("minimum commission rate cannot be greater than 100%: {rate}"));
    }
    Ok(())
}

pub(super) fn unbonding_time(params: &wire::Params) -> Result<Span> {
    convert::parse_span(&params.unbonding_time.unwrap_or_default(), "unbonding_time")
}
