//! A disk that is full: the node says so and ends, the others go on, and it comes back when there is room.

use std::fs;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::net::{Net, PATIENCE};

/// Runs in a name space of its own, where it may mount: $1 becomes a small disk with what is in it, a node runs there until the disk was
/// filled and again when there is room. It speaks by files in $2.
const ON_A_SMALL_DISK: &str = r#"
home=$1 signs=$2; shift 2
cp -a "$home" "$signs/copy" && mount -t tmpfs -o size=96m tmpfs "$home" && cp -a "$signs/copy/." "$home/" || { touch "$signs/unable"; exit 1; }
"$@" & node=$!
while [ ! -e "$signs/fill" ]; do sleep 0.1; done
cat /dev/zero >"$home/ballast" 2>/dev/null
wait $node; echo $? >"$signs/ended"
while [ ! -e "$signs/room" ]; do sleep 0.1; done
rm "$home/ballast"
exec "$@"
"#;

#[test]
fn a_validator_whose_disk_is_full_ends_with_the_reason_and_comes_back_when_there_is_room() {
    let Some(mut net) = Net::new(22_240, 4) else { return };
    let signs = tempfile::tempdir().unwrap();
    let sign = |name: &str| signs.path().join(name);
    let log = fs::File::create(sign("log")).unwrap();
    let child = Command::new("unshare")
        .args([
            "--user",
            "--map-root-user",
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "sh",
            "-c",
            ON_A_SMALL_DISK,
            "sh",
        ])
        .arg(net.home(3))
        .arg(signs.path())
        .args(net.words(3))
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn();
    let Ok(child) = child else { return println!("skipped: unshare is not installed") };
    net.stands_for(3, child);
    for node in 0..3 {
        net.start(node);
    }
    let said = || fs::read_to_string(sign("log")).unwrap();
    net.wait(0, 4, PATIENCE);
    if sign("unable").exists() || said().contains("unshare") {
        return println!("skipped: no disk of its own for a test here: {}", said());
    }
    net.wait(3, 4, PATIENCE);
    fs::write(sign("fill"), "").unwrap();
    let begin = Instant::now();
    while !sign("ended").exists() {
        assert!(begin.elapsed() < PATIENCE, "the node does not end:\n{}", said());
        sleep(Duration::from_millis(100));
    }
    let (code, first) = (fs::read_to_string(sign("ended")).unwrap(), said());
    assert_ne!(code.trim(), "0", "it is a failure, so that a service manager sees it");
    let last = first.lines().rfind(|line| line.starts_with("entente: ")).unwrap_or_default().to_owned();
    assert!(last.to_lowercase().contains("no space left on device"), "{last}\n{first}");
    let height = net.height(0);
    net.wait(0, height + 4, PATIENCE);
    fs::write(sign("room"), "").unwrap();
    let took = net.wait(3, height + 4, PATIENCE);
    let compared = net.no_fork(&[0, 1, 2, 3], 1);
    println!("full at height {height}: {last}\nback after {took:?}, no fork up to height {compared}");
}
