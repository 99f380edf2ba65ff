//! The alliance section as paths: records that are grouped otherwise, values that are computed, and bookkeeping that is not comparable.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use entente_chain::Snapshot;
use entente_kernel::num::{Dec, Int};
use entente_proto::alliance::alliance as wire;
use entente_proto::cosmos::base::query::v1beta1::PageRequest;
use prost::Message as _;
use serde_json::Value;

use super::paths::{Paths, list, string};

/// Whether a path holds indices of the Go module, which an implementation with other indices does not have.
pub fn is_bookkeeping(path: &str) -> bool {
    let Some(rest) = path.strip_prefix("alliance/") else {
        return false;
    };
    rest == "rebalance_pending"
        || rest.starts_with("snapshot/")
        || rest.starts_with("validator/") && rest.contains("/global_reward_history/")
        || rest.starts_with("delegation/") && rest.contains("/reward_history/")
}

pub const BOOKKEEPING: &str = "indices of the Go module: rewards are indexed per share here (deviations S1, D1, D3)";

/// The section of a genesis document.
pub fn genesis(paths: &mut Paths, section: &Value) -> Result<()> {
    paths.leaves("alliance/params", &section["params"])?;
    for asset in list(&section["assets"]) {
        let path = format!("alliance/asset/{}", string(asset, "denom")?);
        paths.members(
            &path,
            asset,
            &[
                "reward_weight",
                "take_rate",
                "total_tokens",
                "total_validator_shares",
                "reward_start_time",
                "reward_change_rate",
                "reward_change_interval",
                "last_reward_change_time",
                "is_initialized",
            ],
        )?;
        paths.members(&format!("{path}/reward_weight_range"), &asset["reward_weight_range"], &["min", "max"])?;
    }
    for info in list(&section["validator_infos"]) {
        let path = format!("alliance/validator/{}", string(info, "validator_address")?);
        paths.put(format!("{path}/exists"), "true");
        let validator = &info["validator"];
        paths.coins(&format!("{path}/total_delegator_shares"), &validator["total_delegator_shares"])?;
        paths.coins(&format!("{path}/validator_shares"), &validator["validator_shares"])?;
    }
    for delegation in list(&section["delegations"]) {
        let (delegator, validator) =
            (string(delegation, "delegator_address")?, string(delegation, "validator_address")?);
        let path = format!("alliance/delegation/{delegator}/{validator}/{}", string(delegation, "denom")?);
        paths.members(&path, delegation, &["shares", "last_reward_claim_height"])?;
    }
    undelegations(paths, list(&section["undelegations"]))?;
    redelegations(paths, list(&section["redelegations"]))
}

/// The Go module counts the entries of one delegator and time; here each entry is a record of its own.
fn undelegations(paths: &mut Paths, rows: &[Value]) -> Result<()> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows {
        let completion = string(row, "completion_time")?;
        for entry in list(&row["undelegation"]["entries"]) {
            let path = format!(
                "alliance/undelegation/{}/{}",
                super::text::canonical(&completion),
                string(entry, "delegator_address")?
            );
            let count = counts.entry(path.clone()).or_default();
            let path = format!("{path}/{count}");
            *count += 1;
            paths.put(format!("{path}/validator"), string(entry, "validator_address")?);
            paths.members(&path, &entry["balance"], &["denom", "amount"])?;
        }
    }
    Ok(())
}

/// The Go module merges redelegations of one delegator, denom, destination and time, and keeps the first source.
fn redelegations(paths: &mut Paths, rows: &[Value]) -> Result<()> {
    let mut merged: BTreeMap<String, (String, Int)> = BTreeMap::new();
    for row in rows {
        let redelegation = &row["redelegation"];
        let path = format!(
            "alliance/redelegation/{}/{}/{}/{}",
            string(redelegation, "delegator_address")?,
            string(&redelegation["balance"], "denom")?,
            string(redelegation, "dst_validator_address")?,
            super::text::canonical(&string(row, "completion_time")?),
        );
        let amount: Int = string(&redelegation["balance"], "amount")?.parse()?;
        let source = string(redelegation, "src_validator_address")?;
        let sum = merged.entry(path).or_insert((source, Int::ZERO));
        sum.1 = sum.1.add(amount)?;
    }
    for (path, (source, amount)) in merged {
        paths.put(format!("{path}/source"), source);
        paths.put(format!("{path}/amount"), amount.to_string());
    }
    Ok(())
}

/// What the module computes when asked: the tokens that delegations are worth, from its own query.
///
/// # Errors
/// If the query is refused.
pub fn delegation_tokens(paths: &mut Paths, snapshot: &Snapshot) -> Result<(), String> {
    const QUERY: &str = "/alliance.alliance.Query/AllAlliancesDelegations";
    let mut page = PageRequest { limit: 100_000, ..PageRequest::default() };
    loop {
        let request = wire::QueryAllAlliancesDelegationsRequest { pagination: Some(page.clone()) };
        let answer = snapshot.query(QUERY, &request.encode_to_vec()).map_err(|e| format!("{QUERY}: {e}"))?;
        let answer = wire::QueryAlliancesDelegationsResponse::decode(answer.as_slice()).map_err(|e| e.to_string())?;
        for row in answer.delegations {
            let (Some(d), Some(balance)) = (row.delegation, row.balance) else {
                return Err(format!("{QUERY}: a row without delegation or balance"));
            };
            let path =
                format!("alliance/delegation/{}/{}/{}/tokens", d.delegator_address, d.validator_address, d.denom);
            paths.put(path, balance.amount);
        }
        match answer.pagination {
            Some(next) if !next.next_key.is_empty() => page.key = next.next_key,
            _ => return Ok(()),
        }
    }
}

/// The virtual stake on bonded validators: tokens of the module's own delegations, summed, then truncated.
pub fn bonded(app_state: &Value, module: &str) -> Result<String> {
    let staking = app_state.get("staking").context("no section staking")?;
    let mut sum = Dec::ZERO;
    for delegation in list(&staking["delegations"]) {
        if delegation["delegator_address"].as_str() != Some(module) {
            continue;
        }
        let operator = &delegation["validator_address"];
        let validator = list(&staking["validators"]).iter().find(|v| v["operator_address"] == *operator);
        let validator = validator.with_context(|| format!("a delegation to {operator}, which is no validator"))?;
        if validator["status"] == "BOND_STATUS_BONDED" {
            let shares: Dec = string(delegation, "shares")?.parse()?;
            let all: Dec = string(validator, "delegator_shares")?.parse()?;
            sum = sum.add(shares.mul_int(string(validator, "tokens")?.parse()?)?.quo_truncate(all)?)?;
        }
    }
    Ok(sum.truncate_int()?.to_string())
}
