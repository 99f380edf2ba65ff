//! A genesis document, or an export, as paths and texts: what vector files say about the state.

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;

use super::file::Texts;
use super::{alliance, text};

/// Turns one section of `app_state` into paths.
type Projection = fn(&mut Paths, &Value) -> Result<()>;

/// The sections that have paths, by name; it is the first step of their paths too.
const SECTIONS: &[(&str, Projection)] = &[
    ("auth", auth),
    ("bank", bank),
    ("feegrant", feegrant),
    ("staking", staking),
    ("slashing", slashing),
    ("evidence", evidence),
    ("distribution", distribution),
    ("mint", mint),
    ("alliance", alliance::genesis),
    ("gov", gov),
    ("authz", authz),
    ("crisis", crisis),
];

/// Paths being collected.
#[derive(Default)]
pub struct Paths {
    pub texts: Texts,
    /// First steps of paths that the document says nothing about.
    pub absent: Vec<String>,
}

impl Paths {
    /// Projects a whole `app_state`.
    pub fn of(app_state: &Value) -> Result<Self> {
        let mut paths = Self::default();
        for (name, project) in SECTIONS {
            match app_state.get(name) {
                Some(section) => project(&mut paths, section).with_context(|| format!("export of {name}"))?,
                None => paths.absent.push((*name).to_owned()),
            }
        }
        Ok(paths)
    }

    pub fn put(&mut self, path: impl Into<String>, value: impl AsRef<str>) {
        self.texts.insert(path.into(), text::canonical(value.as_ref()));
    }

    /// Writes the named members of an object below `path`; a null is no path.
    pub fn members(&mut self, path: &str, object: &Value, names: &[&str]) -> Result<()> {
        for name in names {
            let value = object.get(name).with_context(|| format!("{path}: no member {name:?} in {object}"))?;
            if !value.is_null() {
                self.put(format!("{path}/{name}"), scalar(value)?);
            }
        }
        Ok(())
    }

    /// Writes amounts below `path`, by denomination.
    pub fn coins(&mut self, path: &str, coins: &Value) -> Result<()> {
        for coin in list(coins) {
            self.put(format!("{path}/{}", string(coin, "denom")?), string(coin, "amount")?);
        }
        Ok(())
    }

    /// Writes every leaf of a JSON value below `path`; nulls and empty lists are no leaves.
    pub fn leaves(&mut self, path: &str, value: &Value) -> Result<()> {
        match value {
            Value::Null => Ok(()),
            Value::Object(members) => {
                members.iter().try_for_each(|(name, v)| self.leaves(&format!("{path}/{name}"), v))
            }
            Value::Array(items) => {
                items.iter().enumerate().try_for_each(|(i, v)| self.leaves(&format!("{path}/{i}"), v))
            }
            leaf => {
                self.put(path, scalar(leaf)?);
                Ok(())
            }
        }
    }
}

/// The items of a list; null and absent are empty, as in the JSON of Go.
pub fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A member's text.
pub fn string(object: &Value, name: &str) -> Result<String> {
    scalar(object.get(name).with_context(|| format!("no member {name:?} in {object}"))?)
}

fn scalar(value: &Value) -> Result<String> {
    match value {
        Value::String(s) => Ok(s.clone()),
        Value::Number(n) => Ok(n.to_string()),
        Value::Bool(b) => Ok(b.to_string()),
        other => bail!("a single value expected, found {other}"),
    }
}

fn joined(items: &Value) -> Result<String> {
    Ok(list(items).iter().map(scalar).collect::<Result<Vec<_>>>()?.join(","))
}

