//! What must hold for every vault after every block.

use entente_kernel::num::{Denom, Int, Wide};
use entente_kernel::{Result, View};

use super::holding::{account, holding, in_account, plus, returning, staked};
use super::state::{
    BATCHES, CLAIMS, COUNTS_AT, CREDITS, DRIPS, HOLDINGS, LEDGER, LOCKED, LOCKS, LOTS, LOTS_OF_VAULT, REWARDS, STREAMS,
    TOTALS, VAULTS, VAULTS_AT,
};
use crate::modules::bank;

/// By owner and by place a vault has the same of every asset, and its account holds what lies in it.
pub fn conservation(view: &View) -> Result<Option<String>> {
    for row in VAULTS.iter(view) {
        let (id, vault) = row?;
        for seat in &vault.seats {
            let held = holding(view, id, &seat.denom)?;
            let mut owned = plus(plus(held.active, held.escrow)?, held.undripped)?;
            let mut free = 0;
            for row in BATCHES.prefix(view, &id) {
                for part in row?.1.parts.iter().filter(|part| part.denom == seat.denom) {
                    owned = plus(owned, part.amount)?;
                    free = plus(free, part.amount.saturating_sub(part.owed))?;
                }
            }
            let staked = staked(view, id, &seat.denom)?;
            if held.seen > staked {
                return Ok(Some(format!(
                    "vault {id}: {}{} were seen, {staked} lie with validators",
                    held.seen, seat.denom
                )));
            }
            let away = plus(staked, returning(view, id, &seat.denom)?)?;
            let places = plus(plus(held.idle, held.matured)?, away)?;
            if owned != places {
                return Ok(Some(format!("vault {id} owns {owned}{} and has {places}", seat.denom)));
            }
            if free != held.matured {
                return Ok(Some(format!(
                    "vault {id}: {free}{} of batches are free, {} have matured",
                    seat.denom, held.matured
                )));
            }
            let book = Int::from(in_account(view, id, &seat.denom)?);
            let balance = bank::balance(view, &account(id), &seat.denom)?;
            if balance < book {
                return Ok(Some(format!(
                    "the account of vault {id} holds {balance}{}, its book says {book}",
                    seat.denom
                )));
            }
        }
    }
    Ok(None)
}

/// The supply of the shares is what the vault says; its own are in the account of the module, with those that are locked or leaving.
pub fn shares(view: &View) -> Result<Option<String>> {
    for row in VAULTS.iter(view) {
        let (id, vault) = row?;
        let supply = bank::supply(view, &vault.lrt)?;
        if supply != Int::from(vault.shares) {
            return Ok(Some(format!("vault {id} has {} shares, the supply is {supply}", vault.shares)));
        }
        let mut kept = plus(vault.pool_shares, vault.insurance_shares)?;
        for row in BATCHES.prefix(view, &id) {
            let ((_, batch), found) = row?;
            let claims = CLAIMS.prefix(view, &(id, batch)).try_fold(0, |sum, row| plus(sum, row?.1.shares))?;
            if claims != found.shares {
                return Ok(Some(format!(
                    "batch {batch} of vault {id}: claims of {claims} shares, {} in all",
                    found.shares
                )));
            }
            if found.closed.is_none() {
                kept = plus(kept, found.shares)?;
            }
        }
        let locks = LOCKS.prefix(view, &id).try_fold(0, |sum, row| plus(sum, row?.1))?;
        let locked = LOCKED.get(view, &id)?.unwrap_or_default();
        if locks != locked {
            return Ok(Some(format!("vault {id}: locks of {locks} shares, {locked} in all")));
        }
        let balance = bank::balance(view, &crate::modules::auth::ModuleAccount::VAULT.address(), &vault.lrt)?;
        if balance < Int::from(plus(kept, locked)?) {
            return Ok(Some(format!("vault {id} keeps {kept} and {locked} locked shares, its module holds {balance}")));
        }
        if vault.bonus_total > vault.fee_total {
            return Ok(Some(format!(
                "vault {id}: bonuses of {} shares, fees of {}",
                vault.bonus_total, vault.fee_total
            )));
        }
    }
    Ok(None)
}

