//! The consensus engine around the chain: who proposes, votes, is absent and signs twice, and when an update of the set takes effect.

use std::collections::{BTreeMap, VecDeque};

use entente_chain::{Evidence, ValidatorUpdate, Vote, VoteFlag};
use entente_kernel::crypto::sha256_truncated;
use entente_kernel::{ConsAddress, Timestamp};

use super::dice::Dice;

/// The most that all powers may add up to in CometBFT.
pub const TOTAL_POWER_MAX: i64 = i64::MAX / 8;

type Set = BTreeMap<ConsAddress, i64>;

/// A height in the past: its time and its validators.
#[derive(Debug, Clone)]
struct Past {
    height: i64,
    time: Timestamp,
    set: Set,
}

/// The net. `sets` holds the validators of the block before, of this block and of the next.
#[derive(Debug, Clone)]
pub struct Net {
    sets: VecDeque<Set>,
    past: Vec<Past>,
    /// Blocks for which a validator will still be absent.
    asleep: BTreeMap<ConsAddress, u64>,
    /// In how many of 100 blocks a validator falls asleep.
    sleepy: u64,
    /// In how many of 100 blocks somebody is accused.
    false_hearted: u64,
}

/// What the engine decides about a block.
#[derive(Debug, Clone)]
pub struct Round {
    pub proposer: ConsAddress,
    pub votes: Vec<Vote>,
    pub evidence: Vec<Evidence>,
}

pub fn cons_address(pub_key: &[u8; 32]) -> ConsAddress {
    ConsAddress::from_array(sha256_truncated(pub_key))
}

impl Net {
    /// # Errors
    /// What CometBFT would not start with.
    pub fn start(validators: &[ValidatorUpdate], dice: &mut Dice) -> Result<Self, String> {
        let set = changed(&Set::new(), validators)?;
        let sets = VecDeque::from([Set::new(), set.clone(), set]);
        let (sleepy, false_hearted) = *dice.pick(&[(0, 0), (1, 0), (1, 1), (4, 1), (2, 4)]);
        Ok(Self { sets, past: Vec::new(), asleep: BTreeMap::new(), sleepy, false_hearted })
    }

    /// The validators of this block.
    pub fn validators(&self) -> impl Iterator<Item = &ConsAddress> {
        self.sets[1].keys()
    }

    pub fn round(&mut self, dice: &mut Dice, height: i64, time: Timestamp) -> Round {
        let set = self.sets[1].clone();
        let addresses: Vec<_> = set.keys().copied().collect();
        let proposer = dice.any(&addresses).copied().unwrap_or(ConsAddress::from_array([0; 20]));
        let mut last: Vec<_> = self.sets[0].iter().map(|(a, p)| (*a, *p)).collect();
        last.sort_by_key(|(address, power)| (std::cmp::Reverse(*power), *address));
        let votes = last.iter().map(|(address, power)| self.vote(dice, *address, *power)).collect();
        let evidence = self.evidence(dice, height);
        self.past.push(Past { height, time, set });
        if self.past.len() > 60 {
            self.past.remove(0);
        }
        Round { proposer, votes, evidence }
    }

    fn vote(&mut self, dice: &mut Dice, address: ConsAddress, power: i64) -> Vote {
        let asleep = self.asleep.entry(address).or_default();
        if *asleep == 0 && dice.chance(self.sleepy) {
            *asleep = dice.between(1, 14);
        }
        let flag = match asleep.checked_sub(1) {
            Some(left) => {
                *asleep = left;
                VoteFlag::Absent
            }
            None if dice.chance(5) => VoteFlag::Nil,
            None => VoteFlag::Commit,
        };
        Vote { address, power, flag }
    }

    /// Now and then a proof: of a recent or an old height, again, twice in a block, or against nobody.
    fn evidence(&self, dice: &mut Dice, height: i64) -> Vec<Evidence> {
        let mut out = Vec::new();
        while dice.chance(self.false_hearted) {
            let Some(past) = dice.any(&self.past) else { break };
            let members: Vec<_> = past.set.iter().map(|(a, p)| (*a, *p)).collect();
            let Some((address, power)) = dice.any(&members).copied() else { break };
            let stranger = dice.chance(5);
            out.push(Evidence {
                duplicate_vote: dice.chance(80),
                address: if stranger { ConsAddress::from_array(dice.bytes()) } else { address },
                power,
                height: if dice.chance(3) { height + 5 } else { past.height },
                time: past.time,
                total_power: past.set.values().sum(),
            });
        }
        out
    }

    /// Takes the updates that a block gave; they hold from the block after the next.
    ///
    /// # Errors
    /// What would stop CometBFT.
    pub fn update(&mut self, updates: &[ValidatorUpdate]) -> Result<(), String> {
        let next = changed(&self.sets[2], updates)?;
        self.sets.pop_front();
        self.sets.push_back(next);
        Ok(())
    }
}

fn changed(before: &Set, updates: &[ValidatorUpdate]) -> Result<Set, String> {
    let mut set = before.clone();
    let mut seen = Vec::new();
    for update in updates {
        let address = cons_address(&update.pub_key);
        if seen.contains(&address) {
            return Err(format!("two updates for validator {address:?}"));
        }
        seen.push(address);
        match update.power {
            power if power < 0 => return Err(format!("power {power} of validator {address:?}")),
            0 if set.remove(&address).is_none() => return Err(format!("{address:?} is removed, but it is not there")),
            0 => {}
            power => {
                set.insert(address, power);
            }
        }
    }
    let total = set.values().try_fold(0_i64, |sum, power| sum.checked_add(*power));
    if total.is_none_or(|total| total > TOTAL_POWER_MAX) {
        return Err(format!("the powers add up to {total:?}, more than {TOTAL_POWER_MAX}"));
    }
    if set.is_empty() {
        return Err("the validator set would be empty".to_owned());
    }
    Ok(set)
}
