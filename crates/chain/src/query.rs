//! The questions that the chain answers: full gRPC path → module function. One function per query, called alike by gRPC, REST and
//! `abci_query`. Add a row when a module learns a query; keep the rows in module order.

use entente_kernel::{Ctx, Error, Grpc, Page, PageRequest, Result};
use entente_proto::cosmos::base::query::v1beta1 as wire;
use prost::Message as _;

use crate::modules::bank;

macro_rules! queries {
    ($($path:literal => $handler:path,)*) => {
        /// All query paths, in module order.
        pub const PATHS: &[&str] = &[$($path),*];

        /// Answers one query on a throw-away context.
        ///
        /// # Errors
        /// The refusal carries the gRPC status; unknown paths are `Unimplemented`.
        pub fn run(ctx: &mut Ctx, path: &str, request: &[u8]) -> Result<Vec<u8>> {
            match path {
                $($path => Ok($handler(ctx, decode(request)?)?.encode_to_vec()),)*
                unknown => Err(Error::status(Grpc::Unimplemented, format!("unknown query path {unknown:?}"))),
            }
        }
    };
}

queries! {
    "/cosmos.bank.v1beta1.Query/Balance" => bank::query::balance,
}

fn decode<W: prost::Message + Default>(request: &[u8]) -> Result<W> {
    W::decode(request).map_err(|e| Error::status(Grpc::InvalidArgument, format!("request cannot be decoded: {e}")))
}

/// The wire's page request; absent means the first page.
pub fn page_request(wire: Option<wire::PageRequest>) -> PageRequest {
    let p = wire.unwrap_or_default();
    PageRequest { key: p.key, offset: p.offset, limit: p.limit, count_total: p.count_total, reverse: p.reverse }
}

/// The wire's page response beside the items.
pub fn page_response<T>(page: Page<T>) -> (Vec<T>, Option<wire::PageResponse>) {
    (page.items, Some(wire::PageResponse { next_key: page.next_key, total: page.total }))
}
