//! Block time: instants with nanoseconds since 1970 and signed spans, in UTC, with the text forms of protobuf JSON.

use std::fmt;
use std::str::FromStr;

use borsh::{BorshDeserialize, BorshSerialize};

const NANOS: i64 = 1_000_000_000;

/// An instant: seconds since 1970-01-01T00:00:00Z and nanoseconds below one second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, BorshSerialize, BorshDeserialize)]
pub struct Timestamp {
    pub secs: i64,
    pub nanos: u32,
}

/// A signed span of time in nanoseconds (about 292 years at most), as Go's `time.Duration`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, BorshSerialize, BorshDeserialize)]
pub struct Span(pub i64);

impl Span {
    pub const ZERO: Self = Self(0);

    /// Saturates at the ends of the range, as the difference of two Go times does.
    pub const fn from_secs(secs: i64) -> Self {
        match secs.checked_mul(NANOS) {
            Some(n) => Self(n),
            None if secs < 0 => Self(i64::MIN),
            None => Self(i64::MAX),
        }
    }

    /// Whole seconds, toward zero.
    pub const fn whole_secs(self) -> i64 {
        self.0 / NANOS
    }

    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Protobuf's parts: seconds and nanoseconds of the same sign.
    pub const fn parts(self) -> (i64, i32) {
        (self.0 / NANOS, (self.0 % NANOS) as i32)
    }

    pub fn from_parts(secs: i64, nanos: i32) -> Option<Self> {
        secs.checked_mul(NANOS)?.checked_add(i64::from(nanos)).map(Self)
    }
}

impl Timestamp {
    /// The zero time of Go, 0001-01-01T00:00:00Z: "never".
    pub const NEVER: Self = Self { secs: -62_135_596_800, nanos: 0 };
    /// 9999-12-31T23:59:59Z, the last instant that protobuf allows.
    pub const MAX: Self = Self { secs: 253_402_300_799, nanos: 999_999_999 };

    pub const fn from_secs(secs: i64) -> Self {
        Self { secs, nanos: 0 }
    }

    /// Later (or, with a negative span, earlier) by `span`; stops at the ends of protobuf's range.
    #[must_use]
    pub fn plus(self, span: Span) -> Self {
        let total = self.total().checked_add(i128::from(span.0)).unwrap_or_default();
        Self::from_total(total.clamp(Self::NEVER.total(), Self::MAX.total()))
    }

    /// `self - earlier`, saturating as Go's `Time.Sub`.
    pub fn since(self, earlier: Self) -> Span {
        let d = self.total().checked_sub(earlier.total()).unwrap_or_default();
        Span(i64::try_from(d).unwrap_or(if d < 0 { i64::MIN } else { i64::MAX }))
    }

    fn total(self) -> i128 {
        // |secs| < 2^63, so neither product nor sum leaves 128 bits.
        i128::from(self.secs)
            .checked_mul(i128::from(NANOS))
            .and_then(|n| n.checked_add(i128::from(self.nanos)))
            .unwrap_or_default()
    }

    fn from_total(total: i128) -> Self {
        let nanos = total.rem_euclid(i128::from(NANOS));
        let secs = total.div_euclid(i128::from(NANOS));
        Self { secs: i64::try_from(secs).unwrap_or_default(), nanos: u32::try_from(nanos).unwrap_or_default() }
    }

    /// The sortable text that the SDK uses in keys: `2024-01-02T03:04:05.000000006`, always nine digits, no zone letter.
    pub fn sortable(self) -> String {
        let (y, mo, d, h, mi, s) = self.civil();
        format!("{y:04}-{mo:02}-{d:02}T{h:02}:{mi:02}:{s:02}.{:09}", self.nanos)
    }

