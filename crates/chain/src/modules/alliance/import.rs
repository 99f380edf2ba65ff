//! A genesis that the Go module made: stakes and entries are taken over exactly, what each delegation could claim becomes a debt, and
//! new indices start at zero. Nothing is repaired silently: small drifts are told, anything else is refused by name.

use std::collections::BTreeMap;

use entente_kernel::num::{Coin, Coins, Dec, Denom, Int, NumError, Wide};
use entente_kernel::state::Rows;
use entente_kernel::{AccAddress, Bech32, Ctx, Error, Result, Span, Timestamp, ValAddress, View};
use entente_proto::alliance::alliance as wire;

use super::pool::{self, Site, to_community_pool};
use super::state::{
    ASSETS, Asset, AssetKey, Delegation, DelegationKey, Pool, Redelegation, Unbonding, VALIDATORS, ValidatorInfo,
};
use super::{entry, error, event, reward};
use crate::modules::auth::ModuleAccount;
use crate::modules::{bank, staking};
use crate::wire as convert;

/// Reads fields of the section and names those that cannot be read.
pub struct Reader {
    bech32: Bech32,
}

impl Reader {
    pub fn new(view: &View) -> Self {
        Self { bech32: view.bech32().clone() }
    }

    fn refuse(field: &str, cause: impl std::fmt::Display) -> Error {
        Error::plain(format!("genesis: alliance.{field}: {cause}"))
    }

    pub fn validator(&self, text: &str, field: &str) -> Result<ValAddress> {
        self.bech32.parse_val(text).map_err(|e| Self::refuse(field, e))
    }

    pub fn delegator(&self, text: &str, field: &str) -> Result<AccAddress> {
        self.bech32.parse_acc(text).map_err(|e| Self::refuse(field, e))
    }

    pub fn denom(&self, text: &str, field: &str) -> Result<Denom> {
        Denom::new(text).map_err(|e| Self::refuse(field, e))
    }

    pub fn key(&self, text: &str, field: &str) -> Result<AssetKey> {
        self.denom(text, field).map(AssetKey)
    }

    pub fn place(&self, delegator: &str, validator: &str, denom: &str, field: &str) -> Result<DelegationKey> {
        Ok((self.delegator(delegator, field)?, self.validator(validator, field)?, self.key(denom, field)?))
    }

    /// A number that is not negative.
    pub fn dec(&self, text: &str, field: &str) -> Result<Dec> {
        let number = Dec::from_scaled_str(text).map_err(|e| Self::refuse(field, e))?;
        if number.is_negative() { Err(Self::refuse(field, format!("{number} is negative"))) } else { Ok(number) }
    }

    /// An amount that is not negative.
    pub fn int(&self, text: &str, field: &str) -> Result<Int> {
        let number: Int = text.parse().map_err(|e: NumError| Self::refuse(field, e))?;
        if number.is_negative() { Err(Self::refuse(field, format!("{number} is negative"))) } else { Ok(number) }
    }

    pub fn wide(&self, text: &str, field: &str) -> Result<Wide> {
        text.parse().map_err(|e: NumError| Self::refuse(field, e))
    }

    pub fn time(&self, wire: Option<&prost_types::Timestamp>, field: &str) -> Result<Timestamp> {
        wire.map_or(Ok(Timestamp::NEVER), |t| convert::parse_timestamp(t, &format!("genesis: alliance.{field}")))
    }

    fn coin(&self, wire: Option<&entente_proto::cosmos::base::v1beta1::Coin>, field: &str) -> Result<Coin> {
        let wire = wire.ok_or_else(|| Self::refuse(field, "is missing"))?;
        Ok(Coin::new(self.denom(&wire.denom, field)?, self.int(&wire.amount, field)?))
    }

    pub fn known_asset(&self, view: &View, key: &AssetKey) -> Result<Asset> {
        ASSETS.get(view, key)?.ok_or_else(|| Self::refuse("assets", format!("{} is referred to but not listed", key.0)))
    }

