//! Time travel of development chains: moving the clock ahead, and going back to a marked height.

use std::collections::BTreeMap;
use std::sync::Arc;

use entente_chain::{Chain, Snapshot};
use entente_kernel::Span;
use entente_proto::tendermint::types as wire;

use super::archive::{entries_after, standing_entries};
use super::faults::Down;
use super::state::Standing;
use super::{CLOCK_META, Engine, Halt, Made};
use crate::disk;

/// Heights to which one can go back, while the process runs.
#[derive(Default)]
pub(super) struct Marks {
    next: u64,
    by_number: BTreeMap<u64, Mark>,
}

struct Mark {
    snapshot: Snapshot,
    standing: Standing,
    seen: wire::Commit,
    clock_ahead: Span,
    down: Down,
}

impl Engine {
    /// Moves the clock ahead for good and makes two blocks: the first sees the new time, the second what the first began.
    ///
    /// # Errors
    /// The engine has stopped.
    pub fn advance(&self, by: Span) -> Result<Arc<Made>, Halt> {
        self.move_clock(by)?;
        self.make_block()?;
        self.make_block()
    }

    /// Moves the clock ahead in as many equal steps as there are blocks, and makes a block after each; at least one.
    ///
    /// # Errors
    /// The engine has stopped.
    pub fn advance_by_blocks(&self, by: Span, blocks: u32) -> Result<Arc<Made>, Halt> {
        let step = Span(by.0 / i64::from(blocks.max(1)));
        for _ in 1..blocks {
            self.move_clock(step)?;
            self.make_block()?;
        }
        self.move_clock(step)?;
        self.make_block()
    }

    fn move_clock(&self, by: Span) -> Result<(), Halt> {
        let ahead = self.0.clock_ahead.lock().0;
        self.set_clock(Span(ahead.saturating_add(by.0.max(0))))
    }

    fn set_clock(&self, ahead: Span) -> Result<(), Halt> {
        *self.0.clock_ahead.lock() = ahead;
        Ok(self.0.archive.disk().set_meta(CLOCK_META, ahead.0.to_string().as_bytes())?)
    }

    /// Marks the present height; the answer is the mark's number and the height.
    ///
    /// # Errors
    /// The engine has stopped.
    pub fn mark(&self) -> Result<(u64, i64), Halt> {
        self.is_running()?;
        let _making = self.0.making.lock();
        let core = self.0.core.lock();
        let snapshot = core.chain.snapshot(None).cloned().ok_or_else(|| Halt("a chain without a state".to_owned()))?;
        let mut marks = self.0.marks.lock();
        marks.next += 1;
        let number = marks.next;
        let height = core.standing.height;
        let mark = Mark {
            snapshot,
            standing: core.standing.clone(),
            seen: core.seen.clone(),
            clock_ahead: *self.0.clock_ahead.lock(),
            down: self.0.down.lock().clone(),
        };
        marks.by_number.insert(number, mark);
        Ok((number, height))
    }

    /// Goes back to a mark, or to the last one; later blocks and later marks are forgotten, waiting transactions too. The answer is
    /// the mark's number and the height; `None`: there is no such mark.
    ///
    /// # Errors
    /// The engine has stopped, or stops now.
    pub fn revert(&self, number: Option<u64>) -> Result<Option<(u64, i64)>, Halt> {
        self.is_running()?;
        let _making = self.0.making.lock();
        let mut core = self.0.core.lock();
        let mut marks = self.0.marks.lock();
        let found = match number {
            None => marks.by_number.last_key_value(),
            Some(number) => marks.by_number.get_key_value(&number),
        };
        let Some((&number, mark)) = found else { return Ok(None) };
        let now = core.chain.snapshot(None).map(|s| s.forest.clone()).unwrap_or_default();
        let archive = &self.0.archive;
        let height = mark.standing.height;
        let back = disk::Block {
            height,
            app_hash: mark.snapshot.forest.root(),
            roots: mark.snapshot.forest.store_roots(),
            changes: now.changes_to(&mark.snapshot.forest),
            tables: standing_entries(Some(&mark.standing), &mark.standing, &mark.seen),
            ..disk::Block::default()
        };
        archive.disk().rewind(back, entries_after(archive, height)?).map_err(|e| self.halt(e.into()))?;
        core.chain = Chain::load(mark.snapshot.forest.clone()).map_err(|e| self.halt(Halt::fault(e)))?;
        core.standing = mark.standing.clone();
        core.seen = mark.seen.clone();
        core.mempool.clear();
        let (clock_ahead, down) = (mark.clock_ahead, mark.down.clone());
        marks.by_number.retain(|n, _| *n <= number);
        drop(marks);
        self.0.recent.write().retain(|s| s.height < height);
        self.show(&core);
        drop(core);
        self.set_clock(clock_ahead)?;
        self.keep_down(down)?;
        Ok(Some((number, height)))
    }
}
