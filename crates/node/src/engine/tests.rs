//! Chains made by the solo engine, judged by a light client that others wrote.

use entente_kernel::Timestamp;
use serde_json::json;

use super::*;
use crate::genesis::GenesisDoc;

const T0: i64 = 1_800_000_000;

fn doc() -> GenesisDoc {
    GenesisDoc::parse(json!({
        "chain_id": "solo-1",
        "genesis_time": Timestamp::from_secs(T0).to_string(),
        "validators": [{
            "pub_key": { "type": "tendermint/PubKeyEd25519", "value": base64(&entente_kernel::crypto::ed25519::public_key(&[7; 32])) },
            "power": "10",
        }],
        "app_state": { "entente": { "bech32_prefix": "entente" } },
    }))
    .unwrap()
}

fn base64(bytes: &[u8]) -> String {
    use ::base64::Engine as _;
    ::base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn engine() -> Engine {
    Engine::open(Disk::ephemeral(stores()), None, doc(), vec![[7; 32]]).unwrap()
}

mod light {
    //! The same headers, commits and validators in the types of `tendermint`.

    use std::time::Duration;

    use ::tendermint::block::signed_header::SignedHeader;
    use ::tendermint::validator::Set;
    use prost::Message as _;
    use tendermint_light_client_verifier::options::Options;
    use tendermint_light_client_verifier::types::{LightBlock, TrustThreshold};
    use tendermint_light_client_verifier::{ProdVerifier, Verdict, Verifier};

    use super::super::Engine;

    fn signed_header(engine: &Engine, height: i64) -> SignedHeader {
        let archive = engine.archive();
        let block = archive.block(height).unwrap().unwrap();
        let commit = match archive.block(height + 1).unwrap() {
            Some(next) => next.last_commit.unwrap(),
            None => (*engine.shown().seen).clone(),
        };
        let bytes = entente_proto::tendermint::types::SignedHeader { header: block.header, commit: Some(commit) }
            .encode_to_vec();
        let raw = <::tendermint_proto::v0_38::types::SignedHeader as prost::Message>::decode(bytes.as_slice()).unwrap();
        SignedHeader::try_from(raw).unwrap()
    }

    pub fn block(engine: &Engine, height: i64) -> LightBlock {
        let set = |height: i64| {
            let bytes = engine.archive().validators(height).unwrap().unwrap().to_wire().encode_to_vec();
            let raw =
                <::tendermint_proto::v0_38::types::ValidatorSet as prost::Message>::decode(bytes.as_slice()).unwrap();
            Set::try_from(raw).unwrap()
        };
        LightBlock::new(
            signed_header(engine, height),
            set(height),
            set(height + 1),
            ::tendermint::node::Id::new([0; 20]),
        )
    }

    pub fn verify(trusted: &LightBlock, untrusted: &LightBlock) -> Verdict {
        let options = Options {
            trust_threshold: TrustThreshold::TWO_THIRDS,
            trusting_period: Duration::from_secs(1_000_000),
            clock_drift: Duration::from_secs(5),
        };
        let now = untrusted.time();
        ProdVerifier::default().verify_update_header(
            untrusted.as_untrusted_state(),
            trusted.as_trusted_state(),
            &options,
            now,
        )
    }
}

#[test]
fn a_light_client_accepts_every_block_of_the_chain_and_the_newest_commit() {
    use tendermint_light_client_verifier::Verdict;
    let engine = engine();
    for i in 0..8 {
        engine.make_block_at(Timestamp { secs: T0 + i * 5, nanos: 123_456_789 }).unwrap();
    }
    assert_eq!(engine.height(), 8);
    let first = light::block(&engine, 1);
    for height in 2..=8 {
        assert_eq!(light::verify(&light::block(&engine, height - 1), &light::block(&engine, height)), Verdict::Success);
        assert_eq!(light::verify(&first, &light::block(&engine, height)), Verdict::Success, "skipping to {height}");
    }
}

#[test]
fn block_times_are_those_of_the_votes_and_always_later() {
    let engine = engine();
    let time = |made: &Made| block::from_wire_time(made.block.header.as_ref().unwrap().time.as_ref());
    let at = |secs| engine.make_block_at(Timestamp::from_secs(secs)).unwrap();
    assert_eq!(time(&at(T0 + 100)), Timestamp::from_secs(T0), "the first block has the time of the genesis");
    assert_eq!(time(&at(T0 + 100)), Timestamp::from_secs(T0 + 100));
    assert_eq!(time(&at(T0 + 50)), Timestamp { secs: T0 + 100, nanos: 1_000_000 }, "a clock that went back");
    let made = at(T0 + 200);
    let commit = made.block.last_commit.clone().unwrap();
    assert_eq!(block::from_wire_time(commit.signatures[0].timestamp.as_ref()), time(&made));
}

#[test]
fn a_node_goes_on_where_its_disk_ended_and_knows_its_chain() {
    let home = tempfile::tempdir().unwrap();
    let open = |doc: GenesisDoc| {
        let (disk, loaded) = Disk::open(home.path(), stores()).unwrap();
        Engine::open(disk, loaded, doc, vec![[7; 32]])
    };
    let engine = open(doc()).unwrap();
    for i in 1..=3 {
        engine.make_block_at(Timestamp::from_secs(T0 + i)).unwrap();
    }
    let before = engine.shown().standing;
    drop(engine);
    let engine = open(doc()).unwrap();
    assert_eq!(engine.shown().standing, before);
    engine.make_block_at(Timestamp::from_secs(T0 + 9)).unwrap();
    let (trusted, untrusted) = (light::block(&engine, 3), light::block(&engine, 4));
    assert_eq!(light::verify(&trusted, &untrusted), tendermint_light_client_verifier::Verdict::Success);
    drop(engine);
    let other = open(GenesisDoc { chain_id: "other-1".to_owned(), ..doc() });
    assert!(other.err().unwrap().to_string().contains("solo-1"));
}

#[test]
fn going_back_to_a_mark_restores_state_height_and_clock_and_another_future_follows() {
    let home = tempfile::tempdir().unwrap();
    let (disk, loaded) = Disk::open(home.path(), stores()).unwrap();
    let engine = Engine::open(disk, loaded, doc(), vec![[7; 32]]).unwrap();
    for _ in 0..3 {
        engine.make_block().unwrap();
    }
    let standing = engine.shown().standing;
    let (mark, height) = engine.mark().unwrap();
    assert_eq!((mark, height), (1, 3));
    let now = engine.now();
    engine.advance(entente_kernel::Span::from_secs(1_000_000)).unwrap();
    assert!(engine.now() > now.plus(entente_kernel::Span::from_secs(999_999)));
    assert_eq!(engine.height(), 5);
    let gone = engine.archive().block(5).unwrap().unwrap().header.unwrap();
    assert_eq!(engine.revert(Some(9)).unwrap(), None);
    assert_eq!(engine.revert(None).unwrap(), Some((1, 3)));
    assert_eq!(engine.shown().standing, standing);
    assert!(engine.now() < now.plus(entente_kernel::Span::from_secs(1_000)));
    assert_eq!(engine.archive().newest(), 3);
    assert_eq!(engine.archive().height_of_block(&block::header_hash(&gone)).unwrap(), None);
    engine.make_block().unwrap();
    let (trusted, untrusted) = (light::block(&engine, 3), light::block(&engine, 4));
    assert_eq!(light::verify(&trusted, &untrusted), tendermint_light_client_verifier::Verdict::Success);
    drop(engine);
    let (_, loaded) = Disk::open(home.path(), stores()).unwrap();
    assert_eq!(loaded.unwrap().height, 4);
}