    /// An asset as listed; its idle shares are added with the pools.
    ///
    /// # Errors
    /// The bond denom, a bad number, a weight outside of its range.
    pub fn asset(&self, wire: &wire::AllianceAsset, bond_denom: &Denom) -> Result<Asset> {
        let denom = self.denom(&wire.denom, "assets.denom")?;
        if denom == *bond_denom {
            return Err(Self::refuse(
                "assets.denom",
                format!("{denom} is the bond denom, which cannot be an alliance asset"),
            ));
        }
        let range = wire.reward_weight_range.clone().unwrap_or_default();
        let interval = wire.reward_change_interval.as_ref();
        let asset = Asset {
            denom,
            reward_weight: self.dec(&wire.reward_weight, "assets.reward_weight")?,
            weight_min: self.dec(&range.min, "assets.reward_weight_range.min")?,
            weight_max: self.dec(&range.max, "assets.reward_weight_range.max")?,
            take_rate: self.dec(&wire.take_rate, "assets.take_rate")?,
            tokens: self.int(&wire.total_tokens, "assets.total_tokens")?,
            shares: Dec::from_scaled_str(&wire.total_validator_shares)
                .map_err(|e| Self::refuse("assets.total_validator_shares", e))?,
            idle_shares: Dec::ZERO,
            start: self.time(wire.reward_start_time.as_ref(), "assets.reward_start_time")?,
            change_rate: self.dec(&wire.reward_change_rate, "assets.reward_change_rate")?,
            change_interval: interval
                .map_or(Ok(Span::ZERO), |i| convert::parse_span(i, "alliance.assets.reward_change_interval"))?,
            last_change: self.time(wire.last_reward_change_time.as_ref(), "assets.last_reward_change_time")?,
            is_initialized: wire.is_initialized,
            dissolving: wire.is_dissolving,
        };
        if asset.take_rate >= Dec::ONE {
            return Err(Self::refuse("assets.take_rate", format!("{} is not below 1", asset.take_rate)));
        }
        Ok(asset)
    }
}

type Pools = BTreeMap<(ValAddress, AssetKey), Pool>;

/// The pools of all validator infos.
pub fn read_pools(view: &View, read: &Reader, genesis: &wire::GenesisState) -> Result<Pools> {
    let mut pools = Pools::new();
    for state in &genesis.validator_infos {
        let validator = read.validator(&state.validator_address, "validator_infos.validator_address")?;
        let info = state.validator.clone().unwrap_or_default();
        for (coins, delegators) in [(&info.total_delegator_shares, true), (&info.validator_shares, false)] {
            for coin in coins {
                let key = read.key(&coin.denom, "validator_infos.validator")?;
                read.known_asset(view, &key)?;
                let shares = read.dec(&coin.amount, "validator_infos.validator")?;
                let found = pools.entry((validator, key)).or_default();
                if delegators {
                    found.delegator_shares = shares;
                } else {
                    found.validator_shares = shares;
                }
            }
        }
    }
    Ok(pools)
}

/// Takes over a section without bookkeeping.
pub fn from_go(ctx: &mut Ctx, genesis: &wire::GenesisState) -> Result<()> {
    let read = Reader::new(ctx);
    validate(genesis)?;
    let bond_denom = staking::bond_denom(ctx)?;
    for asset in &genesis.assets {
        let asset = read.asset(asset, &bond_denom)?;
        if ASSETS.has(ctx, &asset.key())? {
            return Err(Reader::refuse("assets", format!("{} is listed twice", asset.denom)));
        }
        pool::save_asset(ctx, &asset)?;
    }
    for state in &genesis.validator_infos {
        let validator = read.validator(&state.validator_address, "validator_infos.validator_address")?;
        let known = staking::validator(ctx, &validator)?;
        let known = known
            .ok_or_else(|| Reader::refuse("validator_infos", format!("{} is no validator", state.validator_address)))?;
        VALIDATORS.set(ctx, &validator, &ValidatorInfo { bonded: known.is_bonded() })?;
    }
    let mut pools = read_pools(ctx, &read, genesis)?;
    let claims = Claims::read(&read, genesis)?;
    let mut owed = BTreeMap::new();
    let mut sums: BTreeMap<(ValAddress, AssetKey), Dec> = BTreeMap::new();
    for row in &genesis.delegations {
        let place = read.place(&row.delegator_address, &row.validator_address, &row.denom, "delegations")?;
        let shares = read.dec(&row.shares, "delegations.shares")?;
        let asset = read.known_asset(ctx, &place.2)?;
        let (validator, key) = (place.1, place.2.clone());
        let found = pools.get_mut(&(validator, key.clone()));
        let found = found.ok_or_else(|| {
            Reader::refuse(
                "delegations",
                format!("{} at {}: the validator info does not have the asset", row.denom, row.validator_address),
            )
        })?;
        let site = Site { validator, bonded: false, pool: *found };
        let value = site.price(&asset)?.value(shares)?;
        if asset.has_started(ctx.time()) {
            owed.insert(place.clone(), claims.of(row, validator, &key, value, asset.reward_weight)?);
        }
        if !shares.is_positive() {
            continue;
        }
        found.holders = found.holders.saturating_add(1);
        let sum = sums.entry((validator, key)).or_default();
        *sum = sum.add(shares)?;
        let delegation =
            Delegation { shares, epoch: 0, claim_height: row.last_reward_claim_height, paid: Rows::default() };
        let mut unsaved = Site { validator, bonded: false, pool: Pool::default() };
        pool::save_delegation(ctx, &place.0, &mut unsaved, &place.2, &delegation)?;
    }
    settle_sums(ctx, &read, pools, &sums)?;
    import_entries(ctx, &read, genesis)?;
    settle_debts(ctx, owed)?;
    return_surplus(ctx)
}