    fn civil(self) -> (i64, u32, u32, i64, i64, i64) {
        let days = self.secs.div_euclid(86_400);
        let rest = self.secs.rem_euclid(86_400);
        let (y, m, d) = civil_from_days(days);
        (y, m, d, rest / 3_600, rest % 3_600 / 60, rest % 60)
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC without trailing zeros of the fraction (Go's `RFC3339Nano`).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self.sortable();
        let trimmed = whole.trim_end_matches('0').trim_end_matches('.');
        write!(f, "{}Z", if self.nanos == 0 { whole.split('.').next().unwrap_or_default() } else { trimmed })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {wanted}")]
pub struct TimeError {
    text: String,
    wanted: &'static str,
}

impl FromStr for Timestamp {
    type Err = TimeError;

    /// RFC 3339 with any offset and up to nine fractional digits.
    fn from_str(text: &str) -> Result<Self, TimeError> {
        parse_rfc3339(text).ok_or_else(|| TimeError { text: text.to_owned(), wanted: "an RFC 3339 time" })
    }
}

impl fmt::Display for Span {
    /// Protobuf JSON: seconds, with 0, 3, 6 or 9 fractional digits, and `s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.0.unsigned_abs();
        let (secs, nanos) = (total / 1_000_000_000, total % 1_000_000_000);
        let sign = if self.0 < 0 { "-" } else { "" };
        match nanos {
            0 => write!(f, "{sign}{secs}s"),
            n if n % 1_000_000 == 0 => write!(f, "{sign}{secs}.{:03}s", n / 1_000_000),
            n if n % 1_000 == 0 => write!(f, "{sign}{secs}.{:06}s", n / 1_000),
            n => write!(f, "{sign}{secs}.{n:09}s"),
        }
    }
}

impl FromStr for Span {
    type Err = TimeError;

    /// Protobuf JSON, such as `604800s` or `0.5s`.
    fn from_str(text: &str) -> Result<Self, TimeError> {
        parse_seconds(text)
            .ok_or_else(|| TimeError { text: text.to_owned(), wanted: "a duration in seconds such as \"600s\"" })
    }
}

fn parse_seconds(text: &str) -> Option<Span> {
    let body = text.strip_suffix('s')?;
    let (negative, body) = match body.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, body),
    };
    let (secs, fraction) = body.split_once('.').unwrap_or((body, ""));
    if secs.is_empty() || !secs.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let total = secs.parse::<i64>().ok()?.checked_mul(NANOS)?.checked_add(i64::from(parse_fraction(fraction)?))?;
    Some(Span(if negative { total.checked_neg()? } else { total }))
}

fn parse_fraction(digits: &str) -> Option<u32> {
    if digits.len() > 9 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    format!("{digits:0<9}").parse().ok()
}

fn parse_rfc3339(text: &str) -> Option<Timestamp> {
    let number = |range: std::ops::Range<usize>| -> Option<i64> {
        let part = text.get(range)?;
        part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok())?
    };
    let sign = |at: usize| text.as_bytes().get(at).copied();
    if sign(4) != Some(b'-')
        || sign(7) != Some(b'-')
        || sign(13) != Some(b':')
        || sign(16) != Some(b':')
        || !matches!(sign(10), Some(b'T' | b't'))
    {
        return None;
    }
    let (y, mo, d, h, mi, s) =
        (number(0..4)?, number(5..7)?, number(8..10)?, number(11..13)?, number(14..16)?, number(17..19)?);
    let days = days_from_civil(y, mo, d)?;
    if civil_from_days(days) != (y, u32::try_from(mo).ok()?, u32::try_from(d).ok()?) || h > 23 || mi > 59 || s > 59 {
        return None;
    }
    let rest = text.get(19..)?;
    let (fraction, zone) = match rest.strip_prefix('.') {
        Some(tail) => {
            let end = tail.find(|c: char| !c.is_ascii_digit())?;
            (tail.get(..end).filter(|f| !f.is_empty())?, tail.get(end..)?)
        }
        None => ("", rest),
    };
    let offset = match zone {
        "Z" | "z" => 0,
        _ => parse_offset(zone)?,
    };
    let secs = days
        .checked_mul(86_400)?
        .checked_add(h.checked_mul(3_600)?)?
        .checked_add(mi.checked_mul(60)?)?
        .checked_add(s)?;
    let secs = secs.checked_sub(offset)?;
    // An offset may lead out of the years that are written with four digits.
    (0..=9999).contains(&civil_from_days(secs.div_euclid(86_400)).0).then_some(())?;
    Some(Timestamp { secs, nanos: parse_fraction(fraction)? })
}

