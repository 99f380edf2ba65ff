//! Time as benches report it: on the wall, and on the processor, which other work on the machine does not change much.

use std::time::{Duration, Instant};

/// A running measurement of the thread that started it.
pub struct Clock {
    began: Instant,
    on_cpu: Option<u64>,
}

/// What a piece of work took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spent {
    pub wall: Duration,
    /// Time of this thread on a processor; of other threads nothing. The wall time where the system does not tell.
    pub cpu: Duration,
}

impl Clock {
    pub fn start() -> Self {
        Self { began: Instant::now(), on_cpu: on_cpu() }
    }

    pub fn stop(&self) -> Spent {
        let wall = self.began.elapsed();
        let cpu = self.on_cpu.zip(on_cpu()).map(|(from, to)| Duration::from_nanos(to.saturating_sub(from)));
        Spent { wall, cpu: cpu.unwrap_or(wall) }
    }
}

/// Nanoseconds that this thread has run, by Linux' scheduler.
fn on_cpu() -> Option<u64> {
    std::fs::read_to_string("/proc/thread-self/schedstat").ok()?.split(' ').next()?.parse().ok()
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
