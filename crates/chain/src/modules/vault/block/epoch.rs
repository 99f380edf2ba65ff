//! The end of an epoch, in this order: what was lost is seen, leavers leave, changes take effect, targets move, coins are recalled and
//! staked. Leavers come first: nothing that begins now can reach them. Rewards are claimed from then on ([`super::harvest`]).

use entente_kernel::num::{Coins, NumError, floor_ratio};
use entente_kernel::{Ctx, Result, Span, Timestamp, ValAddress};

use super::super::holding::{
    Batches, account, basket, coins, holding, minus, must_vault, plus, put, returning, staked,
};
use super::super::hooks::{self, News};
use super::super::math::{self, VIRTUAL_SHARES, WAD};
use super::super::state::{BATCHES, Close, DRIPS, DUE, EPOCHS, Holding, PENDING, Part, Seat, Stage, VAULTS, Vault};
use super::super::{event, halt, handle, params, stake};
use super::{compose, harvest, may};
use crate::modules::auth::ModuleAccount;
use crate::modules::{bank, distribution};

/// Pool shares above this part of all shares become insurance: burning them would pay large holders for making imbalance.
const POOL_PART_MAX: u128 = WAD / 200;
/// The canary cap doubles at most once in this time.
const CANARY: Span = Span::from_secs(7 * 86_400);
/// A canary cap that has doubled so far is no cap any more.
const CANARY_END: u128 = 1 << 100;
/// A vault whose price has fallen below a thousandth of the first one takes no deposits any more.
const PRICE_FALL_MAX: u128 = 1_000;

pub fn end(ctx: &mut Ctx, id: u64) -> Result<()> {
    let mut vault = must_vault(ctx, id)?;
    EPOCHS.remove(ctx, &(next_epoch(ctx, &vault)?, id))?;
    remove_late(ctx, id)?;
    stake::look(ctx, &mut vault)?;
    let closed = close_batch(ctx, &mut vault)?;
    apply_changes(ctx, &mut vault)?;
    let mut moved = vault.clone();
    // Targets that cannot be reckoned with must not keep people from leaving.
    if may(ctx, id, "targets", |ctx| compose::move_targets(ctx, &mut moved))? {
        vault = moved;
    }
    feed_insurance(&mut vault)?;
    harvest::plan(ctx, &vault)?;
    let recall_all = matches!(vault.stage, Stage::Winding | Stage::Closed);
    let validators = if recall_all { Vec::new() } else { stake::shares_of_validators(ctx, id)? };
    // What alliance refuses for one asset keeps neither the other assets nor people from leaving: then each is tried by itself, first what
    // leavers are owed.
    if !may(ctx, id, "stake", |ctx| restake(ctx, id, &vault.seats, recall_all, &validators))? {
        for seat in vault.seats.chunks(1) {
            may(ctx, id, "stake", |ctx| restake(ctx, id, seat, recall_all, &[]))?;
            may(ctx, id, "stake", |ctx| restake(ctx, id, seat, recall_all, &validators))?;
        }
    }
    for seat in &vault.seats {
        let held = holding(ctx, id, &seat.denom)?;
        put(ctx, id, &seat.denom, &Holding { deposited: 0, ..held })?;
    }
    stake::sweep_donations(ctx, &vault)?;
    judge_price(ctx, &mut vault)?;
    raise_canary(ctx, &mut vault)?;
    vault.swapped = 0;
    vault.epoch_start = ctx.time();
    vault.epoch_nav = basket(ctx, &vault)?.nav()?;
    VAULTS.set(ctx, &id, &vault)?;
    EPOCHS.set(ctx, &(next_epoch(ctx, &vault)?, id), &())?;
    match closed {
        Some(shares) => hooks::tell(ctx, &vault, &News::Batch { batch: vault.last_batch, shares }),
        None => Ok(()),
    }
}

