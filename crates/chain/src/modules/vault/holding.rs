//! What a vault has of its assets, and the arithmetic that keeps both sides of the book equal.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use entente_kernel::num::{Coin, Coins, Dec, Denom, Int, Wide, ceil_ratio};
use entente_kernel::{AccAddress, Ctx, Error, Result, View};
use sha2::{Digest, Sha256};

use super::error;
use super::math::{Basket, Line};
use super::state::{
    BATCHES, Batch, Close, Entry, HOLDINGS, Holding, LEDGER, LOTS, LOTS_OF_VAULT, PLACES, Part, RETURNS, REWARDS,
    STREAMS, TOTALS, VAULTS, Vault,
};
use crate::modules::{alliance, assets, bank};

/// The account of a vault, in which its coins lie and from which it stakes. Nobody has a key to it.
pub fn account(vault: u64) -> AccAddress {
    let digest: [u8; 32] = Sha256::digest(format!("vault/{vault}").as_bytes()).into();
    AccAddress::from_array(digest.first_chunk::<20>().copied().unwrap_or_default())
}

/// # Errors
/// vault 2.
pub fn must_vault(view: &View, id: u64) -> Result<Vault> {
    VAULTS.get(view, &id)?.ok_or_else(|| error::UNKNOWN_VAULT.because(id))
}

pub fn holding(view: &View, vault: u64, denom: &Denom) -> Result<Holding> {
    Ok(HOLDINGS.get(view, &(vault, denom.clone()))?.unwrap_or_default())
}

/// Stores a holding and keeps the sum over all vaults.
pub fn put(ctx: &mut Ctx, vault: u64, denom: &Denom, new: &Holding) -> Result<()> {
    let old = holding(ctx, vault, denom)?;
    if old.active != new.active {
        let all = TOTALS.get(ctx, denom)?.unwrap_or_default();
        let all = plus(minus(all, old.active)?, new.active)?;
        if all == 0 { TOTALS.remove(ctx, denom)? } else { TOTALS.set(ctx, denom, &all)? }
    }
    let key = (vault, denom.clone());
    if *new == Holding::default() { HOLDINGS.remove(ctx, &key) } else { HOLDINGS.set(ctx, &key, new) }
}

/// The vault as its prices see it now, less what alliance took and the book does not say yet.
pub fn basket(view: &View, vault: &Vault) -> Result<Basket> {
    let mut lines = Vec::with_capacity(vault.seats.len());
    for seat in &vault.seats {
        let asset = assets::must_asset(view, seat.asset)?;
        let held = holding(view, vault.id, &seat.denom)?;
        let dead = assets::health(view, &asset)? == assets::Health::Dead;
        let pricing = assets::pricing(view, &asset)?;
        let rate = |rate: u128| if dead { 0 } else { rate };
        lines.push(Line {
            active: held.active.saturating_sub(taken_since(view, &seat.denom, &held)?),
            refundable: held.refundable,
            rate: rate(pricing.r),
            rate_lo: rate(pricing.r_lo),
            rate_hi: rate(pricing.r_hi),
            scale: pricing.scale,
            target: seat.target,
        });
    }
    Ok(Basket { lines, shares: vault.shares, pool_shares: vault.pool_shares })
}

/// What alliance took of the stake since all of it was looked at: it is the holders' no more, whatever the book says until the next look.
///
/// # Rounding
/// Down: who brings something gains nothing by it.
fn taken_since(view: &View, denom: &Denom, held: &Holding) -> Result<u128> {
    if held.seen == 0 {
        return Ok(0);
    }
    match alliance::custody::share_worth(view, denom)? {
        Some((_, worth)) if worth < held.seen_worth => {
            minus(held.seen, ceil_ratio(&[held.seen, worth], &[held.seen_worth])?)
        }
        _ => Ok(0),
    }
}

/// The closed batches of a vault that are not finished, oldest first: read once by a step that uses them again and again.
#[derive(Default)]
pub struct Batches {
    vault: u64,
    rows: Vec<(u64, Batch)>,
    changed: BTreeSet<u64>,
}

