//! What Prometheus reads: the node, the modules and the economy, and behind them what CometBFT says of itself.
//!
//! Counters are counted where things happen; everything else is read from the last state when somebody asks, once per height.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use entente_chain::Snapshot;
use entente_kernel::num::Dec;
use entente_proto::alliance::alliance as alliances;
use entente_proto::cosmos::bank::v1beta1 as bank;
use entente_proto::cosmos::base::query::v1beta1::PageRequest;
use entente_proto::cosmos::distribution::v1beta1 as distribution;
use entente_proto::cosmos::evidence::v1beta1 as evidence;
use entente_proto::cosmos::mint::v1beta1 as mint;
use entente_proto::cosmos::staking::v1beta1 as staking;
use parking_lot::Mutex;
use prost::Message;

use crate::engine::Engine;

/// Most rows of a list that become series: a scrape stays small, whatever the chain holds.
const ROWS_MAX: usize = 200;

/// What was counted since the process began.
pub struct Counters {
    pub blocks: AtomicU64,
    pub txs: AtomicU64,
    pub txs_failed: AtomicU64,
    pub checked: AtomicU64,
    pub check_refused: AtomicU64,
    pub proposals_rejected: AtomicU64,
    pub snapshots_taken: AtomicU64,
    pub execute_micros: AtomicU64,
    pub commit_micros: AtomicU64,
    pub last_execute_micros: AtomicU64,
    pub last_commit_micros: AtomicU64,
    pub last_block_gas: AtomicI64,
    pub last_block_txs: AtomicU64,
}

pub static COUNTERS: Counters = Counters {
    blocks: AtomicU64::new(0),
    txs: AtomicU64::new(0),
    txs_failed: AtomicU64::new(0),
    checked: AtomicU64::new(0),
    check_refused: AtomicU64::new(0),
    proposals_rejected: AtomicU64::new(0),
    snapshots_taken: AtomicU64::new(0),
    execute_micros: AtomicU64::new(0),
    commit_micros: AtomicU64::new(0),
    last_execute_micros: AtomicU64::new(0),
    last_commit_micros: AtomicU64::new(0),
    last_block_gas: AtomicI64::new(0),
    last_block_txs: AtomicU64::new(0),
};

