//! `entente tx`: making, signing and sending transactions.

mod multisig;
mod verbs;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use entente_kernel::json::{self as form};
use entente_kernel::{AccAddress, Bech32};
use entente_proto::cosmos::auth::v1beta1::{QueryAccountInfoRequest, QueryAccountInfoResponse};
use entente_proto::cosmos::base::v1beta1::Coin;
use entente_proto::cosmos::tx::v1beta1::{AuthInfo, Fee, SimulateRequest, SimulateResponse, Tx, TxBody, TxRaw};
use prost::Message as _;
use prost_types::Any;
use serde_json::{Value, json};

use super::ask_passphrase;
use super::query::wait;
use super::remote::Remote;
use super::show::Form;
use super::words::{Flag, Words, coins, switch, value};
use crate::keys::ring::{Backend, Keyring};
use crate::keys::{Signer, Terms};
pub(super) use verbs::read_json;
use verbs::{Author, VERBS, Verb};

/// Gas if neither given nor estimated.
const GAS: u64 = 200_000;
/// How long to wait for the block.
const PATIENCE: Duration = Duration::from_secs(20);

/// Flags of every transaction.
const FLAGS: &[Flag] = &[
    value("from", None, "Name or address of the key that signs"),
    value("chain-id", None, "The chain; asked from the node if absent"),
    value("fees", None, "The fee, such as 5000uente"),
    value("gas", None, "Most gas, or auto"),
    value("gas-prices", None, "Coins per unit of gas, such as 0.025uente"),
    value("gas-adjustment", None, "Factor on an estimate"),
    value("note", None, "The memo"),
    value("memo", None, "The memo"),
    value("node", None, "RPC address of the node"),
    value("home", None, "The folder of the node and of its keys"),
    value("keyring-backend", None, "file, test or memory"),
    value("keyring-dir", None, "The folder of the keys"),
    value("broadcast-mode", Some('b'), "sync or block: wait for the block; async: do not"),
    value("account-number", Some('a'), "With --offline"),
    value("sequence", Some('s'), "The sequence to sign with"),
    value("timeout-height", None, "Void above this height"),
    value("fee-granter", None, "Who pays by allowance"),
    value("fee-payer", None, "Who pays"),
    value("sign-mode", None, "direct, or amino-json as a Ledger signs"),
    value("multisig", None, "sign: the multisig account, of which --from is a member, by name or address"),
    value("output", Some('o'), "json or text"),
    value("output-document", None, "Write to this file"),
    switch("yes", Some('y'), "Do not ask"),
    switch("generate-only", None, "Print the unsigned transaction"),
    switch("dry-run", None, "Estimate only"),
    switch("offline", None, "Ask no node"),
    switch("ledger", None, "Not known here"),
    switch("aux", None, "Not known here"),
    switch("help", Some('h'), "This list"),
];

/// The verbs that work on a transaction in a file or in bytes.
const FILE_VERBS: &[(&str, &str)] = &[
    ("sign", "FILE"),
    ("multi-sign", "FILE NAME SIGNATURE-FILE..."),
    ("broadcast", "FILE"),
    ("simulate", "FILE"),
    ("encode", "FILE"),
    ("decode", "BASE64"),
];

/// Makes, signs and sends.
///
/// # Errors
/// What is wrong with the words, or why the transaction failed.
pub fn run(home: &Path, words: &[String]) -> Result<()> {
    let words = Words::parse(words, &[FLAGS, verbs::FLAGS])?;
    let (module, name) = (words.place(0).to_owned(), words.place(1).to_owned());
    let home = words.flag("home").map_or(home.to_owned(), PathBuf::from);
    match module.as_str() {
        _ if words.is_set("help") => help(&module),
        "" => help(""),
        "sign" => return sign_file(&home, &words),
        "multi-sign" | "multisign" => return multi_sign(&home, &words),
        "broadcast" => return broadcast_file(&words),
        "simulate" => return simulate_file(&words),
        "encode" => return encode_file(&words),
        "decode" => return decode(&words),
        _ => {
            let verb = VERBS.iter().find(|v| v.module == module && v.verb == name);
            let Some(verb) = verb else {
                help(&module);
                bail!("unknown verb {:?}; the list is above", format!("{module} {name}").trim());
            };
            return send(&home, verb, &words);
        }
    }
    Ok(())
}

