//! A small chain for tests: bank, staking, distribution and alliance as they are, started from a genesis, driven by real messages.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use entente_kernel::crypto::ed25519;
use entente_kernel::num::{Coin, Coins, Dec, Denom, Int};
use entente_kernel::tree::Forest;
use entente_kernel::{AccAddress, Bech32, Ctx, Env, Event, Map, Mode, Result, Span, Timestamp, ValAddress, Wire};
use entente_proto::alliance::alliance as wire;
use entente_proto::cosmos::staking::v1beta1 as staking_wire;
use serde_json::json;

use super::super::msg::{self, Terms};
use super::super::pool::Site;
use super::super::state::{self, AssetKey, Delegation, Pool};
use super::super::{block, entry, genesis, handle, hook, invariant, reward};
use crate::modules::auth::{self, ModuleAccount};
use crate::modules::{bank, distribution, staking};
use crate::stores;

pub const A1: &str = "alliance";
pub const A2: &str = "alliance2";
pub const UNBONDING_SECS: i64 = 21 * 24 * 3600;
const STAKING_VALIDATORS: Map<ValAddress, Wire<staking_wire::Validator>> = Map::new(stores::STAKING, &[0x21]);

/// The chain, and names instead of addresses: validators `G`, `V1`, `V2`, ..., users `u1`, `u2`, ....
pub struct Net {
    pub ctx: Ctx,
}

fn address(name: &str) -> [u8; 20] {
    let mut bytes = [7; 20];
    for (to, from) in bytes.iter_mut().zip(name.bytes()) {
        *to = from;
    }
    bytes
}

pub fn user(name: &str) -> AccAddress {
    AccAddress::from_array(address(name))
}

pub fn val(name: &str) -> ValAddress {
    ValAddress::from_array(address(name))
}

pub fn denom(text: &str) -> Denom {
    Denom::new(text).unwrap()
}

pub fn key(text: &str) -> AssetKey {
    AssetKey(denom(text))
}

pub fn dec(text: &str) -> Dec {
    text.parse().unwrap()
}

pub fn int(n: u128) -> Int {
    Int::from(n)
}

pub fn coin(text: &str, n: u128) -> Coin {
    Coin::new(denom(text), int(n))
}

pub fn coins(list: &[(&str, u128)]) -> Coins {
    Coins::new(list.iter().map(|(d, n)| coin(d, *n)).collect()).unwrap()
}

impl Net {
    /// `G` with 1,000,000 native tokens in one share, and bonded validators `V1` to `V4` without stake of their own.
    pub fn new() -> Self {
        Self::with_native(&[("G", 1_000_000)])
    }

    /// Validators with native stake; those of `V1` to `V4` that are not named have none.
    pub fn with_native(native: &[(&str, u64)]) -> Self {
        let bech32 = Bech32::new("cosmos");
        let env = Env {
            chain_id: "test".into(),
            height: 1,
            time: Timestamp::from_secs(1_700_000_000),
            proposer: None,
            bech32: bech32.clone(),
            mode: Mode::Deliver,
        };
        let mut ctx = Ctx::new(Forest::new(stores::ALL), env);
        let mut stakes: BTreeMap<&str, u64> = ["V1", "V2", "V3", "V4"].map(|v| (v, 0)).into();
        stakes.extend(native.iter().copied());
        start_staking(&mut ctx, &bech32, &stakes);
        genesis::init(
            &mut ctx,
            wire::GenesisState { params: Some(super::super::Params::default().to_wire()), ..Default::default() },
        )
        .unwrap();
        ctx.take_events();
        let mut net = Self { ctx };
        for name in ["u1", "u2", "u3", "u4", "u5"] {
            for d in [A1, A2, "token"] {
                net.fund(name, d, 10u128.pow(27));
            }
        }
        net
    }

    pub fn fund(&mut self, name: &str, d: &str, n: u128) {
        let amount = coins(&[(d, n)]);
        bank::mint(&mut self.ctx, &ModuleAccount::MINT, &amount).unwrap();
        bank::send(&mut self.ctx, &ModuleAccount::MINT.address(), &user(name), &amount).unwrap();
    }

    /// Coins for the alliance account, as a genesis brings them along.
    pub fn give_to_alliance(&mut self, list: &[(&str, u128)]) {
        self.give_to(&ModuleAccount::ALLIANCE, list);
    }

    pub fn give_to(&mut self, account: &ModuleAccount, list: &[(&str, u128)]) {
        let amount = coins(list);
        bank::mint(&mut self.ctx, &ModuleAccount::MINT, &amount).unwrap();
        bank::send_between_modules(&mut self.ctx, &ModuleAccount::MINT, account, &amount).unwrap();
    }

