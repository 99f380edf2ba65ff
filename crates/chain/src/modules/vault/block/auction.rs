//! Rewards for sale: a lot of each reward coin that has a price, at a price that falls over the epoch until somebody buys the whole lot
//! for the asset that the vault wants most.

use std::collections::BTreeMap;

use entente_kernel::num::{Denom, floor_ratio};
use entente_kernel::{Ctx, Error, Result, Span, View};

use super::super::holding::{basket, holding, plus};
use super::super::math::{self, WAD};
use super::super::state::{LOT_IDS, LOTS, LOTS_OF_VAULT, Lot, Vault};
use super::super::{event, params};
use crate::modules::assets::{self, Asset, Health, Kind, Tier};
use crate::modules::pools::{self, Window};

/// Amounts of reward coins, and the time over which they were earned.
pub type Pots = BTreeMap<Denom, (u128, Span)>;

/// Takes the lots of a vault that nobody bought off the market.
pub fn withdraw(ctx: &mut Ctx, vault: u64) -> Result<Pots> {
    let mut pots = Pots::new();
    for ((_, denom), id) in LOTS_OF_VAULT.prefix(ctx, &vault).collect::<Result<Vec<_>>>()? {
        let lot = LOTS.must(ctx, &id)?;
        remove(ctx, id, &lot)?;
        pots.insert(denom, (lot.amount, lot.earned_over));
    }
    Ok(pots)
}

/// Puts a reward coin up for sale; says whether it did. Without a price, or an asset to buy, it does not.
pub fn offer(ctx: &mut Ctx, vault: &Vault, sold: &Denom, amount: u128, earned_over: Span) -> Result<bool> {
    let Some(wanted) = most_wanted(ctx, vault)? else { return Ok(false) };
    let (price_start, price_end) = match bounds(ctx, sold, &wanted) {
        Ok(Some(bounds)) => bounds,
        // A price that cannot be reckoned with is none: it must not keep people from leaving.
        Ok(None) | Err(Error::Refusal(_)) => return Ok(false),
        Err(fault) => return Err(fault),
    };
    if amount == 0 || price_end == 0 {
        return Ok(false);
    }
    let (start, end) = (ctx.time(), ctx.time().plus(params(ctx)?.epoch));
    let (id, wanted) = (LOT_IDS.next(ctx)?, wanted.denom);
    let lot =
        Lot { vault: vault.id, sold: sold.clone(), amount, wanted, price_start, price_end, start, end, earned_over };
    LOTS.set(ctx, &id, &lot)?;
    LOTS_OF_VAULT.set(ctx, &(vault.id, sold.clone()), &id)?;
    ctx.emit(event::lot_opened(id, &lot));
    Ok(true)
}

fn bounds(view: &View, sold: &Denom, wanted: &Asset) -> Result<Option<(u128, u128)>> {
    match market_price(view, sold, wanted)? {
        Some(market) => Ok(Some(math::auction_bounds(market)?)),
        None => Ok(None),
    }
}

pub fn remove(ctx: &mut Ctx, id: u64, lot: &Lot) -> Result<()> {
    LOTS.remove(ctx, &id)?;
    LOTS_OF_VAULT.remove(ctx, &(lot.vault, lot.sold.clone()))
}

/// The price now, and what the whole lot costs at it.
///
/// # Rounding
/// Both up: the vault gains.
pub fn cost(view: &View, lot: &Lot) -> Result<(u128, u128)> {
    let secs = |span: Span| u128::try_from(span.whole_secs()).unwrap_or_default();
    let (elapsed, period) = (secs(view.time().since(lot.start)), secs(lot.end.since(lot.start)));
    let price = math::auction_price(lot.price_start, lot.price_end, elapsed, period)?;
    Ok((price, math::lot_cost(lot.amount, price)?))
}

/// The sound asset that is furthest below its target, what is on its way into the vault counted as there.
fn most_wanted(view: &View, vault: &Vault) -> Result<Option<Asset>> {
    let basket = basket(view, vault)?;
    let mut values = Vec::with_capacity(basket.lines.len());
    for (seat, line) in vault.seats.iter().zip(&basket.lines) {
        let coming = holding(view, vault.id, &seat.denom)?.undripped;
        values.push(line.scale.value_floor(plus(line.active, coming)?, line.rate)?);
    }
    let all = values.iter().try_fold(0, |all, value| plus(all, *value))?;
    let mut best: Option<(u128, u128, Asset)> = None;
    for (seat, value) in vault.seats.iter().zip(values) {
        let asset = assets::must_asset(view, seat.asset)?;
        if assets::check_deposit(view, &asset).is_err() {
            continue;
        }
        let should = floor_ratio(&[all, seat.target], &[WAD])?;
        let (below, above) = (should.saturating_sub(value), value.saturating_sub(should));
        if best.as_ref().is_none_or(|(most, least, _)| below > *most || (below == *most && above < *least)) {
            best = Some((below, above, asset));
        }
    }
    Ok(best.map(|(_, _, asset)| asset))
}

/// Vouchers of a group that are tried as the coin in between, and rows of the group that are read for them.
const BETWEEN_MAX: usize = 4;
const GROUP_ROWS_MAX: usize = 64;

/// Units of the wanted asset for one unit of the sold coin, in steps of 10^-18: by what both are worth in their common underlying, or the
/// average of the pools for the pair, or for the sold coin and a voucher of the underlying.
///
/// # Rounding
/// Down, by less than a step.
pub fn market_price(view: &View, sold: &Denom, wanted: &Asset) -> Result<Option<u128>> {
    if let Some(sold) = assets::by_denom(view, sold)?.filter(|sold| sold.underlying == wanted.underlying) {
        let sound = assets::health(view, &sold)? <= Health::Paused;
        return if sound { exchange(view, WAD, &sold, wanted).map(Some) } else { Ok(None) };
    }
    if let Some(price) = pools::twap(view, sold, &wanted.denom, Window::Short)? {
        return Ok(Some(price));
    }
    let group = assets::assets_of_group(view, &wanted.underlying).take(GROUP_ROWS_MAX).collect::<Result<Vec<_>>>()?;
    let vouchers = group.iter().filter(|asset| asset.kind == Kind::Voucher && asset.tier > Tier::Listed);
    for voucher in vouchers.take(BETWEEN_MAX) {
        if let Some(price) = pools::twap(view, sold, &voucher.denom, Window::Short)? {
            return exchange(view, price, voucher, wanted).map(Some);
        }
    }
    Ok(None)
}

/// Units of `to` for an amount of a coin that has a price in `from`.
///
/// # Rounding
/// Down.
pub fn sold_for(view: &View, amount: u128, price: u128, from: &Asset, to: &Asset) -> Result<u128> {
    exchange(view, floor_ratio(&[amount, price], &[WAD])?, from, to)
}

/// Units of one asset for an amount of another of the same group, by their prices, or rates where they have none.
///
/// # Rounding
/// Down.
fn exchange(view: &View, amount: u128, from: &Asset, to: &Asset) -> Result<u128> {
    let worth = |asset: &Asset| asset.price.as_ref().map_or(asset.rate(), |q| q.price);
    let scale = |asset: &Asset| Ok::<_, Error>(assets::pricing(view, asset)?.scale);
    let value = scale(from)?.value_floor(amount, worth(from))?;
    Ok(scale(to)?.amount_floor(value, worth(to))?)
}
