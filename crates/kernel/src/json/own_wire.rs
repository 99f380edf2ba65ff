//! What the packages of our own promise to clients: the fields of each message by number, and names that hardware wallets can show.

use super::schema::POOL;

/// Messages of restaking and liquid staking: every field, from number 1 on.
const MESSAGES: &[(&str, &str)] = &[
    ("restake.assets.v1.MsgRegisterAsset", "authority asset"),
    ("restake.assets.v1.MsgSetAssetTier", "authority asset_id tier caps"),
    ("restake.assets.v1.MsgSubmitRateProof", "relayer asset_id height proof value"),
    ("restake.assets.v1.MsgTighten", "guardian target action"),
    ("restake.vault.v1.MsgCreateVault", "curator underlying assets mode risk_class fees bond hooks"),
    ("restake.vault.v1.MsgUpdateVault", "curator vault change"),
    ("restake.vault.v1.MsgDeposit", "depositor vault coin min_shares_out deadline receiver"),
    ("restake.vault.v1.MsgRequestExit", "owner vault shares"),
    ("restake.vault.v1.MsgCancelExit", "owner vault shares"),
    ("restake.vault.v1.MsgClaimExit", "owner vault batch receiver"),
    ("restake.vault.v1.MsgTransferClaim", "owner vault batch to shares"),
    ("restake.vault.v1.MsgSetAllowed", "curator vault add remove"),
    ("restake.vault.v1.MsgGaugeLock", "owner vault shares"),
    ("restake.vault.v1.MsgGaugeUnlock", "owner vault shares"),
    ("restake.vault.v1.MsgGaugeClaim", "owner vault shares"),
    ("restake.vault.v1.MsgBidAuction", "bidder lot max_in"),
    ("restake.vault.v1.MsgRebalanceSwap", "sender vault give take_denom min_out"),
    ("pstake.liquidstake.v1beta1.MsgLiquidStake", "delegator_address amount"),
    ("pstake.liquidstake.v1beta1.MsgStakeToLP", "delegator_address validator_address staked_amount liquid_amount"),
    ("pstake.liquidstake.v1beta1.MsgLiquidUnstake", "delegator_address amount"),
    ("pstake.liquidstake.v1beta1.MsgLiquidUnstakeResponse", "completion_time"),
    ("pstake.liquidstake.v1beta1.MsgUpdateParams", "authority params"),
    ("pstake.liquidstake.v1beta1.MsgUpdateWhitelistedValidators", "authority whitelisted_validators"),
    ("pstake.liquidstake.v1beta1.MsgSetModulePaused", "authority is_paused"),
    (
        "pstake.liquidstake.v1beta1.Params",
        "liquid_bond_denom whitelisted_validators unstake_fee_rate lsm_disabled min_liquid_stake_amount \
         cw_locked_pool_address fee_account_address autocompound_fee_rate whitelist_admin_address module_paused",
    ),
    (
        "pstake.liquidstake.v1beta1.NetAmountState",
        "mint_rate stkxprt_total_supply net_amount total_del_shares total_liquid_tokens total_remaining_rewards \
         total_unbonding_balance proxy_acc_balance",
    ),
];

#[test]
fn messages_of_our_own_have_the_field_numbers_that_were_published() {
    for (name, fields) in MESSAGES {
        let message = POOL.get_message_by_name(name).unwrap_or_else(|| panic!("{name} is missing"));
        let wanted: Vec<(u32, &str)> = (1..).zip(fields.split_whitespace()).collect();
        for (number, field) in &wanted {
            assert_eq!(message.get_field(*number).map(|f| f.name().to_owned()), Some((*field).to_owned()), "{name}");
        }
        assert_eq!(message.fields().len(), wanted.len(), "{name}");
    }
}

#[test]
fn every_message_of_our_own_names_its_signer_and_fits_a_hardware_wallet() {
    let (name_of, signer_of) = ("amino.name", "cosmos.msg.v1.signer");
    let (name_of, signer_of) =
        (POOL.get_extension_by_name(name_of).unwrap(), POOL.get_extension_by_name(signer_of).unwrap());
    let own = |name: &str| ["restake.", "pstake."].iter().any(|p| name.starts_with(p));
    let mut seen = 0;
    for service in POOL.services().filter(|s| own(s.full_name()) && s.name() == "Msg") {
        for method in service.methods() {
            let (message, options) = (method.input(), method.input().options());
            let name = options.get_extension(&name_of).as_str().unwrap_or_default().to_owned();
            assert!(!name.is_empty() && name.len() <= 39, "{}: {name:?}", message.full_name());
            let signers = options.get_extension(&signer_of).as_list().map(<[_]>::to_vec).unwrap_or_default();
            let signer = signers.first().and_then(|s| s.as_str()).unwrap_or_default().to_owned();
            assert!(message.get_field_by_name(&signer).is_some(), "{}: {signer:?}", message.full_name());
            seen += 1;
        }
    }
    assert!(seen >= 35, "{seen}");
}
