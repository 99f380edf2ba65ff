//! Plays one file through the doors of the chain and compares after each step.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use entente_chain::{BlockResult, Chain, Snapshot, TxResult, ValidatorUpdate};
use entente_kernel::json;
use entente_proto::cosmos::consensus::v1 as consensus;
use prost::Message as _;

use super::claims::{self, Bound, Claims, Off};
use super::compare::{self, Counts, Difference};
use super::expect::{Expectation, Expected};
use super::file::{Block, Outcome, Texts, Update, VectorFile};
use super::laws::{self, Laws};
use super::paths::Paths;
use super::{Options, alliance, events, text};

/// What playing a file showed.
#[derive(Default)]
pub struct Outcomes {
    pub blocks: usize,
    pub txs: usize,
    pub counts: Counts,
    pub claims: Claims,
    /// Row of the deviations page -> differences that it explains.
    pub explained: BTreeMap<String, usize>,
    /// Blocks with differences that nothing explains.
    pub unexplained: Vec<BlockReport>,
    pub stale: Vec<String>,
    /// Laws judged, over all blocks.
    pub judged: usize,
    /// Blocks in which an event was made wrong.
    pub forged: Vec<i64>,
    /// Blocks left out because the chain stopped or the options say so.
    pub not_played: usize,
    /// Why something is not compared, as the chain said it.
    pub refusals: BTreeSet<String>,
}

/// A block with unexplained differences.
pub struct BlockReport {
    pub height: i64,
    pub time: String,
    pub differences: Vec<Difference>,
    /// How many of them were there after the block before.
    pub known: usize,
    pub transactions: Vec<TxReport>,
}

/// A transaction in a block with differences: what it was, and both answers.
pub struct TxReport {
    pub about: String,
    pub wanted: String,
    pub found: String,
    pub agree: bool,
}

impl Outcomes {
    /// Differences that nothing explains, counted at every block.
    pub fn differences(&self) -> usize {
        self.unexplained.iter().map(|b| b.differences.len()).sum()
    }
}

struct Player<'a> {
    file: &'a VectorFile,
    options: &'a Options,
    expected: Expected<'a>,
    bound: Option<Bound>,
    pool: String,
    wanted: Texts,
    out: Outcomes,
    before: BTreeSet<String>,
    laws: Laws,
    /// Laws that the last block broke.
    broken: BTreeSet<&'static str>,
}

/// Plays a file.
pub fn play(file: &VectorFile, options: &Options, expectations: &[Expectation]) -> Result<Outcomes> {
    let mut player = Player {
        file,
        options,
        expected: Expected::for_file(expectations, file)?,
        bound: file.tolerance.as_ref().map(|t| Bound::of(t, &file.deviations)),
        pool: file.accounts.get("module alliance_rewards").cloned().unwrap_or_default(),
        wanted: file.init.state.clone(),
        out: Outcomes::default(),
        before: BTreeSet::new(),
        laws: Laws::default(),
        broken: BTreeSet::new(),
    };
    player.run()?;
    let whole = player.out.not_played == 0 && file.cut.is_none() && options.only.is_empty();
    if whole {
        let stale = player.expected.stale(file);
        player.out.stale =
            stale.iter().map(|e| format!("{} {}: {}", e.file, e.rows.join(" "), e.paths.join(" "))).collect();
    }
    Ok(player.out)
}

