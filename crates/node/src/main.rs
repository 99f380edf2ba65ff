//! The `entente` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    match entente_node::cli::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("entente: {error:#}");
            ExitCode::FAILURE
        }
    }
}
