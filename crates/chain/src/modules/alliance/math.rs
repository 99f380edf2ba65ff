//! The formulas: shares and tokens, removals, takes, weights, the split of rewards. Pure; the order of roundings is upstream's.

use std::sync::LazyLock;

use entente_kernel::num::{Dec, Int, NumError, Wide};
use entente_kernel::{Span, Timestamp};

type Result<T> = std::result::Result<T, NumError>;

/// Tolerance of shown balances, in tokens, and of complete removals, in shares: 0.01.
pub const EPSILON: Dec = Dec::from_scaled_u64(10_000_000_000_000_000);

/// 10^54: coins in the unit of what [`accrue`] carries over.
static COIN: LazyLock<Wide> = LazyLock::new(|| {
    let billion_squared = Wide::from_u64(1_000_000_000_000_000_000);
    let cubed = billion_squared.mul(billion_squared).and_then(|n| n.mul(billion_squared));
    cubed.unwrap_or_default()
});

/// One coin in units of 10^-54 coin.
pub fn coin_unit() -> Wide {
    *COIN
}

/// `S(T, S, n)`: shares that n tokens buy in a pool of `tokens` and `shares`; one per token in an empty pool.
///
/// # Rounding
/// The price to the nearest 10^-18, then exact.
pub fn shares_for_tokens(tokens: Dec, shares: Dec, n: Int) -> Result<Dec> {
    if shares.is_zero() { Ok(Dec::from_int(n)) } else { shares.quo(tokens)?.mul_int(n) }
}

/// As [`shares_for_tokens`] with the price rounded up: who removes them gives a little more.
pub fn shares_for_tokens_up(tokens: Dec, shares: Dec, n: Int) -> Result<Dec> {
    if shares.is_zero() { Ok(Dec::from_int(n)) } else { shares.quo_round_up(tokens)?.mul_int(n) }
}

/// `K(T, S, s)`: tokens that s of the pool's shares stand for; all of them if there are no shares.
///
/// # Rounding
/// The part to the nearest 10^-18, then the product to the nearest.
pub fn tokens_for_shares(tokens: Dec, shares: Dec, part: Dec) -> Result<Dec> {
    if shares.is_zero() { Ok(tokens) } else { part.quo(shares)?.mul(tokens) }
}

/// The pool of an asset at a validator, reduced to what decides the value of a delegation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    /// `V(v,a)`: tokens of the asset at the validator.
    pub tokens: Dec,
    /// `TDS(v,a)`: delegation shares in them.
    pub shares: Dec,
}

impl Price {
    /// Tokens that `shares` delegation shares stand for, without the epsilon.
    pub fn raw_value(self, shares: Dec) -> Result<Dec> {
        tokens_for_shares(self.tokens, self.shares, shares)
    }

    /// The balance that is shown for `shares` delegation shares and may be withdrawn.
    ///
    /// # Rounding
    /// Down after 0.01 token was added, so that 9.999... counts as 10: the delegator may gain up to 0.01 token.
    pub fn value(self, shares: Dec) -> Result<Int> {
        self.raw_value(shares)?.add(EPSILON)?.truncate_int()
    }

    /// Delegation shares for n tokens.
    ///
    /// # Errors
    /// A pool without value that still has shares cannot be bought into.
    pub fn shares_for(self, n: Int) -> Result<Dec> {
        if self.is_fresh()? { Ok(Dec::from_int(n)) } else { shares_for_tokens(self.tokens, self.shares, n) }
    }

    fn shares_for_up(self, n: Int) -> Result<Dec> {
        if self.is_fresh()? { Ok(Dec::from_int(n)) } else { shares_for_tokens_up(self.tokens, self.shares, n) }
    }

    /// Less than one share: the next delegation counts one share per token.
    fn is_fresh(self) -> Result<bool> {
        Ok(self.shares.truncate_int()?.is_zero())
    }
}

/// What a removal of n tokens from a delegation comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// These delegation shares go.
    Shares(Dec),
    /// More than the delegation holds by far (upstream: staking 22).
    NotEnoughShares,
    /// The shares found are worth only so much.
    NotEnoughTokens(Int),
}

