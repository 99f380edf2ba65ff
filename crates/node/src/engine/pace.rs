//! When blocks are made: as soon as a transaction is there, by the clock, or when somebody asks.

use std::time::Duration;

use super::{Engine, Halt};

/// The rhythm of blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// A block as soon as a transaction waits, and an empty one after `idle` without any.
    Instant { idle: Option<Duration> },
    /// A block in every interval.
    Timed(Duration),
    /// Only on request.
    Manual,
}

/// Makes blocks until the engine halts.
pub async fn run(engine: Engine, pace: Pace) -> Halt {
    let halted = engine.halted();
    tokio::select! {
        halt = halted => halt,
        halt = make(engine.clone(), pace) => halt,
    }
}

async fn make(engine: Engine, pace: Pace) -> Halt {
    loop {
        match pace {
            Pace::Instant { idle } => {
                let idle = async {
                    match idle {
                        Some(idle) => tokio::time::sleep(idle).await,
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    () = engine.0.arrived.notified() => {}
                    () = idle => {}
                }
            }
            Pace::Timed(interval) => tokio::time::sleep(interval).await,
            Pace::Manual => return std::future::pending().await,
        }
        let drains = matches!(pace, Pace::Instant { .. });
        if let Err(halt) = make_some(engine.clone(), drains).await {
            return halt;
        }
    }
}

/// One block, or with `drains` as many as it takes until no transaction waits.
async fn make_some(engine: Engine, drains: bool) -> Result<(), Halt> {
    let work = move || {
        loop {
            let before = engine.waiting(0).1;
            engine.make_block()?;
            let after = engine.waiting(0).1;
            // What does not fit in a block at all must not make blocks forever.
            if !drains || after == 0 || after >= before {
                return Ok(());
            }
        }
    };
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|e| Err(Halt(format!("making a block failed: {e}"))))
}
