//! One run: a seed drives a chain through blocks, and every block is judged.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use entente_chain::modules::auth::{self, ModuleAccount};
use entente_chain::modules::mint;
use entente_chain::{BlockResult, Chain, FinalizeBlock, InitChain, Snapshot};
use entente_kernel::{AccAddress, Mode, Span, Timestamp, json};
use entente_proto::cosmos::base::v1beta1::Coin;
use prost::Message as _;
use prost_types::Any;

use super::dice::Dice;
use super::fill::Filler;
use super::genesis::{self, BOND};
use super::intent;
use super::ledger::{Ledger, Makers};
use super::net::Net;
use super::scene::Scene;
use super::wallet::{self, Envelope, Signer, User};

/// How long a run is, and how often it stops to look around.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    pub blocks: u64,
    /// Transactions of a block at most.
    pub txs: u64,
    /// After how many blocks the state is exported and imported.
    pub import_every: u64,
    /// How long the imported chain goes on beside the first.
    pub follow: u64,
    pub users: u64,
    /// Plays all blocks again at the end.
    pub replay: bool,
    /// Governance puts parameters to their ends, block after block.
    pub wild: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { blocks: 100, txs: 5, import_every: 25, follow: 5, users: 9, replay: true, wild: false }
    }
}

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    pub blocks: u64,
    pub txs: u64,
    pub accepted: u64,
    /// Messages by type: in transactions that were carried out, and all.
    pub messages: BTreeMap<String, (u64, u64)>,
    /// Refusals by codespace and code.
    pub refusals: BTreeMap<(String, u32), u64>,
    /// Proposals carried out, failed and rejected, by the word of the event.
    pub proposals: BTreeMap<String, u64>,
    pub imports: u64,
    pub app_hash: [u8; 32],
}

impl Report {
    /// Adds another run's numbers.
    pub fn add(&mut self, other: &Self) {
        self.blocks += other.blocks;
        self.txs += other.txs;
        self.accepted += other.accepted;
        self.imports += other.imports;
        for (url, (ok, all)) in &other.messages {
            let slot = self.messages.entry(url.clone()).or_default();
            (slot.0, slot.1) = (slot.0 + ok, slot.1 + all);
        }
        for (code, n) in &other.refusals {
            *self.refusals.entry(code.clone()).or_default() += n;
        }
        for (word, n) in &other.proposals {
            *self.proposals.entry(word.clone()).or_default() += n;
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { blocks, txs, accepted, imports, .. } = self;
        writeln!(f, "{blocks} blocks, {txs} transactions, {accepted} carried out, {imports} exports imported")?;
        writeln!(f, "proposals: {:?}", self.proposals)?;
        for (url, (ok, all)) in &self.messages {
            writeln!(f, "{ok:>6} of {all:<6} {url}")?;
        }
        let mut codes: Vec<_> = self.refusals.iter().collect();
        codes.sort_by_key(|(_, n)| std::cmp::Reverse(**n));
        for ((space, code), n) in codes {
            writeln!(f, "{n:>6} {space} {code}")?;
        }
        Ok(())
    }
}

/// What must not happen, and where it happened.
#[derive(Debug, Clone)]
pub struct Failure {
    pub seed: u64,
    pub height: i64,
    pub what: String,
    /// The transactions of the block, as JSON of their messages.
    pub txs: Vec<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}, height {}: {}", self.seed, self.height, self.what)?;
        self.txs.iter().enumerate().try_for_each(|(n, tx)| writeln!(f, "  tx {n}: {tx}"))
    }
}

impl std::error::Error for Failure {}

struct Runner {
    seed: u64,
    options: Options,
    dice: Dice,
    users: Vec<User>,
    init: InitChain,
    chain: Chain,
    net: Net,
    ledger: Ledger,
    makers: Makers,
    time: Timestamp,
    blocks: Vec<FinalizeBlock>,
    hashes: Vec<[u8; 32]>,
    report: Report,
    /// An imported chain that goes beside the first, and for how many blocks still.
    beside: Option<(Chain, u64)>,
}