fn help(module: &str) {
    eprintln!("entente tx MODULE VERB ... --from KEY [flags]\n");
    for v in VERBS.iter().filter(|v| module.is_empty() || v.module == module) {
        eprintln!("  {} {} {}", v.module, v.verb, v.usage);
    }
    for (verb, usage) in FILE_VERBS.iter().filter(|(verb, _)| module.is_empty() || module == *verb) {
        eprintln!("  {verb} {usage}");
    }
    eprintln!("\nflags:");
    for flag in FLAGS.iter().chain(verbs::FLAGS) {
        let short = flag.short.map(|c| format!("-{c}, ")).unwrap_or_default();
        eprintln!("  {short}--{}: {}", flag.name, flag.about);
    }
}

/// The key and who it is, or an address alone where no signature is needed.
struct From {
    address: AccAddress,
    signer: Option<Signer>,
}

fn keyring(home: &Path, words: &Words) -> Result<Keyring> {
    let backend = super::backend(words.flag("keyring-backend"))?;
    ensure!(backend != Backend::Memory, "--keyring-backend: memory keeps no keys to sign with");
    Ok(Keyring::new(&words.flag("keyring-dir").map_or(home.to_owned(), PathBuf::from), backend))
}

fn from(home: &Path, words: &Words, bech32: &Bech32, default: Option<&str>, secret: bool) -> Result<From> {
    let name = words.flag("from").or(default).filter(|n| !n.is_empty());
    let name = name.ok_or_else(|| anyhow!("--from: it is missing; name the key that signs"))?;
    let ring = keyring(home, words)?;
    let name = match bech32.parse_acc(name) {
        Ok(address) if !secret => return Ok(From { address, signer: None }),
        Ok(address) => super::name_of(&ring, &address)?
            .ok_or_else(|| anyhow!("the key of {name} is not in the keyring; see: entente keys list"))?,
        Err(_) => name.to_owned(),
    };
    if let Some(signer) = crate::keys::development_named(&name).filter(|_| !ring.has(&name).unwrap_or(true)) {
        return Ok(From { address: signer.address(), signer: Some(signer).filter(|_| secret) });
    }
    if !secret {
        return Ok(From { address: ring.known(&name)?.address()?, signer: None });
    }
    let signer = ring.signer(&name, || ask_passphrase(&name, false))?;
    Ok(From { address: signer.address(), signer: Some(signer) })
}

/// The chain's prefix of addresses: the node knows it.
fn prefix(remote: Option<&Remote>) -> Bech32 {
    let asked = remote.and_then(|remote| {
        let answer = remote.query("/cosmos.auth.v1beta1.Query/Bech32Prefix", &[], 0).ok()?;
        Some(entente_proto::cosmos::auth::v1beta1::Bech32PrefixResponse::decode(answer.as_slice()).ok()?.bech32_prefix)
    });
    Bech32::new(asked.as_deref().unwrap_or(crate::genesis::dev::PREFIX))
}

