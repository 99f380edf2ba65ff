//! A `cometbft` that this node starts and ends.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use tokio::process::{Child, Command};

/// How long CometBFT may take to close its stores.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running CometBFT. It is killed if this is dropped.
pub struct Supervised {
    child: Child,
}

impl Supervised {
    /// Starts `cometbft start` on `home`, with its log on our standard error.
    ///
    /// # Errors
    /// The program cannot be started.
    pub fn start(program: &Path, home: &Path, arguments: &[String], environment: &[(&str, String)]) -> Result<Self> {
        let mut command = Command::new(program);
        command.arg("start").arg("--home").arg(home).args(arguments);
        command.envs(environment.iter().map(|(name, value)| (*name, value.as_str())));
        command.stdin(Stdio::null()).stdout(std::io::stderr()).kill_on_drop(true);
        // An interrupt at the terminal is for us; we end CometBFT in our order.
        command.process_group(0);
        wait_for_earlier(home)?;
        let child = command.spawn().with_context(|| format!("{} cannot be started", program.display()))?;
        if let Some(id) = child.id() {
            std::fs::write(pid_file(home), id.to_string())?;
        }
        Ok(Self { child })
    }

    /// Resolves when CometBFT has ended by itself.
    pub async fn ended(&mut self) -> Result<ExitStatus> {
        self.child.wait().await.context("CometBFT is lost")
    }

    /// Asks CometBFT to end, and waits; in the end it is killed.
    pub async fn stop(mut self) {
        if let Some(id) = self.child.id() {
            let asked = Command::new("kill").arg("-TERM").arg(id.to_string()).status().await;
            if asked.is_ok_and(|s| s.success()) && tokio::time::timeout(PATIENCE, self.child.wait()).await.is_ok() {
                return;
            }
            // Whatever it was doing: its own log survives that.
            let _ = self.child.kill().await;
        }
    }
}

fn pid_file(home: &Path) -> PathBuf {
    home.join("data").join("cometbft.pid")
}

/// A node that was killed leaves its CometBFT, which ends when it notices; until then it holds the stores.
fn wait_for_earlier(home: &Path) -> Result<()> {
    let runs = |pid: &str| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).into_owned();
        line.contains("cometbft") && line.contains(&*home.to_string_lossy())
    };
    let Ok(pid) = std::fs::read_to_string(pid_file(home)) else { return Ok(()) };
    let pid = pid.trim();
    if pid.is_empty() || !pid.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(());
    }
    let begin = std::time::Instant::now();
    for signal in ["-TERM", "-KILL"] {
        if runs(pid) {
            let sent = std::process::Command::new("kill").arg(signal).arg(pid).status();
            sent.with_context(|| format!("an earlier CometBFT, process {pid}, cannot be ended"))?;
        }
        while runs(pid) && begin.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    anyhow::ensure!(!runs(pid), "an earlier CometBFT, process {pid}, does not end; end it first");
    Ok(())
}

/// The `cometbft` to start: the named one, else the first on the PATH, else where Go installs programs.
///
/// # Errors
/// There is none; says how to get one.
pub fn find(named: Option<&Path>) -> Result<PathBuf> {
    if let Some(path) = named {
        anyhow::ensure!(path.is_file(), "--cometbft: there is no program {}", path.display());
        return Ok(path.to_owned());
    }
    let folders = std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    let go = std::env::var_os("GOPATH").map(PathBuf::from).or_else(|| Some(std::env::home_dir()?.join("go")));
    let places = folders.unwrap_or_default().into_iter().chain(go.map(|go| go.join("bin")));
    let found = places.map(|folder| folder.join("cometbft")).find(|program| program.is_file());
    found.ok_or_else(|| {
        anyhow!("there is no cometbft on the PATH; get it with: go install github.com/cometbft/cometbft/cmd/cometbft@v0.38.26")
    })
}

/// The version that the program names; anything but 0.38 is refused.
///
/// # Errors
/// The program does not run, or is of another line.
pub fn version(program: &Path) -> Result<String> {
    let output = std::process::Command::new(program).arg("version").output();
    let output = output.with_context(|| format!("{} cannot be started", program.display()))?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if !version.trim_start_matches('v').starts_with("0.38.") {
        bail!("{} is version {version:?}; this chain speaks with CometBFT 0.38", program.display());
    }
    Ok(version)
}