/// Plays a seed.
///
/// # Errors
/// The first thing that is not as it should be.
pub fn run(seed: u64, options: Options) -> Result<Report, Box<Failure>> {
    let fail = |what: String| Box::new(Failure { seed, height: 0, what, txs: Vec::new() });
    let mut dice = Dice::new(seed);
    let users: Vec<User> = (0..options.users).map(User::numbered).collect();
    let init = genesis::make(&mut dice, &users);
    let (chain, began) = Chain::init_chain(&init).map_err(|e| fail(format!("the genesis is refused: {e}")))?;
    let snapshot = chain.snapshot(None).ok_or_else(|| fail("no state".to_owned()))?;
    let exported = snapshot.export().map_err(|e| fail(format!("export of the genesis: {e}")))?;
    let net = Net::start(&began.validators, &mut dice).map_err(|e| fail(format!("the genesis: {e}")))?;
    let ledger = Ledger::open(&exported["bank"]);
    let makers = makers(snapshot);
    let time = init.time;
    let mut runner = Runner {
        seed,
        options,
        dice,
        users,
        init,
        chain,
        net,
        ledger,
        makers,
        time,
        blocks: Vec::new(),
        hashes: Vec::new(),
        report: Report::default(),
        beside: None,
    };
    runner.play()?;
    Ok(runner.report)
}

fn makers(snapshot: &Snapshot) -> Makers {
    let text = |module: ModuleAccount| snapshot.bech32().acc(&module.address());
    Makers {
        mint: text(ModuleAccount::MINT),
        alliance: text(ModuleAccount::ALLIANCE),
        pools: [text(ModuleAccount::BONDED_POOL), text(ModuleAccount::NOT_BONDED_POOL)],
        gov: text(ModuleAccount::GOV),
        bond: BOND.to_owned(),
        minted: [BOND.to_owned()].into(),
    }
}

impl Runner {
    fn play(&mut self) -> Result<(), Box<Failure>> {
        for _ in 0..self.options.blocks {
            let block = self.next_block();
            let height = block.height;
            self.blocks.push(block.clone());
            let outcome = catch_unwind(AssertUnwindSafe(|| self.judge(&block)));
            let outcome = outcome.unwrap_or_else(|panic| Err(format!("panic: {}", panic_text(panic.as_ref()))));
            outcome.map_err(|what| self.failure(height, what))?;
        }
        if self.options.replay {
            self.replay().map_err(|what| self.failure(0, what))?;
        }
        Ok(())
    }

    fn failure(&self, height: i64, what: String) -> Box<Failure> {
        let block = self.blocks.iter().find(|b| b.height == height);
        let txs = block.map(|b| b.txs.iter().map(|tx| describe(tx)).collect()).unwrap_or_default();
        Box::new(Failure { seed: self.seed, height, what, txs })
    }

    fn next_block(&mut self) -> FinalizeBlock {
        let height = self.chain.heights().end() + 1;
        if !self.blocks.is_empty() {
            self.time = self.time.plus(pause(&mut self.dice));
        }
        let round = self.net.round(&mut self.dice, height, self.time);
        let txs = self.transactions();
        FinalizeBlock {
            height,
            time: self.time,
            proposer: round.proposer,
            votes: round.votes,
            evidence: round.evidence,
            txs,
        }
    }

