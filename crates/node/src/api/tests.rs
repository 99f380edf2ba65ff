//! REST, gRPC and gRPC-web over sockets of this machine, before a service that knows three answers.

use std::{
    cmp::Ordering,
    io::Read,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use entente_proto::{
    Name,
    alliance::alliance::{AllianceAsset, QueryAllianceRequest, QueryAllianceResponse},
    cosmos::{
        bank::v1beta1::{QueryAllBalancesRequest, QueryAllBalancesResponse, QueryBalanceRequest, QueryBalanceResponse},
        base::{query::v1beta1::PageRequest, v1beta1::Coin},
        staking::v1beta1::QueryValidatorsRequest,
        tx::v1beta1::{BroadcastMode, BroadcastTxRequest, GetTxsEventRequest},
    },
    ibc::applications::transfer::v1::QueryDenomHashRequest,
};
use flate2::read::GzDecoder;
use futures::{FutureExt, StreamExt, future::BoxFuture, stream};
use prost::Message;
use prost_reflect::DescriptorPool;
use serde_json::{Value as Json, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tonic::{client::Grpc, codegen::http::uri::PathAndQuery, transport::Channel};
use tonic_reflection::pb::{
    v1::{
        ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
        server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
    },
    v1alpha,
};

use super::{
    Answer, HEIGHT_HEADER, QueryService, Status, grpc, openapi,
    reflection::{self, About, Reflecting},
    rest,
};
use entente_kernel::json::{self as form, schema};

const SERVED: &[&str] = &[
    "alliance.alliance.Query",
    "cosmos.bank.v1beta1.Query",
    "cosmos.staking.v1beta1.Query",
    "cosmos.tx.v1beta1.Service",
    "cosmos.auth.v1beta1.Query",
    "ibc.applications.transfer.v1.Query",
];

/// Remembers the last call and answers what it can.
#[derive(Default)]
struct Parrot(Mutex<Option<(String, Bytes, Option<i64>)>>);

impl Parrot {
    /// The request of the last call, if it went to `path`.
    fn heard<M: Message + Default>(&self, path: &str) -> M {
        let last = self.0.lock().unwrap().clone().unwrap();
        assert_eq!(last.0, path);
        M::decode(last.1).unwrap()
    }

    fn height_heard(&self) -> Option<i64> {
        self.0.lock().unwrap().as_ref().unwrap().2
    }
}

impl QueryService for Parrot {
    fn unary<'a>(
        &'a self,
        path: &'a str,
        request: Bytes,
        height: Option<i64>,
    ) -> BoxFuture<'a, Result<Answer, Status>> {
        *self.0.lock().unwrap() = Some((path.to_owned(), request.clone(), height));
        let bytes = match path {
            "/cosmos.bank.v1beta1.Query/Balance" => {
                let asked = QueryBalanceRequest::decode(request).unwrap();
                QueryBalanceResponse { balance: Some(Coin { denom: asked.denom, amount: "5".into() }) }.encode_to_vec()
            }
            "/cosmos.bank.v1beta1.Query/AllBalances" => QueryAllBalancesResponse::default().encode_to_vec(),
            "/alliance.alliance.Query/Alliance" => {
                let denom = QueryAllianceRequest::decode(request).unwrap().denom;
                if denom == "nothing" {
                    return async { Err(Status::new(Status::NOT_FOUND, "nichts — 100% sure")) }.boxed();
                }
                let alliance =
                    AllianceAsset { denom, reward_weight: "500000000000000000".into(), ..Default::default() };
                QueryAllianceResponse { alliance: Some(alliance) }.encode_to_vec()
            }
            _ => Vec::new(),
        };
        async move { Ok(Answer { bytes: bytes.into(), height: height.unwrap_or(42) }) }.boxed()
    }

    fn height(&self) -> i64 {
        42
    }
}

/// Serves everything on one port of this machine.
async fn serve() -> (Arc<Parrot>, SocketAddr) {
    let parrot = Arc::new(Parrot::default());
    let router = grpc::server(parrot.clone(), SERVED).unwrap().merge(rest::router(parrot.clone(), SERVED));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = router.layer(rest::open_to_all_origins());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (parrot, address)
}

/// One HTTP/1.1 exchange: status, head of the answer, body.
async fn http(address: SocketAddr, verb: &str, path: &str, headers: &str, body: &[u8]) -> (u16, String, Vec<u8>) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "{verb} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), head, answer[end + 4..].to_vec())
}