/// The shares that a withdrawal of n tokens removes from a delegation of `held` shares.
///
/// Upstream's rule, except that nothing up to the shown balance is refused: exactly the shown balance removes the whole delegation,
/// and where upstream's rounding would refuse less than that, the conversion with every rounding up is used.
pub fn removal(price: Price, held: Dec, n: Int) -> Result<Removal> {
    let shown = price.value(held)?;
    if n == shown {
        return Ok(Removal::Shares(held));
    }
    let chosen = chosen_shares(price, held, n)?;
    let worth = chosen.map(|x| price.value(x)).transpose()?;
    match (chosen, worth) {
        (Some(x), Some(worth)) if n <= worth => Ok(Removal::Shares(x)),
        _ if n < shown => Ok(Removal::Shares(price.shares_for_up(n)?.min(held))),
        (_, Some(worth)) => Ok(Removal::NotEnoughTokens(worth)),
        _ => Ok(Removal::NotEnoughShares),
    }
}

/// Upstream's choice; `None` is its refusal staking 22.
fn chosen_shares(price: Price, held: Dec, n: Int) -> Result<Option<Dec>> {
    let x = price.shares_for(n)?;
    if held.sub(x)?.abs() < EPSILON {
        return Ok(Some(held));
    }
    if held < x.truncate_dec() {
        return Ok(None);
    }
    Ok(Some(x.min(held)))
}

/// The virtual native stake of an asset at one validator: its weight in native stake, shared by validator shares.
///
/// `all_shares` are the shares at validators that count; zero gives nothing.
pub fn virtual_stake(weight: Dec, native: Int, shares: Dec, all_shares: Dec) -> Result<Dec> {
    part_of_stake(weight.mul_int(native)?, shares, all_shares)
}

/// As [`virtual_stake`], of an asset whose weight in native stake is `stake`.
pub fn part_of_stake(stake: Dec, shares: Dec, all_shares: Dec) -> Result<Dec> {
    if !shares.is_positive() || !all_shares.is_positive() {
        return Ok(Dec::ZERO);
    }
    shares.quo(all_shares)?.mul(stake)
}

/// Divides c coins among parties with the given weights, in 10^-54 coin: each gets the floor of its part, the last takes the rest.
pub fn split(c: Int, weights: &[Dec]) -> Result<Vec<Wide>> {
    let total = weights.iter().try_fold(Dec::ZERO, |sum, w| sum.add(*w))?;
    let (all, total) = (Wide::from_int(c)?.mul(coin_unit())?, Wide::from_dec(total)?);
    let (mut left, mut parts) = (all, Vec::with_capacity(weights.len()));
    for (i, weight) in weights.iter().enumerate() {
        let last = i.checked_add(1) == Some(weights.len());
        let part = match () {
            () if last => left,
            () if total.is_zero() => Wide::ZERO,
            () => all.mul(Wide::from_dec(*weight)?)?.div_rem(total)?.0,
        };
        left = left.sub(part)?;
        parts.push(part);
    }
    Ok(parts)
}

/// Adds a part to what is carried (both in 10^-54 coin) and divides by the delegation shares: the rise of the index in 10^-36 coin per
/// share, and what is carried on. Nothing is lost.
pub fn accrue(part: Wide, carried: Wide, shares: Dec) -> Result<(Wide, Wide)> {
    part.add(carried)?.div_rem(Wide::from_dec(shares)?)
}

/// What `shares` earned while the index rose by `rise`: whole coins, and the fraction in 10^-54 coin.
pub fn earned(shares: Dec, rise: Wide) -> Result<(Int, Wide)> {
    let (whole, fraction) = Wide::from_dec(shares)?.mul(rise)?.div_rem(coin_unit())?;
    Ok((whole.to_int()?, fraction))
}

/// The part of an amount that a fault takes.
///
/// # Rounding
/// Up: many small entries lose no less than one large one. At most the amount.
pub fn slashed(amount: Int, factor: Dec) -> Result<Int> {
    Ok(factor.mul_int(amount)?.ceil()?.truncate_int()?.min(amount))
}

