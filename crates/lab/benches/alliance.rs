//! The benchmark of the Go Alliance module, with the whole of a block: its begin, 30 operations without signatures, its end, the new
//! state tree and app hash. 20 assets, 160 validators, 10 delegators.
//! `cargo bench -p entente-lab --bench alliance -- [--blocks N] [--invariants 1] [--delegators N]`

use std::error::Error;

use entente_chain::{FinalizeBlock, Snapshot, Vote, VoteFlag, block, route};
use entente_kernel::gas::GasMeter;
use entente_kernel::num::{Dec, Int};
use entente_kernel::state::Memory;
use entente_kernel::{AccAddress, Bech32, Mode, Span, ValAddress};
use entente_lab::load::{Clock, Drive, GENESIS_TIME, Scale, Spent, asset, number, validator};
use entente_lab::random::dice::Dice;
use entente_lab::random::wallet::User;
use entente_proto::alliance::alliance as wire;
use entente_proto::cosmos::base::v1beta1::Coin;
use prost::{Message, Name};
use prost_types::Any;
use serde_json::{Value, json};

const ASSETS: u64 = 20;
const VALIDATORS: u64 = 160;
const DELEGATORS: u64 = 10;
const OPERATIONS: usize = 30;
const BLOCK_SECS: i64 = 5;
/// Blocks of which the cost is told together.
const STEP: u64 = 100;

/// The allocator of the node.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn Error>> {
    let (blocks, with_invariants) = (number("blocks", 200), number("invariants", 0) == 1);
    let mut bench = Bench::new(number("delegators", 0))?;
    let title = if with_invariants { "with all invariants after each" } else { "without invariants" };
    println!("Go Alliance benchmark, {blocks} blocks {title}; {} others delegate", number("delegators", 0));
    let (mut all, mut step, mut refused) = (Spent::default(), Phases::default(), 0);
    for height in 1..=blocks {
        let phases = bench.block(with_invariants, &mut refused)?;
        step.add(&phases);
        all += phases.sum();
        if height % STEP == 0 || height == blocks {
            println!("  to block {height:5}: {step}");
            step = Phases::default();
        }
    }
    let wall = all.wall.as_secs_f64();
    println!(
        "{blocks} blocks: {wall:.2} s on the wall, {:.2} s of processor; {refused} operations refused",
        all.cpu.as_secs_f64()
    );
    println!("app hash after them: {}", hex::encode(bench.state.forest.root()));
    Ok(())
}

/// What the parts of some blocks took.
#[derive(Default)]
struct Phases {
    blocks: u32,
    begin: Spent,
    operations: Spent,
    end: Spent,
    tree: Spent,
    invariants: Spent,
}

impl Phases {
    fn all(&self) -> [Spent; 5] {
        [self.begin, self.operations, self.end, self.tree, self.invariants]
    }

    fn sum(&self) -> Spent {
        let mut sum = Spent::default();
        self.all().into_iter().for_each(|part| sum += part);
        sum
    }

    fn add(&mut self, other: &Self) {
        self.blocks += other.blocks;
        let mine = [&mut self.begin, &mut self.operations, &mut self.end, &mut self.tree, &mut self.invariants];
        mine.into_iter().zip(other.all()).for_each(|(to, from)| *to += from);
    }
}

impl std::fmt::Display for Phases {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let each = |spent: Spent| spent.cpu.as_secs_f64() * 1e3 / f64::from(self.blocks.max(1));
        let [begin, operations, end, tree, invariants] = self.all().map(each);
        write!(
            f,
            "{:.2} ms of processor a block: begin {begin:.2}, operations {operations:.2}, end {end:.2}, tree {tree:.2}, invariants {invariants:.2}",
            each(self.sum())
        )
    }
}

struct Bench {
    state: Snapshot,
    /// What the block before read and wrote, as `Chain` keeps it.
    memory: Option<Memory>,
    votes: Vec<Vote>,
    dice: Dice,
    bech32: Bech32,
    people: Vec<AccAddress>,
    /// Every delegation that was ever made.
    made: Vec<(AccAddress, ValAddress, String)>,
}

impl Bench {
    fn new(others: u64) -> Result<Self, Box<dyn Error>> {
        let mut dice = Dice::new(1);
        let mut below = |most: u64| format!("0.{:018}", dice.below(most));
        let terms: Vec<Value> = (0..ASSETS)
            .map(|_| {
                let (weight, take) = (below(1_000_000_000_000_000_000), below(100_000_000_000_000));
                let change = Dec::ONE.sub(below(10_000_000_000_000).parse()?)?;
                Ok(json!({"reward_weight": weight, "take_rate": take, "reward_change_rate": change.to_string(),
                    "reward_change_interval": "300s", "last_reward_change_time": GENESIS_TIME.to_string()}))
            })
            .collect::<Result<_, Box<dyn Error>>>()?;
        let scale = Scale { validators: VALIDATORS, assets: ASSETS, users: DELEGATORS, delegators: others };
        let mut init = scale.genesis(|n| terms[n as usize].clone());
        // As in the original, rewards come from take rates alone.
        for name in ["inflation_max", "inflation_min", "inflation_rate_change"] {
            init.app_state["mint"]["params"][name] = json!(Dec::ZERO.to_string());
        }
        init.app_state["mint"]["minter"]["inflation"] = json!(Dec::ZERO.to_string());
        let drive = Drive::start(&init)?;
        let state = drive.chain.snapshot(None).cloned().ok_or("a chain without a state")?;
        let people = (0..DELEGATORS).map(|n| User::numbered(n).address).collect();
        Ok(Self {
            state,
            memory: None,
            votes: drive.votes,
            dice,
            bech32: Bech32::new("entente"),
            people,
            made: Vec::new(),
        })
    }

