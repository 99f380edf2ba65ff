//! `entente keys`: the keys of this home folder.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use entente_chain::tx::key;
use entente_kernel::crypto::PubKey;
use entente_kernel::{AccAddress, Bech32, ConsAddress, json as form};
use prost_types::Any;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::ask_passphrase;
use super::show::Form;
use super::words::{Flag, Words, switch, value};
use crate::genesis::dev::PREFIX;
use crate::keys::hd::{self, COIN_TYPE};
use crate::keys::ring::{Keyring, Known, random};
use crate::keys::{Signer, write_secret};

const FLAGS: &[Flag] = &[
    value("home", None, "The folder of the node and of its keys"),
    value("keyring-backend", None, "file, test or memory"),
    value("keyring-dir", None, "The folder of the keys"),
    value("output", Some('o'), "json or text"),
    value("account", None, "Account of the HD path"),
    value("index", None, "Index of the HD path"),
    value("coin-type", None, "Coin type of the HD path"),
    value("hd-path", None, "The whole HD path"),
    value("prefix", None, "Prefix of addresses"),
    value("bech", None, "show: acc, val or cons"),
    value("pubkey", None, "add: a public key in JSON, whose secret is elsewhere"),
    switch("pubkey", Some('p'), "show: the public key alone"),
    value("multisig", None, "add: the keys of a multisig account by name, with commas"),
    value("multisig-threshold", None, "add, show: how many of them must sign"),
    switch("nosort", None, "add, show: keys of a multisig account in the order given"),
    value("source", None, "add --recover: a file with the words"),
    switch("recover", None, "add: from words, read from standard input"),
    switch("interactive", Some('i'), "Accepted, not needed"),
    switch("no-backup", None, "add: do not print the words"),
    switch("dry-run", None, "add: keep nothing"),
    switch("address", Some('a'), "show: the address alone"),
    switch("list-names", Some('n'), "list: the names alone"),
    switch("yes", Some('y'), "Do not ask"),
    switch("unarmored-hex", None, "export: the secret in hex"),
    switch("unsafe", None, "export: yes, the secret in hex"),
    switch("help", Some('h'), "This list"),
];

const VERBS: &[(&str, &str, &str)] = &[
    ("add", "NAME", "Make a key, or take it from words with --recover"),
    ("list", "", "All keys"),
    ("show", "NAME-OR-ADDRESS...", "One key, or the multisig account of several with --multisig-threshold"),
    ("delete", "NAME...", "Forget keys"),
    ("rename", "OLD NEW", "Give a key another name"),
    ("export", "NAME [FILE]", "A sealed copy; with --unarmored-hex --unsafe the secret in hex"),
    ("import", "NAME FILE", "Take a sealed copy"),
    ("import-hex", "NAME HEX", "Take a secret in hex"),
    ("mnemonic", "", "Words for a new key"),
    ("parse", "ADDRESS-OR-HEX", "The same address in all forms"),
];

/// # Errors
/// What is wrong, and what to do.
pub fn run(home: &Path, words: &[String]) -> Result<()> {
    // `--pubkey` has a value where a key is added, and none where one is shown.
    let adds = words.iter().any(|word| word == "add");
    let flags = FLAGS.iter().filter(|flag| flag.name != "pubkey" || flag.takes_value == adds);
    let mut words = Words::parse(words, &[&flags.copied().collect::<Vec<_>>()])?;
    let verb = words.place(0).to_owned();
    let known = VERBS.iter().find(|(name, ..)| *name == verb);
    if words.is_set("help") || known.is_none() {
        for (name, usage, about) in VERBS {
            eprintln!("  keys {name} {usage}: {about}");
        }
        for flag in FLAGS {
            eprintln!("  --{}: {}", flag.name, flag.about);
        }
        ensure!(words.is_set("help") || verb.is_empty(), "unknown verb {verb:?} of keys");
        return Ok(());
    }
    words.drop_places(1);
    words.check_places(&format!("keys {verb}"), known.map(|(_, usage, _)| *usage).unwrap_or_default())?;
    let home = words.flag("keyring-dir").or(words.flag("home")).map_or(home.to_owned(), PathBuf::from);
    let ring = Keyring::new(&home, super::backend(words.flag("keyring-backend"))?);
    let form = Form::parse(words.flag("output"))?;
    let bech32 = Bech32::new(words.flag("prefix").unwrap_or(PREFIX));
    let name = words.place(0);
    match verb.as_str() {
        "add" => add(&ring, name, &words, form, &bech32)?,
        "list" => list(&ring, &words, form, &bech32)?,
        "show" => show(&ring, &words, form, &bech32)?,
        "delete" => delete(&ring, &words)?,
        "rename" => {
            let signer = ring.signer(name, || ask_passphrase(name, false))?;
            ring.add(words.place(1), &signer, || ask_passphrase(words.place(1), true))?;
            ring.delete(name)?;
        }
        "export" => export(&ring, name, &words)?,
        "import" => {
            let path = words.place(1);
            let text = std::fs::read(path).with_context(|| format!("the file {path} cannot be read"))?;
            let signer = ring.signer_of_copy(&text, || ask_passphrase("the copy", false))?;
            ring.add(name, &signer, || ask_passphrase(name, true))?;
        }
        "import-hex" => {
            let secret = hex::decode(words.place(1)).ok().and_then(|s| s.try_into().ok());
            let secret = Zeroizing::new(secret.ok_or_else(|| anyhow!("a secret key is 32 bytes in hex"))?);
            ring.add(name, &Signer::new(secret)?, || ask_passphrase(name, true))?;
        }
        "mnemonic" => println!("{}", hd::new_mnemonic(&random()?)?),
        _ => parse(name, form, &bech32)?,
    }
    Ok(())
}

