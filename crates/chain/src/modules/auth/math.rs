//! How much of a vesting account is free at a time, and how delegations are counted against it.

use entente_kernel::num::{Coin, Coins, Dec, Int};
use entente_kernel::{Error, Result, Timestamp};

use super::state::{Period, Schedule, Vesting};

/// What has become free by `now`.
///
/// # Rounding
/// Continuous: the elapsed fraction to 18 places half to even, then each amount to whole units half to even.
pub fn vested(vesting: &Vesting, now: Timestamp) -> Result<Coins> {
    let (start, end, now) = (start(&vesting.schedule), vesting.end, now.secs);
    match &vesting.schedule {
        Schedule::PermanentLocked => Ok(Coins::empty()),
        Schedule::Delayed if now >= end => Ok(vesting.original.clone()),
        Schedule::Delayed => Ok(Coins::empty()),
        _ if now <= start => Ok(Coins::empty()),
        _ if now >= end => Ok(vesting.original.clone()),
        Schedule::Continuous { .. } => continuous(&vesting.original, elapsed(start, now)?, elapsed(start, end)?),
        Schedule::Periodic { periods, .. } => periodic(periods, elapsed(start, now)?),
    }
}

/// The start of a schedule; 0 if it has none.
pub fn start(schedule: &Schedule) -> i64 {
    match schedule {
        Schedule::Continuous { start } | Schedule::Periodic { start, .. } => *start,
        Schedule::Delayed | Schedule::PermanentLocked => 0,
    }
}

fn elapsed(from: i64, to: i64) -> Result<i64> {
    to.checked_sub(from).ok_or_else(|| Error::panic("vesting times out of range"))
}

fn continuous(original: &Coins, passed: i64, whole: i64) -> Result<Coins> {
    let fraction = Dec::from_i64(passed).quo(Dec::from_i64(whole))?;
    let share = |coin: &Coin| -> Result<Coin> {
        Ok(Coin::new(coin.denom.clone(), Dec::from_int(coin.amount).mul(fraction)?.round_int()?))
    };
    Ok(Coins::new(original.iter().map(share).collect::<Result<_>>()?)?)
}

fn periodic(periods: &[Period], mut passed: i64) -> Result<Coins> {
    let mut free = Coins::empty();
    for period in periods {
        if passed < period.length_secs {
            break;
        }
        passed = elapsed(period.length_secs, passed)?;
        free = free.add(&period.amount)?;
    }
    Ok(free)
}

/// What is still vesting at `now`.
pub fn unvested(vesting: &Vesting, now: Timestamp) -> Result<Coins> {
    Ok(vesting.original.sub(&vested(vesting, now)?)?)
}

/// What cannot be spent at `now`: the unvested coins that are not delegated.
pub fn locked(vesting: &Vesting, now: Timestamp) -> Result<Coins> {
    let unvested = unvested(vesting, now)?;
    Ok(unvested.sub(&unvested.min(&vesting.delegated_vesting))?)
}

/// Counts a delegation: unvested coins are delegated first. `balance` is what the account held before.
///
/// # Errors
/// Upstream's panic if an amount is zero or above the balance.
pub fn track_delegation(vesting: &mut Vesting, now: Timestamp, balance: &Coins, amount: &Coins) -> Result<()> {
    let unvested = unvested(vesting, now)?;
    for coin in amount {
        let denom = coin.denom.as_str();
        if coin.is_zero() || balance.amount_of(denom) < coin.amount {
            return Err(Error::panic("delegation attempt with zero coins or insufficient funds"));
        }
        let open = unvested.amount_of(denom).sub(vesting.delegated_vesting.amount_of(denom))?;
        let locked = open.max(Int::ZERO).min(coin.amount);
        let free = coin.amount.sub(locked)?;
        vesting.delegated_vesting = vesting.delegated_vesting.add_coin(&Coin::new(coin.denom.clone(), locked))?;
        vesting.delegated_free = vesting.delegated_free.add_coin(&Coin::new(coin.denom.clone(), free))?;
    }
    Ok(())
}

/// Counts coins that come back from a delegation: free coins come back first. Slashing makes less come back than went out,
/// so the sums need not return to zero; rounding can bring back more, which is not counted.
///
/// # Errors
/// Upstream's panic if an amount is zero.
pub fn track_undelegation(vesting: &mut Vesting, amount: &Coins) -> Result<()> {
    for coin in amount {
        let denom = coin.denom.as_str();
        if coin.is_zero() {
            return Err(Error::panic("undelegation attempt with zero coins"));
        }
        let free = vesting.delegated_free.amount_of(denom).min(coin.amount);
        let locked = vesting.delegated_vesting.amount_of(denom).min(coin.amount.sub(free)?);
        let part = |amount| Coins::one(Coin::new(coin.denom.clone(), amount));
        vesting.delegated_free = vesting.delegated_free.sub(&part(free)?)?;
        vesting.delegated_vesting = vesting.delegated_vesting.sub(&part(locked)?)?;
    }
    Ok(())
}

/// The first thing that is wrong with a vesting account, in upstream's words.
///
/// # Compatibility
/// A continuous schedule may end before it starts: `MsgCreateVestingAccount` takes any end, so a state may hold such accounts (all
/// their coins are free). Upstream refuses to import what it exports of them.
pub fn check(vesting: &Vesting) -> std::result::Result<(), String> {
    let ordered = |start: i64| {
        if start >= vesting.end { Err("vesting start-time cannot be before end-time".to_owned()) } else { Ok(()) }
    };
    match &vesting.schedule {
        Schedule::Periodic { start, periods } => {
            ordered(*start)?;
            check_periods(vesting, *start, periods)?;
        }
        Schedule::PermanentLocked if vesting.end > 0 => {
            return Err("permanently vested accounts cannot have an end-time".to_owned());
        }
        Schedule::Continuous { .. } | Schedule::PermanentLocked | Schedule::Delayed => {}
    }
    check_base(vesting)
}

