//! Time as benches report it: on the wall, and on the processor, which other work on the machine does not change much.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// A running measurement of the thread that started it.
pub struct Clock {
    began: Instant,
    on_cpu: Duration,
}

/// What a piece of work took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spent {
    pub wall: Duration,
    /// Time of this thread on a processor; of other threads nothing.
    pub cpu: Duration,
}

impl Clock {
    pub fn start() -> Self {
        Self { began: Instant::now(), on_cpu: on_cpu() }
    }

    pub fn stop(&self) -> Spent {
        Spent { wall: self.began.elapsed(), cpu: on_cpu().saturating_sub(self.on_cpu) }
    }
}

/// How long this thread has run, to the nanosecond: what `/proc` says is as old as the scheduler's last look.
fn on_cpu() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime).try_into().unwrap_or_default()
}

impl std::ops::AddAssign for Spent {
    fn add_assign(&mut self, other: Self) {
        self.wall += other.wall;
        self.cpu += other.cpu;
    }
}

/// Many measurements of the same thing.
#[derive(Debug, Clone, Default)]
pub struct Spread(Vec<Duration>);

impl Spread {
    pub fn add(&mut self, one: Duration) {
        self.0.push(one);
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value below which so many of a thousand lie.
    pub fn permille(&self, part: usize) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let last = sorted.len().saturating_sub(1);
        sorted.get((sorted.len() * part / 1_000).min(last)).copied().unwrap_or_default()
    }

    pub fn median(&self) -> Duration {
        self.permille(500)
    }

    pub fn most(&self) -> Duration {
        self.permille(1_000)
    }

    pub fn least(&self) -> Duration {
        self.permille(0)
    }
}

impl FromIterator<Duration> for Spread {
    fn from_iter<I: IntoIterator<Item = Duration>>(iter: I) -> Self {
        Self(iter.into_iter().collect())
    }
}

/// The number behind `--name` among the arguments of the command.
pub fn number(name: &str, default: u64) -> u64 {
    let arguments: Vec<String> = std::env::args().collect();
    let at = arguments.iter().position(|a| a.strip_prefix("--") == Some(name));
    at.and_then(|at| arguments.get(at + 1)).and_then(|n| n.replace('_', "").parse().ok()).unwrap_or(default)
}
