//! The pools of the development chain: one for each of the ATOM family against ATOM, one of the chain's own coin.

use entente_kernel::json;
use serde_json::{Value, json};

use super::{DENOM, FOREIGN, Foreign, decimal};

/// What a pool of the ATOM family begins with, in whole ATOM of each side; the largest for the first token.
const POOLED_ATOM: [u128; 3] = [6_000_000, 4_500_000, 3_000_000];
/// The pool of the chain's own coin: whole ENTE beside whole ATOM.
const POOLED_ENTE: (u128, u128) = (20_000_000, 1_000_000);
/// The pool whose shares are an alliance asset too: that of the first token.
pub const ALLIED: &str = "lp/1";

/// The ATOM voucher.
fn voucher() -> String {
    let is_atom = |token: &&Foreign| token.symbol == "ATOM";
    FOREIGN.iter().find(is_atom).map(Foreign::denom).unwrap_or_default()
}

/// What stands in pools beside the ATOM voucher: denom, base units of it, base units of ATOM. The ATOM family first, at par; the chain's
/// own coin last.
fn pooled() -> Vec<(String, u128, u128)> {
    let family = FOREIGN.iter().filter_map(|token| {
        let listed = token.listed.as_ref()?;
        (listed.underlying == "ATOM" && listed.yearly_thousandths > 0).then(|| (token.denom(), listed.rate_millionths))
    });
    let mut all: Vec<(String, u128, u128)> = family
        .zip(POOLED_ATOM)
        .map(|((denom, rate), atom)| (denom, atom * 1_000_000_000_000 / rate, atom * 1_000_000))
        .collect();
    let (ente, atom) = POOLED_ENTE;
    all.push((DENOM.to_owned(), ente * 1_000_000, atom * 1_000_000));
    all
}

/// Pools that the faucet made: stable ones for the ATOM family, one of equal weights for the chain's own coin.
pub fn section(creator: &str) -> Value {
    let pool = |(denom, amount, atom): (String, u128, u128)| {
        let is_own = denom == DENOM;
        let weight = if is_own { "0.500000000000000000" } else { "0.000000000000000000" };
        let part = |denom: String, amount: u128| json!({ "reserve": { "denom": denom, "amount": amount.to_string() }, "weight": weight });
        json!({
            "kind": if is_own { "POOL_KIND_WEIGHTED" } else { "POOL_KIND_STABLE" }, "creator": creator,
            "assets": [part(denom, amount), part(voucher(), atom)],
            "swap_fee": if is_own { "0.003000000000000000" } else { "0.000400000000000000" },
            "amplification": if is_own { "0" } else { "200" },
        })
    };
    // Messages that we made ourselves always have a JSON form.
    let params = json::to_json(&entente_chain::modules::pools::Params::default().to_wire()).unwrap_or_default();
    json!({ "params": params, "pools": pooled().into_iter().map(pool).collect::<Vec<_>>() })
}

/// Shares of the pools in the registry: what they are worth, the pools tell.
pub fn shares() -> Vec<Value> {
    let share = |(place, (token, amount, atom)): (usize, (String, u128, u128))| {
        // Shares of a stable pool begin at one; of the other there are as many as the geometric mean of its reserves.
        let rate = if token == DENOM { 2 * atom * 1_000_000 / (amount * atom).isqrt() } else { 1_000_000 };
        json!({
            "denom": format!("lp/{}", place + 1), "underlying": "ATOM", "decimals": 12, "issuer": "entente", "tier": "TIER_ALLIANCE",
            "kind": "ASSET_KIND_LP", "rate_source": { "kind": "RATE_KIND_LOCAL", "rate": decimal(rate) },
            "components": [token, voucher()], "flags": { "alliance_ok": true },
        })
    };
    pooled().into_iter().enumerate().map(share).collect()
}
