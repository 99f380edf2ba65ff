//! What must hold of liquid staking after every block, exactly.

use std::collections::BTreeMap;

use entente_kernel::{Result, View};

use super::state::{BATCHES, CLAIMS, CLAIMS_OF, OPERATIONS, Status};
use super::{account, add, amount, ledger, math, native, one, sub};
use crate::modules::{bank, staking};

/// The account holds what is idle, what waits, what came back for batches and was not paid, and the liquid coins of batches that were
/// not burnt yet. Nothing else.
pub fn module_balance(view: &View) -> Result<Option<String>> {
    if !super::is_used(view)? {
        return Ok(None);
    }
    let ledger = ledger(view)?;
    let (mut coins, mut liquid) = (add(ledger.idle, ledger.waiting)?, 0);
    for row in BATCHES.iter(view) {
        let batch = row?.1;
        coins = add(coins, sub(batch.received, batch.paid)?)?;
        liquid = add(liquid, sub(batch.liquid, batch.burnt)?)?;
    }
    let wanted = native(view, coins)?.add(&one(super::denom(view)?, liquid)?)?;
    let held = bank::balances(view, &account())?;
    Ok((held != wanted).then(|| format!("the account holds {held}, the books say {wanted}")))
}

/// Claims add up to the liquid coins of their batch until the first is paid, are counted, and can all be paid.
pub fn claims(view: &View) -> Result<Option<String>> {
    let mut sums: BTreeMap<u64, (u64, u128, u128)> = BTreeMap::new();
    for row in CLAIMS.iter(view) {
        let ((id, owner), liquid) = row?;
        let Some(batch) = BATCHES.get(view, &id)? else {
            return Ok(Some(format!("a claim of batch {id}, which does not exist")));
        };
        if liquid == 0 || !CLAIMS_OF.has(view, &(owner, id))? {
            return Ok(Some(format!("a claim of batch {id} on {liquid}, or without its index")));
        }
        let (count, sum, due) = sums.entry(id).or_default();
        *count = count.saturating_add(1);
        *sum = add(*sum, liquid)?;
        *due = add(*due, math::payout(batch.received, liquid, batch.liquid)?)?;
    }
    for row in BATCHES.iter(view) {
        let (id, batch) = row?;
        let (count, sum, due) = sums.remove(&id).unwrap_or_default();
        let untouched = batch.status == Status::Paying || sum == batch.liquid;
        let payable = batch.status != Status::Paying || due <= sub(batch.received, batch.paid)?;
        if count != batch.claims || count == 0 || sum > batch.liquid || !untouched || !payable {
            return Ok(Some(format!("batch {id}: {count} claims on {sum}, worth {due}; the batch says {batch:?}")));
        }
    }
    Ok(None)
}

/// Every unbonding of ours is an operation of a batch, and every operation is an unbonding.
pub fn operations(view: &View) -> Result<Option<String>> {
    let mut pending: BTreeMap<u64, u64> = BTreeMap::new();
    for row in OPERATIONS.iter(view) {
        let (id, operation) = row?;
        let unbonding = staking::unbonding(view, &account(), &operation.validator)?;
        let entry = unbonding.as_ref().and_then(|u| u.entries.iter().find(|e| e.id == id));
        let Some(entry) = entry else {
            return Ok(Some(format!("operation {id} is no unbonding")));
        };
        if amount(entry.initial_balance)? != operation.amount || entry.completion_time != operation.completion {
            return Ok(Some(format!("operation {id} is not what staking says of it")));
        }
        let count = pending.entry(operation.batch).or_default();
        *count = count.saturating_add(1);
    }
    for row in BATCHES.iter(view) {
        let (id, batch) = row?;
        let count = pending.remove(&id).unwrap_or_default();
        if count != batch.pending {
            return Ok(Some(format!("batch {id} waits for {} unbondings, {count} are on their way", batch.pending)));
        }
    }
    Ok(pending.into_keys().next().map(|id| format!("operations of batch {id}, which does not exist")))
}
