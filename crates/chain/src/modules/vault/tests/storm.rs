//! Random lives of a whole chain with a vault in it: people, curators, votes, faults, fees, halts. No step of a vault ever fails, claims
//! are paid in the first block after the one in which they are due and never before, and no vault stakes the coin that its assets stand for.

use std::collections::BTreeMap;

use entente_kernel::{Event, Timestamp};
use entente_proto::restake::assets::v1 as registry;
use entente_proto::restake::vault::v1 as wire;
use proptest::prelude::*;

use super::super::state::{CLAIMS, LOTS, LOTS_OF_VAULT};
use super::*;
use crate::modules::assets::Market;
use crate::modules::staking;

const G: u128 = 1_000_000_000;
/// Who publishes the rates.
const PUBLISHER: u8 = 109;

#[derive(Debug, Clone)]
enum Step {
    Deposit(u8, usize, u128),
    Leave(u8, u8),
    ComeBack(u8, u8),
    Claim(u8, u64),
    Give(u8, u8, u64),
    Lock(u8, u8),
    Unlock(u8),
    ClaimRewards(u8),
    Bid(u8),
    Swap(u8, usize, usize, u128),
    Earn(usize, u128),
    Health(usize, i32),
    Price(usize, u128),
    Depth(usize, u128),
    /// The rate of an asset is so many thousandths of what it was.
    Rate(usize, u128),
    Delete(usize),
    Absent(u8, u8),
    DoubleSign(u8),
    Params(i64, i64),
    Curator(u8),
    /// Nothing happens for so long, and no block is made.
    Silence(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let who = || 101u8..=104;
    let amount = || prop_oneof![1u128..1_000, 1_000_000u128..100_000_000_000, Just(1_000_000_000_000_000)];
    let silence = prop_oneof![1i64..60, 60i64..3_600, 3_600i64..3 * DAY, Just(30 * DAY)];
    let step = prop_oneof![
        8 => (who(), 0usize..3, amount()).prop_map(|(n, asset, amount)| Step::Deposit(n, asset, amount)),
        5 => (who(), 1u8..=100).prop_map(|(n, part)| Step::Leave(n, part)),
        1 => (who(), 1u8..=100).prop_map(|(n, part)| Step::ComeBack(n, part)),
        2 => (who(), 1u64..6).prop_map(|(n, batch)| Step::Claim(n, batch)),
        1 => (who(), who(), 1u64..6).prop_map(|(n, to, batch)| Step::Give(n, to, batch)),
        1 => (who(), 1u8..=100).prop_map(|(n, part)| Step::Lock(n, part)),
        1 => who().prop_map(Step::Unlock),
        1 => who().prop_map(Step::ClaimRewards),
        2 => who().prop_map(Step::Bid),
        2 => (who(), 0usize..3, 0usize..3, amount()).prop_map(|(n, give, take, amount)| Step::Swap(n, give, take, amount)),
        3 => (0usize..5, 1u128..10 * G).prop_map(|(coin, amount)| Step::Earn(coin, amount)),
        1 => (0usize..3, 1i32..=6).prop_map(|(asset, change)| Step::Health(asset, change)),
        1 => (0usize..3, 900u128..1_100).prop_map(|(asset, part)| Step::Price(asset, part)),
        1 => (0usize..3, prop_oneof![Just(0u128), 1u128..1 << 100]).prop_map(|(asset, depth)| Step::Depth(asset, depth)),
        2 => (0usize..3, prop_oneof![Just(1u128), 900u128..1_100, 1_000u128..1_000_000]).prop_map(|(asset, part)| Step::Rate(asset, part)),
        1 => (0usize..3).prop_map(Step::Delete),
        1 => (1u8..=3, 1u8..12).prop_map(|(n, blocks)| Step::Absent(n, blocks)),
        1 => (2u8..=3).prop_map(Step::DoubleSign),
        1 => (60i64..3 * DAY, 60i64..28 * DAY).prop_map(|(epoch, horizon)| Step::Params(epoch, horizon)),
        1 => (0u8..7).prop_map(Step::Curator),
        8 => silence.prop_map(Step::Silence),
    ];
    prop::collection::vec(step, 1..60)
}

struct Storm {
    net: Net,
    /// When the batches that closed are due, and blocks since then.
    due: BTreeMap<u64, (Timestamp, u32)>,
    /// Exits may be due before their coins are back: a vote made the horizon shorter, or dissolved an asset.
    short: bool,
}

impl Storm {
    fn new() -> Self {
        let publisher = Source::Push { publisher: user(PUBLISHER), channel: String::new() };
        let mut net = Net::with("10000000000000", &publisher);
        super::auctions::list_voucher(&mut net);
        net.count_halts(6 * 3_600);
        let mut vault = net.vault();
        vault.swap_enabled = true;
        VAULTS.set(&mut net.w.ctx, &1, &vault).unwrap();
        Self { net, due: BTreeMap::new(), short: false }
    }

