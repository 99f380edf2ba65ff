//! What transactions can say: the verbs of `gaiad` and `allianced`, and the messages that they become.

mod gov;
mod pools;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use entente_kernel::{AccAddress, Bech32};
use serde_json::{Value, json};

use super::super::words::{Flag, Words, coin, coins, switch, value};

/// What a verb knows besides its words.
pub struct Author {
    pub address: AccAddress,
    pub bech32: Bech32,
    /// Whom the author has delegated to; filled for `withdraw-all-rewards` only.
    pub validators: Vec<String>,
}

impl Author {
    fn text(&self) -> String {
        self.bech32.acc(&self.address)
    }

    fn validator(&self) -> String {
        self.bech32.val(&self.address.into())
    }
}

/// Module, verb, words by place, and the messages: type and JSON.
pub struct Verb {
    pub module: &'static str,
    pub verb: &'static str,
    pub usage: &'static str,
    /// Places are counted behind module and verb.
    pub messages: fn(&Author, &Words) -> Result<Vec<Value>>,
}

/// Flags of single verbs.
pub const FLAGS: &[Flag] = &[
    switch("split", None, "multi-send: divide the amount among all"),
    switch("commission", None, "withdraw-rewards: the validator's commission too"),
    switch("delayed", None, "create-vesting-account: all at the end"),
    value("metadata", None, "gov: words beside the vote or the proposal"),
    value("upgrade-height", None, "software-upgrade: the height before which all stop"),
    value("upgrade-info", None, "software-upgrade: words of the plan, such as where to find the program"),
    value("title", None, "of a proposal"),
    value("summary", None, "of a proposal"),
    value("deposit", None, "of a proposal, such as 10000000uente"),
    switch("expedited", None, "of a proposal: a shorter vote"),
    value("new-moniker", None, "edit-validator"),
    value("identity", None, "edit-validator"),
    value("website", None, "edit-validator"),
    value("security-contact", None, "edit-validator"),
    value("details", None, "edit-validator"),
    value("commission-rate", None, "edit-validator"),
    value("min-self-delegation", None, "edit-validator"),
    value("spend-limit", None, "Most coins that may be spent"),
    value("expiration", None, "Until when: seconds since 1970, or a time; feegrant: a time"),
    value("msg-type", None, "authz grant generic: the message"),
    value("allowed-validators", None, "authz grant: validators, with commas"),
    value("allowed-messages", None, "feegrant grant: messages, with commas"),
    value("allow-list", None, "authz grant send: receivers, with commas"),
    value("min-shares", None, "vault deposit, pools join: fewest shares to accept"),
    value("min-out", None, "vault swap: fewest coins to accept"),
    value("min-out", None, "pools swap: fewest units to accept; pools exit: fewest coins, with commas"),
    value("start", None, "pools fund: when the coins begin to flow, if not now"),
    value("add", None, "vault set-allowed: who may deposit from now on, with commas between"),
    value("remove", None, "vault set-allowed: who may deposit no longer, with commas between"),
    value("receiver", None, "vault deposit, claim-exit: who gets it, if not the sender"),
];

const fn verb(
    module: &'static str,
    verb: &'static str,
    usage: &'static str,
    messages: fn(&Author, &Words) -> Result<Vec<Value>>,
) -> Verb {
    Verb { module, verb, usage, messages }
}

fn one(url: &str, fields: Value) -> Result<Vec<Value>> {
    let mut message = json!({ "@type": url });
    if let (Some(message), Value::Object(fields)) = (message.as_object_mut(), fields) {
        message.extend(fields);
    }
    Ok(vec![message])
}

/// A message of a holder about shares of a vault.
fn of_vault(name: &str, a: &Author, w: &Words) -> Result<Vec<Value>> {
    one(
        &format!("/restake.vault.v1.Msg{name}"),
        json!({ "owner": a.text(), "vault": w.place(0), "shares": w.place(1) }),
    )
}

