//! How liquid stake lies with validators, and the steps that move it. Rewards are drawn before every step, so that what they bring is
//! known from the answer and not from a balance.

use entente_kernel::num::{Dec, Int};
use entente_kernel::{Ctx, Error, Result, Timestamp, ValAddress, View};

use super::math::Place;
use super::params::Params;
use super::state::{LEDGER, VALIDATORS};
use super::{account, add, amount, ledger, sub};
use crate::modules::auth::ModuleAccount;
use crate::modules::staking::{BondStatus, Validator};
use crate::modules::{distribution, staking};

/// Stake with one validator.
#[derive(Debug, Clone)]
pub struct Site {
    pub operator: ValAddress,
    /// As listed, of 10000.
    pub weight: u32,
    /// Bonded, not jailed, shares with a price.
    pub active: bool,
    pub shares: Dec,
    /// Worth of the shares, rounded down.
    pub tokens: u128,
    /// Can another unbonding begin here?
    pub room: bool,
}

/// All liquid stake.
#[derive(Debug, Clone)]
pub struct Position {
    pub sites: Vec<Site>,
    pub idle: u128,
}

fn is_active(validator: &Validator) -> bool {
    validator.is_bonded() && !validator.jailed && validator.tokens.is_positive() && !validator.rate_is_invalid()
}

impl Position {
    pub fn load(view: &View, params: &Params) -> Result<Self> {
        let max_entries = staking::params(view)?.max_entries;
        let mut sites = Vec::new();
        for row in VALIDATORS.iter(view) {
            let operator = row?.0;
            let validator = staking::validator(view, &operator)?;
            let shares = staking::delegation(view, &account(), &operator)?.map_or(Dec::ZERO, |d| d.shares);
            let tokens = match &validator {
                Some(v) if shares.is_positive() => amount(v.tokens_from_shares(shares)?.truncate_int()?)?,
                _ => 0,
            };
            let entries = staking::unbonding(view, &account(), &operator)?.map_or(0, |u| u.entries.len());
            sites.push(Site {
                operator,
                weight: params.weight(&operator),
                active: validator.as_ref().is_some_and(is_active),
                shares,
                tokens,
                room: u32::try_from(entries).is_ok_and(|n| n < max_entries),
            });
        }
        Ok(Self { sites, idle: ledger(view)?.idle })
    }

    /// Stake and what waits to be staked. Rewards and what is unbonding are no part of it.
    pub fn value(&self) -> Result<u128> {
        self.sites.iter().try_fold(self.idle, |sum, site| add(sum, site.tokens))
    }

    /// Weights of the active validators, of 10000.
    pub fn active_weight(&self) -> u32 {
        self.sites.iter().filter(|s| s.active).fold(0, |sum, s| sum.saturating_add(s.weight))
    }

    pub fn places(&self) -> Vec<Place> {
        let place = |s: &Site| Place { weight: if s.active { s.weight } else { 0 }, tokens: s.tokens, room: s.room };
        self.sites.iter().map(place).collect()
    }

    pub fn operator(&self, index: usize) -> Result<ValAddress> {
        self.sites
            .get(index)
            .map(|s| s.operator)
            .ok_or_else(|| Error::fault("liquid staking: a plan beyond its places"))
    }
}

/// Draws the rewards of our stake with a validator: native coins wait to be staked, others go to the community pool.
pub fn draw(ctx: &mut Ctx, operator: &ValAddress) -> Result<()> {
    if staking::delegation(ctx, &account(), operator)?.is_none() {
        return Ok(());
    }
    let coins = distribution::withdraw_delegation_rewards(ctx, &account(), operator)?;
    let bond = staking::bond_denom(ctx)?;
    let own = amount(coins.amount_of(bond.as_str()))?;
    let foreign = coins.sub(&super::one(bond, own)?)?;
    if !foreign.is_empty() {
        distribution::fund_community_pool(ctx, &foreign, &account())?;
    }
    let mut ledger = ledger(ctx)?;
    ledger.waiting = add(ledger.waiting, own)?;
    LEDGER.save(ctx, &ledger)
}