/// Whole intervals since `last`, if the end of the first one has passed; `None` if nothing is due.
pub fn intervals_due(now: Timestamp, last: Timestamp, interval: Span) -> Option<u64> {
    if now <= last.plus(interval) {
        return None;
    }
    whole_intervals(now, last, interval)
}

/// `(now - last) div interval`; `None` for an interval that is not positive or an earlier `now`.
pub fn whole_intervals(now: Timestamp, last: Timestamp, interval: Span) -> Option<u64> {
    let n = now.since(last).0.checked_div(interval.0)?;
    u64::try_from(n).ok().filter(|_| interval.is_positive())
}

/// Of n intervals since `last`, those that begin at or after the asset's start.
pub fn taxed_intervals(n: u64, last: Timestamp, interval: Span, start: Timestamp) -> u64 {
    if start <= last {
        return n;
    }
    let wait = start.since(last).0;
    let missed = wait.checked_div(interval.0).unwrap_or(i64::MAX);
    let partial = i64::from(wait.checked_rem(interval.0).unwrap_or_default() != 0);
    let missed = missed.checked_add(partial).unwrap_or(i64::MAX);
    u64::try_from(missed).ok().and_then(|missed| n.checked_sub(missed)).unwrap_or_default()
}

/// `last` moved on by n intervals.
pub fn advance(last: Timestamp, interval: Span, n: u64) -> Timestamp {
    let nanos = i64::try_from(n).ok().and_then(|n| interval.0.checked_mul(n));
    last.plus(Span(nanos.unwrap_or(i64::MAX)))
}

/// What is left of `tokens` after n takes; `None` if the asset is spared because at most one token would remain.
///
/// # Rounding
/// Down: the take gains the fraction.
pub fn after_take(tokens: Int, take_rate: Dec, n: u64) -> Result<Option<Int>> {
    let rest = Dec::ONE.sub(take_rate)?.power(n)?.mul_int(tokens)?;
    if rest <= Dec::ONE { Ok(None) } else { Ok(Some(rest.truncate_int()?)) }
}

