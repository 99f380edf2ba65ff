//! Laws of accounts: nobody has more or less than the file says but by what was paid here and there.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use entente_kernel::num::{Dec, Int};

use super::moves::{Amounts, Moves, add};
use super::view::View;
use super::{Broken, Laws, Sight};

pub fn judge(laws: &mut Laws, s: &Sight, out: &mut Vec<Broken>) -> Result<()> {
    rewards_pool(s, out)?;
    paid(laws, s, &s.moves, s.before, s.now, false)?;
    paid(laws, s, &s.their_moves, s.theirs_before, s.theirs, true)?;
    // Accounts that other laws are about.
    let by_records = |label: &str, denom: &str| match label {
        "module alliance" | "module alliance_rewards" | "module distribution" => true,
        "module bonded_tokens_pool" | "module not_bonded_tokens_pool" => denom == s.file.bond_denom,
        "module fee_collector" => {
            denom == s.file.bond_denom || s.now.assets.contains_key(denom) || s.theirs.assets.contains_key(denom)
        }
        _ => false,
    };
    let labels: BTreeMap<&str, &str> = s.file.accounts.iter().map(|(label, a)| (a.as_str(), label.as_str())).collect();
    let keys: BTreeSet<_> = s.now.balances.keys().chain(s.theirs.balances.keys()).cloned().collect();
    let mut off = Vec::new();
    for key in keys
        .into_iter()
        .filter(|(holder, denom)| !labels.get(holder.as_str()).is_some_and(|label| by_records(label, denom)))
    {
        let demanded = s.theirs.balance(&key.0, &key.1).add(laws.purse.get(&key).copied().unwrap_or(Int::ZERO))?;
        let found = s.now.balance(&key.0, &key.1);
        if demanded != found {
            off.push((key, demanded, found));
        }
    }
    if spends_alone(s, &off)? {
        for (key, demanded, found) in off {
            add(&mut laws.purse, key, found.sub(demanded)?)?;
        }
        return Ok(());
    }
    out.extend(
        off.into_iter().map(|((holder, denom), demanded, found)| {
            Broken::new("purse", format!("{holder}/{denom}"), demanded, found)
        }),
    );
    Ok(())
}

/// What the events say was paid to accounts on one side.
fn paid(laws: &mut Laws, s: &Sight, moves: &Moves, before: &View, now: &View, theirs: bool) -> Result<()> {
    let module = s.account("module alliance");
    let mut pay = |holder: &str, coins: &Amounts, taken: bool| -> Result<()> {
        for (denom, amount) in coins {
            let amount = if taken == theirs { *amount } else { amount.neg() };
            add(&mut laws.purse, (holder.to_owned(), denom.clone()), amount)?;
        }
        Ok(())
    };
    for (delegator, coins) in &moves.claims {
        pay(delegator, coins, false)?;
    }
    for (delegator, coins) in &moves.matured {
        pay(delegator, coins, false)?;
    }
    let address =
        |owner: &str| before.text(&format!("distribution/withdraw_address/{owner}")).unwrap_or(owner).to_owned();
    for (delegator, _, coins) in moves.withdrawals.iter().filter(|(d, ..)| d != module && !d.is_empty()) {
        pay(&address(delegator), coins, false)?;
    }
    for (validator, coins) in &moves.commissions {
        let label = s.file.accounts.iter().find(|(_, a)| *a == validator).map(|(label, _)| label);
        let owner = label.and_then(|label| s.file.accounts.get(&format!("operator of {label}")));
        pay(&address(owner.map_or("", String::as_str)), coins, false)?;
    }
    for (delegator, denom, amount) in &moves.delegated {
        pay(delegator, &Amounts::from([(denom.clone(), *amount)]), true)?;
    }
    for (_, entry) in before.entries.iter().filter(|(path, _)| !now.entries.contains_key(*path)) {
        pay(&entry.delegator, &Amounts::from([(entry.denom.clone(), entry.amount)]), false)?;
    }
    Ok(())
}

/// Whether the accounts that are off got what the community pool lost by a proposal that passed on one side only.
fn spends_alone(s: &Sight, off: &[((String, String), Int, Int)]) -> Result<bool> {
    let differs = |path: &String| path.ends_with("/status") && s.now.texts.get(path) != s.theirs.texts.get(path);
    let decided = s.now.texts.range("gov/proposal/".to_owned()..).take_while(|(p, _)| p.starts_with("gov/proposal/"));
    if off.is_empty()
        || !decided.map(|(path, _)| path).any(|p| differs(p) && s.before.texts.get(p) == s.theirs_before.texts.get(p))
    {
        return Ok(false);
    }
    let denoms: BTreeSet<&String> = off.iter().map(|((_, denom), ..)| denom).collect();
    for denom in denoms {
        let pool = |view: &View| -> Result<Dec> {
            Ok(view.text(&format!("distribution/community_pool/{denom}")).unwrap_or("0").parse()?)
        };
        let kept = pool(s.now)?.sub(pool(s.before)?)?.sub(pool(s.theirs)?.sub(pool(s.theirs_before)?)?)?;
        let got =
            off.iter().filter(|((_, d), ..)| d == denom).try_fold(Int::ZERO, |sum, (_, w, f)| sum.add(f.sub(*w)?))?;
        if kept.add(Dec::from_int(got))?.abs() > Dec::ONE {
            return Ok(false);
        }
    }
    Ok(true)
}

fn rewards_pool(s: &Sight, out: &mut Vec<Broken>) -> Result<()> {
    let (pool, module) = (s.account("module alliance_rewards"), s.account("module alliance"));
    let mut flows = Amounts::new();
    for (_, _, coins) in s.moves.withdrawals.iter().filter(|(d, ..)| d == module) {
        coins.iter().try_for_each(|(denom, amount)| add(&mut flows, denom.clone(), *amount))?;
    }
    for coins in s.moves.claims.iter().map(|(_, coins)| coins).chain(&s.moves.unowned) {
        coins.iter().try_for_each(|(denom, amount)| add(&mut flows, denom.clone(), amount.neg()))?;
    }
    let held = s.now.balances.keys().chain(s.before.balances.keys()).filter(|(holder, _)| holder == pool);
    let denoms: BTreeSet<String> = held.map(|(_, denom)| denom.clone()).chain(flows.keys().cloned()).collect();
    for denom in denoms {
        let demanded = s.before.balance(pool, &denom).add(flows.get(&denom).copied().unwrap_or(Int::ZERO))?;
        let found = s.now.balance(pool, &denom);
        if demanded != found {
            out.push(Broken::new("rewards", denom, demanded, found));
        }
    }
    // S9: the module's own account keeps no rewards.
    for (denom, amount) in
        s.now.balances.iter().filter(|((holder, _), _)| holder == module).map(|((_, denom), amount)| (denom, amount))
    {
        let is_staked = s.now.assets.contains_key(denom) || s.now.entries.values().any(|e| e.denom == *denom);
        if !is_staked {
            out.push(Broken::new("rewards", format!("{denom}/kept"), 0, amount));
        }
    }
    Ok(())
}
