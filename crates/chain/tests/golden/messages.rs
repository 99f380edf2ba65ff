//! One message of every kind, in an order in which all of them succeed.

use entente_chain::modules::auth::ModuleAccount;
use entente_kernel::{Bech32, ValAddress};
use serde_json::{Value, json};

use super::{Bench, restaking};
use crate::net;

/// The JSON of a message, once the messages before were carried out.
pub type Make = Box<dyn Fn(&Bench) -> Value>;

pub fn user(n: u8) -> String {
    net::text(&net::user(n))
}

pub fn operator(n: u8) -> String {
    Bech32::new("entente").val(&ValAddress::from(net::user(n)))
}

pub fn gov() -> String {
    net::text(&ModuleAccount::GOV.address())
}

pub fn coin(amount: u64) -> Value {
    json!({ "denom": "uente", "amount": amount.to_string() })
}

fn foreign(denom: &str, amount: u64) -> Value {
    json!({ "denom": denom, "amount": amount.to_string() })
}

/// The genesis of the tests at the doors, with foreign coins for user 2, and rewards in the account of a vault.
pub fn genesis() -> Value {
    let mut state = net::genesis();
    for row in state["bank"]["balances"].as_array_mut().unwrap() {
        if row["address"] == json!(user(2)) {
            let coins = row["coins"].as_array_mut().unwrap();
            coins.insert(0, foreign("stluna", 1_000_000));
            coins.push(foreign("uluna", 1_000_000));
            coins.push(restaking::pooled(50_000_000));
        }
    }
    let rewards = json!({ "address": restaking::vault_account(), "coins": [coin(500)] });
    state["bank"]["balances"].as_array_mut().unwrap().push(rewards);
    restaking::sections(&mut state);
    state
}

pub fn said(value: Value) -> Make {
    Box::new(move |_| value.clone())
}

/// The parameters in force, set again.
pub fn params(package: &'static str) -> Make {
    Box::new(move |bench| {
        let answer = bench.ask(&format!("/{package}.Query/Params"));
        json!({ "authority": gov(), "params": answer["params"] })
    })
}

pub fn all() -> Vec<(&'static str, Make)> {
    let mut all = first_modules();
    all.extend(staking());
    all.extend(alliance());
    all.extend(restaking::all());
    all.extend(last_modules());
    all.extend(restaking::vault());
    all.extend(restaking::pools());
    all
}

fn first_modules() -> Vec<(&'static str, Make)> {
    let period = json!({ "length": "100", "amount": [coin(70)] });
    let basic =
        json!({ "@type": "/cosmos.feegrant.v1beta1.BasicAllowance", "spend_limit": [coin(9)], "expiration": null });
    vec![
        ("/cosmos.auth.v1beta1.MsgUpdateParams", params("cosmos.auth.v1beta1")),
        (
            "/cosmos.bank.v1beta1.MsgSend",
            said(json!({ "from_address": user(1), "to_address": user(2), "amount": [coin(5)] })),
        ),
        (
            "/cosmos.bank.v1beta1.MsgMultiSend",
            said(
                json!({ "inputs": [{ "address": user(1), "coins": [coin(6)] }], "outputs": [{ "address": user(2), "coins": [coin(2)] }, { "address": user(3), "coins": [coin(4)] }] }),
            ),
        ),
        ("/cosmos.bank.v1beta1.MsgUpdateParams", params("cosmos.bank.v1beta1")),
        (
            "/cosmos.bank.v1beta1.MsgSetSendEnabled",
            said(
                json!({ "authority": gov(), "send_enabled": [{ "denom": "uluna", "enabled": true }], "use_default_for": [] }),
            ),
        ),
        (
            "/cosmos.vesting.v1beta1.MsgCreateVestingAccount",
            said(
                json!({ "from_address": user(3), "to_address": user(21), "amount": [coin(50)], "end_time": "1760000000", "delayed": false }),
            ),
        ),
        (
            "/cosmos.vesting.v1beta1.MsgCreatePermanentLockedAccount",
            said(json!({ "from_address": user(3), "to_address": user(22), "amount": [coin(60)] })),
        ),
        (
            "/cosmos.vesting.v1beta1.MsgCreatePeriodicVestingAccount",
            said(
                json!({ "from_address": user(3), "to_address": user(23), "start_time": "1750000000", "vesting_periods": [period] }),
            ),
        ),
        (
            "/cosmos.feegrant.v1beta1.MsgGrantAllowance",
            said(json!({ "granter": user(3), "grantee": user(4), "allowance": basic })),
        ),
        ("/cosmos.feegrant.v1beta1.MsgRevokeAllowance", said(json!({ "granter": user(3), "grantee": user(4) }))),
        ("/cosmos.feegrant.v1beta1.MsgPruneAllowances", said(json!({ "pruner": user(3) }))),
        (
            "/cosmos.consensus.v1.MsgUpdateParams",
            Box::new(|bench| {
                let mut params = bench.ask("/cosmos.consensus.v1.Query/Params")["params"].clone();
                params["authority"] = json!(gov());
                params.as_object_mut().unwrap().shift_remove("version");
                params
            }),
        ),
    ]
}

