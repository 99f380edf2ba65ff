//! Incentives, and shares that are staked for them and with validators.

use entente_kernel::num::{Denom, floor_ratio};
use entente_kernel::{Ctx, Error, Result, Span, View};
use entente_proto::pstake::liquidstake::v1beta1 as pstake;
use entente_proto::restake::pools::v1 as wire;

use super::super::math::{RESERVE_MAX, WAD};
use super::super::params::{INCENTIVES_MAX, POOLS_PER_PAIR, REWARD_DENOMS_MAX};
use super::super::state::{INCENTIVE_IDS, INCENTIVES, INDICES, Incentive, Index, Kind, POOLS_OF_PAIR, Place, Pool};
use super::super::{account, amount, coins, curve, error, event, msg, must_pool, plus, reward};
use crate::modules::auth::ModuleAccount;
use crate::modules::{assets, bank, liquid, staking};
use crate::wire as convert;

/// Shortest and longest time over which an incentive flows, and the longest wait for its start.
const PERIOD_MIN: Span = Span::from_secs(3_600);
const PERIOD_MAX: Span = Span::from_secs(366 * 86_400);
/// Least worth of shares that a liquid stake gets, as a part of what comes in.
const LP_WORTH_MIN: u128 = WAD / 100 * 99;

pub fn fund_incentive(ctx: &mut Ctx, m: msg::FundIncentive) -> Result<wire::MsgFundIncentiveResponse> {
    let pool = must_pool(ctx, m.pool)?;
    let (now, given) = (ctx.time(), amount(m.coin.amount)?);
    check_incentive(ctx, &pool, &m, given)?;
    reward::flow(ctx, pool.id)?;
    if INCENTIVES.prefix(ctx, &pool.id).count() >= INCENTIVES_MAX {
        return Err(error::TOO_MANY.because(format!("pool {} has {INCENTIVES_MAX} incentives", pool.id)));
    }
    let key = (pool.id, m.coin.denom.clone());
    if INDICES.get(ctx, &key)?.is_none() {
        if INDICES.prefix(ctx, &pool.id).count() >= REWARD_DENOMS_MAX {
            return Err(error::TOO_MANY.because(format!("pool {} has had {REWARD_DENOMS_MAX} coins", pool.id)));
        }
        INDICES.set(ctx, &key, &Index::default())?;
    }
    bank::send_to_module(ctx, &m.funder, &ModuleAccount::POOLS, &coins([(m.coin.denom.clone(), given)])?)?;
    reward::receive(ctx, pool.id, &m.coin.denom, given)?;
    let start = m.start.unwrap_or(now);
    let id = INCENTIVE_IDS.next(ctx)?;
    let incentive = Incentive {
        funder: m.funder,
        denom: m.coin.denom,
        amount: given,
        start,
        period: m.period,
        flowed: 0,
        seen: now,
    };
    INCENTIVES.set(ctx, &(pool.id, id), &incentive)?;
    ctx.emit(event::incentive_funded(id, pool.id, &incentive));
    Ok(wire::MsgFundIncentiveResponse { incentive: id })
}

/// Known coins only, and enough of them: a pool has few places for incentives, and nobody shall fill them with nothing.
fn check_incentive(view: &View, pool: &Pool, m: &msg::FundIncentive, given: u128) -> Result<()> {
    let now = view.time();
    if m.period < PERIOD_MIN || m.period > PERIOD_MAX {
        let (least, most) = (PERIOD_MIN.whole_secs(), PERIOD_MAX.whole_secs());
        return Err(invalid(format!("period: {}; {least} to {most} seconds are allowed", m.period)));
    }
    if let Some(start) = m.start.filter(|start| *start < now || start.since(now) > PERIOD_MAX) {
        return Err(invalid(format!("start: {start}; from {now} to {} is allowed", now.plus(PERIOD_MAX))));
    }
    let least = u128::try_from(m.period.whole_secs()).unwrap_or_default().max(1_000_000);
    if given < least || given > RESERVE_MAX {
        return Err(invalid(format!("amount: {}; {least} to {RESERVE_MAX} are allowed", m.coin)));
    }
    if !is_known(view, pool, &m.coin.denom)? {
        let denom = &m.coin.denom;
        return Err(invalid(format!(
            "amount: {denom}; coins of the pool, the staked coin, or admitted assets are allowed"
        )));
    }
    Ok(())
}

fn is_known(view: &View, pool: &Pool, denom: &Denom) -> Result<bool> {
    let admitted = assets::by_denom(view, denom)?.is_some_and(|asset| asset.tier >= assets::Tier::Alliance);
    Ok(admitted || pool.parts.iter().any(|part| part.denom == *denom) || staking::bond_denom(view)? == *denom)
}

