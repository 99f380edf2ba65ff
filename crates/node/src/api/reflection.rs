//! The SDK's own reflection services: what this chain is called, which messages, interfaces and queries it knows.
//! (gRPC's server reflection, which tools such as grpcurl use, is in [`super::grpc`].)

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use bytes::Bytes;
use entente_kernel::json::schema;
use entente_proto::{
    Name,
    cosmos::{
        base::reflection::{v1beta1 as plain, v2alpha1 as wire},
        tx::{signing::v1beta1::SignMode, v1beta1::Tx},
    },
};
use futures::{FutureExt, future::BoxFuture};
use prost::{
    Message,
    encoding::{WireType, encode_key, encode_varint},
};
use prost_reflect::MethodDescriptor;

use super::{Answer, QueryService, Status};

/// The services answered here; add them to the list of served services.
pub const SERVICES: &[&str] = &[
    "cosmos.base.reflection.v1beta1.ReflectionService",
    "cosmos.base.reflection.v2alpha1.ReflectionService",
    "cosmos.reflection.v1.ReflectionService",
];

/// The interface that every message of a transaction implements, by the SDK's name.
const MSG_INTERFACE: &str = "cosmos.base.v1beta1.Msg";

/// Implementers that carry no annotation.
const NOT_ANNOTATED: &[(&str, &[&str])] = &[
    (
        "cosmos.crypto.PubKey",
        &[
            "/cosmos.crypto.ed25519.PubKey",
            "/cosmos.crypto.multisig.LegacyAminoPubKey",
            "/cosmos.crypto.secp256k1.PubKey",
        ],
    ),
    ("ibc.core.client.v1.ClientState", &["/ibc.lightclients.tendermint.v1.ClientState"]),
    ("ibc.core.client.v1.ConsensusState", &["/ibc.lightclients.tendermint.v1.ConsensusState"]),
    (
        "ibc.core.client.v1.ClientMessage",
        &["/ibc.lightclients.tendermint.v1.Header", "/ibc.lightclients.tendermint.v1.Misbehaviour"],
    ),
];

/// What the reflection services tell, apart from the descriptors.
#[derive(Clone, Debug, Default)]
pub struct About {
    pub chain_id: String,
    /// Prefix of account addresses.
    pub bech32_prefix: String,
    /// Type URLs of the messages that transactions may carry.
    pub messages: Vec<String>,
    /// Full names of the served query services.
    pub served: Vec<String>,
}

/// Answers the reflection services and hands everything else on.
pub struct Reflecting<Q> {
    inner: Arc<Q>,
    about: About,
    known: OnceLock<Known>,
}

/// What is answered; it never changes while the node runs.
struct Known {
    answers: BTreeMap<&'static str, Bytes>,
    interfaces: BTreeMap<String, Vec<String>>,
}

impl<Q: QueryService> Reflecting<Q> {
    /// Prepares nothing yet: few ask, and a node should not start later for them.
    pub fn new(inner: Arc<Q>, about: About) -> Self {
        Self { inner, about, known: OnceLock::new() }
    }

    fn known(&self) -> &Known {
        self.known.get_or_init(|| {
            let interfaces = interfaces(&self.about.messages);
            let names = plain::ListAllInterfacesResponse { interface_names: interfaces.keys().cloned().collect() };
            let mut answers = BTreeMap::new();
            answers.insert(
                "/cosmos.base.reflection.v1beta1.ReflectionService/ListAllInterfaces",
                names.encode_to_vec().into(),
            );
            answers.insert("/cosmos.reflection.v1.ReflectionService/FileDescriptors", file_descriptors());
            app_descriptor(&self.about, &interfaces, &mut answers);
            Known { answers, interfaces }
        })
    }

    fn implementations(&self, request: &Bytes) -> Result<Bytes, Status> {
        let asked = plain::ListImplementationsRequest::decode(request.clone());
        let asked = asked.map_err(|error| Status::invalid_argument(error.to_string()))?.interface_name;
        let known = self.known().interfaces.get(&asked);
        let known = known.ok_or_else(|| Status::invalid_argument(format!("{asked:?} is not a known interface")))?;
        Ok(plain::ListImplementationsResponse { implementation_message_names: known.clone() }.encode_to_vec().into())
    }
}

impl<Q: QueryService> QueryService for Reflecting<Q> {
    fn unary<'a>(
        &'a self,
        path: &'a str,
        request: Bytes,
        height: Option<i64>,
    ) -> BoxFuture<'a, Result<Answer, Status>> {
        let service = path.trim_start_matches('/').split('/').next().unwrap_or_default();
        if !SERVICES.contains(&service) {
            return self.inner.unary(path, request, height);
        }
        let own = if path == "/cosmos.base.reflection.v1beta1.ReflectionService/ListImplementations" {
            self.implementations(&request)
        } else {
            match self.known().answers.get(path) {
                Some(bytes) => Ok(bytes.clone()),
                None => return self.inner.unary(path, request, height),
            }
        };
        let height = height.unwrap_or_else(|| self.height());
        async move { Ok(Answer { bytes: own?, height }) }.boxed()
    }

    fn height(&self) -> i64 {
        self.inner.height()
    }
}