fn staking() -> Vec<(&'static str, Make)> {
    let description = json!({ "moniker": "w", "identity": "", "website": "", "security_contact": "", "details": "" });
    let key =
        json!({ "@type": "/cosmos.crypto.ed25519.PubKey", "key": "AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM=" });
    let delegate = |n: u8, amount| json!({ "delegator_address": user(n), "validator_address": operator(4), "amount": coin(amount) });
    let to_first = json!({ "delegator_address": user(5), "validator_address": operator(1), "amount": coin(1_000) });
    let part = json!({ "delegator_address": user(5), "validator_address": operator(1), "amount": coin(100) });
    let below = json!({ "delegator_address": user(4), "validator_address": operator(4), "amount": coin(1) });
    vec![
        (
            "/cosmos.staking.v1beta1.MsgCreateValidator",
            said(json!({
                "description": description, "commission": { "rate": "0.100000000000000000", "max_rate": "0.500000000000000000", "max_change_rate": "0.010000000000000000" },
                "min_self_delegation": "500000", "delegator_address": "", "validator_address": operator(4), "pubkey": key, "value": coin(500_000)
            })),
        ),
        (
            "/cosmos.staking.v1beta1.MsgEditValidator",
            said(
                json!({ "description": description, "validator_address": operator(4), "commission_rate": null, "min_self_delegation": null }),
            ),
        ),
        ("/cosmos.staking.v1beta1.MsgDelegate", said(to_first)),
        ("/cosmos.staking.v1beta1.MsgUndelegate", said(part.clone())),
        (
            "/cosmos.staking.v1beta1.MsgCancelUnbondingDelegation",
            Box::new(
                |bench| json!({ "delegator_address": user(5), "validator_address": operator(1), "amount": coin(40), "creation_height": (bench.height - 1).to_string() }),
            ),
        ),
        (
            "/cosmos.staking.v1beta1.MsgBeginRedelegate",
            said(
                json!({ "delegator_address": user(5), "validator_src_address": operator(1), "validator_dst_address": operator(4), "amount": coin(90) }),
            ),
        ),
        ("/cosmos.staking.v1beta1.MsgUpdateParams", params("cosmos.staking.v1beta1")),
        // Too little stake of its own brings the second validator into jail, and enough of it out again.
        ("/cosmos.staking.v1beta1.MsgUndelegate", said(below)),
        ("/cosmos.staking.v1beta1.MsgDelegate", said(delegate(4, 10))),
        ("/cosmos.slashing.v1beta1.MsgUnjail", said(json!({ "validator_addr": operator(4) }))),
        ("/cosmos.slashing.v1beta1.MsgUpdateParams", params("cosmos.slashing.v1beta1")),
        (
            "/cosmos.evidence.v1beta1.MsgSubmitEvidence",
            said(
                json!({ "submitter": user(1), "evidence": { "@type": "/cosmos.evidence.v1beta1.Equivocation", "height": "1",
                "time": "2025-01-01T00:00:00Z", "power": "1", "consensus_address": Bech32::new("entente").cons(&entente_kernel::ConsAddress::from_array([9; 20])) } }),
            ),
        ),
        (
            "/cosmos.distribution.v1beta1.MsgSetWithdrawAddress",
            said(json!({ "delegator_address": user(5), "withdraw_address": user(6) })),
        ),
        (
            "/cosmos.distribution.v1beta1.MsgDepositValidatorRewardsPool",
            said(json!({ "depositor": user(3), "validator_address": operator(1), "amount": [coin(1_000_000)] })),
        ),
        (
            "/cosmos.distribution.v1beta1.MsgWithdrawDelegatorReward",
            said(json!({ "delegator_address": user(5), "validator_address": operator(1) })),
        ),
        (
            "/cosmos.distribution.v1beta1.MsgWithdrawValidatorCommission",
            said(json!({ "validator_address": operator(1) })),
        ),
        (
            "/cosmos.distribution.v1beta1.MsgFundCommunityPool",
            said(json!({ "depositor": user(3), "amount": [coin(77)] })),
        ),
        (
            "/cosmos.distribution.v1beta1.MsgCommunityPoolSpend",
            said(json!({ "authority": gov(), "recipient": user(7), "amount": [coin(7)] })),
        ),
        ("/cosmos.distribution.v1beta1.MsgUpdateParams", params("cosmos.distribution.v1beta1")),
        ("/cosmos.mint.v1beta1.MsgUpdateParams", params("cosmos.mint.v1beta1")),
    ]
}

