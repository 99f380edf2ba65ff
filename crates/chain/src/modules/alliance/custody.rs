//! Stake of other modules: what a vault does with an asset, without messages of its own.
//!
//! A module stakes from an account that nobody has a key to. Its stake obeys the same rules as everybody's; only
//! [`undelegate_at_once`], by which a module seizes what it has promised to others, skips the unbonding time.

use entente_kernel::num::{Coin, Coins, Denom, Int, WAD, Wide};
use entente_kernel::{AccAddress, Ctx, Error, Result, Timestamp, ValAddress, View};

use super::pool::{self, Site};
use super::state::{AssetKey, DELEGATIONS, ENTRY_IDS, OWED, REBALANCE, RETRIES, UNBONDINGS};
use super::{entry, handle, msg};
use crate::modules::auth::ModuleAccount;
use crate::modules::{bank, staking};

/// Can more of the coin be staked now?
pub fn takes_stake(view: &View, denom: &Denom) -> Result<bool> {
    Ok(pool::asset(view, denom.as_str())?.is_some_and(|asset| !asset.dissolving))
}

/// The balance that is shown for a stake: what can be taken out of it.
pub fn staked(view: &View, owner: &AccAddress, validator: &ValAddress, denom: &Denom) -> Result<Int> {
    let key = AssetKey::from(denom);
    let Some(asset) = pool::asset(view, denom.as_str())? else { return Ok(Int::ZERO) };
    match DELEGATIONS.get(view, &(*owner, *validator, key.clone()))? {
        Some(delegation) => Site::load(view, validator, &key)?.value_of(&asset, &delegation),
        None => Ok(Int::ZERO),
    }
}

/// What a share in the whole stake of a coin is worth, in steps of 10^-18, rounded down and up: a take lowers it for everybody who stakes
/// the coin; slashes, and what others put in and take out, leave it.
pub fn share_worth(view: &View, denom: &Denom) -> Result<Option<(u128, u128)>> {
    let Some(asset) = pool::asset(view, denom.as_str())?.filter(|asset| asset.shares.is_positive()) else {
        return Ok(None);
    };
    let scale = Wide::from_u128(WAD);
    let tokens = Wide::from_int(asset.tokens)?.mul(scale)?.mul(scale)?;
    let (worth, rest) = tokens.div_rem(Wide::from_dec(asset.shares)?)?;
    let worth = worth.to_u128()?;
    Ok(Some((worth, if rest.is_zero() { worth } else { worth.saturating_add(1) })))
}

/// Stakes a coin of the owner.
///
/// # Errors
/// Those of `MsgDelegate`.
pub fn delegate(ctx: &mut Ctx, owner: &AccAddress, validator: &ValAddress, coin: &Coin) -> Result<()> {
    let message =
        msg::Delegate { delegator: *owner, validator: *validator, denom: coin.denom.to_string(), amount: coin.amount };
    handle::delegate(ctx, message).map(drop)
}

/// An unbonding entry: its completion time and number.
pub type Entry = (Timestamp, u64);

/// Takes a coin out of a stake, to be paid after the unbonding time; gives the entry.
///
/// # Errors
/// Those of `MsgUndelegate`.
pub fn undelegate(ctx: &mut Ctx, owner: &AccAddress, validator: &ValAddress, coin: &Coin) -> Result<Entry> {
    let message = msg::Undelegate {
        delegator: *owner,
        validator: *validator,
        denom: coin.denom.to_string(),
        amount: coin.amount,
    };
    handle::undelegate(ctx, message)?;
    let newest = (ctx.time().plus(staking::unbonding_time(ctx)?), ENTRY_IDS.peek(ctx)?.saturating_sub(1));
    if UNBONDINGS.has(ctx, &newest)? { Ok(newest) } else { Err(Error::fault("an undelegation left no entry")) }
}

/// What is left of an open entry, after the faults that it still had to pay for; `None` once it was paid.
pub fn left_of(ctx: &mut Ctx, entry: Entry) -> Result<Option<Int>> {
    if let Some(open) = entry::visit_unbonding(ctx, entry, None)? {
        return Ok(Some(open.amount));
    }
    // An entry whose payment failed is kept elsewhere and answers for nothing any more.
    Ok(RETRIES.get(ctx, &entry.1)?.map(|retry| retry.entry.amount))
}

/// Does an entry wait for its time, or for its turn after that?
pub fn is_queued(view: &View, entry: Entry) -> Result<bool> {
    UNBONDINGS.has(view, &entry)
}

/// As [`undelegate`], but what comes back belongs to somebody else: the entry is theirs from now on, with the faults that it answers for.
///
/// # Errors
/// Those of `MsgUndelegate`.
pub fn undelegate_for(
    ctx: &mut Ctx,
    owner: &AccAddress,
    validator: &ValAddress,
    coin: &Coin,
    receiver: &AccAddress,
) -> Result<Entry> {
    let key = undelegate(ctx, owner, validator, coin)?;
    let mut open = UNBONDINGS.must(ctx, &key)?;
    entry::remove_unbonding(ctx, key, &open, true)?;
    open.delegator = *receiver;
    entry::put_unbonding(ctx, key, &open)?;
    Ok(key)
}

/// Takes a coin out of a stake and pays it to the owner in the same block.
///
/// # Errors
/// Those of `MsgUndelegate`. What was seized must stay answerable for earlier faults of the validator; the caller sees to that.
pub fn undelegate_at_once(ctx: &mut Ctx, owner: &AccAddress, validator: &ValAddress, coin: &Coin) -> Result<()> {
    let (completion, id) = undelegate(ctx, owner, validator, coin)?;
    let open = UNBONDINGS.must(ctx, &(completion, id))?;
    entry::remove_unbonding(ctx, (completion, id), &open, true)?;
    REBALANCE.save(ctx, &())?;
    let paid = Coins::from_coin(&Coin::new(open.denom, open.amount))?;
    bank::send(ctx, &ModuleAccount::ALLIANCE.address(), owner, &paid)
}

/// The open entries of an owner and denom with validator and amount; faults that they still had to pay for are paid now.
pub fn unbondings(ctx: &mut Ctx, owner: &AccAddress, denom: &Denom) -> Result<Vec<(Entry, ValAddress, Int)>> {
    let mut open = Vec::new();
    for (key, found) in entry::unbondings_of(ctx, owner, &AssetKey::from(denom))? {
        // An entry whose payment failed is kept elsewhere and answers for nothing any more.
        let left = if UNBONDINGS.has(ctx, &key)? { entry::visit_unbonding(ctx, key, None)? } else { Some(found) };
        if let Some(left) = left {
            open.push((key, left.validator, left.amount));
        }
    }
    Ok(open)
}

/// Pays what a stake has earned to its owner; nothing if there is no stake and no debt.
pub fn claim(ctx: &mut Ctx, owner: &AccAddress, validator: &ValAddress, denom: &Denom) -> Result<Coins> {
    let row = (*owner, *validator, AssetKey::from(denom));
    if DELEGATIONS.has(ctx, &row)? || OWED.has(ctx, &row)? {
        handle::claim_rewards(ctx, owner, validator, denom.as_str())
    } else {
        Ok(Coins::empty())
    }
}
