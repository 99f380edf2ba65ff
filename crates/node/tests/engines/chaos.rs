//! What the world does to a net, chosen by a seed: nodes are killed and paused, wires are cut, slow and lossy. Never do two nodes have
//! different blocks, and soon after the weather clears the chain goes on.
//!
//! `CHAOS_SCHEDULES` says how many schedules `make chaos` plays, `CHAOS_SEED` where it begins, `CHAOS_NODES` how many validators.

use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::net::{Net, PATIENCE};

/// After healing, a new block must be there on every node. The chain itself needs two rounds at most; the rest is for busy machines.
const PROGRESS: Duration = Duration::from_secs(10);
const PROGRESS_BUSY: Duration = Duration::from_secs(60);

struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }

    fn node(&mut self, nodes: u16) -> u16 {
        u16::try_from(self.below(nodes.into())).unwrap()
    }
}

/// Plays one schedule and says what it was.
fn schedule(net: &mut Net, dice: &mut Dice) -> String {
    let nodes = net.validators;
    let node = dice.node(nodes);
    let others = |net: &Net, node: u16| {
        net.wires.iter().filter(move |((a, b), _)| *a == node || *b == node).map(|(_, w)| w.clone()).collect::<Vec<_>>()
    };
    let span = Duration::from_millis(1_000 + dice.below(3_000));
    let what = match dice.below(7) {
        0 => {
            net.kill(node);
            sleep(span);
            format!("node {node} killed for {span:?}")
        }
        1 => {
            let second = (node + 1) % nodes;
            net.kill(node);
            net.kill(second);
            sleep(span);
            format!("nodes {node} and {second} killed for {span:?}")
        }
        2 => {
            net.pause(node);
            sleep(span);
            format!("node {node} paused for {span:?}")
        }
        3 => {
            others(net, node).iter().for_each(|w| w.cut(true));
            sleep(span);
            format!("node {node} cut off for {span:?}")
        }
        4 => {
            let split = |n: u16| n < nodes / 2;
            let across = net.wires.iter().filter(|((a, b), _)| split(*a) != split(*b));
            across.for_each(|(_, w)| w.cut(true));
            sleep(span);
            format!("two halves apart for {span:?}")
        }
        5 => {
            net.wires.values().for_each(|w| w.lose(30));
            sleep(span);
            format!("30 % lost everywhere for {span:?}")
        }
        _ => {
            net.wires.values().for_each(|w| w.delay(500));
            sleep(span);
            format!("500 ms of delay everywhere for {span:?}")
        }
    };
    // One more death in bad weather, now and then.
    let dies = dice.below(4) == 0;
    let second = dice.node(nodes);
    if dies {
        net.kill(second);
    }
    net.wires.values().for_each(|w| w.clear());
    for node in 0..nodes {
        net.go_on(node);
        if !net.runs(node) {
            net.start(node);
        }
    }
    if dies { format!("{what}, then node {second} killed") } else { what }
}

fn play(net: &mut Net, seed: u64, count: u64, progress: Duration) {
    let nodes: Vec<u16> = (0..net.validators).collect();
    net.over_wires();
    net.start_all();
    for node in &nodes {
        net.wait(*node, 2, PATIENCE);
    }
    let (mut compared, mut worst) = (1, Duration::ZERO);
    for number in 0..count {
        let mut dice = Dice(seed.wrapping_add(number));
        let highest = nodes.iter().map(|n| net.height(*n)).max().unwrap();
        let what = schedule(net, &mut dice);
        let healed = Instant::now();
        // Two more blocks than anybody had, so that at least one was decided after healing.
        let goal = nodes.iter().map(|n| net.height(*n)).max().unwrap().max(highest) + 2;
        for node in &nodes {
            net.wait(*node, goal, progress);
        }
        let took = healed.elapsed();
        worst = worst.max(took);
        compared = net.no_fork(&nodes, compared);
        println!("seed {}: {what}; height {goal} everywhere after {took:?}", seed.wrapping_add(number));
    }
    println!("{count} schedules, {} validators, height {compared}: no fork; slowest healing {worst:?}", nodes.len());
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn five_schedules_of_chaos_make_no_fork() {
    let Some(mut net) = Net::new(22_300, 4) else { return };
    play(&mut net, 1, 5, PROGRESS_BUSY);
}

#[test]
#[ignore = "make chaos"]
fn a_long_run_of_chaos_makes_no_fork() {
    let validators = u16::try_from(number("CHAOS_NODES", 4)).unwrap();
    let Some(mut net) = Net::new(22_600, validators) else { return };
    let progress = Duration::from_secs(number("CHAOS_PROGRESS_SECS", PROGRESS.as_secs()));
    play(&mut net, number("CHAOS_SEED", 1_000), number("CHAOS_SCHEDULES", 100), progress);
}
