//! Prices and plans of liquid staking: pure, so that a plan changes nothing but what is done by it.

use entente_kernel::num::{WAD, ceil_ratio, floor_ratio};
use entente_kernel::{Error, Result};

/// Shares that nobody owns, and the unit that stands against them.
const VIRTUAL: u128 = 1;
const YEAR_SECS: u128 = 365 * 86_400;

fn plus(a: u128, b: u128) -> Result<u128> {
    a.checked_add(b).ok_or_else(|| Error::panic("liquid staking: amounts beyond 128 bits"))
}

/// Liquid coins for an amount, by value and supply before it came; one to one while there is no supply. Rounded down: the stakers gain.
pub fn minted(amount: u128, supply: u128, value: u128) -> Result<u128> {
    if supply == 0 {
        return Ok(amount);
    }
    Ok(floor_ratio(&[amount, plus(supply, VIRTUAL)?], &[plus(value, VIRTUAL)?])?)
}

/// Native coins for liquid ones that leave. Rounded down: those who stay gain.
pub fn worth(liquid: u128, supply: u128, value: u128) -> Result<u128> {
    Ok(floor_ratio(&[liquid, value], &[plus(supply, VIRTUAL)?])?)
}

/// A fee, rounded up: those who stay gain.
pub fn fee(amount: u128, rate: u128) -> Result<u128> {
    Ok(ceil_ratio(&[amount, rate], &[WAD])?.min(amount))
}

/// Value of one liquid coin, rounded down; one while there is no supply.
pub fn rate(supply: u128, value: u128) -> Result<u128> {
    if supply == 0 { Ok(WAD) } else { Ok(floor_ratio(&[value, WAD], &[supply])?) }
}

/// C: supply over value, rounded down; one while either is zero.
pub fn c_value(supply: u128, value: u128) -> Result<u128> {
    if supply == 0 || value == 0 { Ok(WAD) } else { Ok(floor_ratio(&[supply, WAD], &[value])?) }
}

/// Most rewards that may become stake after so many seconds. Rounded down: the rest waits.
pub fn growth_max(value: u128, apr_cap: u128, secs: u128) -> Result<u128> {
    Ok(floor_ratio(&[value, apr_cap, secs], &[WAD, YEAR_SECS])?)
}

/// A claim's part of what came back. Rounded down: the remainder goes to the stakers when the batch is finished.
pub fn payout(received: u128, claim: u128, all: u128) -> Result<u128> {
    if all == 0 { Ok(0) } else { Ok(floor_ratio(&[received, claim], &[all])?) }
}

/// Liquid coins to burn if only a part of what leaves could be sent to unbond. Rounded up: those who stay gain.
pub fn burnt_for(left: u128, asked: u128, want: u128) -> Result<u128> {
    if asked >= want { Ok(left) } else { Ok(ceil_ratio(&[left, asked], &[want])?.min(left)) }
}

/// A validator as plans see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Zero unless the validator is active.
    pub weight: u32,
    pub tokens: u128,
    /// Can another unbonding begin there?
    pub room: bool,
}

/// An amount for the place of this index.
pub type Step = (usize, u128);

fn total(places: &[Place]) -> Result<u128> {
    places.iter().try_fold(0, |sum, place| plus(sum, place.tokens))
}

/// What should lie where: by weight, rounded down, the rest with the first of the heaviest. All zero if no place has a weight.
pub fn targets(places: &[Place], sum: u128) -> Result<Vec<u128>> {
    let weights = places.iter().fold(0_u128, |all, place| all.saturating_add(u128::from(place.weight)));
    if weights == 0 {
        return Ok(vec![0; places.len()]);
    }
    let mut out: Vec<u128> =
        places.iter().map(|p| Ok(floor_ratio(&[sum, u128::from(p.weight)], &[weights])?)).collect::<Result<_>>()?;
    let given = out.iter().try_fold(0, |all, one| plus(all, *one))?;
    let heaviest = places.iter().enumerate().rev().max_by_key(|(_, p)| p.weight).map_or(0, |(i, _)| i);
    if let Some(first) = out.get_mut(heaviest) {
        *first = plus(*first, sum.saturating_sub(given))?;
    }
    Ok(out)
}

