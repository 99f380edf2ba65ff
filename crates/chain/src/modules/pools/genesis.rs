//! The pools in a genesis: everything they remember, so that an export goes on as the same chain.
//!
//! A pool without a number was written by a person: it is made with the coins of its creator, as a message would make it.

use entente_kernel::num::Denom;
use entente_kernel::{Ctx, Error, Result, Timestamp, View};
use entente_proto::restake::pools::v1 as wire;

use super::event::place_text;
use super::math::RESERVE_MAX;
use super::params::Params;
use super::query::{incentive_to_wire, pool_to_wire};
use super::state::*;
use super::{account, amount, coin, handle, market, msg, must_pool};
use crate::invariants;
use crate::modules::auth;
use crate::wire as convert;

/// # Errors
/// A refusal that names the field, or the invariant that the section does not meet.
pub fn init(ctx: &mut Ctx, genesis: wire::GenesisState) -> Result<()> {
    let params = match &genesis.params {
        Some(params) => Params::from_wire(params).map_err(|e| e.wrap("params"))?,
        None => Params::default(),
    };
    PARAMS.save(ctx, &params)?;
    convert::each_row(&genesis.pools, "pools", |row| read_pool(ctx, row))?;
    convert::each_row(&genesis.accumulators, "accumulators", |row| {
        let acc = Accumulator {
            time: convert::must_time(row.time.as_ref(), "time")?,
            sums: sums(row)?,
            price: convert::parse_wad(&row.price, "price")?,
            depth: convert::parse_amount(&row.depth_2pct, "depth_2pct")?,
        };
        ACCUMULATORS.set(ctx, &pair(ctx, row)?, &acc)
    })?;
    convert::each_row(&genesis.snapshots, "snapshots", |row| {
        let (pool, base, quote) = pair(ctx, row)?;
        SNAPSHOTS.set(ctx, &(pool, base, quote, convert::must_time(row.time.as_ref(), "time")?), &sums(row)?)
    })?;
    convert::each_row(&genesis.incentives, "incentives", |row| read_incentive(ctx, row))?;
    convert::each_row(&genesis.indices, "indices", |row| read_index(ctx, row))?;
    convert::each_row(&genesis.ledgers, "ledgers", |row| {
        let received = convert::parse_coin(&row.received.clone().unwrap_or_default(), "received")?;
        must_pool(ctx, row.pool)?;
        let ledger = Ledger { received: amount(received.amount)?, paid: convert::parse_amount(&row.paid, "paid")? };
        LEDGERS.set(ctx, &(row.pool, received.denom), &ledger)
    })?;
    convert::each_row(&genesis.groups, "groups", |row| read_group(ctx, row))?;
    convert::each_row(&genesis.positions, "positions", |row| {
        let owner = ctx.bech32().parse_acc(&row.owner).map_err(|e| e.wrap("owner"))?;
        let place = msg::place(&row.validator, ctx.bech32()).map_err(|e| e.wrap("validator"))?;
        match convert::parse_amount(&row.units, "units")? {
            0 => Err(Error::plain("units: more than nothing is wanted")),
            units => POSITIONS.set(ctx, &(owner, row.pool, place), &units),
        }
    })?;
    convert::each_row(&genesis.credits, "credits", |row| {
        let owner = ctx.bech32().parse_acc(&row.owner).map_err(|e| e.wrap("owner"))?;
        let place = msg::place(&row.validator, ctx.bech32()).map_err(|e| e.wrap("validator"))?;
        let credit = Credit {
            index: convert::parse_wide(&row.index, "index")?,
            owed: convert::parse_amount(&row.owed, "owed")?,
        };
        CREDITS.set(ctx, &(owner, row.pool, place, Denom::new(&row.denom)?), &credit)
    })?;
    convert::each_row(&genesis.observations, "observations", |row| {
        must_pool(ctx, row.pool)?;
        OBSERVATIONS.set(ctx, &(convert::must_time(row.time.as_ref(), "time")?, row.pool), &())
    })?;
    convert::each_row(&genesis.reported, "reported", |row| {
        let denom = Denom::new(&row.denom)?;
        for quote in &row.quotes {
            QUOTES.set(ctx, &(denom.clone(), Denom::new(quote)?), &())?;
        }
        let report = Report {
            time: convert::must_time(row.time.as_ref(), "time")?,
            rate: convert::parse_wad(&row.rate, "rate")?,
        };
        REPORTED.set(ctx, &denom, &report)
    })?;
    if !genesis.report_cursor.is_empty() {
        REPORT_CURSOR.save(ctx, &Denom::new(&genesis.report_cursor)?.to_string())?;
    }
    if genesis.next_pool_id > POOL_IDS.peek(ctx)? {
        POOL_IDS.set(ctx, genesis.next_pool_id)?;
    }
    if genesis.next_incentive_id > INCENTIVE_IDS.peek(ctx)? {
        INCENTIVE_IDS.set(ctx, genesis.next_incentive_id)?;
    }
    invariants::must_hold(ctx, "pools")
}