    /// What every block must show.
    fn see(&mut self, events: &[Event]) {
        let failed = events.iter().find(|event| event.kind == "restake.vault.v1.EventStepFailed");
        assert!(failed.is_none(), "a step failed: {failed:?}");
        self.no_stake_of_its_own(events);
        let now = self.net.w.ctx.time();
        let batches: BTreeMap<u64, Batch> =
            BATCHES.prefix(&self.net.w.ctx, &1).map(|row| row.map(|((_, id), batch)| (id, batch)).unwrap()).collect();
        let halts = super::super::halt::sum(&self.net.w.ctx).unwrap();
        for (id, batch) in &batches {
            if let Some(due) = batch.due(halts) {
                self.due.entry(*id).or_insert((due, 0)).0 = due;
            }
        }
        self.due.retain(|id, (due, blocks)| {
            let Some(batch) = batches.get(id) else {
                assert!(now >= *due, "batch {id} was paid at {now}, it was due at {due}");
                return false;
            };
            let paid = batch.parts.iter().any(|part| part.paid > 0);
            assert!(now >= *due || !paid, "batch {id} paid before it was due");
            *blocks += u32::from(now >= *due);
            let excused = batch.delayed && self.short;
            assert!(*blocks < 2 || excused, "batch {id}, due at {due}, waits at {now}: {batch:?}");
            true
        });
    }

    /// The accounts of vaults have no stake of the native coin, and nobody stakes, moves or takes out stake in their name.
    fn no_stake_of_its_own(&self, events: &[Event]) {
        let owner = self.net.w.ctx.bech32().acc(&account(1));
        for event in events.iter().filter(|event| ["delegate", "unbond", "redelegate"].contains(&event.kind.as_ref())) {
            let by = event.attributes.iter().find(|(key, _)| key == "delegator").map(|(_, value)| value.to_string());
            assert_ne!(by.as_deref(), Some(owner.as_str()), "{event:?}");
        }
        assert!(staking::delegations_of(&self.net.w.ctx, &account(1)).next().is_none());
    }

