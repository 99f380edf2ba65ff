//! Coins, decimals, times and spans between protobuf messages and our own types.

use entente_kernel::num::{Coin, Coins, Dec, DecCoin, DecCoins, Denom, Int, Wide};
use entente_kernel::{Code, Error, Event, Result, Span, Timestamp, json};
use entente_proto::cosmos::base::v1beta1 as base;

pub fn coin(coin: &Coin) -> base::Coin {
    base::Coin { denom: coin.denom.to_string(), amount: coin.amount.to_string() }
}

pub fn coins(coins: &Coins) -> Vec<base::Coin> {
    coins.iter().map(coin).collect()
}

pub fn dec_coins(coins: &DecCoins) -> Vec<base::DecCoin> {
    let one = |c: &DecCoin| base::DecCoin { denom: c.denom.to_string(), amount: c.amount.to_scaled_string() };
    coins.iter().map(one).collect()
}

/// One coin of any amount, also a negative one.
///
/// # Errors
/// A refusal that names the field, if denom or amount cannot be read.
pub fn parse_coin(wire: &base::Coin, field: &str) -> Result<Coin> {
    let named = |e: entente_kernel::num::NumError| Error::plain(format!("{field}: {e}"));
    let amount: Int = wire.amount.parse().map_err(named)?;
    Ok(Coin::new(Denom::new(&wire.denom).map_err(named)?, amount))
}

/// Coins as they must be: sorted, without duplicates, each above zero.
///
/// # Errors
/// A refusal that names the field.
pub fn parse_coins(wire: &[base::Coin], field: &str) -> Result<Coins> {
    Coins::from_wire_strict(wire.iter().map(|c| (&c.denom, &c.amount)))
        .map_err(|e| Error::plain(format!("{field}: {e}")))
}

/// Decimal coins: sorted, without duplicates, each above zero.
///
/// # Errors
/// A refusal that names the field.
pub fn parse_dec_coins(wire: &[base::DecCoin], field: &str) -> Result<DecCoins> {
    let named = |e: entente_kernel::num::NumError| Error::plain(format!("{field}: {e}"));
    let one = |c: &base::DecCoin| Ok(DecCoin::new(Denom::new(&c.denom)?, Dec::from_scaled_str(&c.amount)?));
    let coins = wire.iter().map(one).collect::<Result<Vec<_>, _>>().map_err(named)?;
    DecCoins::from_strict(coins).map_err(named)
}

/// A decimal field that holds the number x 10^18, as the SDK writes its `LegacyDec`; `None` if the field is not set.
///
/// # Errors
/// A refusal that names the field.
pub fn parse_dec(wire: &str, field: &str) -> Result<Option<Dec>> {
    Dec::from_scaled_field(wire).map_err(|e| Error::plain(format!("{field}: {e}")))
}

pub fn timestamp(at: Timestamp) -> prost_types::Timestamp {
    // Nanoseconds are below 10^9.
    prost_types::Timestamp { seconds: at.secs, nanos: i32::try_from(at.nanos).unwrap_or_default() }
}

/// # Errors
/// A refusal that names the field, if the nanoseconds are not those of a time.
pub fn parse_timestamp(wire: &prost_types::Timestamp, field: &str) -> Result<Timestamp> {
    let wrong = || Error::plain(format!("{field}: {} nanoseconds; 0 to 999999999 are allowed", wire.nanos));
    let nanos = u32::try_from(wire.nanos).ok().filter(|n| *n < 1_000_000_000).ok_or_else(wrong)?;
    let at = Timestamp { secs: wire.seconds, nanos };
    if at < Timestamp::NEVER || at > Timestamp::MAX {
        return Err(Error::plain(format!("{field}: {} seconds is outside of the years 1 to 9999", wire.seconds)));
    }
    Ok(at)
}

/// A time that must be set.
///
/// # Errors
/// A refusal that names the field.
pub fn must_time(wire: Option<&prost_types::Timestamp>, field: &str) -> Result<Timestamp> {
    parse_timestamp(wire.ok_or_else(|| Error::plain(format!("{field}: a time is wanted")))?, field)
}