impl Player<'_> {
    fn run(&mut self) -> Result<()> {
        let height = self.file.initial_height - 1;
        let mut start = self.file.init_chain()?;
        while let Err(error) = Chain::init_chain(&start) {
            let text = error.to_string();
            let section = text.strip_prefix("genesis: ").and_then(|t| t.split(['.', ' ']).next());
            let sections = start.app_state.as_object_mut();
            let removed =
                section.filter(|_| text.contains("no module for it")).zip(sections).and_then(|(n, all)| all.remove(n));
            if removed.is_none() {
                break;
            }
            self.out.refusals.insert(text);
        }
        let (mut chain, init) = match Chain::init_chain(&start) {
            Ok(started) => started,
            Err(error) => {
                let difference = Difference::new(height, "init_chain", "accepted", error.to_string());
                self.out.not_played = self.file.blocks.len();
                return self.take(None, vec![difference], Vec::new());
            }
        };
        let mut differences = updates(height, &self.file.init.app_validators, &init.validators);
        differences.extend(self.state(&chain, height, None)?);
        self.take(None, differences, Vec::new())?;
        let file = self.file;
        for (i, block) in file.blocks.iter().enumerate() {
            if self.done(block.height) {
                self.out.not_played = file.blocks.len() - i;
                return Ok(());
            }
            let mut result = match chain.finalize_block(&block.finalize()?) {
                Ok(result) => result,
                Err(error) => {
                    let difference = Difference::new(block.height, "finalize_block", "a block", error.to_string());
                    self.out.not_played = file.blocks.len() - i;
                    return self.take(Some(block), vec![difference], Vec::new());
                }
            };
            chain.commit().map_err(|e| anyhow::anyhow!("commit of block {}: {e}", block.height))?;
            for (_, place, forgery) in self.options.forged.iter().filter(|(at, ..)| *at == block.height) {
                if events::forge(&mut result, *place, *forgery) {
                    self.out.forged.push(block.height);
                }
            }
            self.block(&chain, block, &result)?;
        }
        Ok(())
    }

    fn done(&self, next: i64) -> bool {
        self.options.stop_at_first && !self.out.unexplained.is_empty()
            || self.options.block.is_some_and(|last| next > last)
    }

    fn block(&mut self, chain: &Chain, block: &Block, result: &BlockResult) -> Result<()> {
        self.out.blocks += 1;
        self.out.txs += block.txs.len();
        self.wanted.extend(block.set.iter().map(|(path, value)| (path.clone(), value.clone())));
        for path in &block.del {
            self.wanted.remove(path);
        }
        let mut differences = self.results(block, result)?;
        differences.extend(updates(block.height, &block.validator_updates, &result.validator_updates));
        differences.extend(self.state(chain, block.height, Some((block, result)))?);
        let transactions = std::iter::zip(&block.txs, &block.results).zip(&result.txs);
        let transactions = transactions.map(|((tx, wanted), found)| tx_report(&tx.about, wanted, found)).collect();
        self.take(Some(block), differences, transactions)
    }

    /// Codes of the transactions, and payouts of alliance rewards.
    fn results(&mut self, block: &Block, result: &BlockResult) -> Result<Vec<Difference>> {
        let mut out = Vec::new();
        let height = block.height;
        for (i, (wanted, found)) in std::iter::zip(&block.results, &result.txs).enumerate() {
            self.out.counts.compared += 1;
            match &wanted.deviation {
                Some(row) if found.code == 0 => *self.out.explained.entry(row.clone()).or_default() += 1,
                Some(_) => out.push(Difference::new(height, format!("result/{i}"), "ok", ours(found))),
                None if (wanted.code, &wanted.codespace) == (found.code, &found.codespace) => {}
                None => out.push(Difference::new(height, format!("result/{i}"), theirs(wanted), ours(found))),
            }
            let paid = if found.code == 0 { claims::of_ours(&found.events)? } else { Vec::new() };
            if found.code == 0 {
                self.leave_over(&found.events)?;
            }
            let off = self.compare_claims(&claims::of_seen(&wanted.events)?, &paid);
            out.extend(off.into_iter().map(|o| difference(height, &format!("result/{i}/"), o)));
            if self.options.events && wanted.code == 0 && found.code == 0 {
                out.extend(events::compare(height, &format!("result/{i}"), &wanted.events, &found.events));
            }
        }
        let off = self.compare_claims(&claims::of_seen(&block.events)?, &claims::of_ours(&result.events)?);
        out.extend(off.into_iter().map(|o| difference(height, "block/", o)));
        self.leave_over(&result.events)?;
        if self.options.events {
            out.extend(events::compare(height, "block", &block.events, &result.events));
        }
        Ok(out)
    }

    fn leave_over(&mut self, events: &[entente_kernel::Event]) -> Result<()> {
        let nobody = String::new();
        let distribution = self.file.accounts.get("module distribution").unwrap_or(&nobody);
        for coins in claims::left_over(events)? {
            self.out.claims.left_over(&self.pool, distribution, &coins);
        }
        Ok(())
    }

    fn compare_claims(&mut self, wanted: &[claims::Claim], found: &[claims::Claim]) -> Vec<Off> {
        self.out.claims.compare(self.bound.as_ref(), &self.pool, wanted, found)
    }

    fn state(&mut self, chain: &Chain, height: i64, at: Option<(&Block, &BlockResult)>) -> Result<Vec<Difference>> {
        let snapshot = chain.snapshot(None).context("a chain without a state")?;
        let mut out = Vec::new();
        let mut paths = match self.paths(snapshot) {
            Ok(paths) => paths,
            Err(error) => {
                out.push(Difference::new(height, "export", "a genesis document", format!("{error:#}")));
                return Ok(out);
            }
        };
        for (_, path, value) in self.options.planted.iter().filter(|(at, ..)| *at == height) {
            paths.put(path.clone(), value.clone());
        }
        if self.file.deviation_scope == "state" {
            let broken = self.laws.judge(self.file, at, &paths.texts, &self.wanted)?;
            self.broken = laws::names(&broken);
            self.out.judged += laws::LAWS.len();
            out.extend(broken.iter().map(|b| b.difference(height)));
        }
        let broken = snapshot.broken_invariants().unwrap_or_else(|e| vec![format!("cannot be checked: {e}")]);
        out.extend(broken.into_iter().map(|b| Difference::new(height, "invariant", "whole", b)));
        let only = &self.options.only;
        out.extend(compare::states(height, &self.wanted, &paths, only, &self.out.claims, &mut self.out.counts));
        Ok(out)
    }

    /// The state as paths: the export, and what only queries tell.
    fn paths(&mut self, snapshot: &Snapshot) -> Result<Paths> {
        let app_state = snapshot.export().map_err(|e| anyhow::anyhow!("{e}"))?;
        let mut paths = Paths::of(&app_state)?;
        if let Err(refusal) = consensus_params(&mut paths, snapshot) {
            paths.absent.push("consensus".to_owned());
            self.out.refusals.insert(refusal);
        }
        if app_state.get("alliance").is_some() {
            if let Err(refusal) = alliance::delegation_tokens(&mut paths, snapshot) {
                paths.absent.push("alliance/delegation/*/tokens".to_owned());
                self.out.refusals.insert(refusal);
            }
            if app_state.get("staking").is_some() {
                let module = self.file.accounts.get("module alliance").map_or("", String::as_str);
                paths.put("alliance/bonded", alliance::bonded(&app_state, module)?);
            } else {
                paths.absent.push("alliance/bonded".to_owned());
            }
        }
        Ok(paths)
    }

    /// Separates what is explained from what is not.
    fn take(&mut self, block: Option<&Block>, differences: Vec<Difference>, transactions: Vec<TxReport>) -> Result<()> {
        let mut unexplained = Vec::new();
        self.expected.observe(&differences);
        for difference in differences {
            match self.expected.explains(&difference, &self.broken) {
                Some(row) => *self.out.explained.entry(row.to_owned()).or_default() += 1,
                None => unexplained.push(difference),
            }
        }
        let paths: BTreeSet<String> = unexplained.iter().map(|d| d.path.clone()).collect();
        let known = paths.intersection(&self.before).count();
        unexplained.sort_by_key(|d| self.before.contains(&d.path));
        let height = block.map_or(self.file.initial_height - 1, |b| b.height);
        let time = block.map_or(&self.file.genesis_time, |b| &b.time).clone();
        self.before = paths;
        if !unexplained.is_empty() || self.options.block == Some(height) {
            self.out.unexplained.push(BlockReport { height, time, differences: unexplained, known, transactions });
        }
        Ok(())
    }
}