async fn get(address: SocketAddr, path: &str) -> (u16, Json) {
    let (status, _, body) = http(address, "GET", path, "", b"").await;
    (status, serde_json::from_slice(&body).unwrap())
}

async fn grpc_call(
    channel: Channel,
    path: &'static str,
    height: Option<&str>,
    bytes: Bytes,
) -> Result<tonic::Response<Bytes>, tonic::Status> {
    let mut client = Grpc::new(channel);
    client.ready().await.unwrap();
    let mut request = tonic::Request::new(bytes);
    if let Some(height) = height {
        request.metadata_mut().insert(HEIGHT_HEADER, height.parse().unwrap());
    }
    client.unary(request, PathAndQuery::from_static(path), grpc::PlainBytes).await
}

#[tokio::test]
async fn a_path_and_a_query_string_become_a_request_and_the_answer_becomes_json() {
    let (parrot, at) = serve().await;
    let (status, json) = get(at, "/cosmos/bank/v1beta1/balances/entente1x/by_denom?denom=ibc%2FAB&_cache=7").await;
    assert_eq!((status, json), (200, json!({ "balance": { "denom": "ibc/AB", "amount": "5" } })));
    let wanted = QueryBalanceRequest { address: "entente1x".into(), denom: "ibc/AB".into() };
    assert_eq!(parrot.heard::<QueryBalanceRequest>("/cosmos.bank.v1beta1.Query/Balance"), wanted);
}

#[tokio::test]
async fn pagination_and_repeated_fields_come_from_the_query_string() {
    let (parrot, at) = serve().await;
    let path = "/cosmos/bank/v1beta1/balances/a?pagination.limit=7&pagination.countTotal=true&pagination.key=-_8&pagination.limit=9";
    assert_eq!(get(at, path).await, (200, json!({ "balances": [], "pagination": null })));
    let pagination = PageRequest { limit: 7, count_total: true, key: vec![0xfb, 0xff], ..Default::default() };
    let heard: QueryAllBalancesRequest = parrot.heard("/cosmos.bank.v1beta1.Query/AllBalances");
    assert_eq!((heard.address.as_str(), heard.pagination), ("a", Some(pagination)));

    get(at, "/cosmos/tx/v1beta1/txs?events=a.b%3D%27c%27&events=d.e%3D1&order_by=ORDER_BY_DESC&query=tx.height+%3D+5")
        .await;
    let heard: GetTxsEventRequest = parrot.heard("/cosmos.tx.v1beta1.Service/GetTxsEvent");
    assert_eq!(
        (heard.events, heard.order_by, heard.query.as_str()),
        (vec!["a.b='c'".into(), "d.e=1".into()], 2, "tx.height = 5")
    );
}

#[tokio::test]
async fn a_word_in_the_path_beats_a_variable() {
    let (parrot, at) = serve().await;
    get(at, "/terra/alliances/params").await;
    assert_eq!(parrot.0.lock().unwrap().as_ref().unwrap().0, "/alliance.alliance.Query/Params");
    let (_, json) = get(at, "/terra/alliances/ibc%2FAB").await;
    assert_eq!(parrot.heard::<QueryAllianceRequest>("/alliance.alliance.Query/Alliance").denom, "ibc/AB");
    assert_eq!(json["alliance"]["reward_weight"], "0.500000000000000000");
    get(at, "/ibc/apps/transfer/v1/denom_hashes/transfer/channel-0/a").await;
    let heard: QueryDenomHashRequest = parrot.heard("/ibc.applications.transfer.v1.Query/DenomHash");
    assert_eq!(heard.trace, "transfer/channel-0/a");
}

#[tokio::test]
async fn a_post_reads_its_body_as_the_request() {
    let (parrot, at) = serve().await;
    let body = json!({ "tx_bytes": "AQI=", "mode": "BROADCAST_MODE_SYNC" }).to_string();
    let (status, _, answer) = http(at, "POST", "/cosmos/tx/v1beta1/txs", "", body.as_bytes()).await;
    assert_eq!((status, serde_json::from_slice::<Json>(&answer).unwrap()), (200, json!({ "tx_response": null })));
    let heard: BroadcastTxRequest = parrot.heard("/cosmos.tx.v1beta1.Service/BroadcastTx");
    assert_eq!((heard.tx_bytes.as_slice(), heard.mode()), (&[1, 2][..], BroadcastMode::Sync));
    let (status, _, answer) = http(at, "POST", "/cosmos/tx/v1beta1/txs", "", b"{\"txbytes\":1}").await;
    let message = "txbytes: cosmos.tx.v1beta1.BroadcastTxRequest has no such member; it has tx_bytes, mode";
    assert_eq!(
        (status, serde_json::from_slice::<Json>(&answer).unwrap()),
        (400, json!({ "code": 3, "message": message, "details": [] }))
    );
}

