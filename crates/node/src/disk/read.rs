//! Reading the state: its pairs are cut into parts where their first bytes change, and the trees of the parts are built by all cores.

use std::ops::Bound;

use entente_kernel::tree::{Builder, Tree};
use rayon::prelude::*;

use super::{Disk, DiskError, STATE, StoreHead, behind_prefix};

/// Pairs that are not worth cutting.
const PART: usize = 10_000;

/// Keys of the state between two bounds.
type Range = (Bound<Vec<u8>>, Bound<Vec<u8>>);

impl Disk {
    /// The tree of a store.
    pub(super) fn read_tree(&self, store: &StoreHead) -> Result<Tree, DiskError> {
        let damaged = |reason: String| DiskError::StoreDamaged { store: store.name.clone(), reason };
        let named = |why: DiskError| match why {
            DiskError::FilesDamaged { place, reason } => damaged(format!("{place}: {reason}")),
            why => damaged(why.to_string()),
        };
        let mut ranges = Vec::new();
        for table in self.cut(&[store.index]).map_err(named)? {
            match table {
                Cut::Small(range) => ranges.push(range),
                Cut::Large(prefix) => {
                    ranges.extend(self.cut(&prefix).map_err(named)?.into_iter().map(|part| match part {
                        Cut::Small(range) => range,
                        Cut::Large(prefix) => under(&prefix),
                    }));
                }
            }
        }
        let trees = ranges.into_par_iter().map(|(from, to)| {
            let (mut builder, mut refused) = (Builder::new(), Ok(()));
            let mut add = |key: &[u8], value: &[u8]| {
                refused = builder.push(key.get(1..).unwrap_or_default(), value);
                refused.is_ok()
            };
            self.0.pairs.each(STATE, from, to, &mut add).map_err(named)?;
            refused.map(|()| builder.finish()).map_err(|why| damaged(why.to_string()))
        });
        let trees: Vec<Tree> = trees.collect::<Result<_, _>>()?;
        Tree::joined(trees).map_err(|why| damaged(why.to_string()))
    }

    /// Cuts the keys below a prefix where the first byte changes in which they differ.
    fn cut(&self, prefix: &[u8]) -> Result<Vec<Cut>, DiskError> {
        let (from, to) = under(prefix);
        let scan = || self.0.pairs.scan(STATE, from.clone(), to.clone());
        let mut all = scan()?;
        let (Some(first), last) = (all.next().transpose()?, all.next_back().transpose()?) else {
            return Ok(Vec::new());
        };
        let first = first.0;
        let last = last.map_or_else(|| first.clone(), |(key, _)| key);
        let common = first.iter().zip(&last).take_while(|(a, b)| a == b).count();
        let common = first.get(..common).unwrap_or_default();
        if scan()?.nth(PART).is_none() {
            return Ok(vec![Cut::Small(under(prefix))]);
        }
        let mut cuts = Vec::new();
        let mut next = Bound::Included(first.to_vec());
        while let Some((key, _)) = self.0.pairs.scan(STATE, next, to.clone())?.next().transpose()? {
            let Some(child) = key.get(..=common.len()) else {
                // The key that all others begin with.
                let end = [common, &[0]].concat();
                cuts.push(Cut::Small((Bound::Included(common.to_vec()), Bound::Excluded(end.clone()))));
                next = Bound::Included(end);
                continue;
            };
            cuts.push(Cut::Large(child.to_vec()));
            match behind_prefix(child) {
                Some(behind) => next = Bound::Included(behind),
                None => break,
            }
        }
        Ok(cuts)
    }
}

/// A part of the keys below a prefix.
enum Cut {
    /// It is read as it is.
    Small(Range),
    /// All keys with this prefix, however many.
    Large(Vec<u8>),
}

fn under(prefix: &[u8]) -> Range {
    (Bound::Included(prefix.to_vec()), behind_prefix(prefix).map_or(Bound::Unbounded, Bound::Excluded))
}
