//! `entente query`: questions to a running node, with the verbs of `gaiad` and `allianced`.

use anyhow::{Result, anyhow, bail, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use entente_kernel::json::{self as form, schema};
use serde_json::{Map, Value, json};

use super::remote::Remote;
use super::show::Form;
use super::words::{Flag, Words, switch, value};

/// A question: module, verb, words by place, gRPC path, and the fields of the request that the words fill.
struct Question {
    module: &'static str,
    verb: &'static str,
    usage: &'static str,
    path: &'static str,
    fields: &'static [&'static str],
}

const fn ask(
    module: &'static str,
    verb: &'static str,
    usage: &'static str,
    path: &'static str,
    fields: &'static [&'static str],
) -> Question {
    Question { module, verb, usage, path, fields }
}

const QUESTIONS: &[Question] = &[
    ask("auth", "account", "ADDRESS", "/cosmos.auth.v1beta1.Query/Account", &["address"]),
    ask("auth", "accounts", "", "/cosmos.auth.v1beta1.Query/Accounts", &[]),
    ask("auth", "address-by-acc-num", "NUMBER", "/cosmos.auth.v1beta1.Query/AccountAddressByID", &["account_id"]),
    ask("auth", "module-account", "NAME", "/cosmos.auth.v1beta1.Query/ModuleAccountByName", &["name"]),
    ask("auth", "module-accounts", "", "/cosmos.auth.v1beta1.Query/ModuleAccounts", &[]),
    ask("auth", "params", "", "/cosmos.auth.v1beta1.Query/Params", &[]),
    ask("bank", "balance", "ADDRESS DENOM", "/cosmos.bank.v1beta1.Query/Balance", &["address", "denom"]),
    ask("bank", "balances", "ADDRESS", "/cosmos.bank.v1beta1.Query/AllBalances", &["address"]),
    ask("bank", "spendable-balances", "ADDRESS", "/cosmos.bank.v1beta1.Query/SpendableBalances", &["address"]),
    ask("bank", "total-supply", "", "/cosmos.bank.v1beta1.Query/TotalSupply", &[]),
    ask("bank", "total", "", "/cosmos.bank.v1beta1.Query/TotalSupply", &[]),
    ask("bank", "total-supply-of", "DENOM", "/cosmos.bank.v1beta1.Query/SupplyOf", &["denom"]),
    ask("bank", "denom-metadata", "DENOM", "/cosmos.bank.v1beta1.Query/DenomMetadataByQueryString", &["denom"]),
    ask("bank", "denoms-metadata", "", "/cosmos.bank.v1beta1.Query/DenomsMetadata", &[]),
    ask("bank", "denom-owners", "DENOM", "/cosmos.bank.v1beta1.Query/DenomOwners", &["denom"]),
    ask("bank", "send-enabled", "[DENOM...]", "/cosmos.bank.v1beta1.Query/SendEnabled", &[]),
    ask("bank", "params", "", "/cosmos.bank.v1beta1.Query/Params", &[]),
    ask("consensus", "params", "", "/cosmos.consensus.v1.Query/Params", &[]),
    ask("staking", "validators", "", "/cosmos.staking.v1beta1.Query/Validators", &[]),
    ask("staking", "validator", "VALIDATOR", "/cosmos.staking.v1beta1.Query/Validator", &["validator_addr"]),
    ask(
        "staking",
        "delegation",
        "DELEGATOR VALIDATOR",
        "/cosmos.staking.v1beta1.Query/Delegation",
        &["delegator_addr", "validator_addr"],
    ),
    ask(
        "staking",
        "delegations",
        "DELEGATOR",
        "/cosmos.staking.v1beta1.Query/DelegatorDelegations",
        &["delegator_addr"],
    ),
    ask(
        "staking",
        "delegations-to",
        "VALIDATOR",
        "/cosmos.staking.v1beta1.Query/ValidatorDelegations",
        &["validator_addr"],
    ),
    ask(
        "staking",
        "unbonding-delegation",
        "DELEGATOR VALIDATOR",
        "/cosmos.staking.v1beta1.Query/UnbondingDelegation",
        &["delegator_addr", "validator_addr"],
    ),
    ask(
        "staking",
        "unbonding-delegations",
        "DELEGATOR",
        "/cosmos.staking.v1beta1.Query/DelegatorUnbondingDelegations",
        &["delegator_addr"],
    ),
    ask(
        "staking",
        "unbonding-delegations-from",
        "VALIDATOR",
        "/cosmos.staking.v1beta1.Query/ValidatorUnbondingDelegations",
        &["validator_addr"],
    ),
    ask(
        "staking",
        "redelegation",
        "DELEGATOR SOURCE TARGET",
        "/cosmos.staking.v1beta1.Query/Redelegations",
        &["delegator_addr", "src_validator_addr", "dst_validator_addr"],
    ),
    ask("staking", "redelegations", "DELEGATOR", "/cosmos.staking.v1beta1.Query/Redelegations", &["delegator_addr"]),
    ask("staking", "historical-info", "HEIGHT", "/cosmos.staking.v1beta1.Query/HistoricalInfo", &["height"]),
    ask("staking", "pool", "", "/cosmos.staking.v1beta1.Query/Pool", &[]),
    ask("staking", "params", "", "/cosmos.staking.v1beta1.Query/Params", &[]),
    ask("slashing", "params", "", "/cosmos.slashing.v1beta1.Query/Params", &[]),
    ask(
        "slashing",
        "signing-info",
        "CONSENSUS-ADDRESS",
        "/cosmos.slashing.v1beta1.Query/SigningInfo",
        &["cons_address"],
    ),
    ask("slashing", "signing-infos", "", "/cosmos.slashing.v1beta1.Query/SigningInfos", &[]),
    ask("evidence", "evidence", "HASH", "/cosmos.evidence.v1beta1.Query/Evidence", &["hash"]),
    ask("evidence", "list", "", "/cosmos.evidence.v1beta1.Query/AllEvidence", &[]),
    ask("distribution", "params", "", "/cosmos.distribution.v1beta1.Query/Params", &[]),
    ask("distribution", "community-pool", "", "/cosmos.distribution.v1beta1.Query/CommunityPool", &[]),
    ask(
        "distribution",
        "commission",
        "VALIDATOR",
        "/cosmos.distribution.v1beta1.Query/ValidatorCommission",
        &["validator_address"],
    ),
    ask(
        "distribution",
        "rewards",
        "DELEGATOR",
        "/cosmos.distribution.v1beta1.Query/DelegationTotalRewards",
        &["delegator_address"],
    ),
    ask(
        "distribution",
        "rewards-by-validator",
        "DELEGATOR VALIDATOR",
        "/cosmos.distribution.v1beta1.Query/DelegationRewards",
        &["delegator_address", "validator_address"],
    ),
    ask(
        "distribution",
        "slashes",
        "VALIDATOR [FROM] [TO]",
        "/cosmos.distribution.v1beta1.Query/ValidatorSlashes",
        &["validator_address", "starting_height", "ending_height"],
    ),
    ask(
        "distribution",
        "validator-distribution-info",
        "VALIDATOR",
        "/cosmos.distribution.v1beta1.Query/ValidatorDistributionInfo",
        &["validator_address"],
    ),
    ask(
        "distribution",
        "validator-outstanding-rewards",
        "VALIDATOR",
        "/cosmos.distribution.v1beta1.Query/ValidatorOutstandingRewards",
        &["validator_address"],
    ),
    ask(
        "distribution",
        "delegator-validators",
        "DELEGATOR",
        "/cosmos.distribution.v1beta1.Query/DelegatorValidators",
        &["delegator_address"],
    ),
    ask(
        "distribution",
        "delegator-withdraw-address",
        "DELEGATOR",
        "/cosmos.distribution.v1beta1.Query/DelegatorWithdrawAddress",
        &["delegator_address"],
    ),
    ask("mint", "params", "", "/cosmos.mint.v1beta1.Query/Params", &[]),
    ask("mint", "inflation", "", "/cosmos.mint.v1beta1.Query/Inflation", &[]),
    ask("mint", "annual-provisions", "", "/cosmos.mint.v1beta1.Query/AnnualProvisions", &[]),
    ask("gov", "proposal", "NUMBER", "/cosmos.gov.v1.Query/Proposal", &["proposal_id"]),
    ask("gov", "proposals", "", "/cosmos.gov.v1.Query/Proposals", &[]),
    ask("gov", "vote", "NUMBER VOTER", "/cosmos.gov.v1.Query/Vote", &["proposal_id", "voter"]),
    ask("gov", "votes", "NUMBER", "/cosmos.gov.v1.Query/Votes", &["proposal_id"]),
    ask("gov", "deposit", "NUMBER DEPOSITOR", "/cosmos.gov.v1.Query/Deposit", &["proposal_id", "depositor"]),
    ask("gov", "deposits", "NUMBER", "/cosmos.gov.v1.Query/Deposits", &["proposal_id"]),
    ask("gov", "tally", "NUMBER", "/cosmos.gov.v1.Query/TallyResult", &["proposal_id"]),
    ask("gov", "params", "", "/cosmos.gov.v1.Query/Params", &[]),
    ask("gov", "constitution", "", "/cosmos.gov.v1.Query/Constitution", &[]),
    ask("upgrade", "plan", "", "/cosmos.upgrade.v1beta1.Query/CurrentPlan", &[]),
    ask("upgrade", "applied", "NAME", "/cosmos.upgrade.v1beta1.Query/AppliedPlan", &["name"]),
    ask("upgrade", "module-versions", "[MODULE]", "/cosmos.upgrade.v1beta1.Query/ModuleVersions", &["module_name"]),
    ask("upgrade", "authority", "", "/cosmos.upgrade.v1beta1.Query/Authority", &[]),
    ask("feegrant", "grant", "GRANTER GRANTEE", "/cosmos.feegrant.v1beta1.Query/Allowance", &["granter", "grantee"]),
    ask("feegrant", "grants-by-grantee", "GRANTEE", "/cosmos.feegrant.v1beta1.Query/Allowances", &["grantee"]),
    ask("feegrant", "grants-by-granter", "GRANTER", "/cosmos.feegrant.v1beta1.Query/AllowancesByGranter", &["granter"]),
    ask(
        "authz",
        "grants",
        "GRANTER GRANTEE [MESSAGE-TYPE]",
        "/cosmos.authz.v1beta1.Query/Grants",
        &["granter", "grantee", "msg_type_url"],
    ),
    ask("authz", "grants-by-granter", "GRANTER", "/cosmos.authz.v1beta1.Query/GranterGrants", &["granter"]),
    ask("authz", "grants-by-grantee", "GRANTEE", "/cosmos.authz.v1beta1.Query/GranteeGrants", &["grantee"]),
    ask("alliance", "params", "", "/alliance.alliance.Query/Params", &[]),
    ask("alliance", "alliances", "", "/alliance.alliance.Query/Alliances", &[]),
    ask("alliance", "alliance", "DENOM", "/alliance.alliance.Query/Alliance", &["denom"]),
    ask("alliance", "validator", "VALIDATOR", "/alliance.alliance.Query/AllianceValidator", &["validator_addr"]),
    ask("alliance", "validators", "", "/alliance.alliance.Query/AllAllianceValidators", &[]),
    ask("alliance", "delegations", "", "/alliance.alliance.Query/AllAlliancesDelegations", &[]),
    ask(
        "alliance",
        "delegations-by-delegator",
        "DELEGATOR",
        "/alliance.alliance.Query/AlliancesDelegation",
        &["delegator_addr"],
    ),
    ask(
        "alliance",
        "delegations-by-delegator-and-validator",
        "DELEGATOR VALIDATOR",
        "/alliance.alliance.Query/AlliancesDelegationByValidator",
        &["delegator_addr", "validator_addr"],
    ),
    ask(
        "alliance",
        "delegation",
        "DELEGATOR VALIDATOR DENOM",
        "/alliance.alliance.Query/AllianceDelegation",
        &["delegator_addr", "validator_addr", "denom"],
    ),
    ask(
        "alliance",
        "rewards",
        "DELEGATOR VALIDATOR DENOM",
        "/alliance.alliance.Query/AllianceDelegationRewards",
        &["delegator_addr", "validator_addr", "denom"],
    ),
    ask(
        "alliance",
        "unbondings-by-delegator",
        "DELEGATOR",
        "/alliance.alliance.Query/AllianceUnbondingsByDelegator",
        &["delegator_addr"],
    ),
    ask(
        "alliance",
        "unbondings-by-denom-and-delegator",
        "DENOM DELEGATOR",
        "/alliance.alliance.Query/AllianceUnbondingsByDenomAndDelegator",
        &["denom", "delegator_addr"],
    ),
    ask(
        "alliance",
        "unbondings",
        "DENOM DELEGATOR VALIDATOR",
        "/alliance.alliance.Query/AllianceUnbondings",
        &["denom", "delegator_addr", "validator_addr"],
    ),
    ask(
        "alliance",
        "redelegations-by-delegator",
        "DELEGATOR",
        "/alliance.alliance.Query/AllianceRedelegationsByDelegator",
        &["delegator_addr"],
    ),
    ask(
        "alliance",
        "redelegations",
        "DENOM DELEGATOR",
        "/alliance.alliance.Query/AllianceRedelegations",
        &["denom", "delegator_addr"],
    ),
    ask("assets", "params", "", "/restake.assets.v1.Query/Params", &[]),
    ask("assets", "assets", "[UNDERLYING]", "/restake.assets.v1.Query/Assets", &["underlying"]),
    ask("assets", "asset", "ID", "/restake.assets.v1.Query/Asset", &["asset_id"]),
    ask("assets", "asset-by-denom", "DENOM", "/restake.assets.v1.Query/AssetByDenom", &["denom"]),
    ask("assets", "groups", "", "/restake.assets.v1.Query/Groups", &[]),
    ask("assets", "rate", "ID", "/restake.assets.v1.Query/Rate", &["asset_id"]),
    ask("assets", "pauses", "", "/restake.assets.v1.Query/Pauses", &[]),
    ask("liquid", "params", "", "/pstake.liquidstake.v1beta1.Query/Params", &[]),
    ask("liquid", "own-params", "", "/restake.liquid.v1.Query/Params", &[]),
    ask("liquid", "validators", "", "/pstake.liquidstake.v1beta1.Query/LiquidValidators", &[]),
    ask("liquid", "states", "", "/pstake.liquidstake.v1beta1.Query/States", &[]),
    ask("liquid", "rate", "", "/restake.liquid.v1.Query/Rate", &[]),
    ask("liquid", "batches", "", "/restake.liquid.v1.Query/Batches", &[]),
    ask("liquid", "batch", "ID", "/restake.liquid.v1.Query/Batch", &["batch_id"]),
    ask("liquid", "claims", "OWNER", "/restake.liquid.v1.Query/Claims", &["owner"]),
    ask("liquid", "operations", "", "/restake.liquid.v1.Query/Operations", &[]),
    ask("liquid", "preview-stake", "AMOUNT", "/restake.liquid.v1.Query/PreviewStake", &["amount"]),
    ask("liquid", "preview-unstake", "AMOUNT", "/restake.liquid.v1.Query/PreviewUnstake", &["amount"]),
    ask("pools", "params", "", "/restake.pools.v1.Query/Params", &[]),
    ask("pools", "pools", "", "/restake.pools.v1.Query/Pools", &[]),
    ask("pools", "pool", "POOL", "/restake.pools.v1.Query/Pool", &["pool"]),
    ask(
        "pools",
        "preview-swap",
        "POOL AMOUNT DENOM",
        "/restake.pools.v1.Query/PreviewSwap",
        &["pool", "coin_in", "denom_out"],
    ),
    ask("pools", "market", "POOL DENOM", "/restake.pools.v1.Query/Market", &["pool", "denom"]),
    ask("pools", "incentives", "POOL", "/restake.pools.v1.Query/Incentives", &["pool"]),
    ask("pools", "positions", "OWNER", "/restake.pools.v1.Query/Positions", &["owner"]),
    ask("vault", "params", "", "/restake.vault.v1.Query/Params", &[]),
    ask("vault", "vaults", "", "/restake.vault.v1.Query/Vaults", &[]),
    ask("vault", "vault", "VAULT", "/restake.vault.v1.Query/Vault", &["vault"]),
    ask("vault", "share-price", "VAULT", "/restake.vault.v1.Query/SharePrice", &["vault"]),
    ask("vault", "nav", "VAULT", "/restake.vault.v1.Query/Nav", &["vault"]),
    ask("vault", "nav-lo", "VAULT", "/restake.vault.v1.Query/NavLo", &["vault"]),
    ask("vault", "composition", "VAULT", "/restake.vault.v1.Query/Composition", &["vault"]),
    ask("vault", "targets", "VAULT", "/restake.vault.v1.Query/Targets", &["vault"]),
    ask("vault", "preview-deposit", "VAULT COIN", "/restake.vault.v1.Query/PreviewDeposit", &["vault", "coin"]),
    ask("vault", "preview-exit", "VAULT SHARES", "/restake.vault.v1.Query/PreviewExit", &["vault", "shares"]),
    ask("vault", "risk-report", "VAULT", "/restake.vault.v1.Query/RiskReport", &["vault"]),
    ask("vault", "ledger", "VAULT", "/restake.vault.v1.Query/Ledger", &["vault"]),
    ask("vault", "batches", "VAULT", "/restake.vault.v1.Query/Batches", &["vault"]),
    ask("vault", "batch", "VAULT BATCH", "/restake.vault.v1.Query/Batch", &["vault", "batch"]),
    ask("vault", "allowed", "VAULT", "/restake.vault.v1.Query/Allowed", &["vault"]),
    ask("vault", "claims", "OWNER", "/restake.vault.v1.Query/Claims", &["owner"]),
    ask("vault", "lots", "VAULT", "/restake.vault.v1.Query/Lots", &["vault"]),
    ask("vault", "gauge", "VAULT OWNER", "/restake.vault.v1.Query/Gauge", &["vault", "owner"]),
];

