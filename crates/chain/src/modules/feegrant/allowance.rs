//! The kinds of allowances: what they cover, and how a fee lowers them.

use entente_kernel::error::sdk;
use entente_kernel::num::Coins;
use entente_kernel::{Ctx, Result, Span, Timestamp};
use entente_proto::cosmos::base::v1beta1::Coin as WireCoin;
use entente_proto::cosmos::feegrant::v1beta1 as wire;
use prost::Name;
use prost_types::Any;

use super::error::{EXPIRED, INVALID_DURATION, LIMIT_EXCEEDED, MESSAGE_NOT_ALLOWED, NO_ALLOWANCE, NO_MESSAGES};
use crate::wire::{coins, parse_span, parse_timestamp, span, timestamp};

/// Gas for looking at one kind of message.
const GAS_PER_MESSAGE: u64 = 10;
/// How often allowances may be wrapped in one another.
const DEPTH_MAX: u32 = 4;

/// What a grantee may spend on fees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowance {
    Basic(Basic),
    Periodic(Periodic),
    /// Only for transactions made of these kinds of messages.
    ForMessages {
        inner: Box<Allowance>,
        urls: Vec<String>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basic {
    /// What is left; nothing said means no limit.
    pub limit: Option<Coins>,
    pub expiration: Option<Timestamp>,
}

/// A limit for every period besides the limit of all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Periodic {
    pub basic: Basic,
    pub period: Span,
    pub period_limit: Coins,
    /// What is left of this period.
    pub period_left: Coins,
    /// When the next period begins.
    pub reset: Timestamp,
}

impl Allowance {
    /// # Errors
    /// What upstream's `ValidateBasic` refuses.
    pub fn from_any(any: &Any) -> Result<Self> {
        read(any, DEPTH_MAX)
    }

    pub fn to_any(&self) -> Any {
        match self {
            Self::Basic(basic) => pack(&basic_to_wire(basic)),
            Self::Periodic(p) => pack(&wire::PeriodicAllowance {
                basic: Some(basic_to_wire(&p.basic)),
                period: Some(span(p.period)),
                period_spend_limit: coins(&p.period_limit),
                period_can_spend: coins(&p.period_left),
                period_reset: Some(timestamp(p.reset)),
            }),
            Self::ForMessages { inner, urls } => {
                pack(&wire::AllowedMsgAllowance { allowance: Some(inner.to_any()), allowed_messages: urls.clone() })
            }
        }
    }

    pub fn expiration(&self) -> Option<Timestamp> {
        match self {
            Self::Basic(basic) => basic.expiration,
            Self::Periodic(p) => p.basic.expiration,
            Self::ForMessages { inner, .. } => inner.expiration(),
        }
    }

    /// Lowers the allowance by a fee. Whether it is used up.
    pub fn accept(&mut self, ctx: &Ctx, fee: &Coins, message_urls: &[&str]) -> Result<bool> {
        match self {
            Self::Basic(basic) => basic.accept(ctx.time(), fee, "basic allowance", "basic allowance"),
            Self::Periodic(periodic) => periodic.accept(ctx.time(), fee),
            Self::ForMessages { inner, urls } => {
                for _ in urls.iter() {
                    ctx.gas().charge(GAS_PER_MESSAGE, "check msg")?;
                }
                for url in message_urls {
                    ctx.gas().charge(GAS_PER_MESSAGE, "check msg")?;
                    if !urls.iter().any(|allowed| allowed == url) {
                        return Err(MESSAGE_NOT_ALLOWED.because("message does not exist in allowed messages"));
                    }
                }
                inner.accept(ctx, fee, message_urls)
            }
        }
    }
}

impl Basic {
    fn accept(&mut self, now: Timestamp, fee: &Coins, over: &str, short: &str) -> Result<bool> {
        if self.expiration.is_some_and(|end| end < now) {
            return Err(EXPIRED.because(over));
        }
        let Some(limit) = &mut self.limit else { return Ok(false) };
        *limit = less(limit, fee, short)?;
        Ok(limit.is_empty())
    }
}

impl Periodic {
    fn accept(&mut self, now: Timestamp, fee: &Coins) -> Result<bool> {
        if self.basic.expiration.is_some_and(|end| end < now) {
            return Err(EXPIRED.because("absolute limit"));
        }
        self.start_period(now);
        self.period_left = less(&self.period_left, fee, "period limit")?;
        self.basic.accept(now, fee, "absolute limit", "absolute limit")
    }

