//! What must hold of presence.

use entente_kernel::{Result, View};

use super::{missed, state};

/// The counter of missed blocks is the number of bits set.
pub fn missed_counter(view: &View) -> Result<Option<String>> {
    for row in state::SIGNING_INFOS.iter(view) {
        let (cons, info) = row?;
        let (counter, bits) = (info.0.missed_blocks_counter, missed::all(view, &cons)?.len());
        if i64::try_from(bits) != Ok(counter) {
            return Ok(Some(format!("{}: counter {counter}, bits {bits}", view.bech32().cons(&cons))));
        }
    }
    Ok(None)
}