fn parse_offset(zone: &str) -> Option<i64> {
    let sign = match zone.as_bytes().first()? {
        b'+' => 1_i64,
        b'-' => -1,
        _ => return None,
    };
    let two_digits =
        |part: &str| (part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse().ok())?;
    let (h, m) = zone.get(1..)?.split_once(':')?;
    let (h, m): (i64, i64) = (two_digits(h)?, two_digits(m)?);
    (h < 24 && m < 60).then_some(())?;
    sign.checked_mul(h.checked_mul(3_600)?.checked_add(m.checked_mul(60)?)?)
}

/// Days since 1970-01-01 of a date of the proleptic Gregorian calendar (years 0 to 9999).
fn days_from_civil(y: i64, m: i64, d: i64) -> Option<i64> {
    if !(0..=9999).contains(&y) || !(1..=12).contains(&m) || !(1..=31).contains(&d) {
        return None;
    }
    let y = if m <= 2 { y.checked_sub(1)? } else { y };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let shifted = if m > 2 { m.checked_sub(3)? } else { m.checked_add(9)? };
    let doy = shifted.checked_mul(153)?.checked_add(2)?.div_euclid(5).checked_add(d)?.checked_sub(1)?;
    let doe = yoe.checked_mul(365)?.checked_add(yoe / 4)?.checked_sub(yoe / 100)?.checked_add(doy)?;
    era.checked_mul(146_097)?.checked_add(doe)?.checked_sub(719_468)
}

#[allow(
    clippy::arithmetic_side_effects,
    reason = "days of an i64 count of seconds are below 2^47: no term can overflow"
)]
fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let d = doy - (153 * mp + 2) / 5 + 1;
    let m = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + i64::from(m <= 2), u32::try_from(m).unwrap_or_default(), u32::try_from(d).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_survive_their_text() {
        for text in [
            "2024-01-02T03:04:05.000000006Z",
            "0001-01-01T00:00:00Z",
            "2024-02-29T23:59:59Z",
            "9999-12-31T23:59:59.999999999Z",
            "2025-01-01T12:12:08.928943Z",
        ] {
            assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), text);
        }
        assert_eq!("2021-03-27T19:00:00+03:30".parse::<Timestamp>().unwrap().to_string(), "2021-03-27T15:30:00Z");
        assert_eq!("0001-01-01T00:00:00Z".parse::<Timestamp>().unwrap(), Timestamp::NEVER);
        assert_eq!(
            "2024-01-02T03:04:05.000000006Z".parse::<Timestamp>().unwrap().sortable(),
            "2024-01-02T03:04:05.000000006"
        );
        for bad in [
            "",
            "2024-02-30T00:00:00Z",
            "2024-01-02",
            "2024-01-02T03:04:05",
            "2024-01-02T25:04:05Z",
            "2024-01-02T03:04:05.Z",
            "2024-01-02T03:04:05.0000000001Z",
            "2024-01-02T03:04:05+1:30",
            "2024-01-02T03:04:05++1:30",
            "0000-01-01T00:10:00+01:30",
            "9999-12-31T23:59:00-00:01",
        ] {
            assert!(bad.parse::<Timestamp>().is_err(), "{bad}");
        }
    }

    #[test]
    fn spans_survive_their_text_and_differences_saturate() {
        for text in ["604800s", "0s", "0.500s", "-1.000001s", "0.000000001s"] {
            assert_eq!(text.parse::<Span>().unwrap().to_string(), text);
        }
        for bad in ["", "s", "1", "1m", ".5s", "1.0000000001s", "99999999999999s"] {
            assert!(bad.parse::<Span>().is_err(), "{bad}");
        }
        assert_eq!(Timestamp::MAX.since(Timestamp::NEVER), Span(i64::MAX));
        assert_eq!(Timestamp::from_secs(10).plus(Span(-1)), Timestamp { secs: 9, nanos: 999_999_999 });
        assert_eq!(Timestamp::MAX.plus(Span(1)), Timestamp::MAX);
    }
}
