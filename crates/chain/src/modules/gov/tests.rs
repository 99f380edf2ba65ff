//! The rules of governance, played on a real state. All invariants are checked after every block.

use entente_kernel::num::{Coin, Coins, Denom, Int};
use entente_kernel::{Event, Timestamp};
use entente_proto::alliance::alliance::MsgDelegate as AllianceDelegate;
use entente_proto::cosmos::bank::v1beta1::MsgSend;
use entente_proto::cosmos::base::v1beta1::Coin as WireCoin;
use entente_proto::cosmos::distribution::v1beta1 as distribution_wire;
use entente_proto::cosmos::gov::{v1 as wire, v1beta1};
use entente_proto::cosmos::params::v1beta1::ParameterChangeProposal;
use entente_proto::cosmos::staking::v1beta1 as staking_wire;
use prost::{Message, Name};
use prost_types::Any;
use serde_json::{Value, json};

use super::{Status, Tally, proposal};
use crate::modules::auth::ModuleAccount;
use crate::modules::{bank, distribution};
use crate::world::{World, coin, user};

const UNIT: u64 = 1_000_000;
const MIN_DEPOSIT: u64 = 10 * UNIT;
const VOTING_SECS: i64 = 60;
const EXPEDITED_SECS: i64 = 30;
const DEPOSIT_SECS: i64 = 600;

const YES: i32 = 1;
const ABSTAIN: i32 = 2;
const NO: i32 = 3;
const VETO: i32 = 4;

fn any<M: Message + Name>(message: &M) -> Any {
    Any { type_url: M::type_url(), value: message.encode_to_vec() }
}

fn coins(amount: u64) -> Vec<WireCoin> {
    coin(amount).into_iter().filter(|_| amount > 0).collect()
}

fn gov(w: &World) -> String {
    w.ctx.bech32().acc(&ModuleAccount::GOV.address())
}

fn draft(w: &World, deposit: u64, messages: Vec<Any>) -> wire::MsgSubmitProposal {
    wire::MsgSubmitProposal {
        messages,
        initial_deposit: coins(deposit),
        proposer: w.acc(101),
        metadata: "ipfs://x".into(),
        title: "A title".into(),
        summary: "A summary".into(),
        expedited: false,
    }
}

/// Submits a proposal of user 101 and gives its number.
fn submit(w: &mut World, deposit: u64, messages: Vec<Any>) -> u64 {
    let message = draft(w, deposit, messages);
    w.send(&message).unwrap();
    super::state::NEXT_ID.peek(&w.ctx).unwrap() - 1
}

fn vote(w: &mut World, id: u64, n: u8, option: i32) {
    let message = wire::MsgVote { proposal_id: id, voter: w.acc(n), option, metadata: String::new() };
    w.send(&message).unwrap();
}

fn delegate(w: &mut World, del: u8, val: u8, amount: u64) {
    let (delegator_address, validator_address) = (w.acc(del), w.val(val));
    w.send(&staking_wire::MsgDelegate { delegator_address, validator_address, amount: coin(amount) }).unwrap();
}

fn status(w: &World, id: u64) -> Status {
    proposal(&w.ctx, id).unwrap().unwrap().status
}

fn tally(w: &World, id: u64) -> [u64; 4] {
    let Tally { yes, abstain, no, no_with_veto } = proposal(&w.ctx, id).unwrap().unwrap().tally;
    [yes, abstain, no, no_with_veto].map(|n| n.to_u64().unwrap())
}

/// What the end of a period reports.
fn result(events: &[Event], kind: &str) -> String {
    let event = events.iter().rfind(|e| e.kind == kind).unwrap();
    event.attributes.iter().find(|(k, _)| k == "proposal_result").unwrap().1.clone()
}

fn supply(w: &World) -> Int {
    bank::supply(&w.ctx, &Denom::new("uente").unwrap()).unwrap()
}

fn pay(w: &World, amount: u64) -> Any {
    any(&distribution_wire::MsgCommunityPoolSpend { authority: gov(w), recipient: w.acc(105), amount: coins(amount) })
}