fn described(known: &Known, bech32: &Bech32) -> Result<Value> {
    let kind = match known.public_key {
        PubKey::Multisig { .. } => "multi",
        _ if known.signs => "local",
        _ => "offline",
    };
    let pubkey = public_json(&known.public_key)?.to_string();
    Ok(json!({ "name": known.name, "type": kind, "address": bech32.acc(&known.address()?), "pubkey": pubkey }))
}

/// A public key in the JSON of protobuf.
fn public_json(key: &PubKey) -> Result<Value> {
    let Any { type_url, value } = key::to_any(key);
    let mut shown = json!({ "@type": type_url });
    if let (Some(shown), Value::Object(fields)) = (shown.as_object_mut(), form::encode(&type_url, &value)?) {
        shown.extend(fields);
    }
    Ok(shown)
}

/// Reads a public key in the JSON of protobuf.
///
/// # Errors
/// Says what is wrong with it.
pub fn public_key(text: &str) -> Result<PubKey> {
    let value = serde_json::from_str(text).map_err(|e| anyhow!("the public key is not JSON: {e}"))?;
    Ok(key::from_any(&super::tx::any(&value)?)?)
}

/// The key of a multisig account of keys by their names.
fn multisig<'a>(ring: &Keyring, names: impl Iterator<Item = &'a str>, words: &Words) -> Result<PubKey> {
    let mut keys = names.map(|name| Ok(named(ring, name, None)?.public_key)).collect::<Result<Vec<_>>>()?;
    if !words.is_set("nosort") {
        keys.sort_by_key(PubKey::address);
    }
    let threshold = words.number("multisig-threshold")?.unwrap_or(1);
    let (count, wanted) = (keys.len(), threshold);
    let threshold = u32::try_from(threshold).ok().filter(|n| *n > 0 && usize::try_from(*n).is_ok_and(|n| n <= count));
    let threshold = threshold.ok_or_else(|| anyhow!("--multisig-threshold: {wanted} of {count} keys cannot sign"))?;
    Ok(PubKey::multisig(threshold, keys)?)
}

/// A key by its name or, with the prefix of addresses, by its address.
fn named(ring: &Keyring, name: &str, bech32: Option<&Bech32>) -> Result<Known> {
    match bech32.and_then(|bech32| bech32.parse_acc(name).ok()) {
        Some(address) => {
            let found = super::name_of(ring, &address)?;
            super::known(ring, &found.ok_or_else(|| anyhow!("the key of {name} is not here; see: entente keys list"))?)
        }
        None => super::known(ring, name),
    }
}

fn path(words: &Words) -> Result<hd::Path> {
    match words.flag("hd-path") {
        Some(path) => path.parse(),
        None => {
            let number = |name: &str, default: u32| {
                let given = words.number(name)?;
                given.map_or(Ok(default), |n| u32::try_from(n).map_err(|_| anyhow!("--{name}: {n} is too large")))
            };
            hd::Path::bip44(number("coin-type", COIN_TYPE)?, number("account", 0)?, number("index", 0)?)
        }
    }
}