    /// Begins a new period if its time has come. Periods that nobody used are skipped.
    fn start_period(&mut self, now: Timestamp) {
        if now < self.reset {
            return;
        }
        let rest = self.basic.limit.as_ref().filter(|limit| !limit.is_empty());
        self.period_left = match rest {
            Some(limit) if !limit.is_all_gte(&self.period_limit) => limit.clone(),
            _ => self.period_limit.clone(),
        };
        self.reset = self.reset.plus(self.period);
        if now > self.reset {
            self.reset = now.plus(self.period);
        }
    }
}

fn less(from: &Coins, fee: &Coins, what: &str) -> Result<Coins> {
    from.sub(fee).map_err(|_| LIMIT_EXCEEDED.because(what))
}

fn read(any: &Any, depth: u32) -> Result<Allowance> {
    let missing = || NO_ALLOWANCE.because("failed to get allowance");
    let depth = depth.checked_sub(1).ok_or_else(missing)?;
    if let Some(basic) = unpack::<wire::BasicAllowance>(any) {
        return Ok(Allowance::Basic(basic_from_wire(&basic)?));
    }
    if let Some(periodic) = unpack::<wire::PeriodicAllowance>(any) {
        return Ok(Allowance::Periodic(periodic_from_wire(&periodic)?));
    }
    if let Some(filtered) = unpack::<wire::AllowedMsgAllowance>(any) {
        let inner = filtered.allowance.ok_or_else(|| NO_ALLOWANCE.because("allowance should not be empty"))?;
        if filtered.allowed_messages.is_empty() {
            return Err(NO_MESSAGES.because("allowed messages shouldn't be empty"));
        }
        let inner = Box::new(read(&inner, depth)?);
        return Ok(Allowance::ForMessages { inner, urls: filtered.allowed_messages });
    }
    Err(missing())
}

fn basic_to_wire(basic: &Basic) -> wire::BasicAllowance {
    wire::BasicAllowance {
        spend_limit: basic.limit.as_ref().map(coins).unwrap_or_default(),
        expiration: basic.expiration.map(timestamp),
    }
}

fn basic_from_wire(basic: &wire::BasicAllowance) -> Result<Basic> {
    let limit = valid(&basic.spend_limit, "send amount is invalid")?;
    let expiration = basic.expiration.as_ref().map(|e| parse_timestamp(e, "expiration")).transpose()?;
    if expiration.is_some_and(|end| end.secs < 0) {
        return Err(INVALID_DURATION.because("expiration time cannot be negative"));
    }
    Ok(Basic { limit: (!limit.is_empty()).then_some(limit), expiration })
}

fn periodic_from_wire(p: &wire::PeriodicAllowance) -> Result<Periodic> {
    let basic = basic_from_wire(&p.basic.clone().unwrap_or_default())?;
    let period_limit = valid(&p.period_spend_limit, "spend amount is invalid")?;
    if period_limit.is_empty() {
        return Err(sdk::INVALID_COINS.because("spend limit must be positive"));
    }
    let period_left = valid(&p.period_can_spend, "can spend amount is invalid")?;
    if let Some(limit) = &basic.limit
        && period_limit.denoms().any(|d| limit.amount_of(d.as_str()).is_zero())
    {
        let text = "period spend limit has different currency than basic spend limit";
        return Err(sdk::INVALID_COINS.because(text));
    }
    let period = parse_span(&p.period.unwrap_or_default(), "period")?;
    if period.whole_secs() < 0 {
        return Err(INVALID_DURATION.because("negative clock step"));
    }
    let zero = prost_types::Timestamp { seconds: Timestamp::NEVER.secs, nanos: 0 };
    let reset = parse_timestamp(p.period_reset.as_ref().unwrap_or(&zero), "period_reset")?;
    Ok(Periodic { basic, period, period_limit, period_left, reset })
}

fn valid(wire: &[WireCoin], what: &str) -> Result<Coins> {
    Coins::from_wire_strict(wire.iter().map(|c| (&c.denom, &c.amount)))
        .map_err(|e| sdk::INVALID_COINS.because(format!("{what}: {e}")))
}

fn pack<M: prost::Message + Name>(message: &M) -> Any {
    Any { type_url: format!("/{}", M::full_name()), value: message.encode_to_vec() }
}

fn unpack<M: prost::Message + Name + Default>(any: &Any) -> Option<M> {
    if any.type_url.strip_prefix('/') != Some(M::full_name().as_str()) {
        return None;
    }
    M::decode(any.value.as_slice()).ok()
}