impl Batches {
    pub fn load(view: &View, vault: u64) -> Result<Self> {
        let rows = BATCHES.prefix(view, &vault).map(|row| row.map(|((_, id), batch)| (id, batch)));
        let rows = rows.filter(|row| row.as_ref().map_or(true, |(_, batch)| batch.closed.is_some()));
        Ok(Self { vault, rows: rows.collect::<Result<_>>()?, changed: BTreeSet::new() })
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// The batches with their parts of an asset.
    pub fn parts(&self, denom: &Denom) -> impl Iterator<Item = (&Batch, &Part)> {
        self.rows.iter().filter_map(move |(_, batch)| Some((batch, batch.parts.iter().find(|p| p.denom == *denom)?)))
    }

    /// Goes through the parts of an asset, oldest batch first, as long as `step` says that there is more to do.
    pub fn change(
        &mut self,
        denom: &Denom,
        mut step: impl FnMut(Option<Close>, &mut Part) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        for (id, batch) in &mut self.rows {
            let closed = batch.closed;
            let Some(part) = batch.parts.iter_mut().find(|part| part.denom == *denom) else { continue };
            let before = (part.amount, part.owed);
            let next = step(closed, part)?;
            if (part.amount, part.owed) != before {
                self.changed.insert(*id);
            }
            if next.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Writes back what changed.
    pub fn save(self, ctx: &mut Ctx) -> Result<()> {
        for (id, batch) in self.rows.into_iter().filter(|(id, _)| self.changed.contains(id)) {
            BATCHES.set(ctx, &(self.vault, id), &batch)?;
        }
        Ok(())
    }
}

/// The stake of an asset with all validators, at the value at which it was last seen.
pub fn staked(view: &View, vault: u64, denom: &Denom) -> Result<u128> {
    PLACES.prefix(view, &(vault, denom.clone())).try_fold(0, |all, row| plus(all, row?.1))
}

/// What is on its way back from validators.
pub fn returning(view: &View, vault: u64, denom: &Denom) -> Result<u128> {
    RETURNS.prefix(view, &(vault, denom.clone())).try_fold(0, |all, row| plus(all, row?.1.amount))
}

/// What the book says that the account of a vault holds of a coin.
pub fn in_account(view: &View, vault: u64, denom: &Denom) -> Result<u128> {
    let held = holding(view, vault, denom)?;
    let rewards = REWARDS.get(view, &(vault, denom.clone()))?.unwrap_or_default();
    let stream = STREAMS.get(view, &(vault, denom.clone()))?;
    let streaming = stream.map_or(Ok(0), |stream| plus(stream.left, stream.flowed))?;
    let for_sale = match LOTS_OF_VAULT.get(view, &(vault, denom.clone()))? {
        Some(id) => LOTS.must(view, &id)?.amount,
        None => 0,
    };
    plus(plus(held.idle, held.matured)?, plus(plus(rewards, streaming)?, for_sale)?)
}

/// Moves coins out of the vault's account.
pub fn pay(ctx: &mut Ctx, vault: u64, to: &AccAddress, coins: &Coins) -> Result<()> {
    if coins.is_empty() { Ok(()) } else { bank::send(ctx, &account(vault), to, coins) }
}

/// Writes in the ledger of a vault what happened to a coin.
pub fn note(ctx: &mut Ctx, vault: u64, denom: &Denom, entries: &[(Entry, u128)]) -> Result<()> {
    let key = (vault, denom.clone());
    let mut ledger = LEDGER.get(ctx, &key)?.unwrap_or_default();
    for (entry, amount) in entries {
        let sum = entry(&mut ledger);
        *sum = sum.add(Wide::from_u128(*amount))?;
    }
    if entries.iter().all(|(_, amount)| *amount == 0) { Ok(()) } else { LEDGER.set(ctx, &key, &ledger) }
}

pub fn coin(denom: &Denom, amount: u128) -> Coin {
    Coin::new(denom.clone(), Int::from(amount))
}

/// The coins of a list of amounts; zeros are left out.
pub fn coins(list: impl IntoIterator<Item = (Denom, u128)>) -> Result<Coins> {
    let mut all = Coins::empty();
    for (denom, amount) in list {
        all = all.add(&Coins::from_coin(&coin(&denom, amount))?)?;
    }
    Ok(all)
}

/// A fraction that lies between 0 and 1, in steps of 10^-18.
///
/// # Errors
/// A fault for what is negative or has more than 128 bits.
pub fn fraction(dec: Dec) -> Result<u128> {
    dec.to_scaled_string().parse().map_err(|_| Error::fault(format!("vault: {dec} is no fraction")))
}

/// An amount of the chain as one of ours.
///
/// # Errors
/// vault 8 for more than 128 bits, which no vault holds.
pub fn amount(number: Int) -> Result<u128> {
    number.to_u128().ok_or_else(|| error::ABOVE_CAP.because(format!("{number} has more than 128 bits")))
}

/// # Errors
/// vault 8: a coin of which there is so much can make it happen.
pub fn plus(a: u128, b: u128) -> Result<u128> {
    a.checked_add(b).ok_or_else(|| error::ABOVE_CAP.because("a sum has more than 128 bits"))
}

/// # Errors
/// A fault: the book would show less than nothing.
pub fn minus(a: u128, b: u128) -> Result<u128> {
    a.checked_sub(b).ok_or_else(|| Error::fault(format!("vault: {b} taken from {a}")))
}
