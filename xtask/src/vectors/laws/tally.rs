//! The law of votes: an independent count of each proposal whose voting ends.

use std::collections::BTreeMap;

use anyhow::Result;
use entente_kernel::num::{Dec, Int};

use super::view::View;
use super::{Broken, Sight, far, host, units};
use crate::vectors::text;

const OPTIONS: [(&str, &str); 4] = [
    ("VOTE_OPTION_YES", "yes"),
    ("VOTE_OPTION_ABSTAIN", "abstain"),
    ("VOTE_OPTION_NO", "no"),
    ("VOTE_OPTION_NO_WITH_VETO", "no_with_veto"),
];

#[derive(Default)]
struct Count {
    options: BTreeMap<String, Dec>,
    native: Dec,
}

impl Count {
    /// `vote`: `OPTION=WEIGHT`, joined by `,`.
    fn add(&mut self, vote: &str, power: Dec, native: Dec) -> Result<()> {
        for part in vote.split(',') {
            let (option, weight) = part.split_once('=').unwrap_or((part, "1"));
            let sum = self.options.entry(option.to_owned()).or_insert(Dec::ZERO);
            *sum = sum.add(power.mul(weight.parse()?)?)?;
        }
        self.native = self.native.add(native)?;
        Ok(())
    }
}

/// Counted from the state before the block. Transactions of the block may still change it: there the outcome must be the file's, or be
/// that a proposal to delete an alliance passes, which fails in the Go module if the alliance has stake (11.4).
pub fn judge(s: &Sight, out: &mut Vec<Broken>) -> Result<()> {
    for (path, was) in
        s.before.texts.range("gov/proposal/".to_owned()..).take_while(|(p, _)| p.starts_with("gov/proposal/"))
    {
        let Some((id, field)) = path["gov/proposal/".len()..].split_once('/') else { continue };
        let status = s.before.text(&format!("gov/proposal/{id}/status")).unwrap_or_default();
        let is_over = !status.ends_with("_VOTING_PERIOD") && !status.ends_with("_DEPOSIT_PERIOD");
        if is_over && (field == "status" || field.starts_with("tally/")) && s.now.text(path) != Some(was) {
            out.push(Broken::new("tally", format!("{id}/{field}"), was, s.now.text(path).unwrap_or("nothing")));
        }
    }
    let voting = s
        .before
        .texts
        .iter()
        .filter(|(p, v)| p.starts_with("gov/proposal/") && p.ends_with("/status") && v.ends_with("_VOTING_PERIOD"));
    for (path, status) in voting {
        let id = path.trim_start_matches("gov/proposal/").trim_end_matches("/status");
        let Some(decided) = s.now.text(path).filter(|now| *now != status) else { continue };
        if s.before.text(&format!("gov/proposal/{id}/expedited")) == Some("true") || !s.block.txs.is_empty() {
            let deletes =
                s.before.text(&format!("gov/proposal/{id}/message/0")) == Some("/alliance.alliance.MsgDeleteAlliance");
            let theirs = s.theirs.text(path).unwrap_or("nothing");
            if theirs != decided && !(deletes && theirs.ends_with("_FAILED") && decided.ends_with("_PASSED")) {
                out.push(Broken::new("tally", format!("{id}/status"), theirs, decided));
            }
            continue;
        }
        let count = count(s, id)?;
        for (option, field) in OPTIONS {
            let demanded = count.options.get(option).copied().unwrap_or(Dec::ZERO);
            let found = s.now.dec(&format!("gov/proposal/{id}/tally/{field}"))?;
            if far(demanded, found, units(3))? {
                out.push(Broken::new("tally", format!("{id}/{field}"), demanded, found));
            }
        }
        let passes = passes(s, &count)?;
        if passes == decided.ends_with("_REJECTED") {
            out.push(Broken::new(
                "tally",
                format!("{id}/status"),
                if passes { "passes" } else { "is rejected" },
                decided,
            ));
        }
    }
    Ok(())
}