/// Operator 1 holds 40 of its own, user 102 30 and user 103 30 with it.
fn voters() -> World {
    let mut w = World::new(&[40 * UNIT]);
    delegate(&mut w, 102, 1, 30 * UNIT);
    delegate(&mut w, 103, 1, 30 * UNIT);
    w.block();
    w
}

#[test]
fn a_proposal_without_its_deposit_is_forgotten_and_the_deposit_goes_back_or_is_burnt() {
    for burn in [false, true] {
        let mut w = World::with(&[UNIT], |g| g["gov"]["params"]["burn_proposal_deposit_prevote"] = json!(burn));
        let (balance, before) = (w.balance(101), supply(&w));
        let id = submit(&mut w, UNIT, Vec::new());
        w.after(DEPOSIT_SECS - 10);
        assert_eq!(status(&w, id), Status::Deposit);
        let events = w.block();
        assert_eq!(result(&events, "inactive_proposal"), "proposal_dropped");
        assert!(proposal(&w.ctx, id).unwrap().is_none());
        let lost = Int::from(if burn { UNIT } else { 0 });
        assert_eq!(balance.sub(w.balance(101)).unwrap(), lost);
        assert_eq!(before.sub(supply(&w)).unwrap(), lost);
    }
}

#[test]
fn deposits_are_refused_with_the_codes_of_upstream() {
    let mut w = World::with(&[UNIT], |g| g["gov"]["params"]["min_initial_deposit_ratio"] = json!("0.25"));
    assert_eq!(w.refused(&draft(&w, MIN_DEPOSIT / 4 - 1, Vec::new())), "gov 16");
    let id = submit(&mut w, MIN_DEPOSIT / 4, Vec::new());
    let deposit =
        |w: &World, id, amount: Vec<WireCoin>| wire::MsgDeposit { proposal_id: id, depositor: w.acc(102), amount };
    assert_eq!(w.refused(&deposit(&w, id, coins(MIN_DEPOSIT / 100 - 1))), "gov 16");
    assert_eq!(w.refused(&deposit(&w, id, Vec::new())), "sdk 10");
    assert_eq!(w.refused(&deposit(&w, 99, coins(UNIT))), "undefined 1");
    let other = vec![WireCoin { denom: "uother".into(), amount: MIN_DEPOSIT.to_string() }];
    assert_eq!(w.refused(&deposit(&w, id, other)), "gov 23");
    let events = w.send(&deposit(&w, id, coins(MIN_DEPOSIT))).unwrap();
    assert_eq!(events.last().unwrap().attributes[0].0, "voting_period_start");
    assert_eq!(status(&w, id), Status::Voting);
}

#[test]
fn what_a_delegator_votes_its_validator_does_not() {
    let mut w = voters();
    let id = submit(&mut w, MIN_DEPOSIT, Vec::new());
    vote(&mut w, id, 1, YES);
    vote(&mut w, id, 102, NO);
    let so_far: wire::QueryTallyResultResponse = w
        .scratch()
        .ask("/cosmos.gov.v1.Query/TallyResult", &wire::QueryTallyResultRequest { proposal_id: id })
        .unwrap();
    assert_eq!(so_far.tally.unwrap().yes_count, (70 * UNIT).to_string());
    let events = w.after(VOTING_SECS);
    assert_eq!(result(&events, "active_proposal"), "proposal_passed");
    assert_eq!(tally(&w, id), [70 * UNIT, 0, 30 * UNIT, 0]);
    assert_eq!(w.balance(101), Int::from(1_000_000 * UNIT), "the deposit is back");
    let vote = wire::MsgVote { proposal_id: id, voter: w.acc(103), option: YES, metadata: String::new() };
    assert_eq!(w.refused(&vote), "gov 3");
}