fn send(home: &Path, verb: &Verb, words: &Words) -> Result<()> {
    let mut places = words.clone();
    places.drop_places(2);
    places.check_places(&format!("tx {} {}", verb.module, verb.verb), verb.usage)?;
    let amino = signs_amino(words)?;
    let remote = if words.is_set("offline") { None } else { Some(Remote::named(words.flag("node"))?) };
    let bech32 = prefix(remote.as_ref());
    let generate = words.is_set("generate-only");
    let by_place = verb.usage.starts_with("FROM") || verb.usage.starts_with("GRANTER");
    let default = by_place.then(|| places.place(0).to_owned());
    let from = from(home, words, &bech32, default.as_deref(), !generate && !words.is_set("dry-run"))?;
    let validators = if verb.verb == "withdraw-all-rewards" {
        let remote = remote.as_ref().ok_or_else(|| anyhow!("--offline: the node knows the delegations"))?;
        delegated_to(remote, &bech32.acc(&from.address))?
    } else {
        Vec::new()
    };
    let author = Author { address: from.address, bech32: bech32.clone(), validators };
    let messages = (verb.messages)(&author, &places)?;
    ensure!(!messages.is_empty(), "{} has no delegations", author.bech32.acc(&author.address));
    let messages = messages.iter().map(any).collect::<Result<Vec<_>>>()?;
    let timeout_height = words.number("timeout-height")?.unwrap_or_default();
    let memo = words.flag("note").or(words.flag("memo")).unwrap_or_default().to_owned();
    let body = TxBody { messages, memo, timeout_height, ..TxBody::default() };
    let mut account = Account::of(words, remote.as_ref(), &from.address, &bech32)?;
    let fee = account.fee(words, remote.as_ref(), &body, from.signer.as_ref())?;
    if words.is_set("dry-run") {
        println!("{}", json!({ "gas_estimate": fee.gas_limit.to_string() }));
        return Ok(());
    }
    if generate {
        let tx = Tx {
            body: Some(body),
            auth_info: Some(AuthInfo { fee: Some(fee), ..AuthInfo::default() }),
            signatures: Vec::new(),
        };
        return write(words, &form::to_json(&tx)?);
    }
    let signer = from.signer.ok_or_else(|| anyhow!("--from: this key cannot sign"))?;
    let terms = Terms { chain_id: &account.chain_id, account_number: account.number, sequence: account.sequence, fee };
    let bytes = if amino { signer.sign_amino(&body, &terms) } else { signer.sign(&body, &terms) }?;
    if !words.is_set("yes") {
        confirm(&form::to_json(&body)?)?;
    }
    let remote = remote.ok_or_else(|| {
        anyhow!("--offline: a transaction is not sent without a node; use --generate-only, sign and broadcast")
    })?;
    broadcast(&remote, &bytes, words)
}

/// The validators that somebody has delegated to.
fn delegated_to(remote: &Remote, delegator: &str) -> Result<Vec<String>> {
    let request = json!({ "delegator_address": delegator });
    let answer = super::query::call(remote, "/cosmos.distribution.v1beta1.Query/DelegatorValidators", &request)?;
    let validators = answer.get("validators").and_then(Value::as_array).into_iter().flatten();
    Ok(validators.filter_map(|v| v.as_str().map(str::to_owned)).collect())
}

/// Whether the flags ask for amino JSON; if not, for DIRECT.
///
/// # Errors
/// Another mode, or another way to sign.
fn signs_amino(words: &Words) -> Result<bool> {
    ensure!(
        !words.is_set("ledger"),
        "--ledger: there is no way to a Ledger here; a wallet with one can sign for this chain"
    );
    ensure!(!words.is_set("aux"), "--aux: signatures beside the fee payer's are not made here");
    match words.flag("sign-mode") {
        None | Some("direct" | "") => Ok(false),
        Some("amino-json") => Ok(true),
        Some("textual") => {
            bail!("--sign-mode: SIGN_MODE_TEXTUAL is not supported by this chain; direct and amino-json are")
        }
        Some(other) => bail!("--sign-mode: {other:?} is neither direct nor amino-json"),
    }
}

/// A message from its JSON with `@type`.
pub(super) fn any(message: &Value) -> Result<Any> {
    let mut fields = message.clone();
    let url = fields.as_object_mut().and_then(|f| f.remove("@type")).and_then(|t| t.as_str().map(str::to_owned));
    let url = url.ok_or_else(|| anyhow!("a message without @type"))?;
    Ok(Any { value: form::decode(&url, &fields).with_context(|| url.clone())?, type_url: url })
}

/// What the chain knows of the signer.
struct Account {
    chain_id: String,
    number: u64,
    sequence: u64,
}

impl Account {
    fn of(words: &Words, remote: Option<&Remote>, address: &AccAddress, bech32: &Bech32) -> Result<Self> {
        let (number, sequence) = (words.number("account-number")?, words.number("sequence")?);
        let chain_id = words.flag("chain-id").map(str::to_owned);
        let Some(remote) = remote else {
            let chain_id =
                chain_id.ok_or_else(|| anyhow!("--chain-id: it is missing, and --offline forbids to ask"))?;
            return Ok(Self { chain_id, number: number.unwrap_or_default(), sequence: sequence.unwrap_or_default() });
        };
        let status = remote.call("status", json!({}))?;
        let network = status.pointer("/node_info/network").and_then(Value::as_str).unwrap_or_default().to_owned();
        if let Some(wanted) = chain_id.filter(|wanted| *wanted != network) {
            bail!("--chain-id: {wanted:?} was asked for, but the node runs {network:?}");
        }
        if words.is_set("generate-only") {
            return Ok(Self {
                chain_id: network,
                number: number.unwrap_or_default(),
                sequence: sequence.unwrap_or_default(),
            });
        }
        let text = bech32.acc(address);
        let request = QueryAccountInfoRequest { address: text.clone() }.encode_to_vec();
        let answer = remote.query("/cosmos.auth.v1beta1.Query/AccountInfo", &request, 0);
        let answer =
            answer.map_err(|e| anyhow!("the account {text} is not on the chain yet; send it coins first ({e})"))?;
        let info = QueryAccountInfoResponse::decode(answer.as_slice())?.info.unwrap_or_default();
        let sequence = sequence.unwrap_or(info.sequence);
        Ok(Self { chain_id: network, number: number.unwrap_or(info.account_number), sequence })
    }

