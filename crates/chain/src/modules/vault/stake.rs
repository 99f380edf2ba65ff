//! Where the coins of a vault lie: staking what is idle, recalling what leavers are owed, and seeing what became of it.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::ops::ControlFlow;

use entente_kernel::num::{Coin, Denom, Int, floor_ratio};
use entente_kernel::{AccAddress, Ctx, Error, Result, Span, ValAddress, View};

use super::block::drip;
use super::holding::{
    Batches, account, amount, coin, coins, fraction, holding, in_account, minus, note, pay, plus, put, returning,
    staked,
};
use super::math::{self, Bound, WAD};
use super::params::REWARD_DENOMS_MAX;
use super::state::{COUNTS_AT, Close, EARNED, PLACES, RETURNS, REWARDS, Return, Stage, VAULTS, VAULTS_AT, Vault};
use super::{event, halt};
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

/// Longest time until a vault is compared with its stake again, takes or not.
const LOOK_MOST: Span = Span::from_secs(3_600);

/// Compares the book with the stake, once a block; between two slashes only takes and roundings change it.
pub fn see(ctx: &mut Ctx, vault: &mut Vault) -> Result<()> {
    if vault.seen_at == ctx.height() { Ok(()) } else { look(ctx, vault) }
}

/// One vault in a block, in turn: what alliance took since it was last compared with its stake is booked. So no message has to look at
/// places, whose number would be in its gas.
pub fn see_in_turn(ctx: &mut Ctx, id: u64) -> Result<()> {
    let Some(mut vault) = VAULTS.get(ctx, &id)? else { return Ok(()) };
    let taken = alliance::params(ctx)?.last_take >= vault.seen_time;
    let long_ago = ctx.time().since(vault.seen_time) >= LOOK_MOST;
    if vault.stage == Stage::Closed || !(taken || long_ago) { Ok(()) } else { see(ctx, &mut vault) }
}

/// What time alone changes of a vault: rewards that dripped meanwhile belong to its holders.
pub fn touch(ctx: &mut Ctx, vault: &mut Vault) -> Result<()> {
    drip::release(ctx, vault)?;
    VAULTS.set(ctx, &vault.id, vault)
}

/// Compares the book with all of the stake and books what is missing as taken.
pub fn look(ctx: &mut Ctx, vault: &mut Vault) -> Result<()> {
    compare(ctx, vault, None, Cause::Take)?;
    vault.seen_at = ctx.height();
    vault.seen_time = ctx.time();
    touch(ctx, vault)
}

/// Compares the book with the stake of one validator, right before and right after it is slashed.
pub fn look_with(ctx: &mut Ctx, vault: &mut Vault, validator: &ValAddress, cause: Cause) -> Result<()> {
    compare(ctx, vault, Some(validator), cause)?;
    if cause == Cause::Take { touch(ctx, vault) } else { Ok(()) }
}

