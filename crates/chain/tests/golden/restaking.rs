//! One message of every kind of the modules of restaking, and the sections that they need.

use entente_kernel::Bech32;
use serde_json::{Value, json};

use super::messages::{Make, coin, gov, operator, params, said, user};

const LIQUID: &str = "stk/uente";

/// The sections of the registry and of liquid staking.
pub fn sections(state: &mut Value) {
    let time = "2025-06-15T15:06:40Z";
    let asset = |id: u64, denom: &str, kind: &str, source: Value, rate: &str, price: &str| {
        json!({
            "id": id.to_string(), "denom": denom, "underlying": "LUNA", "decimals": 6, "underlying_decimals": 6, "issuer": "issuer",
            "bridge_class": "ibc", "tier": "TIER_BASKET", "kind": kind, "rate_source": source, "flags": { "basket_ok": true },
            "r": rate, "r_time": time, "q": price, "q_time": time,
        })
    };
    let fixed = |rate: &str| json!({ "kind": "RATE_KIND_STATIC", "rate": rate });
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
            asset(1, "uluna", "ASSET_KIND_VOUCHER", fixed("1.000000000000000000"), "1.000000000000000000", "1.000000000000000000"),
            asset(2, "ampluna", "ASSET_KIND_LST", published, "1.300000000000000000", "1.300000000000000000"),
            asset(3, "stluna", "ASSET_KIND_LST", fixed("1.100000000000000000"), "1.100000000000000000", "1.099000000000000000"),
        ],
        "next_asset_id": "4",
    });
    state["vault"] = first_vault();
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

/// The account of the first vault.
pub fn vault_account() -> String {
    Bech32::new("entente").acc(&entente_chain::modules::vault::account(1))
}

