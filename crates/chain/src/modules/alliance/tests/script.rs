//! The words of the vector file: each does something on a small chain or tells a number of it.

use entente_kernel::num::{Coins, Dec};
use entente_kernel::{Result, Span, Timestamp};
use entente_proto::alliance::alliance as wire;
use entente_proto::cosmos::distribution::v1beta1 as distribution_wire;

use super::super::msg::Terms;
use super::super::state::{INDICES, REDELEGATIONS};
use super::super::{block, entry, hook, params, query, reward};
use super::net::{A1, A2, Net, coin, dec, denom, int, key, user, val};
use crate::block::{Vote, VoteFlag};
use crate::modules::auth::{self, ModuleAccount};
use crate::modules::{distribution, staking};

/// A chain on which the steps of one vector are played.
pub struct Script {
    net: Net,
    native: Vec<(String, u64)>,
    began: Timestamp,
}

fn number(text: &str) -> u128 {
    text.parse().unwrap_or_else(|_| panic!("{text} is no amount"))
}

fn seconds(text: &str) -> i64 {
    text.parse().unwrap_or_else(|_| panic!("{text} is no number of seconds"))
}

/// `1200000stake,800000stake2`
fn parse_coins(text: &str) -> Vec<(&str, u128)> {
    text.split(',')
        .map(|part| {
            let (amount, denom) = part.split_at(part.find(|c: char| !c.is_ascii_digit()).unwrap());
            (denom, number(amount))
        })
        .collect()
}

fn coins_text(coins: &Coins) -> String {
    if coins.is_empty() {
        return "nothing".to_owned();
    }
    coins.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// `G 20 V1 44`
fn pairs<'a>(words: &[&'a str]) -> Vec<(&'a str, u64)> {
    words.chunks(2).map(|pair| (pair[0], pair[1].parse().unwrap())).collect()
}

fn change_terms(terms: &mut Terms, words: &[&str]) {
    for pair in words.chunks(2) {
        match (pair[0], pair[1]) {
            ("weight", weight) => terms.reward_weight = dec(weight),
            ("range", range) => {
                let (min, max) = range.split_once("..").unwrap();
                (terms.weight_min, terms.weight_max) = (dec(min), dec(max));
            }
            ("take", rate) => terms.take_rate = dec(rate),
            ("change", rate) => terms.change_rate = dec(rate),
            ("every", secs) => terms.change_interval = Span::from_secs(seconds(secs)),
            (word, _) => panic!("{word} is no term of an asset"),
        }
    }
}

impl Script {
    pub fn new() -> Self {
        let net = Net::new();
        let began = net.ctx.time();
        Self { net, native: vec![("G".to_owned(), 1_000_000)], began }
    }

    /// Does a step, or asks for a number; a step that gives nothing gives an empty text.
    pub fn run(&mut self, words: &[&str]) -> Result<String> {
        match self.act(words) {
            Some(outcome) => outcome,
            None => Ok(self.tell(words)),
        }
    }

    fn act(&mut self, words: &[&str]) -> Option<Result<String>> {
        let net = &mut self.net;
        let done = |outcome: Result<()>| Some(outcome.map(|()| String::new()));
        match words {
            ["delegate", u, v, d, n] => Some(net.try_delegate(u, v, d, number(n)).map(|shares| shares.to_string())),
            ["undelegate", u, v, d, n] => done(net.undelegate(u, v, d, number(n))),
            ["redelegate", u, from, to, d, n] => done(net.redelegate(u, from, to, d, number(n))),
            ["claim", u, v, d] => Some(net.claim(u, v, d).map(|coins| coins_text(&coins))),
            ["update", d, terms @ ..] => done(net.update(d, |t| change_terms(t, terms))),
            ["fault", v, factor] => {
                done(net.ctx.layer(|ctx| hook::before_validator_slashed(ctx, &val(v), 0, dec(factor))))
            }
            ["slash", v, "power", power, "factor", factor] => done(self.slash(v, power.parse().unwrap(), dec(factor))),
            _ => self.arrange(words).then(|| Ok(String::new())),
        }
    }

