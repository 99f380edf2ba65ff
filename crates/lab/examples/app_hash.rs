//! The app hashes of some random runs, for comparison between builds, numbers of threads and allocators: see `scripts/determinism`.

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

use entente_lab::random::{Options, run};

fn main() {
    for seed in 4_000..4_006 {
        let options = Options { blocks: 60, wild: seed % 2 == 1, ..Options::default() };
        match run(seed, options) {
            Ok(report) => println!("seed {seed}: {}", hex::encode(report.app_hash)),
            Err(failure) => println!("seed {seed}: {failure}"),
        }
    }
}
