//! What the people of a run know: the committed state, asked through the queries of the chain, and each other.

use entente_chain::Snapshot;
use entente_chain::modules::auth::ModuleAccount;
use entente_chain::modules::{bank, staking};
use entente_kernel::json;
use entente_kernel::num::{Denom, Int};
use entente_kernel::{Bech32, Ctx, Mode};
use serde_json::{Value, json};

use super::dice::Dice;
use super::genesis::{BOND, FOREIGN};
use super::wallet::User;

/// Who acts: a user, or governance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub account: String,
    pub operator: String,
}

/// The state of a height, and the people who look at it.
pub struct Scene<'a> {
    pub users: &'a [User],
    pub bech32: Bech32,
    /// Operators of all validators.
    pub validators: Vec<String>,
    /// Ids of proposals, and whether they are voted on.
    pub proposals: Vec<(u64, bool)>,
    /// Coins that alliance admits.
    pub assets: Vec<String>,
    pub bond: String,
    view: Ctx,
    snapshot: &'a Snapshot,
}

impl<'a> Scene<'a> {
    pub fn of(snapshot: &'a Snapshot, users: &'a [User]) -> Self {
        let view = snapshot.ctx(Mode::Query);
        let bech32 = snapshot.bech32().clone();
        let validators = staking::validators(&view).flatten().map(|v| bech32.val(&v.operator)).collect();
        let bond = staking::bond_denom(&view).map_or_else(|_| BOND.to_owned(), |d| d.to_string());
        let mut scene =
            Self { users, bech32, validators, proposals: Vec::new(), assets: Vec::new(), bond, view, snapshot };
        scene.proposals = scene.read_proposals();
        scene.assets = scene.read_assets();
        scene
    }

    fn read_proposals(&self) -> Vec<(u64, bool)> {
        let answer =
            self.ask("/cosmos.gov.v1.Query/Proposals", &json!({"pagination": {"limit": "20", "reverse": true}}));
        let list = answer.as_ref().and_then(|a| a["proposals"].as_array()).cloned().unwrap_or_default();
        list.iter()
            .filter_map(|p| Some((p["id"].as_str()?.parse().ok()?, p["status"] == "PROPOSAL_STATUS_VOTING_PERIOD")))
            .collect()
    }

    fn read_assets(&self) -> Vec<String> {
        let answer = self.ask("/alliance.alliance.Query/Alliances", &json!({}));
        let list = answer.as_ref().and_then(|a| a["alliances"].as_array()).cloned().unwrap_or_default();
        list.iter().filter_map(|a| a["denom"].as_str().map(str::to_owned)).collect()
    }

    pub fn height(&self) -> i64 {
        self.view.height()
    }

    pub fn time(&self) -> entente_kernel::Timestamp {
        self.view.time()
    }

    /// Asks a query of the chain; nothing if it refuses.
    pub fn ask(&self, path: &str, request: &Value) -> Option<Value> {
        let method = json::schema::method_at(path)?;
        let bytes = json::decode(method.input().full_name(), request).ok()?;
        let answer = self.snapshot.query(path, &bytes).ok()?;
        json::encode(method.output().full_name(), &answer).ok()
    }

    pub fn actor(&self, n: usize) -> Actor {
        let address = self.users[n % self.users.len()].address;
        Actor { account: self.bech32.acc(&address), operator: self.bech32.val(&address.into()) }
    }

    pub fn governance(&self) -> Actor {
        let address = ModuleAccount::GOV.address();
        Actor { account: self.bech32.acc(&address), operator: self.bech32.val(&address.into()) }
    }

    pub fn balance(&self, account: &str, denom: &str) -> Int {
        let (Ok(address), Ok(denom)) = (self.bech32.parse_acc(account), Denom::new(denom)) else { return Int::ONE };
        bank::balance(&self.view, &address, &denom).unwrap_or(Int::ONE)
    }