fn alliance() -> Vec<(&'static str, Make)> {
    let terms = |weight: &str| {
        json!({
            "authority": gov(), "denom": "uluna", "reward_weight": weight, "take_rate": "0.000010000000000000",
            "reward_change_rate": "1.000000000000000000", "reward_change_interval": "0s",
            "reward_weight_range": { "min": "0.000000000000000000", "max": "5.000000000000000000" },
        })
    };
    let at = |amount: u64| json!({ "delegator_address": user(2), "validator_address": operator(1), "amount": foreign("uluna", amount) });
    vec![
        ("/alliance.alliance.MsgUpdateParams", params("alliance.alliance")),
        ("/alliance.alliance.MsgCreateAlliance", said(terms("1.000000000000000000"))),
        ("/alliance.alliance.MsgDelegate", said(at(1_000))),
        (
            "/alliance.alliance.MsgRedelegate",
            said(
                json!({ "delegator_address": user(2), "validator_src_address": operator(1), "validator_dst_address": operator(4), "amount": foreign("uluna", 300) }),
            ),
        ),
        ("/alliance.alliance.MsgUndelegate", said(at(200))),
        (
            "/alliance.alliance.MsgClaimDelegationRewards",
            said(json!({ "delegator_address": user(2), "validator_address": operator(1), "denom": "uluna" })),
        ),
        ("/alliance.alliance.MsgUpdateAlliance", said(terms("0.500000000000000000"))),
        ("/alliance.alliance.MsgDeleteAlliance", said(json!({ "authority": gov(), "denom": "uluna" }))),
    ]
}

fn deposit(bench: &Bench) -> Value {
    bench.ask("/cosmos.gov.v1.Query/Params")["params"]["min_deposit"].clone()
}

/// A part of the deposit that a vote needs.
fn quarter(bench: &Bench) -> Value {
    let all = deposit(bench)[0]["amount"].as_str().and_then(|amount| amount.parse::<u64>().ok()).unwrap();
    json!([coin(all / 4)])
}

