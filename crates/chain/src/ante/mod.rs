//! What every transaction must pass before its messages run, in this order.
//!
//! Gas limit · extensions · form and number of signatures · timeout · memo · gas for bytes · fee · public keys · number of
//! keys · gas for signatures · sequences and signatures · sequences go up.

mod fee;
mod signatures;

pub use signatures::foresee;

use entente_kernel::error::sdk;
use entente_kernel::gas::GasMeter;
use entente_kernel::{AccAddress, Bech32, Ctx, Error, Result};

use crate::modules::{auth, consensus};
use crate::route;
use crate::tx::Tx;

/// Which checks apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checks {
    /// A transaction that is new to this node.
    All,
    /// One that was checked before: its signatures are known to be good.
    Again,
    /// An estimate: there are no signatures.
    Simulated,
}

/// Most gas that a transaction may ask for: what fits into the result.
const GAS_LIMIT_MAX: u64 = i64::MAX.unsigned_abs();

/// Charges gas, takes the fee, checks signatures and raises sequences.
pub fn run(ctx: &mut Ctx, tx: &mut Tx, checks: Checks) -> Result<()> {
    set_up(ctx, tx, checks)?;
    if !tx.body.extension_options.is_empty() {
        return Err(sdk::UNKNOWN_EXTENSION_OPTIONS.refuse());
    }
    if checks != Checks::Again {
        check_form(tx, ctx.bech32())?;
    }
    let signers = signers(tx, ctx.bech32())?.to_vec();
    if checks != Checks::Again && tx.raw.signatures.len() != signers.len() {
        let (wanted, got) = (signers.len(), tx.raw.signatures.len());
        let text = format!("wrong number of signers; expected {wanted}, got {got}");
        return Err(sdk::UNAUTHORIZED.because(text));
    }
    check_timeout(ctx, tx)?;
    let params = auth::params(ctx)?;
    check_memo(tx, &params)?;
    charge_bytes(ctx, tx, &params)?;
    if checks == Checks::Simulated {
        signatures::charge_absent(ctx, tx, &signers, &params)?;
    }
    fee::deduct(ctx, tx, &signers, checks)?;
    signatures::set_keys(ctx, tx, &signers, checks)?;
    signatures::check_count(tx, &params)?;
    signatures::charge(ctx, tx, &signers, &params, checks)?;
    signatures::verify(ctx, tx, &signers, checks)?;
    signatures::raise_sequences(ctx, &signers)
}

/// Installs the gas meter of the transaction. Genesis and estimates are not limited.
fn set_up(ctx: &mut Ctx, tx: &Tx, checks: Checks) -> Result<()> {
    let limit = tx.fee().gas_limit;
    let free = checks == Checks::Simulated || ctx.height() == 0;
    ctx.replace_gas(GasMeter::unlimited());
    if let Some(most) = consensus::block_gas_limit(ctx)?
        && limit > most
    {
        let text = format!("tx gas limit {limit} exceeds block max gas {most}");
        return Err(sdk::INVALID_GAS_LIMIT.because(text));
    }
    ctx.replace_gas(if free { GasMeter::unlimited() } else { GasMeter::with_limit(limit) });
    Ok(())
}

fn check_form(tx: &Tx, bech32: &Bech32) -> Result<()> {
    let Some(fee) = &tx.auth_info.fee else {
        return Err(Error::plain("missing fee"));
    };
    if fee.gas_limit > GAS_LIMIT_MAX {
        let text = format!("invalid gas supplied; {} > {GAS_LIMIT_MAX}", fee.gas_limit);
        return Err(sdk::INVALID_REQUEST.because(text));
    }
    if fee.amount.iter().any(|c| c.amount.starts_with('-')) {
        return Err(sdk::INSUFFICIENT_FEE.because("invalid fee provided: negative amount"));
    }
    if !fee.payer.is_empty() {
        let wrong = |e| sdk::INVALID_ADDRESS.because(format!("Invalid fee payer address ({e})"));
        bech32.parse_acc(&fee.payer).map_err(wrong)?;
    }
    if tx.raw.signatures.is_empty() {
        return Err(sdk::NO_SIGNATURES.refuse());
    }
    Ok(())
}

/// Who must sign: the signers of all messages in order, each once, then the payer of the fee if it is another.
///
/// # Errors
/// Without a code if an address cannot be read, as upstream.
pub fn signers<'a>(tx: &'a Tx, bech32: &Bech32) -> Result<&'a [AccAddress]> {
    if let Some(known) = tx.signers.get() {
        return Ok(known);
    }
    let mut all: Vec<AccAddress> = Vec::new();
    let codeless = |e: Error| if e.is(sdk::INVALID_ADDRESS) { Error::plain(e.to_string()) } else { e };
    for any in &tx.body.messages {
        for signer in route::signers(any, bech32).map_err(codeless)? {
            if !all.contains(&signer) {
                all.push(signer);
            }
        }
    }
    let payer = &tx.fee().payer;
    if !payer.is_empty() {
        let payer = bech32.parse_acc(payer).map_err(codeless)?;
        if !all.contains(&payer) {
            all.push(payer);
        }
    }
    if all.is_empty() {
        return Err(Error::panic("a transaction without a signer"));
    }
    Ok(tx.signers.get_or_init(|| all))
}

fn check_timeout(ctx: &Ctx, tx: &Tx) -> Result<()> {
    let (timeout, height) = (tx.body.timeout_height, ctx.height());
    if timeout > 0 && u64::try_from(height).is_ok_and(|height| height > timeout) {
        let text = format!("block height: {height}, timeout height: {timeout}");
        return Err(sdk::TX_TIMEOUT_HEIGHT.because(text));
    }
    Ok(())
}

type AuthParams = entente_proto::cosmos::auth::v1beta1::Params;

fn check_memo(tx: &Tx, params: &AuthParams) -> Result<()> {
    let length = u64::try_from(tx.body.memo.len()).unwrap_or(u64::MAX);
    let most = params.max_memo_characters;
    if length > most {
        let text = format!("maximum number of characters is {most} but received {length} characters");
        return Err(sdk::MEMO_TOO_LARGE.because(text));
    }
    Ok(())
}

fn charge_bytes(ctx: &Ctx, tx: &Tx, params: &AuthParams) -> Result<()> {
    let length = u64::try_from(tx.len).unwrap_or(u64::MAX);
    ctx.gas().charge(params.tx_size_cost_per_byte.saturating_mul(length), "txSize")
}
