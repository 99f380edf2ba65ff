//! The bitmap of blocks that a validator missed: one bit for each block of the window, in pieces of [`PIECE_BITS`].

use entente_kernel::{ConsAddress, Ctx, Error, Result, View};

use super::state::{MISSED, Piece};

/// Bits of one piece.
pub const PIECE_BITS: u64 = 1024;
const HEAD_BYTES: usize = 8;
const PIECE_BYTES: usize = 136;

/// Piece, byte within the piece and bit within the byte. A piece is its length in bits and then words of 64 bits, all highest byte first.
fn place(index: u64) -> Result<(Piece, usize, u8)> {
    let bit = index % PIECE_BITS;
    // Word w stands at byte 8 + 8 w, its bit b in byte 7 - b / 8 of the word.
    let byte = (bit / 64).checked_mul(8).and_then(|word| word.checked_add(7)).and_then(|n| n.checked_sub(bit % 64 / 8));
    let byte = byte.and_then(|n| usize::try_from(n).ok()).and_then(|n| n.checked_add(HEAD_BYTES));
    let byte = byte.ok_or_else(|| Error::fault("slashing: no place for a missed block"))?;
    Ok((Piece(index / PIECE_BITS), byte, 1_u8.rotate_left(u32::try_from(bit % 8).unwrap_or_default())))
}

pub(super) fn is_set(view: &View, cons: &ConsAddress, index: u64) -> Result<bool> {
    let (piece, byte, mask) = place(index)?;
    let bytes = MISSED.get(view, &(*cons, piece))?;
    Ok(bytes.and_then(|b| b.get(byte).copied()).is_some_and(|b| b & mask != 0))
}

/// Marks a block. A piece without a missed block is not kept, so that the state is what an import of its export makes.
pub(super) fn set(ctx: &mut Ctx, cons: &ConsAddress, index: u64, missed: bool) -> Result<()> {
    let (piece, byte, mask) = place(index)?;
    let key = (*cons, piece);
    let mut bytes = MISSED.get(ctx, &key)?.unwrap_or_else(|| PIECE_BITS.to_be_bytes().to_vec());
    bytes.resize(PIECE_BYTES, 0);
    let slot = bytes.get_mut(byte).ok_or_else(|| Error::fault("slashing: a short piece of missed blocks"))?;
    if missed {
        *slot |= mask
    } else {
        *slot &= !mask
    }
    let empty = bytes.get(HEAD_BYTES..).unwrap_or_default().iter().all(|byte| *byte == 0);
    if empty { MISSED.remove(ctx, &key) } else { MISSED.set(ctx, &key, &bytes) }
}

pub(super) fn clear(ctx: &mut Ctx, cons: &ConsAddress) -> Result<()> {
    let keys = MISSED.prefix(ctx, cons).map(|row| row.map(|(key, _)| key)).collect::<Result<Vec<_>>>()?;
    keys.iter().try_for_each(|key| MISSED.remove(ctx, key))
}

/// The places of the window that are marked missed, lowest first.
pub(super) fn all(view: &View, cons: &ConsAddress) -> Result<Vec<u64>> {
    let mut found = Vec::new();
    for row in MISSED.prefix(view, cons) {
        let ((_, piece), _) = row?;
        let first =
            piece.0.checked_mul(PIECE_BITS).ok_or_else(|| Error::fault("slashing: a piece beyond all windows"))?;
        for index in first..first.saturating_add(PIECE_BITS) {
            if is_set(view, cons, index)? {
                found.push(index);
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}