pub fn stake_shares(ctx: &mut Ctx, m: msg::StakeShares) -> Result<wire::MsgStakeSharesResponse> {
    let pool = must_pool(ctx, m.pool)?;
    reward::stake(ctx, &pool, &m.owner, m.place, m.shares)?;
    ctx.emit(event::shares_staked(ctx, &m.owner, pool.id, m.place, m.shares));
    Ok(wire::MsgStakeSharesResponse {})
}

/// What a delegation is worth in liquid coins joins the pool that the parameters of liquid staking name, with more of them if the message
/// says so, and its shares are staked for the incentives of the pool. The message has no limit of its own: shares are worth at least 99 % of
/// what comes in, by the size of the pool, which no swap moves.
pub fn stake_to_lp(ctx: &mut Ctx, m: msg::StakeToLp) -> Result<pstake::MsgStakeToLpResponse> {
    let (owner, denom) = (m.delegation.delegator, liquid::denom(ctx)?);
    let Some(pool) = locked_pool(ctx, &denom)? else { return Err(liquid::error::NO_POOL.refuse()) };
    if m.liquid.denom != denom {
        return Err(liquid::error::WRONG_DENOM.because(format!("{} instead of {denom}", m.liquid.denom)));
    }
    let minted = liquid::handle::stake_delegation(ctx, m.delegation)?.minted;
    let minted = convert::parse_coin(&minted.unwrap_or_default(), "minted")?;
    let all = plus(amount(minted.amount)?, amount(m.liquid.amount)?)?;
    let value = assets::pricing(ctx, &assets::must_by_denom(ctx, &denom)?)?.value(all)?;
    let size = curve(ctx, &pool)?.size(&pool.reserves())?;
    let min_shares = floor_ratio(&[value, pool.shares, LP_WORTH_MIN], &[size.max(1), WAD])?;
    let coins = coins([(denom, all)])?;
    let join = msg::JoinPool { sender: owner, pool: pool.id, coins, min_shares, deadline: None };
    let joined = super::join_pool(ctx, join)?;
    let shares = amount(convert::parse_coin(&joined.shares.unwrap_or_default(), "shares")?.amount)?;
    stake_shares(ctx, msg::StakeShares { owner, pool: pool.id, shares, place: Place(None) })?;
    Ok(pstake::MsgStakeToLpResponse {})
}

/// The stable pool of the liquid coin and the staked coin whose account the parameters of liquid staking name; of the first so many.
fn locked_pool(view: &View, liquid: &Denom) -> Result<Option<Pool>> {
    let named = liquid::params(view)?.locked_pool;
    let bond = staking::bond_denom(view)?;
    let pair = if *liquid < bond { (liquid.clone(), bond) } else { (bond, liquid.clone()) };
    for row in POOLS_OF_PAIR.prefix(view, &pair).take(POOLS_PER_PAIR) {
        let ((.., id), ()) = row?;
        let pool = must_pool(view, id)?;
        if view.bech32().acc(&account(id)) == named && matches!(pool.kind, Kind::Stable(_)) {
            return Ok(Some(pool));
        }
    }
    Ok(None)
}

pub fn unstake_shares(
    ctx: &mut Ctx,
    msg::UnstakeShares(m): msg::UnstakeShares,
) -> Result<wire::MsgUnstakeSharesResponse> {
    let pool = must_pool(ctx, m.pool)?;
    let completion = reward::unstake(ctx, &pool, &m.owner, m.place, m.shares)?;
    ctx.emit(event::shares_unstaked(ctx, &m.owner, pool.id, m.place, m.shares));
    Ok(wire::MsgUnstakeSharesResponse { completion_time: completion.map(convert::timestamp) })
}

pub fn claim_incentives(ctx: &mut Ctx, m: msg::ClaimIncentives) -> Result<wire::MsgClaimIncentivesResponse> {
    let pool = must_pool(ctx, m.pool)?;
    let paid = reward::claim(ctx, &pool, &m.owner, m.place)?;
    let paid = coins(paid)?;
    if !paid.is_empty() {
        bank::send_from_module(ctx, &ModuleAccount::POOLS, &m.owner, &paid)?;
    }
    ctx.emit(event::incentives_claimed(ctx, &m.owner, pool.id, &paid));
    Ok(wire::MsgClaimIncentivesResponse { paid: convert::coins(&paid) })
}

fn invalid(text: String) -> Error {
    error::INVALID_INCENTIVE.because(text)
}
