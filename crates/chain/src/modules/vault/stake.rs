//! Where the coins of a vault lie: staking what is idle, recalling what leavers are owed, and seeing what became of it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use entente_kernel::num::{Denom, Int, floor_ratio};
use entente_kernel::{AccAddress, Ctx, Error, Result, Span, ValAddress, View};

use super::block::drip;
use super::event;
use super::holding::{
    account, amount, closed_batches, coin, coins, fraction, holding, in_account, minus, pay, plus, put, returning,
    staked,
};
use super::math::{self, Bound, WAD};
use super::state::{BATCHES, Batch, COUNTS_AT, PLACES, RETURNS, REWARDS, Return, VAULTS, VAULTS_AT, Vault};
use crate::modules::{alliance, bank, distribution, slashing, staking};

/// Validators that an asset of a vault is spread over at most.
const PLACES_MAX: usize = 32;
/// Most commission of a validator that vaults stake with.
const COMMISSION_MAX: u128 = WAD / 10;
/// Since a jail that ended longer ago than this a validator is trusted again.
const TRUST: Span = Span::from_secs(30 * 86_400);
/// Most of an asset with one validator, if there are enough of them.
const PLACE_CAP: u128 = WAD / 20;
/// Vaults that a validator is chosen by at most: a slash looks at all of them at once.
pub const VAULTS_PER_VALIDATOR: u64 = 64;
/// Smallest amount that is worth a delegation.
const STAKE_MIN: u128 = 1_000;

/// Why something is no longer there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Alliance's take, and roundings: borne by those who hold shares.
    Take,
    /// A fault at a height: borne also by the batches that closed at or after it.
    Slash { validator: ValAddress, height: i64 },
}

/// Compares the book with the stake, once a block; between two slashes only takes and roundings change it.
pub fn see(ctx: &mut Ctx, vault: &mut Vault) -> Result<()> {
    if vault.seen_at == ctx.height() {
        return Ok(());
    }
    look(ctx, vault, Cause::Take)
}

/// Compares the book with the stake and books what is missing.
pub fn look(ctx: &mut Ctx, vault: &mut Vault, cause: Cause) -> Result<()> {
    let mut at = Presence::default();
    for seat in vault.seats.clone() {
        look_at(ctx, vault.id, &seat.denom, cause, &mut at)?;
    }
    for validator in at.gone.difference(&at.there) {
        leave(ctx, validator, vault.id)?;
    }
    if cause == Cause::Take {
        drip::release(ctx, vault)?;
    }
    vault.seen_at = ctx.height();
    VAULTS.set(ctx, &vault.id, vault)
}

/// The validators that a look finds something of a vault with, and those with which something was and is no more.
#[derive(Default)]
struct Presence {
    there: BTreeSet<ValAddress>,
    gone: BTreeSet<ValAddress>,
}

impl Presence {
    fn see(&mut self, validator: ValAddress, is_there: bool) {
        let list = if is_there { &mut self.there } else { &mut self.gone };
        list.insert(validator);
    }
}

/// Writes down that a vault has something with a validator.
pub fn enter(ctx: &mut Ctx, validator: &ValAddress, vault: u64) -> Result<()> {
    if VAULTS_AT.has(ctx, &(*validator, vault))? {
        return Ok(());
    }
    VAULTS_AT.set(ctx, &(*validator, vault), &())?;
    let count = COUNTS_AT.get(ctx, validator)?.unwrap_or_default();
    COUNTS_AT.set(ctx, validator, &count.saturating_add(1))
}

fn leave(ctx: &mut Ctx, validator: &ValAddress, vault: u64) -> Result<()> {
    if !VAULTS_AT.has(ctx, &(*validator, vault))? {
        return Ok(());
    }
    VAULTS_AT.remove(ctx, &(*validator, vault))?;
    match COUNTS_AT.get(ctx, validator)?.unwrap_or_default().saturating_sub(1) {
        0 => COUNTS_AT.remove(ctx, validator),
        count => COUNTS_AT.set(ctx, validator, &count),
    }
}