    /// Asset with bounds, started already.
    pub fn asset(&mut self, d: &str, weight: &str, min: &str, max: &str, take: &str) {
        self.asset_with(
            d,
            Terms {
                reward_weight: dec(weight),
                weight_min: dec(min),
                weight_max: dec(max),
                take_rate: dec(take),
                change_rate: Dec::ONE,
                change_interval: Span::ZERO,
            },
        );
        self.start_at(d, self.ctx.time());
    }

    pub fn asset_with(&mut self, d: &str, terms: Terms) {
        let authority = self.ctx.bech32().acc(&auth::authority());
        handle::create_alliance(&mut self.ctx, msg::CreateAlliance { authority, denom: denom(d), terms }).unwrap();
    }

    /// Lets the rewards of an asset start at a time.
    pub fn start_at(&mut self, d: &str, start: Timestamp) {
        let mut asset = self.stored(d);
        (asset.start, asset.last_change) = (start, start);
        state::ASSETS.set(&mut self.ctx, &key(d), &asset).unwrap();
    }

    pub fn update(&mut self, d: &str, change: impl FnOnce(&mut Terms)) -> Result<()> {
        let asset = self.stored(d);
        let mut terms = Terms {
            reward_weight: asset.reward_weight,
            weight_min: asset.weight_min,
            weight_max: asset.weight_max,
            take_rate: asset.take_rate,
            change_rate: asset.change_rate,
            change_interval: asset.change_interval,
        };
        change(&mut terms);
        let authority = self.ctx.bech32().acc(&auth::authority());
        let message = msg::UpdateAlliance { authority, denom: d.to_owned(), terms };
        self.ctx.layer(|ctx| handle::update_alliance(ctx, message)).map(|_| ())
    }

    pub fn delete(&mut self, d: &str) -> Result<()> {
        let authority = self.ctx.bech32().acc(&auth::authority());
        let message = msg::DeleteAlliance { authority, denom: d.to_owned() };
        self.ctx.layer(|ctx| handle::delete_alliance(ctx, message)).map(|_| ())
    }

    pub fn set_params(&mut self, change: impl FnOnce(&mut super::super::Params)) -> Result<()> {
        let mut params = super::super::params(&self.ctx).unwrap();
        change(&mut params);
        let authority = self.ctx.bech32().acc(&auth::authority());
        self.ctx.layer(|ctx| handle::update_params(ctx, msg::UpdateParams { authority, params })).map(|_| ())
    }

    /// Gives the new validator shares, as upstream's keeper returns them.
    pub fn try_delegate(&mut self, u: &str, v: &str, d: &str, n: u128) -> Result<Dec> {
        let before = self.stored_or_none(d).map_or(Dec::ZERO, |a| a.shares);
        let m = msg::Delegate { delegator: user(u), validator: val(v), denom: d.to_owned(), amount: int(n) };
        self.ctx.layer(|ctx| handle::delegate(ctx, m))?;
        Ok(self.stored(d).shares.sub(before)?)
    }

    pub fn delegate(&mut self, u: &str, v: &str, d: &str, n: u128) -> Dec {
        self.try_delegate(u, v, d, n).unwrap()
    }

    pub fn undelegate(&mut self, u: &str, v: &str, d: &str, n: u128) -> Result<()> {
        let m = msg::Undelegate { delegator: user(u), validator: val(v), denom: d.to_owned(), amount: int(n) };
        self.ctx.layer(|ctx| handle::undelegate(ctx, m)).map(|_| ())
    }

    pub fn redelegate(&mut self, u: &str, from: &str, to: &str, d: &str, n: u128) -> Result<()> {
        let m = msg::Redelegate {
            delegator: user(u),
            source: val(from),
            destination: val(to),
            denom: d.to_owned(),
            amount: int(n),
        };
        self.ctx.layer(|ctx| handle::redelegate(ctx, m)).map(|_| ())
    }

    /// The coins that a claim pays.
    pub fn claim(&mut self, u: &str, v: &str, d: &str) -> Result<Coins> {
        self.ctx.layer(|ctx| handle::claim_rewards(ctx, &user(u), &val(v), d))
    }

    /// What a claim would pay now.
    pub fn claimable(&mut self, u: &str, v: &str, d: &str) -> Coins {
        self.ctx.dry_run(|ctx| handle::claim_rewards(ctx, &user(u), &val(v), d)).unwrap()
    }

    /// Rewards that fall to a validator's virtual stake: upstream's ADD.
    pub fn deposit(&mut self, v: &str, list: &[(&str, u128)]) {
        let amount = coins(list);
        bank::mint(&mut self.ctx, &ModuleAccount::ALLIANCE, &amount).unwrap();
        reward::distribute(&mut self.ctx, &val(v), &amount).unwrap();
    }

