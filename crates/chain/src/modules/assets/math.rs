//! Rates: what a report may change, and the values that follow. Every division says who gains.

use borsh::{BorshDeserialize, BorshSerialize};
use entente_kernel::num::{NumError, WAD, ceil_ratio, floor_ratio};
use entente_kernel::{Error, Result, Timestamp};

use super::state::{Asset, Source};
use super::{Params, error, secs};

/// Bounds of a rate, in steps of 10^-18.
pub const RATE_MIN: u128 = 1_000_000_000_000_000;
pub const RATE_MAX: u128 = 1_000_000_000_000_000_000_000_000;

const HOUR_SECS: u128 = 3_600;
const YEAR_SECS: u128 = 365 * 86_400;
/// Rates of the past that are kept at most; beyond it the two newest become one, the higher rate for the longer time.
const PAST_MAX: usize = 32;

/// A rate that was in force until a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Past {
    pub rate: u128,
    pub until: Timestamp,
}

/// The rate of an asset with as much of its past as its bounds need.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Course {
    pub rate: u128,
    pub time: Timestamp,
    /// Falling rates with rising times, all above the present one.
    pub window: Vec<Past>,
    /// The highest rate from which the present Watch fell; zero without one.
    pub high_water: u128,
    /// The last report of a Watch that did not agree with the rate in force.
    pub watch_since: Option<Timestamp>,
}

/// What a report did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    pub before: u128,
    pub rate: u128,
    pub clamped: bool,
    /// Fall beside the highest rate of the window, rounded down, in steps of 10^-18.
    pub drop: u128,
    pub watch_began: bool,
    pub watch_ended: bool,
    pub impaired: bool,
}

/// # Errors
/// assets 10.
pub fn check_rate(rate: u128) -> Result<()> {
    if (RATE_MIN..=RATE_MAX).contains(&rate) { Ok(()) } else { Err(error::RATE_OUT_OF_BOUNDS.because(rate)) }
}

impl Course {
    pub fn new(rate: u128, time: Timestamp) -> Self {
        Self { rate, time, window: Vec::new(), high_water: 0, watch_since: None }
    }

    /// The highest rate that was in force within the window.
    pub fn peak(&self, now: Timestamp, params: &Params) -> u128 {
        let recent = |past: &&Past| now.since(past.until) <= params.rate_window;
        self.window.iter().filter(recent).map(|past| past.rate).fold(self.rate, u128::max)
    }

    /// Takes a report that was true at `at`. A higher rate is clamped to the accepted growth (the remainder of the division is lost to
    /// the publisher), or to the rate before a fall that is being watched; a lower one holds at once.
    ///
    /// # Errors
    /// assets 12 for a report that is not newer than the last one or lies in the future, 10 for a rate out of bounds.
    pub fn accept(
        &mut self,
        reported: u128,
        at: Timestamp,
        now: Timestamp,
        ceiling: Option<u128>,
        params: &Params,
    ) -> Result<Verdict> {
        if at <= self.time || at > now {
            return Err(error::OLD_REPORT.because(format!("{at}; the last one is of {}, now is {now}", self.time)));
        }
        check_rate(reported)?;
        let verdict = if reported < self.rate {
            self.fall(reported, at, now, params)?
        } else {
            self.rise(reported, at, ceiling, params)?
        };
        self.forget(now, params);
        Ok(verdict)
    }

    /// Lowers the rate at once, whenever the last report was: what the guardian does. An equal rate changes nothing.
    pub fn lower(&mut self, rate: u128, now: Timestamp, params: &Params) -> Result<Verdict> {
        let verdict = self.fall(rate, now, now, params)?;
        self.window.retain(|past| past.rate > rate);
        self.forget(now, params);
        Ok(verdict)
    }

    fn rise(&mut self, reported: u128, at: Timestamp, ceiling: Option<u128>, params: &Params) -> Result<Verdict> {
        let before = self.rate;
        let growth = floor_ratio(&[before, params.rate_growth_max, secs(at.since(self.time))], &[HOUR_SECS, WAD])?;
        let agreed = add(before, growth)?;
        let cap = agreed.max(self.high_water).min(ceiling.unwrap_or(u128::MAX).max(before));
        self.rate = reported.min(cap);
        if growth > 0 || reported == before || self.rate > before {
            self.time = at;
        }
        let rate = self.rate;
        self.window.retain(|past| past.rate > rate);
        let mut watch_ended = false;
        if let Some(since) = self.watch_since {
            if reported > agreed {
                self.watch_since = Some(at);
            } else if at.since(since) >= params.watch_min {
                (self.watch_since, self.high_water, watch_ended) = (None, 0, true);
            }
        }
        let clamped = self.rate < reported;
        Ok(Verdict { before, rate, clamped, drop: 0, watch_began: false, watch_ended, impaired: false })
    }