/// Reads the rows of a genesis one by one; a refusal names the row.
pub fn each_row<T>(rows: &[T], field: &str, mut read: impl FnMut(&T) -> Result<()>) -> Result<()> {
    for (i, row) in rows.iter().enumerate() {
        read(row).map_err(|e| e.wrap(format!("{field}[{i}]")))?;
    }
    Ok(())
}

pub fn span(span: Span) -> prost_types::Duration {
    let (seconds, nanos) = span.parts();
    prost_types::Duration { seconds, nanos }
}

/// # Errors
/// A refusal that names the field, if the span is longer than 292 years.
pub fn parse_span(wire: &prost_types::Duration, field: &str) -> Result<Span> {
    Span::from_parts(wire.seconds, wire.nanos)
        .ok_or_else(|| Error::plain(format!("{field}: a duration of {} seconds is too long", wire.seconds)))
}

/// A number in steps of 10^-18, as a `Dec` field of a message holds it.
pub fn wad(number: u128) -> String {
    number.to_string()
}

/// A `Dec` field as a number in steps of 10^-18; zero if it is not set.
///
/// # Errors
/// A refusal that names the field, for what is negative or has more than 128 bits.
pub fn parse_wad(wire: &str, field: &str) -> Result<u128> {
    let number = parse_dec(wire, field)?.unwrap_or_default();
    let wrong = || Error::plain(format!("{field}: {number} is negative or too large"));
    if number.is_negative() {
        return Err(wrong());
    }
    number.to_scaled_string().parse().map_err(|_| wrong())
}

/// An `Int` field as an amount; zero if it is not set.
///
/// # Errors
/// A refusal that names the field, for what is negative or has more than 128 bits.
pub fn parse_amount(wire: &str, field: &str) -> Result<u128> {
    if wire.is_empty() {
        return Ok(0);
    }
    let number: Int = wire.parse().map_err(|e| Error::plain(format!("{field}: {e}")))?;
    number.to_u128().ok_or_else(|| Error::plain(format!("{field}: {number} is negative or too large")))
}

/// As [`parse_amount`], of what must be more than nothing; what is not is refused with `code`.
pub fn parse_some(wire: &str, field: &str, code: Code) -> Result<u128> {
    match parse_amount(wire, field)? {
        0 => Err(code.because(format!("{field}: more than nothing is wanted"))),
        amount => Ok(amount),
    }
}

/// As [`parse_coin`], of what must be more than nothing; what is not is refused with `code`.
pub fn parse_some_coin(wire: Option<&base::Coin>, field: &str, code: Code) -> Result<Coin> {
    let coin = parse_coin(&wire.cloned().unwrap_or_default(), field)?;
    if coin.amount.is_positive() {
        return Ok(coin);
    }
    Err(code.because(format!("{field}: {coin}; more than nothing is wanted")))
}

/// A time that need not be set.
///
/// # Errors
/// A refusal that names the field.
pub fn parse_time(wire: Option<&prost_types::Timestamp>, field: &str) -> Result<Option<Timestamp>> {
    wire.map(|at| parse_timestamp(at, field)).transpose()
}

/// A number of up to 512 bits, as the genesis of our own modules holds it.
///
/// # Errors
/// A refusal that names the field.
pub fn parse_wide(wire: &str, field: &str) -> Result<Wide> {
    wire.parse().map_err(|e| Error::plain(format!("{field}: {e}")))
}

/// The typed event of a message, as the SDK emits it: one attribute per field, in the order of names, with JSON values.
pub fn typed_event<M: prost::Message + prost::Name>(message: &M) -> Event {
    let event = Event::new(M::full_name());
    // Messages that we made ourselves always have a JSON form.
    let Ok(serde_json::Value::Object(fields)) = json::to_json(message) else { return event };
    let mut fields: Vec<_> = fields.into_iter().collect();
    fields.sort_by(|a, b| a.0.cmp(&b.0));
    fields.into_iter().fold(event, |event, (name, value)| event.with(name, value))
}
