//! Laws: what must hold of our own numbers, block by block, where a deviation lets them part from the file's.
//!
//! Each law is written here a second time, from the deviations page and the specification, and not with the functions of the chain. A
//! law that is broken is a difference that nothing explains, and an expectation that leans on it explains nothing in that block. They
//! are checked in files of scope `state`, from the genesis on: as long as such a file is equal they hold there too, so a wrong law shows.

mod clock;
mod host;
mod messages;
mod moves;
mod news;
mod purse;
mod stake;
mod tally;
mod view;
mod wanted;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use entente_chain::BlockResult;
use entente_kernel::num::{Dec, Int};

use super::compare::Difference;
use super::file::{Block, Texts, VectorFile};
use moves::Moves;
use view::View;

/// Law -> what it says. The names are those that expectations use.
pub const LAWS: &[(&str, &str)] = &[
    (
        "custody",
        "the module's account holds the staked tokens and the open entries of each asset, and changes by what events say",
    ),
    ("sums", "an asset's shares are the sum over validators, a pool's shares the sum over delegations"),
    ("shown", "the shown tokens of a delegation are the formula of 6.2 on the shares"),
    (
        "value",
        "a position is worth what it was, less the faults of its validator and the take, plus and minus what its owner moved",
    ),
    (
        "slash",
        "F3: a fault takes trunc(V * f) tokens of each asset at its validator, f being the slash factor; an entry of it loses ceil(f * amount) once",
    ),
    ("take", "F5: the clock moves by whole intervals, each asset pays for those after its start"),
    (
        "weights",
        "5.5, H2: weights change by whole intervals since the last change, and a change of the schedule restarts them at its block",
    ),
    ("virtual", "5.7: after each block the virtual stake of bonded validators is what weights and shares ask for"),
    (
        "native",
        "stake that is not virtual is that of the file; at slashed validators up to what their faults leave open",
    ),
    ("powers", "consensus power is the stake at the end of the block, before virtual stake moves"),
    ("pools", "the pools of staking and of distribution hold what their records say, balances add up to the supply"),
    (
        "allocation",
        "outstanding rewards grow by the fees of the block before, divided by the votes, and fall by withdrawals",
    ),
    (
        "purse",
        "the balance of an account differs from the file's by what events paid here and there, and by nothing else",
    ),
    (
        "rewards",
        "the rewards pool changes by the module's withdrawals, by claims and by what goes to the community pool",
    ),
    ("provisions", "M10: annual provisions are inflation times native supply"),
    ("tally", "M10, M13: votes count native stake, and alliance stakers vote with their part of the virtual stake"),
    ("refusals", "a result that differs is one that our own state demands"),
    (
        "events",
        "what our events tell is what messages, states and votes demand: kinds, attributes and order, apart from amounts that other laws count",
    ),
];

/// A law that does not hold.
#[derive(Debug)]
pub struct Broken {
    pub law: &'static str,
    pub subject: String,
    pub demanded: String,
    pub found: String,
}

/// What the laws see of a block.
struct Sight<'a> {
    file: &'a VectorFile,
    block: &'a Block,
    result: &'a BlockResult,
    /// Our state before and after the block.
    before: &'a View,
    now: &'a View,
    /// The file's state before and after the block.
    theirs_before: &'a View,
    theirs: &'a View,
    moves: Moves,
    their_moves: Moves,
}

impl Sight<'_> {
    fn account(&self, label: &str) -> &str {
        self.file.accounts.get(label).map_or("", String::as_str)
    }

    /// The factors of this block's faults of a validator, in their order.
    fn faults(&self, validator: &str) -> Result<Vec<Dec>> {
        let mut out = Vec::new();
        for (address, reason, _) in &self.moves.slashes {
            if self.operator("cons_address", address) == Some(validator) {
                let kind = if reason == "double_sign" { "double_sign" } else { "downtime" };
                out.push(self.before.dec(&format!("slashing/params/slash_fraction_{kind}"))?);
            }
        }
        Ok(out)
    }

    /// The operator behind a consensus address.
    fn operator(&self, field: &str, value: &str) -> Option<&str> {
        let equal = |v: &&serde_json::Value| v[field].as_str().is_some_and(|text| text.eq_ignore_ascii_case(value));
        self.file.validators.iter().find(equal)?["operator"].as_str()
    }
}

/// What the laws remember from block to block.
#[derive(Default)]
pub struct Laws {
    before: Option<(View, View)>,
    /// (holder, denom) -> how much more events paid here than in the file
    purse: BTreeMap<(String, String), Int>,
    /// Validator -> sum of the factors of its faults so far
    faults: BTreeMap<String, Dec>,
    /// Validator -> moves of its stake so far
    roundings: BTreeMap<String, Int>,
    /// Validator -> native stake that only one side moved
    moved_alone: BTreeMap<String, Int>,
}

impl Laws {
    /// The laws that a block breaks.
    ///
    /// # Errors
    /// If a state or an event cannot be read.
    pub fn judge(
        &mut self,
        file: &VectorFile,
        at: Option<(&Block, &BlockResult)>,
        ours: &Texts,
        theirs: &Texts,
    ) -> Result<Vec<Broken>> {
        let (now, theirs) = (View::of(ours, file)?, View::of(theirs, file)?);
        let mut broken = Vec::new();
        if let Some(((before, theirs_before), (block, result))) = self.before.take().zip(at) {
            let sight = Sight {
                file,
                block,
                result,
                before: &before,
                now: &now,
                theirs_before: &theirs_before,
                theirs: &theirs,
                moves: Moves::ours(block, result)?,
                their_moves: Moves::theirs(block)?,
            };
            stake::judge(&sight, &mut broken)?;
            clock::judge(&sight, &mut broken)?;
            host::judge(self, &sight, &mut broken)?;
            purse::judge(self, &sight, &mut broken)?;
            tally::judge(&sight, &mut broken)?;
            messages::judge(&sight, &mut broken)?;
            news::judge(&sight, &mut broken)?;
        }
        self.before = Some((now, theirs));
        Ok(broken)
    }
}

impl Broken {
    fn new(law: &'static str, subject: impl Into<String>, demanded: impl ToString, found: impl ToString) -> Self {
        Self { law, subject: subject.into(), demanded: demanded.to_string(), found: found.to_string() }
    }

    pub fn difference(&self, height: i64) -> Difference {
        Difference::new(height, format!("law/{}/{}", self.law, self.subject), self.demanded.clone(), self.found.clone())
    }
}

/// The names of the laws that are broken.
pub fn names(broken: &[Broken]) -> BTreeSet<&'static str> {
    broken.iter().map(|b| b.law).collect()
}

fn far(a: Dec, b: Dec, at_most: Dec) -> Result<bool> {
    Ok(a.sub(b)?.abs() > at_most)
}

fn units(n: usize) -> Dec {
    Dec::from_i64(i64::try_from(n).unwrap_or(i64::MAX >> 24))
}