/// Verbs without module: verb, words, what it tells.
const NODE_VERBS: &[(&str, &str, &str)] = &[
    ("tx", "HASH", "A transaction"),
    ("txs", "--query FILTER", "Transactions whose events pass a filter"),
    ("wait-tx", "HASH", "Waits until a transaction is in a block"),
    ("block", "[HEIGHT]", "A block"),
    ("block-results", "[HEIGHT]", "What came of a block"),
    ("comet-validator-set", "[HEIGHT]", "The validators of a height"),
    ("invariants", "", "The invariants that do not hold"),
];

/// Flags of every question.
const FLAGS: &[Flag] = &[
    value("node", None, "RPC address of the node"),
    value("output", Some('o'), "json or text"),
    value("height", None, "Ask for the state at this height"),
    value("home", None, "The folder of the node and of its keys"),
    value("chain-id", None, "Accepted, not needed"),
    switch("help", Some('h'), "This list"),
];
const PAGES: &[Flag] = &[
    value("page-key", None, "The next_key of the page before, in base64"),
    value("offset", None, "Items to leave out"),
    value("limit", None, "Items of a page"),
    value("page-limit", None, "Items of a page"),
    value("page", None, "Number of the page"),
    switch("count-total", None, "Count all items"),
    switch("page-count-total", None, "Count all items"),
    switch("reverse", None, "From the other end"),
    switch("page-reverse", None, "From the other end"),
];
/// Flags of single questions, with the field of the request.
const OWN: &[(&str, &str, &str, &str)] = &[
    ("bank", "balances", "denom", ""),
    ("bank", "total", "denom", ""),
    ("bank", "denom-metadata", "denom", "denom"),
    ("staking", "validators", "status", "status"),
    ("gov", "proposals", "status", "proposal_status"),
    ("gov", "proposals", "voter", "voter"),
    ("gov", "proposals", "depositor", "depositor"),
    ("gov", "params", "params-type", "params_type"),
];
const OWN_FLAGS: &[Flag] = &[
    value("denom", None, "Of this denomination only"),
    value("status", None, "In this state only"),
    value("voter", None, "With a vote of this account only"),
    value("depositor", None, "With a deposit of this account only"),
    value("params-type", None, "voting, deposit or tallying"),
    value("query", None, "Such as \"message.sender='entente1...'\""),
    value("order_by", None, "asc or desc"),
    value("timeout", None, "Seconds to wait"),
    value("type", None, "Of tx: hash"),
];