/// Recalls what leavers are owed of assets, or all, and stakes what is idle with validators.
fn restake(ctx: &mut Ctx, id: u64, seats: &[Seat], all: bool, validators: &[(ValAddress, u128)]) -> Result<()> {
    let mut batches = Batches::load(ctx, id)?;
    for seat in seats {
        stake::recall(ctx, id, &seat.denom, all, &mut batches)?;
        stake::spread(ctx, id, &seat.denom, validators)?;
    }
    batches.save(ctx)
}

/// When the running epoch of a vault is over.
fn next_epoch(ctx: &Ctx, vault: &Vault) -> Result<Timestamp> {
    Ok(vault.epoch_start.plus(params(ctx)?.epoch))
}

/// The row of an epoch that was tried again, or whose length a vote changed, stands elsewhere in the queue.
fn remove_late(ctx: &mut Ctx, id: u64) -> Result<()> {
    let rows = EPOCHS.through(ctx, &ctx.time()).take(64).collect::<Result<Vec<_>>>()?;
    for (key, ()) in rows.into_iter().filter(|((_, vault), ())| *vault == id) {
        EPOCHS.remove(ctx, &key)?;
    }
    Ok(())
}

/// Closes the batch that took requests: its part of every asset, in kind, at one price for all in it. Gives its shares.
fn close_batch(ctx: &mut Ctx, vault: &mut Vault) -> Result<Option<u128>> {
    let key = (vault.id, vault.last_batch);
    let Some(mut batch) = BATCHES.get(ctx, &key)?.filter(|batch| batch.closed.is_none()) else { return Ok(None) };
    let params = params(ctx)?;
    let open = Batches::load(ctx, vault.id)?.len();
    if batch.shares == 0 || open >= usize::try_from(params.batches_max).unwrap_or_default() {
        return Ok(None);
    }
    let total = vault.shares;
    for seat in &vault.seats {
        let mut held = holding(ctx, vault.id, &seat.denom)?;
        let amount = math::exit_amount(held.active, batch.shares, total)?;
        held.active = minus(held.active, amount)?;
        put(ctx, vault.id, &seat.denom, &held)?;
        batch.parts.push(Part { denom: seat.denom.clone(), amount, owed: amount, paid: 0 });
    }
    let burnt = coins([(vault.lrt.clone(), batch.shares)])?;
    bank::burn(ctx, &ModuleAccount::VAULT, &burnt)?;
    vault.shares = minus(vault.shares, batch.shares)?;
    let close = Close {
        time: ctx.time(),
        height: ctx.height(),
        mature_at: ctx.time().plus(params.exit_horizon),
        halted: Some(halt::sum(ctx)?),
        magnitude: vault.magnitude,
        shares: batch.shares,
    };
    batch.closed = Some(close);
    BATCHES.set(ctx, &key, &batch)?;
    DUE.set(ctx, &(close.mature_at, vault.id, vault.last_batch), &())?;
    ctx.emit(event::batch_closed(vault, key.1, &batch, &close, total)?);
    give_leftovers_to_the_community(ctx, vault)?;
    Ok(Some(close.shares))
}

/// When only shares of the vault itself are left, what they stand for belongs to the community pool.
fn give_leftovers_to_the_community(ctx: &mut Ctx, vault: &mut Vault) -> Result<()> {
    let own = plus(vault.pool_shares, vault.insurance_shares)?;
    let nav = basket(ctx, vault)?.nav()?;
    let ends = vault.stage >= Stage::Winding;
    if vault.shares != own || (nav == 0 && !ends) {
        return Ok(());
    }
    if own > 0 {
        bank::burn(ctx, &ModuleAccount::VAULT, &coins([(vault.lrt.clone(), own)])?)?;
    }
    if ends {
        // Nobody comes any more: the coins themselves go there when they are home.
        (vault.shares, vault.pool_shares, vault.insurance_shares) = (0, 0, 0);
        return Ok(());
    }
    let shares = nav.checked_mul(VIRTUAL_SHARES).ok_or(NumError::Overflow)?;
    let minted = coins([(vault.lrt.clone(), shares)])?;
    bank::mint(ctx, &ModuleAccount::VAULT, &minted)?;
    distribution::fund_community_pool(ctx, &minted, &ModuleAccount::VAULT.address())?;
    (vault.shares, vault.pool_shares, vault.insurance_shares) = (shares, 0, 0);
    Ok(())
}

