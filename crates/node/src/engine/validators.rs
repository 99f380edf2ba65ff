//! The validators of a height: their order, their hash, and whose turn it is to propose.
//!
//! # Compatibility
//! CometBFT 0.38. The set is ordered by power, then address; that order is hashed. Priorities decide the proposer and are part of
//! what the RPC shows, so the arithmetic (clipping, rounding toward zero, floor of the average) is CometBFT's.

use entente_kernel::crypto::{ed25519, merkle};
use entente_proto::tendermint::crypto::{PublicKey, public_key::Sum};
use entente_proto::tendermint::types as wire;
use prost::Message as _;

/// CometBFT's bound of the total voting power.
pub const TOTAL_POWER_MAX: i64 = i64::MAX / 8;
/// Priorities may lie at most this many times the total power apart.
const PRIORITY_WINDOW: i64 = 2;

/// A validator with its turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validator {
    pub address: [u8; 20],
    pub pub_key: [u8; 32],
    pub power: i64,
    pub priority: i64,
}

impl Validator {
    fn new(pub_key: [u8; 32], power: i64) -> Self {
        Self { address: ed25519::address(&pub_key), pub_key, power, priority: 0 }
    }
}

/// A change of a set cannot be applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetError {
    #[error("the changes would leave no validator")]
    Empty,
    #[error("a voting power of {0} is outside 0..={TOTAL_POWER_MAX}")]
    Power(i64),
    #[error("the total voting power would exceed {TOTAL_POWER_MAX}")]
    Total,
}

/// The validators of one height.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ValidatorSet {
    validators: Vec<Validator>,
    /// Who had the turn that was counted last.
    proposer: Option<[u8; 20]>,
}

impl ValidatorSet {
    /// The set of a genesis; the first proposer's turn has been counted.
    ///
    /// # Errors
    /// As [`Self::update`].
    pub fn new(validators: impl IntoIterator<Item = ([u8; 32], i64)>) -> Result<Self, SetError> {
        let mut set = Self::default();
        let changes: Vec<_> = validators.into_iter().collect();
        set.update(&changes)?;
        set.rotate(1);
        Ok(set)
    }

    pub fn validators(&self) -> &[Validator] {
        &self.validators
    }

    pub fn total_power(&self) -> i64 {
        self.validators.iter().map(|v| v.power).sum()
    }

    pub fn by_address(&self, address: &[u8]) -> Option<&Validator> {
        self.validators.iter().find(|v| v.address == address)
    }

    /// Whose turn it is.
    pub fn proposer(&self) -> Option<&Validator> {
        self.proposer.and_then(|address| self.by_address(&address)).or_else(|| self.foremost())
    }

    /// The highest priority; between equals the lower address.
    fn foremost(&self) -> Option<&Validator> {
        self.validators.iter().reduce(|best, v| {
            let wins = v.priority > best.priority || (v.priority == best.priority && v.address < best.address);
            if wins { v } else { best }
        })
    }

    /// The Merkle root over keys and powers.
    pub fn hash(&self) -> [u8; 32] {
        let leaf = |v: &Validator| {
            wire::SimpleValidator { pub_key: Some(public_key(v.pub_key)), voting_power: v.power }.encode_to_vec()
        };
        merkle::root(&self.validators.iter().map(leaf).collect::<Vec<_>>())
    }

    /// Applies new powers; 0 removes. A newcomer starts with a low priority, so that leaving and coming back does not pay.
    ///
    /// # Errors
    /// The set is then unchanged.
    pub fn update(&mut self, changes: &[([u8; 32], i64)]) -> Result<(), SetError> {
        if changes.is_empty() {
            return Ok(());
        }
        let mut next = self.validators.clone();
        let mut newcomers = Vec::new();
        for &(key, power) in changes.iter().filter(|(_, power)| *power != 0) {
            if !(0..=TOTAL_POWER_MAX).contains(&power) {
                return Err(SetError::Power(power));
            }
            match next.iter_mut().find(|v| v.pub_key == key) {
                Some(known) => known.power = power,
                None => newcomers.push(Validator::new(key, power)),
            }
        }
        let total = next.iter().chain(&newcomers).try_fold(0i64, |sum, v| sum.checked_add(v.power));
        let total = total.filter(|total| *total <= TOTAL_POWER_MAX).ok_or(SetError::Total)?;
        for newcomer in &mut newcomers {
            newcomer.priority = -(total + (total >> 3));
        }
        next.extend(newcomers);
        next.retain(|v| !changes.iter().any(|(key, power)| *power == 0 && *key == v.pub_key));
        if next.is_empty() {
            return Err(SetError::Empty);
        }
        self.validators = next;
        self.rescale();
        self.centre();
        self.validators.sort_by(|a, b| b.power.cmp(&a.power).then(a.address.cmp(&b.address)));
        Ok(())
    }