/// Indices with how far each is from the other side, the farthest first, then by index.
fn distances(from: impl Iterator<Item = (u128, u128)>) -> Vec<Step> {
    let mut out: Vec<Step> = from
        .enumerate()
        .filter_map(|(i, (more, less))| Some((i, more.checked_sub(less).filter(|d| *d > 0)?)))
        .collect();
    out.sort_by_key(|(i, distance)| (std::cmp::Reverse(*distance), *i));
    out
}

/// Gives at most `rest` to the steps, in order.
fn fill(steps: Vec<Step>, rest: &mut u128) -> Vec<Step> {
    let mut out = Vec::new();
    for (i, most) in steps {
        let part = most.min(*rest);
        *rest = rest.saturating_sub(part);
        if part > 0 {
            out.push((i, part));
        }
    }
    out
}

/// Where to stake an amount: the emptiest places first, up to their targets. Empty if no place has a weight.
pub fn plan_stake(places: &[Place], amount: u128) -> Result<Vec<Step>> {
    let goals = targets(places, plus(total(places)?, amount)?)?;
    if goals.iter().all(|goal| *goal == 0) {
        return Ok(Vec::new());
    }
    let gaps = places.iter().zip(&goals).map(|(p, goal)| if p.weight == 0 { (0, 0) } else { (*goal, p.tokens) });
    let mut rest = amount;
    // The gaps add up to at least the amount, since the targets add up to all stake.
    Ok(fill(distances(gaps), &mut rest))
}

/// Where to take an amount from: the fullest places first, down to their targets, then whatever is left. May be less than the amount
/// if validators have no room for another unbonding.
pub fn plan_unstake(places: &[Place], amount: u128) -> Result<Vec<Step>> {
    let sum = total(places)?;
    let goals = targets(places, sum.saturating_sub(amount))?;
    let surplus = places.iter().zip(&goals).map(|(p, goal)| if p.room { (p.tokens, *goal) } else { (0, 0) });
    let mut rest = amount;
    let first = fill(distances(surplus), &mut rest);
    let taken = |i: usize| first.iter().find(|(at, _)| *at == i).map_or(0, |(_, part)| *part);
    let left = places.iter().enumerate().map(|(i, p)| if p.room { (p.tokens, taken(i)) } else { (0, 0) });
    let second = fill(distances(left), &mut rest);
    let mut out = first;
    for (i, part) in second {
        match out.iter_mut().find(|(at, _)| *at == i) {
            Some((_, amount)) => *amount = plus(*amount, part)?,
            None => out.push((i, part)),
        }
    }
    Ok(out)
}

/// A move of stake from one place to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shift {
    pub from: usize,
    pub to: usize,
    pub amount: u128,
}

