//! A `cometbft` that this node starts and ends.
//!
//! Its log passes through here on its way to our standard error: when its consensus fails (a full disk, for example), CometBFT says so and
//! stays, without ever making a block again. The node then ends instead, with the reason.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;

/// How long CometBFT may take to close its stores.
const PATIENCE: Duration = Duration::from_secs(20);

/// Schedulers that CometBFT's Go shall have at least. Behind a socket it lets one of them turn idly until another takes the request that
/// waits; with as many as this machine has cores, of which few are free, that may be long.
const SCHEDULERS_MIN: usize = 8;
const SCHEDULERS: &str = "GOMAXPROCS";

/// A running CometBFT. It is killed if this is dropped.
pub struct Supervised {
    child: Child,
    failed: watch::Receiver<Option<String>>,
}

/// What CometBFT writes when its consensus has ended for good.
const FAILURE: &str = "CONSENSUS FAILURE!!!";

impl Supervised {
    /// Starts `cometbft start` on `home`, with its log on our standard error.
    ///
    /// # Errors
    /// The program cannot be started.
    pub fn start(program: &Path, home: &Path, arguments: &[String], environment: &[(&str, String)]) -> Result<Self> {
        let mut command = Command::new(program);
        command.arg("start").arg("--home").arg(home).args(arguments);
        command.envs(environment.iter().map(|(name, value)| (*name, value.as_str())));
        if std::env::var_os(SCHEDULERS).is_none() {
            let cores = std::thread::available_parallelism().map_or(1, usize::from);
            command.env(SCHEDULERS, cores.max(SCHEDULERS_MIN).to_string());
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        // An interrupt at the terminal is for us; we end CometBFT in our order.
        command.process_group(0);
        wait_for_earlier(home)?;
        let mut child = command.spawn().with_context(|| format!("{} cannot be started", program.display()))?;
        if let Some(id) = child.id() {
            std::fs::write(pid_file(home), id.to_string())?;
        }
        let (tell, failed) = watch::channel(None);
        if let Some(log) = child.stdout.take() {
            tokio::spawn(pass_on(log, tell));
        }
        Ok(Self { child, failed })
    }

    /// Resolves when CometBFT has ended by itself, or its consensus has failed; with a sentence.
    pub async fn ended(&mut self) -> String {
        let failed = async {
            match self.failed.wait_for(Option::is_some).await {
                Ok(why) => why.clone().unwrap_or_default(),
                // The log has ended: the process will.
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            why = failed => format!("CometBFT's consensus has failed: {why}"),
            how = self.child.wait() => match how {
                Ok(how) => format!("CometBFT has ended ({how}); its log above says why"),
                Err(error) => format!("CometBFT is lost: {error}"),
            },
        }
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

/// Passes a log on to our standard error, and tells when it speaks of a failure of consensus.
async fn pass_on(log: impl AsyncRead + Unpin, tell: watch::Sender<Option<String>>) {
    let mut log = BufReader::new(log);
    let mut out = tokio::io::stderr();
    let mut line = Vec::new();
    while log.read_until(b'\n', &mut line).await.is_ok_and(|bytes| bytes > 0) {
        // Whoever closed our standard error does not want the log.
        let _ = out.write_all(&line).await;
        let text = String::from_utf8_lossy(&line);
        if let Some((_, rest)) = text.split_once(FAILURE) {
            tell.send_replace(Some(reason(rest).to_owned()));
        }
        line.clear();
    }
}

/// The error in a line of CometBFT's log.
fn reason(rest: &str) -> &str {
    let error = rest.split_once("err=").map_or(rest, |(_, error)| error);
    match error.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').map_or(quoted, |(text, _)| text),
        None => error.split_whitespace().next().unwrap_or_default(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_failure_of_consensus_is_told_with_its_reason() {
        let log = b"I[now] received proposal module=consensus\nE[now] CONSENSUS FAILURE!!! module=consensus err=\"write x: no space left on device\" stack=\"g\"\n";
        let (tell, told) = watch::channel(None);
        pass_on(log.as_slice(), tell).await;
        assert_eq!(told.borrow().as_deref(), Some("write x: no space left on device"));
        assert_eq!(reason(" module=consensus err=EOF stack=\"g\""), "EOF");
    }
}
