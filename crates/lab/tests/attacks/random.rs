//! Thousands of random blocks. With `ENTENTE_RANDOM_RUNS=N` each test plays N seeds more; `cargo run -p entente-lab --example random`
//! plays as long as you like.

use entente_lab::random::{Options, Report, run};

/// Seeds that once found something wrong, and what. A change of the generator gives a seed another meaning, so what each of them found
/// has a test of its own beside the rule that it broke; they are played all the same.
const ONCE_FAILED: &[(u64, &str)] = &[
    (4, "all validators in jail: an empty validator set stops the consensus engine"),
    (10, "an export with a vesting account that ends before it starts was refused"),
    (24, "an export with a jailed validator in office was refused"),
];

fn play(seeds: impl Iterator<Item = u64>, options: Options) -> Report {
    let mut total = Report::default();
    for seed in seeds {
        total.add(&run(seed, options).unwrap_or_else(|failure| panic!("{failure}")));
    }
    total
}

/// As many runs as are usual, and those that the environment asks for.
fn seeds(first: u64, usual: u64) -> std::ops::Range<u64> {
    let more = std::env::var("ENTENTE_RANDOM_RUNS").ok().and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
    first..first + usual + more
}

#[test]
fn seeds_that_once_failed_pass() {
    play(ONCE_FAILED.iter().map(|(seed, _)| *seed), Options { blocks: 60, ..Options::default() });
}

#[test]
fn random_blocks_keep_every_promise() {
    let total = play(seeds(1_000, 14), Options::default());
    assert!(total.accepted * 5 > total.txs, "the transactions make sense: {total}");
    assert!(total.proposals.get("proposal_passed").is_some_and(|n| *n > 5), "votes change the chain: {total}");
}

#[test]
fn long_runs_of_busy_blocks_keep_every_promise() {
    play(seeds(2_000, 3), Options { blocks: 400, txs: 8, import_every: 80, ..Options::default() });
}

#[test]
fn no_parameter_that_a_vote_can_set_stops_the_chain() {
    let total = play(seeds(3_000, 10), Options { blocks: 60, txs: 3, wild: true, ..Options::default() });
    assert!(total.proposals.get("proposal_passed").is_some_and(|n| *n > 20), "votes change the chain: {total}");
}

#[test]
fn a_seed_decides_everything() {
    let options = Options { blocks: 30, replay: false, ..Options::default() };
    assert_eq!(run(7, options).unwrap(), run(7, options).unwrap());
    assert_ne!(run(7, options).unwrap().app_hash, run(8, options).unwrap().app_hash);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let options = Options { blocks: 20, replay: false, ..Options::default() };
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run(11, options)).unwrap()
    };
    let one = with(1);
    assert_eq!(with(2), one);
    assert_eq!(with(8), one);
}