/// Delegates coins of our account.
pub fn delegate(ctx: &mut Ctx, operator: &ValAddress, amount: u128) -> Result<()> {
    draw(ctx, operator)?;
    let validator = staking::must_validator(ctx, operator)?;
    staking::delegate(ctx, &account(), Int::from(amount), BondStatus::Unbonded, &validator, true).map(drop)
}

/// Delegates what is idle, by plan; without an active validator it stays idle.
pub fn delegate_idle(ctx: &mut Ctx, params: &Params) -> Result<()> {
    let position = Position::load(ctx, params)?;
    let plan = super::math::plan_stake(&position.places(), position.idle)?;
    for (index, part) in plan {
        delegate(ctx, &position.operator(index)?, part)?;
        let mut ledger = ledger(ctx)?;
        ledger.idle = sub(ledger.idle, part)?;
        LEDGER.save(ctx, &ledger)?;
    }
    Ok(())
}

/// An unbonding that began.
pub struct Started {
    pub id: u64,
    pub tokens: u128,
    pub completion: Timestamp,
}

/// Lets tokens of ours begin to unbond. All of them go by all shares, so that no rounding leaves a rest.
pub fn undelegate(ctx: &mut Ctx, site: &Site, tokens: u128) -> Result<Started> {
    draw(ctx, &site.operator)?;
    let shares = if tokens >= site.tokens {
        site.shares
    } else {
        staking::validate_unbond_amount(ctx, &account(), &site.operator, Int::from(tokens))?
    };
    let (completion, tokens) = staking::undelegate(ctx, &account(), &site.operator, shares)?;
    let height = ctx.height();
    let unbonding = staking::unbonding(ctx, &account(), &site.operator)?;
    let entry = unbonding.iter().flat_map(|u| &u.entries);
    let entry = entry.rev().find(|e| e.creation_height == height && e.completion_time == completion);
    let id = entry.map(|e| e.id).ok_or_else(|| Error::fault("liquid staking: an unbonding that did not begin"))?;
    Ok(Started { id, tokens: amount(tokens)?, completion })
}

/// Moves tokens of ours to another validator.
pub fn redelegate(ctx: &mut Ctx, from: &Site, to: &ValAddress, tokens: u128) -> Result<()> {
    draw(ctx, &from.operator)?;
    draw(ctx, to)?;
    let shares = if tokens >= from.tokens {
        from.shares
    } else {
        staking::validate_unbond_amount(ctx, &account(), &from.operator, Int::from(tokens))?
    };
    staking::begin_redelegation(ctx, &account(), &from.operator, to, shares).map(drop)
}

/// The validators of the list are known from now on.
pub fn know(ctx: &mut Ctx, params: &Params) -> Result<()> {
    params.validators.iter().try_for_each(|(operator, _)| VALIDATORS.set(ctx, operator, &()))
}

/// Forgets validators that are not listed and hold nothing of ours.
pub fn forget(ctx: &mut Ctx, params: &Params) -> Result<()> {
    let position = Position::load(ctx, params)?;
    for site in position.sites.iter().filter(|s| s.weight == 0 && s.shares.is_zero()) {
        VALIDATORS.remove(ctx, &site.operator)?;
    }
    Ok(())
}

/// Pays native coins of our account to a person, or to the community pool if there is nobody.
pub fn pay(ctx: &mut Ctx, to: Option<&entente_kernel::AccAddress>, amount: u128) -> Result<()> {
    let coins = super::native(ctx, amount)?;
    match to {
        _ if coins.is_empty() => Ok(()),
        Some(to) => crate::modules::bank::send_from_module(ctx, &ModuleAccount::LIQUID, to, &coins),
        None => distribution::fund_community_pool(ctx, &coins, &account()),
    }
}