    /// Steps that always succeed.
    fn arrange(&mut self, words: &[&str]) -> bool {
        let net = &mut self.net;
        match words {
            ["native", stakes @ ..] => self.start(&pairs(stakes)),
            ["asset", d, weight, terms @ ..] => self.create(d, weight, terms),
            ["three_pools"] => {
                for d in ["aaa", "bbb", "ccc"] {
                    net.fund("u1", d, 1000);
                    net.asset(d, "1", "0", "5", "0");
                    net.delegate("u1", "V1", d, 1000);
                }
            }
            ["two_validators"] => {
                net.asset(A1, "0.1", "0", "5", "0");
                net.asset(A2, "0.5", "0", "5", "0");
                for (v, d, n) in
                    [("V1", A1, 30_000_000), ("V2", A1, 20_000_000), ("V1", A2, 20_000_000), ("V2", A2, 20_000_000)]
                {
                    net.delegate("u1", v, d, n);
                }
            }
            ["take_shares", v, d, shares] => {
                let (mut site, mut asset) = (net.site(v, d), net.stored(d));
                site.take_validator_shares(&mut asset, dec(shares)).unwrap();
                site.save(&mut net.ctx, &key(d)).unwrap();
                super::super::pool::save_asset(&mut net.ctx, &asset).unwrap();
            }
            ["fund", u, d, n] => net.fund(u, d, number(n)),
            ["pass", secs] => net.pass(seconds(secs)),
            ["end"] => net.end(),
            ["blocks", n, secs] => {
                for _ in 0..number(n) {
                    net.pass(seconds(secs));
                    block::end(&mut net.ctx).unwrap();
                }
                net.assert_sound();
            }
            ["rebalance"] => net.rebalance(),
            ["leaves", v] => net.set_bonded(v, false),
            ["returns", v] => net.set_bonded(v, true),
            ["deposit", v, list] => net.deposit(v, &parse_coins(list)),
            ["stake", u, v, n] => self.stake(u, v, number(n)),
            ["unstake", u, v, n] => {
                let amount = coin("stake", number(n));
                let message = staking::msg::Undelegate { delegator: user(u), operator: val(v), amount };
                staking::handle::undelegate(&mut net.ctx, message).unwrap();
            }
            ["tax", rate] => self.set_tax(dec(rate)),
            ["commission", v, rate] => net.set_commission(v, dec(rate)),
            ["fees", list] => {
                net.give_to(&ModuleAccount::FEE_COLLECTOR, &parse_coins(list));
            }
            ["share", powers @ ..] => self.share(&pairs(powers)),
            ["import_legacy", coin, index, validators, "held", n] => {
                self.import_legacy(coin, dec(index), &validators.split(',').collect::<Vec<_>>(), number(n));
            }
            _ => return false,
        }
        true
    }

