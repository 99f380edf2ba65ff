//! How long the chain has stood still, in all. What people are given a time for, a batch its horizon, waits for it: who has to report a
//! fault, or to answer a report, loses none of the time in which nobody could.

use entente_kernel::{Ctx, Result, Span, Timestamp, View};

use super::state::{CLOCK, Clock};
use super::{is_used, params};

/// Sum of all halts until now.
pub fn sum(view: &View) -> Result<Span> {
    Ok(CLOCK.load(view)?.map_or(Span::ZERO, |clock| clock.halted))
}

/// Looks at the time of a new block, before anything else does. While halts are not counted the time is forgotten, and what was counted stays.
pub fn see(ctx: &mut Ctx) -> Result<()> {
    let (threshold, now) = (params(ctx)?.halt_threshold, ctx.time());
    let clock = CLOCK.load(ctx)?;
    if threshold == Span::ZERO {
        return match clock {
            Some(clock) if clock.last_block != Timestamp::NEVER => {
                CLOCK.save(ctx, &Clock { last_block: Timestamp::NEVER, ..clock })
            }
            _ => Ok(()),
        };
    }
    if !is_used(ctx)? {
        return Ok(());
    }
    let mut halted = clock.map_or(Span::ZERO, |clock| clock.halted);
    let last = clock.map(|clock| clock.last_block).filter(|last| *last != Timestamp::NEVER);
    let gap = last.map_or(Span::ZERO, |last| now.since(last));
    if gap > threshold {
        halted = Span(halted.0.saturating_add(gap.0));
    }
    CLOCK.save(ctx, &Clock { last_block: now, halted })
}