/// Upstream's own checks.
fn validate(genesis: &wire::GenesisState) -> Result<()> {
    let invalid = |text: &str| Err(error::INVALID_GENESIS.because(text));
    if !genesis.delegations.is_empty() && genesis.assets.is_empty() {
        return invalid("cannot have delegations without alliance assets");
    }
    if !genesis.delegations.is_empty() && genesis.validator_infos.is_empty() {
        return invalid("cannot have delegations without alliance validator infos");
    }
    if !genesis.redelegations.is_empty() && genesis.delegations.is_empty() {
        return invalid("cannot have redelegations without delegations");
    }
    Ok(())
}

/// Stores the pools with sums made exact: delegator shares become the sum of the delegations, an asset's shares the sum of its pools,
/// where the drift is below one unit per validator.
fn settle_sums(ctx: &mut Ctx, read: &Reader, pools: Pools, sums: &BTreeMap<(ValAddress, AssetKey), Dec>) -> Result<()> {
    let mut of_assets: BTreeMap<AssetKey, (Dec, Dec, i64)> = BTreeMap::new();
    for ((validator, key), mut found) in pools {
        let sum = sums.get(&(validator, key.clone())).copied().unwrap_or(Dec::ZERO);
        let text = ctx.bech32().val(&validator);
        accept_drift(ctx, &format!("delegator shares of {} at {text}", key.0), found.delegator_shares, sum, 1)?;
        found.delegator_shares = sum;
        let bonded = VALIDATORS.get(ctx, &validator)?.is_some_and(|info| info.bonded);
        let (all, idle, validators) = of_assets.entry(key.clone()).or_default();
        *all = all.add(found.validator_shares)?;
        *validators = validators.saturating_add(1);
        if !bonded {
            *idle = idle.add(found.validator_shares)?;
        }
        Site { validator, bonded, pool: found }.save(ctx, &key)?;
    }
    for (key, _) in ASSETS.iter(ctx).collect::<Result<Vec<_>>>()? {
        let mut asset = read.known_asset(ctx, &key)?;
        let (all, idle, validators) = of_assets.remove(&key).unwrap_or_default();
        accept_drift(ctx, &format!("validator shares of {}", key.0), asset.shares, all, validators.max(1))?;
        (asset.shares, asset.idle_shares) = (all, idle);
        pool::save_asset(ctx, &asset)?;
    }
    Ok(())
}

fn accept_drift(ctx: &mut Ctx, what: &str, told: Dec, sum: Dec, units: i64) -> Result<()> {
    let drift = told.sub(sum)?.abs();
    if drift.is_zero() {
        return Ok(());
    }
    if drift >= Dec::from_i64(units) {
        return Err(Error::plain(format!(
            "genesis: alliance: {what}: {told} are told, {sum} add up; less than {units} may differ"
        )));
    }
    ctx.emit(event::import_note(&format!("{what}: {told} replaced by the sum {sum}")));
    Ok(())
}

