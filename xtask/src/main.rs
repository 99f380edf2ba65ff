//! Automation of this repository: `cargo xtask TASK`.

mod proto;
mod vectors;

use anyhow::{Result, bail};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (task, rest) = arguments.split_first().map_or(("", &[][..]), |(task, rest)| (task.as_str(), rest));
    match task {
        "proto" => proto::refresh(),
        "vectors" => vectors::run(rest),
        other => bail!("unknown task {other:?}; known: proto, vectors"),
    }
}
