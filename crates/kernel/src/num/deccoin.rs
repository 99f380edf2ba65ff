//! `DecCoin` and `DecCoins`: amounts of denominations with 18 decimal places, for rewards and prices.

use std::fmt;
use std::str::FromStr;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::coin::{HasDenom, Merge, check_next, join, negative};
use super::error::Quoted;
use super::list::List;
use super::wide::malformed;
use super::{Coin, Coins, Dec, Denom, NumError};

/// An amount of one denomination with decimal places. The amount may be any `Dec`; collections only hold positive ones.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
pub struct DecCoin {
    /// What it is.
    pub denom: Denom,
    /// How much of it, in base units.
    pub amount: Dec,
}

impl DecCoin {
    /// A coin.
    pub fn new(denom: Denom, amount: Dec) -> DecCoin {
        DecCoin { denom, amount }
    }

    /// The same amount with decimal places.
    pub fn from_coin(coin: &Coin) -> DecCoin {
        DecCoin::new(coin.denom.clone(), Dec::from_int(coin.amount))
    }

    /// Is the amount zero?
    pub fn is_zero(&self) -> bool {
        self.amount.is_zero()
    }

    /// The whole part (toward zero) and the rest.
    pub fn truncate_decimal(&self) -> (Coin, DecCoin) {
        let (whole, rest) = self.amount.split();
        (Coin::new(self.denom.clone(), whole), DecCoin::new(self.denom.clone(), rest))
    }
}

impl HasDenom for DecCoin {
    fn denom(&self) -> &Denom {
        &self.denom
    }
}

impl fmt::Display for DecCoin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.amount, self.denom)
    }
}

/// `1.5uente`, blanks allowed around and between amount and denomination; no sign.
impl FromStr for DecCoin {
    type Err = NumError;

    fn from_str(text: &str) -> Result<DecCoin, NumError> {
        let refuse = || NumError::CoinExpression { value: Quoted::new(text) };
        let text = text.trim();
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(refuse)?;
        let (amount, denom) = text.split_at_checked(end).ok_or_else(refuse)?;
        let denom = denom.trim_start_matches([' ', '\t', '\n', '\u{b}', '\u{c}', '\r']);
        if amount.is_empty() || !Denom::is_valid(denom) {
            return Err(refuse());
        }
        Ok(DecCoin::new(Denom::new(denom)?, amount.parse()?))
    }
}

/// Coins in ascending order of denominations, each denomination once, every amount positive.
#[derive(Clone, Default, PartialEq, Eq, Hash, BorshSerialize, Serialize)]
#[serde(transparent)]
pub struct DecCoins(List<DecCoin>);

impl DecCoins {
    /// No coins.
    pub const fn empty() -> DecCoins {
        DecCoins(List::EMPTY)
    }

    /// Sorts the coins and drops zeros.
    ///
    /// # Errors
    /// A denomination that occurs twice (other than with zero); a negative amount.
    pub fn new(mut coins: Vec<DecCoin>) -> Result<DecCoins, NumError> {
        coins.retain(|coin| !coin.is_zero());
        coins.sort();
        DecCoins::from_strict(coins)
    }

    /// One coin, or none if its amount is zero.
    ///
    /// # Errors
    /// A negative amount.
    pub fn one(coin: DecCoin) -> Result<DecCoins, NumError> {
        DecCoins::new(vec![coin])
    }

    /// The same amounts with decimal places.
    pub fn from_coins(coins: &Coins) -> DecCoins {
        DecCoins(coins.iter().map(DecCoin::from_coin).collect::<Vec<_>>().into())
    }

    /// Takes the coins as they are.
    ///
    /// # Errors
    /// The first violation of order, uniqueness or positivity, in the words of the SDK's `DecCoins.Validate`.
    pub fn from_strict(coins: Vec<DecCoin>) -> Result<DecCoins, NumError> {
        let mut previous: Option<&Denom> = None;
        for coin in &coins {
            check_next(previous, &coin.denom, coin.amount.is_positive(), || coin.to_string())?;
            previous = Some(&coin.denom);
        }
        Ok(DecCoins(coins.into()))
    }

