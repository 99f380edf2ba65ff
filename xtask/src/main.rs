//! Automation of this repository: `cargo xtask TASK`.

mod proto;

use anyhow::{Result, bail};

fn main() -> Result<()> {
    let task = std::env::args().nth(1).unwrap_or_default();
    match task.as_str() {
        "proto" => proto::refresh(),
        other => bail!("unknown task {other:?}; known: proto"),
    }
}
