//! The admin door of a development chain: a socket in its home folder, over which `entente dev advance`, `fault`, `snapshot` and
//! `revert` speak to the running node. One line of JSON asks, one line answers.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use entente_chain::Snapshot;
use entente_kernel::crypto::ed25519;
use entente_kernel::{ConsAddress, Span};
use entente_proto::cosmos::crypto::ed25519::PubKey;
use entente_proto::cosmos::staking::v1beta1::{QueryValidatorRequest, QueryValidatorResponse};
use prost::Message as _;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};

use crate::engine::Engine;
use crate::keys;

/// Longest question in bytes.
const LINE_BYTES_MAX: u64 = 4_096;

/// The socket in a home folder.
pub fn socket(home: &Path) -> PathBuf {
    home.join("dev.sock")
}

/// Takes the socket, before anything answers: whoever hears the node may speak to this door.
///
/// # Errors
/// Another node runs in the home folder, or the socket cannot be made.
pub async fn listen(path: &Path) -> Result<UnixListener> {
    // The socket of a process that is gone.
    if path.exists() && UnixStream::connect(path).await.is_err() {
        std::fs::remove_file(path).with_context(|| format!("the old socket {} cannot be removed", path.display()))?;
    }
    UnixListener::bind(path).with_context(|| {
        format!("the admin socket {} cannot be made; does a node run in this home folder already?", path.display())
    })
}

/// Answers until the process ends. Whoever may enter the folder may ask.
pub async fn serve(engine: Engine, listener: UnixListener) -> Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        let engine = engine.clone();
        tokio::spawn(async move {
            let mut stream = BufReader::new(stream);
            let mut line = String::new();
            if (&mut stream).take(LINE_BYTES_MAX).read_line(&mut line).await.is_ok() {
                let work = move || answer(&engine, &line);
                let answered = tokio::task::spawn_blocking(work).await.unwrap_or_else(|e| Err(anyhow!("{e}")));
                let answered = answered.unwrap_or_else(|e| json!({ "error": format!("{e:#}") }));
                // Whoever hung up does not want the answer.
                let _ = stream.get_mut().write_all(format!("{answered}\n").as_bytes()).await;
            }
        });
    }
}

fn answer(engine: &Engine, line: &str) -> Result<Value> {
    let wish: Value = serde_json::from_str(line)?;
    match wish.get("do").and_then(Value::as_str) {
        Some("advance") => {
            let by = wish.get("nanos").and_then(Value::as_i64).unwrap_or_default();
            match wish.get("blocks").and_then(Value::as_u64) {
                None => engine.advance(Span(by))?,
                Some(blocks) => engine.advance_by_blocks(Span(by), u32::try_from(blocks)?)?,
            };
            let standing = engine.shown().standing;
            Ok(json!({ "height": standing.height.to_string(), "time": standing.time.to_string() }))
        }
        Some("fault") => fault(engine, &wish),
        Some("snapshot") => {
            let (number, height) = engine.mark()?;
            Ok(json!({ "snapshot": number, "height": height.to_string() }))
        }
        Some("revert") => match engine.revert(wish.get("snapshot").and_then(Value::as_u64))? {
            Some((number, height)) => Ok(json!({ "snapshot": number, "height": height.to_string() })),
            None => bail!("there is no such snapshot; make one with: entente dev snapshot"),
        },
        other => bail!("unknown wish {other:?}"),
    }
}

/// A validator misbehaves; named by its account's name or its operator address.
fn fault(engine: &Engine, wish: &Value) -> Result<Value> {
    let text = |name: &str| wish.get(name).and_then(Value::as_str).unwrap_or_default();
    let snapshot = engine.snapshot(None).ok_or_else(|| anyhow!("a chain without a state"))?;
    let bech32 = snapshot.bech32();
    let (named, kind) = (text("validator"), text("kind"));
    let operator = keys::development_named(named).map(|account| bech32.val(&account.address().into()));
    let operator = operator.unwrap_or_else(|| named.to_owned());
    let address = consensus_address(&snapshot, &operator)?;
    match kind {
        "double-sign" => drop(engine.double_sign(address)?),
        "down" | "up" => engine.set_down(address, kind == "down")?,
        other => bail!("unknown fault {other:?}; allowed: double-sign, down, up"),
    }
    let (standing, down) = (engine.shown().standing, engine.down());
    let cons = |address: [u8; 20]| bech32.cons(&ConsAddress::from_array(address));
    Ok(json!({
        "height": standing.height.to_string(), "validator": operator, "consensus_address": cons(address), "fault": kind,
        "down": down.into_iter().map(cons).collect::<Vec<_>>(),
    }))
}