/// Entries in the order of their completion, which is that of their making; redelegations first among equals.
fn import_entries(ctx: &mut Ctx, read: &Reader, genesis: &wire::GenesisState) -> Result<()> {
    let mut redelegations = Vec::new();
    for state in &genesis.redelegations {
        let row = state.redelegation.clone().unwrap_or_default();
        let coin = read.coin(row.balance.as_ref(), "redelegations.balance")?;
        let found = Redelegation {
            delegator: read.delegator(&row.delegator_address, "redelegations.delegator_address")?,
            source: read.validator(&row.src_validator_address, "redelegations.src_validator_address")?,
            destination: read.validator(&row.dst_validator_address, "redelegations.dst_validator_address")?,
            denom: coin.denom,
            amount: coin.amount,
            created_height: None,
            last_fault: 0,
            destination_shares: Dec::ZERO,
        };
        redelegations.push((read.time(state.completion_time.as_ref(), "redelegations.completion_time")?, found));
    }
    let mut unbondings = Vec::new();
    for state in &genesis.undelegations {
        let completion = read.time(state.completion_time.as_ref(), "undelegations.completion_time")?;
        for row in state.undelegation.iter().flat_map(|queued| &queued.entries) {
            let coin = read.coin(row.balance.as_ref(), "undelegations.balance")?;
            let found = Unbonding {
                delegator: read.delegator(&row.delegator_address, "undelegations.delegator_address")?,
                validator: read.validator(&row.validator_address, "undelegations.validator_address")?,
                denom: coin.denom,
                amount: coin.amount,
                created_height: None,
                last_fault: 0,
            };
            unbondings.push((completion, found));
        }
    }
    redelegations.sort_by_key(|(completion, _)| *completion);
    unbondings.sort_by_key(|(completion, _)| *completion);
    let mut unbondings = unbondings.into_iter().peekable();
    for (completion, found) in redelegations {
        while let Some((earlier, unbonding)) = unbondings.next_if(|(at, _)| *at < completion) {
            entry::add_unbonding(ctx, earlier, &unbonding)?;
        }
        entry::add_redelegation(ctx, completion, &found)?;
    }
    unbondings.try_for_each(|(completion, found)| entry::add_unbonding(ctx, completion, &found))
}

/// Stores what was claimable as debts, scaled down where the rewards pool cannot pay all of it.
fn settle_debts(ctx: &mut Ctx, owed: BTreeMap<DelegationKey, Coins>) -> Result<()> {
    let held = bank::balances(ctx, &ModuleAccount::ALLIANCE_REWARDS.address())?;
    let mut sums = Coins::empty();
    for coins in owed.values() {
        sums = sums.add(coins)?;
    }
    for coin in sums.iter() {
        let have = held.amount_of(coin.denom.as_str());
        if have < coin.amount {
            let note = format!("claimable rewards of {coin} scaled down to the {have} that the rewards pool holds");
            ctx.emit(event::import_note(&note));
        }
    }
    for (place, coins) in owed {
        let mut kept = Vec::new();
        for coin in coins.iter() {
            let (have, sum) = (held.amount_of(coin.denom.as_str()), sums.amount_of(coin.denom.as_str()));
            let part =
                Wide::from_int(coin.amount)?.mul(Wide::from_int(have.min(sum))?)?.div_rem(Wide::from_int(sum)?)?.0;
            kept.push(Coin::new(coin.denom.clone(), part.to_int()?));
        }
        reward::owe(ctx, &place, &Coins::new(kept)?)?;
    }
    Ok(())
}

/// What the accounts hold beyond what is owed, staked and unbonding goes to the community pool; a shortage is refused by the invariants.
fn return_surplus(ctx: &mut Ctx) -> Result<()> {
    let mut owed = Coins::empty();
    for row in super::state::OWED.iter(ctx).collect::<Result<Vec<_>>>()? {
        owed = owed.add(&row.1)?;
    }
    surplus(ctx, &ModuleAccount::ALLIANCE_REWARDS, &owed)?;
    let mut kept = Coins::empty();
    for (key, asset) in ASSETS.iter(ctx).collect::<Result<Vec<_>>>()? {
        kept = kept.add(&Coins::one(Coin::new(key.0, asset.tokens))?)?;
    }
    for (_, found) in super::state::UNBONDINGS.iter(ctx).collect::<Result<Vec<_>>>()? {
        kept = kept.add(&Coins::one(Coin::new(found.denom, found.amount))?)?;
    }
    surplus(ctx, &ModuleAccount::ALLIANCE, &kept)
}

fn surplus(ctx: &mut Ctx, account: &ModuleAccount, kept: &Coins) -> Result<()> {
    let mut beyond = Vec::new();
    for coin in bank::balances(ctx, &account.address())?.iter() {
        let rest = coin.amount.sub(kept.amount_of(coin.denom.as_str()))?;
        beyond.push(Coin::new(coin.denom.clone(), rest.max(Int::ZERO)));
    }
    let beyond = Coins::new(beyond)?;
    if !beyond.is_empty() {
        ctx.emit(event::import_note(&format!("{beyond} of {} went to the community pool", account.name)));
    }
    to_community_pool(ctx, account, &beyond)
}