#[tokio::test]
async fn refusals_carry_code_message_and_details() {
    let (_, at) = serve().await;
    let refusal = |code: i32, message: &str| json!({ "code": code, "message": message, "details": [] });
    assert_eq!(get(at, "/terra/alliances/nothing").await, (404, refusal(5, "nichts — 100% sure")));
    assert_eq!(get(at, "/cosmos/no/such").await, (501, refusal(12, "Not Implemented")));
    assert_eq!(get(at, "/cosmos/gov/v1/proposals").await, (501, refusal(12, "Not Implemented")));
    let (status, json) = get(at, "/cosmos/bank/v1beta1/balances/a?pagination.limit=x").await;
    assert_eq!(
        (status, json),
        (400, refusal(3, "pagination.limit: \"x\" is not a whole number of 64 bits, not negative"))
    );
    assert_eq!(get(at, "/cosmos/bank/v1beta1/balances/a?x=%").await.0, 400);
    for order in ["99", "-1", "WRONG"] {
        let (code, json) = get(at, &format!("/cosmos/tx/v1beta1/txs?order_by={order}")).await;
        assert!(code == 400 && json["message"].as_str().unwrap().contains("ORDER_BY_ASC"), "{json}");
    }
}

#[test]
fn double_slashes_count_as_one() {
    let cleaned = |text: &str| super::single_slashes(&text.parse().unwrap()).map(|uri| uri.to_string());
    assert_eq!(cleaned("//a/b?c=//d").as_deref(), Some("/a/b?c=//d"));
    assert_eq!(cleaned("http://x:1//a///b//").as_deref(), Some("http://x:1/a/b/"));
    assert_eq!(
        (cleaned("//"), cleaned("/a//").as_deref(), cleaned("/a/b?c//")),
        (Some("/".to_owned()), Some("/a/"), None)
    );
}

#[tokio::test]
async fn a_height_is_asked_for_and_told_by_the_same_header() {
    let (parrot, at) = serve().await;
    let path = "/cosmos/bank/v1beta1/balances/a";
    let (_, head, _) = http(at, "GET", path, "X-Cosmos-Block-Height: 9\r\n", b"").await;
    assert_eq!(parrot.height_heard(), Some(9));
    assert!(
        head.contains("x-cosmos-block-height: 9") && head.contains("grpc-metadata-x-cosmos-block-height: 9"),
        "{head}"
    );
    let (_, head, _) = http(at, "GET", path, "", b"").await;
    assert_eq!(parrot.height_heard(), None);
    assert!(head.contains("x-cosmos-block-height: 42") && head.contains("content-type: application/json"), "{head}");
    assert_eq!(http(at, "GET", path, "x-cosmos-block-height: -1\r\n", b"").await.0, 400);
}

#[tokio::test]
async fn browsers_of_other_origins_are_let_in_where_that_is_wanted() {
    let (_, at) = serve().await;
    let (status, head, _) =
        http(at, "GET", "/cosmos/bank/v1beta1/balances/a", "Origin: https://keplr.app\r\n", b"").await;
    assert!(status == 200 && head.contains("access-control-allow-origin: *"), "{head}");
    let preflight = "Origin: https://keplr.app\r\nAccess-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type\r\n";
    let (status, head, _) = http(at, "OPTIONS", "/cosmos/tx/v1beta1/txs", preflight, b"").await;
    assert!(status == 200 && head.contains("access-control-allow-headers: *"), "{head}");
}