    /// Gas and fee as the flags say.
    fn fee(&mut self, words: &Words, remote: Option<&Remote>, body: &TxBody, signer: Option<&Signer>) -> Result<Fee> {
        let gas_limit = match words.flag("gas") {
            None if !words.is_set("dry-run") => GAS,
            Some(text) if text != "auto" => {
                text.parse().map_err(|_| anyhow!("--gas: {text:?} is neither a number nor auto"))?
            }
            _ => {
                let remote = remote.ok_or_else(|| anyhow!("--gas auto: an estimate needs a node"))?;
                let placeholder = crate::keys::development(0)?;
                let terms = Terms {
                    chain_id: &self.chain_id,
                    account_number: self.number,
                    sequence: self.sequence,
                    fee: Fee::default(),
                };
                let tx_bytes = signer.unwrap_or(&placeholder).unsigned(body, &terms);
                #[allow(deprecated)]
                let request = SimulateRequest { tx: None, tx_bytes };
                let answer = remote.query("/cosmos.tx.v1beta1.Service/Simulate", &request.encode_to_vec(), 0)?;
                let used = SimulateResponse::decode(answer.as_slice())?.gas_info.unwrap_or_default().gas_used;
                let adjustment: f64 = words
                    .flag("gas-adjustment")
                    .unwrap_or("1.5")
                    .parse()
                    .map_err(|_| anyhow!("--gas-adjustment: it is not a number such as 1.5"))?;
                ensure!((1.0..=100.0).contains(&adjustment), "--gas-adjustment: it must be between 1 and 100");
                (used as f64 * adjustment).ceil() as u64
            }
        };
        let amount = match (words.flag("fees"), words.flag("gas-prices")) {
            (Some(_), Some(_)) => bail!("--fees and --gas-prices exclude each other"),
            (Some(fees), None) => coins(fees)?,
            (None, Some(prices)) => priced(prices, gas_limit)?,
            (None, None) => Vec::new(),
        };
        let coin = |c: Value| Coin {
            denom: c.get("denom").and_then(Value::as_str).unwrap_or_default().to_owned(),
            amount: c.get("amount").and_then(Value::as_str).unwrap_or_default().to_owned(),
        };
        Ok(Fee {
            amount: amount.into_iter().map(coin).collect(),
            gas_limit,
            payer: words.flag("fee-payer").unwrap_or_default().to_owned(),
            granter: words.flag("fee-granter").unwrap_or_default().to_owned(),
        })
    }
}

/// The fee of so much gas, rounded up.
fn priced(prices: &str, gas: u64) -> Result<Vec<Value>> {
    use entente_kernel::num::{Dec, Int};
    let price = |part: &str| {
        let wrong = || anyhow!("--gas-prices: {part:?} is not a price such as 0.025uente");
        let length = part.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
        let (number, denom) = part.split_at(length);
        let price: Dec = number.parse().map_err(|_| wrong())?;
        let total = price.mul(Dec::from_int(Int::from_u64(gas)))?.ceil()?.truncate_int()?;
        Ok(json!({ "denom": denom, "amount": total.to_string() }))
    };
    prices.split(',').map(str::trim).filter(|p| !p.is_empty()).map(price).collect()
}

fn confirm(body: &Value) -> Result<()> {
    eprintln!("{}", serde_json::to_string_pretty(body)?);
    eprint!("confirm transaction before signing and broadcasting [y/N]: ");
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    ensure!(matches!(answer.trim(), "y" | "Y" | "yes"), "cancelled; with --yes nothing is asked");
    Ok(())
}

