//! Laws of staked assets: custody, sums, the shown tokens, the value of positions, and slashes.

use std::collections::BTreeMap;

use anyhow::Result;
use entente_kernel::num::{Dec, Int};

use super::moves::add;
use super::view::{Asset, View};
use super::{Broken, Sight, units};
use crate::vectors::text;

pub fn judge(s: &Sight, out: &mut Vec<Broken>) -> Result<()> {
    custody(s, out)?;
    sums(s.now, out)?;
    shown(s.now, out)?;
    value(s, out)?;
    slashes(s, out)?;
    entries(s, out)
}

fn open_entries(view: &View, denom: &str) -> Result<Int> {
    let amounts = view.entries.values().filter(|e| e.denom == denom).map(|e| e.amount);
    amounts.into_iter().try_fold(Int::ZERO, |sum, a| Ok(sum.add(a)?))
}

fn custody(s: &Sight, out: &mut Vec<Broken>) -> Result<()> {
    let module = s.account("module alliance");
    let denoms = s.before.assets.keys().chain(s.now.assets.keys()).collect::<std::collections::BTreeSet<_>>();
    for denom in denoms {
        let held = s.now.balance(module, denom);
        let staked = s.now.assets.get(denom).map_or(Int::ZERO, |a| a.tokens);
        let records = staked.add(open_entries(s.now, denom)?)?;
        if held != records {
            out.push(Broken::new("custody", denom, records, held));
        }
        let mut demanded = s.before.balance(module, denom);
        let m = &s.moves;
        for (_, _, amount) in m.delegated.iter().filter(|(_, d, _)| d == denom) {
            demanded = demanded.add(*amount)?;
        }
        let slashed = m.stake_slashes.iter().filter(|x| x.denom == *denom).map(|x| x.amount);
        let entries = m.entry_slashes.iter().filter(|((_, d), _)| d == denom).map(|(_, x)| *x);
        let paid = m.completed.iter().filter(|(_, d, _)| d == denom).map(|(_, _, x)| *x);
        for amount in slashed.chain(entries).chain(paid).chain(m.deducted.get(denom).copied()) {
            demanded = demanded.sub(amount)?;
        }
        if held != demanded {
            out.push(Broken::new("custody", format!("{denom}/events"), demanded, held));
        }
    }
    Ok(())
}

fn sums(view: &View, out: &mut Vec<Broken>) -> Result<()> {
    let mut of_assets: BTreeMap<&str, Dec> = BTreeMap::new();
    for ((_, denom), (validator_shares, _)) in &view.pools {
        let sum = of_assets.entry(denom).or_insert(Dec::ZERO);
        *sum = sum.add(*validator_shares)?;
    }
    for (denom, asset) in &view.assets {
        let sum = of_assets.get(denom.as_str()).copied().unwrap_or(Dec::ZERO);
        if sum != asset.shares {
            out.push(Broken::new("sums", denom, sum, asset.shares));
        }
    }
    let strays = of_assets.iter().filter(|(denom, sum)| !view.assets.contains_key(**denom) && **sum != Dec::ZERO);
    out.extend(strays.map(|(denom, sum)| Broken::new("sums", *denom, 0, sum)));
    let mut of_pools: BTreeMap<(String, String), Dec> = BTreeMap::new();
    for ((_, validator, denom), position) in &view.positions {
        let sum = of_pools.entry((validator.clone(), denom.clone())).or_insert(Dec::ZERO);
        *sum = sum.add(position.shares)?;
    }
    for (key, (_, delegation_shares)) in &view.pools {
        let sum = of_pools.remove(key).unwrap_or(Dec::ZERO);
        if sum != *delegation_shares {
            out.push(Broken::new("sums", format!("{}/{}", key.0, key.1), sum, delegation_shares));
        }
    }
    out.extend(of_pools.into_iter().map(|(key, sum)| Broken::new("sums", format!("{}/{}", key.0, key.1), sum, 0)));
    Ok(())
}

fn shown(view: &View, out: &mut Vec<Broken>) -> Result<()> {
    for ((delegator, validator, denom), position) in &view.positions {
        let asset = view.assets.get(denom);
        let pool = view.pools.get(&(validator.clone(), denom.clone()));
        let Some((asset, (validator_shares, all))) = asset.zip(pool) else { continue };
        if all.is_zero() || asset.shares.is_zero() {
            continue;
        }
        let raw = position.shares.quo(*all)?.mul(view.pool_value(asset, *validator_shares)?)?;
        let demanded = raw.add(Dec::new_with_prec(1, 2)?)?.truncate_int()?;
        if demanded != position.tokens {
            out.push(Broken::new("shown", format!("{delegator}/{validator}/{denom}"), demanded, position.tokens));
        }
    }
    Ok(())
}

