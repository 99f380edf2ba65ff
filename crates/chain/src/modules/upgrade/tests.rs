//! The rules of upgrades, played on a real state.

use entente_proto::cosmos::upgrade::v1beta1 as wire;

use super::*;
use crate::modules::auth;
use crate::world::World;

fn plan_at(name: &str, height: i64) -> wire::Plan {
    let info = "https://example.org/notes".into();
    wire::Plan { name: name.into(), time: Some(msg::NO_TIME), height, info, upgraded_client_state: None }
}

fn authority(w: &World) -> String {
    w.ctx.bech32().acc(&auth::authority())
}

fn upgrade(w: &World, plan: wire::Plan) -> wire::MsgSoftwareUpgrade {
    wire::MsgSoftwareUpgrade { authority: authority(w), plan: Some(plan) }
}

fn current(w: &mut World) -> Option<wire::Plan> {
    let path = "/cosmos.upgrade.v1beta1.Query/CurrentPlan";
    let answer: wire::QueryCurrentPlanResponse = w.ask(path, &wire::QueryCurrentPlanRequest {}).unwrap();
    answer.plan
}

#[test]
fn a_plan_is_scheduled_replaced_and_cancelled_by_vote_only() {
    let mut w = World::new(&[1_000_000]);
    w.blocks(4);
    w.send(&upgrade(&w, plan_at("v2", 50))).unwrap();
    w.send(&upgrade(&w, plan_at("v3", 60))).unwrap();
    assert_eq!(current(&mut w), Some(plan_at("v3", 60)));
    let stranger = wire::MsgCancelUpgrade { authority: w.acc(101) };
    assert!(w.send(&stranger).is_err());
    w.send(&wire::MsgCancelUpgrade { authority: authority(&w) }).unwrap();
    assert_eq!(current(&mut w), None);
    w.blocks(60);
}

#[test]
fn plans_that_cannot_be_are_refused() {
    let mut w = World::new(&[1_000_000]);
    w.blocks(4);
    let nameless = upgrade(&w, plan_at("", 50));
    let past = upgrade(&w, plan_at("v2", 3));
    let never = upgrade(&w, plan_at("v2", 0));
    let long = upgrade(&w, plan_at(&"v".repeat(141), 50));
    let timed = wire::Plan { time: Some(prost_types::Timestamp { seconds: 5, nanos: 0 }), ..plan_at("v2", 50) };
    let timed = upgrade(&w, timed);
    for refused in [nameless, past, never, long, timed] {
        assert_eq!(w.refused(&refused), "sdk 18", "{refused:?}");
    }
}

#[test]
fn a_program_that_does_not_know_a_due_upgrade_stops_before_its_block() {
    let mut w = World::new(&[1_000_000]);
    w.blocks(2);
    let height = w.ctx.height() + 2;
    w.send(&upgrade(&w, plan_at("v2", height))).unwrap();
    w.block();
    assert_eq!(missing(&w.ctx, height - 1).unwrap(), None);
    assert_eq!(missing(&w.ctx, height).unwrap(), Some(plan_at("v2", height)));
    w.ctx.env_mut().height = height;
    let fault = block::begin(&mut w.ctx).unwrap_err().to_string();
    assert_eq!(fault, format!("fault: UPGRADE \"v2\" NEEDED at height: {height}: https://example.org/notes"));
}

#[test]
fn an_upgrade_that_was_carried_out_is_remembered_and_its_name_used_up() {
    let mut w = World::new(&[1_000_000]);
    w.blocks(2);
    state::APPLIED.set(&mut w.ctx, &"v1".to_owned(), &state::Applied { height: 1 }).unwrap();
    assert_eq!(w.refused(&upgrade(&w, plan_at("v1", 50))), "sdk 18");
    let path = "/cosmos.upgrade.v1beta1.Query/AppliedPlan";
    let mut ask = |name: &str| -> i64 {
        let request = wire::QueryAppliedPlanRequest { name: name.into() };
        w.ask::<_, wire::QueryAppliedPlanResponse>(path, &request).unwrap().height
    };
    assert_eq!((ask("v1"), ask("v2")), (1, 0));
}

