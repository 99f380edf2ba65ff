//! When blocks are made: as soon as a transaction is there, by the clock, or when somebody asks.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Engine, Halt, Made};

/// Under load a block begins so many times later after the last one as that one took.
const REST_FACTOR: u32 = 2;
/// But no later than this.
const REST_MAX: Duration = Duration::from_millis(10);

/// The rhythm of blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// A block as soon as a transaction waits, under load a few milliseconds after the last one, and an empty one after `idle` without
    /// any.
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
    match pace {
        Pace::Instant { idle } => instant(engine, idle).await,
        Pace::Timed(interval) => loop {
            tokio::time::sleep(interval).await;
            if let Err(halt) = one_block(engine.clone()).await {
                return halt;
            }
        },
        Pace::Manual => std::future::pending().await,
    }
}

async fn instant(engine: Engine, idle: Option<Duration>) -> Halt {
    let mut rest = Duration::ZERO;
    let mut ended = Instant::now();
    // What does not fit in a block at all must not make blocks forever.
    let mut stuck = 0;
    loop {
        let waiting = engine.waiting(0).1;
        let calls = waiting > 0 && waiting != stuck;
        if calls {
            tokio::time::sleep_until((ended + rest).into()).await;
        } else {
            let quiet = async {
                match idle {
                    Some(idle) => tokio::time::sleep(idle).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = engine.0.arrived.notified() => {
                    stuck = 0;
                    // Perhaps the last block took it already.
                    continue;
                }
                () = quiet => {}
            }
        }
        let began = Instant::now();
        let made = match one_block(engine.clone()).await {
            Ok(made) => made,
            Err(halt) => return halt,
        };
        ended = Instant::now();
        rest = rest_after(ended.duration_since(began), made.txs().len());
        stuck = if made.txs().is_empty() { engine.waiting(0).1 } else { 0 };
    }
}

/// How long the next block waits for company: not at all if the last one held one transaction or none; under load so long that the fixed
/// cost of a block is shared by many.
fn rest_after(block_took: Duration, txs: usize) -> Duration {
    if txs > 1 { (block_took * REST_FACTOR).min(REST_MAX) } else { Duration::ZERO }
}

async fn one_block(engine: Engine) -> Result<Arc<Made>, Halt> {
    let made = tokio::task::spawn_blocking(move || engine.make_block()).await;
    made.unwrap_or_else(|e| Err(Halt(format!("making a block failed: {e}"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lone_transaction_never_waits_and_under_load_a_block_waits_for_company_but_not_long() {
        let ms = Duration::from_millis;
        assert_eq!(rest_after(ms(3), 0), ms(0));
        assert_eq!(rest_after(ms(3), 1), ms(0));
        assert_eq!(rest_after(ms(3), 2), ms(6));
        assert_eq!(rest_after(ms(300), 500), REST_MAX);
    }
}
