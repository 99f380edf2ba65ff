//! A small chain for the tests of modules: a real genesis, blocks one by one, messages without signatures. After every block all
//! invariants must hold.

use entente_kernel::crypto::{ed25519, sha256_truncated};
use entente_kernel::num::{Denom, Int};
use entente_kernel::tree::Forest;
use entente_kernel::{
    AccAddress, Bech32, ConsAddress, Ctx, Env, Error, Event, Mode, Result, Span, Timestamp, ValAddress, json,
};
use entente_proto::cosmos::base::v1beta1::Coin;
use prost::{Message, Name};
use prost_types::Any;
use serde_json::{Value, json};

use crate::block::{Evidence, FinalizeBlock, ValidatorUpdate, Vote, VoteFlag};
use crate::modules::auth::ModuleAccount;
use crate::modules::{auth, bank, staking};
use crate::{block, genesis, invariants, query, route, stores};

/// Seconds between blocks.
pub const BLOCK_SECS: i64 = 5;
pub const UNBONDING_SECS: i64 = 1_814_400;

/// A user, or a validator's operator.
pub fn user(n: u8) -> AccAddress {
    AccAddress::from_array([n; 20])
}

pub fn operator(n: u8) -> ValAddress {
    user(n).into()
}

/// The key with which validator `n` signs blocks.
pub fn key(n: u8) -> [u8; 32] {
    ed25519::public_key(&[n; 32])
}

pub fn cons(n: u8) -> ConsAddress {
    ConsAddress::from_array(sha256_truncated(&key(n)))
}

pub fn coin(amount: u64) -> Option<Coin> {
    Some(Coin { denom: "uente".into(), amount: amount.to_string() })
}

pub struct World {
    pub ctx: Ctx,
    /// Updates of the last block, of the genesis at first.
    pub updates: Vec<ValidatorUpdate>,
    /// Powers that sign the next block.
    pub signers: Vec<Vote>,
}

impl World {
    /// Validators 1, 2, .. with these tokens; users 101 to 109 with a million whole coins each; three places in the active set.
    pub fn new(tokens: &[u64]) -> Self {
        Self::with(tokens, |_| {})
    }

    /// As [`World::new`], the genesis changed before it is read.
    pub fn with(tokens: &[u64], change: impl FnOnce(&mut Value)) -> Self {
        let mut state = app_state(tokens);
        change(&mut state);
        Self::from_genesis(&state).unwrap()
    }

    pub fn from_genesis(state: &Value) -> Result<Self> {
        Self::from_genesis_at(state, Timestamp::from_secs(1_750_000_000))
    }

    pub fn from_genesis_at(state: &Value, time: Timestamp) -> Result<Self> {
        let env = Env {
            chain_id: "entente-test-1".into(),
            height: 1,
            time,
            proposer: None,
            bech32: Bech32::new("entente"),
            mode: Mode::Genesis,
        };
        let mut ctx = Ctx::new(Forest::new(stores::ALL), env);
        let updates = genesis::init(&mut ctx, state)?;
        for n in (1..=9).chain(101..=109) {
            auth::ensure_account(&mut ctx, &user(n))?;
        }
        ctx.take_events();
        ctx.env_mut().height = 0;
        ctx.env_mut().mode = Mode::Deliver;
        let mut world = Self { ctx, updates, signers: Vec::new() };
        world.follow();
        world.check();
        Ok(world)
    }

    /// An empty block in which everybody signs.
    pub fn block(&mut self) -> Vec<Event> {
        self.play(self.signers.clone(), Vec::new(), |_| {})
    }

    pub fn blocks(&mut self, n: usize) {
        for _ in 0..n {
            self.block();
        }
    }

    /// A block after `secs` more seconds.
    pub fn after(&mut self, secs: i64) -> Vec<Event> {
        self.ctx.env_mut().time = self.ctx.time().plus(Span::from_secs(secs));
        self.block()
    }

    /// A block in which validator `n` does not sign.
    pub fn block_without(&mut self, n: u8) -> Vec<Event> {
        let mut votes = self.signers.clone();
        votes.iter_mut().filter(|v| v.address == cons(n)).for_each(|v| v.flag = VoteFlag::Absent);
        self.play(votes, Vec::new(), |_| {})
    }

    /// A block with a proof that validator `n` signed twice at `height`.
    pub fn block_with_proof(&mut self, n: u8, height: i64, power: i64) -> Vec<Event> {
        let proof = Evidence {
            duplicate_vote: true,
            address: cons(n),
            power,
            height,
            time: self.ctx.time(),
            total_power: power,
        };
        self.play(self.signers.clone(), vec![proof], |_| {})
    }