pub const VERBS: &[Verb] = &[
    verb("bank", "send", "FROM TO AMOUNT", |a, w| {
        one(
            "/cosmos.bank.v1beta1.MsgSend",
            json!({ "from_address": a.text(), "to_address": w.place(1), "amount": coins(w.place(2))? }),
        )
    }),
    verb("bank", "multi-send", "FROM TO TO... AMOUNT", multi_send),
    verb("staking", "create-validator", "FILE", create_validator),
    verb("staking", "edit-validator", "", edit_validator),
    verb("staking", "delegate", "VALIDATOR AMOUNT", |a, w| {
        one(
            "/cosmos.staking.v1beta1.MsgDelegate",
            json!({ "delegator_address": a.text(), "validator_address": w.place(0), "amount": coin(w.place(1))? }),
        )
    }),
    verb("staking", "redelegate", "SOURCE TARGET AMOUNT", |a, w| {
        one(
            "/cosmos.staking.v1beta1.MsgBeginRedelegate",
            json!({
                "delegator_address": a.text(), "validator_src_address": w.place(0), "validator_dst_address": w.place(1), "amount": coin(w.place(2))?,
            }),
        )
    }),
    verb("staking", "unbond", "VALIDATOR AMOUNT", |a, w| {
        one(
            "/cosmos.staking.v1beta1.MsgUndelegate",
            json!({ "delegator_address": a.text(), "validator_address": w.place(0), "amount": coin(w.place(1))? }),
        )
    }),
    verb("staking", "cancel-unbond", "VALIDATOR AMOUNT HEIGHT", |a, w| {
        one(
            "/cosmos.staking.v1beta1.MsgCancelUnbondingDelegation",
            json!({
                "delegator_address": a.text(), "validator_address": w.place(0), "amount": coin(w.place(1))?, "creation_height": w.place(2),
            }),
        )
    }),
    verb("slashing", "unjail", "", |a, _| {
        one("/cosmos.slashing.v1beta1.MsgUnjail", json!({ "validator_addr": a.validator() }))
    }),
    verb("distribution", "withdraw-rewards", "VALIDATOR", |a, w| {
        let mut messages = one(
            "/cosmos.distribution.v1beta1.MsgWithdrawDelegatorReward",
            json!({ "delegator_address": a.text(), "validator_address": w.place(0) }),
        )?;
        if w.is_set("commission") {
            messages.extend(one(
                "/cosmos.distribution.v1beta1.MsgWithdrawValidatorCommission",
                json!({ "validator_address": w.place(0) }),
            )?);
        }
        Ok(messages)
    }),
    verb("distribution", "withdraw-all-rewards", "", |a, _| {
        let withdraw = |validator: &String| {
            one(
                "/cosmos.distribution.v1beta1.MsgWithdrawDelegatorReward",
                json!({ "delegator_address": a.text(), "validator_address": validator }),
            )
        };
        Ok(a.validators.iter().map(withdraw).collect::<Result<Vec<_>>>()?.concat())
    }),
    verb("distribution", "fund-validator-rewards-pool", "VALIDATOR AMOUNT", |a, w| {
        one(
            "/cosmos.distribution.v1beta1.MsgDepositValidatorRewardsPool",
            json!({ "depositor": a.text(), "validator_address": w.place(0), "amount": coins(w.place(1))? }),
        )
    }),
    verb("distribution", "withdraw-validator-commission", "VALIDATOR", |_, w| {
        one("/cosmos.distribution.v1beta1.MsgWithdrawValidatorCommission", json!({ "validator_address": w.place(0) }))
    }),
    verb("distribution", "set-withdraw-addr", "ADDRESS", |a, w| {
        one(
            "/cosmos.distribution.v1beta1.MsgSetWithdrawAddress",
            json!({ "delegator_address": a.text(), "withdraw_address": w.place(0) }),
        )
    }),
    verb("distribution", "fund-community-pool", "AMOUNT", |a, w| {
        one(
            "/cosmos.distribution.v1beta1.MsgFundCommunityPool",
            json!({ "depositor": a.text(), "amount": coins(w.place(0))? }),
        )
    }),
    verb("gov", "submit-proposal", "FILE", gov::submit_proposal),
    verb("gov", "cancel-proposal", "NUMBER", |a, w| {
        one("/cosmos.gov.v1.MsgCancelProposal", json!({ "proposal_id": w.place(0), "proposer": a.text() }))
    }),
    verb("gov", "deposit", "NUMBER AMOUNT", |a, w| {
        one(
            "/cosmos.gov.v1.MsgDeposit",
            json!({ "proposal_id": w.place(0), "depositor": a.text(), "amount": coins(w.place(1))? }),
        )
    }),
    verb("gov", "vote", "NUMBER yes|no|no_with_veto|abstain", gov::vote),
    verb("gov", "weighted-vote", "NUMBER yes=0.6,no=0.4", gov::weighted_vote),
    verb("upgrade", "software-upgrade", "NAME", gov::software_upgrade),
    verb("upgrade", "cancel-software-upgrade", "", gov::cancel_software_upgrade),
    verb("alliance", "delegate", "VALIDATOR AMOUNT", |a, w| {
        one(
            "/alliance.alliance.MsgDelegate",
            json!({ "delegator_address": a.text(), "validator_address": w.place(0), "amount": coin(w.place(1))? }),
        )
    }),
    verb("alliance", "redelegate", "SOURCE TARGET AMOUNT", |a, w| {
        one(
            "/alliance.alliance.MsgRedelegate",
            json!({
                "delegator_address": a.text(), "validator_src_address": w.place(0), "validator_dst_address": w.place(1), "amount": coin(w.place(2))?,
            }),
        )
    }),
    verb("alliance", "undelegate", "VALIDATOR AMOUNT", |a, w| {
        one(
            "/alliance.alliance.MsgUndelegate",
            json!({ "delegator_address": a.text(), "validator_address": w.place(0), "amount": coin(w.place(1))? }),
        )
    }),
    verb("alliance", "claim-rewards", "VALIDATOR DENOM", |a, w| {
        one(
            "/alliance.alliance.MsgClaimDelegationRewards",
            json!({ "delegator_address": a.text(), "validator_address": w.place(0), "denom": w.place(1) }),
        )
    }),
    verb("assets", "register", "FILE", |a, w| {
        let file = read_json(w.place(0))?;
        let asset = file.get("asset").cloned().ok_or_else(|| anyhow!("{}: asset is missing", w.place(0)))?;
        one("/restake.assets.v1.MsgRegisterAsset", json!({ "authority": a.text(), "asset": asset }))
    }),
    verb("assets", "publish-rate", "ASSET-ID RATE", |a, w| {
        one(
            "/restake.assets.v1.MsgPublishRate",
            json!({ "publisher": a.text(), "asset_id": w.place(0), "rate": w.place(1) }),
        )
    }),
    verb("assets", "pause", "asset|vault|service ID", |a, w| {
        tighten(a, w, json!({ "kind": "TIGHTEN_KIND_PAUSE_DEPOSITS" }))
    }),
    verb("assets", "freeze-rate", "asset ID RATE", |a, w| {
        tighten(a, w, json!({ "kind": "TIGHTEN_KIND_FREEZE_RATE", "rate": w.place(2) }))
    }),
    verb("liquid", "stake", "AMOUNT", |a, w| {
        one(
            "/pstake.liquidstake.v1beta1.MsgLiquidStake",
            json!({ "delegator_address": a.text(), "amount": coin(w.place(0))? }),
        )
    }),
    verb("liquid", "stake-delegation", "VALIDATOR AMOUNT", |a, w| {
        one(
            "/restake.liquid.v1.MsgStakeDelegation",
            json!({ "delegator": a.text(), "validator": w.place(0), "amount": coin(w.place(1))? }),
        )
    }),
    verb("liquid", "stake-to-lp", "VALIDATOR AMOUNT LIQUID", |a, w| {
        one(
            "/pstake.liquidstake.v1beta1.MsgStakeToLP",
            json!({
                "delegator_address": a.text(), "validator_address": w.place(0), "staked_amount": coin(w.place(1))?,
                "liquid_amount": coin(w.place(2))?,
            }),
        )
    }),
    verb("liquid", "unstake", "AMOUNT", |a, w| {
        one(
            "/pstake.liquidstake.v1beta1.MsgLiquidUnstake",
            json!({ "delegator_address": a.text(), "amount": coin(w.place(0))? }),
        )
    }),
    verb("liquid", "cancel-unstake", "AMOUNT", |a, w| {
        one("/restake.liquid.v1.MsgCancelUnstake", json!({ "owner": a.text(), "amount": coin(w.place(0))? }))
    }),
    verb("liquid", "claim", "BATCH", |a, w| {
        one("/restake.liquid.v1.MsgClaimUnstaked", json!({ "owner": a.text(), "batch": w.place(0) }))
    }),
    verb("liquid", "pause", "", |a, _| {
        one("/pstake.liquidstake.v1beta1.MsgSetModulePaused", json!({ "authority": a.text(), "is_paused": true }))
    }),
    verb("pools", "create", "FILE", |a, w| {
        let mut fields = read_json(w.place(0))?;
        fields["creator"] = json!(a.text());
        one("/restake.pools.v1.MsgCreatePool", fields)
    }),
    verb("pools", "join", "POOL AMOUNT", |a, w| {
        one(
            "/restake.pools.v1.MsgJoinPool",
            json!({
                "sender": a.text(), "pool": w.place(0), "coins": coins(w.place(1))?,
                "min_shares_out": w.flag("min-shares").unwrap_or("1"),
            }),
        )
    }),
    verb("pools", "exit", "POOL SHARES", |a, w| {
        let least = coins(w.flag("min-out").unwrap_or_default())?;
        one(
            "/restake.pools.v1.MsgExitPool",
            json!({ "sender": a.text(), "pool": w.place(0), "shares": w.place(1), "min_coins_out": least }),
        )
    }),
    verb("pools", "swap", "AMOUNT POOL DENOM [POOL] [DENOM...]", pools::swap),
    verb("pools", "fund", "POOL AMOUNT PERIOD", |a, w| {
        one(
            "/restake.pools.v1.MsgFundIncentive",
            json!({
                "funder": a.text(), "pool": w.place(0), "amount": coin(w.place(1))?, "period": w.place(2), "start": w.flag("start"),
            }),
        )
    }),
    verb("pools", "stake", "POOL SHARES [VALIDATOR]", |a, w| pools::of_shares("StakeShares", a, w)),
    verb("pools", "unstake", "POOL SHARES [VALIDATOR]", |a, w| pools::of_shares("UnstakeShares", a, w)),
    verb("pools", "claim", "POOL [VALIDATOR]", |a, w| {
        one(
            "/restake.pools.v1.MsgClaimIncentives",
            json!({ "owner": a.text(), "pool": w.place(0), "validator": w.place(1) }),
        )
    }),
    verb("vault", "create", "FILE", |a, w| {
        let mut fields = read_json(w.place(0))?;
        fields["curator"] = json!(a.text());
        one("/restake.vault.v1.MsgCreateVault", fields)
    }),
    verb("vault", "update", "VAULT FILE", |a, w| {
        one(
            "/restake.vault.v1.MsgUpdateVault",
            json!({ "curator": a.text(), "vault": w.place(0), "change": read_json(w.place(1))? }),
        )
    }),
    verb("vault", "deposit", "VAULT AMOUNT", |a, w| {
        let receiver = w.flag("receiver").unwrap_or_default();
        one(
            "/restake.vault.v1.MsgDeposit",
            json!({
                "depositor": a.text(), "vault": w.place(0), "coin": coin(w.place(1))?,
                "min_shares_out": w.flag("min-shares").unwrap_or("1"), "receiver": receiver,
            }),
        )
    }),
    verb("vault", "request-exit", "VAULT SHARES", |a, w| of_vault("RequestExit", a, w)),
    verb("vault", "cancel-exit", "VAULT SHARES", |a, w| of_vault("CancelExit", a, w)),
    verb("vault", "claim-exit", "VAULT BATCH", |a, w| {
        let receiver = w.flag("receiver").unwrap_or_default();
        one(
            "/restake.vault.v1.MsgClaimExit",
            json!({ "owner": a.text(), "vault": w.place(0), "batch": w.place(1), "receiver": receiver }),
        )
    }),
    verb("vault", "transfer-claim", "VAULT BATCH TO SHARES", |a, w| {
        one(
            "/restake.vault.v1.MsgTransferClaim",
            json!({
                "owner": a.text(), "vault": w.place(0), "batch": w.place(1), "to": w.place(2), "shares": w.place(3),
            }),
        )
    }),
    verb("vault", "set-allowed", "VAULT", |a, w| {
        let list = |name: &str| w.flag(name).map_or_else(Vec::new, |text| text.split(',').collect());
        one(
            "/restake.vault.v1.MsgSetAllowed",
            json!({ "curator": a.text(), "vault": w.place(0), "add": list("add"), "remove": list("remove") }),
        )
    }),
    verb("vault", "gauge-lock", "VAULT SHARES", |a, w| of_vault("GaugeLock", a, w)),
    verb("vault", "gauge-unlock", "VAULT SHARES", |a, w| of_vault("GaugeUnlock", a, w)),
    verb("vault", "gauge-claim", "VAULT", |a, w| {
        one("/restake.vault.v1.MsgGaugeClaim", json!({ "owner": a.text(), "vault": w.place(0) }))
    }),
    verb("vault", "bid", "LOT AMOUNT", |a, w| {
        one(
            "/restake.vault.v1.MsgBidAuction",
            json!({ "bidder": a.text(), "lot": w.place(0), "max_in": coin(w.place(1))? }),
        )
    }),
    verb("vault", "swap", "VAULT AMOUNT DENOM", |a, w| {
        one(
            "/restake.vault.v1.MsgRebalanceSwap",
            json!({
                "sender": a.text(), "vault": w.place(0), "give": coin(w.place(1))?, "take_denom": w.place(2),
                "min_out": w.flag("min-out").unwrap_or("1"),
            }),
        )
    }),
    verb("feegrant", "grant", "GRANTER GRANTEE", fee_grant),
    verb("feegrant", "prune", "", |a, _| {
        one("/cosmos.feegrant.v1beta1.MsgPruneAllowances", json!({ "pruner": a.text() }))
    }),
    verb("feegrant", "revoke", "GRANTER GRANTEE", |a, w| {
        one("/cosmos.feegrant.v1beta1.MsgRevokeAllowance", json!({ "granter": a.text(), "grantee": w.place(1) }))
    }),
    verb("authz", "grant", "GRANTEE send|generic|delegate|unbond|redelegate", authz_grant),
    verb("authz", "revoke", "GRANTEE MESSAGE-TYPE", |a, w| {
        one(
            "/cosmos.authz.v1beta1.MsgRevoke",
            json!({ "granter": a.text(), "grantee": w.place(0), "msg_type_url": w.place(1) }),
        )
    }),
    verb("authz", "exec", "FILE", |a, w| {
        let tx = read_json(w.place(0))?;
        let messages = tx
            .pointer("/body/messages")
            .cloned()
            .ok_or_else(|| anyhow!("{}: body.messages is missing; make the file with --generate-only", w.place(0)))?;
        one("/cosmos.authz.v1beta1.MsgExec", json!({ "grantee": a.text(), "msgs": messages }))
    }),
    verb("vesting", "create-vesting-account", "TO AMOUNT END", |a, w| {
        one(
            "/cosmos.vesting.v1beta1.MsgCreateVestingAccount",
            json!({
                "from_address": a.text(), "to_address": w.place(0), "amount": coins(w.place(1))?, "end_time": w.place(2), "delayed": w.is_set("delayed"),
            }),
        )
    }),
    verb("vesting", "create-permanent-locked-account", "TO AMOUNT", |a, w| {
        one(
            "/cosmos.vesting.v1beta1.MsgCreatePermanentLockedAccount",
            json!({ "from_address": a.text(), "to_address": w.place(0), "amount": coins(w.place(1))? }),
        )
    }),
    verb("vesting", "create-periodic-vesting-account", "TO FILE", |a, w| {
        let file = read_json(w.place(1))?;
        let period = |p: &Value| {
            let length =
                p.get("length_seconds").or_else(|| p.get("length")).map(|v| v.to_string().trim_matches('"').to_owned());
            Ok(
                json!({ "length": length.unwrap_or_default(), "amount": coins(p.get("coins").and_then(Value::as_str).unwrap_or_default())? }),
            )
        };
        let periods = file.get("periods").and_then(Value::as_array).cloned().unwrap_or_default();
        let start = file.get("start_time").map(|v| v.to_string().trim_matches('"').to_owned());
        let start = start.ok_or_else(|| anyhow!("the file {} has no start_time, in seconds since 1970", w.place(1)))?;
        one(
            "/cosmos.vesting.v1beta1.MsgCreatePeriodicVestingAccount",
            json!({
                "from_address": a.text(), "to_address": w.place(0), "start_time": start, "vesting_periods": periods.iter().map(period).collect::<Result<Vec<_>>>()?,
            }),
        )
    }),
    verb("crisis", "invariant-broken", "MODULE ROUTE", |a, w| {
        one(
            "/cosmos.crisis.v1beta1.MsgVerifyInvariant",
            json!({ "sender": a.text(), "invariant_module_name": w.place(0), "invariant_route": w.place(1) }),
        )
    }),
];