fn auth(paths: &mut Paths, section: &Value) -> Result<()> {
    paths.leaves("auth/params", &section["params"])?;
    for account in list(&section["accounts"]) {
        let vesting = Some(&account["base_vesting_account"]).filter(|v| !v.is_null());
        let holders = [vesting.map_or(&Value::Null, |v| &v["base_account"]), &account["base_account"], account];
        let base = holders.into_iter().find(|v| v.get("address").is_some());
        let base = base.ok_or_else(|| anyhow!("an account without an address: {account}"))?;
        let path = format!("auth/account/{}", string(base, "address")?);
        paths.put(format!("{path}/number"), string(base, "account_number")?);
        paths.put(format!("{path}/sequence"), string(base, "sequence")?);
        paths.put(format!("{path}/type"), string(account, "@type")?.trim_start_matches('/'));
        if let Some(key) = base["pub_key"]["key"].as_str() {
            paths.put(format!("{path}/pub_key"), hex::encode(text::base64(key)?));
        }
        if account.get("permissions").is_some() {
            paths.put(format!("{path}/name"), string(account, "name")?);
            let mut permissions = list(&account["permissions"]).iter().map(scalar).collect::<Result<Vec<_>>>()?;
            permissions.sort_unstable();
            paths.put(format!("{path}/permissions"), permissions.join(","));
        }
        if let Some(vesting) = vesting {
            let path = format!("{path}/vesting");
            paths.coins(&format!("{path}/original"), &vesting["original_vesting"])?;
            paths.coins(&format!("{path}/delegated_free"), &vesting["delegated_free"])?;
            paths.coins(&format!("{path}/delegated_vesting"), &vesting["delegated_vesting"])?;
            paths.put(format!("{path}/end_time"), string(vesting, "end_time")?);
            let start = account.get("start_time").map(scalar).transpose()?;
            paths.put(format!("{path}/start_time"), start.as_deref().unwrap_or("0"));
        }
    }
    Ok(())
}

fn bank(paths: &mut Paths, section: &Value) -> Result<()> {
    paths.leaves("bank/params", &section["params"])?;
    paths.coins("bank/supply", &section["supply"])?;
    for holder in list(&section["balances"]) {
        paths.coins(&format!("bank/balance/{}", string(holder, "address")?), &holder["coins"])?;
    }
    for switch in list(&section["send_enabled"]) {
        paths.put(format!("bank/send_enabled/{}", string(switch, "denom")?), string(switch, "enabled")?);
    }
    Ok(())
}

/// Leaves of an `Any` below `path`; its own type is named `type`.
fn any(paths: &mut Paths, path: &str, message: &Value) -> Result<()> {
    for (name, value) in message.as_object().into_iter().flatten() {
        let name = if name == "@type" { "type" } else { name };
        paths.leaves(&format!("{path}/{name}"), value)?;
    }
    Ok(())
}

fn feegrant(paths: &mut Paths, section: &Value) -> Result<()> {
    for grant in list(&section["allowances"]) {
        let path = format!("feegrant/{}/{}", string(grant, "granter")?, string(grant, "grantee")?);
        any(paths, &path, &grant["allowance"])?;
    }
    Ok(())
}

fn authz(paths: &mut Paths, section: &Value) -> Result<()> {
    for grant in list(&section["authorization"]) {
        let permission = &grant["authorization"];
        let message = match string(permission, "@type")?.rsplit('.').next() {
            Some("SendAuthorization") => "cosmos.bank.v1beta1.MsgSend".to_owned(),
            Some("StakeAuthorization") => match permission["authorization_type"].as_str() {
                Some("AUTHORIZATION_TYPE_DELEGATE") => "cosmos.staking.v1beta1.MsgDelegate".to_owned(),
                Some("AUTHORIZATION_TYPE_UNDELEGATE") => "cosmos.staking.v1beta1.MsgUndelegate".to_owned(),
                Some("AUTHORIZATION_TYPE_REDELEGATE") => "cosmos.staking.v1beta1.MsgBeginRedelegate".to_owned(),
                Some("AUTHORIZATION_TYPE_CANCEL_UNBONDING_DELEGATION") => {
                    "cosmos.staking.v1beta1.MsgCancelUnbondingDelegation".to_owned()
                }
                other => bail!("authorization_type {other:?} is unknown"),
            },
            Some("GenericAuthorization") => string(permission, "msg")?.trim_start_matches('/').to_owned(),
            other => bail!("authorization {other:?} is unknown"),
        };
        let path = format!("authz/{}/{}/{message}", string(grant, "granter")?, string(grant, "grantee")?);
        any(paths, &path, permission)?;
        paths.leaves(&format!("{path}/expiration"), &grant["expiration"])?;
    }
    Ok(())
}