/// Asks and prints.
///
/// # Errors
/// The sentence of the node, or what is wrong with the words.
pub fn run(words: &[String]) -> Result<()> {
    let words = Words::parse(words, &[FLAGS, PAGES, OWN_FLAGS])?;
    let form = Form::parse(words.flag("output"))?;
    let remote = Remote::named(words.flag("node"))?;
    let (module, verb) = (words.place(0), words.place(1));
    if words.is_set("help") || module.is_empty() {
        help(module);
        return Ok(());
    }
    if NODE_VERBS.iter().any(|(name, ..)| *name == module) {
        form.print(&of_node(&remote, module, &words)?);
        return Ok(());
    }
    let known = QUESTIONS.iter().any(|q| q.module == module);
    ensure!(known, "unknown module {module:?}; entente query --help lists them");
    let verb = match (module, verb, words.places().len()) {
        ("bank", "total", _) if words.flag("denom").is_some() => "total-supply-of",
        ("bank", "balances", _) if words.flag("denom").is_some() => "balance",
        ("bank", "denom-metadata", 2) if words.flag("denom").is_none() => "denoms-metadata",
        ("distribution", "rewards", 4) => "rewards-by-validator",
        ("alliance", "delegations-by-delegator", 4) => "delegations-by-delegator-and-validator",
        (_, verb, _) => verb,
    };
    let question = QUESTIONS.iter().find(|q| q.module == module && q.verb == verb);
    let Some(question) = question else {
        help(module);
        bail!("unknown verb {verb:?} of {module}");
    };
    let mut places: Vec<String> = words.places().iter().skip(2).cloned().collect();
    if let (Some(denom), true) =
        (words.flag("denom"), question.fields.contains(&"denom") && places.len() < question.fields.len())
    {
        places.push(denom.to_owned());
    }
    form.print(&asked(&remote, question, &places, &words)?);
    Ok(())
}

