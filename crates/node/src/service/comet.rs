//! `cosmos.base.tendermint.v1beta1.Service`: the node, its blocks and validators.

use entente_kernel::ConsAddress;
use entente_kernel::crypto::ed25519;
use entente_proto::cosmos::base::query::v1beta1::{PageRequest, PageResponse};
use entente_proto::cosmos::base::tendermint::v1beta1 as wire;
use entente_proto::cosmos::crypto::ed25519::PubKey;
use entente_proto::tendermint::p2p::{DefaultNodeInfo, DefaultNodeInfoOther, ProtocolVersion};
use entente_proto::tendermint::types::{Block, Header};
use prost::Message as _;
use prost_types::Any;

use super::{COMET_VERSION, IBC_GO_VERSION, SDK_VERSION, Services, decoded, disk};
use crate::api::Status;
use crate::engine::block;
use crate::engine::comet::companion;

/// Items of a page if nothing is asked.
const PAGE: u64 = 100;

pub(super) fn answer(services: &Services, method: &str, request: &[u8]) -> Result<Vec<u8>, Status> {
    let latest = services.engine.height();
    Ok(match method {
        "GetNodeInfo" => node_info(services).encode_to_vec(),
        "GetSyncing" => wire::GetSyncingResponse { syncing: beside(services).catching_up }.encode_to_vec(),
        "GetLatestBlock" => {
            let found = block_at(services, latest)?;
            let (block_id, sdk_block) = (Some(block::block_id(&found)), Some(sdk_block(services, &found)));
            wire::GetLatestBlockResponse { block_id, block: Some(found), sdk_block }.encode_to_vec()
        }
        "GetBlockByHeight" => {
            let request: wire::GetBlockByHeightRequest = decoded(request)?;
            if request.height > latest {
                return Err(Status::invalid_argument("requested block height is bigger then the chain length"));
            }
            let found = block_at(services, request.height)?;
            let (block_id, sdk_block) = (Some(block::block_id(&found)), Some(sdk_block(services, &found)));
            wire::GetBlockByHeightResponse { block_id, block: Some(found), sdk_block }.encode_to_vec()
        }
        "GetLatestValidatorSet" => {
            let request: wire::GetLatestValidatorSetRequest = decoded(request)?;
            let (validators, pagination) = validators(services, latest, request.pagination)?;
            wire::GetLatestValidatorSetResponse { block_height: latest, validators, pagination }.encode_to_vec()
        }
        "GetValidatorSetByHeight" => {
            let wire::GetValidatorSetByHeightRequest { height, pagination } = decoded(request)?;
            if height > latest {
                return Err(Status::invalid_argument("requested block height is bigger then the chain length"));
            }
            let (validators, pagination) = validators(services, height, pagination)?;
            wire::GetValidatorSetByHeightResponse { block_height: height, validators, pagination }.encode_to_vec()
        }
        "ABCIQuery" => abci_query(services, decoded(request)?)?.encode_to_vec(),
        unknown => return Err(Status::new(Status::UNIMPLEMENTED, format!("unknown method {unknown}"))),
    })
}

fn block_at(services: &Services, height: i64) -> Result<Block, Status> {
    let found = services.engine.archive().block(height).map_err(disk)?;
    found.ok_or_else(|| Status::new(Status::NOT_FOUND, format!("block {height} is not available")))
}

/// The block as the SDK shows it: the proposer by its bech32 address.
fn sdk_block(services: &Services, found: &Block) -> wire::Block {
    let h: Header = found.header.clone().unwrap_or_default();
    let proposer = ConsAddress::new(&h.proposer_address).ok();
    let bech32 = services.engine.snapshot(None).map(|s| s.bech32().clone());
    wire::Block {
        header: Some(wire::Header {
            version: h.version,
            chain_id: h.chain_id,
            height: h.height,
            time: h.time,
            last_block_id: h.last_block_id,
            last_commit_hash: h.last_commit_hash,
            data_hash: h.data_hash,
            validators_hash: h.validators_hash,
            next_validators_hash: h.next_validators_hash,
            consensus_hash: h.consensus_hash,
            app_hash: h.app_hash,
            last_results_hash: h.last_results_hash,
            evidence_hash: h.evidence_hash,
            proposer_address: proposer.zip(bech32).map(|(a, b)| b.cons(&a)).unwrap_or_default(),
        }),
        data: found.data.clone(),
        evidence: found.evidence.clone(),
        last_commit: found.last_commit.clone(),
    }
}