    fn tell(&mut self, words: &[&str]) -> String {
        let net = &mut self.net;
        match words {
            ["tt", d] => net.stored(d).tokens.to_string(),
            ["tvs", d] => net.stored(d).shares.to_string(),
            ["weight", d] => net.stored(d).reward_weight.to_string(),
            ["last_change", d] => net.stored(d).last_change.since(self.began).whole_secs().to_string(),
            ["last_take"] => match params(&net.ctx).unwrap().last_take {
                Timestamp::NEVER => "never".to_owned(),
                at => at.since(self.began).whole_secs().to_string(),
            },
            ["vs", v, d] => net.pool(v, d).validator_shares.to_string(),
            ["tds", v, d] => net.pool(v, d).delegator_shares.to_string(),
            ["ds", u, v, d] => net.delegation(u, v, d).map_or("none".to_owned(), |row| row.shares.to_string()),
            ["value", v, d] => net.site(v, d).tokens(&net.stored(d)).unwrap().to_string(),
            ["shown", u, v, d] => net.shown(u, v, d).to_string(),
            ["shares_for", v, d, n] => {
                net.site(v, d).price(&net.stored(d)).unwrap().shares_for(int(number(n))).unwrap().to_string()
            }
            ["power", base, n] => dec(base).power(n.parse().unwrap()).unwrap().to_string(),
            ["unbonding", u, d] => self.unbonding(u, d),
            ["redelegations"] => REDELEGATIONS.iter(&net.ctx).count().to_string(),
            ["balance", u, d] => net.balance(u, d).to_string(),
            ["held", account, d] => {
                let account = match *account {
                    "fee_collector" => ModuleAccount::FEE_COLLECTOR,
                    "alliance_rewards" => ModuleAccount::ALLIANCE_REWARDS,
                    other => panic!("no account {other}"),
                };
                net.held_by(&account, d).to_string()
            }
            ["community_pool", d] => net.community_pool(d),
            ["outstanding", v, d] => distribution::outstanding(&net.ctx, &val(v)).unwrap().amount_of(d).to_string(),
            ["commission_of", v, d] => distribution::commission(&net.ctx, &val(v)).unwrap().amount_of(d).to_string(),
            ["index", v, d, coin] => self.index(v, d, coin),
            ["claimable", u, v, d] => coins_text(&net.claimable(u, v, d)),
            ["query_rewards", u, v, d] => self.query_rewards(u, v, d),
            ["total_bonded"] => net.total_bonded().to_string(),
            ["virtual", v] => net.virtual_stake(v),
            ["native_tokens", v] => net.native_tokens(v).to_string(),
            ["expected", v] => {
                let native = block::native_bonded(&net.ctx).unwrap();
                let stakes = reward::virtual_stakes(&net.ctx, &val(v), native).unwrap();
                stakes.iter().fold(Dec::ZERO, |sum, (_, stake, _)| sum.add(*stake).unwrap()).to_string()
            }
            ["module_shares", v] => {
                let module = ModuleAccount::ALLIANCE.address();
                staking::delegation(&net.ctx, &module, &val(v)).unwrap().unwrap().shares.to_string()
            }
            ["native_shares", v] => staking::must_validator(&net.ctx, &val(v)).unwrap().delegator_shares.to_string(),
            _ => panic!("{words:?} means nothing"),
        }
    }

    fn start(&mut self, stakes: &[(&str, u64)]) {
        self.native = stakes.iter().map(|(v, n)| ((*v).to_owned(), *n)).collect();
        self.net = Net::with_native(stakes);
    }

    fn create(&mut self, d: &str, weight: &str, words: &[&str]) {
        let (words, starts) = match words {
            [terms @ .., "starts", secs] => (terms, seconds(secs)),
            terms => (terms, 0),
        };
        let mut terms = Terms {
            reward_weight: dec(weight),
            weight_min: Dec::ZERO,
            weight_max: dec("1000"),
            take_rate: Dec::ZERO,
            change_rate: Dec::ONE,
            change_interval: Span::ZERO,
        };
        change_terms(&mut terms, words);
        self.net.asset_with(d, terms);
        let start = self.net.ctx.time().plus(Span::from_secs(starts));
        self.net.start_at(d, start);
    }

    /// A slash as staking carries it out. Faults that are on their way to entries are seen to, as queries do.
    fn slash(&mut self, v: &str, power: i64, factor: Dec) -> Result<()> {
        let ctx = &mut self.net.ctx;
        let cons = staking::must_validator(ctx, &val(v))?.cons_address();
        let height = ctx.height();
        staking::slash(ctx, &cons, height, power, factor, staking::Infraction::Unspecified)?;
        block::visit_all_faults(ctx)?;
        self.net.assert_sound();
        Ok(())
    }

    fn stake(&mut self, u: &str, v: &str, n: u128) {
        self.net.fund(u, "stake", n);
        let amount = coin("stake", n);
        let message = staking::msg::Delegate { delegator: user(u), operator: val(v), amount };
        staking::handle::delegate(&mut self.net.ctx, message).unwrap();
    }