#[test]
fn votes_may_be_split_and_replaced() {
    let mut w = voters();
    let id = submit(&mut w, MIN_DEPOSIT, Vec::new());
    let split = |w: &World, parts: &[(i32, &str)]| wire::MsgVoteWeighted {
        proposal_id: id,
        voter: w.acc(102),
        options: parts.iter().map(|(o, t)| wire::WeightedVoteOption { option: *o, weight: (*t).into() }).collect(),
        metadata: String::new(),
    };
    for bad in [
        &[(YES, "0.5")][..],
        &[(YES, "0.5"), (NO, "0.6")],
        &[(YES, "0.5"), (YES, "0.5")],
        &[(YES, "1.1"), (NO, "-0.1")],
        &[(9, "1")],
        &[(YES, "all")],
    ] {
        assert_eq!(w.refused(&split(&w, bad)), "gov 7", "{bad:?}");
    }
    assert_eq!(w.refused(&split(&w, &[])), "sdk 18");
    vote(&mut w, id, 102, VETO);
    let events = w.send(&split(&w, &[(YES, "0.75"), (ABSTAIN, "0.25")])).unwrap();
    let option = r#"[{"option":1,"weight":"0.75"},{"option":2,"weight":"0.25"}]"#;
    assert_eq!(events[0].attributes[1], ("option".into(), option.into()));
    vote(&mut w, id, 103, YES);
    w.after(VOTING_SECS);
    assert_eq!(tally(&w, id), [52_500_000, 7_500_000, 0, 0]);
}

#[test]
fn quorum_vetoes_and_threshold_decide_in_this_order() {
    // (votes of operator 1, user 102, user 103; 40, 30 and 30 of stake), result, are the deposits burnt?
    let cases: &[([i32; 3], bool, bool)] = &[
        ([0, YES, 0], false, false),        // 30 %: no quorum
        ([0, YES, YES], true, false),       // 60 %, all yes
        ([ABSTAIN, 0, 0], false, false),    // nobody decides
        ([ABSTAIN, YES, NO], false, false), // exactly half is not more than half
        ([YES, YES, VETO], true, false),    // 30 % veto: below 33.4 %
        ([VETO, YES, YES], false, true),    // 40 % veto
        ([NO, YES, YES], true, false),
        ([YES, NO, NO], false, false),
    ];
    for (votes, passes, burnt) in cases {
        let mut w = voters();
        let before = supply(&w);
        let id = submit(&mut w, MIN_DEPOSIT, Vec::new());
        for (n, option) in [1, 102, 103].into_iter().zip(votes) {
            if *option != 0 {
                vote(&mut w, id, n, *option);
            }
        }
        w.after(VOTING_SECS);
        let wanted = if *passes { Status::Passed } else { Status::Rejected };
        assert_eq!(status(&w, id), wanted, "{votes:?}");
        let lost = if *burnt { MIN_DEPOSIT } else { 0 };
        assert_eq!(before.sub(supply(&w)).unwrap(), Int::from(lost), "{votes:?}");
    }
}

#[test]
fn stake_that_is_not_bonded_has_no_vote() {
    let mut w = World::new(&[40 * UNIT, 30 * UNIT, 20 * UNIT, 10 * UNIT]);
    w.block();
    let id = submit(&mut w, MIN_DEPOSIT, Vec::new());
    vote(&mut w, id, 4, YES);
    vote(&mut w, id, 1, YES);
    w.after(VOTING_SECS);
    assert_eq!(tally(&w, id), [40 * UNIT, 0, 0, 0]);
    assert_eq!(status(&w, id), Status::Passed);
}

#[test]
fn an_expedited_proposal_that_fails_becomes_an_ordinary_one_without_its_votes() {
    let mut w = voters();
    let expedited = |w: &World, deposit| wire::MsgSubmitProposal { expedited: true, ..draft(w, deposit, Vec::new()) };
    w.send(&expedited(&w, MIN_DEPOSIT)).unwrap();
    assert_eq!(status(&w, 1), Status::Deposit, "it needs five times as much");
    w.send(&expedited(&w, 5 * MIN_DEPOSIT)).unwrap();
    vote(&mut w, 2, 102, YES);
    vote(&mut w, 2, 103, NO);
    let events = w.after(EXPEDITED_SECS);
    assert_eq!(result(&events, "active_proposal"), "expedited_proposal_rejected");
    assert_eq!(status(&w, 2), Status::Voting);
    assert!(!proposal(&w.ctx, 2).unwrap().unwrap().expedited);
    assert_eq!(w.balance(101), Int::from((1_000_000 - 60) * UNIT), "deposits stay");
    vote(&mut w, 2, 1, YES);
    w.after(VOTING_SECS - EXPEDITED_SECS - 10);
    assert_eq!(tally(&w, 2), [100 * UNIT, 0, 0, 0]);
    assert_eq!(status(&w, 2), Status::Passed);
}