/// What holds of every kind of vesting account.
pub fn check_base(vesting: &Vesting) -> std::result::Result<(), String> {
    if vesting.end < 0 {
        return Err("end time cannot be negative".to_owned());
    }
    if vesting.original.is_empty() {
        return Err("invalid coins: ".to_owned());
    }
    if !vesting.delegated_vesting.is_all_lte(&vesting.original) {
        return Err("delegated vesting amount cannot be greater than original vesting amount".to_owned());
    }
    Ok(())
}

fn check_periods(vesting: &Vesting, start: i64, periods: &[Period]) -> std::result::Result<(), String> {
    let (mut end, mut total) = (start, Coins::empty());
    for (at, period) in periods.iter().enumerate() {
        if period.length_secs < 0 {
            return Err(format!("period #{at} has a negative length: {}", period.length_secs));
        }
        if period.amount.is_empty() {
            return Err(format!("period #{at} has invalid coins: "));
        }
        end = end
            .checked_add(period.length_secs)
            .ok_or("cumulative endTime overflowed, and/or is less than startTime")?;
        total = total.add(&period.amount).map_err(|e| e.to_string())?;
    }
    if end != vesting.end {
        return Err("vesting end time does not match length of all vesting periods".to_owned());
    }
    if total != vesting.original {
        let original = &vesting.original;
        return Err(format!(
            "original vesting coins ({original}) does not match the sum of all coins in vesting periods ({total})"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn coins(text: &str) -> Coins {
        text.parse().unwrap()
    }

    fn account(schedule: Schedule, end: i64) -> Vesting {
        let (delegated_free, delegated_vesting) = (Coins::empty(), Coins::empty());
        Vesting { original: coins("100uente,1000uatom"), delegated_free, delegated_vesting, end, schedule }
    }

    fn at(secs: i64) -> Timestamp {
        Timestamp { secs, nanos: 999_999_999 }
    }

    #[test]
    fn continuous_vesting_frees_the_elapsed_share_rounded_half_to_even() {
        let v = account(Schedule::Continuous { start: 1_000 }, 1_008);
        for (now, free) in [
            (999, ""),
            (1_000, ""),
            (1_001, "125uatom,12uente"),
            (1_003, "375uatom,38uente"),
            (1_007, "875uatom,88uente"),
            (1_008, "1000uatom,100uente"),
            (2_000, "1000uatom,100uente"),
        ] {
            assert_eq!(vested(&v, at(now)).unwrap(), coins(free), "{now}");
        }
    }

    #[test]
    fn delayed_and_locked_accounts_free_everything_at_the_end_or_never() {
        let delayed = account(Schedule::Delayed, 50);
        assert_eq!(vested(&delayed, at(49)).unwrap(), coins(""));
        assert_eq!(vested(&delayed, at(50)).unwrap(), delayed.original);
        let locked = account(Schedule::PermanentLocked, 0);
        assert_eq!(vested(&locked, Timestamp::MAX).unwrap(), coins(""));
    }

    #[test]
    fn a_period_counts_when_it_is_over() {
        let period = |length_secs, amount: &str| Period { length_secs, amount: coins(amount) };
        let periods = vec![period(10, "60uente"), period(0, "1000uatom"), period(5, "40uente")];
        let v = account(Schedule::Periodic { start: 100, periods }, 115);
        assert_eq!(check(&v), Ok(()));
        for (now, free) in [(100, ""), (109, ""), (110, "1000uatom,60uente"), (114, "1000uatom,60uente")] {
            assert_eq!(vested(&v, at(now)).unwrap(), coins(free), "{now}");
        }
        assert_eq!(vested(&v, at(115)).unwrap(), v.original);
    }

    #[test]
    fn unvested_coins_are_delegated_first_and_come_back_last() {
        let mut v = account(Schedule::Continuous { start: 0 }, 100);
        let now = at(40);
        track_delegation(&mut v, now, &coins("100uente"), &coins("50uente")).unwrap();
        assert_eq!((v.delegated_vesting.clone(), v.delegated_free.clone()), (coins("50uente"), coins("")));
        assert_eq!(locked(&v, now).unwrap(), coins("600uatom,10uente"));
        track_delegation(&mut v, now, &coins("50uente"), &coins("20uente")).unwrap();
        assert_eq!((v.delegated_vesting.clone(), v.delegated_free.clone()), (coins("60uente"), coins("10uente")));
        track_undelegation(&mut v, &coins("30uente")).unwrap();
        assert_eq!((v.delegated_vesting.clone(), v.delegated_free.clone()), (coins("40uente"), coins("")));
        track_undelegation(&mut v, &coins("41uente")).unwrap();
        assert_eq!((v.delegated_vesting.clone(), v.delegated_free.clone()), (coins(""), coins("")));
        assert!(track_delegation(&mut v, now, &coins("1uente"), &coins("2uente")).is_err());
    }

    proptest! {
        #[test]
        fn what_is_vested_and_what_is_not_add_up_and_only_grow(
            start in 0i64..1_000, length in 1i64..1_000_000, a in 0i64..1_100_000, b in 0i64..1_100_000,
        ) {
            let v = account(Schedule::Continuous { start }, start + length);
            let (early, late) = (a.min(b), a.max(b));
            prop_assert!(vested(&v, at(early)).unwrap().is_all_lte(&vested(&v, at(late)).unwrap()));
            let sum = vested(&v, at(a)).unwrap().add(&unvested(&v, at(a)).unwrap()).unwrap();
            prop_assert_eq!(sum, v.original);
        }
    }
}