/// Others' faults, payouts and moves cost nobody anything: within one unit, and one for each message that moved stake of the asset.
fn value(s: &Sight, out: &mut Vec<Broken>) -> Result<()> {
    let mut flows = s.moves.flows.clone();
    // Some entries were made by no message: those of a dissolution, or of a validator that was removed.
    let mut started: BTreeMap<(String, String, String), Int> = BTreeMap::new();
    let unbonding = s.now.text("staking/params/unbonding_time").unwrap_or_default();
    let unbonding: i64 = unbonding.trim_end_matches('s').parse().unwrap_or(0);
    let completion = text::time(&s.block.time)?.plus(entente_kernel::Span::from_secs(unbonding));
    for e in s.now.entries.values().filter(|e| e.completion == completion) {
        add(&mut started, (e.delegator.clone(), e.validator.clone(), e.denom.clone()), e.amount)?;
    }
    let keys: std::collections::BTreeSet<_> =
        s.before.positions.keys().chain(s.now.positions.keys()).chain(started.keys()).cloned().collect();
    for key in keys {
        let (delegator, validator, denom) = &key;
        let tokens = |view: &View| view.positions.get(&key).map_or(Int::ZERO, |p| p.tokens);
        let asked = s.moves.undelegated.get(&key).copied().unwrap_or(Int::ZERO);
        let unasked = started.get(&key).copied().unwrap_or(Int::ZERO).sub(asked)?;
        if unasked.is_positive() {
            add(&mut flows, key.clone(), unasked.neg())?;
        }
        let mut demanded = Dec::from_int(tokens(s.before));
        for slash in s.moves.stake_slashes.iter().filter(|x| x.validator == *validator && x.denom == *denom) {
            demanded = demanded.mul(Dec::ONE.sub(slash.factor)?)?;
        }
        demanded = demanded.add(Dec::from_int(flows.get(&key).copied().unwrap_or(Int::ZERO)))?;
        let left = s.now.assets.get(denom).map_or(Int::ZERO, |a| a.tokens);
        if let Some(taken) = s.moves.deducted.get(denom).filter(|_| left.is_positive()) {
            demanded = demanded.mul_int(left)?.quo(Dec::from_int(left.add(*taken)?))?;
        }
        let found = Dec::from_int(tokens(s.now));
        let room = units(1 + s.moves.moved.get(denom).copied().unwrap_or(0));
        // What redelegations lost is taken where the coins went, or from what is unbonding there.
        let lost = s.moves.entry_slashes.get(&(delegator.clone(), denom.clone())).copied().unwrap_or(Int::ZERO);
        let lowest = demanded.sub(Dec::from_int(lost))?.sub(room)?;
        if found > demanded.add(room)? || found < lowest {
            out.push(Broken::new("value", format!("{delegator}/{validator}/{denom}"), demanded, found));
        }
    }
    Ok(())
}

/// F3 from the state before the block: slashes come before anything else of alliance.
fn slashes(s: &Sight, out: &mut Vec<Broken>) -> Result<()> {
    let mut assets: BTreeMap<String, Asset> = s.before.assets.clone();
    let mut pools = s.before.pools.clone();
    let factors =
        ["double_sign", "downtime"].map(|kind| s.before.dec(&format!("slashing/params/slash_fraction_{kind}")));
    for slash in &s.moves.stake_slashes {
        let subject = format!("{}/{}", slash.validator, slash.denom);
        if !factors.iter().any(|f| f.as_ref().is_ok_and(|f| *f == slash.factor)) {
            out.push(Broken::new(
                "slash",
                format!("{subject}/factor"),
                "a slash fraction of slashing/params",
                slash.factor,
            ));
        }
        let pool = pools.get_mut(&(slash.validator.clone(), slash.denom.clone()));
        let Some((asset, (shares, _))) = assets.get_mut(&slash.denom).zip(pool) else {
            out.push(Broken::new("slash", subject, "stake of that asset", "none"));
            continue;
        };
        let at_most = asset.tokens.sub(Int::ONE)?;
        let demanded = s.before.pool_value(asset, *shares)?.mul(slash.factor)?.truncate_int()?.min(at_most);
        if demanded != slash.amount {
            out.push(Broken::new("slash", subject, demanded, slash.amount));
        }
        let gone = shares.mul(slash.factor)?;
        *shares = shares.sub(gone)?;
        asset.shares = asset.shares.sub(gone)?;
        asset.tokens = asset.tokens.sub(slash.amount)?;
    }
    // Every native slash of a validator with stake must be there, whatever the host burnt.
    for (address, reason, _) in &s.moves.slashes {
        let Some(operator) = s.operator("cons_address", address) else { continue };
        let factor = if reason == "double_sign" { &factors[0] } else { &factors[1] };
        let Ok(factor) = factor else { continue };
        for ((validator, denom), (shares, _)) in s.before.pools.iter().filter(|((v, _), _)| v == operator) {
            let found = s
                .moves
                .stake_slashes
                .iter()
                .any(|x| x.validator == *validator && x.denom == *denom && x.factor == *factor);
            if !found && shares.is_positive() && factor.is_positive() {
                out.push(Broken::new("slash", format!("{validator}/{denom}"), format!("a slash by {factor}"), "none"));
            }
        }
    }
    Ok(())
}

/// R3: an entry loses a fault's part once, rounded up, and only for faults of its own validator; or what its owner's redelegations owe.
fn entries(s: &Sight, out: &mut Vec<Broken>) -> Result<()> {
    for (path, before) in &s.before.entries {
        let Some(now) = s.now.entries.get(path) else { continue };
        let mut allowed = vec![before.amount];
        let mut left = before.amount;
        for factor in s.faults(&before.validator)? {
            left = left.sub(factor.mul_int(left)?.ceil()?.truncate_int()?)?;
            allowed.push(left);
        }
        let owes = s.moves.entry_slashes.contains_key(&(before.delegator.clone(), before.denom.clone()));
        let moved_in = format!("alliance/redelegation/{}/{}/{}/", before.delegator, before.denom, before.validator);
        let chased =
            owes && s.before.texts.range(moved_in.clone()..).next().is_some_and(|(p, _)| p.starts_with(&moved_in));
        if !(allowed.contains(&now.amount) || chased && now.amount < before.amount) {
            out.push(Broken::new("slash", path, format!("one of {allowed:?}"), now.amount));
        }
    }
    Ok(())
}