pub fn add(counter: &AtomicU64, n: u64) {
    counter.fetch_add(n, Ordering::Relaxed);
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

impl Counters {
    /// A block was executed.
    pub fn executed(&self, took: Duration, txs: u64, failed: u64, gas: i64) {
        add(&self.blocks, 1);
        add(&self.txs, txs);
        add(&self.txs_failed, failed);
        add(&self.execute_micros, micros(took));
        self.last_execute_micros.store(micros(took), Ordering::Relaxed);
        self.last_block_txs.store(txs, Ordering::Relaxed);
        self.last_block_gas.store(gas, Ordering::Relaxed);
    }

    /// A block was made durable.
    pub fn committed(&self, took: Duration) {
        add(&self.commit_micros, micros(took));
        self.last_commit_micros.store(micros(took), Ordering::Relaxed);
    }
}

/// The page in the making.
#[derive(Default)]
struct Page(String);

impl Page {
    fn about(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a text cannot fail.
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    fn one(&mut self, name: &str, kind: &str, help: &str, value: impl std::fmt::Display) {
        self.about(name, kind, help);
        let _ = writeln!(self.0, "{name} {value}");
    }

    fn row(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        let label = |(key, value): &(&str, &str)| {
            let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            format!("{key}=\"{value}\"")
        };
        let labels: Vec<String> = labels.iter().map(label).collect();
        let _ = writeln!(self.0, "{name}{{{}}} {value}", labels.join(","));
    }
}

struct Metrics {
    engine: Engine,
    begin: Instant,
    /// The height and what was read of its state.
    read: Mutex<(i64, String)>,
    /// Where CometBFT tells its own metrics.
    comet: Option<String>,
}

/// The page at `/metrics`. `comet` is the address of CometBFT's own page, which is appended.
pub fn router(engine: Engine, comet: Option<String>) -> Router {
    let metrics = Arc::new(Metrics { engine, begin: Instant::now(), read: Mutex::new((-1, String::new())), comet });
    Router::new().route("/metrics", get(page)).with_state(metrics)
}

/// Serves the page from a task of its own. A node without metrics is better than none: if the address cannot be had, it says so and goes on.
pub async fn serve(engine: Engine, comet: Option<String>, address: std::net::SocketAddr) {
    let listener = match crate::addresses::listen("metrics", "--metrics", address).await {
        Ok(listener) => listener,
        Err(why) => return eprintln!("entente: there will be no metrics: {why:#}"),
    };
    let router = router(engine, comet);
    tokio::spawn(async move {
        if let Err(why) = axum::serve(listener, router).await {
            tracing::warn!("metrics are not served any more: {why}");
        }
    });
}

async fn page(State(metrics): State<Arc<Metrics>>) -> String {
    let work = move || metrics.page();
    tokio::task::spawn_blocking(work).await.unwrap_or_default()
}

impl Metrics {
    fn page(&self) -> String {
        let mut page = Page::default();
        self.node(&mut page);
        let height = self.engine.height();
        let mut read = self.read.lock();
        if read.0 != height {
            let mut of_state = Page::default();
            if let Some(state) = self.engine.snapshot(None) {
                modules(&mut of_state, &state);
            }
            *read = (height, of_state.0);
        }
        page.0.push_str(&read.1);
        drop(read);
        if let Some(comet) = &self.comet {
            page.0.push_str(&comet_page(comet).unwrap_or_default());
        }
        page.0
    }

    fn node(&self, page: &mut Page) {
        let standing = self.engine.shown().standing;
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let secs = |micros: u64| Duration::from_micros(micros).as_secs_f64();
        let c = &COUNTERS;
        page.about("entente_build_info", "gauge", "The version of this program.");
        page.row("entente_build_info", &[("version", env!("CARGO_PKG_VERSION")), ("chain_id", &standing.chain_id)], 1);
        page.one("entente_height", "gauge", "The last height that was executed and made durable.", standing.height);
        page.one("entente_block_time_seconds", "gauge", "The time of the last block, since 1970.", standing.time.secs);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let age = i64::try_from(now).unwrap_or_default().saturating_sub(standing.time.secs);
        page.one("entente_block_age_seconds", "gauge", "How long ago the last block was.", age);
        page.one("entente_uptime_seconds", "gauge", "How long this process runs.", self.begin.elapsed().as_secs());
        page.one(
            "entente_states_in_memory",
            "gauge",
            "Heights that can be queried.",
            standing.height - self.engine.oldest_snapshot() + 1,
        );
        page.one("entente_blocks_total", "counter", "Blocks executed by this process.", count(&c.blocks));
        page.one("entente_txs_total", "counter", "Transactions in those blocks.", count(&c.txs));
        page.one("entente_txs_failed_total", "counter", "Those that failed.", count(&c.txs_failed));
        page.one("entente_checked_txs_total", "counter", "Transactions checked for the mempool.", count(&c.checked));
        page.one("entente_check_refused_total", "counter", "Those that were refused.", count(&c.check_refused));
        page.one(
            "entente_proposals_rejected_total",
            "counter",
            "Proposed blocks that were turned down.",
            count(&c.proposals_rejected),
        );
        page.one("entente_snapshots_taken_total", "counter", "Snapshots for state-sync.", count(&c.snapshots_taken));
        page.one(
            "entente_execute_seconds_total",
            "counter",
            "Time spent executing blocks.",
            secs(count(&c.execute_micros)),
        );
        page.one(
            "entente_commit_seconds_total",
            "counter",
            "Time spent making blocks durable.",
            secs(count(&c.commit_micros)),
        );
        page.one(
            "entente_last_execute_seconds",
            "gauge",
            "Execution of the last block.",
            secs(count(&c.last_execute_micros)),
        );
        page.one(
            "entente_last_commit_seconds",
            "gauge",
            "Commit of the last block.",
            secs(count(&c.last_commit_micros)),
        );
        page.one("entente_last_block_txs", "gauge", "Transactions of the last block.", count(&c.last_block_txs));
        page.one("entente_last_block_gas", "gauge", "Gas that they used.", c.last_block_gas.load(Ordering::Relaxed));
        if let Some(bytes) = resident() {
            page.one("entente_resident_bytes", "gauge", "Memory of this process.", bytes);
        }
        let own = entente_kernel::crypto::ed25519::address(&self.engine.own_key());
        let power = standing.validators.by_address(&own).map_or(0, |v| v.power);
        page.one("entente_own_voting_power", "gauge", "Voting power of this node's validator; 0: none.", power);
        page.one("entente_voting_power", "gauge", "Voting power of all validators.", standing.validators.total_power());
    }
}

/// Memory of this process that is in use.
fn resident() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok()?.checked_mul(1_024)
}

fn ask<Q: Message, A: Message + Default>(state: &Snapshot, path: &str, request: &Q) -> Option<A> {
    A::decode(state.query(path, &request.encode_to_vec()).ok()?.as_slice()).ok()
}

/// A decimal of the wire: a text, or digits with 18 places.
fn decimal(text: &str) -> String {
    if text.contains('.') {
        return text.to_owned();
    }
    Dec::from_scaled_str(text).map_or_else(|_| text.to_owned(), |dec| dec.to_string())
}

fn modules(page: &mut Page, state: &Snapshot) {
    of_staking(page, state);
    of_economy(page, state);
    of_alliance(page, state);
}

fn of_staking(page: &mut Page, state: &Snapshot) {
    let pool: Option<staking::QueryPoolResponse> =
        ask(state, "/cosmos.staking.v1beta1.Query/Pool", &staking::QueryPoolRequest {});
    if let Some(pool) = pool.and_then(|p| p.pool) {
        page.one(
            "entente_bonded_tokens",
            "gauge",
            "Native coins staked with validators in office.",
            pool.bonded_tokens,
        );
        page.one(
            "entente_not_bonded_tokens",
            "gauge",
            "Native coins that unbond or are with others.",
            pool.not_bonded_tokens,
        );
    }
    let request = staking::QueryValidatorsRequest::default();
    let all: Option<staking::QueryValidatorsResponse> =
        ask(state, "/cosmos.staking.v1beta1.Query/Validators", &request);
    let all = all.unwrap_or_default().validators;
    page.about("entente_validator_tokens", "gauge", "Native and virtual stake of a validator.");
    for v in all.iter().take(ROWS_MAX) {
        let moniker = v.description.as_ref().map(|d| d.moniker.as_str()).unwrap_or_default();
        let status = v.status().as_str_name();
        let labels = [("operator", v.operator_address.as_str()), ("moniker", moniker), ("status", status)];
        page.row("entente_validator_tokens", &labels, &v.tokens);
    }
    let jailed = all.iter().filter(|v| v.jailed).count();
    page.one("entente_validators_jailed", "gauge", "Validators in jail, of the first page.", jailed);
    let request = evidence::QueryAllEvidenceRequest {
        pagination: Some(PageRequest { limit: 1, count_total: true, ..PageRequest::default() }),
    };
    let proofs: Option<evidence::QueryAllEvidenceResponse> =
        ask(state, "/cosmos.evidence.v1beta1.Query/AllEvidence", &request);
    let proofs = proofs.and_then(|found| found.pagination).unwrap_or_default().total;
    page.one("entente_evidence_total", "counter", "Proofs of double signing that were punished, ever.", proofs);
}

fn of_economy(page: &mut Page, state: &Snapshot) {
    let supply: Option<bank::QueryTotalSupplyResponse> =
        ask(state, "/cosmos.bank.v1beta1.Query/TotalSupply", &bank::QueryTotalSupplyRequest::default());
    page.about("entente_supply", "gauge", "Coins of a denom, without bookkeeping stake.");
    for coin in supply.unwrap_or_default().supply.iter().take(ROWS_MAX) {
        page.row("entente_supply", &[("denom", &coin.denom)], &coin.amount);
    }
    let inflation: Option<mint::QueryInflationResponse> =
        ask(state, "/cosmos.mint.v1beta1.Query/Inflation", &mint::QueryInflationRequest {});
    if let Some(inflation) = inflation {
        let inflation = String::from_utf8_lossy(&inflation.inflation).into_owned();
        page.one("entente_inflation", "gauge", "New coins per year, as a part of the supply.", decimal(&inflation));
    }
    let pool: Option<distribution::QueryCommunityPoolResponse> =
        ask(state, "/cosmos.distribution.v1beta1.Query/CommunityPool", &distribution::QueryCommunityPoolRequest {});
    page.about("entente_community_pool", "gauge", "What governance may spend.");
    for coin in pool.unwrap_or_default().pool.iter().take(ROWS_MAX) {
        page.row("entente_community_pool", &[("denom", &coin.denom)], decimal(&coin.amount));
    }
}

fn of_alliance(page: &mut Page, state: &Snapshot) {
    let request = alliances::QueryAlliancesRequest::default();
    let all: Option<alliances::QueryAlliancesResponse> = ask(state, "/alliance.alliance.Query/Alliances", &request);
    let all = all.unwrap_or_default().alliances;
    type Column = (&'static str, &'static str, fn(&alliances::AllianceAsset) -> String);
    let columns: [Column; 3] = [
        ("entente_alliance_tokens", "Staked tokens of an asset.", |a| a.total_tokens.clone()),
        ("entente_alliance_reward_weight", "What an asset's stake weighs, relative to native stake.", |a| {
            decimal(&a.reward_weight)
        }),
        ("entente_alliance_take_rate", "The part of its tokens that an asset pays per interval.", |a| {
            decimal(&a.take_rate)
        }),
    ];
    for (name, help, value) in columns {
        page.about(name, "gauge", help);
        for asset in all.iter().take(ROWS_MAX) {
            page.row(name, &[("denom", &asset.denom)], value(asset));
        }
    }
}

/// What CometBFT says of itself; nothing if it is silent.
fn comet_page(place: &str) -> Option<String> {
    let body = String::from_utf8(crate::engine::comet::companion::fetch(place, "/metrics").ok()?).ok()?;
    Some(body.lines().filter(|line| line.contains("cometbft_")).fold(String::new(), |all, line| all + line + "\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::Disk;
    use crate::engine::stores;
    use crate::genesis::dev;
    use crate::keys::validator::development_seeds;

    #[test]
    fn a_page_has_a_help_and_a_type_for_every_series_and_speaks_of_the_economy() {
        let seeds = development_seeds(4);
        let doc = dev::document("metrics-1", entente_kernel::Timestamp::from_secs(1_800_000_000), &seeds).unwrap();
        let engine = Engine::open(Disk::ephemeral(stores()), None, doc, seeds.clone()).unwrap();
        engine.make_block().unwrap();
        let public = entente_kernel::crypto::ed25519::public_key(&seeds[3]);
        engine.double_sign(entente_kernel::crypto::ed25519::address(&public)).unwrap();
        let metrics = Metrics { engine, begin: Instant::now(), read: Mutex::new((-1, String::new())), comet: None };
        let page = metrics.page();
        let mut typed = std::collections::BTreeSet::new();
        for line in page.lines() {
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                assert!(typed.insert(rest.split(' ').next().unwrap().to_owned()), "{line}");
            } else if !line.starts_with('#') {
                let name = line.split(['{', ' ']).next().unwrap();
                assert!(typed.contains(name), "{line}");
                let value = line.rsplit(' ').next().unwrap();
                assert!(value.parse::<f64>().is_ok(), "{line}");
            }
        }
        for wanted in [
            "entente_height 2\n",
            "entente_supply{denom=\"uente\"} ",
            "entente_alliance_reward_weight{denom=\"ibc/",
            "entente_validators_jailed 1\n",
            "entente_evidence_total 1\n",
        ] {
            assert!(page.contains(wanted), "{wanted} is missing in:\n{page}");
        }
        // CometBFT's own series are looked for in a net of real nodes, in tests/engines.
        let documents =
            [include_str!("../../../docs/operating/grafana.json"), include_str!("../../../docs/operating/alerts.yml")];
        let words = documents.iter().flat_map(|text| text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'));
        let named: std::collections::BTreeSet<&str> = words.filter(|word| word.starts_with("entente_")).collect();
        assert!(named.len() > 20, "{named:?}");
        for name in named {
            assert!(typed.contains(name), "the board or an alert names {name}, which the page has not");
        }
    }
}