fn add(ring: &Keyring, name: &str, words: &Words, form: Form, bech32: &Bech32) -> Result<()> {
    let kept = !words.is_set("dry-run");
    if kept && ring.has(name)? {
        bail!("there is a key {name:?} already; choose another name or delete it first");
    }
    let public = match (words.flag("multisig"), words.flag("pubkey")) {
        (Some(names), _) => Some(multisig(ring, names.split(',').map(str::trim), words)?),
        (None, Some(text)) => Some(public_key(text)?),
        (None, None) => None,
    };
    if let Some(public_key) = public {
        if kept {
            ring.add_public(name, &public_key)?;
        }
        form.print(&described(&Known { name: name.to_owned(), public_key, signs: false }, bech32)?);
        return Ok(());
    }
    let recover = words.is_set("recover");
    let mnemonic = if recover {
        let text = match words.flag("source") {
            Some(file) => std::fs::read_to_string(file).with_context(|| format!("the file {file} cannot be read"))?,
            None => {
                eprintln!("> Enter your bip39 mnemonic");
                let mut line = String::new();
                std::io::stdin().read_line(&mut line)?;
                line
            }
        };
        hd::mnemonic(&Zeroizing::new(text))?
    } else {
        hd::new_mnemonic(&random()?)?
    };
    let signer = Signer::new(hd::secret(&mnemonic, "", &path(words)?)?)?;
    if kept {
        ring.add(name, &signer, || ask_passphrase(name, true))?;
    }
    let public_key = PubKey::Secp256k1(*signer.public());
    let mut shown = described(&Known { name: name.to_owned(), public_key, signs: true }, bech32)?;
    let reveal = !recover && !words.is_set("no-backup");
    if let (true, Form::Json, Some(fields)) = (reveal, form, shown.as_object_mut()) {
        fields.insert("mnemonic".to_owned(), json!(mnemonic.to_string()));
    }
    form.print(&shown);
    if reveal && form == Form::Text {
        eprintln!(
            "\n**Important** write this mnemonic phrase in a safe place.\nIt is the only way to recover your account if you ever forget your password.\n\n{mnemonic}"
        );
    }
    Ok(())
}

fn list(ring: &Keyring, words: &Words, form: Form, bech32: &Bech32) -> Result<()> {
    let keys = ring.list()?;
    if words.is_set("list-names") {
        keys.iter().for_each(|k| println!("{}", k.name));
    } else {
        form.print(&keys.iter().map(|k| described(k, bech32)).collect::<Result<_>>()?);
    }
    Ok(())
}

fn show(ring: &Keyring, words: &Words, form: Form, bech32: &Bech32) -> Result<()> {
    let known = match words.places() {
        [one] => named(ring, one, Some(bech32))?,
        several => {
            let name = "multi".to_owned();
            let public_key = multisig(ring, several.iter().map(String::as_str), words)?;
            Known { name, public_key, signs: false }
        }
    };
    let address = known.address()?;
    let text = match words.flag("bech").unwrap_or("acc") {
        "acc" => bech32.acc(&address),
        "val" => bech32.val(&address.into()),
        "cons" => bech32.cons(&ConsAddress::new(address.as_bytes())?),
        other => bail!("--bech: {other:?} is none of acc, val and cons"),
    };
    if words.is_set("address") {
        println!("{text}");
    } else if words.is_set("pubkey") {
        println!("{}", public_json(&known.public_key)?);
    } else {
        let mut shown = described(&known, bech32)?;
        if let Some(fields) = shown.as_object_mut() {
            fields.insert("address".to_owned(), json!(text));
        }
        form.print(&shown);
    }
    Ok(())
}

fn delete(ring: &Keyring, words: &Words) -> Result<()> {
    for name in words.places() {
        ring.known(name)?;
        if !words.is_set("yes") {
            eprint!("Key reference will be deleted: {name}. Continue? [y/N]: ");
            let mut answer = String::new();
            std::io::stdin().read_line(&mut answer)?;
            ensure!(matches!(answer.trim(), "y" | "Y" | "yes"), "cancelled; with --yes nothing is asked");
        }
        ring.delete(name)?;
        eprintln!("Key deleted: {name}");
    }
    Ok(())
}

fn export(ring: &Keyring, name: &str, words: &Words) -> Result<()> {
    let signer = ring.signer(name, || ask_passphrase(name, false))?;
    let text = if words.is_set("unarmored-hex") {
        ensure!(
            words.is_set("unsafe"),
            "--unarmored-hex shows the secret to whoever looks; add --unsafe if that is meant"
        );
        hex::encode(signer.secret())
    } else {
        ring.copy(name, &signer, || ask_passphrase("the copy", true))?
    };
    match words.places().get(1) {
        None => println!("{text}"),
        Some(path) => write_secret(Path::new(path), format!("{text}\n").as_bytes())?,
    }
    Ok(())
}

fn parse(text: &str, form: Form, bech32: &Bech32) -> Result<()> {
    let bytes = hex::decode(text).ok().or_else(|| bech32.parse_acc(text).ok().map(|a| a.as_bytes().to_vec()));
    let bytes = bytes.or_else(|| bech32.parse_val(text).ok().map(|a| a.as_bytes().to_vec()));
    let bytes = bytes.or_else(|| bech32.parse_cons(text).ok().map(|a| a.as_bytes().to_vec()));
    let bytes =
        bytes.ok_or_else(|| anyhow!("{text:?} is neither an address with the prefix {} nor hex", bech32.prefix()))?;
    let address = AccAddress::new(&bytes)?;
    form.print(&json!({
        "bytes": hex::encode_upper(&bytes),
        "formats": [bech32.acc(&address), bech32.val(&address.into()), bech32.cons(&ConsAddress::new(&bytes)?)],
    }));
    Ok(())
}