#[tokio::test]
async fn grpc_answers_with_bytes_and_height_and_refuses_with_a_status() {
    let (parrot, at) = serve().await;
    let channel = Channel::from_shared(format!("http://{at}")).unwrap().connect().await.unwrap();
    let request = QueryBalanceRequest { address: "a".into(), denom: "uente".into() };
    let bytes = Bytes::from(request.encode_to_vec());
    let answer = grpc_call(channel.clone(), "/cosmos.bank.v1beta1.Query/Balance", Some("9"), bytes).await.unwrap();
    assert_eq!(answer.metadata().get(HEIGHT_HEADER).unwrap(), "9");
    let balance = QueryBalanceResponse::decode(answer.into_inner()).unwrap().balance.unwrap();
    assert_eq!((balance.denom.as_str(), balance.amount.as_str()), ("uente", "5"));
    assert_eq!(parrot.height_heard(), Some(9));

    let nothing = Bytes::from(QueryAllianceRequest { denom: "nothing".into() }.encode_to_vec());
    let refusal = grpc_call(channel.clone(), "/alliance.alliance.Query/Alliance", None, nothing).await.unwrap_err();
    assert_eq!((refusal.code(), refusal.message()), (tonic::Code::NotFound, "nichts — 100% sure"));
    for path in ["/cosmos.bank.v1beta1.Query/NoSuch", "/cosmos.gov.v1.Query/Proposals", "/no.such.Service/Method"] {
        let refusal = grpc_call(channel.clone(), path, None, Bytes::new()).await.unwrap_err();
        assert_eq!(refusal.code(), tonic::Code::Unimplemented, "{path}");
    }
}

#[tokio::test]
async fn grpc_web_answers_in_frames_and_in_base64() {
    let (_, at) = serve().await;
    let message = QueryAllianceRequest { denom: "a".into() }.encode_to_vec();
    let mut frame = vec![0, 0, 0, 0, u8::try_from(message.len()).unwrap()];
    frame.extend(&message);
    let path = "/alliance.alliance.Query/Alliance";
    let (_, _, body) = http(at, "POST", path, "Content-Type: application/grpc-web+proto\r\n", &frame).await;
    let length = usize::try_from(u32::from_be_bytes(body[1..5].try_into().unwrap())).unwrap();
    let answer = QueryAllianceResponse::decode(&body[5..5 + length]).unwrap();
    assert_eq!(answer.alliance.unwrap().denom, "a");
    assert_eq!(&body[5 + length..], b"\x80\x00\x00\x00\x0fgrpc-status:0\r\n");
    let text = STANDARD.encode(&frame);
    let (_, _, in_text) = http(at, "POST", path, "Content-Type: application/grpc-web-text\r\n", text.as_bytes()).await;
    assert_eq!(STANDARD.decode(in_text).unwrap(), body);
    let (_, _, refused) = http(at, "POST", path, "Content-Type: application/grpc-web\r\n", b"\x01").await;
    assert!(String::from_utf8(refused[5..].to_vec()).unwrap().starts_with("grpc-status:3\r\n"));
}

#[tokio::test]
async fn reflection_lists_the_served_services_and_shows_their_files() {
    let (_, at) = serve().await;
    let channel = Channel::from_shared(format!("http://{at}")).unwrap().connect().await.unwrap();
    let ask = |request| ServerReflectionRequest { host: String::new(), message_request: Some(request) };
    let requests = vec![
        ask(MessageRequest::ListServices(String::new())),
        ask(MessageRequest::FileContainingSymbol("alliance.alliance.Query".into())),
    ];
    let mut answers = ServerReflectionClient::new(channel.clone())
        .server_reflection_info(stream::iter(requests))
        .await
        .unwrap()
        .into_inner();
    let Some(MessageResponse::ListServicesResponse(list)) = answers.next().await.unwrap().unwrap().message_response
    else {
        panic!()
    };
    let mut names: Vec<String> = list.service.into_iter().map(|service| service.name).collect();
    names.sort();
    let mut wanted: Vec<String> = SERVED.iter().map(|name| (*name).to_owned()).collect();
    wanted.push("grpc.reflection.v1.ServerReflection".to_owned());
    wanted.sort();
    assert_eq!(names, wanted);
    let Some(MessageResponse::FileDescriptorResponse(files)) = answers.next().await.unwrap().unwrap().message_response
    else {
        panic!()
    };
    let file = prost_types::FileDescriptorProto::decode(files.file_descriptor_proto[0].as_slice()).unwrap();
    assert_eq!(file.name(), "alliance/alliance/query.proto");

    let old = v1alpha::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(v1alpha::server_reflection_request::MessageRequest::ListServices(String::new())),
    };
    let mut client = v1alpha::server_reflection_client::ServerReflectionClient::new(channel);
    assert!(
        client.server_reflection_info(stream::iter([old])).await.unwrap().into_inner().next().await.unwrap().is_ok()
    );
}