    fn transactions(&mut self) -> Vec<Vec<u8>> {
        let Some(snapshot) = self.chain.snapshot(None) else { return Vec::new() };
        let scene = Scene::of(snapshot, &self.users);
        let view = snapshot.ctx(Mode::Query);
        let dice = &mut self.dice;
        let mut plans: Vec<(usize, Vec<Any>)> = Vec::new();
        for _ in 0..dice.between(0, self.options.txs) {
            let who = usize::try_from(dice.below(self.users.len() as u64)).unwrap_or(0);
            let filler = Filler::new(&scene, scene.actor(who));
            let count = *dice.pick(&[1, 1, 1, 1, 2, 3]);
            plans.push((who, (0..count).filter_map(|_| intent::of_user(dice, &filler).and_then(packed)).collect()));
        }
        if self.options.wild {
            let who = usize::try_from(dice.below(self.users.len() as u64)).unwrap_or(0);
            let proposal = intent::wild_proposal(dice, &Filler::new(&scene, scene.actor(who)));
            plans.push((who, proposal.and_then(packed).into_iter().collect()));
        }
        // Operators campaign for what is voted on, else nothing would ever pass.
        for (id, _) in scene.proposals.iter().filter(|(_, voting)| *voting) {
            for who in 0..self.users.len().min(5) {
                if dice.chance(if self.options.wild { 60 } else { 25 }) {
                    let vote = intent::support(*id, &scene.actor(who).account);
                    plans.push((who, packed(vote).into_iter().collect()));
                }
            }
        }
        let mut sequences = BTreeMap::new();
        let mut out = Vec::new();
        for (who, messages) in plans.into_iter().filter(|(_, messages)| !messages.is_empty()) {
            let wanted = signers_of(&messages, snapshot, self.users[who].address);
            let mut signers = Vec::new();
            for address in wanted {
                let Some(user) = self.users.iter().find(|u| u.address == address) else { continue };
                let account = auth::account(&view, &address).ok().flatten();
                let (number, first) = account.map_or((0, 0), |a| (a.number, a.sequence));
                let sequence = sequences.entry(address).or_insert(first);
                signers.push(Signer { user, number, sequence: *sequence });
                *sequence += 1;
            }
            let envelope = envelope(dice, &scene);
            out.push(wallet::sign(messages, &signers, &envelope, snapshot.chain_id()).encode_to_vec());
        }
        out
    }

    /// Plays a block and looks at everything.
    fn judge(&mut self, block: &FinalizeBlock) -> Result<(), String> {
        let result = self.chain.finalize_block(block).map_err(|e| format!("the chain stopped: {e}"))?;
        self.chain.commit().map_err(|e| format!("commit: {e}"))?;
        self.hashes.push(result.app_hash);
        self.count(block, &result);
        self.net.update(&result.validator_updates).map_err(|e| format!("CometBFT stops: {e}"))?;
        let snapshot = self.chain.snapshot(None).ok_or("no state")?;
        let broken = snapshot.broken_invariants().map_err(|e| format!("an invariant cannot be checked: {e}"))?;
        if !broken.is_empty() {
            return Err(format!("broken invariants: {}", broken.join("; ")));
        }
        let view = snapshot.ctx(Mode::Query);
        self.ledger.book(&result, &self.makers)?;
        self.ledger.compare(snapshot)?;
        if let Ok(params) = mint::params(&view) {
            self.makers.minted.insert(params.mint_denom.to_string());
        }
        self.follow(block, &result)?;
        if (self.blocks.len() as u64).is_multiple_of(self.options.import_every) {
            self.import()?;
        }
        Ok(())
    }

    fn count(&mut self, block: &FinalizeBlock, result: &BlockResult) {
        self.report.blocks += 1;
        self.report.app_hash = result.app_hash;
        for (bytes, tx) in block.txs.iter().zip(&result.txs) {
            self.report.txs += 1;
            let ok = u64::from(tx.code == 0);
            self.report.accepted += ok;
            if ok == 0 {
                *self.report.refusals.entry((tx.codespace.clone(), tx.code)).or_default() += 1;
            }
            for any in entente_chain::tx::decode(bytes).map(|tx| tx.body.messages).unwrap_or_default() {
                let slot = self.report.messages.entry(any.type_url).or_default();
                (slot.0, slot.1) = (slot.0 + ok, slot.1 + 1);
            }
        }
        for event in &result.events {
            if let Some((_, word)) = event.attributes.iter().find(|(key, _)| key == "proposal_result") {
                *self.report.proposals.entry(word.clone()).or_default() += 1;
            }
        }
    }

