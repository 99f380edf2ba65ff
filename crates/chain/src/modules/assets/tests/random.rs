//! Random reports against a second model in plain integers, which keeps the whole history of a rate.

use entente_kernel::Timestamp;
use entente_kernel::num::WAD;
use proptest::prelude::*;

use super::super::Params;
use super::super::math::{Course, RATE_MAX, RATE_MIN, pricing};
use super::wad;

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

/// What the specification says, word by word: every rate that ever was in force, with the time from which it was.
struct Model {
    history: Vec<(i64, u128)>,
    time: i64,
    watch: Option<i64>,
    high_water: u128,
    impaired: bool,
}

impl Model {
    fn rate(&self) -> u128 {
        self.history.last().unwrap().1
    }

    /// The largest rate that was in force in the last day, the ends included.
    fn peak(&self, now: i64) -> u128 {
        let ends = self.history.iter().skip(1).map(|(from, _)| *from).chain([i64::MAX]);
        let recent = self.history.iter().zip(ends).filter(|(_, end)| now.saturating_sub(*end) <= DAY);
        recent.map(|((_, rate), _)| *rate).max().unwrap()
    }

    fn report(&mut self, now: i64, reported: u128) {
        let rate = self.rate();
        if reported < rate {
            let peak = self.peak(now);
            let lost = peak - reported;
            if lost * 1_000 > peak * 2 {
                self.high_water = self.high_water.max(peak);
                self.watch = Some(now);
            } else if self.watch.is_some() {
                self.watch = Some(now);
            }
            self.impaired |= lost * 10 > peak * 2;
            self.time = now;
            self.history.push((now, reported));
            return;
        }
        // 10^-4 an hour.
        let growth = rate * u128::try_from(now - self.time).unwrap() / (3_600 * 10_000);
        let new = reported.min((rate + growth).max(self.high_water));
        if growth >= 1 || reported == rate || new > rate {
            self.time = now;
        }
        match self.watch {
            Some(_) if reported > rate + growth => self.watch = Some(now),
            Some(since) if now - since >= HOUR => (self.watch, self.high_water) = (None, 0),
            _ => {}
        }
        if new != rate {
            self.history.push((now, new));
        }
    }
}

fn step() -> impl Strategy<Value = (i64, i64)> {
    // Seconds to wait, and the report relative to the rate in force, in millionths.
    let wait = prop_oneof![1..120_i64, 1..2 * HOUR, HOUR..2 * DAY];
    let change = prop_oneof![Just(0_i64), -1..2_i64, -150..150_i64, -3_000..3_000_i64, -250_000..400_000_i64];
    (wait, change)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn reports_do_what_the_plain_model_says(start in RATE_MIN * 10..RATE_MAX / 1_000, steps in prop::collection::vec(step(), 1..60)) {
        let params = Params::default();
        let mut course = Course::new(start, Timestamp::from_secs(0));
        let mut model = Model { history: vec![(0, start)], time: 0, watch: None, high_water: 0, impaired: false };
        let (mut now, mut impaired) = (0_i64, false);
        for (wait, change) in steps {
            now += wait;
            let rate = course.rate;
            let reported = rate.checked_add_signed(i128::try_from(rate).unwrap() / 1_000_000 * i128::from(change)).unwrap();
            if !(RATE_MIN..=RATE_MAX).contains(&reported) {
                continue;
            }
            let at = Timestamp::from_secs(now);
            let (before, high_water, last) = (course.rate, course.high_water, course.time);
            let verdict = course.accept(reported, at, at, None, &params).unwrap();
            impaired |= verdict.impaired;
            model.report(now, reported);
            prop_assert_eq!(course.rate, model.rate());
            prop_assert_eq!(course.time, Timestamp::from_secs(model.time));
            prop_assert_eq!(course.watch_since, model.watch.map(Timestamp::from_secs));
            prop_assert_eq!(course.high_water, model.high_water);
            prop_assert_eq!(impaired, model.impaired);
            prop_assert_eq!(course.peak(at, &params), model.peak(now));
            // Accepted growth, recovery apart; time only goes on; a fall is taken as it is.
            let most = before + before * u128::try_from(at.since(last).whole_secs()).unwrap() / 36_000_000;
            prop_assert!(course.rate <= most.max(high_water));
            prop_assert!(course.time >= last);
            prop_assert!(reported >= before || course.rate == reported);
        }
    }

    #[test]
    fn nobody_is_credited_too_much_while_the_true_rate_is_between_the_bounds(
        amount in 1..1_u128 << 90, part in 0..=1_000_u128, age in 0..40 * DAY, price in 0..2_000_u128,
    ) {
        let params = Params::default();
        let mut w = super::world();
        let mut asset = super::asset(&w);
        w.ctx.env_mut().time = asset.course.time.plus(entente_kernel::Span::from_secs(age));
        if price > 0 {
            asset.price = Some(super::super::state::Price { price: wad("1.3") / 1_000 * price, time: w.ctx.time() });
        }
        let p = pricing(&asset, w.ctx.time(), &params).unwrap();
        let truth = p.r_lo + (p.r_hi - p.r_lo) / 1_000 * part;
        // Amounts times rates, compared without division.
        prop_assert!(p.value_lo(amount).unwrap() <= entente_kernel::num::floor_ratio(&[amount, truth], &[WAD]).unwrap());
        prop_assert!(p.value_hi(amount).unwrap() >= entente_kernel::num::ceil_ratio(&[amount, truth], &[WAD]).unwrap());
        prop_assert!(p.value_lo(amount).unwrap() <= p.value(amount).unwrap());
    }

    #[test]
    fn values_of_assets_with_other_decimal_places_are_exact(amount: u64, decimals in 0..=18_u32, rate in RATE_MIN..RATE_MAX) {
        let scale = super::Scale::new(decimals, 6).unwrap();
        let (amount, ten) = (u128::from(amount), |n: u32| 10_u128.pow(n));
        let wanted = if decimals >= 6 {
            entente_kernel::num::floor_ratio(&[amount, rate], &[WAD, ten(decimals - 6)])
        } else {
            entente_kernel::num::floor_ratio(&[amount, rate, ten(6 - decimals)], &[WAD])
        };
        prop_assert_eq!(scale.value_floor(amount, rate).unwrap(), wanted.unwrap());
    }
}

#[test]
fn more_falls_than_are_kept_only_make_the_bound_higher() {
    let params = Params::default();
    let mut course = Course::new(wad("1.3"), Timestamp::from_secs(0));
    for n in 1..200_i64 {
        let at = Timestamp::from_secs(n * 60);
        let reported = course.rate - 1_000_000;
        course.accept(reported, at, at, None, &params).unwrap();
        assert!(course.window.len() <= 32);
        assert_eq!(course.peak(at, &params), wad("1.3"));
    }
}