fn apply_changes(ctx: &mut Ctx, vault: &mut Vault) -> Result<()> {
    let now = ctx.time();
    let rows = PENDING.prefix(ctx, &vault.id).collect::<Result<Vec<_>>>()?;
    for (key, pending) in rows.into_iter().filter(|(_, pending)| pending.effective_at <= now) {
        PENDING.remove(ctx, &key)?;
        handle::apply(ctx, vault, &pending.change)?;
    }
    Ok(())
}

fn feed_insurance(vault: &mut Vault) -> Result<()> {
    let most = floor_ratio(&[vault.shares, POOL_PART_MAX], &[WAD])?;
    let excess = vault.pool_shares.saturating_sub(most);
    vault.pool_shares = minus(vault.pool_shares, excess)?;
    vault.insurance_shares = plus(vault.insurance_shares, excess)?;
    Ok(())
}

fn judge_price(ctx: &mut Ctx, vault: &mut Vault) -> Result<()> {
    let nav = basket(ctx, vault)?.nav()?;
    let floor = plus(nav, 1)?.checked_mul(VIRTUAL_SHARES).and_then(|n| n.checked_mul(PRICE_FALL_MAX));
    if vault.stage < Stage::Winding && floor.is_some_and(|floor| floor < vault.shares) {
        ctx.emit(event::stage_changed(vault, Stage::Winding, "the price fell below a thousandth of the first one"));
        vault.stage = Stage::Winding;
    }
    let batches = BATCHES.prefix(ctx, &vault.id).next().transpose()?.is_some();
    if vault.stage == Stage::Winding && vault.shares == 0 && !batches && give_the_rest_away(ctx, vault)? {
        ctx.emit(event::stage_changed(vault, Stage::Closed, "nobody holds shares"));
        vault.stage = Stage::Closed;
        let bond = std::mem::replace(&mut vault.bond, Coins::empty());
        if !bond.is_empty() {
            bank::send_from_module(ctx, &ModuleAccount::VAULT, &vault.curator, &bond)?;
        }
    }
    Ok(())
}

/// What roundings left of a vault without shares and batches goes to the community pool, once all of it is home; says whether it is.
fn give_the_rest_away(ctx: &mut Ctx, vault: &Vault) -> Result<bool> {
    for seat in &vault.seats {
        if staked(ctx, vault.id, &seat.denom)? > 0 || returning(ctx, vault.id, &seat.denom)? > 0 {
            return Ok(false);
        }
    }
    for seat in &vault.seats {
        let held = holding(ctx, vault.id, &seat.denom)?;
        let left = plus(held.active, held.undripped)?;
        if left > 0 {
            put(ctx, vault.id, &seat.denom, &Holding::default())?;
            DRIPS.remove(ctx, &(vault.id, seat.denom.clone()))?;
            let rest = coins([(seat.denom.clone(), left)])?;
            distribution::fund_community_pool(ctx, &rest, &account(vault.id))?;
        }
    }
    Ok(true)
}

/// A young vault's cap doubles week by week.
fn raise_canary(ctx: &Ctx, vault: &mut Vault) -> Result<()> {
    if vault.canary_cap > 0 && ctx.time() >= vault.canary_raised.plus(CANARY) {
        let doubled = vault.canary_cap.checked_mul(2).filter(|cap| *cap < CANARY_END);
        vault.canary_cap = doubled.unwrap_or_default();
        vault.canary_raised = ctx.time();
    }
    Ok(())
}