    fn block(&mut self, with_invariants: bool, refused: &mut u32) -> Result<Phases, Box<dyn Error>> {
        let operations = self.operations();
        let (height, time) = (self.state.height + 1, self.state.time.plus(Span::from_secs(BLOCK_SECS)));
        let mut votes = self.votes.clone();
        votes.iter_mut().filter(|_| self.dice.chance(20)).for_each(|v| v.flag = VoteFlag::Absent);
        let proposer = self.dice.pick(&votes).address;
        let block = FinalizeBlock { height, time, proposer, votes, evidence: Vec::new(), txs: Vec::new() };
        let mut phases = Phases { blocks: 1, ..Phases::default() };

        let clock = Clock::start();
        let mut ctx = self.state.ctx(Mode::Deliver);
        if let Some(memory) = self.memory.take() {
            ctx.remember(memory);
        }
        ctx.replace_gas(GasMeter::idle());
        let env = ctx.env_mut();
        (env.height, env.time, env.proposer) = (height, time, Some(proposer));
        block::begin(&mut ctx, &block)?;
        phases.begin = clock.stop();
        ctx.replace_gas(GasMeter::unlimited());

        let clock = Clock::start();
        for any in &operations {
            *refused += u32::from(ctx.layer(|ctx| route::handle(ctx, any)).is_err());
        }
        phases.operations = clock.stop();
        ctx.replace_gas(GasMeter::idle());

        let clock = Clock::start();
        let updates = block::end(&mut ctx)?;
        phases.end = clock.stop();

        let clock = Clock::start();
        let (changes, memory) = ctx.end();
        let mut forest = self.state.forest.clone();
        forest.apply(changes)?;
        let root = forest.root();
        self.memory = Some(memory.of(root));
        phases.tree = clock.stop();
        assert_ne!(root, [0; 32]);
        (self.state.height, self.state.time, self.state.forest) = (height, time, forest);
        for update in updates {
            let address = entente_kernel::crypto::sha256_truncated(&update.pub_key);
            self.votes.iter_mut().filter(|v| v.address.as_bytes() == address).for_each(|v| v.power = update.power);
        }

        if with_invariants {
            let clock = Clock::start();
            let broken = self.state.broken_invariants()?;
            phases.invariants = clock.stop();
            assert_eq!(broken, Vec::<String>::new(), "height {height}");
        }
        Ok(phases)
    }

    /// 30 operations in the proportions delegate 10, redelegate 2, undelegate 2, claim 2; what cannot be done is left out.
    fn operations(&mut self) -> Vec<Any> {
        (0..OPERATIONS)
            .filter_map(|_| match self.dice.below(16) {
                0..=9 => Some(self.delegate()),
                10..=11 => self.redelegate(),
                12..=13 => self.undelegate(),
                _ => self.claim(),
            })
            .collect()
    }

    fn delegate(&mut self) -> Any {
        let denom = asset(self.dice.below(ASSETS));
        let (who, to) = (*self.dice.pick(&self.people), validator(self.dice.below(VALIDATORS)));
        let amount = self.dice.between(1, 1_000_000_000);
        self.made.push((who, to, denom.clone()));
        pack(&wire::MsgDelegate {
            delegator_address: self.bech32.acc(&who),
            validator_address: self.bech32.val(&to),
            amount: coin(denom, amount),
        })
    }

    /// A delegation that was made, and a part of what it shows now.
    fn part(&mut self) -> Option<(AccAddress, ValAddress, String, u64)> {
        let (who, at, denom) = self.dice.any(&self.made)?.clone();
        let request = wire::QueryAllianceDelegationRequest {
            delegator_addr: self.bech32.acc(&who),
            validator_addr: self.bech32.val(&at),
            denom: denom.clone(),
            pagination: None,
        };
        let answer = self.state.query("/alliance.alliance.Query/AllianceDelegation", &request.encode_to_vec()).ok()?;
        let answer = wire::QueryAllianceDelegationResponse::decode(answer.as_slice()).ok()?;
        let shown: u64 = answer.delegation?.balance?.amount.parse().ok()?;
        (shown > 1).then(|| (who, at, denom, self.dice.between(1, shown)))
    }

    fn redelegate(&mut self) -> Option<Any> {
        let (who, from, denom, amount) = self.part()?;
        let to = validator(self.dice.below(VALIDATORS));
        let message = wire::MsgRedelegate {
            delegator_address: self.bech32.acc(&who),
            validator_src_address: self.bech32.val(&from),
            validator_dst_address: self.bech32.val(&to),
            amount: coin(denom, amount),
        };
        (from != to).then(|| pack(&message))
    }

    fn undelegate(&mut self) -> Option<Any> {
        let (who, at, denom, amount) = self.part()?;
        Some(pack(&wire::MsgUndelegate {
            delegator_address: self.bech32.acc(&who),
            validator_address: self.bech32.val(&at),
            amount: coin(denom, amount),
        }))
    }

    fn claim(&mut self) -> Option<Any> {
        let (who, at, denom, _) = self.part()?;
        Some(pack(&wire::MsgClaimDelegationRewards {
            delegator_address: self.bech32.acc(&who),
            validator_address: self.bech32.val(&at),
            denom,
        }))
    }
}

fn coin(denom: String, amount: u64) -> Option<Coin> {
    Some(Coin { denom, amount: Int::from(amount).to_string() })
}

fn pack<M: Message + Name>(message: &M) -> Any {
    Any { type_url: M::type_url(), value: message.encode_to_vec() }
}