fn difference(height: i64, prefix: &str, off: Off) -> Difference {
    Difference::new(height, format!("{prefix}{}", off.path), off.wanted, off.found)
}

fn tx_report(about: &str, wanted: &Outcome, found: &TxResult) -> TxReport {
    let agree = match wanted.deviation {
        Some(_) => found.code == 0,
        None => (wanted.code, &wanted.codespace) == (found.code, &found.codespace),
    };
    TxReport { about: about.to_owned(), wanted: theirs(wanted), found: ours(found), agree }
}

fn theirs(wanted: &Outcome) -> String {
    let row = wanted.deviation.as_ref().map(|row| format!(" (should be ok: {row})")).unwrap_or_default();
    answer(wanted.code, &wanted.codespace, &wanted.log) + &row
}

fn ours(found: &TxResult) -> String {
    answer(found.code, &found.codespace, &found.log)
}

fn answer(code: u32, codespace: &str, log: &str) -> String {
    if code == 0 { "ok".to_owned() } else { format!("{codespace} {code}: {log}") }
}

/// Validator updates, by key and in their order.
fn updates(height: i64, wanted: &[Update], found: &[ValidatorUpdate]) -> Vec<Difference> {
    let wanted: Vec<(String, i64)> = wanted.iter().map(|u| (u.pub_key.clone(), u.power)).collect();
    let found: Vec<(String, i64)> = found.iter().map(|u| (text::to_base64(&u.pub_key), u.power)).collect();
    if wanted == found {
        return Vec::new();
    }
    let (w, f): (BTreeMap<_, _>, BTreeMap<_, _>) = (wanted.iter().cloned().collect(), found.iter().cloned().collect());
    let keys: BTreeSet<&String> = w.keys().chain(f.keys()).collect();
    let mut out = Vec::new();
    for key in keys.into_iter().filter(|k| w.get(*k) != f.get(*k)) {
        let show = |power: Option<&i64>| power.map(i64::to_string);
        let path = format!("validator_update/{key}");
        out.push(Difference { height, path, wanted: show(w.get(key)), found: show(f.get(key)) });
    }
    if out.is_empty() {
        out.push(Difference::new(height, "validator_updates/order", format!("{wanted:?}"), format!("{found:?}")));
    }
    out
}

/// The consensus parameters, which no section of the genesis holds.
fn consensus_params(paths: &mut Paths, snapshot: &Snapshot) -> Result<(), String> {
    const QUERY: &str = "/cosmos.consensus.v1.Query/Params";
    let answer = snapshot.query(QUERY, &[]).map_err(|e| format!("{QUERY}: {e}"))?;
    let answer = consensus::QueryParamsResponse::decode(answer.as_slice()).map_err(|e| e.to_string())?;
    let params = json::to_json(&answer).map_err(|e| e.to_string())?;
    paths.leaves("consensus", &params["params"]).map_err(|e| e.to_string())
}