fn help(module: &str) {
    eprintln!("entente query MODULE VERB ... [--node ADDRESS] [-o json|text] [--height HEIGHT]\n");
    for q in QUESTIONS.iter().filter(|q| module.is_empty() || q.module == module) {
        eprintln!("  {} {} {}", q.module, q.verb, q.usage);
    }
    for (verb, usage, about) in NODE_VERBS {
        eprintln!("  {verb} {usage}: {about}");
    }
    for (_, declarations) in entente_chain::params::ALL.iter().filter(|(name, _)| *name == module) {
        eprintln!("\nparameters, which a vote sets by MsgUpdateParams, all at once:");
        for d in *declarations {
            eprintln!("  {}: {} Allowed: {}. Default: {:?}.", d.name, d.meaning, d.bound, d.default);
        }
    }
}

fn asked(remote: &Remote, q: &Question, places: &[String], words: &Words) -> Result<Value> {
    let line = Words::parse(places, &[])?;
    line.check_places(&format!("query {} {}", q.module, q.verb), q.usage)?;
    let method = schema::method_at(q.path).ok_or_else(|| anyhow!("{} is not among the descriptors", q.path))?;
    let mut request = Map::new();
    for (field, word) in q.fields.iter().zip(places) {
        request.insert((*field).to_owned(), json!(word));
    }
    if q.verb == "send-enabled" {
        request.insert("denoms".to_owned(), json!(places));
    }
    for (module, verb, flag, field) in OWN {
        if *module == q.module
            && *verb == q.verb
            && !field.is_empty()
            && let Some(given) = words.flag(flag)
        {
            request.insert((*field).to_owned(), json!(enumerated(field, given)));
        }
    }
    if method.input().get_field_by_name("pagination").is_some() {
        request.insert("pagination".to_owned(), pagination(words)?);
    }
    let bytes = form::decode(method.input().full_name(), &Value::Object(request))?;
    let answer = remote.query(q.path, &bytes, words.number("height")?.unwrap_or_default())?;
    Ok(form::encode(method.output().full_name(), &answer)?)
}