pub fn read_json(path: &str) -> Result<Value> {
    let text = std::fs::read(path).with_context(|| format!("the file {path} cannot be read"))?;
    serde_json::from_slice(&text).map_err(|e| anyhow!("the file {path} is not JSON: {e}"))
}

fn multi_send(a: &Author, w: &Words) -> Result<Vec<Value>> {
    let [_, to @ .., amount] = w.places() else { bail!("FROM TO TO... AMOUNT are wanted") };
    ensure!(!to.is_empty(), "there is no receiver");
    let count = u128::try_from(to.len())?;
    let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
    for each in coins(amount)? {
        let field = |name: &str| each.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let amount: u128 = field("amount")
            .parse()
            .map_err(|_| anyhow!("the amount {} is too large to be divided here", field("amount")))?;
        let per = if w.is_set("split") { amount / count } else { amount };
        inputs.push(json!({ "denom": field("denom"), "amount": (per * count).to_string() }));
        outputs.push(json!({ "denom": field("denom"), "amount": per.to_string() }));
    }
    let outputs: Vec<Value> = to.iter().map(|to| json!({ "address": to, "coins": outputs })).collect();
    one(
        "/cosmos.bank.v1beta1.MsgMultiSend",
        json!({ "inputs": [{ "address": a.text(), "coins": inputs }], "outputs": outputs }),
    )
}