fn last_modules() -> Vec<(&'static str, Make)> {
    let submit = |few: bool| -> Make {
        Box::new(move |bench| {
            let deposit = if few { quarter(bench) } else { deposit(bench) };
            json!({ "messages": [], "initial_deposit": deposit, "proposer": user(1), "metadata": "m", "title": "t", "summary": "s", "expedited": false })
        })
    };
    let text = json!({ "@type": "/cosmos.gov.v1beta1.TextProposal", "title": "t", "description": "d" });
    let vote = json!({ "proposal_id": "1", "voter": user(1), "option": 1, "metadata": "" });
    let halves =
        json!([{ "option": 1, "weight": "0.500000000000000000" }, { "option": 2, "weight": "0.500000000000000000" }]);
    let send = json!({ "@type": "/cosmos.bank.v1beta1.MsgSend", "from_address": user(6), "to_address": user(7), "amount": [coin(3)] });
    let generic =
        json!({ "@type": "/cosmos.authz.v1beta1.GenericAuthorization", "msg": "/cosmos.bank.v1beta1.MsgSend" });
    vec![
        ("/cosmos.gov.v1.MsgSubmitProposal", submit(false)),
        ("/cosmos.gov.v1.MsgVote", said(vote)),
        (
            "/cosmos.gov.v1.MsgVoteWeighted",
            said(json!({ "proposal_id": "1", "voter": user(5), "options": halves, "metadata": "" })),
        ),
        ("/cosmos.gov.v1.MsgSubmitProposal", submit(true)),
        (
            "/cosmos.gov.v1.MsgDeposit",
            Box::new(|bench| json!({ "proposal_id": "2", "depositor": user(2), "amount": quarter(bench) })),
        ),
        ("/cosmos.gov.v1.MsgCancelProposal", said(json!({ "proposal_id": "2", "proposer": user(1) }))),
        ("/cosmos.gov.v1.MsgUpdateParams", params_of_gov()),
        ("/cosmos.gov.v1.MsgExecLegacyContent", said(json!({ "content": text, "authority": gov() }))),
        (
            "/cosmos.gov.v1beta1.MsgSubmitProposal",
            Box::new(move |bench| json!({ "content": text, "initial_deposit": deposit(bench), "proposer": user(1) })),
        ),
        ("/cosmos.gov.v1beta1.MsgVote", said(json!({ "proposal_id": "3", "voter": user(1), "option": 1 }))),
        (
            "/cosmos.gov.v1beta1.MsgVoteWeighted",
            said(json!({ "proposal_id": "3", "voter": user(5), "options": halves })),
        ),
        (
            "/cosmos.gov.v1beta1.MsgDeposit",
            Box::new(|bench| json!({ "proposal_id": "3", "depositor": user(2), "amount": quarter(bench) })),
        ),
        (
            "/cosmos.crisis.v1beta1.MsgVerifyInvariant",
            said(json!({ "sender": user(3), "invariant_module_name": "bank", "invariant_route": "total-supply" })),
        ),
        ("/cosmos.crisis.v1beta1.MsgUpdateParams", said(json!({ "authority": gov(), "constant_fee": coin(1_001) }))),
        (
            "/cosmos.authz.v1beta1.MsgGrant",
            said(
                json!({ "granter": user(6), "grantee": user(7), "grant": { "authorization": generic, "expiration": "2026-01-01T00:00:00Z" } }),
            ),
        ),
        ("/cosmos.authz.v1beta1.MsgExec", said(json!({ "grantee": user(7), "msgs": [send] }))),
        (
            "/cosmos.authz.v1beta1.MsgRevoke",
            said(json!({ "granter": user(6), "grantee": user(7), "msg_type_url": "/cosmos.bank.v1beta1.MsgSend" })),
        ),
        (
            "/cosmos.upgrade.v1beta1.MsgSoftwareUpgrade",
            said(json!({ "authority": gov(), "plan": { "name": "v2", "height": "1000000", "info": "notes" } })),
        ),
        ("/cosmos.upgrade.v1beta1.MsgCancelUpgrade", said(json!({ "authority": gov() }))),
    ]
}

fn params_of_gov() -> Make {
    Box::new(|bench| {
        let answer = bench.ask("/cosmos.gov.v1.Query/Params");
        json!({ "authority": gov(), "params": answer["params"] })
    })
}