fn look_at(ctx: &mut Ctx, vault: u64, denom: &Denom, cause: Cause, at: &mut Presence) -> Result<()> {
    let owner = account(vault);
    let mut lost = 0;
    let mut found = 0;
    let mut vanished = false;
    for row in PLACES.prefix(ctx, &(vault, denom.clone())).collect::<Result<Vec<_>>>()? {
        let ((_, _, validator), before) = row;
        let now = amount(alliance::custody::staked(ctx, &owner, &validator, denom)?)?;
        if now < before {
            lost = plus(lost, minus(before, now)?)?;
        } else {
            found = plus(found, minus(now, before)?)?;
        }
        if now == 0 {
            vanished = true;
            claim_if_possible(ctx, vault, denom, &validator)?;
        }
        set_place(ctx, vault, denom, &validator, now)?;
        at.see(validator, now > 0);
    }
    let (returned, adopted, missing) = look_at_returns(ctx, vault, denom, vanished, at)?;
    // What alliance moved to unbonding by itself is not lost.
    let moved = adopted.min(lost);
    found = plus(found, minus(adopted, moved)?)?;
    lost = plus(minus(lost, moved)?, missing)?;
    let mut held = holding(ctx, vault, denom)?;
    held.idle = plus(held.idle, returned)?;
    held.active = plus(held.active, found)?;
    put(ctx, vault, denom, &held)?;
    bear(ctx, vault, denom, lost, cause)?;
    serve_batches(ctx, vault, denom)
}

fn set_place(ctx: &mut Ctx, vault: u64, denom: &Denom, validator: &ValAddress, value: u128) -> Result<()> {
    let key = (vault, denom.clone(), *validator);
    if value == 0 {
        return PLACES.remove(ctx, &key);
    }
    enter(ctx, validator, vault)?;
    PLACES.set(ctx, &key, &value)
}

/// Follows the coins on their way back: gives what arrived, what alliance sent on its way by itself, and what is missing.
fn look_at_returns(
    ctx: &mut Ctx,
    vault: u64,
    denom: &Denom,
    vanished: bool,
    at: &mut Presence,
) -> Result<(u128, u128, u128)> {
    let known = RETURNS.prefix(ctx, &(vault, denom.clone())).collect::<Result<Vec<_>>>()?;
    if known.is_empty() && !vanished {
        return Ok((0, 0, 0));
    }
    let owner = account(vault);
    let open = alliance::custody::unbondings(ctx, &owner, denom)?;
    let left_of: BTreeMap<u64, Int> = open.iter().map(|((_, id), _, left)| (*id, *left)).collect();
    // What lies in the account beyond the book is what came back.
    let book = in_account(ctx, vault, denom)?;
    let mut arrived = amount(bank::balance(ctx, &owner, denom)?)?.saturating_sub(book);
    let (mut returned, mut adopted, mut missing) = (0, 0, 0);
    for ((_, _, id), mut back) in known {
        let key = (vault, denom.clone(), id);
        at.see(back.validator, left_of.contains_key(&id));
        match left_of.get(&id) {
            Some(left) => {
                let left = amount(*left)?;
                if left < back.amount {
                    missing = plus(missing, minus(back.amount, left)?)?;
                    back.amount = left;
                    RETURNS.set(ctx, &key, &back)?;
                }
            }
            None => {
                let got = back.amount.min(arrived);
                arrived = minus(arrived, got)?;
                returned = plus(returned, got)?;
                missing = plus(missing, minus(back.amount, got)?)?;
                RETURNS.remove(ctx, &key)?;
            }
        }
    }
    for ((completion, id), validator, left) in open {
        let key = (vault, denom.clone(), id);
        if !RETURNS.has(ctx, &key)? {
            let left = amount(left)?;
            adopted = plus(adopted, left)?;
            at.see(validator, true);
            enter(ctx, &validator, vault)?;
            RETURNS.set(ctx, &key, &Return { validator, completion, amount: left })?;
        }
    }
    Ok((returned, adopted, missing))
}