    /// The sum.
    pub fn add(&self, other: &DecCoins) -> Result<DecCoins, NumError> {
        if other.is_empty() || self.is_empty() {
            return Ok(if self.is_empty() { other.clone() } else { self.clone() });
        }
        let mut sum = Vec::with_capacity(self.len().saturating_add(other.len()));
        for pair in Merge::new(&self.0, &other.0) {
            match pair {
                (Some(left), Some(right)) => {
                    sum.push(DecCoin::new(left.denom.clone(), left.amount.add(right.amount)?));
                }
                (Some(one), None) | (None, Some(one)) => sum.push(one.clone()),
                (None, None) => {}
            }
        }
        Ok(DecCoins(sum.into()))
    }

    /// The sum with one coin.
    ///
    /// # Errors
    /// A negative coin.
    pub fn add_coin(&self, coin: &DecCoin) -> Result<DecCoins, NumError> {
        self.add(&DecCoins::one(coin.clone())?)
    }

    /// The difference.
    ///
    /// # Errors
    /// The first denomination of which `other` holds more, with both amounts.
    pub fn sub(&self, other: &DecCoins) -> Result<DecCoins, NumError> {
        if other.is_empty() {
            return Ok(self.clone());
        }
        if self.0.is_same(&other.0) {
            return Ok(DecCoins::empty());
        }
        let (rest, any_negative) = self.safe_sub(other)?;
        match rest.iter().find(|coin| coin.amount.is_negative()) {
            Some(short) if any_negative => {
                let (have, wanted) = (self.amount_of(short.denom.as_str()), other.amount_of(short.denom.as_str()));
                Err(negative(&short.denom, have, wanted))
            }
            _ => Ok(DecCoins(rest.into())),
        }
    }

    /// The difference without its zeros, and whether any amount of it is negative.
    pub fn safe_sub(&self, other: &DecCoins) -> Result<(Vec<DecCoin>, bool), NumError> {
        let mut rest = Vec::with_capacity(self.len());
        for pair in Merge::new(&self.0, &other.0) {
            let (denom, amount) = match pair {
                (Some(left), Some(right)) => (&left.denom, left.amount.sub(right.amount)?),
                (Some(left), None) => (&left.denom, left.amount),
                (None, Some(right)) => (&right.denom, right.amount.neg()),
                (None, None) => continue,
            };
            if !amount.is_zero() {
                rest.push(DecCoin::new(denom.clone(), amount));
            }
        }
        let any_negative = rest.iter().any(|coin| coin.amount.is_negative());
        Ok((rest, any_negative))
    }

    /// The smaller amount of each denomination that both hold.
    pub fn intersect(&self, other: &DecCoins) -> DecCoins {
        let both = Merge::new(&self.0, &other.0).filter_map(|pair| match pair {
            (Some(left), Some(right)) => Some(if right.amount < left.amount { right } else { left }),
            _ => None,
        });
        DecCoins(both.cloned().collect::<Vec<_>>().into())
    }

    /// Every amount times `factor`; what becomes zero disappears.
    ///
    /// # Rounding
    /// To the nearest; ties to even.
    ///
    /// # Errors
    /// A negative factor.
    pub fn mul_dec(&self, factor: Dec) -> Result<DecCoins, NumError> {
        self.map_amounts(|amount| amount.mul(factor))
    }

    /// Every amount times `factor`; what becomes zero disappears.
    ///
    /// # Rounding
    /// Toward zero: who receives the coins loses the remainders.
    ///
    /// # Errors
    /// A negative factor.
    pub fn mul_dec_truncate(&self, factor: Dec) -> Result<DecCoins, NumError> {
        self.map_amounts(|amount| amount.mul_truncate(factor))
    }

    /// Every amount divided by `divisor`; what becomes zero disappears.
    ///
    /// # Rounding
    /// As [`Dec::quo`].
    ///
    /// # Errors
    /// A divisor that is not positive, even if there are no coins and it is zero.
    pub fn quo_dec(&self, divisor: Dec) -> Result<DecCoins, NumError> {
        if divisor.is_zero() {
            return Err(NumError::DivisionByZero);
        }
        self.map_amounts(|amount| amount.quo(divisor))
    }