/// What a guardian does to a target, which the first two words name.
fn tighten(a: &Author, w: &Words, action: Value) -> Result<Vec<Value>> {
    let kind = match w.place(0) {
        "asset" => "TARGET_KIND_ASSET",
        "vault" => "TARGET_KIND_VAULT",
        "service" => "TARGET_KIND_SERVICE",
        other => bail!("{other:?} cannot be tightened; choose asset, vault or service"),
    };
    one(
        "/restake.assets.v1.MsgTighten",
        json!({ "guardian": a.text(), "target": { "kind": kind, "id": w.place(1) }, "action": action }),
    )
}

/// The file has the members that `gaiad` reads: pubkey, amount, moniker, commission-rate and so on.
fn create_validator(a: &Author, w: &Words) -> Result<Vec<Value>> {
    let file = read_json(w.place(0))?;
    let text = |name: &str, default: &str| file.get(name).and_then(Value::as_str).unwrap_or(default).to_owned();
    let pubkey = file
        .get("pubkey")
        .cloned()
        .ok_or_else(|| anyhow!("{}: pubkey is missing; see: entente comet show-validator", w.place(0)))?;
    one(
        "/cosmos.staking.v1beta1.MsgCreateValidator",
        json!({
            "description": {
                "moniker": text("moniker", ""), "identity": text("identity", ""), "website": text("website", ""),
                "security_contact": text("security", ""), "details": text("details", ""),
            },
            "commission": {
                "rate": text("commission-rate", "0.1"), "max_rate": text("commission-max-rate", "0.2"),
                "max_change_rate": text("commission-max-change-rate", "0.01"),
            },
            "min_self_delegation": text("min-self-delegation", "1"),
            "delegator_address": "",
            "validator_address": a.validator(),
            "pubkey": pubkey,
            "value": coin(&text("amount", ""))?,
        }),
    )
}

