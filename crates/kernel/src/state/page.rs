//! Pages of long lists, by the rules of the SDK's `query.Paginate`.

use std::ops::Bound;

use super::StoreId;
use super::view::View;
use crate::error::{Error, Result};

/// Records on a page when the request does not say.
pub const PAGE_LIMIT_DEFAULT: u64 = 100;
/// Most records on a page; who asks for more gets so many, and the key of the next page.
pub const PAGE_LIMIT_MAX: u64 = 10_000;

/// What part of a list is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageRequest {
    /// `next_key` of the page before; excludes `offset`.
    pub key: Vec<u8>,
    pub offset: u64,
    /// 0 means [`PAGE_LIMIT_DEFAULT`], with the total counted.
    pub limit: u64,
    pub count_total: bool,
    pub reverse: bool,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Where the next page starts; empty at the end of the list.
    pub next_key: Vec<u8>,
    /// How many records the whole list has, if it was asked for.
    pub total: u64,
}

pub(super) fn collect<T>(
    view: &View,
    store: StoreId,
    prefix: &[u8],
    request: &PageRequest,
    mut pick: impl FnMut(&[u8], &[u8]) -> Result<Option<T>>,
) -> Result<Page<T>> {
    if request.offset > 0 && !request.key.is_empty() {
        return Err(Error::plain("invalid request, either offset or key is expected, got both"));
    }
    let (limit, count) =
        if request.limit == 0 { (PAGE_LIMIT_DEFAULT, true) } else { (request.limit, request.count_total) };
    let limit = limit.min(PAGE_LIMIT_MAX);
    let from_key = !request.key.is_empty();
    let at = [prefix, &request.key].concat();
    let (start, end) = match (from_key, request.reverse) {
        (true, false) => (Bound::Included(at.as_slice()), Bound::Unbounded),
        (true, true) => (Bound::Unbounded, Bound::Included(at.as_slice())),
        (false, _) => (Bound::Unbounded, Bound::Unbounded),
    };
    let mut scan = view.scan(store, prefix, start, end);
    let (mut items, mut next_key, mut seen) = (Vec::new(), Vec::new(), 0_u64);
    let mut buffer = Vec::new();
    let last = request.offset.saturating_add(limit);
    while let Some(step) = if request.reverse { scan.next_back() } else { scan.next() } {
        let (key, value) = step?;
        let key = key.joined(&mut buffer);
        let Some(item) = pick(key, &value)? else { continue };
        if seen >= request.offset && seen < last {
            items.push(item);
        } else if seen == last {
            next_key = key.get(prefix.len()..).unwrap_or_default().to_vec();
        }
        seen = seen.saturating_add(1);
        if !next_key.is_empty() && (from_key || !count) {
            break;
        }
    }
    Ok(Page { items, next_key, total: if count && !from_key { seen } else { 0 } })
}
