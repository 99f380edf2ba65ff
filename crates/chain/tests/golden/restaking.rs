//! One message of every kind of the modules of restaking, and the sections that they need.

use serde_json::{Value, json};

use super::messages::{Make, coin, gov, operator, params, said, user};

const LIQUID: &str = "stk/uente";

/// The sections of the registry and of liquid staking.
pub fn sections(state: &mut Value) {
    let asset = |denom: &str, kind: &str, source: Value| {
        json!({
            "denom": denom, "underlying": "LUNA", "decimals": 6, "issuer": "issuer", "bridge_class": "ibc",
            "tier": "TIER_BASKET", "kind": kind, "rate_source": source,
        })
    };
    let published = json!({ "kind": "RATE_KIND_PUSH", "rate": "1.300000000000000000", "publisher": user(4) });
    state["restake.assets"] = json!({
        "params": {
            "guardian": user(3), "guardian_term": "1209600s", "listing_bond": coin(1_000), "rate_window": "86400s",
            "rate_growth_max": "0.000100000000000000", "drop_watch": "0.002000000000000000",
            "drop_halt": "0.200000000000000000", "apr_cap": "0.250000000000000000", "rate_age_max": "21600s",
            "price_age_max": "21600s", "parity_tolerance": "0.010000000000000000", "proof_age_max": "172800s",
            "watch_min": "3600s",
        },
        "assets": [
            asset("uluna", "ASSET_KIND_VOUCHER", json!({ "kind": "RATE_KIND_STATIC", "rate": "1.000000000000000000" })),
            asset("ampluna", "ASSET_KIND_LST", published),
        ],
    });
    state["liquidstake"] = json!({
        "params": {
            "liquid_bond_denom": LIQUID,
            "whitelisted_validators": [{ "validator_address": operator(1), "target_weight": "10000" }],
            "unstake_fee_rate": "0.000000000000000000", "lsm_disabled": false, "min_liquid_stake_amount": "1000",
            "cw_locked_pool_address": "", "fee_account_address": "", "autocompound_fee_rate": "0.050000000000000000",
            "whitelist_admin_address": "", "module_paused": false,
        },
        "liquid_validators": [],
        "bookkeeping": { "params": {
            "epoch": "3600s", "exit_period": "2592000s", "apr_cap": "0.500000000000000000", "quorum": 3333,
            "rebalance_trigger": "0.001000000000000000",
        } },
    });
}

pub fn all() -> Vec<(&'static str, Make)> {
    let mut all = registry();
    all.extend(liquid());
    all
}

fn registry() -> Vec<(&'static str, Make)> {
    let terms = json!({
        "denom": "xluna", "underlying": "LUNA", "decimals": 6, "issuer": "me", "kind": "ASSET_KIND_LST",
        "rate_source": { "kind": "RATE_KIND_STATIC", "rate": "1.100000000000000000" },
    });
    let caps = json!({ "cap_value": "1000", "haircut": "0.100000000000000000", "flags": { "alliance_ok": true } });
    let target = json!({ "kind": "TARGET_KIND_ASSET", "id": "2" });
    let action = json!({ "kind": "TIGHTEN_KIND_PAUSE_DEPOSITS" });
    vec![
        ("/restake.assets.v1.MsgRegisterAsset", said(json!({ "authority": user(2), "asset": terms }))),
        (
            "/restake.assets.v1.MsgSetAssetTier",
            said(json!({ "authority": gov(), "asset_id": "3", "tier": "TIER_ALLIANCE", "caps": caps })),
        ),
        (
            "/restake.assets.v1.MsgPublishRate",
            said(json!({ "publisher": user(4), "asset_id": "2", "rate": "1.300000000000000001" })),
        ),
        ("/restake.assets.v1.MsgTighten", said(json!({ "guardian": user(3), "target": target, "action": action }))),
        ("/restake.assets.v1.MsgRelax", said(json!({ "authority": gov(), "target": target, "confirm": false }))),
        (
            "/restake.assets.v1.MsgSetHealth",
            said(json!({ "authority": gov(), "asset_id": "2", "change": "HEALTH_CHANGE_PAUSE" })),
        ),
        ("/restake.assets.v1.MsgUpdateParams", params("restake.assets.v1")),
    ]
}

fn liquid() -> Vec<(&'static str, Make)> {
    let stk = |amount: u64| json!({ "denom": LIQUID, "amount": amount.to_string() });
    let list = json!([{ "validator_address": operator(1), "target_weight": "10000" }]);
    let delegate = json!({ "delegator_address": user(2), "validator_address": operator(1), "amount": coin(5_000) });
    vec![
        (
            "/pstake.liquidstake.v1beta1.MsgLiquidStake",
            said(json!({ "delegator_address": user(2), "amount": coin(100_000) })),
        ),
        ("/cosmos.staking.v1beta1.MsgDelegate", said(delegate)),
        (
            "/restake.liquid.v1.MsgStakeDelegation",
            said(json!({ "delegator": user(2), "validator": operator(1), "amount": coin(3_000) })),
        ),
        (
            "/pstake.liquidstake.v1beta1.MsgLiquidUnstake",
            said(json!({ "delegator_address": user(2), "amount": stk(5_000) })),
        ),
        ("/restake.liquid.v1.MsgCancelUnstake", said(json!({ "owner": user(2), "amount": stk(2_000) }))),
        ("/restake.liquid.v1.MsgClaimUnstaked", said(json!({ "owner": user(2), "batch": "1" }))),
        ("/pstake.liquidstake.v1beta1.MsgUpdateParams", params("pstake.liquidstake.v1beta1")),
        (
            "/pstake.liquidstake.v1beta1.MsgUpdateWhitelistedValidators",
            said(json!({ "authority": gov(), "whitelisted_validators": list })),
        ),
        ("/pstake.liquidstake.v1beta1.MsgSetModulePaused", said(json!({ "authority": gov(), "is_paused": true }))),
        ("/restake.liquid.v1.MsgUpdateParams", params("restake.liquid.v1")),
    ]
}