/// Moves that bring places to their targets, the largest first, each above the trigger (a fraction of all stake), at most `most`.
pub fn plan_shifts(places: &[Place], trigger: u128, most: usize) -> Result<Vec<Shift>> {
    let sum = total(places)?;
    let goals = targets(places, sum)?;
    if goals.iter().all(|goal| *goal == 0) {
        return Ok(Vec::new());
    }
    let least = floor_ratio(&[sum, trigger], &[WAD])?;
    let mut tokens: Vec<u128> = places.iter().map(|p| p.tokens).collect();
    let mut out = Vec::new();
    while out.len() < most {
        let over = distances(tokens.iter().copied().zip(goals.iter().copied()));
        let under = distances(goals.iter().copied().zip(tokens.iter().copied()));
        let (Some((from, more)), Some((to, less))) = (over.first(), under.first()) else { break };
        let amount = *more.min(less);
        if amount <= least {
            break;
        }
        if let Some(t) = tokens.get_mut(*from) {
            *t = t.saturating_sub(amount);
        }
        if let Some(t) = tokens.get_mut(*to) {
            *t = plus(*t, amount)?;
        }
        out.push(Shift { from: *from, to: *to, amount });
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use entente_kernel::num::Wide;
    use proptest::prelude::*;

    fn place(weight: u32, tokens: u128) -> Place {
        Place { weight, tokens, room: true }
    }

    fn places() -> impl Strategy<Value = Vec<Place>> {
        let one = (0..5_000_u32, 0..1_u128 << 80, any::<bool>());
        prop::collection::vec(one.prop_map(|(weight, tokens, room)| Place { weight, tokens, room }), 1..8)
    }

    #[test]
    fn the_first_staker_gets_one_for_one_and_rounding_is_for_the_stakers() {
        assert_eq!(minted(1_000, 0, 0), Ok(1_000));
        assert_eq!(minted(1_000, 0, 7), Ok(1_000));
        // 10 x 1001 / 1101.
        assert_eq!(minted(10, 1_000, 1_100), Ok(9));
        assert_eq!(worth(9, 1_000, 1_100), Ok(9));
        assert_eq!((c_value(0, 5), c_value(5, 0)), (Ok(WAD), Ok(WAD)));
        assert_eq!(c_value(1_000, 1_250), Ok(800_000_000_000_000_000));
        assert_eq!(rate(1_000, 1_250), Ok(1_250_000_000_000_000_000));
    }

    #[test]
    fn a_small_stake_goes_to_the_emptiest_validator_and_inactive_ones_get_nothing() {
        let all = [place(5_000, 100), place(5_000, 40), place(0, 500)];
        assert_eq!(plan_stake(&all, 10), Ok(vec![(1, 10)]));
        assert_eq!(plan_stake(&[place(0, 500)], 10), Ok(vec![]));
    }

    #[test]
    fn stake_leaves_validators_without_weight_first() {
        let all = [place(5_000, 100), place(5_000, 100), place(0, 30)];
        assert_eq!(plan_unstake(&all, 20), Ok(vec![(2, 20)]));
        let shifts = plan_shifts(&all, 0, 5).unwrap();
        assert_eq!(shifts, [Shift { from: 2, to: 0, amount: 15 }, Shift { from: 2, to: 1, amount: 15 }]);
    }

    proptest! {
        /// The price of a liquid coin never falls by a deposit, and what goes in does not come out larger.
        #[test]
        fn a_round_trip_never_pays(amount in 1..1_u128 << 90, supply in 1..1_u128 << 90, value in 1..1_u128 << 90) {
            let got = minted(amount, supply, value).unwrap();
            let back = worth(got, supply + got, value + amount).unwrap();
            prop_assert!(back <= amount);
            // (value + amount) / (supply + got), virtual ones included, is at least what it was.
            let before = Wide::from_u128(value + 1);
            let left = Wide::from_u128(value + amount + 1)
                .mul(Wide::from_u128(supply + 1)).unwrap();
            let right = before.mul(Wide::from_u128(supply + got + 1)).unwrap();
            prop_assert!(left >= right);
        }

        /// A plan gives exactly the amount, never past a target, and does not change what it was given.
        #[test]
        fn plans_are_pure_and_complete(places in places(), amount in 0..1_u128 << 80) {
            let before = places.clone();
            let plan = plan_stake(&places, amount).unwrap();
            let sum: u128 = plan.iter().map(|(_, part)| part).sum();
            let active = places.iter().any(|p| p.weight > 0);
            prop_assert_eq!(sum, if active { amount } else { 0 });
            prop_assert!(plan.iter().all(|(i, _)| places[*i].weight > 0));
            let out = plan_unstake(&places, amount).unwrap();
            let available: u128 = places.iter().filter(|p| p.room).map(|p| p.tokens).sum();
            prop_assert_eq!(out.iter().map(|(_, part)| part).sum::<u128>(), amount.min(available));
            for (i, part) in &out {
                prop_assert!(*part <= places[*i].tokens && places[*i].room);
                prop_assert_eq!(out.iter().filter(|(at, _)| at == i).count(), 1);
            }
            prop_assert_eq!(before, places);
        }

        /// With enough moves every validator stands at its target.
        #[test]
        fn moves_end_at_the_targets(places in places()) {
            let goals = targets(&places, places.iter().map(|p| p.tokens).sum()).unwrap();
            let mut tokens: Vec<u128> = places.iter().map(|p| p.tokens).collect();
            for shift in plan_shifts(&places, 0, 100).unwrap() {
                prop_assert!(shift.amount <= tokens[shift.from]);
                tokens[shift.from] -= shift.amount;
                tokens[shift.to] += shift.amount;
            }
            if places.iter().any(|p| p.weight > 0) {
                prop_assert_eq!(tokens, goals);
            }
        }
    }
}
