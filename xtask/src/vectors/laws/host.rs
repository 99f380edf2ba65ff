//! Laws of the host: virtual and native stake, powers, pools of coins, and the division of fees.

use std::collections::BTreeMap;

use anyhow::Result;
use entente_kernel::num::{Dec, Int};

use super::moves::add;
use super::view::View;
use super::{Broken, Laws, Sight, far, messages, units};
use crate::vectors::text;

/// Stake per unit of consensus power.
const POWER_REDUCTION: i64 = 1_000_000;

pub fn judge(laws: &mut Laws, s: &Sight, out: &mut Vec<Broken>) -> Result<()> {
    virtual_stake(laws, s, out)?;
    native(laws, s, out)?;
    powers(s, out)?;
    pools(s, out)?;
    allocation(s, out)
}

/// What the assets at a validator weigh; `as_bonded` counts it among the bonded.
pub fn stakes_at(
    view: &View,
    validator: &str,
    native: Int,
    now: entente_kernel::Timestamp,
) -> Result<BTreeMap<String, Dec>> {
    let mut stakes = BTreeMap::new();
    for (denom, asset) in view.assets.iter().filter(|(_, a)| a.start <= now) {
        let mut counted = asset.shares;
        for ((v, d), (shares, _)) in &view.pools {
            let idle = v != validator && !view.validators.get(v).is_some_and(|x| x.bonded);
            if d == denom && idle {
                counted = counted.sub(*shares)?;
            }
        }
        let here = view.pools.get(&(validator.to_owned(), denom.clone())).map_or(Dec::ZERO, |(shares, _)| *shares);
        if here.is_positive() && counted.is_positive() {
            stakes.insert(denom.clone(), here.quo(counted)?.mul(asset.weight.mul_int(native)?)?);
        }
    }
    Ok(stakes)
}

/// (all stake of bonded validators, the virtual part of it)
pub fn bonded(view: &View) -> Result<(Int, Int)> {
    let (mut all, mut module) = (Int::ZERO, Dec::ZERO);
    for v in view.validators.values().filter(|v| v.bonded) {
        all = all.add(v.tokens)?;
        module = module.add(v.virtual_stake()?)?;
    }
    Ok((all, module.truncate_int()?))
}

fn virtual_stake(laws: &Laws, s: &Sight, out: &mut Vec<Broken>) -> Result<()> {
    let (all, module) = bonded(s.now)?;
    let native = all.sub(module)?;
    let time = text::time(&s.block.time)?;
    let account = s.account("module alliance");
    for (operator, validator) in &s.now.validators {
        let found = validator.virtual_stake()?;
        if validator.bonded {
            let stakes = stakes_at(s.now, operator, native, time)?;
            let demanded = stakes.values().try_fold(Dec::ZERO, |sum, stake| sum.add(*stake))?;
            if far(demanded, found, units(3))? {
                out.push(Broken::new("virtual", operator, demanded, found));
            }
        }
        let Some(stake) = s.now.text(&format!("distribution/starting_info/{account}/{operator}/stake")) else {
            continue;
        };
        // The stake that earns is what there is; after a fault it is what there was.
        let stake: Dec = stake.parse()?;
        let is_whole = !laws.faults.contains_key(operator) && s.faults(operator)?.is_empty();
        if stake < found.sub(Dec::ONE)? || is_whole && stake > found.add(Dec::ONE)? {
            out.push(Broken::new("virtual", format!("{operator}/earning"), found, stake));
        }
    }
    let text = s.now.text("alliance/bonded").unwrap_or_default();
    if text.parse::<Int>()?.sub(module)?.abs() > Int::ONE {
        out.push(Broken::new("virtual", "bonded", module, text));
    }
    Ok(())
}