#[test]
fn a_plan_survives_an_export() {
    let mut w = World::new(&[1_000_000]);
    w.blocks(2);
    w.send(&upgrade(&w, plan_at("v2", 50))).unwrap();
    let exported = genesis::export(&w.ctx).unwrap();
    let mut other = World::with(&[1_000_000], |state| {
        state["upgrade"] = entente_kernel::json::to_json(&exported).unwrap();
    });
    assert_eq!(current(&mut other), Some(plan_at("v2", 50)));
}

fn versions_of(w: &mut World, module: &str) -> Vec<(String, u64)> {
    let path = "/cosmos.upgrade.v1beta1.Query/ModuleVersions";
    let request = wire::QueryModuleVersionsRequest { module_name: module.into() };
    let answer: wire::QueryModuleVersionsResponse = w.ask(path, &request).unwrap();
    answer.module_versions.into_iter().map(|v| (v.name, v.version)).collect()
}

#[test]
fn a_genesis_writes_the_versions_of_all_modules() {
    let mut w = World::new(&[1_000_000]);
    let all = versions_of(&mut w, "");
    let of_program: Vec<_> = versions::OF_PROGRAM.iter().map(|(name, v)| ((*name).to_owned(), *v)).collect();
    assert_eq!(all, of_program);
    for section in crate::genesis::SECTIONS {
        assert!(all.iter().any(|(name, _)| name == section.name), "{} has no version", section.name);
    }
    assert_eq!(versions_of(&mut w, "bank"), [("bank".to_owned(), 4)]);
    let request = wire::QueryModuleVersionsRequest { module_name: "nothing".into() };
    let path = "/cosmos.upgrade.v1beta1.Query/ModuleVersions";
    let refused = w.ask::<_, wire::QueryModuleVersionsResponse>(path, &request).unwrap_err();
    let text = "x/upgrade: QueryModuleVersions module nothing not found: module version not found";
    assert!(refused.to_string().contains(text), "{refused}");
}

#[test]
fn an_export_keeps_older_versions_and_an_upgrade_writes_those_of_its_program() {
    let mut w = World::new(&[1_000_000]);
    w.blocks(2);
    state::VERSIONS.set(&mut w.ctx, &"bank".to_owned(), &state::Version { version: 3 }).unwrap();
    let exported = genesis::export(&w.ctx).unwrap();
    let mut w = World::with(&[1_000_000], |state| {
        state["upgrade"] = entente_kernel::json::to_json(&exported).unwrap();
    });
    assert_eq!(versions_of(&mut w, "bank"), [("bank".to_owned(), 3)]);
    w.blocks(2);
    let height = w.ctx.height() + 1;
    state::PLAN.save(&mut w.ctx, &Wire(plan_at("tested", height))).unwrap();
    w.block();
    assert_eq!(versions_of(&mut w, "bank"), [("bank".to_owned(), 4)]);
    assert_eq!(current(&mut w), None);
    assert_eq!(state::APPLIED.get(&w.ctx, &"tested".to_owned()).unwrap().unwrap().height, height);
}

#[test]
fn a_skipped_plan_is_forgotten_and_the_old_rules_go_on() {
    let mut w = World::new(&[1_000_000]);
    w.blocks(2);
    let height = w.ctx.height() + 2;
    w.send(&upgrade(&w, plan_at("v2", height))).unwrap();
    skip(&mut w.ctx).unwrap();
    assert_eq!(current(&mut w), Some(plan_at("v2", height)), "it is not due yet");
    w.ctx.env_mut().height = height;
    skip(&mut w.ctx).unwrap();
    block::begin(&mut w.ctx).unwrap();
    assert_eq!(current(&mut w), None);
    assert!(!state::APPLIED.has(&w.ctx, &"v2".to_owned()).unwrap());
}