    /// A fault at `infraction_height`, as staking tells it.
    pub fn fault_at(&mut self, v: &str, factor: &str, infraction_height: i64) {
        hook::before_slash_is_recorded(&mut self.ctx, &val(v), dec(factor)).unwrap();
        hook::before_validator_slashed(&mut self.ctx, &val(v), infraction_height, dec(factor)).unwrap();
    }

    /// A fault older than all entries.
    pub fn fault(&mut self, v: &str, factor: &str) {
        self.fault_at(v, factor, 0);
    }

    /// Alliance's end of block.
    pub fn end(&mut self) {
        block::end(&mut self.ctx).unwrap();
        self.assert_sound();
    }

    /// The next block begins so many seconds later.
    pub fn pass(&mut self, secs: i64) {
        let env = self.ctx.env_mut();
        env.height += 1;
        env.time = env.time.plus(Span::from_secs(secs));
    }

    /// Ends blocks until nothing more is to be rebalanced, without time passing.
    pub fn rebalance(&mut self) {
        for _ in 0..3 {
            self.end();
        }
    }

    pub fn assert_sound(&self) {
        assert_eq!(invariant::delegator_shares(&self.ctx).unwrap(), None);
        assert_eq!(invariant::validator_shares(&self.ctx).unwrap(), None);
        assert_eq!(invariant::reward_pool(&self.ctx).unwrap(), None);
        assert_eq!(invariant::module_balance(&self.ctx).unwrap(), None);
    }

    pub fn stored_or_none(&self, d: &str) -> Option<state::Asset> {
        state::ASSETS.get(&self.ctx, &key(d)).unwrap()
    }

    pub fn stored(&self, d: &str) -> state::Asset {
        self.stored_or_none(d).unwrap()
    }

    pub fn site(&self, v: &str, d: &str) -> Site {
        Site::load(&self.ctx, &val(v), &key(d)).unwrap()
    }

    pub fn pool(&self, v: &str, d: &str) -> Pool {
        self.site(v, d).pool
    }

    pub fn delegation(&self, u: &str, v: &str, d: &str) -> Option<Delegation> {
        state::DELEGATIONS.get(&self.ctx, &(user(u), val(v), key(d))).unwrap()
    }

    /// The balance that is shown.
    pub fn shown(&self, u: &str, v: &str, d: &str) -> Int {
        let asset = self.stored(d);
        self.delegation(u, v, d).map_or(Int::ZERO, |row| self.site(v, d).value_of(&asset, &row).unwrap())
    }

    /// Amounts of the open unbonding entries, by completion.
    pub fn unbonding(&self, u: &str, d: &str) -> Vec<u128> {
        let rows = entry::unbondings_of(&self.ctx, &user(u), &key(d)).unwrap();
        rows.into_iter().map(|(_, row)| row.amount.to_u128().unwrap()).collect()
    }

    pub fn balance(&self, u: &str, d: &str) -> Int {
        bank::balance(&self.ctx, &user(u), &denom(d)).unwrap()
    }

    pub fn held_by(&self, account: &ModuleAccount, d: &str) -> Int {
        bank::balance(&self.ctx, &account.address(), &denom(d)).unwrap()
    }

    pub fn community_pool(&self, d: &str) -> String {
        distribution::community_pool(&self.ctx).unwrap().amount_of(d).to_string()
    }

    pub fn native_tokens(&self, v: &str) -> Int {
        staking::must_validator(&self.ctx, &val(v)).unwrap().tokens
    }

    pub fn total_bonded(&self) -> Int {
        staking::total_bonded_tokens(&self.ctx).unwrap()
    }

    /// The virtual stake at a validator.
    pub fn virtual_stake(&self, v: &str) -> String {
        let module = ModuleAccount::ALLIANCE.address();
        let Some(found) = staking::delegation(&self.ctx, &module, &val(v)).unwrap() else { return "0".to_owned() };
        let validator = staking::must_validator(&self.ctx, &val(v)).unwrap();
        validator.tokens_from_shares(found.shares).unwrap().to_string()
    }

    /// Moves a validator out of or into the active set, its tokens with it.
    pub fn set_bonded(&mut self, v: &str, bonded: bool) {
        let mut record = STAKING_VALIDATORS.must(&self.ctx, &val(v)).unwrap().0;
        let status = if bonded { staking_wire::BondStatus::Bonded } else { staking_wire::BondStatus::Unbonding };
        record.status = status.into();
        let tokens = coins(&[("stake", record.tokens.parse().unwrap())]);
        STAKING_VALIDATORS.set(&mut self.ctx, &val(v), &Wire(record)).unwrap();
        let (from, to) = (ModuleAccount::BONDED_POOL, ModuleAccount::NOT_BONDED_POOL);
        let (from, to) = if bonded { (to, from) } else { (from, to) };
        bank::send_between_modules(&mut self.ctx, &from, &to, &tokens).unwrap();
        if bonded {
            hook::after_validator_bonded(&mut self.ctx, &val(v)).unwrap();
        } else {
            hook::after_validator_begin_unbonding(&mut self.ctx, &val(v)).unwrap();
        }
    }