fn native(laws: &mut Laws, s: &Sight, out: &mut Vec<Broken>) -> Result<()> {
    for (ours, theirs, tx) in s.results() {
        for (validator, amount) in messages::native_moves(tx, &s.file.bond_denom)? {
            add(&mut laws.roundings, validator.clone(), Int::ONE)?;
            if ours != theirs {
                add(&mut laws.moved_alone, validator, amount)?;
            }
        }
    }
    for (operator, validator) in &s.now.validators {
        if s.before.validators.get(operator).is_some_and(|v| v.module != validator.module) {
            add(&mut laws.roundings, operator.clone(), Int::ONE)?;
        }
    }
    for operator in s.now.validators.keys() {
        for factor in s.faults(operator)? {
            let sum = laws.faults.entry(operator.clone()).or_insert(Dec::ZERO);
            *sum = sum.add(factor)?;
        }
    }
    for (operator, ours) in &s.now.validators {
        let Some(theirs) = s.theirs.validators.get(operator) else {
            out.push(Broken::new("native", operator, "no validator", ours.tokens));
            continue;
        };
        let found = Dec::from_int(ours.tokens).sub(ours.virtual_stake()?)?;
        let demanded = Dec::from_int(theirs.tokens).sub(theirs.virtual_stake()?)?;
        // A fault burns a part of the power that a validator had, off the stake that it has: how much of that is virtual differs.
        let open = laws.faults.get(operator).copied().unwrap_or(Dec::ZERO).mul(demanded)?;
        let alone = laws.moved_alone.get(operator).copied().unwrap_or(Int::ZERO);
        // Where shares are not worth one coin each, every move may round by a unit here and not there.
        let is_whole = Dec::from_int(ours.tokens) == ours.shares && Dec::from_int(theirs.tokens) == theirs.shares;
        let rounded = laws.roundings.get(operator).copied().filter(|_| !is_whole).unwrap_or(Int::ONE);
        if far(found, demanded, open.add(Dec::from_int(alone.add(rounded)?))?)? {
            out.push(Broken::new("native", operator, demanded, found));
        }
    }
    // What a fault burns is decided by the power in the votes: the same here and there.
    if s.moves.slashes != s.their_moves.slashes {
        out.push(Broken::new(
            "native",
            "slashes",
            format!("{:?}", s.their_moves.slashes),
            format!("{:?}", s.moves.slashes),
        ));
    }
    let prefix = "distribution/slash_event/".to_owned();
    for (path, fraction) in s.now.texts.range(prefix.clone()..).take_while(|(p, _)| p.starts_with(&prefix)) {
        if s.before.texts.contains_key(path) || !path.ends_with("/fraction") {
            continue;
        }
        let operator = path[prefix.len()..].split('/').next().unwrap_or_default();
        let burnt = s.moves.slashes.iter().filter(|(a, ..)| s.operator("cons_address", a) == Some(operator));
        let tokens = s.before.validators.get(operator).map_or(Int::ZERO, |v| v.tokens);
        let mut fits = false;
        for (_, _, burnt) in burnt {
            let exact = Dec::from_int(*burnt).quo_round_up(Dec::from_int(tokens))?;
            // Entries of the validator pay their own part, so the stake may burn less.
            fits |= fraction.parse::<Dec>()? <= exact;
        }
        if !fits {
            out.push(Broken::new("native", path, "at most the burnt coins by the stake", fraction));
        }
    }
    Ok(())
}

fn powers(s: &Sight, out: &mut Vec<Broken>) -> Result<()> {
    let power = |view: &View, operator: &str| -> Result<i64> {
        Ok(view.text(&format!("staking/last_validator_power/{operator}")).unwrap_or("0").parse()?)
    };
    let mut total = 0;
    for (operator, now) in &s.now.validators {
        let found = power(s.now, operator)?;
        total += found;
        let before = s.before.validators.get(operator).cloned().unwrap_or_default();
        if found > 0 && s.faults(operator)?.is_empty() {
            let moved = now.virtual_stake()?.sub(before.virtual_stake()?)?;
            let stake = Dec::from_int(now.tokens).sub(moved)?;
            let of = |stake: Dec| -> Result<i64> {
                Ok(stake.quo_i64(POWER_REDUCTION)?.truncate_int()?.to_i64().unwrap_or(i64::MAX))
            };
            let (least, most) = (of(stake.sub(units(3))?)?, of(stake.add(units(3))?)?);
            if !(least..=most).contains(&found) {
                out.push(Broken::new("powers", operator, most, found));
            }
        }
    }
    let text = s.now.text("staking/last_total_power").unwrap_or("0");
    if text != total.to_string() {
        out.push(Broken::new("powers", "total", total, text));
    }
    let updates: BTreeMap<String, i64> =
        s.result.validator_updates.iter().map(|u| (text::to_base64(&u.pub_key), u.power)).collect();
    for validator in &s.file.validators {
        let (Some(key), Some(operator)) = (validator["pub_key"].as_str(), validator["operator"].as_str()) else {
            continue;
        };
        let (before, now) = (power(s.before, operator)?, power(s.now, operator)?);
        let demanded = (before != now).then_some(now);
        if updates.get(key).copied() != demanded {
            out.push(Broken::new(
                "powers",
                format!("{operator}/update"),
                format!("{demanded:?}"),
                format!("{:?}", updates.get(key)),
            ));
        }
    }
    Ok(())
}

