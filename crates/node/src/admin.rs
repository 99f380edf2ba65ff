//! The admin door of a development chain: a socket in its home folder, over which `entente dev advance`, `snapshot` and `revert` speak
//! to the running node. One line of JSON asks, one line answers.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use entente_kernel::Span;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};

use crate::engine::Engine;

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
            engine.advance(Span(by))?;
            let standing = engine.shown().standing;
            Ok(json!({ "height": standing.height.to_string(), "time": standing.time.to_string() }))
        }
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