/// The weight after n changes by `rate`, kept between `min` and `max`. A factor too large to be written gives the upper bound,
/// except that a weight of zero stays zero.
pub fn changed_weight(weight: Dec, rate: Dec, n: u64, min: Dec, max: Dec) -> Dec {
    let grown = rate.power(n).and_then(|factor| weight.mul(factor));
    let grown = match grown {
        Ok(weight) => weight,
        Err(_) if weight.is_zero() => Dec::ZERO,
        Err(_) => max,
    };
    let floored = if grown < min { min } else { grown };
    if floored > max { max } else { floored }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn dec(text: &str) -> Dec {
        text.parse().unwrap()
    }

    fn int(n: u128) -> Int {
        Int::from(n)
    }

    #[test]
    fn v4_slightly_more_than_the_delegation_is_refused_by_its_value() {
        let total = int(1_000_005_000);
        let tokens = tokens_for_shares(Dec::from_int(total), Dec::from_int(total), dec("5000")).unwrap();
        assert_eq!(tokens.to_string(), "5000.000000000000625000");
        let price = Price { tokens, shares: dec("5000") };
        assert_eq!(price.value(dec("5000")).unwrap(), int(5000));
        assert_eq!(price.shares_for(int(5001)).unwrap().to_string(), "5000.999999999999374875");
        assert_eq!(removal(price, dec("5000"), int(5001)).unwrap(), Removal::NotEnoughTokens(int(5000)));
        assert_eq!(removal(price, dec("5000"), int(1_000_000_000)).unwrap(), Removal::NotEnoughShares);
    }

    #[test]
    fn v6_a_tiny_difference_of_shares_means_all_of_them() {
        let total = Dec::from_int(int(1_000_000_000_000_000_200));
        let tokens = tokens_for_shares(total, total, dec("200")).unwrap();
        assert_eq!(tokens.to_string(), "200.000000000000040000");
        let price = Price { tokens, shares: dec("200") };
        assert_eq!(price.shares_for(int(200)).unwrap().to_string(), "199.999999999999960000");
        assert_eq!(removal(price, dec("200"), int(200)).unwrap(), Removal::Shares(dec("200")));
    }

    #[test]
    fn s4_the_shown_balance_can_be_withdrawn_where_upstream_refuses() {
        // 1,000,000,000 and 5 units staked, take 0.5 twelve times: TT = 244140, a price of 4096 shares per token.
        let (tt, tvs) = (Dec::from_int(int(244_140)), dec("1000000005"));
        let held = dec("1000000000");
        let price = Price { tokens: tokens_for_shares(tt, tvs, held).unwrap(), shares: held };
        let shown = price.value(held).unwrap();
        assert_eq!(shown, int(244_140));
        assert_eq!(chosen_shares(price, held, shown).unwrap(), None, "upstream: staking 22 for the balance it shows");
        assert_eq!(removal(price, held, shown).unwrap(), Removal::Shares(held));
        // The last unit of five: 4091 shares are shown as 1 although 4096 are wanted for it.
        let small = dec("4091.01");
        let price = Price { tokens: dec("0.995"), shares: small };
        assert_eq!(price.value(small).unwrap(), int(1));
        assert_eq!(chosen_shares(price, small, int(1)).unwrap(), None, "upstream: staking 22, for ever");
        assert_eq!(removal(price, small, int(1)).unwrap(), Removal::Shares(small));
    }

    #[test]
    fn h2_growth_without_bound_stops_at_the_upper_bound_and_zero_stays_zero() {
        let grown = |weight: &str, n| changed_weight(dec(weight), dec("1.5"), n, dec("0.1"), dec("2")).to_string();
        assert_eq!(grown("1", 437), "2.000000000000000000", "upstream: Int overflow, the chain stops");
        assert_eq!(grown("0", 437), "0.100000000000000000");
        assert_eq!(grown("1", 1), "1.500000000000000000");
        let halved = changed_weight(dec("0.075"), dec("0.5"), 2, dec("0.05"), dec("0.10"));
        assert_eq!(halved.to_string(), "0.050000000000000000", "V16");
    }

    #[test]
    fn v18_a_decaying_weight_follows_the_step_by_step_roundings() {
        let mut weight = Dec::ONE;
        for _ in 0..4320 {
            weight = changed_weight(weight, dec("0.99998"), 1, Dec::ZERO, dec("5"));
        }
        assert_eq!(weight.to_string(), "0.917226474430831837");
        assert_eq!(dec("0.99998").power(4320).unwrap().to_string(), "0.917226474430831856");
    }

    #[test]
    fn s7_an_asset_pays_only_for_whole_intervals_after_its_start() {
        let at = Timestamp::from_secs;
        let span = Span::from_secs(300);
        assert_eq!(intervals_due(at(1901), at(1000), span), Some(3));
        assert_eq!(intervals_due(at(1300), at(1000), span), None);
        assert_eq!([1000, 1001, 1300, 1301].map(|s| taxed_intervals(3, at(1000), span, at(s))), [3, 2, 2, 1]);
        assert_eq!(taxed_intervals(3, at(1000), span, at(9000)), 0);
        assert_eq!(advance(at(1000), span, 3), at(1900));
    }

    #[test]
    fn v13_a_take_spares_what_would_fall_to_one_token() {
        let mut tokens = int(1_000_000_000);
        let mut seen = Vec::new();
        while let Some(rest) = after_take(tokens, dec("0.8"), 2).unwrap() {
            seen.push(rest);
            tokens = rest;
        }
        assert_eq!(seen, [40_000_000, 1_600_000, 64_000, 2560, 102, 4].map(int));
    }

    #[test]
    fn a_split_gives_floors_and_the_rest_to_the_last() {
        let third: Wide = "333333333333333333333333333333333333333333333333333333".parse().unwrap();
        let rest: Wide = "333333333333333333333333333333333333333333333333333334".parse().unwrap();
        assert_eq!(split(int(1), &[dec("1"), dec("1"), dec("1")]).unwrap(), [third, third, rest]);
        assert_eq!(split(int(1), &[Dec::ZERO, Dec::ZERO]).unwrap(), [Wide::ZERO, coin_unit()]);
        assert_eq!(split(int(1), &[dec("0.1")]).unwrap(), [coin_unit()]);
    }

    #[test]
    fn slashes_of_small_amounts_round_up() {
        assert_eq!(slashed(int(19), dec("0.05")).unwrap(), int(1), "upstream takes 0 of 19");
        assert_eq!(slashed(int(20), dec("0.05")).unwrap(), int(1));
        assert_eq!(slashed(int(1), Dec::ONE).unwrap(), int(1));
        assert_eq!(slashed(Int::ZERO, dec("0.05")).unwrap(), Int::ZERO);
    }

    fn amounts() -> impl Strategy<Value = Int> {
        (1u128..1_000_000_000_000_000_000_000_000).prop_map(int)
    }

    proptest! {
        /// Index and remainder together are worth exactly the coins that came in.
        #[test]
        fn accruing_loses_nothing(part in amounts(), shares in amounts(), carried in 0u64..u64::MAX, scale in 0u32..18) {
            let shares = Dec::from_scaled(shares).mul_int(Int::from(10u64.pow(scale))).unwrap();
            let carried = Wide::from_u64(carried);
            let part = Wide::from_int(part).unwrap().mul(coin_unit()).unwrap();
            let (rise, rest) = accrue(part, carried, shares).unwrap();
            let (whole, fraction) = earned(shares, rise).unwrap();
            let back = Wide::from_int(whole).unwrap().mul(coin_unit()).unwrap().add(fraction).unwrap().add(rest).unwrap();
            prop_assert_eq!(back, part.add(carried).unwrap());
            prop_assert!(rest < Wide::from_dec(shares).unwrap());
        }

        /// Everything up to the shown balance can be withdrawn, and is worth at least what is asked.
        #[test]
        fn nothing_up_to_the_shown_balance_is_refused(
            tt in amounts(), tvs in amounts(), tds in amounts(), held in 1u64..1_000_000_000, asked in 0u64..1_000_000_000,
        ) {
            let shares = Dec::from_int(tds);
            let held = shares.mul(Dec::from_scaled(Int::from(held).mul(Int::from(1_000_000_000)).unwrap())).unwrap();
            let tokens = tokens_for_shares(Dec::from_int(tt), Dec::from_int(tvs), Dec::from_int(tvs)).unwrap();
            let price = Price { tokens, shares };
            let shown = price.value(held).unwrap();
            prop_assume!(shown.is_positive());
            let n = shown.mul(Int::from(asked)).unwrap().quo(Int::from(1_000_000_000)).unwrap().max(Int::ONE);
            match removal(price, held, n).unwrap() {
                Removal::Shares(x) => {
                    prop_assert!(x <= held);
                    prop_assert!(n == shown || price.value(x).unwrap() >= n, "{} for {}", price.value(x).unwrap(), n);
                }
                refused => prop_assert!(false, "{:?} of {} shown {}", refused, n, shown),
            }
        }

        /// S5: one withdrawal pays at most 0.01 token and the rounding of the price more than the shares are worth.
        #[test]
        fn s5_the_epsilon_gives_away_at_most_a_hundredth(tt in amounts(), tds in amounts(), part in 1u64..1_000_000_000) {
            let price = Price { tokens: Dec::from_int(tt), shares: Dec::from_int(tds) };
            let held = price.shares.mul(Dec::from_scaled(Int::from(part).mul(Int::from(1_000_000_000)).unwrap())).unwrap();
            let shown = Dec::from_int(price.value(held).unwrap());
            let bound = Dec::from_scaled(tt).add(EPSILON).unwrap();
            // The exact value, rounded up at the 18th place.
            let exact = held.mul_int(tt).unwrap().quo_round_up(price.shares).unwrap();
            prop_assert!(shown.sub(exact).unwrap() <= bound);
        }

        #[test]
        fn parts_of_a_split_add_up(c in amounts(), weights in prop::collection::vec(0u64..u64::MAX, 1..8)) {
            let weights: Vec<Dec> = weights.into_iter().map(|w| Dec::from_scaled(Int::from(w))).collect();
            let sum = split(c, &weights).unwrap().into_iter().try_fold(Wide::ZERO, Wide::add).unwrap();
            prop_assert_eq!(sum, Wide::from_int(c).unwrap().mul(coin_unit()).unwrap());
        }
    }
}