    fn fall(&mut self, reported: u128, at: Timestamp, now: Timestamp, params: &Params) -> Result<Verdict> {
        let (before, peak) = (self.rate, self.peak(now, params));
        let lost = peak.checked_sub(reported).ok_or_else(|| Error::fault("assets: a fall from below"))?;
        let drop = floor_ratio(&[lost, WAD], &[peak])?;
        // A fraction above the limit counts as above it.
        let above = |limit: u128| Ok::<_, Error>(ceil_ratio(&[lost, WAD], &[peak])? > limit);
        self.window.retain(|past| past.rate > before);
        self.window.push(Past { rate: before, until: now });
        (self.rate, self.time) = (reported, at);
        let (deep, impaired) = (above(params.drop_watch)?, above(params.drop_halt)?);
        let watch_began = deep && self.watch_since.is_none();
        if deep {
            self.high_water = self.high_water.max(peak);
        }
        if deep || self.watch_since.is_some() {
            self.watch_since = Some(at);
        }
        Ok(Verdict { before, rate: reported, clamped: false, drop, watch_began, watch_ended: false, impaired })
    }

    /// Drops what is older than the window, and keeps the rest short.
    fn forget(&mut self, now: Timestamp, params: &Params) {
        self.window.retain(|past| now.since(past.until) <= params.rate_window);
        while self.window.len() > PAST_MAX {
            let Some(newest) = self.window.pop() else { return };
            if let Some(higher) = self.window.last_mut() {
                higher.until = newest.until;
            }
        }
    }
}

fn add(a: u128, b: u128) -> Result<u128> {
    a.checked_add(b).ok_or_else(|| error::RATE_OUT_OF_BOUNDS.because("a rate beyond 128 bits"))
}

/// How units of an asset and of its underlying compare, apart from the rate: factor and divisor, one of them 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scale {
    factor: u128,
    divisor: u128,
}

impl Scale {
    /// # Errors
    /// assets 1 for more than 18 places of difference.
    pub fn new(decimals: u32, underlying: u32) -> Result<Self> {
        let power = |places: u32| {
            let wrong = || error::INVALID_TERMS.because(format!("{decimals} and {underlying} decimal places"));
            if places > 18 { Err(wrong()) } else { 10_u128.checked_pow(places).ok_or_else(wrong) }
        };
        Ok(match decimals.checked_sub(underlying) {
            Some(more) => Self { factor: 1, divisor: power(more)? },
            None => Self { factor: power(underlying.abs_diff(decimals))?, divisor: 1 },
        })
    }

    /// Value of an amount at a rate, rounded down: who holds the others gains.
    pub fn value_floor(&self, amount: u128, rate: u128) -> Result<u128, NumError> {
        floor_ratio(&[amount, rate, self.factor], &[WAD, self.divisor])
    }

    /// Value of an amount at a rate, rounded up.
    pub fn value_ceil(&self, amount: u128, rate: u128) -> Result<u128, NumError> {
        ceil_ratio(&[amount, rate, self.factor], &[WAD, self.divisor])
    }

    /// Units of the asset that a value buys at a rate, rounded down: who gives them gains.
    pub fn amount_floor(&self, value: u128, rate: u128) -> Result<u128, NumError> {
        floor_ratio(&[value, WAD, self.divisor], &[rate, self.factor])
    }
}

/// The rates of an asset at a time, and the values that they give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pricing {
    pub r: u128,
    /// At which a deposit is valued.
    pub r_lo: u128,
    /// At which what is held already is valued when shares are issued.
    pub r_hi: u128,
    pub scale: Scale,
}

impl Pricing {
    /// Value for reports, rounded down.
    pub fn value(&self, amount: u128) -> Result<u128> {
        Ok(self.scale.value_floor(amount, self.r)?)
    }

    /// Value of what somebody brings, rounded down: those who are there gain.
    pub fn value_lo(&self, amount: u128) -> Result<u128> {
        Ok(self.scale.value_floor(amount, self.r_lo)?)
    }

    /// Value of what is there, rounded up: those who are there gain.
    pub fn value_hi(&self, amount: u128) -> Result<u128> {
        Ok(self.scale.value_ceil(amount, self.r_hi)?)
    }
}

/// The rates of an asset now. `r_hi` is rounded up, once.
pub fn pricing(asset: &Asset, now: Timestamp, params: &Params) -> Result<Pricing> {
    let r = asset.course.rate;
    let r_lo = asset.price.map_or(r, |q| q.price.min(r));
    let peak = asset.course.peak(now, params).max(asset.course.high_water);
    let age = secs(asset.age(now));
    let grown = floor_ratio(&[YEAR_SECS, WAD], &[1])?
        .checked_add(floor_ratio(&[params.apr_cap, age], &[1])?)
        .ok_or_else(|| error::RATE_OUT_OF_BOUNDS.because("a rate older than 128 bits"))?;
    let r_hi = if asset.source == Source::Static { peak } else { ceil_ratio(&[peak, grown], &[YEAR_SECS, WAD])? };
    Ok(Pricing { r, r_lo, r_hi, scale: Scale::new(asset.decimals, asset.underlying_decimals)? })
}

/// Is a price too far below the rate? The limit is rounded up: the cautious side.
pub fn is_below_parity(price: u128, rate: u128, params: &Params) -> Result<bool> {
    let part = WAD.checked_sub(params.parity_tolerance).ok_or_else(|| Error::fault("assets: a tolerance above 1"))?;
    Ok(price < ceil_ratio(&[rate, part], &[WAD])?)
}