/// Sends the transaction and prints what came of it.
fn broadcast(remote: &Remote, bytes: &[u8], words: &Words) -> Result<()> {
    let form = Form::parse(words.flag("output"))?;
    let mode = words.flag("broadcast-mode").unwrap_or("sync");
    ensure!(matches!(mode, "sync" | "async" | "block"), "--broadcast-mode: {mode:?} is none of sync, block and async");
    let answer = remote.call("broadcast_tx_sync", json!({ "tx": STANDARD.encode(bytes) }))?;
    let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let code = answer.get("code").and_then(Value::as_u64).unwrap_or_default();
    let hash = text("hash");
    let checked =
        json!({ "height": "0", "txhash": hash, "codespace": text("codespace"), "code": code, "raw_log": text("log") });
    if code != 0 || mode == "async" {
        form.print(&checked);
        ensure!(code == 0, "the transaction was refused: {} ({} {code})", text("log"), text("codespace"));
        return Ok(());
    }
    let found = wait(remote, &hash, PATIENCE)?;
    form.print(&found);
    let code = found.get("code").and_then(Value::as_u64).unwrap_or_default();
    let log = found.get("raw_log").and_then(Value::as_str).unwrap_or_default();
    ensure!(code == 0, "the transaction failed: {log}");
    Ok(())
}

fn write(words: &Words, value: &Value) -> Result<()> {
    match words.flag("output-document") {
        None => println!("{value}"),
        Some(path) => {
            std::fs::write(path, format!("{value}\n")).with_context(|| format!("the file {path} cannot be written"))?
        }
    }
    Ok(())
}

/// A transaction in a file, in JSON.
fn read(words: &Words) -> Result<Tx> {
    let path = words.place(1);
    ensure!(!path.is_empty(), "name the file of the transaction");
    form::from_json(&verbs::read_json(path)?).map_err(|e| anyhow!("the file {path} is not a transaction: {e}"))
}

fn sign_file(home: &Path, words: &Words) -> Result<()> {
    let amino = signs_amino(words)?;
    let tx = read(words)?;
    let remote = if words.is_set("offline") { None } else { Some(Remote::named(words.flag("node"))?) };
    let bech32 = prefix(remote.as_ref());
    let from = from(home, words, &bech32, None, true)?;
    let signer = from.signer.ok_or_else(|| anyhow!("--from: this key cannot sign"))?;
    if let Some(text) = words.flag("multisig") {
        let direct = words.flag("sign-mode").is_some() && !amino;
        ensure!(
            !direct,
            "--sign-mode: members of a multisig account sign in amino-json, which does not show who else does"
        );
        let address = multisig::account(&keyring(home, words)?, text, &bech32)?;
        let account = Account::of(words, remote.as_ref(), &address, &bech32)?;
        return multisig::sign(&tx, &signer, &account, words);
    }
    let account = Account::of(words, remote.as_ref(), &from.address, &bech32)?;
    let terms = account.terms(&tx);
    let body = tx.body.unwrap_or_default();
    let signed = if amino { signer.sign_amino(&body, &terms) } else { signer.sign(&body, &terms) }?;
    write(words, &form::to_json(&Tx::decode(signed.as_slice())?)?)
}

fn multi_sign(home: &Path, words: &Words) -> Result<()> {
    ensure!(words.places().len() > 3, "wanted: entente tx multi-sign FILE NAME SIGNATURE-FILE...");
    let remote = if words.is_set("offline") { None } else { Some(Remote::named(words.flag("node"))?) };
    multisig::assemble(&keyring(home, words)?, words, remote.as_ref(), &prefix(remote.as_ref()))
}

/// Estimates the gas of a transaction in a file; one without signers is tried as a development account's.
fn simulate_file(words: &Words) -> Result<()> {
    let tx = read(words)?;
    let tx_bytes = match tx.auth_info.as_ref().filter(|a| !a.signer_infos.is_empty()) {
        Some(_) => raw(&tx).encode_to_vec(),
        None => {
            let terms = Terms { chain_id: "", account_number: 0, sequence: 0, fee: Fee::default() };
            crate::keys::development(0)?.unsigned(&tx.body.unwrap_or_default(), &terms)
        }
    };
    #[allow(deprecated)]
    let request = SimulateRequest { tx: None, tx_bytes };
    let remote = Remote::named(words.flag("node"))?;
    let answer = remote.query("/cosmos.tx.v1beta1.Service/Simulate", &request.encode_to_vec(), 0)?;
    let answer = form::encode("cosmos.tx.v1beta1.SimulateResponse", &answer)?;
    Form::parse(words.flag("output"))?.print(&answer);
    Ok(())
}