    /// Operators with whom the account has native stake, and its value.
    pub fn stakes(&self, account: &str) -> Vec<(String, Int)> {
        let Ok(address) = self.bech32.parse_acc(account) else { return Vec::new() };
        let value = |d: staking::Delegation| {
            let validator = staking::validator(&self.view, &d.validator).ok()??;
            let tokens = validator.tokens_from_shares(d.shares).ok()?.truncate_int().ok()?;
            Some((self.bech32.val(&d.validator), tokens))
        };
        staking::delegations_of(&self.view, &address).flatten().filter_map(value).collect()
    }

    /// Operator, height and balance of the account's unbonding entries.
    pub fn unbondings(&self, account: &str) -> Vec<(String, i64, Int)> {
        let path = "/cosmos.staking.v1beta1.Query/DelegatorUnbondingDelegations";
        let Some(answer) = self.ask(path, &json!({"delegator_addr": account})) else { return Vec::new() };
        let mut out = Vec::new();
        for record in answer["unbonding_responses"].as_array().into_iter().flatten() {
            for entry in record["entries"].as_array().into_iter().flatten() {
                let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
                let height = text(&entry["creation_height"]).parse().unwrap_or(0);
                out.push((
                    text(&record["validator_address"]),
                    height,
                    text(&entry["balance"]).parse().unwrap_or(Int::ONE),
                ));
            }
        }
        out
    }

    /// Operator, coin and value of the account's alliance stakes.
    pub fn alliances(&self, account: &str) -> Vec<(String, String, Int)> {
        let path = "/alliance.alliance.Query/AlliancesDelegation";
        let Some(answer) = self.ask(path, &json!({"delegator_addr": account})) else { return Vec::new() };
        let read = |row: &Value| {
            let (place, balance) = (row.get("delegation")?, row.get("balance")?);
            let text = |v: &Value| v.as_str().map(str::to_owned);
            let amount = balance["amount"].as_str()?.parse().ok()?;
            Some((text(&place["validator_address"])?, text(&balance["denom"])?, amount))
        };
        answer["delegations"].as_array().into_iter().flatten().filter_map(read).collect()
    }

    /// An address: mostly of a user, else of a module, of nobody, or no address.
    pub fn address(&self, dice: &mut Dice) -> String {
        match dice.below(50) {
            0 => "entente1nonsense".to_owned(),
            1 => String::new(),
            2 => self.bech32.acc(&entente_kernel::AccAddress::from_array(dice.bytes())),
            3..=6 => self.bech32.acc(&dice.pick(ModuleAccount::ALL).address()),
            _ => self.bech32.acc(&dice.pick(self.users).address),
        }
    }

    /// An operator: mostly of a validator.
    pub fn operator(&self, dice: &mut Dice) -> String {
        match dice.below(30) {
            0 => self.bech32.val(&entente_kernel::ValAddress::from_array(dice.bytes())),
            1 => "ententevaloper1".to_owned(),
            _ => dice.any(&self.validators).cloned().unwrap_or_default(),
        }
    }

    /// A denomination: native, foreign, an asset, or none that exists.
    pub fn denom(&self, dice: &mut Dice) -> String {
        match dice.below(20) {
            0 => "nosuchcoin".to_owned(),
            1 => "a/b".to_owned(),
            2..=9 => self.bond.clone(),
            10..=13 => dice.any(&self.assets).unwrap_or(&self.bond).clone(),
            _ => (*dice.pick(FOREIGN)).to_owned(),
        }
    }

    pub fn proposal(&self, dice: &mut Dice) -> u64 {
        let voted: Vec<u64> = self.proposals.iter().filter(|(_, voting)| *voting).map(|(id, _)| *id).collect();
        let all: Vec<u64> = self.proposals.iter().map(|(id, _)| *id).collect();
        let from = if dice.chance(80) && !voted.is_empty() { &voted } else { &all };
        let one = dice.any(from);
        one.copied().unwrap_or_else(|| dice.below(3))
    }
}