/// Interface name to the type URLs that implement it, from the annotations of the messages and [`NOT_ANNOTATED`].
fn interfaces(messages: &[String]) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    found.insert(MSG_INTERFACE.to_owned(), messages.to_vec());
    for (interface, implementers) in NOT_ANNOTATED {
        found.insert((*interface).to_owned(), implementers.iter().map(|url| (*url).to_owned()).collect());
    }
    let Some(implements) = schema::POOL.get_extension_by_name("cosmos_proto.implements_interface") else {
        return found;
    };
    for message in schema::POOL.all_messages() {
        let options = message.options();
        let names = options.get_extension(&implements);
        for name in names.as_list().unwrap_or_default().iter().filter_map(|name| name.as_str()) {
            found.entry(name.to_owned()).or_default().push(format!("/{}", message.full_name()));
        }
    }
    found
}

/// All files with all their options. The generated type would lose the options, so the answer is written by hand: field 1,
/// one file each.
fn file_descriptors() -> Bytes {
    let mut answer = Vec::new();
    for file in schema::POOL.files() {
        let bytes = file.encode_to_vec();
        encode_key(1, WireType::LengthDelimited, &mut answer);
        encode_varint(u64::try_from(bytes.len()).unwrap_or_default(), &mut answer);
        answer.extend(bytes);
    }
    answer.into()
}

fn app_descriptor(
    about: &About,
    interfaces: &BTreeMap<String, Vec<String>>,
    answers: &mut BTreeMap<&'static str, Bytes>,
) {
    let mode = |mode: SignMode| wire::SigningModeDescriptor {
        name: mode.as_str_name().to_owned(),
        number: mode.into(),
        authn_info_provider_method_fullname: String::new(),
    };
    let sign_modes = [SignMode::Direct, SignMode::LegacyAminoJson].map(mode).to_vec();
    let implementer = |type_url: &String| wire::InterfaceImplementerDescriptor {
        fullname: type_url.trim_start_matches('/').to_owned(),
        type_url: type_url.clone(),
    };
    let interface = |(name, implementers): (&String, &Vec<String>)| wire::InterfaceDescriptor {
        fullname: name.clone(),
        interface_accepting_messages: Vec::new(),
        interface_implementers: implementers.iter().map(implementer).collect(),
    };
    let config = wire::ConfigurationDescriptor { bech32_account_address_prefix: about.bech32_prefix.clone() };
    let msgs = about.messages.iter().map(|url| wire::MsgDescriptor { msg_type_url: url.clone() }).collect();
    let query_services = about.served.iter().map(|name| query_service(name)).collect();
    let codec = wire::CodecDescriptor { interfaces: interfaces.iter().map(interface).collect() };

    let authn = wire::GetAuthnDescriptorResponse { authn: Some(wire::AuthnDescriptor { sign_modes }) };
    let chain = wire::GetChainDescriptorResponse { chain: Some(wire::ChainDescriptor { id: about.chain_id.clone() }) };
    let codec = wire::GetCodecDescriptorResponse { codec: Some(codec) };
    let config = wire::GetConfigurationDescriptorResponse { config: Some(config) };
    let queries =
        wire::GetQueryServicesDescriptorResponse { queries: Some(wire::QueryServicesDescriptor { query_services }) };
    let tx = wire::GetTxDescriptorResponse { tx: Some(wire::TxDescriptor { fullname: Tx::full_name(), msgs }) };
    answers.extend([
        ("/cosmos.base.reflection.v2alpha1.ReflectionService/GetAuthnDescriptor", Bytes::from(authn.encode_to_vec())),
        ("/cosmos.base.reflection.v2alpha1.ReflectionService/GetChainDescriptor", chain.encode_to_vec().into()),
        ("/cosmos.base.reflection.v2alpha1.ReflectionService/GetCodecDescriptor", codec.encode_to_vec().into()),
        (
            "/cosmos.base.reflection.v2alpha1.ReflectionService/GetConfigurationDescriptor",
            config.encode_to_vec().into(),
        ),
        (
            "/cosmos.base.reflection.v2alpha1.ReflectionService/GetQueryServicesDescriptor",
            queries.encode_to_vec().into(),
        ),
        ("/cosmos.base.reflection.v2alpha1.ReflectionService/GetTxDescriptor", tx.encode_to_vec().into()),
    ]);
}

fn query_service(name: &str) -> wire::QueryServiceDescriptor {
    let service = schema::POOL.get_service_by_name(name);
    let methods = service.iter().flat_map(|service| service.methods().collect::<Vec<_>>());
    let method = |method: MethodDescriptor| wire::QueryMethodDescriptor {
        name: method.name().to_owned(),
        full_query_path: schema::path_of(&method),
    };
    wire::QueryServiceDescriptor {
        fullname: name.to_owned(),
        is_module: name.ends_with(".Query"),
        methods: methods.map(method).collect(),
    }
}