#[test]
fn only_the_proposer_takes_a_proposal_back_and_a_part_of_the_deposits_is_lost() {
    let mut w = World::new(&[UNIT]);
    let cancel = |w: &World, id, n| wire::MsgCancelProposal { proposal_id: id, proposer: w.acc(n) };
    let (before, balance) = (supply(&w), w.balance(101));
    let id = submit(&mut w, UNIT + 1, Vec::new());
    assert_eq!(w.refused(&cancel(&w, id, 102)), "gov 18");
    assert_eq!(w.refused(&cancel(&w, 9, 101)), "undefined 1");
    w.send(&cancel(&w, id, 101)).unwrap();
    assert!(proposal(&w.ctx, id).unwrap().is_none());
    assert_eq!(before.sub(supply(&w)).unwrap(), Int::from(UNIT / 2));
    assert_eq!(balance.sub(w.balance(101)).unwrap(), Int::from(UNIT / 2));
    w.block();

    let pool = w.ctx.bech32().acc(&ModuleAccount::DISTRIBUTION.address());
    let mut w = World::with(&[UNIT], |g| g["gov"]["params"]["proposal_cancel_dest"] = json!(pool));
    let id = submit(&mut w, MIN_DEPOSIT, Vec::new());
    vote(&mut w, id, 1, YES);
    w.send(&cancel(&w, id, 101)).unwrap();
    assert_eq!(distribution::community_pool(&w.ctx).unwrap().to_string(), "5000000.000000000000000000uente");
    w.after(VOTING_SECS);
    assert_eq!(super::state::VOTES.iter(&w.ctx).count(), 0);
}

fn pass(w: &mut World, id: u64) -> Vec<Event> {
    vote(w, id, 1, YES);
    w.after(VOTING_SECS)
}

#[test]
fn the_messages_of_a_proposal_are_carried_out_all_or_none() {
    let mut w = World::new(&[10 * UNIT]);
    let fund = distribution_wire::MsgFundCommunityPool { amount: coins(100), depositor: w.acc(102) };
    w.send(&fund).unwrap();
    let before = w.balance(105);
    let messages = vec![pay(&w, 60), pay(&w, 60)];
    let id = submit(&mut w, MIN_DEPOSIT, messages);
    let events = pass(&mut w, id);
    assert_eq!(result(&events, "active_proposal"), "proposal_failed");
    assert_eq!(status(&w, id), Status::Failed);
    let reason = proposal(&w.ctx, id).unwrap().unwrap().failed_reason;
    assert_eq!(reason, "community pool does not have sufficient coins to distribute");
    assert_eq!(w.balance(105), before);

    let messages = vec![pay(&w, 60), pay(&w, 40)];
    let id = submit(&mut w, MIN_DEPOSIT, messages);
    let events = pass(&mut w, id);
    assert_eq!(result(&events, "active_proposal"), "proposal_passed");
    assert_eq!(w.balance(105).sub(before).unwrap(), Int::from(100));
}

#[test]
fn no_proposal_spends_the_deposits_of_others() {
    let mut w = World::new(&[10 * UNIT]);
    let held = submit(&mut w, UNIT, Vec::new());
    let theft = MsgSend { from_address: gov(&w), to_address: w.acc(105), amount: coins(UNIT) };
    let id = submit(&mut w, MIN_DEPOSIT, vec![any(&theft)]);
    pass(&mut w, id);
    assert_eq!(status(&w, id), Status::Failed);
    assert_eq!(w.balance(105), Int::from(1_000_000 * UNIT));
    assert_eq!(status(&w, held), Status::Deposit);

    // What the account owns beside deposits may be sent.
    let gift = Coins::one(Coin::new(Denom::new("uente").unwrap(), Int::from(UNIT))).unwrap();
    bank::send(&mut w.ctx, &user(109), &ModuleAccount::GOV.address(), &gift).unwrap();
    let id = submit(&mut w, MIN_DEPOSIT, vec![any(&theft)]);
    pass(&mut w, id);
    assert_eq!(status(&w, id), Status::Passed);
    w.after(DEPOSIT_SECS);
    assert!(proposal(&w.ctx, held).unwrap().is_none());
}

