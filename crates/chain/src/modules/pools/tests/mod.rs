//! The rules of the pools on a real state: a staking token of ATOM and its voucher, one more coin, real validators.

mod life;
mod market;
mod random;
mod rewards;

use entente_kernel::Result;
use entente_kernel::num::{Coin, Coins, Denom, Int};
use entente_proto::alliance::alliance::{MsgCreateAlliance, RewardWeightRange};
use entente_proto::cosmos::base::v1beta1 as base;
use entente_proto::restake::pools::v1 as wire;

use super::math::WAD;
use super::state::{POOLS, Pool};
use crate::modules::assets::{self, Flags, Kind, Listing, Source, Tier};
use crate::modules::auth::{self, ModuleAccount};
use crate::modules::bank;
use crate::world::{World, user};

pub const DAY: i64 = 86_400;
pub const ATOM: &str = "uatom";
pub const STATOM: &str = "stuatom";
pub const OTHER: &str = "uother";
/// A unit of everything.
pub const G: u128 = 1_000_000_000;

pub fn denom(text: &str) -> Denom {
    Denom::new(text).unwrap()
}

pub fn wad(hundredths: u128) -> String {
    (hundredths * WAD / 100).to_string()
}

pub struct Net {
    pub w: World,
}

impl Net {
    /// Three validators; stATOM is worth 1.25 ATOM.
    pub fn new() -> Self {
        let mut net = Self { w: World::new(&[50_000_000, 40_000_000, 30_000_000]) };
        net.list(ATOM, Kind::Voucher, 100, &[]);
        net.list(STATOM, Kind::Lst, 125, &[]);
        for n in 101..=106 {
            for name in [ATOM, STATOM, OTHER] {
                net.fund(n, name, 1_000_000 * G);
            }
        }
        net
    }

    /// As [`Net::new`], with pool 1 (stable, 4,000 G stATOM and 5,000 G ATOM, fee 0.04%) and pool 2 (weighted 80:20, 1,000 G of the other
    /// coin and 500 G ATOM, fee 0.3%), both of account 101. The first is registered.
    pub fn with_pools() -> Self {
        let mut net = Self::new();
        net.create(101, 100, &[(STATOM, 4_000 * G, 0), (ATOM, 5_000 * G, 0)], WAD / 2_500).unwrap();
        net.create(101, 0, &[(OTHER, 1_000 * G, 80), (ATOM, 500 * G, 20)], 3 * WAD / 1_000).unwrap();
        net.list("lp/1", Kind::Lp, 100, &[ATOM, STATOM]);
        net
    }

    pub fn list(&mut self, name: &str, kind: Kind, rate: u128, components: &[&str]) {
        self.list_in("ATOM", name, kind, rate, components);
    }

    pub fn list_in(&mut self, underlying: &str, name: &str, kind: Kind, rate: u128, components: &[&str]) {
        let decimals = if kind == Kind::Lp { 12 } else { 6 };
        let listing = Listing {
            denom: denom(name),
            underlying: underlying.into(),
            decimals,
            underlying_decimals: Some(6),
            issuer: "issuer".into(),
            bridge_class: "ibc".into(),
            kind,
            tier: Tier::Basket,
            source: if kind == Kind::Voucher { Source::Static } else { Source::Local },
            rate: rate * WAD / 100,
            flags: Flags { alliance_ok: true, basket_ok: false, collateral_ok: false },
            cap_value: 0,
            haircut: 0,
            components: components.iter().map(|name| denom(name)).collect(),
        };
        assets::register(&mut self.w.ctx, &listing).unwrap();
    }

    /// Makes a coin an alliance asset.
    pub fn ally(&mut self, name: &str) {
        let create = MsgCreateAlliance {
            authority: self.w.ctx.bech32().acc(&auth::authority()),
            denom: name.into(),
            reward_weight: (WAD / 10).to_string(),
            take_rate: "0".into(),
            reward_change_rate: WAD.to_string(),
            reward_change_interval: Some(prost_types::Duration::default()),
            reward_weight_range: Some(RewardWeightRange { min: "0".into(), max: WAD.to_string() }),
        };
        self.w.send(&create).unwrap();
        self.w.after(120);
    }