/// A vault with rewards for sale, which no message alone could bring about.
fn first_vault() -> Value {
    let (time, half) = ("2025-06-15T15:06:40Z", "0.500000000000000000");
    let seat = |id: u64, denom: &str| {
        json!({
            "asset_id": id.to_string(), "denom": denom, "target": half, "goal": half, "cap": "1.000000000000000000", "floor": "0",
            "deposit_cap": "0",
        })
    };
    json!({
        "params": entente_kernel::json::to_json(&entente_chain::modules::vault::Params::default().to_wire()).unwrap(),
        "vaults": [{
            "id": "1", "underlying": "LUNA", "assets": [seat(1, "uluna"), seat(3, "stluna")], "mode": "MODE_ISOLATED",
            "risk_class": { "loss_max": "0.1", "kappa": "0.5", "rho_max": "0.3", "service_kinds": [] }, "curator": user(1),
            "lrt_denom": "lrt/1", "shares": "0", "pool_shares": "0", "insurance_shares": "0", "magnitude": "1000000000000000000000000",
            "fees": { "performance": "0.1", "protocol_part": half, "curator_part": half, "builder_part": "0", "builder": "" },
            "state": "VAULT_STATE_ACTIVE", "canary_cap": "0", "canary_raised": time, "epoch_start": time,
            "epoch_nav": "1000000000000", "swap_enabled": true, "created": time,
        }],
        "lots": [{
            "id": "1", "vault": "1", "sold": coin(500), "wanted_denom": "stluna", "price_start": "2.1", "price_end": "1.96", "start": time,
            "end": "2025-06-16T15:06:40Z", "earned_over": "86400s",
        }],
        "next_vault_id": "2", "next_lot_id": "2",
    })
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
            said(json!({ "authority": gov(), "asset_id": "4", "tier": "TIER_ALLIANCE", "caps": caps })),
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
            "/pstake.liquidstake.v1beta1.MsgStakeToLP",
            said(json!({
                "delegator_address": user(2), "validator_address": operator(1), "staked_amount": coin(1_000), "liquid_amount": stk(0),
            })),
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

pub fn vault() -> Vec<(&'static str, Make)> {
    let whole = "1.000000000000000000";
    let seat =
        json!({ "denom": "uluna", "target": whole, "goal": "0", "cap": whole, "floor": "0", "deposit_cap": "0" });
    let risk = json!({ "loss_max": "0.1", "kappa": "0.5", "rho_max": "0.3" });
    let fees = json!({ "performance": "0.1", "protocol_part": "0.5", "curator_part": "0.5", "builder_part": "0" });
    let create = json!({
        "curator": user(1), "underlying": "LUNA", "assets": [seat], "mode": "MODE_ISOLATED", "risk_class": risk, "fees": fees,
        "bond": coin(1_000), "hooks": ["allowlist"],
    });
    let of = |shares: u64| json!({ "owner": user(2), "vault": "1", "shares": shares.to_string() });
    let mut give = of(1_000_000_000);
    give["batch"] = json!("1");
    give["to"] = json!(user(3));
    let cheap: Make = Box::new(|bench| {
        let mut params = bench.ask("/restake.vault.v1.Query/Params")["params"].clone();
        params["creation_bond"] = coin(1_000);
        json!({ "authority": gov(), "params": params })
    });
    vec![
        ("/restake.vault.v1.MsgUpdateParams", cheap),
        ("/restake.vault.v1.MsgCreateVault", said(create)),
        (
            "/restake.vault.v1.MsgSetAllowed",
            said(json!({ "curator": user(1), "vault": "2", "add": [user(2), user(3)], "remove": [user(3)] })),
        ),
        (
            "/restake.vault.v1.MsgDeposit",
            said(json!({
                "depositor": user(2), "vault": "1", "coin": { "denom": "uluna", "amount": "100000" }, "min_shares_out": "1",
            })),
        ),
        (
            "/restake.vault.v1.MsgRebalanceSwap",
            said(json!({
                "sender": user(2), "vault": "1", "give": { "denom": "stluna", "amount": "100" }, "take_denom": "uluna", "min_out": "108",
            })),
        ),
        ("/restake.vault.v1.MsgRequestExit", said(of(5_000_000_000))),
        ("/restake.vault.v1.MsgCancelExit", said(of(1_000_000_000))),
        ("/restake.vault.v1.MsgTransferClaim", said(give)),
        ("/restake.vault.v1.MsgClaimExit", said(json!({ "owner": user(3), "vault": "1", "batch": "1" }))),
        ("/restake.vault.v1.MsgGaugeLock", said(of(2_000_000_000))),
        ("/restake.vault.v1.MsgGaugeClaim", said(of(1))),
        ("/restake.vault.v1.MsgGaugeUnlock", said(of(2_000_000_000))),
        (
            "/restake.vault.v1.MsgBidAuction",
            said(json!({ "bidder": user(2), "lot": "1", "max_in": { "denom": "stluna", "amount": "1050" } })),
        ),
        (
            "/restake.vault.v1.MsgUpdateVault",
            said(json!({ "curator": user(1), "vault": "1", "change": { "kind": "CHANGE_KIND_CLOSE_DEPOSITS" } })),
        ),
    ]
}

/// A coin that pools hold.
pub fn pooled(amount: u64) -> Value {
    json!({ "denom": "upooled", "amount": amount.to_string() })
}

pub fn pools() -> Vec<(&'static str, Make)> {
    let half = "0.500000000000000000";
    let part = |reserve: Value| json!({ "reserve": reserve, "weight": half });
    let create = json!({
        "creator": user(2), "kind": "POOL_KIND_WEIGHTED", "assets": [part(coin(1_000_000)), part(pooled(2_000_000))],
        "swap_fee": "0.003000000000000000", "amplification": "0",
    });
    let free: Make = Box::new(|bench| {
        let mut params = bench.ask("/restake.pools.v1.Query/Params")["params"].clone();
        params["creation_fee"] = coin(1_000);
        json!({ "authority": gov(), "params": params })
    });
    let of = |shares: u64| json!({ "owner": user(2), "pool": "1", "shares": shares.to_string(), "validator": "" });
    vec![
        ("/restake.pools.v1.MsgUpdateParams", free),
        ("/restake.pools.v1.MsgCreatePool", said(create)),
        (
            "/restake.pools.v1.MsgJoinPool",
            said(json!({ "sender": user(2), "pool": "1", "coins": [pooled(500_000)], "min_shares_out": "1" })),
        ),
        (
            "/restake.pools.v1.MsgSwap",
            said(json!({
                "sender": user(2), "coin_in": coin(10_000), "route": [{ "pool": "1", "denom_out": "upooled" }], "min_out": "1",
            })),
        ),
        (
            "/restake.pools.v1.MsgFundIncentive",
            said(json!({ "funder": user(2), "pool": "1", "amount": pooled(5_000_000), "period": "86400s" })),
        ),
        ("/restake.pools.v1.MsgStakeShares", said(of(800_000_000_000))),
        ("/restake.pools.v1.MsgClaimIncentives", said(json!({ "owner": user(2), "pool": "1", "validator": "" }))),
        ("/restake.pools.v1.MsgUnstakeShares", said(of(300_000_000_000))),
        ("/restake.pools.v1.MsgSetPoolPaused", said(json!({ "authority": gov(), "pool": "1", "paused": true }))),
        (
            "/restake.pools.v1.MsgExitPool",
            said(json!({ "sender": user(2), "pool": "1", "shares": "100000000000", "min_coins_out": [] })),
        ),
    ]
}