    /// An export, imported, must export the same; then both chains go on.
    fn import(&mut self) -> Result<(), String> {
        let snapshot = self.chain.snapshot(None).ok_or("no state")?;
        let exported = snapshot.export().map_err(|e| format!("export: {e}"))?;
        let consensus_params = snapshot.export_consensus_params().map_err(|e| format!("export: {e}"))?;
        let init = InitChain {
            chain_id: snapshot.chain_id().to_owned(),
            time: snapshot.time,
            initial_height: snapshot.height + 1,
            consensus_params,
            app_state: exported.clone(),
        };
        let (second, _) = Chain::init_chain(&init).map_err(|e| format!("the export is refused: {e}"))?;
        let again = second.snapshot(None).ok_or("no state")?;
        let broken =
            again.broken_invariants().map_err(|e| format!("an invariant cannot be checked after the import: {e}"))?;
        if !broken.is_empty() {
            return Err(format!("broken invariants after the import: {}", broken.join("; ")));
        }
        let after = again.export().map_err(|e| format!("export after the import: {e}"))?;
        if let Some(difference) = first_difference("", &exported, &after) {
            return Err(format!("import changes the state: {difference}"));
        }
        same_state(snapshot, again).map_err(|difference| format!("import changes the state: {difference}"))?;
        self.report.imports += 1;
        self.beside = (self.options.follow > 0).then_some((second, self.options.follow));
        Ok(())
    }

    fn follow(&mut self, block: &FinalizeBlock, first: &BlockResult) -> Result<(), String> {
        let Some((second, left)) = &mut self.beside else { return Ok(()) };
        let result = second.finalize_block(block).map_err(|e| format!("the imported chain stopped: {e}"))?;
        second.commit().map_err(|e| format!("commit of the imported chain: {e}"))?;
        let codes = |r: &BlockResult| r.txs.iter().map(|tx| (tx.codespace.clone(), tx.code)).collect::<Vec<_>>();
        if codes(&result) != codes(first) {
            return Err(format!("the imported chain answers {:?}, not {:?}", codes(&result), codes(first)));
        }
        if result.validator_updates != first.validator_updates {
            let (ours, theirs) = (&first.validator_updates, &result.validator_updates);
            return Err(format!("the imported chain updates {theirs:?}, not {ours:?}"));
        }
        if let (Some(one), Some(two)) = (self.chain.snapshot(None), second.snapshot(None)) {
            same_state(one, two).map_err(|difference| format!("the imported chain went another way: {difference}"))?;
        }
        *left -= 1;
        if *left == 0 {
            self.beside = None;
        }
        Ok(())
    }

    /// The same blocks on a fresh chain give the same app hashes.
    fn replay(&self) -> Result<(), String> {
        let (mut chain, _) = Chain::init_chain(&self.init).map_err(|e| e.to_string())?;
        for (block, hash) in self.blocks.iter().zip(&self.hashes) {
            let result = chain.finalize_block(block).map_err(|e| format!("replay of block {}: {e}", block.height))?;
            chain.commit().map_err(|e| e.to_string())?;
            if result.app_hash != *hash {
                return Err(format!("block {} gives another app hash when it is played again", block.height));
            }
        }
        Ok(())
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned())).unwrap_or_default()
}

/// Time between blocks: seconds, but sometimes the world stops for days or years.
fn pause(dice: &mut Dice) -> Span {
    let secs = match dice.below(200) {
        0 => dice.between(1, 3) * 31_556_952,
        1..=4 => dice.between(1, 30) * 86_400,
        5..=20 => dice.between(60, 7_200),
        21..=25 => return Span(1),
        _ => dice.between(1, 8),
    };
    Span::from_secs(i64::try_from(secs).unwrap_or(1))
}