    /// Every amount divided by `divisor`; what becomes zero disappears.
    ///
    /// # Rounding
    /// As [`Dec::quo_truncate`]: who receives the coins loses the remainders.
    ///
    /// # Errors
    /// A divisor that is not positive, even if there are no coins and it is zero.
    pub fn quo_dec_truncate(&self, divisor: Dec) -> Result<DecCoins, NumError> {
        if divisor.is_zero() {
            return Err(NumError::DivisionByZero);
        }
        self.map_amounts(|amount| amount.quo_truncate(divisor))
    }

    fn map_amounts(&self, change: impl Fn(Dec) -> Result<Dec, NumError>) -> Result<DecCoins, NumError> {
        let mut changed = Vec::with_capacity(self.len());
        for coin in self.0.iter() {
            let amount = change(coin.amount)?;
            if !amount.is_zero() {
                changed.push(DecCoin::new(coin.denom.clone(), amount));
            }
        }
        DecCoins::from_strict(changed)
    }

    /// The whole parts (toward zero), and the rests.
    pub fn truncate_decimal(&self) -> (Coins, DecCoins) {
        let (mut wholes, mut rests) = (Vec::new(), Vec::new());
        for coin in self.0.iter() {
            let (whole, rest) = coin.truncate_decimal();
            if !whole.is_zero() {
                wholes.push(whole);
            }
            if !rest.is_zero() {
                rests.push(rest);
            }
        }
        (Coins::from_sorted(wholes), DecCoins(rests.into()))
    }

    /// The amount of a denomination; zero if it is not there.
    pub fn amount_of(&self, denom: &str) -> Dec {
        let found = self.0.binary_search_by(|coin| coin.denom.as_str().cmp(denom));
        found.ok().and_then(|at| self.0.get(at)).map_or(Dec::ZERO, |coin| coin.amount)
    }

    /// Is there nothing?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Is there nothing?
    pub fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    /// The number of denominations.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The coins in ascending order of denominations.
    pub fn iter(&self) -> std::slice::Iter<'_, DecCoin> {
        self.0.iter()
    }

    /// The coins in ascending order of denominations.
    pub fn as_slice(&self) -> &[DecCoin] {
        &self.0
    }

    /// The denominations in ascending order.
    pub fn denoms(&self) -> impl Iterator<Item = &Denom> {
        self.0.iter().map(|coin| &coin.denom)
    }

    /// The coins in ascending order of denominations.
    pub fn into_vec(self) -> Vec<DecCoin> {
        self.0.into_vec()
    }
}

impl<'a> IntoIterator for &'a DecCoins {
    type Item = &'a DecCoin;
    type IntoIter = std::slice::Iter<'a, DecCoin>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl IntoIterator for DecCoins {
    type Item = DecCoin;
    type IntoIter = std::vec::IntoIter<DecCoin>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_vec().into_iter()
    }
}

impl fmt::Display for DecCoins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        join(f, &self.0)
    }
}

impl fmt::Debug for DecCoins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Coins separated by commas, in any order; an empty text is no coins.
impl FromStr for DecCoins {
    type Err = NumError;

    fn from_str(text: &str) -> Result<DecCoins, NumError> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(DecCoins::empty());
        }
        DecCoins::new(text.split(',').map(str::parse).collect::<Result<_, NumError>>()?)
    }
}

/// Any order, zeros dropped; `null` is no coins.
impl<'de> Deserialize<'de> for DecCoins {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<DecCoins, D::Error> {
        let coins = <Option<Vec<DecCoin>> as Deserialize>::deserialize(deserializer)?;
        DecCoins::new(coins.unwrap_or_default()).map_err(serde::de::Error::custom)
    }
}

impl BorshDeserialize for DecCoins {
    fn deserialize_reader<R: std::io::Read>(reader: &mut R) -> std::io::Result<DecCoins> {
        let coins = Vec::<DecCoin>::deserialize_reader(reader)?;
        DecCoins::from_strict(coins).map_err(|_| malformed("coins are not sorted, unique and positive"))
    }
}