/// The address of the key with which an operator's validator signs blocks.
fn consensus_address(snapshot: &Snapshot, operator: &str) -> Result<[u8; 20]> {
    let request = QueryValidatorRequest { validator_addr: operator.to_owned() }.encode_to_vec();
    let answer = snapshot
        .query("/cosmos.staking.v1beta1.Query/Validator", &request)
        .map_err(|e| anyhow!("{operator:?} is not a validator (dev0 or the address of an operator is wanted): {e}"))?;
    let found = QueryValidatorResponse::decode(answer.as_slice())?.validator.unwrap_or_default();
    let key = found.consensus_pubkey.and_then(|any| PubKey::decode(any.value.as_slice()).ok());
    let key = key.and_then(|key| <[u8; 32]>::try_from(key.key).ok());
    Ok(ed25519::address(&key.ok_or_else(|| anyhow!("{operator}: its consensus key is not an ed25519 key"))?))
}

/// Asks the node that runs in `home`.
///
/// # Errors
/// No node runs there, or it refuses.
pub async fn ask(home: &Path, wish: &Value) -> Result<Value> {
    let path = socket(home);
    let mut stream = UnixStream::connect(&path).await.map_err(|_| {
        anyhow!(
            "no development chain runs in {}; start one with: entente dev --home {}",
            home.display(),
            home.display()
        )
    })?;
    stream.write_all(format!("{wish}\n").as_bytes()).await?;
    let mut text = String::new();
    stream.read_to_string(&mut text).await?;
    let answer: Value = serde_json::from_str(&text).context("the node answered nothing; look at what it says")?;
    match answer.get("error").and_then(Value::as_str) {
        Some(error) => bail!("{error}"),
        None => Ok(answer),
    }
}

/// Reads a span such as `21d`, `6h30m`, `90s` or `1.5h`.
///
/// # Errors
/// Says what a span looks like.
pub fn span(text: &str) -> Result<Span> {
    let wrong = || anyhow!("{text:?} is not a span of time such as 21d, 6h30m or 90s");
    let mut nanos: i128 = 0;
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let length = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
        let (number, tail) = rest.split_at(length);
        let (unit, size): (&str, i128) = [
            ("ms", 1_000_000),
            ("s", 1_000_000_000),
            ("m", 60_000_000_000),
            ("h", 3_600_000_000_000),
            ("d", 86_400_000_000_000),
            ("w", 604_800_000_000_000),
        ]
        .into_iter()
        .find(|(unit, _)| tail.starts_with(unit))
        .ok_or_else(wrong)?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let digits = |d: &str| if d.is_empty() { Some(0) } else { d.parse::<i128>().ok().filter(|_| d.len() <= 15) };
        let scale = 10i128.checked_pow(u32::try_from(fraction.len()).map_err(|_| wrong())?).ok_or_else(wrong)?;
        if number.is_empty() || number == "." {
            return Err(wrong());
        }
        nanos += digits(whole).ok_or_else(wrong)? * size + digits(fraction).ok_or_else(wrong)? * size / scale;
        rest = tail.strip_prefix(unit).unwrap_or_default();
    }
    i64::try_from(nanos).map(Span).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_people_write_them() {
        for (text, secs) in [("21d", 21 * 86_400), ("6h30m", 23_400), ("90s", 90), ("1.5h", 5_400), ("1w", 604_800)] {
            assert_eq!(span(text).unwrap(), Span::from_secs(secs), "{text}");
        }
        assert_eq!(span("250ms").unwrap(), Span(250_000_000));
        for bad in ["", "21", "d", "1x", "-5s", "1..5h", "99999999999999999d"] {
            assert!(span(bad).is_err(), "{bad}");
        }
    }
}
