//! Messages of the pools that take more than a line.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::super::super::words::{Words, coin};
use super::{Author, one};

/// A message of a holder about staked shares of a pool.
pub fn of_shares(name: &str, a: &Author, w: &Words) -> Result<Vec<Value>> {
    one(
        &format!("/restake.pools.v1.Msg{name}"),
        json!({ "owner": a.text(), "pool": w.place(0), "shares": w.place(1), "validator": w.place(2) }),
    )
}

/// Pool and coin out, one after the other.
pub fn swap(a: &Author, w: &Words) -> Result<Vec<Value>> {
    let hops = w.places().get(1..).unwrap_or_default();
    ensure!(hops.len() % 2 == 0, "after each POOL the denomination that it pays is wanted");
    let hop = |hop: &[String]| json!({ "pool": hop.first(), "denom_out": hop.last() });
    one(
        "/restake.pools.v1.MsgSwap",
        json!({
            "sender": a.text(), "coin_in": coin(w.place(0))?, "route": hops.chunks(2).map(hop).collect::<Vec<_>>(),
            "min_out": w.flag("min-out").unwrap_or("1"),
        }),
    )
}
