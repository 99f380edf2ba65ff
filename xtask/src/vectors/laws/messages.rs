//! Laws of results: where the answers to a transaction differ, ours must be what our own state demands.

use anyhow::{Context, Result};
use entente_kernel::num::{Dec, Int};
use entente_proto::alliance::alliance as wire;
use entente_proto::cosmos::distribution::v1beta1 as distribution;
use entente_proto::cosmos::staking::v1beta1 as staking;
use entente_proto::cosmos::tx::v1beta1 as tx;
use prost::Message as _;

use super::{Broken, Sight};
use crate::vectors::file::Block;
use crate::vectors::text;

pub type Messages = Vec<(String, Vec<u8>)>;

/// The messages of a transaction: type and value; none if it cannot be decoded.
pub fn messages(bytes: &str) -> Result<Messages> {
    let raw = text::base64(bytes)?;
    let body = tx::TxRaw::decode(raw.as_slice()).and_then(|raw| tx::TxBody::decode(raw.body_bytes.as_slice()));
    Ok(body.map(|b| b.messages.into_iter().map(|m| (m.type_url, m.value.to_vec())).collect()).unwrap_or_default())
}

/// The validators whose commission a transaction withdraws, in order.
pub fn commissions(bytes: &str) -> Result<Vec<String>> {
    let mut out = Vec::new();
    for (kind, value) in messages(bytes)? {
        if kind == "/cosmos.distribution.v1beta1.MsgWithdrawValidatorCommission" {
            out.push(distribution::MsgWithdrawValidatorCommission::decode(value.as_slice())?.validator_address);
        }
    }
    Ok(out)
}