#[test]
fn drafts_are_refused_with_the_codes_of_upstream() {
    let mut w = World::new(&[UNIT]);
    let good = draft(&w, UNIT, Vec::new());
    let foreign = MsgSend { from_address: w.acc(101), to_address: w.acc(102), amount: coins(1) };
    let unknown = Any { type_url: "/cosmos.bank.v1beta1.MsgBurnEverything".into(), value: Vec::new() };
    let cases = [
        (wire::MsgSubmitProposal { title: String::new(), ..good.clone() }, "sdk 18"),
        (wire::MsgSubmitProposal { summary: String::new(), ..good.clone() }, "sdk 18"),
        (wire::MsgSubmitProposal { metadata: String::new(), ..good.clone() }, "gov 11"),
        (wire::MsgSubmitProposal { metadata: "x".repeat(256), ..good.clone() }, "gov 15"),
        (wire::MsgSubmitProposal { title: "x".repeat(256), ..good.clone() }, "gov 15"),
        (wire::MsgSubmitProposal { summary: "x".repeat(10_201), ..good.clone() }, "gov 22"),
        (wire::MsgSubmitProposal { metadata: r#"{"title":"Another"}"#.into(), ..good.clone() }, "gov 5"),
        (wire::MsgSubmitProposal { messages: vec![any(&foreign)], ..good.clone() }, "gov 13"),
        (wire::MsgSubmitProposal { messages: vec![unknown], ..good.clone() }, "sdk 2"),
    ];
    for (message, code) in cases {
        assert_eq!(w.refused(&message), code, "{message:?}");
    }
    w.send(&wire::MsgSubmitProposal { metadata: "x".repeat(255), summary: "x".repeat(10_200), ..good }).unwrap();
}

fn legacy(w: &World, content: Any) -> v1beta1::MsgSubmitProposal {
    v1beta1::MsgSubmitProposal { content: Some(content), initial_deposit: coins(MIN_DEPOSIT), proposer: w.acc(101) }
}

#[test]
fn contents_of_the_first_version_do_what_their_messages_do() {
    let mut w = World::new(&[10 * UNIT]);
    let (title, description) = ("T".to_owned(), "D".to_owned());
    let spend = distribution_wire::CommunityPoolSpendProposal {
        title: title.clone(),
        description: description.clone(),
        recipient: w.acc(105),
        amount: coins(50),
    };
    assert_eq!(w.refused(&legacy(&w, any(&spend))), "gov 5", "it is tried at once");
    w.send(&distribution_wire::MsgFundCommunityPool { amount: coins(50), depositor: w.acc(102) }).unwrap();
    w.send(&legacy(&w, any(&spend))).unwrap();
    let before = w.balance(105);
    let v1beta1_vote = v1beta1::MsgVote { proposal_id: 1, voter: w.acc(1), option: YES };
    w.send(&v1beta1_vote).unwrap();
    w.after(VOTING_SECS);
    assert_eq!(w.balance(105).sub(before).unwrap(), Int::from(50));

    let text = v1beta1::TextProposal { title: title.clone(), description: description.clone() };
    w.send(&legacy(&w, any(&text))).unwrap();
    pass(&mut w, 2);
    assert_eq!(status(&w, 2), Status::Passed);
    let answer: v1beta1::QueryProposalResponse =
        w.ask("/cosmos.gov.v1beta1.Query/Proposal", &v1beta1::QueryProposalRequest { proposal_id: 2 }).unwrap();
    assert_eq!(answer.proposal.unwrap().content.unwrap(), any(&text));

    let blank = v1beta1::TextProposal { title: " ".into(), description: description.clone() };
    assert_eq!(w.refused(&legacy(&w, any(&blank))), "gov 5");
    let change = ParameterChangeProposal { title, description, changes: Vec::new() };
    assert_eq!(w.refused(&legacy(&w, any(&change))), "gov 5");
}

#[test]
fn parameters_change_by_vote_within_their_bounds() {
    let mut w = World::new(&[UNIT]);
    let params = super::params(&w.ctx).unwrap().to_wire();
    let update = |authority: &str, change: &dyn Fn(&mut wire::Params)| {
        let mut params = params.clone();
        change(&mut params);
        wire::MsgUpdateParams { authority: authority.into(), params: Some(params) }
    };
    let gov = gov(&w);
    assert_eq!(w.refused(&update(&w.acc(1), &|_| {})), "gov 13");
    let bad: [&dyn Fn(&mut wire::Params); 12] = [
        &|p| p.min_deposit.clear(),
        &|p| p.expedited_min_deposit = p.min_deposit.clone(),
        &|p| p.max_deposit_period = None,
        &|p| p.quorum = "1.1".into(),
        &|p| p.quorum = String::new(),
        &|p| p.threshold = "0".into(),
        &|p| p.expedited_threshold = p.threshold.clone(),
        &|p| p.veto_threshold = "-1".into(),
        &|p| p.voting_period = p.expedited_voting_period,
        &|p| p.proposal_cancel_ratio = "2".into(),
        &|p| p.proposal_cancel_dest = "nobody".into(),
        &|p| p.min_deposit_ratio = "a lot".into(),
    ];
    for (i, change) in bad.into_iter().enumerate() {
        assert_eq!(w.refused(&update(&gov, change)), "undefined 1", "change {i}");
    }
    w.send(&update(&gov, &|p| p.quorum = "0.25".into())).unwrap();
    assert_eq!(super::params(&w.ctx).unwrap().to_wire().quorum, "0.25");
}

#[test]
fn proposals_are_found_by_status_voter_and_depositor() {
    let mut w = World::new(&[UNIT]);
    submit(&mut w, UNIT, Vec::new());
    let id = submit(&mut w, MIN_DEPOSIT, Vec::new());
    vote(&mut w, id, 103, YES);
    let mut found = |status: i32, voter: String, depositor: String| -> Vec<u64> {
        let request = wire::QueryProposalsRequest { proposal_status: status, voter, depositor, pagination: None };
        let answer: wire::QueryProposalsResponse = w.ask("/cosmos.gov.v1.Query/Proposals", &request).unwrap();
        answer.proposals.iter().map(|p| p.id).collect()
    };
    let none = String::new;
    let acc = |n: u8| entente_kernel::Bech32::new("entente").acc(&user(n));
    assert_eq!(found(0, none(), none()), [1, 2]);
    assert_eq!(found(1, none(), none()), [1]);
    assert_eq!(found(0, acc(103), none()), [2]);
    assert_eq!(found(0, none(), acc(101)), [1, 2]);
    assert_eq!(found(0, acc(101), none()), [0; 0]);
}

#[test]
fn an_export_is_read_back_as_it_was_and_goes_on() {
    let mut w = voters();
    submit(&mut w, UNIT, Vec::new());
    let id = submit(&mut w, MIN_DEPOSIT, Vec::new());
    vote(&mut w, id, 102, YES);
    vote(&mut w, id, 1, YES);
    let first = crate::genesis::export(&w.ctx).unwrap();
    let mut again = World::from_genesis(&first).unwrap();
    assert_eq!(crate::genesis::export(&again.ctx).unwrap()["gov"], first["gov"]);
    again.ctx.env_mut().time = w.ctx.time();
    again.after(VOTING_SECS);
    assert_eq!(tally(&again, id), [100 * UNIT, 0, 0, 0]);
}

#[test]
fn a_genesis_with_records_of_no_proposal_is_refused() {
    let refusal = |change: &dyn Fn(&mut Value)| {
        let mut genesis = crate::world::app_state(&[UNIT]);
        change(&mut genesis["gov"]);
        match World::from_genesis(&genesis) {
            Err(e) => e.to_string(),
            Ok(_) => panic!("accepted"),
        }
    };
    let acc = entente_kernel::Bech32::new("entente").acc(&user(101));
    let deposit = json!([{"proposal_id": "7", "depositor": acc, "amount": []}]);
    let text = refusal(&|g| g["deposits"] = deposit.clone());
    assert!(text.contains("deposit has non-existent proposal id: 7"), "{text}");
    let text = refusal(&|g| g["starting_proposal_id"] = json!("0"));
    assert!(text.contains("starting proposal id"), "{text}");
    let text = refusal(&|g| g["params"]["quorum"] = json!("3"));
    assert!(text.contains("quorom too large: 3"), "{text}");
}

#[test]
fn periods_end_exactly_at_their_time() {
    let mut w = World::new(&[UNIT]);
    let id = submit(&mut w, MIN_DEPOSIT, Vec::new());
    let end = proposal(&w.ctx, id).unwrap().unwrap().voting_end.unwrap();
    while w.ctx.time() < end {
        assert_eq!(status(&w, id), Status::Voting);
        w.block();
    }
    assert_eq!((w.ctx.time(), status(&w, id)), (end, Status::Rejected));
    assert!(end > Timestamp::NEVER);
}

/// Validator 1 with 40 of native stake; user 104 has staked an asset of weight 1 with it: as much again, virtually.
fn with_alliance() -> World {
    let holder = entente_kernel::Bech32::new("entente").acc(&user(104));
    let mut w = World::with(&[40 * UNIT], |g| {
        let start = "2025-01-01T00:00:00Z";
        g["alliance"]["assets"] = json!([{
            "denom": "ulst", "reward_weight": "1.0", "take_rate": "0.0", "total_tokens": "0", "total_validator_shares": "0.0",
            "reward_start_time": start, "reward_change_rate": "1.0", "reward_change_interval": "0s",
            "last_reward_change_time": start, "reward_weight_range": {"min": "0.0", "max": "5.0"}, "is_initialized": true
        }]);
        let balances = g["bank"]["balances"].as_array_mut().unwrap();
        let of_holder = balances.iter_mut().find(|b| b["address"] == holder.as_str()).unwrap();
        of_holder["coins"].as_array_mut().unwrap().push(json!({"denom": "ulst", "amount": "1000"}));
    });
    let amount = Some(WireCoin { denom: "ulst".into(), amount: "1000".into() });
    let (delegator_address, validator_address) = (w.acc(104), w.val(1));
    w.send(&AllianceDelegate { delegator_address, validator_address, amount }).unwrap();
    w.blocks(3);
    assert_eq!(w.validator(1).tokens, Int::from(80 * UNIT));
    w
}

#[test]
fn who_staked_an_asset_votes_with_its_part_of_the_virtual_stake() {
    let mut w = with_alliance();
    let alone = submit(&mut w, MIN_DEPOSIT, Vec::new());
    let against = submit(&mut w, MIN_DEPOSIT, Vec::new());
    vote(&mut w, alone, 1, YES);
    vote(&mut w, against, 1, YES);
    vote(&mut w, against, 104, NO);
    w.after(VOTING_SECS);
    assert_eq!(tally(&w, alone), [80 * UNIT, 0, 0, 0], "what is not voted follows the validator");
    assert_eq!(tally(&w, against), [40 * UNIT, 0, 40 * UNIT, 0]);
}

#[test]
fn the_quorum_counts_native_stake_only() {
    let mut w = with_alliance();
    let id = submit(&mut w, MIN_DEPOSIT, Vec::new());
    vote(&mut w, id, 104, YES);
    w.after(VOTING_SECS);
    assert_eq!(tally(&w, id), [40 * UNIT, 0, 0, 0]);
    assert_eq!(status(&w, id), Status::Rejected);
}

#[test]
fn virtual_stake_moves_neither_inflation_nor_provisions() {
    let inflation = |g: &mut Value| {
        for (name, value) in [("inflation_max", "0.2"), ("inflation_min", "0.07"), ("inflation_rate_change", "0.13")] {
            g["mint"]["params"][name] = json!(value);
        }
    };
    let mut plain = World::with(&[40 * UNIT], inflation);
    let mut staked = with_alliance();
    let mut genesis = crate::genesis::export(&staked.ctx).unwrap();
    inflation(&mut genesis);
    staked = World::from_genesis(&genesis).unwrap();
    let mint = |w: &mut World| w.block().into_iter().find(|e| e.kind == "mint").unwrap();
    assert_eq!(mint(&mut plain).attributes[..3], mint(&mut staked).attributes[..3]);
}