fn staking(paths: &mut Paths, section: &Value) -> Result<()> {
    paths.leaves("staking/params", &section["params"])?;
    paths.put("staking/last_total_power", string(section, "last_total_power")?);
    for last in list(&section["last_validator_powers"]) {
        paths.put(format!("staking/last_validator_power/{}", string(last, "address")?), string(last, "power")?);
    }
    for validator in list(&section["validators"]) {
        staking_validator(paths, validator)?;
    }
    for delegation in list(&section["delegations"]) {
        let (delegator, validator) =
            (string(delegation, "delegator_address")?, string(delegation, "validator_address")?);
        paths.put(format!("staking/delegation/{delegator}/{validator}"), string(delegation, "shares")?);
    }
    const ENTRY: [&str; 5] =
        ["creation_height", "completion_time", "initial_balance", "unbonding_id", "unbonding_on_hold_ref_count"];
    for unbonding in list(&section["unbonding_delegations"]) {
        let (delegator, validator) = (string(unbonding, "delegator_address")?, string(unbonding, "validator_address")?);
        for (i, entry) in list(&unbonding["entries"]).iter().enumerate() {
            let path = format!("staking/unbonding/{delegator}/{validator}/{i}");
            paths.members(&path, entry, &ENTRY)?;
            paths.members(&path, entry, &["balance"])?;
        }
    }
    for redelegation in list(&section["redelegations"]) {
        let delegator = string(redelegation, "delegator_address")?;
        let source = string(redelegation, "validator_src_address")?;
        let destination = string(redelegation, "validator_dst_address")?;
        for (i, entry) in list(&redelegation["entries"]).iter().enumerate() {
            let path = format!("staking/redelegation/{delegator}/{source}/{destination}/{i}");
            paths.members(&path, entry, &ENTRY)?;
            paths.members(&path, entry, &["shares_dst"])?;
        }
    }
    Ok(())
}

fn staking_validator(paths: &mut Paths, validator: &Value) -> Result<()> {
    let path = format!("staking/validator/{}", string(validator, "operator_address")?);
    paths.members(
        &path,
        validator,
        &[
            "tokens",
            "delegator_shares",
            "status",
            "jailed",
            "unbonding_height",
            "unbonding_time",
            "min_self_delegation",
            "unbonding_on_hold_ref_count",
        ],
    )?;
    let description = ["moniker", "identity", "website", "security_contact", "details"];
    paths.members(&path, &validator["description"], &description)?;
    let commission = &validator["commission"];
    paths.members(
        &format!("{path}/commission"),
        &commission["commission_rates"],
        &["rate", "max_rate", "max_change_rate"],
    )?;
    paths.members(&format!("{path}/commission"), commission, &["update_time"])?;
    paths.put(format!("{path}/consensus_pubkey"), string(&validator["consensus_pubkey"], "key")?);
    paths.put(format!("{path}/unbonding_ids"), joined(&validator["unbonding_ids"])?);
    Ok(())
}

fn slashing(paths: &mut Paths, section: &Value) -> Result<()> {
    paths.leaves("slashing/params", &section["params"])?;
    for info in list(&section["signing_infos"]) {
        paths.members(
            &format!("slashing/info/{}", string(info, "address")?),
            &info["validator_signing_info"],
            &["start_height", "index_offset", "jailed_until", "tombstoned", "missed_blocks_counter"],
        )?;
    }
    for window in list(&section["missed_blocks"]) {
        let mut missed = Vec::new();
        for block in list(&window["missed_blocks"]) {
            if block["missed"] == Value::Bool(true) {
                missed.push(string(block, "index")?.parse::<u64>()?);
            }
        }
        missed.sort_unstable();
        if !missed.is_empty() {
            let texts: Vec<String> = missed.iter().map(u64::to_string).collect();
            paths.put(format!("slashing/missed/{}", string(window, "address")?), texts.join(","));
        }
    }
    Ok(())
}

fn evidence(paths: &mut Paths, section: &Value) -> Result<()> {
    for fault in list(&section["evidence"]) {
        let path =
            format!("evidence/equivocation/{}/{}", string(fault, "consensus_address")?, string(fault, "height")?);
        paths.members(&path, fault, &["time", "power"])?;
    }
    Ok(())
}