fn count(s: &Sight, id: &str) -> Result<Count> {
    let (view, mut count) = (s.before, Count::default());
    let prefix = format!("gov/vote/{id}/");
    let votes: BTreeMap<&str, &str> = view
        .texts
        .range(prefix.clone()..)
        .take_while(|(p, _)| p.starts_with(&prefix))
        .map(|(p, v)| (&p[prefix.len()..], v.as_str()))
        .collect();
    let mut voted: BTreeMap<&str, (Dec, Dec)> = BTreeMap::new();
    for (voter, vote) in &votes {
        for (operator, validator) in view.validators.iter().filter(|(_, v)| v.bonded) {
            let native: Dec = view.text(&format!("staking/delegation/{voter}/{operator}")).unwrap_or("0").parse()?;
            let own = own_part(s, view, voter, operator)?;
            let (native, own) = (validator.worth(native)?, validator.worth(own)?);
            count.add(vote, native.add(own)?, native)?;
            let sum = voted.entry(operator).or_insert((Dec::ZERO, Dec::ZERO));
            *sum = (sum.0.add(native)?, sum.1.add(own)?);
        }
    }
    for (operator, validator) in view.validators.iter().filter(|(_, v)| v.bonded) {
        let label = s.file.accounts.iter().find(|(_, a)| *a == operator).map(|(label, _)| label);
        let owner = label.and_then(|label| s.file.accounts.get(&format!("operator of {label}")));
        let Some(vote) = owner.and_then(|o| votes.get(o.as_str())) else { continue };
        let (native, own) = voted.get(operator.as_str()).copied().unwrap_or((Dec::ZERO, Dec::ZERO));
        let module = validator.virtual_stake()?;
        let (native, own) = (Dec::from_int(validator.tokens).sub(module)?.sub(native)?, module.sub(own)?);
        count.add(vote, native.add(own)?, native)?;
    }
    Ok(count)
}

/// The part of the module's shares at a validator that stands for a voter's own positions.
fn own_part(s: &Sight, view: &View, voter: &str, operator: &str) -> Result<Dec> {
    let stakes = host::stakes_at(view, operator, Int::from(1_000_000_000_000_000_000i64), text::time(&s.block.time)?)?;
    let all = stakes.values().try_fold(Dec::ZERO, |sum, stake| sum.add(*stake))?;
    let mut part = Dec::ZERO;
    for (denom, stake) in stakes {
        let Some(position) = view.positions.get(&(voter.to_owned(), operator.to_owned(), denom.clone())) else {
            continue;
        };
        let (_, shares) = view.pools.get(&(operator.to_owned(), denom)).copied().unwrap_or_default();
        if !all.is_zero() && !shares.is_zero() {
            let module = view.validators.get(operator).map_or(Dec::ZERO, |v| v.module);
            part = part.add(module.mul(stake.quo(all)?)?.mul(position.shares.quo(shares)?)?)?;
        }
    }
    Ok(part)
}

fn passes(s: &Sight, count: &Count) -> Result<bool> {
    let (all, module) = host::bonded(s.before)?;
    let native = Dec::from_int(all.sub(module)?);
    let of = |option: &str| count.options.get(option).copied().unwrap_or(Dec::ZERO);
    let total = count.options.values().try_fold(Dec::ZERO, |sum, power| sum.add(*power))?;
    let param = |name: &str| s.before.dec(&format!("gov/params/{name}"));
    let decided = total.sub(of("VOTE_OPTION_ABSTAIN"))?;
    if count.native.quo(native)? < param("quorum")? || !decided.is_positive() {
        return Ok(false);
    }
    let vetoed = of("VOTE_OPTION_NO_WITH_VETO").quo(total)? > param("veto_threshold")?;
    Ok(!vetoed && of("VOTE_OPTION_YES").quo(decided)? > param("threshold")?)
}