fn compare(ctx: &mut Ctx, vault: &Vault, with: Option<&ValAddress>, cause: Cause) -> Result<()> {
    let mut batches = Batches::load(ctx, vault.id)?;
    let mut at = Presence::default();
    for seat in &vault.seats {
        look_at(ctx, vault.id, &seat.denom, with, cause, &mut at, &mut batches)?;
    }
    batches.save(ctx)?;
    for validator in at.gone.difference(&at.there) {
        leave(ctx, validator, vault.id)?;
    }
    Ok(())
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

fn look_at(
    ctx: &mut Ctx,
    vault: u64,
    denom: &Denom,
    with: Option<&ValAddress>,
    cause: Cause,
    at: &mut Presence,
    batches: &mut Batches,
) -> Result<()> {
    let owner = account(vault);
    let (mut lost, mut found, mut vanished, mut seen) = (0, 0, false, 0);
    let places = match with {
        None => places(ctx, vault, denom)?,
        Some(one) => {
            let value = PLACES.get(ctx, &(vault, denom.clone(), *one))?;
            value.map(|value| (*one, value)).into_iter().collect()
        }
    };
    for (validator, before) in places {
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
        set_place(ctx, vault, denom, &validator, Some(before), now)?;
        at.see(validator, now > 0);
        seen = plus(seen, if with.is_none() { now } else { before })?;
    }
    remember_worth(ctx, vault, denom, with.is_none(), seen)?;
    let Arrivals { returned, adopted, missing } = look_at_returns(ctx, vault, denom, with, vanished, at)?;
    // What alliance moved to unbonding by itself is not lost.
    let moved = adopted.min(lost);
    found = plus(found, minus(adopted, moved)?)?;
    lost = plus(minus(lost, moved)?, missing)?;
    if returned > 0 || found > 0 {
        let mut held = holding(ctx, vault, denom)?;
        held.idle = plus(held.idle, returned)?;
        held.active = plus(held.active, found)?;
        put(ctx, vault, denom, &held)?;
    }
    bear(ctx, vault, denom, lost, cause, batches)?;
    serve_batches(ctx, vault, denom, batches)
}

/// Remembers what takes from now on are reckoned by, after a look at `all` places together; or that one of them, where the book said
/// `seen`, was looked at by itself, and is left out until the next look at all.
fn remember_worth(ctx: &mut Ctx, vault: u64, denom: &Denom, all: bool, seen: u128) -> Result<()> {
    let mut held = holding(ctx, vault, denom)?;
    let before = held;
    if all {
        let worth = alliance::custody::share_worth(ctx, denom)?.map_or(0, |(worth, _)| worth);
        (held.seen, held.seen_worth) = (seen, if seen == 0 { 0 } else { worth });
    } else {
        held.seen = held.seen.saturating_sub(seen);
    }
    if held == before { Ok(()) } else { put(ctx, vault, denom, &held) }
}

/// The places of an asset and what was last seen there.
pub fn places(view: &View, vault: u64, denom: &Denom) -> Result<Vec<(ValAddress, u128)>> {
    let rows = PLACES.prefix(view, &(vault, denom.clone()));
    rows.map(|row| row.map(|((_, _, validator), value)| (validator, value))).collect()
}

fn set_place(
    ctx: &mut Ctx,
    vault: u64,
    denom: &Denom,
    validator: &ValAddress,
    before: Option<u128>,
    now: u128,
) -> Result<()> {
    let key = (vault, denom.clone(), *validator);
    if now == 0 {
        return PLACES.remove(ctx, &key);
    }
    if before.is_none() {
        enter(ctx, validator, vault)?;
    }
    if before == Some(now) { Ok(()) } else { PLACES.set(ctx, &key, &now) }
}

/// What became of the coins on their way back.
#[derive(Default)]
struct Arrivals {
    returned: u128,
    /// Sent on its way by alliance itself.
    adopted: u128,
    missing: u128,
}

/// Follows the coins on their way back: those whose time is up, those from one validator, or all if a place is no more.
fn look_at_returns(
    ctx: &mut Ctx,
    vault: u64,
    denom: &Denom,
    with: Option<&ValAddress>,
    vanished: bool,
    at: &mut Presence,
) -> Result<Arrivals> {
    let mut seen = Arrivals::default();
    let mut surplus = None;
    for ((_, _, id), mut back) in RETURNS.prefix(ctx, &(vault, denom.clone())).collect::<Result<Vec<_>>>()? {
        let key = (vault, denom.clone(), id);
        let concerned = with.map_or(back.completion <= ctx.time(), |one| back.validator == *one);
        if !concerned && !vanished {
            at.see(back.validator, true);
            continue;
        }
        let left = alliance::custody::left_of(ctx, (back.completion, id))?;
        at.see(back.validator, left.is_some());
        match left.map(amount).transpose()? {
            Some(left) if left < back.amount => {
                seen.missing = plus(seen.missing, minus(back.amount, left)?)?;
                back.amount = left;
                RETURNS.set(ctx, &key, &back)?;
            }
            Some(_) => {}
            None => {
                // What lies in the account beyond the book is what came back.
                let arrived = match surplus {
                    Some(arrived) => arrived,
                    None => {
                        let balance = amount(bank::balance(ctx, &account(vault), denom)?)?;
                        balance.saturating_sub(in_account(ctx, vault, denom)?)
                    }
                };
                let got = back.amount.min(arrived);
                surplus = Some(minus(arrived, got)?);
                seen.returned = plus(seen.returned, got)?;
                seen.missing = plus(seen.missing, minus(back.amount, got)?)?;
                RETURNS.remove(ctx, &key)?;
            }
        }
    }
    if vanished {
        adopt(ctx, vault, denom, at, &mut seen)?;
    }
    Ok(seen)
}

/// Entries that alliance made by itself are the vault's.
fn adopt(ctx: &mut Ctx, vault: u64, denom: &Denom, at: &mut Presence, seen: &mut Arrivals) -> Result<()> {
    for ((completion, id), validator, left) in alliance::custody::unbondings(ctx, &account(vault), denom)? {
        let key = (vault, denom.clone(), id);
        if !RETURNS.has(ctx, &key)? {
            let left = amount(left)?;
            seen.adopted = plus(seen.adopted, left)?;
            at.see(validator, true);
            enter(ctx, &validator, vault)?;
            RETURNS.set(ctx, &key, &Return { validator, completion, amount: left })?;
        }
    }
    Ok(())
}

/// Are coins due back that alliance has not paid yet, and pays in a block or two? What it could not pay is set aside, and may stay away for long.
pub fn is_arriving(view: &View, vault: &Vault) -> Result<bool> {
    for seat in &vault.seats {
        for row in RETURNS.prefix(view, &(vault.id, seat.denom.clone())) {
            let ((_, _, id), back) = row?;
            if back.completion <= view.time() && alliance::custody::is_queued(view, (back.completion, id))? {
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
fn bear(ctx: &mut Ctx, vault: u64, denom: &Denom, lost: u128, cause: Cause, batches: &mut Batches) -> Result<()> {
    if lost == 0 {
        return Ok(());
    }
    let mut held = holding(ctx, vault, denom)?;
    let mut rest = lost;
    if let Cause::Slash { height, .. } = cause {
        let (now, halts) = (ctx.time(), halt::sum(ctx)?);
        let liable = |close: Option<Close>| close.is_some_and(|close| close.height >= height && now < close.due(halts));
        let parts = batches.parts(denom).filter(|(batch, _)| liable(batch.closed));
        let all = parts.map(|(_, part)| part.amount).try_fold(held.active, plus)?;
        batches.change(denom, |close, part| {
            if !liable(close) {
                return Ok(ControlFlow::Continue(()));
            }
            let share = if all == 0 { 0 } else { floor_ratio(&[lost, part.amount], &[all])? };
            let share = share.min(part.amount);
            part.amount = minus(part.amount, share)?;
            let of_owed = share.min(part.owed);
            part.owed = minus(part.owed, of_owed)?;
            let of_free = minus(share, of_owed)?;
            held.matured = minus(held.matured, of_free)?;
            held.idle = plus(held.idle, of_free)?;
            rest = minus(rest, share)?;
            Ok(ControlFlow::Continue(()))
        })?;
    }
    let of_active = rest.min(held.active);
    held.active = minus(held.active, of_active)?;
    let of_undripped = minus(rest, of_active)?.min(held.undripped);
    held.undripped = minus(held.undripped, of_undripped)?;
    put(ctx, vault, denom, &held)?;
    let (of_holders, of_batches) = (plus(of_active, of_undripped)?, minus(lost, rest)?);
    match cause {
        Cause::Take => {
            ctx.emit(event::taken(vault, denom, lost, held.active));
            note(ctx, vault, denom, &[(|l| &mut l.taken, of_holders)])
        }
        Cause::Slash { validator, .. } => {
            ctx.emit(event::slashed(ctx, vault, denom, of_active, of_batches, &validator));
            note(ctx, vault, denom, &[(|l| &mut l.slashed, of_holders), (|l| &mut l.slashed_batches, of_batches)])
        }
    }
}

/// Gives idle coins of an asset to the batches that are owed.
pub fn serve(ctx: &mut Ctx, vault: u64, denom: &Denom) -> Result<()> {
    let mut batches = Batches::load(ctx, vault)?;
    serve_batches(ctx, vault, denom, &mut batches)?;
    batches.save(ctx)
}

/// Gives idle coins to the batches that are owed, oldest first.
fn serve_batches(ctx: &mut Ctx, vault: u64, denom: &Denom, batches: &mut Batches) -> Result<()> {
    let mut held = holding(ctx, vault, denom)?;
    if held.idle == 0 {
        return Ok(());
    }
    let before = held;
    batches.change(denom, |_, part| {
        let given = part.owed.min(held.idle);
        part.owed = minus(part.owed, given)?;
        held.idle = minus(held.idle, given)?;
        held.matured = plus(held.matured, given)?;
        Ok(if held.idle == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    if held == before { Ok(()) } else { put(ctx, vault, denom, &held) }
}

/// What the batches are owed and nothing is on its way for yet is recalled, from the largest stakes first.
pub fn recall(ctx: &mut Ctx, vault: u64, denom: &Denom, all: bool, batches: &mut Batches) -> Result<()> {
    serve_batches(ctx, vault, denom, batches)?;
    let owed = batches.parts(denom).map(|(_, part)| part.owed).try_fold(0, plus)?;
    if owed == 0 && !all {
        return Ok(());
    }
    let mut wanted = if all { staked(ctx, vault, denom)? } else { owed.saturating_sub(returning(ctx, vault, denom)?) };
    let mut places = places(ctx, vault, denom)?;
    places.sort_by_key(|(_, value)| Reverse(*value));
    for (validator, value) in places {
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
/// All places were looked at in this block: what is staked now pays takes from now on, as what was there does.
fn settle_place(
    ctx: &mut Ctx,
    vault: u64,
    denom: &Denom,
    validator: &ValAddress,
    expected: impl FnOnce(u128) -> Result<u128>,
) -> Result<()> {
    let before = PLACES.get(ctx, &(vault, denom.clone(), *validator))?;
    let expected = expected(before.unwrap_or_default())?;
    let now = amount(alliance::custody::staked(ctx, &account(vault), validator, denom)?)?;
    set_place(ctx, vault, denom, validator, before, now)?;
    let seen = plus(holding(ctx, vault, denom)?.seen, now)?.saturating_sub(before.unwrap_or_default());
    remember_worth(ctx, vault, denom, true, seen)?;
    if now > expected {
        let mut held = holding(ctx, vault, denom)?;
        held.active = plus(held.active, minus(now, expected)?)?;
        put(ctx, vault, denom, &held)
    } else {
        bear(ctx, vault, denom, minus(expected, now)?, Cause::Take, &mut Batches::default())
    }
}

/// Claims what a place has earned, and remembers it as rewards of the vault.
pub fn claim(ctx: &mut Ctx, vault: u64, denom: &Denom, validator: &ValAddress) -> Result<()> {
    let paid = alliance::custody::claim(ctx, &account(vault), validator, denom)?;
    for one in paid.iter() {
        let key = (vault, one.denom.clone());
        let sum = plus(REWARDS.get(ctx, &key)?.unwrap_or_default(), amount(one.amount)?)?;
        REWARDS.set(ctx, &key, &sum)?;
        attribute(ctx, vault, denom, one)?;
    }
    Ok(())
}

/// Remembers which asset's stake earned a reward, for the yield of the asset; of so many reward coins.
fn attribute(ctx: &mut Ctx, vault: u64, denom: &Denom, reward: &Coin) -> Result<()> {
    let key = (vault, denom.clone(), reward.denom.clone());
    let before = EARNED.get(ctx, &key)?;
    let known = |ctx: &Ctx| EARNED.prefix(ctx, &(vault, denom.clone())).take(REWARD_DENOMS_MAX).count();
    if before.is_none() && known(ctx) >= REWARD_DENOMS_MAX {
        return Ok(());
    }
    EARNED.set(ctx, &key, &plus(before.unwrap_or_default(), amount(reward.amount)?)?)
}

/// As [`claim`]; a claim that is refused is left for later, so that nothing keeps people from leaving.
pub fn claim_if_possible(ctx: &mut Ctx, vault: u64, denom: &Denom, validator: &ValAddress) -> Result<()> {
    match ctx.layer(|ctx| claim(ctx, vault, denom, validator)) {
        Err(Error::Refusal(refusal)) => {
            ctx.emit(event::step_failed(vault, "claim", &refusal.log));
            Ok(())
        }
        outcome => outcome,
    }
}

/// Stakes what is idle by the policy: spread over trusted validators, more with those that have less.
pub fn spread(ctx: &mut Ctx, vault: u64, denom: &Denom, wanted: &[(ValAddress, u128)]) -> Result<()> {
    let idle = holding(ctx, vault, denom)?.idle;
    if idle < STAKE_MIN || !alliance::custody::takes_stake(ctx, denom)? {
        return Ok(());
    }
    let all = plus(staked(ctx, vault, denom)?, idle)?;
    let mut left = idle;
    let mut gaps = Vec::new();
    for (validator, part) in wanted {
        let has = PLACES.get(ctx, &(vault, denom.clone(), *validator))?.unwrap_or_default();
        let should = floor_ratio(&[all, *part], &[WAD])?;
        gaps.push((*validator, should.saturating_sub(has)));
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
pub fn shares_of_validators(view: &View, vault: u64) -> Result<Vec<(ValAddress, u128)>> {
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

/// Not dear, not jailed of late, and in the set for at least a window of signatures, or since the chain began.
fn is_trusted(view: &View, validator: &staking::Validator) -> Result<bool> {
    let commission = fraction(validator.commission.rate)?;
    let Some(info) = slashing::signing_info(view, &validator.cons_address())? else { return Ok(false) };
    let jailed = info.jailed_until.plus(TRUST) > view.time();
    let (since, now) = (info.start_height, view.height());
    // A height that has not been yet is one of the chain that this one goes on from.
    let known = since <= 1 || since > now || since.saturating_add(slashing::params(view)?.window) <= now;
    Ok(!validator.jailed && !jailed && known && commission <= COMMISSION_MAX)
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