    /// One block: begin, what `messages` does, end, invariants. Gives the events of begin and end.
    pub fn play(&mut self, votes: Vec<Vote>, evidence: Vec<Evidence>, messages: impl FnOnce(&mut Self)) -> Vec<Event> {
        let env = self.ctx.env_mut();
        env.height += 1;
        env.time = env.time.plus(Span::from_secs(BLOCK_SECS));
        env.proposer = votes.first().map(|v| v.address);
        let block = FinalizeBlock {
            height: env.height,
            time: env.time,
            proposer: env.proposer.unwrap_or(cons(1)),
            votes,
            evidence,
            txs: Vec::new(),
        };
        self.ctx.take_events();
        block::begin(&mut self.ctx, &block).unwrap();
        let mut events = self.ctx.take_events();
        messages(self);
        self.ctx.take_events();
        self.updates = block::end(&mut self.ctx).unwrap();
        events.extend(self.ctx.take_events());
        self.follow();
        self.check();
        events
    }

    fn follow(&mut self) {
        for update in &self.updates {
            let address = ConsAddress::from_array(sha256_truncated(&update.pub_key));
            self.signers.retain(|v| v.address != address);
            if update.power > 0 {
                self.signers.push(Vote { address, power: update.power, flag: VoteFlag::Commit });
            }
        }
    }

    pub fn check(&self) {
        assert_eq!(invariants::broken(&self.ctx).unwrap(), Vec::<String>::new(), "height {}", self.ctx.height());
    }

    /// Carries out a message between blocks; its events.
    pub fn send<M: Message + Name>(&mut self, message: &M) -> Result<Vec<Event>> {
        let any = Any { type_url: M::type_url(), value: message.encode_to_vec() };
        self.ctx.take_events();
        self.ctx.layer(|ctx| route::handle(ctx, &any).map(|_| ()))?;
        Ok(self.ctx.take_events())
    }

    /// What a refused message answers: `codespace code`.
    pub fn refused<M: Message + Name>(&mut self, message: &M) -> String {
        match self.send(message) {
            Err(Error::Refusal(r)) => format!("{} {}", r.codespace, r.code),
            other => panic!("wanted a refusal, got {other:?}"),
        }
    }

    /// The same world, to ask what would happen: nothing comes back.
    pub fn scratch(&self) -> Self {
        Self { ctx: self.ctx.scratch(), updates: self.updates.clone(), signers: self.signers.clone() }
    }

    pub fn ask<Q: Message, A: Message + Default>(&mut self, path: &str, request: &Q) -> Result<A> {
        let answer = query::run(&mut self.ctx, path, &request.encode_to_vec())?;
        Ok(A::decode(answer.as_slice()).unwrap())
    }

    pub fn acc(&self, n: u8) -> String {
        self.ctx.bech32().acc(&user(n))
    }

    pub fn val(&self, n: u8) -> String {
        self.ctx.bech32().val(&operator(n))
    }

    pub fn validator(&self, n: u8) -> staking::Validator {
        staking::validator(&self.ctx, &operator(n)).unwrap().unwrap()
    }

    pub fn balance(&self, n: u8) -> Int {
        bank::balance(&self.ctx, &user(n), &Denom::new("uente").unwrap()).unwrap()
    }
}