fn validators(
    services: &Services,
    height: i64,
    page: Option<PageRequest>,
) -> Result<(Vec<wire::Validator>, Option<PageResponse>), Status> {
    let set = services.engine.archive().validators(height).map_err(disk)?.filter(|_| height > 0);
    let set = set.ok_or_else(|| {
        Status::new(Status::NOT_FOUND, format!("the validators of height {height} are not available"))
    })?;
    let bech32 = services.snapshot(None)?.bech32().clone();
    let page = page.unwrap_or_default();
    let limit = if page.limit == 0 { PAGE } else { page.limit };
    let shown = set.validators().iter().skip(usize::try_from(page.offset).unwrap_or(usize::MAX));
    let shown = shown.take(usize::try_from(limit).unwrap_or(usize::MAX)).map(|v| wire::Validator {
        address: bech32.cons(&ConsAddress::from_array(v.address)),
        pub_key: Some(Any {
            type_url: "/cosmos.crypto.ed25519.PubKey".to_owned(),
            value: PubKey { key: v.pub_key.to_vec() }.encode_to_vec(),
        }),
        voting_power: v.power,
        proposer_priority: v.priority,
    });
    let total = u64::try_from(set.validators().len()).unwrap_or_default();
    Ok((shown.collect(), Some(PageResponse { next_key: Vec::new(), total })))
}

/// What the CometBFT beside this node says of itself; nothing under solo, or if it is silent.
fn beside(services: &Services) -> companion::Status {
    services.engine.archive().companion().and_then(|c| c.status().ok()).unwrap_or_default()
}

fn node_info(services: &Services) -> wire::GetNodeInfoResponse {
    let beside = beside(services);
    let or = |found: String, own: &str| if found.is_empty() { own.to_owned() } else { found };
    let module = |path: &str, version: &str| wire::Module {
        path: path.to_owned(),
        version: version.to_owned(),
        sum: String::new(),
    };
    wire::GetNodeInfoResponse {
        default_node_info: Some(DefaultNodeInfo {
            protocol_version: Some(ProtocolVersion { p2p: 8, block: block::BLOCK_VERSION, app: 0 }),
            default_node_id: or(beside.node_id, &hex::encode(ed25519::address(&services.engine.own_key()))),
            listen_addr: or(beside.listen_address, "tcp://0.0.0.0:26656"),
            network: services.engine.doc().chain_id.clone(),
            version: or(beside.version, COMET_VERSION),
            channels: vec![0x40, 0x20, 0x21, 0x22, 0x23, 0x30, 0x38, 0x60, 0x61, 0x00],
            moniker: services.moniker.clone(),
            other: Some(DefaultNodeInfoOther { tx_index: "on".to_owned(), rpc_address: String::new() }),
        }),
        application_version: Some(wire::VersionInfo {
            name: "entente".to_owned(),
            app_name: "entente".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            git_commit: String::new(),
            build_tags: String::new(),
            go_version: String::new(),
            // Not what this node is built of: the versions whose rules it follows, which relayers check.
            build_deps: vec![
                module("github.com/cometbft/cometbft", &format!("v{COMET_VERSION}")),
                module("github.com/cosmos/cosmos-sdk", SDK_VERSION),
                module("github.com/cosmos/ibc-go/v8", IBC_GO_VERSION),
            ],
            cosmos_sdk_version: SDK_VERSION.to_owned(),
        }),
    }
}

/// As upstream, stores and what the node says of itself only: methods are called, not asked for by path.
fn abci_query(services: &Services, request: wire::AbciQueryRequest) -> Result<wire::AbciQueryResponse, Status> {
    let first = request.path.trim_start_matches('/').split('/').next().unwrap_or_default();
    if !["app", "store", "p2p", "custom"].contains(&first) {
        return Err(Status::invalid_argument(format!("unsupported ABCI query path: {}", request.path)));
    }
    let r = services.abci_query_now(&request.path, &request.data, request.height, request.prove);
    let op = |op: entente_proto::tendermint::crypto::ProofOp| wire::ProofOp {
        r#type: op.r#type,
        key: op.key,
        data: op.data,
    };
    Ok(wire::AbciQueryResponse {
        code: r.code,
        log: r.log,
        info: r.info,
        index: r.index,
        key: r.key,
        value: r.value,
        proof_ops: r.proof_ops.map(|ops| wire::ProofOps { ops: ops.ops.into_iter().map(op).collect() }),
        height: r.height,
        codespace: r.codespace,
    })
}
