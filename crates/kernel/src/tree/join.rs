//! One tree of several that lie one behind the other, so that they can be built apart.

use super::node::{Bit, Link};
use super::{Tree, TreeError};

impl Tree {
    /// The tree of all pairs of `parts`, whose keys ascend from part to part. Parts are cut where one of their first bytes changes: whatever
    /// the keys of a part have in common, no key of another part begins with it.
    ///
    /// # Errors
    ///
    /// Two neighbours whose keys lie in each other's way.
    pub fn joined(parts: impl IntoIterator<Item = Tree>) -> Result<Tree, TreeError> {
        let mut rest = parts.into_iter().filter_map(|part| part.top).peekable();
        // Forks along the right edge wait for their right sides, as when a tree is built of single pairs.
        let mut edge: Vec<(Bit, Link)> = Vec::new();
        while let Some(mut link) = rest.next() {
            let parts_at = rest.peek().map(|next| parting(&link, next)).transpose()?;
            while let Some((bit, left)) = edge.pop_if(|(bit, _)| parts_at.is_none_or(|parts_at| *bit > parts_at)) {
                link = Link::fork(bit, left, link, 0);
            }
            match parts_at {
                None => return Ok(Tree { top: Some(link), ..Tree::default() }),
                Some(parts_at) => edge.push((parts_at, link)),
            }
        }
        Ok(Tree::new())
    }
}

/// The bit in which all keys of one subtree differ from all keys of the next.
fn parting(before: &Link, next: &Link) -> Result<Bit, TreeError> {
    let (low, high) = (before.any_key().to_bytes(), next.any_key().to_bytes());
    Bit::first_difference(&low, &high)
        .filter(|bit| bit.is_set(&high) && *bit < before.bit() && *bit < next.bit())
        .ok_or_else(|| TreeError::PartsMixed { before: hex::encode(low), next: hex::encode(high) })
}
