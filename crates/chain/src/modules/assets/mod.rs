//! The registry of assets: which foreign coins this chain knows, in what they are counted, and what they are worth.
//!
//! # Terms
//! An *asset* is a coin with an *underlying* in which it is counted: stATOM and stkATOM in ATOM. Assets of one underlying form a
//! *group*. Its *rate* `r` says how many units of underlying one unit is worth, decimal places made equal. Rates come from our own
//! modules (`Local`), are fixed (`Static`), are published by a registered account (`Push`), or will be proved (`Proof`). Beside the
//! rate stands `q`, the average price in the pools. A *tier* says how far a vote admitted an asset: listed, alliance, basket.
//!
//! # Two-sided pricing
//! Who brings an asset has it valued at `r_lo`, the lower of rate and price; what is there already is valued at `r_hi`, the highest rate
//! of the last window grown by the most that is plausible. If the true rate is between the two, nobody is ever credited too much.
//! A rate rises at most by the accepted growth per hour; it falls at once, and a fall beside the highest rate of the window starts
//! *Watch* or *Impaired*. Watch ends by a second report, an hour later, that agrees; or by vote; never by time alone (`math`).
//!
//! # Promises
//! * Accepted growth of a rate is at most the limit over any interval, recovery up to the rate before a fall apart; time only goes on.
//! * The graph of assets and their components has no cycle. Nothing that holds a restaking token may enter a basket.
//! * A staking token of our own coin is no alliance asset: the same stake would count twice.
//! * The guardian can pause and lower, for a limited time. Everything else needs a vote.
//! * The account of the module holds exactly the bonds of listed assets.
//!
//! # For other modules
//! [`by_denom`] and [`pricing`] give an asset and its values; [`check_deposit`] says whether it may be deposited and why not;
//! [`blocks_basket`] whether its condition closes every basket that holds it; [`check_basket`] whether it may enter one at all.
//! Modules that make coins of their own list them by [`register`] and report their rates by [`report_rate`]; pools report prices by
//! [`report_market`]. [`is_paused`] answers for targets that stand above this module.

pub mod error;
mod event;
pub mod genesis;
pub mod handle;
pub mod invariant;
mod math;
pub mod msg;
pub mod params;
pub mod query;
mod state;
#[cfg(test)]
mod tests;

pub use math::{Pricing, RATE_MAX, RATE_MIN, Scale};
pub use msg::Listing;
pub use params::Params;
pub use state::{Asset, Flags, Group, Health, Kind, Source, Target, TargetKind, Tier};

use entente_kernel::num::{Coins, Denom};
use entente_kernel::{AccAddress, Ctx, Result, Span, Timestamp, View};

use crate::modules::auth::ModuleAccount;
use crate::modules::{bank, staking};

/// How deep components may stand inside components.
const DEPTH_MAX: usize = 8;
/// Components that an asset may have.
pub const COMPONENTS_MAX: usize = 16;

/// The parameters; defaults before a genesis or a vote set them.
pub fn params(view: &View) -> Result<Params> {
    match state::PARAMS.load(view)? {
        Some(params) => Ok(params),
        None => Ok(Params::default()),
    }
}

/// Was the module ever set up?
pub fn is_used(view: &View) -> Result<bool> {
    Ok(state::PARAMS.load(view)?.is_some() || state::ASSETS.iter(view).next().transpose()?.is_some())
}

pub fn asset(view: &View, id: u64) -> Result<Option<Asset>> {
    state::ASSETS.get(view, &id)
}

/// # Errors
/// assets 2 if there is no such asset.
pub fn must_asset(view: &View, id: u64) -> Result<Asset> {
    asset(view, id)?.ok_or_else(|| error::UNKNOWN_ASSET.because(id))
}

pub fn by_denom(view: &View, denom: &Denom) -> Result<Option<Asset>> {
    match state::BY_DENOM.get(view, denom)? {
        Some(id) => state::ASSETS.must(view, &id).map(Some),
        None => Ok(None),
    }
}

/// # Errors
/// assets 2 if the denom is no asset.
pub fn must_by_denom(view: &View, denom: &Denom) -> Result<Asset> {
    by_denom(view, denom)?.ok_or_else(|| error::UNKNOWN_ASSET.because(denom))
}

pub fn group(view: &View, underlying: &str) -> Result<Option<Group>> {
    state::GROUPS.get(view, &underlying.to_owned())
}

/// The assets of a group, in the order of listing.
pub fn assets_of_group(view: &View, underlying: &str) -> impl Iterator<Item = Result<Asset>> {
    let rows = state::OF_GROUP.prefix(view, &underlying.to_owned());
    rows.map(move |row| row.and_then(|((_, id), ())| state::ASSETS.must(view, &id)))
}

/// Is the underlying this chain's own staked coin? Its group then holds the coin itself.
pub fn is_native_group(view: &View, underlying: &str) -> Result<bool> {
    let bond = staking::bond_denom(view)?;
    Ok(by_denom(view, &bond)?.is_some_and(|asset| asset.underlying == underlying))
}

/// The values of an asset now: in force, cautious for who brings it, cautious for who is there.
pub fn pricing(view: &View, asset: &Asset) -> Result<Pricing> {
    let params = params(view)?;
    math::pricing(asset, view.time(), &params)
}

/// The strongest condition of an asset now.
pub fn health(view: &View, asset: &Asset) -> Result<Health> {
    Ok(asset.health(view.time(), &params(view)?))
}