/// Upstream's histories: what a claim would have paid at the export.
struct Claims {
    validators: BTreeMap<ValAddress, Vec<History>>,
    snapshots: BTreeMap<(AssetKey, ValAddress, u64), (Dec, Vec<History>)>,
}

#[derive(Clone)]
struct History {
    coin: String,
    asset: String,
    index: Dec,
}

fn histories(read: &Reader, wire: &[wire::RewardHistory]) -> Result<Vec<History>> {
    let one = |h: &wire::RewardHistory| {
        Ok(History {
            coin: h.denom.clone(),
            asset: h.alliance.clone(),
            index: read.dec(&h.index, "reward_history.index")?,
        })
    };
    wire.iter().map(one).collect()
}

impl Claims {
    fn read(read: &Reader, genesis: &wire::GenesisState) -> Result<Self> {
        let mut claims = Self { validators: BTreeMap::new(), snapshots: BTreeMap::new() };
        for state in &genesis.validator_infos {
            let validator = read.validator(&state.validator_address, "validator_infos.validator_address")?;
            let history = state.validator.as_ref().map_or(&[][..], |v| &v.global_reward_history);
            claims.validators.insert(validator, histories(read, history)?);
        }
        for state in &genesis.reward_weight_change_snaphots {
            let field = "reward_weight_change_snaphots";
            let place = (read.key(&state.denom, field)?, read.validator(&state.validator, field)?, state.height);
            let snapshot = state.snapshot.clone().unwrap_or_default();
            let weight = read.dec(&snapshot.prev_reward_weight, field)?;
            claims.snapshots.insert(place, (weight, histories(read, &snapshot.reward_histories)?));
        }
        Ok(claims)
    }

    /// Upstream's calculation for a delegation worth `value` tokens: each segment between weight changes truncated on its own.
    fn of(
        &self,
        row: &wire::Delegation,
        validator: ValAddress,
        key: &AssetKey,
        value: Int,
        weight: Dec,
    ) -> Result<Coins> {
        let read = |h: &wire::RewardHistory| -> Result<History> {
            let index =
                Dec::from_scaled_str(&h.index).map_err(|e| Reader::refuse("delegations.reward_history.index", e))?;
            Ok(History { coin: h.denom.clone(), asset: h.alliance.clone(), index })
        };
        let mut mine = row.reward_history.iter().map(read).collect::<Result<Vec<_>>>()?;
        mine.retain(|h| concerns(h, key));
        let first = (key.clone(), validator, row.last_reward_claim_height);
        let end = (key.clone(), validator, u64::MAX);
        let mut coins = Coins::empty();
        for (prev_weight, history) in self.snapshots.range(first..end).map(|(_, snapshot)| snapshot) {
            coins = coins.add(&accumulate(history, &mut mine, key, value, *prev_weight)?)?;
        }
        let current = self.validators.get(&validator).map_or(&[][..], Vec::as_slice);
        coins.add(&accumulate(current, &mut mine, key, value, weight)?).map_err(Into::into)
    }
}

/// Entries of the asset, and those of releases that kept one index for all assets.
fn concerns(history: &History, key: &AssetKey) -> bool {
    history.asset.is_empty() || history.asset == key.0.as_str()
}

fn accumulate(latest: &[History], mine: &mut Vec<History>, key: &AssetKey, value: Int, weight: Dec) -> Result<Coins> {
    let mut coins = Coins::empty();
    for entry in latest.iter().filter(|h| concerns(h, key)) {
        let known = mine.iter().position(|m| m.coin == entry.coin && m.asset == entry.asset);
        let paid = known.and_then(|at| mine.get(at)).map_or(Dec::ZERO, |m| m.index);
        if paid >= entry.index {
            continue;
        }
        let tokens = Dec::from_int(value);
        let counted = if entry.asset.is_empty() { tokens.mul(weight)? } else { tokens };
        let amount = entry.index.sub(paid)?.mul(counted)?.truncate_int()?;
        let denom = Denom::new(&entry.coin).map_err(|e| Reader::refuse("reward_history.denom", e))?;
        coins = coins.add(&Coins::one(Coin::new(denom, amount))?)?;
        match known.and_then(|at| mine.get_mut(at)) {
            Some(found) => found.index = entry.index,
            None => mine.push(entry.clone()),
        }
    }
    Ok(coins)
}