#[tokio::test]
async fn the_openapi_document_describes_the_served_paths_and_only_these() {
    let (_, at) = serve().await;
    let (status, document) = get(at, "/openapi.json").await;
    assert_eq!((status, &document["openapi"]), (200, &json!("3.0.3")));
    let balances = &document["paths"]["/cosmos/bank/v1beta1/balances/{address}"]["get"];
    let names: Vec<&str> =
        balances["parameters"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect();
    assert!(names.starts_with(&["address", "pagination.key", "pagination.offset", "pagination.limit"]), "{names:?}");
    let alliance = &document["paths"]["/terra/alliances/{denom}"]["get"];
    assert_eq!(alliance["summary"], "One asset.");
    let weight = &document["components"]["schemas"]["alliance.alliance.AllianceAsset"]["properties"]["reward_weight"];
    assert_eq!(weight["format"], "decimal");
    assert!(document["paths"]["/cosmos/tx/v1beta1/txs"]["post"]["requestBody"].is_object());
    assert_eq!(document["paths"]["/cosmos/gov/v1/proposals"], Json::Null);
}

#[test]
fn every_reference_of_the_openapi_document_leads_somewhere() {
    let services: Vec<String> = schema::POOL.services().map(|service| service.full_name().to_owned()).collect();
    let document = openapi::document(&services.iter().map(String::as_str).collect::<Vec<_>>());
    fn references(json: &Json, found: &mut Vec<String>) {
        match json {
            Json::Object(members) => members.iter().for_each(|(name, member)| match member.as_str() {
                Some(target) if name == "$ref" => {
                    found.push(target.trim_start_matches("#/components/schemas/").to_owned())
                }
                _ => references(member, found),
            }),
            Json::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 500, "{}", found.len());
    for target in found {
        assert!(document["components"]["schemas"][&target].is_object(), "{target}");
    }
}

#[test]
fn every_http_annotation_of_every_package_becomes_a_route_and_none_hides_a_more_exact_one() {
    let services: Vec<String> = schema::POOL.services().map(|service| service.full_name().to_owned()).collect();
    let routes = rest::Route::all(&services.iter().map(String::as_str).collect::<Vec<_>>());
    let methods = schema::POOL.services().flat_map(|service| service.methods().collect::<Vec<_>>());
    let rules: usize = methods.map(|method| schema::http_rules(&method).len()).sum();
    assert!(rules > 150, "{rules}");
    assert_eq!(routes.len(), rules);
    for route in &routes {
        let path = route.template.plain().replace(['{', '}'], "~");
        let first =
            routes.iter().find(|other| other.verb == route.verb && other.template.matches(&path).is_some()).unwrap();
        let names = (first.method.full_name(), route.method.full_name());
        assert_eq!(first.template.compare_exactness(&route.template), Ordering::Equal, "{names:?}");
    }
}

#[tokio::test]
async fn the_chain_tells_its_name_its_messages_and_its_interfaces() {
    let paths = ["/cosmos.bank.v1beta1.Query/Balance", "/cosmos.bank.v1beta1.Query/Params"];
    let about = About {
        chain_id: "entente-dev-1".into(),
        bech32_prefix: "entente".into(),
        messages: vec!["/cosmos.bank.v1beta1.MsgSend".into()],
        served: schema::services_of(paths).into_iter().map(str::to_owned).collect(),
    };
    let parrot = Arc::new(Parrot::default());
    let reflecting = Arc::new(Reflecting::new(parrot.clone(), about.clone()));
    let router = rest::router(reflecting, &[reflection::SERVICES, SERVED].concat());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });

    let base = "/cosmos/base/reflection/v1beta1";
    let told = get(at, &format!("{base}/app_descriptor/chain")).await.1;
    assert_eq!(told, json!({ "chain": { "id": "entente-dev-1" } }));
    let (_, tx) = get(at, &format!("{base}/app_descriptor/tx_descriptor")).await;
    let msgs = json!([{ "msg_type_url": "/cosmos.bank.v1beta1.MsgSend" }]);
    assert_eq!(tx, json!({ "tx": { "fullname": "cosmos.tx.v1beta1.Tx", "msgs": msgs } }));
    let (_, queries) = get(at, &format!("{base}/app_descriptor/query_services")).await;
    let first = &queries["queries"]["query_services"][0];
    assert_eq!(
        (&first["fullname"], &first["methods"][0]["name"]),
        (&json!("cosmos.bank.v1beta1.Query"), &json!("Balance"))
    );
    let (_, interfaces) = get(at, &format!("{base}/interfaces")).await;
    assert!(interfaces["interface_names"].as_array().unwrap().contains(&json!("cosmos.crypto.PubKey")), "{interfaces}");
    let (_, keys) = get(at, &format!("{base}/interfaces/cosmos.crypto.PubKey/implementations")).await;
    let keys = keys["implementation_message_names"].as_array().unwrap();
    assert!(keys.contains(&json!("/cosmos.crypto.secp256k1.PubKey")), "{keys:?}");
    assert_eq!(get(at, &format!("{base}/interfaces/no.Such/implementations")).await.0, 400);
    assert!(parrot.0.lock().unwrap().is_none());
    assert_eq!(get(at, "/terra/alliances/a").await.0, 200);
}