fn sums(row: &wire::Accumulator) -> Result<Sums> {
    Ok(Sums {
        price: convert::parse_wide(&row.price_seconds, "price_seconds")?,
        depth: convert::parse_wide(&row.depth_seconds, "depth_seconds")?,
    })
}

fn pair(view: &View, row: &wire::Accumulator) -> Result<PairKey> {
    let (pool, base, quote) = (must_pool(view, row.pool)?, Denom::new(&row.denom)?, Denom::new(&row.quote)?);
    if pool.place(&base)? == pool.place(&quote)? {
        return Err(Error::plain(format!("quote: {quote} is priced in itself")));
    }
    Ok((pool.id, base, quote))
}

fn read_pool(ctx: &mut Ctx, row: &wire::Pool) -> Result<()> {
    let creator = ctx.bech32().parse_acc(&row.creator).map_err(|e| e.wrap("creator"))?;
    let terms = msg::terms(row.kind, &row.assets, &row.swap_fee, row.amplification)?;
    if row.id == 0 {
        return handle::make(ctx, &creator, terms).map(drop);
    }
    if POOLS.has(ctx, &row.id)? {
        return Err(Error::plain(format!("id: {} stands twice", row.id)));
    }
    if let Some(part) = terms.parts.iter().find(|part| part.reserve == 0 || part.reserve > RESERVE_MAX) {
        let (is, denom) = (part.reserve, &part.denom);
        return Err(Error::plain(format!("assets.reserve: {is}{denom}; 1 to {RESERVE_MAX} is allowed")));
    }
    let lp = format!("lp/{}", row.id);
    if row.lp_denom != lp {
        return Err(Error::plain(format!("lp_denom: must be {lp}, is {:?}", row.lp_denom)));
    }
    if terms.swap_fee > super::math::WAD / 2 {
        return Err(Error::plain(format!("swap_fee: {} x 10^-18; at most a half is allowed", terms.swap_fee)));
    }
    if matches!(terms.kind, Kind::Stable(0 | 1_000_001..)) {
        return Err(Error::plain(format!("amplification: {}; 1 to 1000000 is allowed", row.amplification)));
    }
    let pool = Pool {
        id: row.id,
        kind: terms.kind,
        creator,
        parts: terms.parts,
        swap_fee: terms.swap_fee,
        lp: Denom::new(&lp)?,
        shares: convert::parse_amount(&row.shares, "shares")?,
        paused: row.paused,
    };
    super::curve(ctx, &pool)?;
    auth::ensure_account(ctx, &account(pool.id))?;
    market::list_pairs(ctx, &pool)?;
    POOLS.set(ctx, &pool.id, &pool)?;
    if pool.id >= POOL_IDS.peek(ctx)? {
        POOL_IDS.set(ctx, pool.id.saturating_add(1))?;
    }
    Ok(())
}

fn read_incentive(ctx: &mut Ctx, row: &wire::Incentive) -> Result<()> {
    must_pool(ctx, row.pool)?;
    let given = convert::parse_coin(&row.amount.clone().unwrap_or_default(), "amount")?;
    let period = convert::parse_span(&row.period.unwrap_or_default(), "period")?;
    if !period.is_positive() {
        return Err(Error::plain(format!("period: {period}; more than nothing is wanted")));
    }
    let incentive = Incentive {
        funder: ctx.bech32().parse_acc(&row.funder).map_err(|e| e.wrap("funder"))?,
        denom: given.denom,
        amount: amount(given.amount)?,
        start: convert::must_time(row.start.as_ref(), "start")?,
        period,
        flowed: convert::parse_amount(&row.paid, "paid")?,
        seen: convert::must_time(row.seen.as_ref(), "seen")?,
    };
    if row.id >= INCENTIVE_IDS.peek(ctx)? {
        INCENTIVE_IDS.set(ctx, row.id.saturating_add(1))?;
    }
    INCENTIVES.set(ctx, &(row.pool, row.id), &incentive)
}

fn read_index(ctx: &mut Ctx, row: &wire::RewardIndex) -> Result<()> {
    must_pool(ctx, row.pool)?;
    let denom = Denom::new(&row.denom)?;
    let own = Index {
        index: convert::parse_wide(&row.index, "index")?,
        remainder: convert::parse_wide(&row.remainder, "remainder")?,
    };
    if !row.of_group {
        return INDICES.set(ctx, &(row.pool, denom), &own);
    }
    let place = msg::place(&row.validator, ctx.bech32()).map_err(|e| e.wrap("validator"))?;
    GROUP_INDICES.set(
        ctx,
        &(row.pool, place, denom),
        &GroupIndex { seen: convert::parse_wide(&row.seen, "seen")?, own },
    )
}

fn read_group(ctx: &mut Ctx, row: &wire::Group) -> Result<()> {
    must_pool(ctx, row.pool)?;
    let place = msg::place(&row.validator, ctx.bech32()).map_err(|e| e.wrap("validator"))?;
    let group = Group {
        units: convert::parse_amount(&row.units, "units")?,
        shares: convert::parse_amount(&row.shares, "shares")?,
        returning: convert::parse_amount(&row.returning, "returning")?,
        home: convert::parse_amount(&row.home, "home")?,
    };
    if let Some(validator) = place.0 {
        POOLS_AT.set(ctx, &(validator, row.pool), &())?;
    }
    let all = STAKED.get(ctx, &row.pool)?.unwrap_or_default();
    let all = super::plus(all, group.shares)?;
    if all > 0 {
        STAKED.set(ctx, &row.pool, &all)?;
    }
    GROUPS.set(ctx, &(row.pool, place), &group)
}