/// May the asset be deposited in a basket now, as far as the asset itself goes?
///
/// # Errors
/// assets 5 with the condition, 6 if the rate is too old, 7 if the tier or a flag forbids baskets.
pub fn check_deposit(view: &View, asset: &Asset) -> Result<()> {
    check_basket(view, asset)?;
    let params = params(view)?;
    let health = asset.health(view.time(), &params);
    if health != Health::Normal {
        return Err(error::NOT_HEALTHY.because(format!("{} is {}", asset.denom, health.text())));
    }
    let age = asset.age(view.time());
    if age > params.rate_age_max {
        return Err(error::RATE_TOO_OLD.because(format!("the rate of {} is {} old", asset.denom, age)));
    }
    Ok(())
}

/// Does the condition of the asset close every basket that holds it? It does while its rate is in doubt.
pub fn blocks_basket(view: &View, asset: &Asset) -> Result<bool> {
    Ok(matches!(health(view, asset)?, Health::Watch | Health::Impaired))
}

/// May the asset be part of a basket?
///
/// # Errors
/// assets 7 for its tier or flag, 8 if it is or holds a restaking token.
pub fn check_basket(view: &View, asset: &Asset) -> Result<()> {
    if asset.tier != Tier::Basket || !asset.flags.basket_ok {
        return Err(error::NOT_ADMITTED.because(format!("{} is not admitted to baskets", asset.denom)));
    }
    if holds(view, asset, DEPTH_MAX, &|a| Ok(a.kind == Kind::Lrt))? {
        return Err(error::RECURSION.because(format!("{} is made of restaking tokens", asset.denom)));
    }
    Ok(())
}

/// May a coin become an alliance asset? Coins that are not listed may, as on other chains; a staking token of our own coin, or what is
/// made of one, may not.
///
/// # Errors
/// assets 9.
pub fn check_alliance(view: &View, denom: &Denom) -> Result<()> {
    let Some(asset) = by_denom(view, denom)? else { return Ok(()) };
    let double = |a: &Asset| Ok(a.kind == Kind::Lst && is_native_group(view, &a.underlying)?);
    if holds(view, &asset, DEPTH_MAX, &double)? {
        return Err(error::DOUBLE_NATIVE.because(format!("{denom} stands for stake of this chain's own coin")));
    }
    Ok(())
}

/// Is the condition true of the asset or of anything that it is made of?
fn holds(view: &View, asset: &Asset, depth: usize, what: &dyn Fn(&Asset) -> Result<bool>) -> Result<bool> {
    if what(asset)? {
        return Ok(true);
    }
    let Some(depth) = depth.checked_sub(1) else {
        return Err(error::RECURSION.because(format!("{} is made of too many layers", asset.denom)));
    };
    for denom in &asset.components {
        let Some(part) = by_denom(view, denom)? else { continue };
        if holds(view, &part, depth, what)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Most value of the asset that baskets take, if there is a limit: a tenth of it while the asset has no price.
pub fn deposit_cap(asset: &Asset) -> Option<u128> {
    if asset.cap_value == 0 {
        return None;
    }
    Some(if asset.price.is_some() { asset.cap_value } else { asset.cap_value.checked_div(10).unwrap_or_default() })
}

/// Lists an asset: for messages, for a genesis, and for modules that make coins of their own. Gives its number.
///
/// # Errors
/// assets 1 for terms that contradict each other, 3 if the denom is listed, 4 for an unknown component.
pub fn register(ctx: &mut Ctx, listing: &Listing) -> Result<u64> {
    handle::list(ctx, listing, None)
}

/// A module reports the rate of a coin that it makes itself. Nothing happens if the coin is not listed, or not as `Local`.
///
/// # Errors
/// assets 10 for a rate outside the bounds.
pub fn report_rate(ctx: &mut Ctx, denom: &Denom, rate: u128) -> Result<()> {
    let Some(asset) = by_denom(ctx, denom)? else { return Ok(()) };
    if asset.source != Source::Local || asset.course.rate == rate {
        return Ok(());
    }
    let now = ctx.time();
    // A coin that was listed in this very block is told of in the next.
    if asset.course.time >= now { Ok(()) } else { handle::accept(ctx, asset, rate, now).map(drop) }
}

/// What the pools say of an asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Market {
    /// Average price in underlying, in steps of 10^-18.
    pub price: u128,
    /// Value in underlying that can be sold until the price is 2% lower.
    pub depth: u128,
    /// End of the averaged time.
    pub time: Timestamp,
}

/// The pools report price and depth of an asset. A price too far below the rate pauses its deposits, a fresh one that is not lifts that.
/// Reports that are not newer than the last one are left out.
pub fn report_market(ctx: &mut Ctx, denom: &Denom, market: &Market) -> Result<()> {
    handle::report_market(ctx, denom, market)
}

/// Did the guardian pause a vault or a service, and does the pause still hold?
pub fn is_paused(view: &View, target: &Target) -> Result<bool> {
    Ok(state::PAUSES.get(view, &target.key())?.is_some_and(|pause| pause.holds(view.time())))
}

fn pay_bond(ctx: &mut Ctx, from: &AccAddress, bond: &Coins) -> Result<()> {
    if bond.is_empty() { Ok(()) } else { bank::send_to_module(ctx, from, &ModuleAccount::ASSETS, bond) }
}

fn return_bond(ctx: &mut Ctx, asset: &mut Asset) -> Result<()> {
    let bond = std::mem::replace(&mut asset.bond, Coins::empty());
    match asset.lister.take() {
        Some(lister) if !bond.is_empty() => bank::send_from_module(ctx, &ModuleAccount::ASSETS, &lister, &bond),
        _ => Ok(()),
    }
}

/// Whole seconds of a span that is not negative.
fn secs(span: Span) -> u128 {
    u128::try_from(span.whole_secs()).unwrap_or_default()
}