#[test]
fn the_file_descriptors_are_told_with_their_options() {
    let reflecting = Reflecting::new(Arc::new(Parrot::default()), About::default());
    let path = "/cosmos.reflection.v1.ReflectionService/FileDescriptors";
    let answer = reflecting.unary(path, Bytes::new(), None).now_or_never().unwrap().unwrap();
    let pool = DescriptorPool::decode(answer.bytes).unwrap();
    assert_eq!(pool.services().len(), schema::POOL.services().len());
    let method = pool.get_service_by_name("alliance.alliance.Query").unwrap().methods().next().unwrap();
    assert!(method.options().has_extension(&pool.get_extension_by_name("google.api.http").unwrap()));
}

/// What the Go implementation printed, it must read and print again to the same text.
#[test]
fn a_genesis_file_that_go_printed_reads_and_prints_to_the_same_json() {
    let packed: &[u8] = include_bytes!("../../../chain/tests/vectors/data/alliance_import.json.gz");
    let mut text = String::new();
    GzDecoder::new(packed).read_to_string(&mut text).unwrap();
    let file: Json = serde_json::from_str(&text).unwrap();
    let modules = [
        ("alliance", "alliance.alliance"),
        ("auth", "cosmos.auth.v1beta1"),
        ("authz", "cosmos.authz.v1beta1"),
        ("bank", "cosmos.bank.v1beta1"),
        ("crisis", "cosmos.crisis.v1beta1"),
        ("distribution", "cosmos.distribution.v1beta1"),
        ("evidence", "cosmos.evidence.v1beta1"),
        ("feegrant", "cosmos.feegrant.v1beta1"),
        ("genutil", "cosmos.genutil.v1beta1"),
        ("gov", "cosmos.gov.v1"),
        ("group", "cosmos.group.v1"),
        ("ibc", "ibc.core.types.v1"),
        ("mint", "cosmos.mint.v1beta1"),
        ("slashing", "cosmos.slashing.v1beta1"),
        ("staking", "cosmos.staking.v1beta1"),
        ("transfer", "ibc.applications.transfer.v1"),
    ];
    for (module, package) in modules {
        let (name, state) = (format!("{package}.GenesisState"), &file["genesis"][module]);
        assert!(state.is_object(), "{module}");
        let bytes = form::decode(&name, state).unwrap_or_else(|error| panic!("{module}: {error}"));
        let mut printed = form::encode(&name, &bytes).unwrap();
        if let Some(channels) = printed.get_mut("channel_genesis").and_then(Json::as_object_mut) {
            // The application that made the file knew no channel upgrades yet.
            channels.remove("params");
        }
        if module == "alliance" {
            // Our own members, beside upstream's: a section that Go printed has none.
            for asset in printed["assets"].as_array_mut().unwrap() {
                assert_eq!(asset.as_object_mut().unwrap().remove("is_dissolving"), Some(Json::Bool(false)));
            }
            assert_eq!(printed.as_object_mut().unwrap().remove("bookkeeping"), Some(Json::Null));
        }
        assert_eq!(printed, *state, "{module}");
    }
}

#[test]
fn type_names_of_messages_inside_requests_are_known() {
    assert!(schema::message_named(&QueryValidatorsRequest::type_url()).is_some());
    assert_eq!(schema::message_named("/no.Such"), None);
    assert!(schema::method_at("/cosmos.bank.v1beta1.Query/Balance").is_some());
    assert!(schema::method_at("cosmos.bank.v1beta1.Query/Balance").is_none());
}
