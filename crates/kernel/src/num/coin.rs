//! `Coin` and `Coins`: whole amounts of denominations.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::deccoin::{DecCoin, DecCoins};
use super::list::List;
use super::wide::malformed;
use super::{Denom, Int, NumError};

/// An amount of one denomination. The amount may be any `Int`; collections only hold positive ones.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
pub struct Coin {
    /// What it is.
    pub denom: Denom,
    /// How much of it, in base units.
    pub amount: Int,
}

impl Coin {
    /// A coin.
    pub fn new(denom: Denom, amount: Int) -> Coin {
        Coin { denom, amount }
    }

    /// Is the amount zero?
    pub fn is_zero(&self) -> bool {
        self.amount.is_zero()
    }

    /// Is the amount greater than zero?
    pub fn is_positive(&self) -> bool {
        self.amount.is_positive()
    }

    /// Is the amount less than zero?
    pub fn is_negative(&self) -> bool {
        self.amount.is_negative()
    }

    /// The sum of two coins of one denomination.
    pub fn add(&self, other: &Coin) -> Result<Coin, NumError> {
        self.same_denom(other)?;
        Ok(Coin::new(self.denom.clone(), self.amount.add(other.amount)?))
    }

    /// The difference of two coins of one denomination.
    ///
    /// # Errors
    /// The other coin is larger.
    pub fn sub(&self, other: &Coin) -> Result<Coin, NumError> {
        self.same_denom(other)?;
        let amount = self.amount.sub(other.amount)?;
        if amount.is_negative() {
            return Err(negative(&self.denom, self.amount, other.amount));
        }
        Ok(Coin::new(self.denom.clone(), amount))
    }

    fn same_denom(&self, other: &Coin) -> Result<(), NumError> {
        if self.denom == other.denom {
            return Ok(());
        }
        Err(NumError::DenomMismatch { left: self.denom.to_string(), right: other.denom.to_string() })
    }
}

impl fmt::Display for Coin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.amount, self.denom)
    }
}

/// `10uente`, blanks allowed between amount and denomination.
///
/// # Rounding
/// Decimal places are dropped, as the SDK's `ParseCoinNormalized` does.
impl FromStr for Coin {
    type Err = NumError;

    fn from_str(text: &str) -> Result<Coin, NumError> {
        let coin: DecCoin = text.parse()?;
        Ok(Coin::new(coin.denom, coin.amount.split().0))
    }
}

/// Coins in ascending order of denominations, each denomination once, every amount positive.
#[derive(Clone, Default, PartialEq, Eq, Hash, BorshSerialize, Serialize)]
#[serde(transparent)]
pub struct Coins(List<Coin>);

impl Coins {
    /// No coins.
    pub const fn empty() -> Coins {
        Coins(List::EMPTY)
    }

    /// Sorts the coins and drops zeros.
    ///
    /// # Errors
    /// A denomination that occurs twice (other than with zero); a negative amount.
    pub fn new(mut coins: Vec<Coin>) -> Result<Coins, NumError> {
        coins.retain(|coin| !coin.is_zero());
        coins.sort();
        Coins::from_strict(coins)
    }

    /// One coin, or none if its amount is zero.
    ///
    /// # Errors
    /// A negative amount.
    pub fn one(coin: Coin) -> Result<Coins, NumError> {
        Coins::new(vec![coin])
    }

    /// One coin, or none if its amount is zero.
    ///
    /// # Errors
    /// A negative amount.
    pub fn from_coin(coin: &Coin) -> Result<Coins, NumError> {
        Coins::one(coin.clone())
    }

    /// Takes the coins as they are.
    ///
    /// # Errors
    /// The first violation of order, uniqueness or positivity, in the words of the SDK's `Coins.Validate`.
    pub fn from_strict(coins: Vec<Coin>) -> Result<Coins, NumError> {
        let mut previous: Option<&Denom> = None;
        for coin in &coins {
            check_next(previous, &coin.denom, coin.is_positive(), || coin.to_string())?;
            previous = Some(&coin.denom);
        }
        Ok(Coins(coins.into()))
    }

    /// Takes (denomination, amount) pairs of a message as they are.
    ///
    /// # Errors
    /// An amount that is no integer; then the first violation of denomination, order, uniqueness or positivity, in the words
    /// of the SDK's `Coins.Validate`.
    pub fn from_wire_strict<D: AsRef<str>, A: AsRef<str>>(
        pairs: impl IntoIterator<Item = (D, A)>,
    ) -> Result<Coins, NumError> {
        let parsed: Vec<(D, Int)> = pairs
            .into_iter()
            .map(|(denom, amount)| Ok((denom, amount.as_ref().parse()?)))
            .collect::<Result<_, NumError>>()?;
        let mut coins: Vec<Coin> = Vec::with_capacity(parsed.len());
        for (denom, amount) in parsed {
            let coin = Coin::new(Denom::new(denom.as_ref())?, amount);
            check_next(coins.last().map(|last| &last.denom), &coin.denom, coin.is_positive(), || coin.to_string())?;
            coins.push(coin);
        }
        Ok(Coins(coins.into()))
    }

