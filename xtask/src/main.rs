//! Automation of this repository: `cargo xtask TASK`.

mod proto;
mod tidy;
mod vectors;

use std::process::ExitCode;

use anyhow::{Result, bail};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (task, rest) = arguments.split_first().map_or(("", &[][..]), |(task, rest)| (task.as_str(), rest));
    match task {
        "proto" => proto::refresh(),
        "tidy" => tidy::run(rest),
        "vectors" => vectors::run(rest),
        other => bail!("unknown task {other:?}; known: proto, tidy, vectors"),
    }
}