/// Whether somebody gives to the rewards of a validator.
pub fn deposits_rewards(block: &Block) -> Result<bool> {
    for tx in &block.txs {
        if messages(&tx.bytes)?.iter().any(|(kind, _)| kind.ends_with(".MsgDepositValidatorRewardsPool")) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The native stake that a transaction would move: (validator, amount).
pub fn native_moves(bytes: &str, bond_denom: &str) -> Result<Vec<(String, Int)>> {
    let mut out = Vec::new();
    for (kind, value) in messages(bytes)? {
        let Some(name) = kind.strip_prefix("/cosmos.staking.v1beta1.") else { continue };
        let (validators, amount) = match name {
            "MsgBeginRedelegate" => {
                let m = staking::MsgBeginRedelegate::decode(value.as_slice())?;
                (vec![m.validator_src_address, m.validator_dst_address], m.amount)
            }
            "MsgUndelegate" => {
                let m = staking::MsgUndelegate::decode(value.as_slice())?;
                (vec![m.validator_address], m.amount)
            }
            "MsgDelegate" => {
                let m = staking::MsgDelegate::decode(value.as_slice())?;
                (vec![m.validator_address], m.amount)
            }
            _ => continue,
        };
        let coin = amount.filter(|c| c.denom == bond_denom).context("a native message without a coin")?;
        let amount: Int = coin.amount.parse()?;
        out.extend(validators.into_iter().map(|v| (v, amount)));
    }
    Ok(out)
}

impl Sight<'_> {
    /// Per transaction: our code and codespace, the file's, and the bytes.
    pub fn results(&self) -> impl Iterator<Item = ((u32, &str), (u32, &str), &str)> {
        std::iter::zip(&self.result.txs, &self.block.results).zip(&self.block.txs).map(|((ours, theirs), tx)| {
            ((ours.code, ours.codespace.as_str()), (theirs.code, theirs.codespace.as_str()), tx.bytes.as_str())
        })
    }

    /// Whether a proposal with such a message was decided in this block, here or there.
    pub fn decided(&self, kind: &str) -> bool {
        let of = |before: &super::View, now: &super::View| {
            let proposals =
                now.texts.range("gov/proposal/".to_owned()..).take_while(|(p, _)| p.starts_with("gov/proposal/"));
            proposals.filter(|(p, v)| p.ends_with("/status") && before.texts.get(*p) != Some(v)).any(|(p, _)| {
                let prefix = format!("{}message/", p.trim_end_matches("status"));
                now.texts.range(prefix.clone()..).take_while(|(p, _)| p.starts_with(&prefix)).any(|(_, v)| v == kind)
            })
        };
        of(self.before, self.now) || of(self.theirs_before, self.theirs)
    }
}

pub fn judge(s: &Sight, out: &mut Vec<Broken>) -> Result<()> {
    for (i, (ours, theirs, bytes)) in s.results().enumerate() {
        if ours == theirs || s.block.results.get(i).is_some_and(|r| r.deviation.is_some() && ours.0 == 0) {
            continue;
        }
        let all = messages(bytes)?;
        let log = s.result.txs.get(i).map_or("", |r| r.log.as_str());
        let refused =
            log.split_once("message index: ").and_then(|(_, rest)| rest.split(':').next()?.parse::<usize>().ok());
        let demanded = if ours.0 == 0 {
            // S4: nothing up to the shown balance is refused.
            all.iter().try_fold(true, |fine, m| Ok::<_, anyhow::Error>(fine && !demands_refusal(s, ours, m)?))?
        } else {
            match refused.and_then(|i| all.get(i)) {
                Some(message) => demands_refusal(s, ours, message)?,
                None => false,
            }
        };
        if !demanded {
            out.push(Broken::new("refusals", i.to_string(), format!("{theirs:?}"), format!("{ours:?} {log}")));
        }
    }
    Ok(())
}

/// Whether our state before the block leaves no other answer than a refusal.
fn demands_refusal(s: &Sight, ours: (u32, &str), (kind, value): &(String, Vec<u8>)) -> Result<bool> {
    // Tokens of a delegation, with what its owner brought in this block.
    let shown = |delegator: &str, validator: &str, denom: &str| -> Result<Option<Int>> {
        let key = (delegator.to_owned(), validator.to_owned(), denom.to_owned());
        let brought = s.moves.flows.get(&key).copied().filter(|brought: &Int| brought.is_positive());
        match (s.before.positions.get(&key), brought) {
            (None, None) => Ok(None),
            (position, brought) => {
                let tokens = position.map_or(Int::ZERO, |p| p.tokens);
                Ok(Some(tokens.add(brought.unwrap_or(Int::ZERO))?))
            }
        }
    };
    let is_gone = |denom: &str| !s.before.assets.contains_key(denom);
    let more_than = |delegator: &str,
                     validator: &str,
                     coin: &entente_proto::cosmos::base::v1beta1::Coin|
     -> Result<bool> {
        let amount: Int = coin.amount.parse()?;
        Ok(match (is_gone(&coin.denom), shown(delegator, validator, &coin.denom)?) {
            (true, _) => ours.0 == 0 || ours == (1, "undefined"),
            (_, None) => ours.0 == 0 || ours == (21, "staking"),
            (_, Some(tokens)) => amount > tokens && (ours.0 == 0 || ours == (22, "staking") || ours.1 == "alliance"),
        })
    };
    Ok(match kind.as_str() {
        "/alliance.alliance.MsgUndelegate" => {
            let m = wire::MsgUndelegate::decode(value.as_slice())?;
            more_than(&m.delegator_address, &m.validator_address, &m.amount.unwrap_or_default())?
        }
        "/alliance.alliance.MsgRedelegate" => {
            let m = wire::MsgRedelegate::decode(value.as_slice())?;
            more_than(&m.delegator_address, &m.validator_src_address, &m.amount.unwrap_or_default())?
        }
        "/alliance.alliance.MsgClaimDelegationRewards" => {
            let m = wire::MsgClaimDelegationRewards::decode(value.as_slice())?;
            shown(&m.delegator_address, &m.validator_address, &m.denom)?.is_none()
        }
        "/alliance.alliance.MsgDelegate" => {
            let m = wire::MsgDelegate::decode(value.as_slice())?;
            is_gone(&m.amount.unwrap_or_default().denom)
        }
        "/cosmos.staking.v1beta1.MsgBeginRedelegate" => {
            let m = staking::MsgBeginRedelegate::decode(value.as_slice())?;
            let path = format!("staking/delegation/{}/{}", m.delegator_address, m.validator_src_address);
            let shares: Dec = s.before.text(&path).unwrap_or("0").parse()?;
            let worth = s.before.validators.get(&m.validator_src_address).cloned().unwrap_or_default().worth(shares)?;
            ours.0 != 0 && Dec::from_int(m.amount.unwrap_or_default().amount.parse()?) > worth
        }
        _ => false,
    })
}