    /// Removes a validator from staking, as happens when it is unbonded and nobody delegates natively.
    pub fn remove_validator(&mut self, v: &str) {
        STAKING_VALIDATORS.remove(&mut self.ctx, &val(v)).unwrap();
        hook::after_validator_removed(&mut self.ctx, &val(v)).unwrap();
    }

    pub fn set_commission(&mut self, v: &str, rate: Dec) {
        let mut record = STAKING_VALIDATORS.must(&self.ctx, &val(v)).unwrap().0;
        record.commission.as_mut().unwrap().commission_rates.as_mut().unwrap().rate = rate.to_scaled_string();
        STAKING_VALIDATORS.set(&mut self.ctx, &val(v), &Wire(record)).unwrap();
    }

    pub fn events(&mut self, name: &str) -> Vec<Event> {
        let kind = format!("alliance.alliance.{name}");
        self.ctx.take_events().into_iter().filter(|e| e.kind == kind).collect()
    }
}

/// The log of a refusal.
pub fn log<T: std::fmt::Debug>(outcome: Result<T>) -> String {
    outcome.unwrap_err().to_string()
}

fn start_staking(ctx: &mut Ctx, bech32: &Bech32, stakes: &BTreeMap<&str, u64>) {
    let fund = |ctx: &mut Ctx, n: u128| {
        let amount = coins(&[("stake", n)]);
        bank::mint(ctx, &ModuleAccount::MINT, &amount).unwrap();
        bank::send(ctx, &ModuleAccount::MINT.address(), &ModuleAccount::BONDED_POOL.address(), &amount).unwrap();
    };
    let (mut validators, mut delegations) = (Vec::new(), Vec::new());
    for (i, (name, stake)) in stakes.iter().enumerate() {
        // Staking wants shares in a genesis; the record is set to the wanted stake below.
        let tokens = (*stake).max(1_000_000);
        fund(ctx, u128::from(tokens));
        let operator = bech32.val(&val(name));
        let key = ed25519::public_key(&[u8::try_from(i).unwrap() + 1; 32]);
        validators.push(json!({
            "operator_address": operator,
            "consensus_pubkey": {"@type": "/cosmos.crypto.ed25519.PubKey", "key": STANDARD.encode(key)},
            "jailed": false,
            "status": "BOND_STATUS_BONDED",
            "tokens": tokens.to_string(),
            "delegator_shares": if *name == "G" { "1.000000000000000000".to_owned() } else { format!("{tokens}.000000000000000000") },
            "description": {"moniker": name},
            "unbonding_height": "0",
            "unbonding_time": "1970-01-01T00:00:00Z",
            "commission": {"commission_rates": {"rate": "0.0", "max_rate": "0.0", "max_change_rate": "0.0"}, "update_time": "1970-01-01T00:00:00Z"},
            "min_self_delegation": "1",
        }));
        delegations.push(json!({
            "delegator_address": bech32.acc(&user(name)),
            "validator_address": operator,
            "shares": if *name == "G" { "1.000000000000000000".to_owned() } else { format!("{tokens}.000000000000000000") },
        }));
    }
    let section = json!({
        "params": {"unbonding_time": format!("{UNBONDING_SECS}s"), "max_validators": 100, "max_entries": 7,
            "historical_entries": 1, "bond_denom": "stake", "min_commission_rate": "0.0"},
        "last_total_power": "0", "validators": validators, "delegations": delegations, "exported": false,
    });
    distribution::genesis::init(ctx, entente_kernel::json::from_json(&json!({
        "params": {"community_tax": "0.0", "base_proposer_reward": "0.0", "bonus_proposer_reward": "0.0", "withdraw_addr_enabled": true},
    })).unwrap()).unwrap();
    staking::genesis::init(ctx, entente_kernel::json::from_json(&section).unwrap()).unwrap();
    for (name, stake) in stakes.iter().filter(|(_, stake)| **stake == 0) {
        let mut record = STAKING_VALIDATORS.must(ctx, &val(name)).unwrap().0;
        (record.tokens, record.delegator_shares) = (stake.to_string(), "0".to_owned());
        STAKING_VALIDATORS.set(ctx, &val(name), &Wire(record)).unwrap();
        bank::burn(ctx, &ModuleAccount::BONDED_POOL, &coins(&[("stake", 1_000_000)])).unwrap();
    }
}