/// A genesis without delegators but the operators themselves, and without inflation. Only sections that the chain knows.
pub fn app_state(tokens: &[u64]) -> Value {
    let bech32 = Bech32::new("entente");
    let money = |address: String, amount: u64| json!({"address": address, "coins": [{"denom": "uente", "amount": amount.to_string()}]});
    let mut balances: Vec<Value> = (101..=109).map(|n| money(bech32.acc(&user(n)), 1_000_000_000_000)).collect();
    balances.extend((1..=9).map(|n| money(bech32.acc(&user(n)), 1_000_000_000_000)));
    let pool: u64 = tokens.iter().sum();
    if pool > 0 {
        balances.push(money(bech32.acc(&ModuleAccount::NOT_BONDED_POOL.address()), pool));
    }
    let (mut validators, mut delegations) = (Vec::new(), Vec::new());
    for (n, tokens) in (1_u8..).zip(tokens) {
        validators.push(validator(&bech32, n, *tokens));
        delegations
            .push(json!({"delegator_address": bech32.acc(&user(n)), "validator_address": bech32.val(&operator(n)),
            "shares": format!("{tokens}.000000000000000000")}));
    }
    let mut sections = json!({
        "bank": {"params": {"send_enabled": [], "default_send_enabled": true}, "balances": balances, "supply": [], "denom_metadata": [], "send_enabled": []},
        "staking": {
            "params": {"unbonding_time": format!("{UNBONDING_SECS}s"), "max_validators": 3, "max_entries": 3,
                "historical_entries": 5, "bond_denom": "uente", "min_commission_rate": "0.000000000000000000"},
            "last_total_power": "0", "last_validator_powers": [], "validators": validators, "delegations": delegations,
            "unbonding_delegations": [], "redelegations": [], "exported": false
        },
        "slashing": {
            "params": {"signed_blocks_window": "10", "min_signed_per_window": "0.500000000000000000",
                "downtime_jail_duration": "600s", "slash_fraction_double_sign": "0.050000000000000000",
                "slash_fraction_downtime": "0.010000000000000000"},
            "signing_infos": [], "missed_blocks": []
        },
        "evidence": {"evidence": []},
        "distribution": {
            "params": {"community_tax": "0.020000000000000000", "base_proposer_reward": "0.000000000000000000",
                "bonus_proposer_reward": "0.000000000000000000", "withdraw_addr_enabled": true},
            "fee_pool": {"community_pool": []}, "delegator_withdraw_infos": [], "previous_proposer": "",
            "outstanding_rewards": [], "validator_accumulated_commissions": [], "validator_historical_rewards": [],
            "validator_current_rewards": [], "delegator_starting_infos": [], "validator_slash_events": []
        },
        "gov": {
            "starting_proposal_id": "1", "deposits": [], "votes": [], "proposals": [], "constitution": "",
            "deposit_params": null, "voting_params": null, "tally_params": null,
            "params": {
                "min_deposit": [{"denom": "uente", "amount": "10000000"}], "max_deposit_period": "600s",
                "voting_period": "60s", "quorum": "0.334", "threshold": "0.5", "veto_threshold": "0.334",
                "min_initial_deposit_ratio": "0", "proposal_cancel_ratio": "0.5", "proposal_cancel_dest": "",
                "expedited_voting_period": "30s", "expedited_threshold": "0.667",
                "expedited_min_deposit": [{"denom": "uente", "amount": "50000000"}], "burn_vote_quorum": false,
                "burn_proposal_deposit_prevote": false, "burn_vote_veto": true, "min_deposit_ratio": "0.01"
            }
        },
        "mint": {
            "minter": {"inflation": "0.000000000000000000", "annual_provisions": "0.000000000000000000"},
            "params": {"mint_denom": "uente", "inflation_rate_change": "0.000000000000000000",
                "inflation_max": "0.000000000000000000", "inflation_min": "0.000000000000000000",
                "goal_bonded": "0.670000000000000000", "blocks_per_year": "6311520"}
        },
        "crisis": {"constant_fee": {"denom": "uente", "amount": "1000"}},
        "alliance": {
            "params": {"reward_delay_time": "60s", "take_rate_claim_interval": "300s",
                "last_take_rate_claim_time": "0001-01-01T00:00:00Z"},
            "assets": [], "validator_infos": [], "reward_weight_change_snaphots": [], "delegations": [],
            "redelegations": [], "undelegations": []
        }
    });
    let known: Vec<&str> = genesis::SECTIONS.iter().map(|s| s.name).collect();
    if let Value::Object(map) = &mut sections {
        map.retain(|name, _| known.contains(&name.as_str()));
    }
    sections
}

fn validator(bech32: &Bech32, n: u8, tokens: u64) -> Value {
    use base64::Engine as _;
    let key = base64::engine::general_purpose::STANDARD.encode(key(n));
    json!({
        "operator_address": bech32.val(&operator(n)),
        "consensus_pubkey": {"@type": "/cosmos.crypto.ed25519.PubKey", "key": key},
        "jailed": false, "status": "BOND_STATUS_UNBONDED",
        "tokens": tokens.to_string(), "delegator_shares": format!("{tokens}.000000000000000000"),
        "description": {"moniker": format!("v{n}"), "identity": "", "website": "", "security_contact": "", "details": ""},
        "unbonding_height": "0", "unbonding_time": "1970-01-01T00:00:00Z",
        "commission": {"commission_rates": {"rate": "0.100000000000000000", "max_rate": "1.000000000000000000",
            "max_change_rate": "0.100000000000000000"}, "update_time": "2025-01-01T00:00:00Z"},
        "min_self_delegation": "1", "unbonding_on_hold_ref_count": "0", "unbonding_ids": []
    })
}

/// The names of events, for assertions.
pub fn kinds(events: &[Event]) -> Vec<&str> {
    events.iter().map(|e| e.kind.as_ref()).collect()
}

/// A message from its JSON.
pub fn from_json<M: Message + Name + Default>(value: &Value) -> M {
    json::from_json(value).unwrap()
}
