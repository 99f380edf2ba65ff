//! `entente query`: questions to a running node, with the verbs of `gaiad` and `allianced`.

mod questions;

use anyhow::{Result, anyhow, bail, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use entente_kernel::json::{self as form, schema};
use entente_kernel::{Bech32, ConsAddress};
use serde_json::{Map, Value, json};

use super::remote::Remote;
use super::show::Form;
use super::words::{Flag, Words, switch, value};
use questions::{QUESTIONS, Question};

/// Verbs without module: verb, words, what it tells.
const NODE_VERBS: &[(&str, &str, &str)] = &[
    ("tx", "HASH", "A transaction; with --type=acc_seq by ADDRESS/SEQUENCE, with --type=signature by a signature"),
    ("txs", "--query FILTER", "Transactions whose events pass a filter"),
    ("wait-tx", "HASH", "Waits until a transaction is in a block"),
    ("block", "[HEIGHT]", "A block; with --type=hash by its hash"),
    ("blocks", "--query FILTER", "Blocks whose events pass a filter"),
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
    value("grpc-addr", None, "Accepted, not needed"),
    switch("grpc-insecure", None, "Accepted, not needed"),
    switch("no-indent", None, "Accepted, not needed"),
    switch("help", Some('h'), "This list"),
];
const PAGES: &[Flag] = &[
    value("page-key", None, "The next_key of the page before, in base64"),
    value("offset", None, "Items to leave out"),
    value("page-offset", None, "Items to leave out"),
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
    value("events", None, "The same as --query"),
    value("type", None, "Of tx: hash, acc_seq or signature; of block: height or hash"),
];

/// Asks and prints.
///
/// # Errors
/// The sentence of the node, or what is wrong with the words.
pub fn run(words: &[String]) -> Result<()> {
    let mut words = Words::parse(words, &[FLAGS, PAGES, OWN_FLAGS])?;
    if (words.place(0), words.place(1)) == ("consensus", "comet") {
        words.drop_places(1);
    }
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
    if question.path.ends_with(".Query/SigningInfo")
        && let Some(text) = places.first_mut().filter(|text| text.starts_with('{'))
    {
        *text = of_consensus_key(&remote, text)?;
    }
    if let (Some(denom), true) =
        (words.flag("denom"), question.fields.contains(&"denom") && places.len() < question.fields.len())
    {
        places.push(denom.to_owned());
    }
    form.print(&asked(&remote, question, &places, &words)?);
    Ok(())
}

/// The address of a validator by its key, as `comet show-validator` prints it.
fn of_consensus_key(remote: &Remote, text: &str) -> Result<String> {
    let address = ConsAddress::new(&super::keys::public_key(text)?.address())?;
    let answer = call(remote, "/cosmos.auth.v1beta1.Query/Bech32Prefix", &json!({}))?;
    Ok(Bech32::new(answer.get("bech32_prefix").and_then(Value::as_str).unwrap_or_default()).cons(&address))
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
    let offset =
        words.number("offset")?.or(words.number("page-offset")?).unwrap_or_else(|| (page - 1).saturating_mul(limit));
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
    let kind = words.flag("type").unwrap_or_default();
    let kinds: &[&str] = match verb {
        "tx" => &["", "hash", "acc_seq", "signature"],
        "block" => &["", "height", "hash"],
        _ => &[""],
    };
    ensure!(kinds.contains(&kind), "--type: {kind:?} is none of {}", kinds.join(" "));
    let height = || if place.is_empty() { json!({}) } else { json!({ "height": place }) };
    match verb {
        "block" if kind == "hash" => {
            let hash = hex::decode(&place).map_err(|_| anyhow!("{place:?} is not a hash in hex"))?;
            remote.call("block_by_hash", json!({ "hash": STANDARD.encode(hash) }))
        }
        "block" => remote.call("block", height()),
        "blocks" => {
            let page = words.number("page")?.unwrap_or(1).to_string();
            let order = words.flag("order_by").unwrap_or("asc");
            let limit = words.number("limit")?.unwrap_or(100).to_string();
            let query = json!({ "query": filter(words)?, "page": page, "per_page": limit, "order_by": order });
            remote.call("block_search", query)
        }
        "block-results" => remote.call("block_results", height()),
        "comet-validator-set" => remote.call("validators", height()),
        "tx" => match kind {
            "acc_seq" => tx_with(remote, "tx.acc_seq", &place),
            "signature" => tx_with(remote, "tx.signature", &place),
            _ => tx(remote, &place),
        },
        "wait-tx" => {
            let patience = words.number("timeout")?.unwrap_or(15);
            wait(remote, &place, std::time::Duration::from_secs(patience))
        }
        "txs" => {
            let query = filter(words)?;
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

/// The filter of a search.
fn filter(words: &Words) -> Result<&str> {
    let given = words.flag("query").or(words.flag("events"));
    given.ok_or_else(|| anyhow!("--query: it is missing, such as --query \"message.sender='entente1...'\""))
}

/// The transaction with a value of an attribute that only one has.
fn tx_with(remote: &Remote, attribute: &str, value: &str) -> Result<Value> {
    ensure!(!value.is_empty() && !value.contains('\''), "{value:?} cannot be searched for");
    let request = json!({ "query": format!("{attribute}='{value}'"), "limit": "1" });
    let found = call(remote, "/cosmos.tx.v1beta1.Service/GetTxsEvent", &request)?;
    let found = found.pointer("/tx_responses/0").cloned();
    found.ok_or_else(|| anyhow!("no transaction was found with {attribute} {value}"))
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
            let of_node = q.path.starts_with("/cosmos.base.tendermint.");
            assert!(of_node || entente_chain::query::PATHS.contains(&q.path), "{} is not answered", q.path);
        }
        for (module, verb, flag, field) in OWN.iter().filter(|own| !own.3.is_empty()) {
            let q = QUESTIONS.iter().find(|q| q.module == *module && q.verb == *verb).unwrap();
            assert!(schema::method_at(q.path).unwrap().input().get_field_by_name(field).is_some(), "{verb} {field}");
            assert!(OWN_FLAGS.iter().any(|f| f.name == *flag), "{flag}");
        }
    }
}
