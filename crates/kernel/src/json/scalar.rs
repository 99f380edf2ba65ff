//! Texts of single values: decimals, integers, times, durations, bytes.

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use prost_types::{Duration, Timestamp};

/// Decimal places of a `Dec`.
const PLACES: usize = 18;
/// More digits than 315 bits, the most that a `Dec` of the SDK can have.
const DIGITS_MAX: usize = 96;
/// Go's zero time, 0001-01-01T00:00:00Z, in seconds since 1970.
pub const GO_ZERO_TIME: i64 = -62_135_596_800;
/// The last second of the year 9999.
const LAST_SECOND: i64 = 253_402_300_799;
/// About ten thousand years, the longest duration that protobuf allows.
const DURATION_SECONDS_MAX: i64 = 315_576_000_000;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// Sign and digits of a whole number, without zeros in front; both empty for zero and for no text, nothing if it is no number.
fn signed_digits(wire: &str) -> Option<(&str, &str)> {
    let (sign, digits) = match wire.strip_prefix('-') {
        Some("") => return None,
        Some(digits) => ("-", digits),
        None => ("", wire),
    };
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    let digits = digits.trim_start_matches('0');
    is_number.then_some(if digits.is_empty() { ("", "") } else { (sign, digits) })
}

/// The text of a whole number of sign and digits.
fn whole_number((sign, digits): (&str, &str)) -> String {
    if digits.is_empty() { "0".to_owned() } else { format!("{sign}{digits}") }
}

/// Writes the wire text of a `Dec`, an integer 10^18 times the value, with its point. What is not an integer stays as it
/// is: a refused transaction may carry anything, and must still print.
pub fn dec_from_wire(wire: &str) -> String {
    let Some((sign, digits)) = signed_digits(wire) else { return wire.to_owned() };
    let padded = format!("{digits:0>width$}", width = PLACES + 1);
    let (whole, places) = padded.split_at(padded.len().saturating_sub(PLACES));
    format!("{sign}{whole}.{places}")
}

/// The wire text of a decimal number with at most 18 places; nothing if it is not one.
pub fn dec_to_wire(text: &str) -> Option<String> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text),
    };
    let (whole, places) = match digits.split_once('.') {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (digits, ""),
    };
    let numeric = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !numeric(whole) || !numeric(places) || places.len() > PLACES || whole.len() > DIGITS_MAX {
        return None;
    }
    signed_digits(&format!("{sign}{whole}{places:0<PLACES$}")).map(whole_number)
}

/// Writes the wire text of an `Int`; an absent one is zero. What is not an integer stays as it is.
pub fn int_from_wire(wire: &str) -> String {
    signed_digits(wire).map_or_else(|| wire.to_owned(), whole_number)
}

/// The wire text of an integer; nothing if it is not one.
pub fn int_to_wire(text: &str) -> Option<String> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let fits = (1..=DIGITS_MAX).contains(&digits.len());
    signed_digits(text).filter(|_| fits).map(whole_number)
}

/// RFC 3339 in UTC with 0, 3, 6 or 9 places. Times outside the years 1 to 9999 have no such form and print as seconds.
pub fn time_text(seconds: i64, nanos: i32) -> String {
    if !(GO_ZERO_TIME..=LAST_SECOND).contains(&seconds) || !(0..1_000_000_000).contains(&nanos) {
        return format!("{seconds}s{nanos}ns since 1970");
    }
    Timestamp { seconds, nanos }.to_string()
}

/// Reads RFC 3339.
pub fn time_value(text: &str) -> Option<(i64, i32)> {
    let looks_right =
        text.is_ascii() && text.len() >= 20 && text.as_bytes().get(10).is_some_and(|byte| b"Tt".contains(byte));
    let time: Timestamp = looks_right.then(|| text.parse().ok()).flatten()?;
    (GO_ZERO_TIME..=LAST_SECOND).contains(&time.seconds).then_some((time.seconds, time.nanos))
}

/// Seconds with 0, 3, 6 or 9 places and an `s`.
pub fn duration_text(seconds: i64, nanos: i32) -> String {
    let fits = (-DURATION_SECONDS_MAX..=DURATION_SECONDS_MAX).contains(&seconds)
        && (-999_999_999..=999_999_999).contains(&nanos);
    if fits && !(seconds > 0 && nanos < 0) && !(seconds < 0 && nanos > 0) {
        Duration { seconds, nanos }.to_string()
    } else {
        format!("{seconds}s{nanos}ns")
    }
}

/// Reads a duration as Go writes and reads them: numbers with places, each with a unit from `h` to `ns`, such as `1h30m` or
/// `300s`.
pub fn duration_value(text: &str) -> Option<(i64, i32)> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    match rest {
        "" => return None,
        "0" => return Some((0, 0)),
        _ => {}
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let number_end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(number_end);
        let unit_end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, next) = tail.split_at(unit_end);
        total = total.checked_add(nanos_of(number, unit)?)?;
        rest = next;
    }
    let signed = if negative { total.checked_neg()? } else { total };
    let seconds = i64::try_from(signed / 1_000_000_000).ok()?;
    let nanos = i32::try_from(signed % 1_000_000_000).ok()?;
    (seconds.unsigned_abs() <= DURATION_SECONDS_MAX.unsigned_abs()).then_some((seconds, nanos))
}

/// Whole nanoseconds of a number with a unit; what is finer is dropped.
fn nanos_of(number: &str, unit: &str) -> Option<i128> {
    let scale: i128 = match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    };
    let (whole, places) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && places.is_empty() || whole.len() > 15 || places.len() > 15 {
        return None;
    }
    let digits = |part: &str| if part.is_empty() { Some(0) } else { part.parse::<i128>().ok() };
    let power = 10_i128.checked_pow(u32::try_from(places.len()).ok()?)?;
    let fraction = digits(places)?.checked_mul(scale)?.checked_div(power)?;
    digits(whole)?.checked_mul(scale)?.checked_add(fraction)
}

pub fn base64_text(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Reads base64 of either alphabet, with or without padding.
pub fn base64_value(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).ok()
}
