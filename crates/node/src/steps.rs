//! Named steps of remembering a block. In tests a process may be killed at any of them; elsewhere they are nothing.

/// Every step, in the order in which a node that starts on an empty folder and makes a block passes them.
#[cfg(test)]
pub const ALL: &[&str] = &[
    "the folder is there",
    "the store is open",
    "the tip is read",
    "the state is read",
    "the home is claimed",
    "the genesis is executed",
    "the genesis is remembered",
    "the last commit is signed",
    "transactions are chosen",
    "the header is made",
    "the block is executed",
    "the state is replaced in memory",
    "where consensus stands is known",
    "the newest commit is signed",
    "index entries are made",
    "writes are assembled",
    "a pair is in the batch",
    "the block is in the batch",
    "the results are in the batch",
    "an index entry is in the batch",
    "the head is in the batch",
    "the batch is whole",
    "the batch is durable",
    "the tip is half noted",
    "the tip is noted",
    "the newest height is known",
    "the block is remembered",
    "the standing is replaced",
    "the mempool is cleaned",
    "the block is shown",
    "the block is told",
];

/// The process passes a step.
#[cfg(not(test))]
#[inline(always)]
pub const fn passed(_: &'static str) {}

/// The process passes a step; if the environment asks for it, this is the last thing that it does.
#[cfg(test)]
pub fn passed(step: &'static str) {
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicI64, Ordering};
    /// The step, and how often it is passed before the process dies there.
    static WANTED: LazyLock<Option<(String, AtomicI64)>> = LazyLock::new(|| {
        let wanted = std::env::var(WANTED_VARIABLE).ok()?;
        let (times, step) = wanted.split_once(' ')?;
        Some((step.to_owned(), AtomicI64::new(times.parse().ok()?)))
    });
    debug_assert!(ALL.contains(&step), "{step} is not in the list");
    if let Some((wanted, times)) = &*WANTED
        && wanted == step
        && times.fetch_sub(1, Ordering::SeqCst) <= 1
    {
        // Nothing is flushed and nobody is told, as with a power cut of this process alone.
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
        std::thread::sleep(std::time::Duration::from_secs(60));
    }
}

/// `TIMES STEP`: where a process of a test kills itself.
#[cfg(test)]
pub const WANTED_VARIABLE: &str = "ENTENTE_TEST_KILL_AT";