/// The short name of a state as the long one of protobuf.
fn enumerated(field: &str, given: &str) -> String {
    let short = given.to_uppercase().replace('-', "_");
    match field {
        "proposal_status" if !short.starts_with("PROPOSAL_STATUS_") => format!("PROPOSAL_STATUS_{short}"),
        "status" if !short.starts_with("BOND_STATUS_") => format!("BOND_STATUS_{short}"),
        "proposal_status" | "status" => short,
        _ => given.to_owned(),
    }
}

fn pagination(words: &Words) -> Result<Value> {
    let limit = words.number("limit")?.or(words.number("page-limit")?).unwrap_or(100);
    let page = words.number("page")?.unwrap_or(1).max(1);
    let offset = words.number("offset")?.unwrap_or_else(|| (page - 1).saturating_mul(limit));
    Ok(json!({
        "key": words.flag("page-key").unwrap_or_default(),
        "offset": offset.to_string(),
        "limit": limit.to_string(),
        "count_total": words.is_set("count-total") || words.is_set("page-count-total"),
        "reverse": words.is_set("reverse") || words.is_set("page-reverse"),
    }))
}

fn of_node(remote: &Remote, verb: &str, words: &Words) -> Result<Value> {
    let place = words.place(1).to_owned();
    let height = || if place.is_empty() { json!({}) } else { json!({ "height": place }) };
    match verb {
        "block" => remote.call("block", height()),
        "block-results" => remote.call("block_results", height()),
        "comet-validator-set" => remote.call("validators", height()),
        "tx" => tx(remote, &place),
        "wait-tx" => {
            let patience = words.number("timeout")?.unwrap_or(15);
            wait(remote, &place, std::time::Duration::from_secs(patience))
        }
        "txs" => {
            let query = words
                .flag("query")
                .ok_or_else(|| anyhow!("--query: it is missing, such as --query \"message.sender='entente1...'\""))?;
            let order = if words.flag("order_by") == Some("desc") { "ORDER_BY_DESC" } else { "ORDER_BY_ASC" };
            let (page, limit) = (words.number("page")?.unwrap_or(1), words.number("limit")?.unwrap_or(100));
            let request =
                json!({ "query": query, "order_by": order, "page": page.to_string(), "limit": limit.to_string() });
            call(remote, "/cosmos.tx.v1beta1.Service/GetTxsEvent", &request)
        }
        _ => {
            let params = json!({ "path": "/app/invariants", "data": "" });
            let answer = remote.call("abci_query", params)?;
            let text = answer.pointer("/response/value").and_then(Value::as_str).unwrap_or_default();
            let broken: Value = serde_json::from_slice(&STANDARD.decode(text)?)?;
            Ok(json!({ "broken": broken }))
        }
    }
}