fn edit_validator(a: &Author, w: &Words) -> Result<Vec<Value>> {
    const UNCHANGED: &str = "[do-not-modify]";
    let text = |name: &str| w.flag(name).unwrap_or(UNCHANGED).to_owned();
    let mut fields = json!({
        "description": {
            "moniker": text("new-moniker"), "identity": text("identity"), "website": text("website"),
            "security_contact": text("security-contact"), "details": text("details"),
        },
        "validator_address": a.validator(),
    });
    for (flag, field) in [("commission-rate", "commission_rate"), ("min-self-delegation", "min_self_delegation")] {
        if let (Some(given), Some(fields)) = (w.flag(flag), fields.as_object_mut()) {
            fields.insert(field.to_owned(), json!(given));
        }
    }
    one("/cosmos.staking.v1beta1.MsgEditValidator", fields)
}

fn list(text: Option<&str>) -> Vec<&str> {
    text.unwrap_or_default().split(',').map(str::trim).filter(|p| !p.is_empty()).collect()
}

fn fee_grant(a: &Author, w: &Words) -> Result<Vec<Value>> {
    let mut allowance = json!({
        "@type": "/cosmos.feegrant.v1beta1.BasicAllowance",
        "spend_limit": coins(w.flag("spend-limit").unwrap_or_default())?,
        "expiration": w.flag("expiration"),
    });
    let messages = list(w.flag("allowed-messages"));
    if !messages.is_empty() {
        allowance = json!({ "@type": "/cosmos.feegrant.v1beta1.AllowedMsgAllowance", "allowance": allowance, "allowed_messages": messages });
    }
    one(
        "/cosmos.feegrant.v1beta1.MsgGrantAllowance",
        json!({ "granter": a.text(), "grantee": w.place(1), "allowance": allowance }),
    )
}