    /// Counts `turns` turns: everybody gains its power, the proposer pays the total.
    pub fn rotate(&mut self, turns: u64) {
        if self.validators.is_empty() {
            return;
        }
        self.rescale();
        self.centre();
        let total = self.total_power();
        for _ in 0..turns {
            for v in &mut self.validators {
                v.priority = v.priority.saturating_add(v.power);
            }
            let Some(address) = self.foremost().map(|v| v.address) else { return };
            self.proposer = Some(address);
            if let Some(v) = self.validators.iter_mut().find(|v| v.address == address) {
                v.priority = v.priority.saturating_sub(total);
            }
        }
    }

    /// The same set after `turns` more turns.
    #[must_use]
    pub fn rotated(&self, turns: u64) -> Self {
        let mut set = self.clone();
        set.rotate(turns);
        set
    }

    fn rescale(&mut self) {
        let window = PRIORITY_WINDOW.saturating_mul(self.total_power());
        let highest = self.validators.iter().map(|v| v.priority).max().unwrap_or_default();
        let lowest = self.validators.iter().map(|v| v.priority).min().unwrap_or_default();
        let spread = highest.saturating_sub(lowest);
        if window > 0 && spread > window {
            let ratio = (spread.saturating_add(window) - 1) / window;
            for v in &mut self.validators {
                v.priority /= ratio;
            }
        }
    }

    fn centre(&mut self) {
        let Ok(count) = i128::try_from(self.validators.len()) else { return };
        if count == 0 {
            return;
        }
        let sum: i128 = self.validators.iter().map(|v| i128::from(v.priority)).sum();
        let average = i64::try_from(sum.div_euclid(count)).unwrap_or_default();
        for v in &mut self.validators {
            v.priority = v.priority.saturating_sub(average);
        }
    }

    pub fn to_wire(&self) -> wire::ValidatorSet {
        wire::ValidatorSet {
            validators: self.validators.iter().map(to_wire).collect(),
            proposer: self.proposer().map(to_wire),
            total_voting_power: self.total_power(),
        }
    }

    /// `None` if a key is not ed25519.
    pub fn from_wire(set: &wire::ValidatorSet) -> Option<Self> {
        let validator = |v: &wire::Validator| {
            let key = ed25519_key(v.pub_key.as_ref()?)?;
            Some(Validator { priority: v.proposer_priority, ..Validator::new(key, v.voting_power) })
        };
        let proposer = set.proposer.as_ref().and_then(|v| v.address.as_slice().try_into().ok());
        Some(Self { validators: set.validators.iter().map(validator).collect::<Option<_>>()?, proposer })
    }
}

fn to_wire(v: &Validator) -> wire::Validator {
    wire::Validator {
        address: v.address.to_vec(),
        pub_key: Some(public_key(v.pub_key)),
        voting_power: v.power,
        proposer_priority: v.priority,
    }
}

pub fn public_key(key: [u8; 32]) -> PublicKey {
    PublicKey { sum: Some(Sum::Ed25519(key.to_vec())) }
}

pub fn ed25519_key(key: &PublicKey) -> Option<[u8; 32]> {
    match key.sum.as_ref()? {
        Sum::Ed25519(bytes) => bytes.as_slice().try_into().ok(),
        Sum::Secp256k1(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_follow_power() {
        let mut set = ValidatorSet::new([([1; 32], 1), ([2; 32], 2), ([3; 32], 3)]).unwrap();
        let mut turns = [0; 3];
        for _ in 0..60 {
            let proposer = set.proposer().unwrap().pub_key;
            turns[usize::from(proposer[0]) - 1] += 1;
            set.rotate(1);
        }
        assert_eq!(turns, [10, 20, 30]);
        assert_eq!(set.validators()[0].power, 3);
    }

    #[test]
    fn the_last_validator_cannot_be_removed_and_a_refused_change_changes_nothing() {
        let mut set = ValidatorSet::new([([1; 32], 5)]).unwrap();
        let before = set.clone();
        assert_eq!(set.update(&[([1; 32], 0)]), Err(SetError::Empty));
        assert_eq!(set.update(&[([2; 32], -1)]), Err(SetError::Power(-1)));
        assert_eq!(set.update(&[([2; 32], TOTAL_POWER_MAX)]), Err(SetError::Total));
        assert_eq!(set, before);
        set.update(&[([2; 32], 7), ([1; 32], 0)]).unwrap();
        assert_eq!(set.validators().len(), 1);
        set.rotate(1);
        assert_eq!(ValidatorSet::from_wire(&set.to_wire()), Some(set));
    }

    #[test]
    fn a_newcomer_waits_for_its_turn() {
        let mut set = ValidatorSet::new([([1; 32], 10), ([2; 32], 10)]).unwrap();
        set.update(&[([3; 32], 10)]).unwrap();
        let newcomer = ed25519::address(&[3; 32]);
        assert!(set.by_address(&newcomer).unwrap().priority < 0);
        assert_ne!(set.proposer().unwrap().address, newcomer);
    }
}