    fn play(&mut self, step: &Step) {
        self.short |= matches!(step, Step::Params(..) | Step::Delete(_));
        let net = &mut self.net;
        let mut events = Vec::new();
        let mut heard = |outcome: Result<Vec<Event>>| match outcome {
            Ok(more) => events.extend(more),
            Err(entente_kernel::Error::Refusal(_)) => {}
            Err(fault) => panic!("{step:?}: {fault}"),
        };
        let held = |net: &Net, n: u8, part: u8| net.held(n, "lrt/1") * u128::from(part) / 100;
        let owner = |net: &Net, n: u8| net.w.acc(n);
        match step {
            Step::Deposit(n, asset, amount) => {
                net.fund(*n, DENOMS[*asset], *amount);
                let coin = Some(base::Coin { denom: DENOMS[*asset].into(), amount: amount.to_string() });
                let depositor = owner(net, *n);
                heard(net.w.send(&wire::MsgDeposit { depositor, vault: 1, coin, ..Default::default() }));
            }
            Step::Leave(n, part) => {
                let shares = held(net, *n, *part).to_string();
                heard(net.w.send(&wire::MsgRequestExit { owner: owner(net, *n), vault: 1, shares }));
            }
            Step::ComeBack(n, part) => {
                let key = (1, net.vault().last_batch, user(*n));
                let claim = CLAIMS.get(&net.w.ctx, &key).unwrap().unwrap_or_default();
                let shares = (claim.shares * u128::from(*part) / 100).to_string();
                heard(net.w.send(&wire::MsgCancelExit { owner: owner(net, *n), vault: 1, shares }));
            }
            Step::Claim(n, batch) => {
                let claim = wire::MsgClaimExit { owner: owner(net, *n), vault: 1, batch: *batch, ..Default::default() };
                heard(net.w.send(&claim));
            }
            Step::Give(n, to, batch) => {
                let claim = CLAIMS.get(&net.w.ctx, &(1, *batch, user(*n))).unwrap().unwrap_or_default();
                let (to, shares) = (owner(net, *to), (claim.shares / 2).to_string());
                let give = wire::MsgTransferClaim { owner: owner(net, *n), vault: 1, batch: *batch, to, shares };
                heard(net.w.send(&give));
            }
            Step::Lock(n, part) => {
                let shares = held(net, *n, *part).to_string();
                heard(net.w.send(&wire::MsgGaugeLock { owner: owner(net, *n), vault: 1, shares }));
            }
            Step::Unlock(n) => {
                let locked = super::super::state::LOCKS.get(&net.w.ctx, &(1, user(*n))).unwrap().unwrap_or_default();
                let shares = locked.to_string();
                heard(net.w.send(&wire::MsgGaugeUnlock { owner: owner(net, *n), vault: 1, shares }));
            }
            Step::ClaimRewards(n) => {
                heard(net.w.send(&wire::MsgGaugeClaim { owner: owner(net, *n), vault: 1, ..Default::default() }));
            }
            Step::Bid(n) => {
                let lot = LOTS_OF_VAULT.iter(&net.w.ctx).next().map(|row| row.unwrap().1);
                if let Some(lot) = lot {
                    let wanted = LOTS.must(&net.w.ctx, &lot).unwrap().wanted.to_string();
                    net.fund(*n, &wanted, 100 * G);
                    let max_in = Some(base::Coin { denom: wanted, amount: (100 * G).to_string() });
                    heard(net.w.send(&wire::MsgBidAuction { bidder: owner(net, *n), lot, max_in }));
                }
            }
            Step::Swap(n, give, take, amount) => {
                net.fund(*n, DENOMS[*give], *amount);
                let swap = wire::MsgRebalanceSwap {
                    sender: owner(net, *n),
                    vault: 1,
                    give: Some(base::Coin { denom: DENOMS[*give].into(), amount: amount.to_string() }),
                    take_denom: DENOMS[*take].into(),
                    min_out: "1".into(),
                };
                heard(net.w.send(&swap));
            }
            Step::Earn(coin, amount) => {
                let name = ["uente", "uatom", DENOMS[0], DENOMS[1], DENOMS[2]][*coin];
                net.fund(105, name, *amount);
                let fees = Coins::one(Coin::new(denom(name), Int::from(*amount))).unwrap();
                bank::send_to_module(&mut net.w.ctx, &user(105), &ModuleAccount::FEE_COLLECTOR, &fees).unwrap();
            }
            Step::Health(asset, change) => {
                let id = assets::must_by_denom(&net.w.ctx, &denom(DENOMS[*asset])).unwrap().id;
                let authority = net.w.ctx.bech32().acc(&auth::authority());
                heard(net.w.send(&registry::MsgSetHealth { authority, asset_id: id, change: *change }));
            }
            Step::Price(asset, part) => {
                let rate = [105, 130, 112][*asset] * WAD / 100;
                let market = Market { price: rate / 1_000 * part, depth: 0, time: net.w.ctx.time() };
                assets::report_market(&mut net.w.ctx, &denom(DENOMS[*asset]), &market).unwrap();
            }
            Step::Depth(asset, depth) => {
                let rate = [105, 130, 112][*asset] * WAD / 100;
                let market = Market { price: rate, depth: *depth, time: net.w.ctx.time() };
                assets::report_market(&mut net.w.ctx, &denom(DENOMS[*asset]), &market).unwrap();
            }
            Step::Rate(asset, part) => {
                let asset = assets::must_by_denom(&net.w.ctx, &denom(DENOMS[*asset])).unwrap();
                heard(publish(net, asset.id, asset.rate() / 1_000 * part));
            }
            Step::Delete(asset) => {
                let authority = net.w.ctx.bech32().acc(&auth::authority());
                let denom = DENOMS[*asset].into();
                heard(net.w.send(&entente_proto::alliance::alliance::MsgDeleteAlliance { authority, denom }));
            }
            Step::Absent(n, blocks) => {
                for _ in 0..*blocks {
                    events.extend(net.w.block_without(*n));
                }
            }
            Step::DoubleSign(n) => {
                let height = net.w.ctx.height();
                let power = if *n == 2 { 40 } else { 30 };
                events.extend(net.w.block_with_proof(*n, height, power));
            }
            Step::Params(epoch, horizon) => {
                let mut params = super::super::params(&net.w.ctx).unwrap();
                (params.epoch, params.exit_horizon) = (Span::from_secs(*epoch), Span::from_secs(*horizon));
                let authority = net.w.ctx.bech32().acc(&auth::authority());
                heard(net.w.send(&wire::MsgUpdateParams { authority, params: Some(params.to_wire()) }));
            }
            Step::Curator(kind) => {
                let fees = |performance| wire::Fees { performance: wad(performance), ..Default::default() };
                let seat = wire::VaultAsset { denom: DENOMS[1].into(), cap: wad(60), ..Default::default() };
                let kind = i32::from(*kind);
                let change = wire::VaultChange {
                    kind,
                    fees: Some(fees(20)),
                    asset: Some(seat),
                    risk_class: Some(wire::RiskClass { loss_max: wad(5), ..Default::default() }),
                    swap_enabled: true,
                };
                heard(net.w.send(&wire::MsgUpdateVault { curator: owner(net, 1), vault: 1, change: Some(change) }));
            }
            Step::Silence(secs) => events.extend(net.w.after(*secs)),
        }
        events.extend(self.net.w.block());
        self.net.w.check();
        self.see(&events);
        self.freshen();
    }

