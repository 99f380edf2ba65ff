//! The rules of the vaults on a real state: three staking tokens of one family, staked as alliance assets with real validators.

mod attack;
mod auctions;
mod exits;
mod halts;
mod hooks;
pub mod hostile;
mod life;
mod model;
mod scenario;
mod slashes;
mod storm;
mod swaps;

use entente_kernel::num::{Coin, Coins, Denom, Int};
use entente_kernel::{Result, Span};
use entente_proto::alliance::alliance::{MsgCreateAlliance, RewardWeightRange};
use entente_proto::cosmos::base::v1beta1 as base;
use entente_proto::restake::vault::v1 as wire;

use super::math::WAD;
use super::state::{BATCHES, Batch, VAULTS, Vault};
use super::{account, holding};
use crate::modules::assets::{self, Flags, Kind, Listing, Source, Tier};
use crate::modules::auth::{self, ModuleAccount};
use crate::modules::bank;
use crate::world::{World, user};

pub const DAY: i64 = 86_400;
pub const DENOMS: [&str; 3] = ["stuatom", "stkuatom", "quatom"];
/// A vault worth less than this has no fee and no caps.
pub const BOOT: u128 = 1_000_000_000;

/// A small chain with one vault, number 1.
pub struct Net {
    pub w: World,
}

/// How many random cases a test tries: a few, or as many as a variable says where somebody wants to know.
#[allow(clippy::disallowed_methods, reason = "how long a test searches is decided by who runs it")]
pub fn cases(variable: &str, usual: u32) -> u32 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

pub fn denom(text: &str) -> Denom {
    Denom::new(text).unwrap()
}

fn wad(hundredths: u128) -> String {
    (hundredths * WAD / 100).to_string()
}

impl Net {
    /// Three validators; rates 1.05, 1.30, 1.12; targets 40, 35, 25 %. The assets pay no take.
    pub fn new() -> Self {
        Self::with_take("0")
    }

    pub fn with_take(take_rate: &str) -> Self {
        Self::with(take_rate, &Source::Static)
    }

    pub fn with(take_rate: &str, source: &Source) -> Self {
        let mut w = World::new(&[50_000_000, 40_000_000, 30_000_000]);
        for (name, rate, issuer) in
            [(DENOMS[0], 105, "stride"), (DENOMS[1], 130, "pstake"), (DENOMS[2], 112, "quicksilver")]
        {
            let listing = Listing {
                denom: denom(name),
                underlying: "ATOM".into(),
                decimals: 6,
                underlying_decimals: Some(6),
                issuer: issuer.into(),
                bridge_class: "ibc".into(),
                kind: Kind::Lst,
                tier: Tier::Basket,
                source: source.clone(),
                rate: rate * WAD / 100,
                flags: Flags { alliance_ok: true, basket_ok: true, collateral_ok: true },
                cap_value: 0,
                haircut: 0,
                components: Vec::new(),
            };
            assets::register(&mut w.ctx, &listing).unwrap();
            let create = MsgCreateAlliance {
                authority: w.ctx.bech32().acc(&auth::authority()),
                denom: name.into(),
                reward_weight: (WAD / 10).to_string(),
                take_rate: take_rate.into(),
                reward_change_rate: WAD.to_string(),
                reward_change_interval: Some(prost_types::Duration::default()),
                reward_weight_range: Some(RewardWeightRange { min: "0".into(), max: WAD.to_string() }),
            };
            w.send(&create).unwrap();
        }
        let mut net = Self { w };
        net.count_halts(0);
        net.w.after(120);
        let response = net.create(1, &[(DENOMS[0], 40), (DENOMS[1], 35), (DENOMS[2], 25)]);
        response.unwrap();
        net.lift_canary();
        net
    }

    /// Most tests jump in time, which is no halt of the chain.
    pub fn count_halts(&mut self, threshold: i64) {
        let mut params = super::params(&self.w.ctx).unwrap();
        params.halt_threshold = Span::from_secs(threshold);
        super::state::PARAMS.save(&mut self.w.ctx, &params).unwrap();
    }

    pub fn create(&mut self, curator: u8, targets: &[(&str, u128)]) -> Result<()> {
        self.create_with(curator, targets, &[])
    }

