//! What clients rely on: type URLs, bytes and options of the wire.

use entente_proto::{
    DESCRIPTORS, Name,
    alliance::alliance::{AllianceAsset, MsgDelegate, RewardWeightRange},
    cosmos::bank::v1beta1::MsgSend,
    ibc::core::client::v1::MsgUpdateClient,
    tendermint::abci::RequestFinalizeBlock,
};
use prost::Message;
use prost_types::{Duration, Timestamp};

#[test]
fn a_type_url_is_a_slash_and_the_full_name() {
    assert_eq!(MsgSend::type_url(), "/cosmos.bank.v1beta1.MsgSend");
    assert_eq!(MsgDelegate::type_url(), "/alliance.alliance.MsgDelegate");
    assert_eq!(MsgUpdateClient::type_url(), "/ibc.core.client.v1.MsgUpdateClient");
    assert_eq!(RequestFinalizeBlock::type_url(), "/tendermint.abci.RequestFinalizeBlock");
}

#[test]
fn an_asset_has_the_bytes_that_the_go_module_stores() {
    let start = Some(Timestamp { seconds: 1_704_164_645, nanos: 6 });
    let asset = AllianceAsset {
        denom: "token".into(),
        reward_weight: "500000000000000000".into(),
        take_rate: "50000000000000".into(),
        total_tokens: "0".into(),
        total_validator_shares: "0".into(),
        reward_start_time: start,
        reward_change_rate: "1000000000000000000".into(),
        reward_change_interval: Some(Duration::default()),
        last_reward_change_time: start,
        reward_weight_range: Some(RewardWeightRange { min: "0".into(), max: "5000000000000000000".into() }),
        is_initialized: false,
        is_dissolving: false,
    };
    let expected = "0a05746f6b656e12123530303030303030303030303030303030301a0e35303030303030303030303030302201302a0130\
                    320808a5facdac0610063a133130303030303030303030303030303030303042004a0808a5facdac06100652180a0130121335\
                    303030303030303030303030303030303030";
    let bytes: String = asset.encode_to_vec().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(bytes, expected);
}

#[test]
fn the_descriptors_keep_http_paths_and_amino_names() {
    let holds = |text: &str| DESCRIPTORS.windows(text.len()).any(|window| window == text.as_bytes());
    for text in [
        "/terra/alliances/{denom}",
        "alliance/MsgDelegate",
        "/cosmos/bank/v1beta1/balances/{address}",
        "cosmos-sdk/MsgSend",
    ] {
        assert!(holds(text), "{text} is missing");
    }
}