    /// Old rates are published again as they are, so that deposits go on.
    fn freshen(&mut self) {
        for name in DENOMS {
            let asset = assets::must_by_denom(&self.net.w.ctx, &denom(name)).unwrap();
            if asset.age(self.net.w.ctx.time()) > Span::from_secs(5 * 3_600) {
                publish(&mut self.net, asset.id, asset.rate()).unwrap();
            }
        }
    }
}

fn publish(net: &mut Net, asset_id: u64, rate: u128) -> Result<Vec<Event>> {
    let publisher = net.w.acc(PUBLISHER);
    net.w.send(&registry::MsgPublishRate { publisher, asset_id, rate: rate.to_string(), time: None })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases("STORM_LIVES", 24), ..ProptestConfig::default() })]
    #[test]
    fn no_step_of_a_vault_ever_fails_and_every_claim_is_paid_in_time(steps in steps()) {
        let mut storm = Storm::new();
        storm.net.deposit(101, DENOMS[0], 40 * G);
        for step in &steps {
            storm.play(step);
        }
        // Whatever happened: who wants to leave can, and everybody is paid in the end.
        let mut day = 0;
        storm.net.count_halts(0);
        while !storm.due.is_empty() || BATCHES.prefix(&storm.net.w.ctx, &1).next().is_some() {
            storm.play(&Step::Silence(DAY));
            day += 1;
            assert!(day < 100, "{:?} wait", storm.due);
        }
        let state = crate::genesis::export(&storm.net.w.ctx).unwrap();
        let again = World::from_genesis(&state).unwrap();
        assert_eq!(crate::genesis::export(&again.ctx).unwrap()["vault"], state["vault"]);
    }
}