    pub fn create_with(&mut self, curator: u8, targets: &[(&str, u128)], hooks: &[&str]) -> Result<()> {
        let seat = |(name, target): &(&str, u128)| wire::VaultAsset {
            denom: (*name).into(),
            target: wad(*target),
            goal: "0".into(),
            cap: wad(100),
            floor: "0".into(),
            deposit_cap: "0".into(),
            ..Default::default()
        };
        let message = wire::MsgCreateVault {
            curator: self.w.acc(curator),
            underlying: "ATOM".into(),
            assets: targets.iter().map(seat).collect(),
            mode: wire::Mode::Isolated.into(),
            risk_class: Some(wire::RiskClass {
                loss_max: wad(10),
                kappa: wad(50),
                rho_max: wad(30),
                service_kinds: Vec::new(),
            }),
            fees: Some(wire::Fees {
                performance: wad(10),
                protocol_part: wad(50),
                curator_part: wad(50),
                builder_part: "0".into(),
                builder: String::new(),
            }),
            bond: Some(base::Coin { denom: "uente".into(), amount: "1000000000".into() }),
            hooks: hooks.iter().map(|name| (*name).to_owned()).collect(),
        };
        self.w.send(&message).map(drop)
    }

    /// A test of the arithmetic wants no cap of a young vault and no limit per epoch.
    pub fn lift_canary(&mut self) {
        let mut vault = self.vault();
        vault.canary_cap = 0;
        vault.epoch_nav = 1 << 90;
        VAULTS.set(&mut self.w.ctx, &1, &vault).unwrap();
    }

    pub fn fund(&mut self, n: u8, name: &str, amount: u128) {
        let coins = Coins::one(Coin::new(denom(name), Int::from(amount))).unwrap();
        bank::mint(&mut self.w.ctx, &ModuleAccount::TRANSFER, &coins).unwrap();
        bank::send(&mut self.w.ctx, &ModuleAccount::TRANSFER.address(), &user(n), &coins).unwrap();
    }

    pub fn try_deposit(&mut self, n: u8, name: &str, amount: u128, min_shares: u128) -> Result<u128> {
        let lrt = denom("lrt/1");
        let before = self.held(n, "lrt/1");
        let message = wire::MsgDeposit {
            depositor: self.w.acc(n),
            vault: 1,
            coin: Some(base::Coin { denom: name.into(), amount: amount.to_string() }),
            min_shares_out: min_shares.to_string(),
            deadline: None,
            receiver: String::new(),
        };
        self.w.send(&message)?;
        let after = bank::balance(&self.w.ctx, &user(n), &lrt).unwrap().to_u128().unwrap();
        Ok(after - before)
    }

    /// Funds somebody and deposits it.
    pub fn deposit(&mut self, n: u8, name: &str, amount: u128) -> u128 {
        self.fund(n, name, amount);
        self.try_deposit(n, name, amount, 0).unwrap()
    }

    pub fn request_exit(&mut self, n: u8, shares: u128) -> Result<()> {
        let message = wire::MsgRequestExit { owner: self.w.acc(n), vault: 1, shares: shares.to_string() };
        self.w.send(&message).map(drop)
    }

    /// A block after the end of the running epoch.
    pub fn next_epoch(&mut self) {
        self.w.after(DAY);
        self.lift_canary();
    }

    pub fn vault(&self) -> Vault {
        VAULTS.must(&self.w.ctx, &1).unwrap()
    }

    pub fn batch(&self, id: u64) -> Batch {
        BATCHES.must(&self.w.ctx, &(1, id)).unwrap()
    }

    pub fn held(&self, n: u8, name: &str) -> u128 {
        bank::balance(&self.w.ctx, &user(n), &denom(name)).unwrap().to_u128().unwrap()
    }

    pub fn active(&self) -> [u128; 3] {
        DENOMS.map(|name| holding::holding(&self.w.ctx, 1, &denom(name)).unwrap().active)
    }

    pub fn nav(&self) -> u128 {
        holding::basket(&self.w.ctx, &self.vault()).unwrap().nav().unwrap()
    }

    pub fn staked(&self, name: &str) -> u128 {
        holding::staked(&self.w.ctx, 1, &denom(name)).unwrap()
    }

    pub fn in_account(&self, name: &str) -> u128 {
        bank::balance(&self.w.ctx, &account(1), &denom(name)).unwrap().to_u128().unwrap()
    }

    /// Seconds go by in blocks of a day at most, as on a chain that lives.
    pub fn pass(&mut self, secs: i64) {
        let mut left = secs;
        while left > 0 {
            let step = left.min(DAY / 2);
            self.w.after(step);
            left -= step;
        }
    }
}