    pub fn fund(&mut self, n: u8, name: &str, amount: u128) {
        let coins = Coins::one(Coin::new(denom(name), Int::from(amount))).unwrap();
        bank::mint(&mut self.w.ctx, &ModuleAccount::TRANSFER, &coins).unwrap();
        bank::send(&mut self.w.ctx, &ModuleAccount::TRANSFER.address(), &user(n), &coins).unwrap();
    }

    /// Amplification zero: weighted, with weights in hundredths.
    pub fn create_message(
        &self,
        n: u8,
        amplification: u64,
        parts: &[(&str, u128, u128)],
        fee: u128,
    ) -> wire::MsgCreatePool {
        let asset = |(name, amount, weight): &(&str, u128, u128)| wire::PoolAsset {
            reserve: Some(base::Coin { denom: (*name).into(), amount: amount.to_string() }),
            weight: wad(*weight),
        };
        let kind = if amplification == 0 { wire::PoolKind::Weighted } else { wire::PoolKind::Stable };
        wire::MsgCreatePool {
            creator: self.w.acc(n),
            kind: kind.into(),
            assets: parts.iter().map(asset).collect(),
            swap_fee: fee.to_string(),
            amplification,
        }
    }

    pub fn create(&mut self, n: u8, amplification: u64, parts: &[(&str, u128, u128)], fee: u128) -> Result<()> {
        let message = self.create_message(n, amplification, parts, fee);
        self.w.send(&message).map(drop)
    }

    pub fn swap_message(&self, n: u8, paid: (&str, u128), route: &[(u64, &str)]) -> wire::MsgSwap {
        wire::MsgSwap {
            sender: self.w.acc(n),
            coin_in: Some(base::Coin { denom: paid.0.into(), amount: paid.1.to_string() }),
            route: route.iter().map(|(pool, out)| wire::Hop { pool: *pool, denom_out: (*out).into() }).collect(),
            min_out: "1".into(),
            deadline: None,
        }
    }

    /// Swaps; gives what came of the last coin.
    pub fn swap(&mut self, n: u8, paid: (&str, u128), route: &[(u64, &str)]) -> Result<u128> {
        let last = route.last().unwrap().1;
        let before = self.held(n, last);
        let message = self.swap_message(n, paid, route);
        self.w.send(&message)?;
        Ok(self.held(n, last) - before)
    }

    /// Joins; gives the shares.
    pub fn join(&mut self, n: u8, pool: u64, coins: &[(&str, u128)]) -> Result<u128> {
        let lp = format!("lp/{pool}");
        let before = self.held(n, &lp);
        let mut coins: Vec<base::Coin> = coins
            .iter()
            .map(|(name, amount)| base::Coin { denom: (*name).into(), amount: amount.to_string() })
            .collect();
        coins.sort_by(|a, b| a.denom.cmp(&b.denom));
        let message =
            wire::MsgJoinPool { sender: self.w.acc(n), pool, coins, min_shares_out: "1".into(), deadline: None };
        self.w.send(&message)?;
        Ok(self.held(n, &lp) - before)
    }

    pub fn exit(&mut self, n: u8, pool: u64, shares: u128) -> Result<()> {
        let message = wire::MsgExitPool {
            sender: self.w.acc(n),
            pool,
            shares: shares.to_string(),
            min_coins_out: Vec::new(),
            deadline: None,
        };
        self.w.send(&message).map(drop)
    }

    pub fn held(&self, n: u8, name: &str) -> u128 {
        bank::balance(&self.w.ctx, &user(n), &denom(name)).unwrap().to_u128().unwrap()
    }

    pub fn pool(&self, id: u64) -> Pool {
        POOLS.must(&self.w.ctx, &id).unwrap()
    }

    /// Time goes by in blocks of an hour at most.
    pub fn pass(&mut self, secs: i64) {
        let mut left = secs;
        while left > 0 {
            let step = left.min(3_600);
            self.w.after(step);
            left -= step;
        }
    }

    pub fn set_paused(&mut self, paused: bool) {
        let params = super::Params { paused, ..super::params(&self.w.ctx).unwrap() };
        let authority = self.w.ctx.bech32().acc(&auth::authority());
        self.w.send(&wire::MsgUpdateParams { authority, params: Some(params.to_wire()) }).unwrap();
    }
}