    fn set_tax(&mut self, rate: Dec) {
        let ctx = &mut self.net.ctx;
        let authority = ctx.bech32().acc(&auth::authority());
        let params = distribution_wire::Params {
            community_tax: rate.to_scaled_string(),
            withdraw_addr_enabled: true,
            ..Default::default()
        };
        distribution::handle::update_params(ctx, distribution::msg::UpdateParams { authority, params }).unwrap();
    }

    /// Distribution's begin of a block that these powers signed.
    fn share(&mut self, powers: &[(&str, u64)]) {
        let ctx = &mut self.net.ctx;
        let vote = |(v, power): &(&str, u64)| {
            let address = staking::must_validator(ctx, &val(v)).unwrap().cons_address();
            Vote { address, power: i64::try_from(*power).unwrap(), flag: VoteFlag::Commit }
        };
        let votes: Vec<Vote> = powers.iter().map(vote).collect();
        distribution::block::begin(ctx, &votes).unwrap();
    }

    fn unbonding(&self, u: &str, d: &str) -> String {
        let rows = entry::unbondings_of(&self.net.ctx, &user(u), &key(d)).unwrap();
        if rows.is_empty() {
            return "none".to_owned();
        }
        let text = |((at, _), row): &((Timestamp, u64), super::super::state::Unbonding)| {
            format!("{}@{}", row.amount, at.since(self.began).whole_secs())
        };
        rows.iter().map(text).collect::<Vec<_>>().join(" ")
    }

    /// Rewards per share with 18 places.
    fn index(&self, v: &str, d: &str, coin: &str) -> String {
        let indices = INDICES.get(&self.net.ctx, &(val(v), key(d), self.net.pool(v, d).epoch)).unwrap();
        let found = indices.and_then(|indices| indices.get(&denom(coin)).copied()).unwrap_or_default();
        let places = entente_kernel::num::Wide::from_u64(1_000_000_000_000_000_000);
        found.per_share.div_rem(places).unwrap().0.to_dec().unwrap().to_string()
    }

    fn query_rewards(&mut self, u: &str, v: &str, d: &str) -> String {
        let bech32 = self.net.ctx.bech32().clone();
        let request = wire::QueryAllianceDelegationRewardsRequest {
            delegator_addr: bech32.acc(&user(u)),
            validator_addr: bech32.val(&val(v)),
            denom: d.to_owned(),
            ..Default::default()
        };
        let answer = self.net.ctx.dry_run(|ctx| query::alliance_delegation_rewards(ctx, request)).unwrap();
        answer.rewards.iter().map(|c| format!("{}{}", c.amount, c.denom)).collect::<Vec<_>>().join(",")
    }

    /// The same stakes on a new chain, imported as the Go module would have written them, with an index of the releases that kept one
    /// for all assets.
    fn import_legacy(&mut self, coin: &str, index: Dec, validators: &[&str], held: u128) {
        let mut genesis = super::super::genesis::exported(&self.net.ctx);
        genesis.bookkeeping = None;
        let names: Vec<String> = validators.iter().map(|v| self.net.ctx.bech32().val(&val(v))).collect();
        for info in genesis.validator_infos.iter_mut().filter(|i| names.contains(&i.validator_address)) {
            let history = wire::RewardHistory {
                denom: coin.to_owned(),
                index: index.to_scaled_string(),
                alliance: String::new(),
            };
            info.validator.as_mut().unwrap().global_reward_history.push(history);
        }
        let native: Vec<(&str, u64)> = self.native.iter().map(|(v, n)| (v.as_str(), *n)).collect();
        let mut net = Net::with_native(&native);
        let staked: Vec<(&str, u128)> =
            genesis.assets.iter().map(|a| (a.denom.as_str(), number(&a.total_tokens))).collect();
        for (account, amount) in
            [(ModuleAccount::ALLIANCE, staked.clone()), (ModuleAccount::ALLIANCE_REWARDS, vec![(coin, held)])]
        {
            net.give_to(&account, &amount);
        }
        super::super::genesis::init(&mut net.ctx, genesis).unwrap();
        self.net = net;
    }
}