/// The bytes of a transaction in JSON.
fn raw(tx: &Tx) -> TxRaw {
    TxRaw {
        body_bytes: tx.body.clone().unwrap_or_default().encode_to_vec(),
        auth_info_bytes: tx.auth_info.clone().unwrap_or_default().encode_to_vec(),
        signatures: tx.signatures.clone(),
    }
}

fn broadcast_file(words: &Words) -> Result<()> {
    let bytes = raw(&read(words)?).encode_to_vec();
    broadcast(&Remote::named(words.flag("node"))?, &bytes, words)
}

fn encode_file(words: &Words) -> Result<()> {
    println!("{}", STANDARD.encode(raw(&read(words)?).encode_to_vec()));
    Ok(())
}

fn decode(words: &Words) -> Result<()> {
    let text = words.place(1);
    let bytes = STANDARD
        .decode(text)
        .ok()
        .or_else(|| hex::decode(text).ok())
        .ok_or_else(|| anyhow!("{text:?} is neither base64 nor hex"))?;
    let tx = Tx::decode(bytes.as_slice()).map_err(|e| anyhow!("these bytes are not a transaction: {e}"))?;
    write(words, &form::to_json(&tx)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_makes_messages_that_the_chain_knows() {
        let author = Author {
            address: crate::keys::development(0).unwrap().address(),
            bech32: Bech32::new("entente"),
            validators: vec!["ententevaloper1x".to_owned()],
        };
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file.json");
        let content = json!({
            "pubkey": { "@type": "/cosmos.crypto.ed25519.PubKey", "key": STANDARD.encode([7; 32]) }, "amount": "5uente", "moniker": "m",
            "asset": {}, "messages": [], "deposit": "1uente", "body": { "messages": [] }, "start_time": 1_800_000_000,
            "periods": [{ "coins": "1uente", "length_seconds": 5 }],
        });
        std::fs::write(&file, content.to_string()).unwrap();
        let empty = folder.path().join("empty.json");
        std::fs::write(&empty, "{}").unwrap();
        for verb in VERBS {
            let word = |part: &str| match part.trim_end_matches("...") {
                "AMOUNT" | "LIQUID" => "5uente".to_owned(),
                "NUMBER" | "HEIGHT" | "END" | "ID" | "ASSET-ID" | "BATCH" | "VAULT" | "SHARES" | "LOT" | "POOL"
                | "[POOL]" => "7".to_owned(),
                "RATE" => "1.5".to_owned(),
                "PERIOD" => "86400s".to_owned(),
                "[VALIDATOR]" => String::new(),
                // Files of these hold a message's own members, all of which may be absent.
                "FILE" if ["vault", "pools"].contains(&verb.module) => empty.display().to_string(),
                "FILE" => file.display().to_string(),
                "yes|no|no_with_veto|abstain" => "yes".to_owned(),
                "asset|vault|service" => "asset".to_owned(),
                choice if choice.contains('|') => "send".to_owned(),
                plain => plain.to_owned(),
            };
            let mut words: Vec<String> = verb.usage.split_whitespace().map(word).collect();
            for (flag, value) in [
                ("spend-limit", "9uente"),
                ("upgrade-height", "7"),
                ("title", "t"),
                ("summary", "s"),
                ("deposit", "1uente"),
            ] {
                words.extend([format!("--{flag}"), value.to_owned()]);
            }
            let words = Words::parse(&words, &[FLAGS, verbs::FLAGS]).unwrap();
            words.check_places("tx", verb.usage).unwrap();
            let messages = (verb.messages)(&author, &words).unwrap();
            for message in &messages {
                let any = any(message).unwrap_or_else(|e| panic!("{} {}: {e:#}", verb.module, verb.verb));
                assert!(entente_chain::route::URLS.contains(&any.type_url.as_str()), "{}", any.type_url);
            }
        }
    }

    #[test]
    fn a_fee_by_price_is_rounded_up() {
        assert_eq!(priced("0.025uente", 100_001).unwrap(), [json!({ "denom": "uente", "amount": "2501" })]);
        assert!(priced("uente", 1).is_err());
    }
}
