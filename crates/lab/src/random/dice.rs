//! Chance from a seed: the same seed gives the same run on every machine.

use entente_kernel::num::Int;

/// A generator of pseudo-random numbers (SplitMix64).
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed ^ 0x5851_f42d_4c95_7f2d)
    }

    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to `n - 1`; 0 if `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        self.number().checked_rem(n).unwrap_or(0)
    }

    /// From `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// True in `percent` of 100 cases.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[usize::try_from(self.below(from.len() as u64)).unwrap_or(0)]
    }

    /// One of them, if there is any.
    pub fn any<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        if from.is_empty() { None } else { Some(self.pick(from)) }
    }

    /// One of them, in proportion to its weight.
    pub fn weighted<'a, T>(&mut self, from: &'a [(u64, T)]) -> &'a T {
        let mut left = self.below(from.iter().map(|(w, _)| w).sum());
        for (weight, item) in from {
            match left.checked_sub(*weight) {
                None => return item,
                Some(rest) => left = rest,
            }
        }
        &from[0].1
    }

    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.number().to_le_bytes()[0])
    }

    /// An amount for somebody who has `have`: mostly a part of it, sometimes all, too much, or out of this world.
    pub fn amount(&mut self, have: Int) -> Int {
        let part = |percent: u64| have.mul(Int::from(percent)).and_then(|n| n.quo(Int::from(100_u64))).unwrap_or(have);
        match self.below(100) {
            0..=2 => Int::ZERO,
            3..=12 => Int::ONE,
            13..=17 => Int::from(self.between(2, 20)),
            18..=29 => have,
            30..=31 => have.add(Int::ONE).unwrap_or(have),
            32 => have.sub(Int::ONE).unwrap_or(have),
            33 => Int::MAX,
            34 => self.huge(),
            35..=54 => Int::from(self.below(2_000_000)),
            _ => part(self.between(1, 60)),
        }
    }

    /// A power of two.
    pub fn huge(&mut self) -> Int {
        let two = Int::from(2_u64);
        (0..self.between(60, 255)).fold(Int::ONE, |n, _| n.mul(two).unwrap_or(n))
    }

    /// A decimal number as text: mostly between 0 and 1, often at an end of it, sometimes far away.
    pub fn dec(&mut self) -> String {
        match self.below(100) {
            0..=9 => "0".to_owned(),
            10..=19 => "1".to_owned(),
            20..=24 => "0.000000000000000001".to_owned(),
            25..=29 => "0.999999999999999999".to_owned(),
            30..=39 => "0.5".to_owned(),
            40..=49 => "0.01".to_owned(),
            50..=52 => "2".to_owned(),
            53..=54 => "1000000000000000000".to_owned(),
            55 => "-0.1".to_owned(),
            56 => format!("{}", self.huge()),
            57..=59 => format!("{}", self.below(1_000_000)),
            _ => format!("0.{:018}", self.below(1_000_000_000_000_000_000)),
        }
    }

    /// A span in seconds: mostly short, at times years, rarely senseless.
    pub fn secs(&mut self) -> i64 {
        let secs = match self.below(100) {
            0..=1 => return 0,
            2 => return -1,
            3 => 9_223_372_036,
            4..=9 => self.between(1, 100) * 31_556_952,
            10..=24 => self.between(1, 30) * 86_400,
            25..=39 => self.between(60, 86_400),
            _ => self.between(1, 60),
        };
        i64::try_from(secs).unwrap_or(0)
    }
}
