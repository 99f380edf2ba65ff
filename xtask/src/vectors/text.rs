//! How values are written in vector files.

use anyhow::{Context, Result, anyhow};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use entente_kernel::Timestamp;

pub fn time(text: &str) -> Result<Timestamp> {
    text.parse().map_err(|e| anyhow!("time {text:?}: {e}"))
}

pub fn base64(text: &str) -> Result<Vec<u8>> {
    STANDARD.decode(text).with_context(|| format!("{text:?} is no base64"))
}

pub fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The one spelling of a value: times and durations without trailing zeros of their fraction; other texts as they are.
pub fn canonical(text: &str) -> String {
    let (body, unit) = match text.as_bytes() {
        [.., b'Z'] if is_time(text) => (&text[..text.len() - 1], "Z"),
        [.., b's'] if is_seconds(&text[..text.len() - 1]) => (&text[..text.len() - 1], "s"),
        _ => return text.to_owned(),
    };
    match body.split_once('.') {
        Some((whole, fraction)) => match fraction.trim_end_matches('0') {
            "" => format!("{whole}{unit}"),
            kept => format!("{whole}.{kept}{unit}"),
        },
        None => text.to_owned(),
    }
}

fn is_time(text: &str) -> bool {
    let shape = b"dddd-dd-ddTdd:dd:dd";
    let bytes = text.as_bytes();
    bytes.len() > shape.len()
        && shape.iter().zip(bytes).all(|(s, b)| if *s == b'd' { b.is_ascii_digit() } else { s == b })
        && bytes[shape.len()..bytes.len() - 1].iter().all(|b| b.is_ascii_digit() || *b == b'.')
}

fn is_seconds(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn fractions_of_times_and_durations_lose_their_trailing_zeros_and_nothing_else_changes() {
        for (given, wanted) in [
            ("2025-01-01T00:00:00.120Z", "2025-01-01T00:00:00.12Z"),
            ("2025-01-01T00:00:00.000Z", "2025-01-01T00:00:00Z"),
            ("2025-01-01T00:00:00Z", "2025-01-01T00:00:00Z"),
            ("0.500s", "0.5s"),
            ("60s", "60s"),
            ("-1.250s", "-1.25s"),
            ("1.500000000000000000", "1.500000000000000000"),
            ("validators", "validators"),
            ("Z", "Z"),
            ("s", "s"),
        ] {
            assert_eq!(canonical(given), wanted);
        }
    }
}
