//! What the benches of the node share: a node in a process of its own, the plainest of HTTP clients, and loads.

#![allow(dead_code, reason = "each bench uses a part of it")]

pub mod anvil;
pub mod door;
pub mod flood;
pub mod nets;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use entente_chain::InitChain;
use entente_kernel::Bech32;
use entente_lab::load::{send, signed};
use entente_lab::random::wallet::User;

pub use door::{Door, rpc_request};

pub type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// A running `entente dev`, which ends with this value.
pub struct Node {
    child: Child,
    ports: u16,
}

impl Node {
    /// Starts the binary on four ports from `ports`, and gives it with the time to its first answer.
    pub async fn start(home: &Path, ports: u16, flags: &[&str]) -> Outcome<(Self, Duration)> {
        let door = |n: u16| format!("127.0.0.1:{}", ports + n);
        let began = Instant::now();
        let child = Command::new(env!("CARGO_BIN_EXE_entente"))
            .args(["dev", "--rpc", &door(0), "--rest", &door(1), "--grpc", &door(2), "--faucet", &door(3)])
            .args(flags)
            .arg("--home")
            .arg(home)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()?;
        let mut node = Self { child, ports };
        loop {
            if let Ok(mut door) = node.rpc().await
                && door.get("/status").await.is_ok()
            {
                return Ok((node, began.elapsed()));
            }
            if let Some(status) = node.child.try_wait()? {
                return Err(format!("the node ended: {status}").into());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    pub fn rpc_port(&self) -> u16 {
        self.ports
    }

    pub async fn rpc(&self) -> Outcome<Door> {
        Door::open(self.ports).await
    }

    pub async fn rest(&self) -> Outcome<Door> {
        Door::open(self.ports + 1).await
    }

    /// Resident bytes of the process.
    pub fn resident(&self) -> Outcome<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1_024)
    }

    /// Time that all threads of the process have had on a processor.
    pub fn processor_time(&self) -> Outcome<Duration> {
        processor_time(self.child.id())
    }

    /// Ends the node as an operator does, and waits.
    pub fn stop(mut self) -> Outcome<()> {
        Command::new("kill").arg(self.child.id().to_string()).status()?;
        self.child.wait()?;
        Ok(())
    }

    /// Ends the node as a power cut does to a process.
    pub fn kill(mut self) -> Outcome<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Time that a process has had on a processor, by the scheduler's account of each of its threads.
pub fn processor_time(process: u32) -> Outcome<Duration> {
    let mut nanos = 0;
    for thread in std::fs::read_dir(format!("/proc/{process}/task"))? {
        // A thread may end while its siblings are counted.
        let Ok(text) = std::fs::read_to_string(thread?.path().join("schedstat")) else { continue };
        nanos += text.split(' ').next().unwrap_or_default().parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanos))
}

/// Where a program of another project is, by an environment variable; says how to get it if it is not there.
pub fn peer(variable: &str) -> Option<PathBuf> {
    let found = std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_file());
    if found.is_none() {
        println!("skipped: {variable} names no program; scripts/bench gets it and sets the variable");
    }
    found
}

/// Writes the genesis document of a scale.
pub fn write_genesis(path: &Path, init: &InitChain) -> Outcome<()> {
    let document = serde_json::json!({
        "genesis_time": init.time.to_string(), "chain_id": init.chain_id, "initial_height": "1",
        "consensus_params": init.consensus_params, "app_hash": "", "app_state": init.app_state
    });
    std::fs::write(path, serde_json::to_vec(&document)?)?;
    Ok(())
}

/// The payment of one user to the next: its account has the number of the user plus `first_number`.
pub fn payment(prefix: &str, people: &[User], from: usize, first_number: u64, sequence: u64) -> Vec<u8> {
    let (bech32, to) = (Bech32::new(prefix), &people[(from + 1) % people.len()]);
    let user = &people[from];
    let message = send(&bech32, &user.address, &to.address, 1_000 + sequence);
    signed(user, from as u64 + first_number, sequence, message)
}

/// Milliseconds, to print.
pub fn ms(d: Duration) -> f64 {
    d.as_secs_f64() * 1e3
}