/// Calls a gRPC method with a request in JSON.
///
/// # Errors
/// The sentence of the node.
pub fn call(remote: &Remote, path: &str, request: &Value) -> Result<Value> {
    let method = schema::method_at(path).ok_or_else(|| anyhow!("{path} is not among the descriptors"))?;
    let answer = remote.query(path, &form::decode(method.input().full_name(), request)?, 0)?;
    Ok(form::encode(method.output().full_name(), &answer)?)
}

fn tx(remote: &Remote, hash: &str) -> Result<Value> {
    let found = call(remote, "/cosmos.tx.v1beta1.Service/GetTx", &json!({ "hash": hash }))?;
    Ok(found.get("tx_response").cloned().unwrap_or_default())
}

/// Waits until a transaction is in a block.
///
/// # Errors
/// It is in none when the time is over.
pub fn wait(remote: &Remote, hash: &str, patience: std::time::Duration) -> Result<Value> {
    let end = std::time::Instant::now() + patience;
    loop {
        match tx(remote, hash) {
            Ok(found) => return Ok(found),
            Err(error) if std::time::Instant::now() >= end => {
                return Err(anyhow!("the transaction {hash} is in no block after {} s: {error}", patience.as_secs()));
            }
            Err(_) => std::thread::sleep(std::time::Duration::from_millis(100)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_question_fits_its_request() {
        for q in QUESTIONS {
            let method = schema::method_at(q.path).unwrap_or_else(|| panic!("{}", q.path));
            for field in q.fields {
                assert!(method.input().get_field_by_name(field).is_some(), "{}: {field}", q.path);
            }
            assert!(entente_chain::query::PATHS.contains(&q.path), "{} is not answered", q.path);
        }
        for (module, verb, flag, field) in OWN.iter().filter(|own| !own.3.is_empty()) {
            let q = QUESTIONS.iter().find(|q| q.module == *module && q.verb == *verb).unwrap();
            assert!(schema::method_at(q.path).unwrap().input().get_field_by_name(field).is_some(), "{verb} {field}");
            assert!(OWN_FLAGS.iter().any(|f| f.name == *flag), "{flag}");
        }
    }
}