    /// The sum.
    pub fn add(&self, other: &Coins) -> Result<Coins, NumError> {
        if other.is_empty() || self.is_empty() {
            return Ok(if self.is_empty() { other.clone() } else { self.clone() });
        }
        let mut sum = Vec::with_capacity(self.len().saturating_add(other.len()));
        for pair in Merge::new(&self.0, &other.0) {
            match pair {
                (Some(left), Some(right)) => sum.push(left.add(right)?),
                (Some(one), None) | (None, Some(one)) => sum.push(one.clone()),
                (None, None) => {}
            }
        }
        Ok(Coins(sum.into()))
    }

    /// The sum with one coin.
    ///
    /// # Errors
    /// A negative coin.
    pub fn add_coin(&self, coin: &Coin) -> Result<Coins, NumError> {
        self.add(&Coins::from_coin(coin)?)
    }

    /// The difference.
    ///
    /// # Errors
    /// The first denomination of which `other` holds more, with both amounts.
    pub fn sub(&self, other: &Coins) -> Result<Coins, NumError> {
        if other.is_empty() {
            return Ok(self.clone());
        }
        let mut rest = Vec::with_capacity(self.len());
        for pair in Merge::new(&self.0, &other.0) {
            match pair {
                (Some(left), Some(right)) => rest.push(left.sub(right)?),
                (Some(left), None) => rest.push(left.clone()),
                (None, Some(right)) => return Err(negative(&right.denom, Int::ZERO, right.amount)),
                (None, None) => {}
            }
        }
        rest.retain(|coin| !coin.is_zero());
        Ok(Coins(rest.into()))
    }

    /// The difference without its zeros, and whether any amount of it is negative.
    pub fn safe_sub(&self, other: &Coins) -> (Vec<Coin>, bool) {
        let mut rest = Vec::with_capacity(self.len());
        for pair in Merge::new(&self.0, &other.0) {
            let (denom, amount) = match pair {
                (Some(left), Some(right)) => (&left.denom, left.amount.difference_of_magnitudes(right.amount)),
                (Some(left), None) => (&left.denom, left.amount),
                (None, Some(right)) => (&right.denom, right.amount.neg()),
                (None, None) => continue,
            };
            if !amount.is_zero() {
                rest.push(Coin::new(denom.clone(), amount));
            }
        }
        let any_negative = rest.iter().any(Coin::is_negative);
        (rest, any_negative)
    }

    /// The smaller amount of each denomination that both hold.
    pub fn min(&self, other: &Coins) -> Coins {
        let both = Merge::new(&self.0, &other.0).filter_map(|pair| match pair {
            (Some(left), Some(right)) => Some(if right.amount < left.amount { right } else { left }),
            _ => None,
        });
        Coins(both.cloned().collect::<Vec<_>>().into())
    }

    /// The larger amount of each denomination that at least one holds.
    pub fn max(&self, other: &Coins) -> Coins {
        let any = Merge::new(&self.0, &other.0).filter_map(|pair| match pair {
            (Some(left), Some(right)) => Some(if right.amount > left.amount { right } else { left }),
            (left, right) => left.or(right),
        });
        Coins(any.cloned().collect::<Vec<_>>().into())
    }

    /// Every amount times `factor`.
    ///
    /// # Errors
    /// A factor that is not positive.
    pub fn mul_int(&self, factor: Int) -> Result<Coins, NumError> {
        if factor.is_zero() {
            return Err(NumError::MultiplicationByZero);
        }
        let multiply = |coin: &Coin| Ok(Coin::new(coin.denom.clone(), coin.amount.mul(factor)?));
        Coins::from_strict(self.0.iter().map(multiply).collect::<Result<_, NumError>>()?)
    }

    /// The amount of a denomination; zero if it is not there.
    pub fn amount_of(&self, denom: &str) -> Int {
        let found = self.0.binary_search_by(|coin| coin.denom.as_str().cmp(denom));
        found.ok().and_then(|at| self.0.get(at)).map_or(Int::ZERO, |coin| coin.amount)
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
    pub fn iter(&self) -> std::slice::Iter<'_, Coin> {
        self.0.iter()
    }

    /// The coins in ascending order of denominations.
    pub fn as_slice(&self) -> &[Coin] {
        &self.0
    }

    /// The denominations in ascending order.
    pub fn denoms(&self) -> impl Iterator<Item = &Denom> {
        self.0.iter().map(|coin| &coin.denom)
    }

    /// Is there at least as much as in `other` of everything that `other` holds?
    pub fn is_all_gte(&self, other: &Coins) -> bool {
        other.0.iter().all(|coin| self.amount_of(coin.denom.as_str()) >= coin.amount)
    }

    /// Does `other` hold at least as much of everything that is here?
    pub fn is_all_lte(&self, other: &Coins) -> bool {
        other.is_all_gte(self)
    }

