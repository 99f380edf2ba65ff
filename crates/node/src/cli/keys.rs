//! `entente keys`: the keys of this home folder.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use entente_kernel::crypto::secp256k1;
use entente_kernel::{AccAddress, Bech32};
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
    value("bech", None, "show: acc or val"),
    value("source", None, "add --recover: a file with the words"),
    switch("recover", None, "add: from words, read from standard input"),
    switch("interactive", Some('i'), "Accepted, not needed"),
    switch("no-backup", None, "add: do not print the words"),
    switch("dry-run", None, "add: keep nothing"),
    switch("address", Some('a'), "show: the address alone"),
    switch("pubkey", Some('p'), "show: the public key alone"),
    switch("list-names", Some('n'), "list: the names alone"),
    switch("yes", Some('y'), "Do not ask"),
    switch("unarmored-hex", None, "export: the secret in hex"),
    switch("unsafe", None, "export: yes, the secret in hex"),
    switch("help", Some('h'), "This list"),
];

const VERBS: &[(&str, &str, &str)] = &[
    ("add", "NAME", "Make a key, or take it from words with --recover"),
    ("list", "", "All keys"),
    ("show", "NAME", "One key"),
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
    let mut words = Words::parse(words, &[FLAGS])?;
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
        "show" => show(&ring, name, &words, form, &bech32)?,
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

fn described(known: &Known, bech32: &Bech32) -> Value {
    let address = AccAddress::from_array(secp256k1::address(&known.public_key));
    let pubkey = json!({ "@type": "/cosmos.crypto.secp256k1.PubKey", "key": STANDARD.encode(known.public_key) });
    json!({ "name": known.name, "type": "local", "address": bech32.acc(&address), "pubkey": pubkey.to_string() })
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
    let mut shown = described(&Known { name: name.to_owned(), public_key: *signer.public() }, bech32);
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
        form.print(&keys.iter().map(|k| described(k, bech32)).collect());
    }
    Ok(())
}

fn show(ring: &Keyring, name: &str, words: &Words, form: Form, bech32: &Bech32) -> Result<()> {
    let known = match crate::keys::development_named(name).filter(|_| !ring.has(name).unwrap_or(true)) {
        Some(signer) => Known { name: name.to_owned(), public_key: *signer.public() },
        None => ring.known(name)?,
    };
    let address = AccAddress::from_array(secp256k1::address(&known.public_key));
    let text = match words.flag("bech").unwrap_or("acc") {
        "acc" => bech32.acc(&address),
        "val" => bech32.val(&address.into()),
        other => bail!("--bech: {other:?} is neither acc nor val"),
    };
    let shown = described(&known, bech32);
    if words.is_set("address") {
        println!("{text}");
    } else if words.is_set("pubkey") {
        println!("{}", shown.get("pubkey").and_then(Value::as_str).unwrap_or_default());
    } else {
        let mut shown = shown;
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
    let bytes =
        bytes.ok_or_else(|| anyhow!("{text:?} is neither an address with the prefix {} nor hex", bech32.prefix()))?;
    let address = AccAddress::new(&bytes)?;
    form.print(&json!({
        "bytes": hex::encode_upper(&bytes),
        "formats": [bech32.acc(&address), bech32.val(&address.into())],
    }));
    Ok(())
}