fn pools(s: &Sight, out: &mut Vec<Broken>) -> Result<()> {
    let (bond, view) = (s.file.bond_denom.as_str(), s.now);
    let (bonded, _) = bonded(view)?;
    let mut idle = Int::ZERO;
    for v in view.validators.values().filter(|v| !v.bonded) {
        idle = idle.add(v.tokens)?;
    }
    for (path, amount) in
        view.texts.range("staking/unbonding/".to_owned()..).take_while(|(p, _)| p.starts_with("staking/unbonding/"))
    {
        if path.ends_with("/balance") {
            idle = idle.add(amount.parse()?)?;
        }
    }
    for (label, demanded) in [("bonded_tokens_pool", bonded), ("not_bonded_tokens_pool", idle)] {
        let found = view.balance(s.account(&format!("module {label}")), bond);
        if found != demanded {
            out.push(Broken::new("pools", label, demanded, found));
        }
    }
    let mut shares: BTreeMap<&str, Dec> = BTreeMap::new();
    let prefix = "staking/delegation/".to_owned();
    for (path, own) in view.texts.range(prefix.clone()..).take_while(|(p, _)| p.starts_with(&prefix)) {
        let sum = shares.entry(path.rsplit('/').next().unwrap_or_default()).or_insert(Dec::ZERO);
        *sum = sum.add(own.parse()?)?;
    }
    for (operator, validator) in &view.validators {
        let demanded = shares.get(operator.as_str()).copied().unwrap_or(Dec::ZERO);
        if demanded != validator.shares {
            out.push(Broken::new("pools", format!("{operator}/shares"), demanded, validator.shares));
        }
    }
    let mut owed: BTreeMap<String, Dec> = BTreeMap::new();
    let of_pool = view
        .texts
        .iter()
        .filter_map(|(p, v)| p.strip_prefix("distribution/community_pool/").map(|d| (d.to_owned(), v.parse())));
    let of_pool = of_pool.map(|(d, v)| v.map(|v: Dec| (d, v))).collect::<std::result::Result<Vec<_>, _>>()?;
    for (denom, amount) in view.outstanding.iter().map(|((_, d), v)| (d.clone(), *v)).chain(of_pool) {
        let sum = owed.entry(denom).or_insert(Dec::ZERO);
        *sum = sum.add(amount)?;
    }
    let mut supply: BTreeMap<&str, Int> = BTreeMap::new();
    for ((holder, denom), amount) in &view.balances {
        let sum = supply.entry(denom).or_insert(Int::ZERO);
        *sum = sum.add(*amount)?;
        if holder == s.account("module distribution") {
            let demanded = owed.remove(denom).unwrap_or(Dec::ZERO);
            if demanded != Dec::from_int(*amount) {
                out.push(Broken::new("pools", format!("distribution/{denom}"), demanded, amount));
            }
        }
    }
    for (denom, sum) in owed.into_iter().filter(|(_, sum)| *sum != Dec::ZERO) {
        out.push(Broken::new("pools", format!("distribution/{denom}"), sum, 0));
    }
    for (denom, sum) in supply {
        let found = view.text(&format!("bank/supply/{denom}")).unwrap_or("0");
        if found != sum.to_string() {
            out.push(Broken::new("pools", format!("supply/{denom}"), sum, found));
        }
    }
    Ok(())
}

/// Appendix A of the specification: fees times (1 - tax), by the powers in the votes.
fn allocation(s: &Sight, out: &mut Vec<Broken>) -> Result<()> {
    if messages::deposits_rewards(s.block)? {
        return Ok(());
    }
    let total: i64 = s.block.votes.iter().map(|v| v.power).sum();
    let rest = Dec::ONE.sub(s.before.dec("distribution/params/community_tax")?)?;
    let minted = super::clock::block_provision(s.now)?;
    let keys: std::collections::BTreeSet<_> =
        s.before.outstanding.keys().chain(s.now.outstanding.keys()).cloned().collect();
    for key in keys {
        let (operator, denom) = &key;
        let mut fees = s.before.balance(s.account("module fee_collector"), denom);
        if *denom == s.file.bond_denom {
            fees = fees.add(minted)?;
        }
        let mut demanded = s.before.outstanding.get(&key).copied().unwrap_or(Dec::ZERO);
        let mut withdrawals = 1;
        for vote in s.block.votes.iter().filter(|v| s.operator("address", &v.address) == Some(operator.as_str())) {
            let part = Dec::from_i64(vote.power).quo_truncate(Dec::from_i64(total))?;
            demanded = demanded.add(rest.mul_int(fees)?.mul_truncate(part)?)?;
        }
        for (_, _, coins) in s.moves.withdrawals.iter().filter(|(_, v, _)| v == operator) {
            withdrawals += 1;
            demanded = demanded.sub(Dec::from_int(coins.get(denom).copied().unwrap_or(Int::ZERO)))?;
        }
        for (_, coins) in s.moves.commissions.iter().filter(|(v, _)| v == operator) {
            demanded = demanded.sub(Dec::from_int(coins.get(denom).copied().unwrap_or(Int::ZERO)))?;
        }
        let found = s.now.outstanding.get(&key).copied().unwrap_or(Dec::ZERO);
        // A withdrawal cuts off less than one unit for the community pool.
        if far(found, demanded, units(withdrawals))? {
            out.push(Broken::new("allocation", format!("{operator}/{denom}"), demanded, found));
        }
        let at = |map: &BTreeMap<(String, String), Dec>| map.get(&key).copied().unwrap_or(Dec::ZERO);
        if at(&s.now.current).add(at(&s.now.commission))? > found.add(Dec::ONE)? {
            out.push(Broken::new("allocation", format!("{operator}/{denom}/current"), found, at(&s.now.current)));
        }
    }
    Ok(())
}