/// Everything.
pub fn export(view: &View) -> Result<wire::GenesisState> {
    let mut out = wire::GenesisState { params: Some(super::params(view)?.to_wire()), ..Default::default() };
    for row in POOLS.iter(view) {
        out.pools.push(pool_to_wire(view, &row?.1));
    }
    export_markets(view, &mut out)?;
    export_rewards(view, &mut out)?;
    export_stakes(view, &mut out)?;
    out.next_pool_id = POOL_IDS.peek(view)?;
    out.next_incentive_id = INCENTIVE_IDS.peek(view)?;
    Ok(out)
}

fn accumulator((pool, base, quote): PairKey, at: Timestamp, sums: &Sums) -> wire::Accumulator {
    wire::Accumulator {
        pool,
        denom: base.to_string(),
        quote: quote.to_string(),
        time: Some(convert::timestamp(at)),
        price_seconds: sums.price.to_string(),
        depth_seconds: sums.depth.to_string(),
        price: convert::wad(0),
        depth_2pct: "0".to_owned(),
    }
}

fn export_markets(view: &View, out: &mut wire::GenesisState) -> Result<()> {
    for row in ACCUMULATORS.iter(view) {
        let (key, acc) = row?;
        let mut shown = accumulator(key, acc.time, &acc.sums);
        (shown.price, shown.depth_2pct) = (convert::wad(acc.price), acc.depth.to_string());
        out.accumulators.push(shown);
    }
    for row in SNAPSHOTS.iter(view) {
        let ((pool, base, quote, at), sums) = row?;
        out.snapshots.push(accumulator((pool, base, quote), at, &sums));
    }
    for row in OBSERVATIONS.iter(view) {
        let ((at, pool), ()) = row?;
        out.observations.push(wire::Observation { time: Some(convert::timestamp(at)), pool });
    }
    for row in REPORTED.iter(view) {
        let (denom, report) = row?;
        let quotes = QUOTES.prefix(view, &denom).map(|row| row.map(|((_, quote), ())| quote.to_string()));
        out.reported.push(wire::Reported {
            denom: denom.to_string(),
            quotes: quotes.collect::<Result<_>>()?,
            time: Some(convert::timestamp(report.time)),
            rate: convert::wad(report.rate),
        });
    }
    out.report_cursor = REPORT_CURSOR.load(view)?.unwrap_or_default();
    Ok(())
}

fn export_rewards(view: &View, out: &mut wire::GenesisState) -> Result<()> {
    for row in INCENTIVES.iter(view) {
        let ((pool, id), incentive) = row?;
        out.incentives.push(incentive_to_wire(view, pool, id, &incentive));
    }
    let index = |pool, denom: &Denom, own: &Index| wire::RewardIndex {
        pool,
        denom: denom.to_string(),
        index: own.index.to_string(),
        remainder: own.remainder.to_string(),
        ..Default::default()
    };
    for row in INDICES.iter(view) {
        let ((pool, denom), own) = row?;
        out.indices.push(index(pool, &denom, &own));
    }
    for row in GROUP_INDICES.iter(view) {
        let ((pool, place, denom), of_group) = row?;
        out.indices.push(wire::RewardIndex {
            of_group: true,
            validator: place_text(view, place),
            seen: of_group.seen.to_string(),
            ..index(pool, &denom, &of_group.own)
        });
    }
    for row in LEDGERS.iter(view) {
        let ((pool, denom), ledger) = row?;
        let received = Some(convert::coin(&coin(&denom, ledger.received)));
        out.ledgers.push(wire::RewardLedger { pool, received, paid: ledger.paid.to_string() });
    }
    Ok(())
}

fn export_stakes(view: &View, out: &mut wire::GenesisState) -> Result<()> {
    for row in GROUPS.iter(view) {
        let ((pool, place), group) = row?;
        out.groups.push(wire::Group {
            pool,
            validator: place_text(view, place),
            units: group.units.to_string(),
            shares: group.shares.to_string(),
            returning: group.returning.to_string(),
            home: group.home.to_string(),
        });
    }
    for row in POSITIONS.iter(view) {
        let ((owner, pool, place), units) = row?;
        out.positions.push(wire::Position {
            owner: view.bech32().acc(&owner),
            pool,
            validator: place_text(view, place),
            shares: "0".to_owned(),
            owed: Vec::new(),
            units: units.to_string(),
        });
    }
    for row in CREDITS.iter(view) {
        let ((owner, pool, place, denom), credit) = row?;
        out.credits.push(wire::Credit {
            owner: view.bech32().acc(&owner),
            pool,
            validator: place_text(view, place),
            denom: denom.to_string(),
            index: credit.index.to_string(),
            owed: credit.owed.to_string(),
        });
    }
    Ok(())
}