    /// Is there more than in `other` of any denomination that both hold?
    pub fn is_any_gt(&self, other: &Coins) -> bool {
        Merge::new(&self.0, &other.0)
            .any(|pair| matches!(pair, (Some(left), Some(right)) if left.amount > right.amount))
    }

    /// Is there at least as much as in `other` of any denomination that both hold?
    pub fn is_any_gte(&self, other: &Coins) -> bool {
        Merge::new(&self.0, &other.0)
            .any(|pair| matches!(pair, (Some(left), Some(right)) if left.amount >= right.amount))
    }

    /// The coins in ascending order of denominations.
    pub fn into_vec(self) -> Vec<Coin> {
        self.0.into_vec()
    }

    /// For callers of this folder that keep the invariant themselves.
    pub(super) fn from_sorted(coins: Vec<Coin>) -> Coins {
        Coins(coins.into())
    }
}

impl<'a> IntoIterator for &'a Coins {
    type Item = &'a Coin;
    type IntoIter = std::slice::Iter<'a, Coin>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl IntoIterator for Coins {
    type Item = Coin;
    type IntoIter = std::vec::IntoIter<Coin>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_vec().into_iter()
    }
}

impl fmt::Display for Coins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        join(f, &self.0)
    }
}

impl fmt::Debug for Coins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Coins separated by commas, in any order; an empty text is no coins.
///
/// # Rounding
/// Decimal places are dropped, as the SDK's `ParseCoinsNormalized` does.
impl FromStr for Coins {
    type Err = NumError;

    fn from_str(text: &str) -> Result<Coins, NumError> {
        let coins: DecCoins = text.parse()?;
        Ok(coins.truncate_decimal().0)
    }
}

/// Any order, zeros dropped; `null` is no coins.
impl<'de> Deserialize<'de> for Coins {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Coins, D::Error> {
        let coins = <Option<Vec<Coin>> as Deserialize>::deserialize(deserializer)?;
        Coins::new(coins.unwrap_or_default()).map_err(serde::de::Error::custom)
    }
}

impl BorshDeserialize for Coins {
    fn deserialize_reader<R: std::io::Read>(reader: &mut R) -> std::io::Result<Coins> {
        let coins = Vec::<Coin>::deserialize_reader(reader)?;
        Coins::from_strict(coins).map_err(|_| malformed("coins are not sorted, unique and positive"))
    }
}

/// The checks of one member of a strict collection against the one before it.
pub(super) fn check_next(
    previous: Option<&Denom>,
    denom: &Denom,
    positive: bool,
    coin: impl FnOnce() -> String,
) -> Result<(), NumError> {
    match previous.map(|previous| denom.cmp(previous)) {
        Some(Ordering::Less) => Err(NumError::NotSorted { denom: denom.to_string() }),
        Some(Ordering::Equal) => Err(NumError::DuplicateDenom { denom: denom.to_string() }),
        Some(Ordering::Greater) if !positive => Err(NumError::NotPositive { coin: denom.to_string() }),
        None if !positive => Err(NumError::NotPositive { coin: coin() }),
        _ => Ok(()),
    }
}

/// Not enough of a denomination.
pub(super) fn negative(denom: &Denom, have: impl fmt::Display, wanted: impl fmt::Display) -> NumError {
    NumError::NegativeAmount { denom: denom.to_string(), have: have.to_string(), wanted: wanted.to_string() }
}

/// Members separated by commas.
pub(super) fn join(f: &mut fmt::Formatter<'_>, members: &[impl fmt::Display]) -> fmt::Result {
    for (at, member) in members.iter().enumerate() {
        if at > 0 {
            f.write_str(",")?;
        }
        write!(f, "{member}")?;
    }
    Ok(())
}

/// What has a denomination.
pub(super) trait HasDenom {
    fn denom(&self) -> &Denom;
}

impl HasDenom for Coin {
    fn denom(&self) -> &Denom {
        &self.denom
    }
}

/// Walks two sorted lists together: one pair per denomination, in ascending order.
pub(super) struct Merge<'a, T> {
    left: std::iter::Peekable<std::slice::Iter<'a, T>>,
    right: std::iter::Peekable<std::slice::Iter<'a, T>>,
}

impl<'a, T: HasDenom> Merge<'a, T> {
    pub(super) fn new(left: &'a [T], right: &'a [T]) -> Merge<'a, T> {
        Merge { left: left.iter().peekable(), right: right.iter().peekable() }
    }
}

impl<'a, T: HasDenom> Iterator for Merge<'a, T> {
    type Item = (Option<&'a T>, Option<&'a T>);

    fn next(&mut self) -> Option<Self::Item> {
        let order = match (self.left.peek(), self.right.peek()) {
            (None, None) => return None,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(left), Some(right)) => left.denom().cmp(right.denom()),
        };
        Some(match order {
            Ordering::Less => (self.left.next(), None),
            Ordering::Equal => (self.left.next(), self.right.next()),
            Ordering::Greater => (None, self.right.next()),
        })
    }
}