/// Rewards that were not paid are there, and the sums over all vaults are those of the vaults.
pub fn rewards(view: &View) -> Result<Option<String>> {
    for row in STREAMS.iter(view) {
        let ((id, denom), stream) = row?;
        if let Some(what) = is_short(view, id, &denom)? {
            return Ok(Some(what));
        }
        let credits = CREDITS.prefix(view, &id).try_fold(0, |sum, row| {
            let ((_, _, of), credit) = row?;
            if of == denom { plus(sum, credit.owed) } else { Ok(sum) }
        })?;
        if credits > stream.flowed {
            return Ok(Some(format!("vault {id}: {credits}{denom} are credited, {} have flowed", stream.flowed)));
        }
    }
    for row in LOTS.iter(view) {
        let (lot, found) = row?;
        let index = LOTS_OF_VAULT.get(view, &(found.vault, found.sold.clone()))?;
        if index != Some(lot) {
            return Ok(Some(format!("lot {lot} of vault {} is not in its index: {index:?}", found.vault)));
        }
        if let Some(what) = is_short(view, found.vault, &found.sold)? {
            return Ok(Some(what));
        }
    }
    for row in LEDGER.iter(view) {
        let ((id, denom), ledger) = row?;
        let for_sale = match LOTS_OF_VAULT.get(view, &(id, denom.clone()))? {
            Some(lot) => LOTS.must(view, &lot)?.amount,
            None => 0,
        };
        let went = [ledger.fees, ledger.kept, ledger.streamed, ledger.sold, ledger.donated];
        let went = went.into_iter().try_fold(Wide::from_u128(for_sale), Wide::add)?;
        if went != ledger.claimed {
            return Ok(Some(format!("vault {id}: {}{denom} were claimed, {went} went somewhere", ledger.claimed)));
        }
    }
    for row in REWARDS.iter(view) {
        let ((id, denom), _) = row?;
        if let Some(what) = is_short(view, id, &denom)? {
            return Ok(Some(what));
        }
    }
    for row in DRIPS.iter(view) {
        let ((id, denom), drip) = row?;
        let undripped = holding(view, id, &denom)?.undripped;
        if drip.left < undripped {
            return Ok(Some(format!("vault {id}: {undripped}{denom} are to drip, {} are written", drip.left)));
        }
    }
    let mut counts = std::collections::BTreeMap::new();
    for row in VAULTS_AT.iter(view) {
        let ((validator, _), ()) = row?;
        let count = counts.entry(validator).or_insert(0u64);
        *count = count.saturating_add(1);
    }
    let written = COUNTS_AT.iter(view).collect::<Result<std::collections::BTreeMap<_, _>>>()?;
    if written != counts {
        return Ok(Some(format!("vaults at validators: {counts:?} are there, {written:?} are written")));
    }
    let mut sums = std::collections::BTreeMap::new();
    for row in HOLDINGS.iter(view) {
        let ((_, denom), held) = row?;
        let sum = sums.entry(denom).or_insert(0u128);
        *sum = plus(*sum, held.active)?;
    }
    for row in TOTALS.iter(view) {
        let (denom, total) = row?;
        if sums.get(&denom).copied().unwrap_or_default() != total {
            return Ok(Some(format!(
                "the active sides of {denom} add up to {:?}, {total} is written",
                sums.get(&denom)
            )));
        }
    }
    Ok(None)
}

/// Does the account of a vault hold less of a coin than its book says?
fn is_short(view: &View, vault: u64, denom: &Denom) -> Result<Option<String>> {
    let (due, balance) = (Int::from(in_account(view, vault, denom)?), bank::balance(view, &account(vault), denom)?);
    let text = || format!("the account of vault {vault} holds {balance}{denom}, rewards and coins of {due} are due");
    Ok((balance < due).then(text))
}