/// Are coins due back that the account does not hold yet?
pub fn is_arriving(view: &View, vault: &Vault) -> Result<bool> {
    for seat in &vault.seats {
        for row in RETURNS.prefix(view, &(vault.id, seat.denom.clone())) {
            if row?.1.completion <= view.time() {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Takes a loss from its owners: liable batches in proportion, those who hold shares for the rest.
///
/// # Rounding
/// Down for the batches: who stays bears the remainder, less than a unit per batch.
fn bear(ctx: &mut Ctx, vault: u64, denom: &Denom, lost: u128, cause: Cause) -> Result<()> {
    if lost == 0 {
        return Ok(());
    }
    let mut held = holding(ctx, vault, denom)?;
    let mut rest = lost;
    if let Cause::Slash { height, .. } = cause {
        let now = ctx.time();
        let liable = |batch: &Batch| batch.closed.is_some_and(|close| close.height >= height && now < close.mature_at);
        let mut batches = closed_batches(ctx, vault)?;
        batches.retain(|(_, batch)| liable(batch));
        let part = |batch: &Batch| batch.parts.iter().find(|part| part.denom == *denom).map_or(0, |part| part.amount);
        let all = batches.iter().try_fold(held.active, |all, (_, batch)| plus(all, part(batch)))?;
        for (id, mut batch) in batches {
            let Some(part) = batch.parts.iter_mut().find(|part| part.denom == *denom) else { continue };
            let share = if all == 0 { 0 } else { floor_ratio(&[lost, part.amount], &[all])? };
            let share = share.min(part.amount);
            part.amount = minus(part.amount, share)?;
            let of_owed = share.min(part.owed);
            part.owed = minus(part.owed, of_owed)?;
            let of_free = minus(share, of_owed)?;
            held.matured = minus(held.matured, of_free)?;
            held.idle = plus(held.idle, of_free)?;
            rest = minus(rest, share)?;
            BATCHES.set(ctx, &(vault, id), &batch)?;
        }
    }
    let of_active = rest.min(held.active);
    held.active = minus(held.active, of_active)?;
    let of_undripped = minus(rest, of_active)?.min(held.undripped);
    held.undripped = minus(held.undripped, of_undripped)?;
    put(ctx, vault, denom, &held)?;
    let of_batches = minus(lost, rest)?;
    ctx.emit(event::lost(ctx, vault, denom, of_active, of_batches, cause));
    Ok(())
}

/// Gives idle coins to the batches that are owed, oldest first.
fn serve_batches(ctx: &mut Ctx, vault: u64, denom: &Denom) -> Result<()> {
    let mut held = holding(ctx, vault, denom)?;
    if held.idle == 0 {
        return Ok(());
    }
    for (id, mut batch) in closed_batches(ctx, vault)? {
        let Some(part) = batch.parts.iter_mut().find(|part| part.denom == *denom && part.owed > 0) else { continue };
        let given = part.owed.min(held.idle);
        part.owed = minus(part.owed, given)?;
        held.idle = minus(held.idle, given)?;
        held.matured = plus(held.matured, given)?;
        BATCHES.set(ctx, &(vault, id), &batch)?;
        if held.idle == 0 {
            break;
        }
    }
    put(ctx, vault, denom, &held)
}

/// What the batches are owed and nothing is on its way for yet is recalled, from the largest stakes first.
pub fn recall(ctx: &mut Ctx, vault: u64, denom: &Denom, all: bool) -> Result<()> {
    serve_batches(ctx, vault, denom)?;
    let owed = closed_batches(ctx, vault)?
        .iter()
        .flat_map(|(_, batch)| &batch.parts)
        .filter(|part| part.denom == *denom)
        .try_fold(0, |sum, part| plus(sum, part.owed))?;
    let coming = returning(ctx, vault, denom)?;
    let mut wanted = if all { staked(ctx, vault, denom)? } else { owed.saturating_sub(coming) };
    let mut places = PLACES.prefix(ctx, &(vault, denom.clone())).collect::<Result<Vec<_>>>()?;
    places.sort_by_key(|(_, value)| Reverse(*value));
    for ((_, _, validator), value) in places {
        if wanted == 0 {
            break;
        }
        let taken = value.min(wanted);
        unstake(ctx, vault, denom, &validator, taken)?;
        wanted = minus(wanted, taken)?;
    }
    Ok(())
}

fn unstake(ctx: &mut Ctx, vault: u64, denom: &Denom, validator: &ValAddress, taken: u128) -> Result<()> {
    let owner = account(vault);
    claim(ctx, vault, denom, validator)?;
    let (completion, id) = alliance::custody::undelegate(ctx, &owner, validator, &coin(denom, taken))?;
    RETURNS.set(ctx, &(vault, denom.clone(), id), &Return { validator: *validator, completion, amount: taken })?;
    settle_place(ctx, vault, denom, validator, |before| minus(before, taken))
}

/// Brings a place to what alliance shows after a step that should have led from `before` to `expected(before)`; roundings are the holders'.
fn settle_place(
    ctx: &mut Ctx,
    vault: u64,
    denom: &Denom,
    validator: &ValAddress,
    expected: impl FnOnce(u128) -> Result<u128>,
) -> Result<()> {
    let before = PLACES.get(ctx, &(vault, denom.clone(), *validator))?.unwrap_or_default();
    let expected = expected(before)?;
    let now = amount(alliance::custody::staked(ctx, &account(vault), validator, denom)?)?;
    set_place(ctx, vault, denom, validator, now)?;
    if now >= expected {
        let mut held = holding(ctx, vault, denom)?;
        held.active = plus(held.active, minus(now, expected)?)?;
        put(ctx, vault, denom, &held)
    } else {
        bear(ctx, vault, denom, minus(expected, now)?, Cause::Take)
    }
}

/// Claims what a place has earned, and remembers it as rewards of the vault.
pub fn claim(ctx: &mut Ctx, vault: u64, denom: &Denom, validator: &ValAddress) -> Result<()> {
    let paid = alliance::custody::claim(ctx, &account(vault), validator, denom)?;
    for one in paid.iter() {
        let key = (vault, one.denom.clone());
        let sum = plus(REWARDS.get(ctx, &key)?.unwrap_or_default(), amount(one.amount)?)?;
        REWARDS.set(ctx, &key, &sum)?;
    }
    Ok(())
}

/// As [`claim`]; a claim that is refused is left for later, so that nothing keeps people from leaving.
fn claim_if_possible(ctx: &mut Ctx, vault: u64, denom: &Denom, validator: &ValAddress) -> Result<()> {
    match ctx.layer(|ctx| claim(ctx, vault, denom, validator)) {
        Err(Error::Refusal(refusal)) => {
            ctx.emit(event::step_failed(vault, "claim", &refusal.log));
            Ok(())
        }
        outcome => outcome,
    }
}

/// Stakes what is idle by the policy: spread over trusted validators, more with those that have less.
pub fn spread(ctx: &mut Ctx, vault: u64, denom: &Denom) -> Result<()> {
    let idle = holding(ctx, vault, denom)?.idle;
    if idle < STAKE_MIN || !alliance::custody::takes_stake(ctx, denom)? {
        return Ok(());
    }
    let wanted = shares_of_validators(ctx, vault)?;
    let all = plus(staked(ctx, vault, denom)?, idle)?;
    let mut left = idle;
    let mut gaps = Vec::new();
    for (validator, part) in wanted {
        let has = PLACES.get(ctx, &(vault, denom.clone(), validator))?.unwrap_or_default();
        let should = floor_ratio(&[all, part], &[WAD])?;
        gaps.push((validator, should.saturating_sub(has)));
    }
    for (validator, gap) in gaps {
        let given = gap.min(left);
        if given < STAKE_MIN {
            continue;
        }
        left = minus(left, given)?;
        stake(ctx, vault, denom, &validator, given)?;
    }
    Ok(())
}

fn stake(ctx: &mut Ctx, vault: u64, denom: &Denom, validator: &ValAddress, given: u128) -> Result<()> {
    claim(ctx, vault, denom, validator)?;
    alliance::custody::delegate(ctx, &account(vault), validator, &coin(denom, given))?;
    let mut held = holding(ctx, vault, denom)?;
    held.idle = minus(held.idle, given)?;
    put(ctx, vault, denom, &held)?;
    settle_place(ctx, vault, denom, validator, |before| plus(before, given))
}

/// The validators that a vault stakes with, and what part of an asset each should have: inverse to its stake, within the cap.
fn shares_of_validators(view: &View, vault: u64) -> Result<Vec<(ValAddress, u128)>> {
    /// Far above any stake, so that its quotient by a stake keeps its digits.
    const SCALE: u128 = 1_000_000_000_000_000_000_000_000_000_000;
    let mut trusted = Vec::new();
    for validator in staking::bonded_validators_by_power(view)? {
        if is_trusted(view, &validator)? && has_room(view, &validator.operator, vault)? {
            trusted.push((validator.tokens, validator.operator));
        }
    }
    trusted.reverse();
    trusted.truncate(PLACES_MAX);
    let count = u128::try_from(trusted.len()).unwrap_or_default();
    let Some(even) = WAD.checked_div(count) else { return Ok(Vec::new()) };
    let cap = PLACE_CAP.max(even.saturating_add(1));
    let raw: Vec<u128> = trusted
        .iter()
        .map(|(tokens, _)| tokens.to_u128().and_then(|n| SCALE.checked_div(n.max(1))).unwrap_or_default().max(1))
        .collect();
    let parts = math::goal(&raw, &vec![Bound { floor: 0, cap }; raw.len()])?.unwrap_or_default();
    Ok(trusted.into_iter().map(|(_, operator)| operator).zip(parts).collect())
}

/// May one vault more stake with a validator? Those that do already may go on.
fn has_room(view: &View, validator: &ValAddress, vault: u64) -> Result<bool> {
    let count = COUNTS_AT.get(view, validator)?.unwrap_or_default();
    Ok(count < VAULTS_PER_VALIDATOR || VAULTS_AT.has(view, &(*validator, vault))?)
}

fn is_trusted(view: &View, validator: &staking::Validator) -> Result<bool> {
    let commission = fraction(validator.commission.rate)?;
    let info = slashing::signing_info(view, &validator.cons_address())?;
    let jailed = info.is_some_and(|info| info.jailed_until.plus(TRUST) > view.time());
    Ok(!validator.jailed && !jailed && commission <= COMMISSION_MAX)
}

/// Coins that came to the account of a vault without a deposit belong to everybody.
pub fn sweep_donations(ctx: &mut Ctx, vault: &Vault) -> Result<()> {
    let owner = account(vault.id);
    for seat in &vault.seats {
        let book = in_account(ctx, vault.id, &seat.denom)?;
        let surplus = bank::balance(ctx, &owner, &seat.denom)?.sub(Int::from(book))?;
        if surplus.is_positive() {
            let extra = coins([(seat.denom.clone(), amount(surplus)?)])?;
            distribution::fund_community_pool(ctx, &extra, &owner)?;
        }
    }
    Ok(())
}

/// Pays coins that a batch owns.
pub fn pay_matured(ctx: &mut Ctx, vault: u64, to: &AccAddress, list: &[(Denom, u128)]) -> Result<()> {
    for (denom, paid) in list {
        let mut held = holding(ctx, vault, denom)?;
        held.matured = minus(held.matured, *paid)?;
        put(ctx, vault, denom, &held)?;
    }
    pay(ctx, vault, to, &coins(list.iter().cloned())?)
}
