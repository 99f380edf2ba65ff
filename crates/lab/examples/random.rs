//! Random blocks for as long as you like: `cargo run -p entente-lab --example random -- [--seed N] [--runs N] [--blocks N] [--txs N] [--wild]`.

use std::process::ExitCode;

use entente_lab::random::{Options, Report, run};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |name: &str, default: u64| {
        let at = arguments.iter().position(|a| a == name);
        at.and_then(|at| arguments.get(at + 1)).and_then(|n| n.parse().ok()).unwrap_or(default)
    };
    let (first, runs) = (number("--seed", 1), number("--runs", 20));
    let default = Options::default();
    let options = Options {
        blocks: number("--blocks", default.blocks),
        txs: number("--txs", default.txs),
        users: number("--users", default.users),
        import_every: number("--import-every", default.import_every),
        follow: number("--follow", default.follow),
        wild: arguments.iter().any(|a| a == "--wild"),
        ..default
    };
    std::panic::set_hook(Box::new(|panic| eprintln!("{panic}")));
    let (mut total, mut failures) = (Report::default(), 0);
    for seed in first..first.saturating_add(runs) {
        match run(seed, options) {
            Ok(report) => total.add(&report),
            Err(failure) => {
                failures += 1;
                println!("{failure}");
            }
        }
    }
    println!("{total}");
    println!("{failures} of {runs} runs failed");
    if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