fn packed((type_url, value): intent::Message) -> Option<Any> {
    let value = json::decode(&type_url, &value).ok()?;
    Some(Any { type_url, value })
}

fn envelope(dice: &mut Dice, scene: &Scene<'_>) -> Envelope {
    let height = u64::try_from(scene.height()).unwrap_or(0);
    let fee = match dice.below(10) {
        0..=4 => Vec::new(),
        5..=8 => vec![Coin { denom: scene.bond.clone(), amount: dice.below(5_000).to_string() }],
        _ => vec![Coin { denom: scene.denom(dice), amount: dice.below(100).to_string() }],
    };
    Envelope {
        fee,
        gas: if dice.chance(6) { dice.between(30_000, 400_000) } else { 100_000_000 },
        memo: if dice.chance(3) { "m".repeat(257) } else { String::new() },
        timeout_height: if dice.chance(3) { height + dice.below(3) } else { 0 },
        payer: String::new(),
    }
}

/// Who must sign; the sender, if that cannot be told.
fn signers_of(messages: &[Any], snapshot: &Snapshot, sender: AccAddress) -> Vec<AccAddress> {
    let mut all = Vec::new();
    for any in messages {
        let signers = entente_chain::route::signers(any, snapshot.bech32()).unwrap_or_default();
        for signer in signers {
            if !all.contains(&signer) {
                all.push(signer);
            }
        }
    }
    if all.is_empty() { vec![sender] } else { all }
}

/// Two states are the same to the last bit; else the first few pairs that differ.
fn same_state(one: &Snapshot, two: &Snapshot) -> Result<(), String> {
    if one.forest.root() == two.forest.root() {
        return Ok(());
    }
    let text = |value: Option<&[u8]>| value.map_or_else(|| "nothing".to_owned(), hex::encode);
    let changes = one.forest.changes_to(&two.forest);
    let shown = changes.iter().take(5).map(|(store, key, value)| {
        let name = one.forest.stores().iter().find(|s| s.index == *store).map_or("?", |s| s.name);
        let (was, is) = (text(one.forest.get(*store, key).as_deref()), text(value.as_deref()));
        format!("{name} {}: {was}, then {is}", hex::encode(key))
    });
    Err(format!("{} pairs differ: {}", changes.len(), shown.collect::<Vec<_>>().join("; ")))
}

/// The messages of a transaction as JSON.
pub fn describe(tx: &[u8]) -> String {
    let Ok(tx) = entente_chain::tx::decode(tx) else { return hex::encode(tx) };
    let messages = tx.body.messages.iter().map(|any| {
        let body = json::encode(&any.type_url, &any.value).map_or_else(|e| e.to_string(), |v| v.to_string());
        format!("{} {body}", any.type_url)
    });
    messages.collect::<Vec<_>>().join(" | ")
}

/// The first place where two documents differ.
pub fn first_difference(path: &str, one: &serde_json::Value, two: &serde_json::Value) -> Option<String> {
    use serde_json::Value;
    match (one, two) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: std::collections::BTreeSet<_> = a.keys().chain(b.keys()).collect();
            let null = Value::Null;
            keys.into_iter().find_map(|key| {
                let (x, y) = (a.get(key).unwrap_or(&null), b.get(key).unwrap_or(&null));
                first_difference(&format!("{path}.{key}"), x, y)
            })
        }
        (Value::Array(a), Value::Array(b)) => {
            let within = a.iter().zip(b).enumerate();
            let found = within.map(|(n, (x, y))| (format!("{path}[{n}]"), x, y));
            let found = found.into_iter().find_map(|(path, x, y)| first_difference(&path, x, y));
            found.or_else(|| (a.len() != b.len()).then(|| format!("{path}: {} items, then {}", a.len(), b.len())))
        }
        _ => (one != two).then(|| format!("{path}: {one}, then {two}")),
    }
}