fn authz_grant(a: &Author, w: &Words) -> Result<Vec<Value>> {
    let stake = |kind: &str| {
        let limit = w.flag("spend-limit").map(coin).transpose()?;
        let validators = list(w.flag("allowed-validators"));
        ensure!(!validators.is_empty(), "--allowed-validators: it is missing");
        Ok(json!({
            "@type": "/cosmos.staking.v1beta1.StakeAuthorization", "max_tokens": limit, "authorization_type": kind,
            "allow_list": { "address": validators },
        }))
    };
    let authorization = match w.place(1) {
        "send" => json!({
            "@type": "/cosmos.bank.v1beta1.SendAuthorization",
            "spend_limit": coins(w.flag("spend-limit").ok_or_else(|| anyhow!("--spend-limit: it is missing"))?)?,
            "allow_list": list(w.flag("allow-list")),
        }),
        "generic" => json!({
            "@type": "/cosmos.authz.v1beta1.GenericAuthorization",
            "msg": w.flag("msg-type").ok_or_else(|| anyhow!("--msg-type: it is missing, such as --msg-type /cosmos.gov.v1.MsgVote"))?,
        }),
        "delegate" => stake("AUTHORIZATION_TYPE_DELEGATE")?,
        "unbond" => stake("AUTHORIZATION_TYPE_UNDELEGATE")?,
        "redelegate" => stake("AUTHORIZATION_TYPE_REDELEGATE")?,
        other => bail!("{other:?} is not a kind of grant: send, generic, delegate, unbond and redelegate are"),
    };
    let expiration = w.flag("expiration").map(|text| match text.parse::<i64>() {
        Ok(secs) => entente_kernel::Timestamp::from_secs(secs).to_string(),
        Err(_) => text.to_owned(),
    });
    one(
        "/cosmos.authz.v1beta1.MsgGrant",
        json!({
            "granter": a.text(), "grantee": w.place(0), "grant": { "authorization": authorization, "expiration": expiration },
        }),
    )
}