fn distribution(paths: &mut Paths, section: &Value) -> Result<()> {
    paths.leaves("distribution/params", &section["params"])?;
    paths.coins("distribution/community_pool", &section["fee_pool"]["community_pool"])?;
    for row in list(&section["outstanding_rewards"]) {
        let path = format!("distribution/outstanding/{}", string(row, "validator_address")?);
        paths.coins(&path, &row["outstanding_rewards"])?;
    }
    for row in list(&section["validator_accumulated_commissions"]) {
        let path = format!("distribution/commission/{}", string(row, "validator_address")?);
        paths.coins(&path, &row["accumulated"]["commission"])?;
    }
    for row in list(&section["validator_current_rewards"]) {
        let path = format!("distribution/current/{}", string(row, "validator_address")?);
        paths.members(&path, &row["rewards"], &["period"])?;
        paths.coins(&format!("{path}/rewards"), &row["rewards"]["rewards"])?;
    }
    for row in list(&section["delegator_starting_infos"]) {
        let (delegator, validator) = (string(row, "delegator_address")?, string(row, "validator_address")?);
        let path = format!("distribution/starting_info/{delegator}/{validator}");
        let info = &row["starting_info"];
        paths.put(format!("{path}/period"), string(info, "previous_period")?);
        paths.members(&path, info, &["stake", "height"])?;
    }
    for row in list(&section["validator_slash_events"]) {
        let (validator, height, period) =
            (string(row, "validator_address")?, string(row, "height")?, string(row, "period")?);
        let path = format!("distribution/slash_event/{validator}/{height}/{period}");
        paths.members(&path, &row["validator_slash_event"], &["validator_period", "fraction"])?;
    }
    for row in list(&section["delegator_withdraw_infos"]) {
        let path = format!("distribution/withdraw_address/{}", string(row, "delegator_address")?);
        paths.put(path, string(row, "withdraw_address")?);
    }
    paths.members("distribution", section, &["previous_proposer"])
}

fn mint(paths: &mut Paths, section: &Value) -> Result<()> {
    paths.leaves("mint/params", &section["params"])?;
    paths.members("mint", &section["minter"], &["inflation", "annual_provisions"])
}

fn gov(paths: &mut Paths, section: &Value) -> Result<()> {
    paths.leaves("gov/params", &section["params"])?;
    paths.put("gov/next_proposal_id", string(section, "starting_proposal_id")?);
    paths.members("gov", section, &["constitution"])?;
    for proposal in list(&section["proposals"]) {
        gov_proposal(paths, proposal)?;
    }
    for deposit in list(&section["deposits"]) {
        let path = format!("gov/deposit/{}/{}", string(deposit, "proposal_id")?, string(deposit, "depositor")?);
        paths.coins(&path, &deposit["amount"])?;
    }
    for vote in list(&section["votes"]) {
        let mut options = Vec::new();
        for option in list(&vote["options"]) {
            options.push(format!("{}={}", string(option, "option")?, string(option, "weight")?));
        }
        let path = format!("gov/vote/{}/{}", string(vote, "proposal_id")?, string(vote, "voter")?);
        paths.put(path, options.join(","));
    }
    Ok(())
}

fn gov_proposal(paths: &mut Paths, proposal: &Value) -> Result<()> {
    let path = format!("gov/proposal/{}", string(proposal, "id")?);
    paths.members(
        &path,
        proposal,
        &[
            "status",
            "proposer",
            "title",
            "expedited",
            "failed_reason",
            "submit_time",
            "deposit_end_time",
            "voting_start_time",
            "voting_end_time",
        ],
    )?;
    paths.coins(&format!("{path}/total_deposit"), &proposal["total_deposit"])?;
    for (i, message) in list(&proposal["messages"]).iter().enumerate() {
        paths.put(format!("{path}/message/{i}"), string(message, "@type")?);
    }
    let tally = &proposal["final_tally_result"];
    for option in ["yes", "no", "abstain", "no_with_veto"] {
        paths.put(format!("{path}/tally/{option}"), string(tally, &format!("{option}_count"))?);
    }
    Ok(())
}

fn crisis(paths: &mut Paths, section: &Value) -> Result<()> {
    let fee = &section["constant_fee"];
    paths.put("crisis/constant_fee", format!("{}{}", string(fee, "amount")?, string(fee, "denom")?));
    Ok(())
}
