//! Reopening, damage, and sudden death.

use entente_kernel::tree::{Forest, StoreId};

use super::*;

const STORES: &[StoreId] = &[StoreId::new(0, "bank"), StoreId::new(1, "ibc"), StoreId::new(2, "staking")];

/// A chain whose block `h` is a function of `h`.
struct Chain {
    forest: Forest,
    height: i64,
}

impl Chain {
    fn new() -> Chain {
        Chain { forest: Forest::new(STORES), height: 0 }
    }

    fn grown_to(height: i64) -> Chain {
        let mut chain = Chain::new();
        while chain.height < height {
            chain.next();
        }
        chain
    }

    fn next(&mut self) -> Block {
        self.height += 1;
        let h = self.height;
        let mut changes = Vec::new();
        for store in 0..3u8 {
            let mut keys: Vec<i64> = (0..20).map(|i| (h * 31 + i * 17 + i64::from(store)) % 500).collect();
            keys.sort_unstable();
            keys.dedup();
            for key in keys {
                let value = (key % 7 != h % 7).then(|| Bytes::from(format!("value of {key} at {h}").repeat(3)));
                changes.push((store, Bytes::from(format!("key/{key:05}")), value));
            }
        }
        self.forest.apply(changes.clone()).unwrap();
        Block {
            height: h,
            app_hash: self.forest.root(),
            roots: self.forest.store_roots(),
            changes,
            block: Bytes::from(format!("block {h} ").repeat(20)),
            results: Bytes::from(format!("results {h} ").repeat(10)),
            tables: vec![("table.tx", Bytes::from(format!("hash{h:04}")), Bytes::from(h.to_string()))],
        }
    }
}

fn filled(path: &Path, blocks: i64) -> Chain {
    let (disk, _) = Disk::open(path, STORES).unwrap();
    disk.claim("entente-test-1").unwrap();
    let mut chain = Chain::new();
    for _ in 0..blocks {
        disk.commit(chain.next()).unwrap();
    }
    chain
}

fn tables(disk: &Disk) -> Vec<Bytes> {
    disk.table_prefix("table.tx", b"hash").unwrap().map(|entry| entry.unwrap().1).collect()
}

#[test]
fn a_reopened_disk_has_everything_that_was_committed() {
    let folder = tempfile::tempdir().unwrap();
    let chain = filled(folder.path(), 40);
    let (disk, loaded) = Disk::open(folder.path(), STORES).unwrap();
    let loaded = loaded.unwrap();
    assert_eq!((loaded.height, loaded.chain_id.as_str()), (40, "entente-test-1"));
    assert_eq!(loaded.app_hash, chain.forest.root());
    assert_eq!(loaded.forest.store_roots(), chain.forest.store_roots());
    assert_eq!((disk.oldest_height(), disk.newest_height()), (Some(1), Some(40)));
    assert_eq!(disk.verify().unwrap(), 40);
    assert_eq!(disk.block(7).unwrap().unwrap(), Bytes::from("block 7 ".repeat(20)));
    assert_eq!(disk.results(40).unwrap().unwrap(), Bytes::from("results 40 ".repeat(10)));
    assert_eq!(disk.block(41).unwrap(), None);
    assert_eq!(tables(&disk).len(), 40);
}

/// Everything a disk says, record by record; what cannot be read is left out.
fn everything(disk: &Disk, loaded: &Loaded) -> Vec<(String, Bytes)> {
    let mut all = vec![("app hash".to_owned(), Bytes::copy_from_slice(&loaded.app_hash))];
    all.push(("chain".to_owned(), Bytes::from(loaded.chain_id.clone())));
    all.push(("height".to_owned(), Bytes::from(loaded.height.to_string())));
    for (store, root) in loaded.forest.store_roots() {
        all.push((store.name.to_owned(), Bytes::copy_from_slice(&root)));
    }
    for height in 1..=loaded.height {
        let records = [("block", disk.block(height)), ("results", disk.results(height))];
        all.extend(records.into_iter().filter_map(|(name, record)| Some((format!("{name} {height}"), record.ok()??))));
    }
    let entries = disk.table_prefix("table.tx", b"").unwrap();
    all.extend(entries.filter_map(|entry| entry.ok().map(|(key, value)| (format!("tx {key:?}"), value))));
    all
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => std::fs::copy(entry.path(), target).map(|_| ()).unwrap(),
        }
    }
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut all: Vec<_> = entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect();
    all.sort();
    all
}

/// A disk whose state is partly in sorted files and partly in the journal.
fn settled_and_fresh(path: &Path) -> Vec<(String, Bytes)> {
    let (disk, _) = Disk::open(path, STORES).unwrap();
    disk.claim("entente-test-1").unwrap();
    let mut chain = Chain::new();
    for _ in 0..20 {
        disk.commit(chain.next()).unwrap();
    }
    disk.0.pairs.settle();
    for _ in 0..10 {
        disk.commit(chain.next()).unwrap();
    }
    drop(disk);
    let (disk, loaded) = Disk::open(path, STORES).unwrap();
    everything(&disk, &loaded.unwrap())
}

/// Opens a damaged copy: it must refuse with a place, or be as it was. Says the refusal.
fn refusal(path: &Path, whole: &[(String, Bytes)], what: &str) -> Option<String> {
    match Disk::open(path, STORES) {
        Err(why) => {
            let why = why.to_string();
            let places = ["the store '", "the files in ", "the file 'tip'", "of the table '", "cannot be used"];
            assert!(places.iter().any(|place| why.contains(place)), "{what}: no place is named: {why}");
            Some(why)
        }
        Ok((_, None)) => panic!("{what}: the disk claims to be new"),
        Ok((disk, Some(loaded))) => {
            let found = everything(&disk, &loaded);
            for record in &found {
                assert!(whole.contains(record), "{what}: {} is not what was written", record.0);
            }
            assert_eq!(found[..6], whole[..6], "{what}");
            None
        }
    }
}

/// Tries damages on copies of one home: a file, and what becomes of its bytes (`None`: it is removed).
struct Damage {
    home: tempfile::TempDir,
    whole: Vec<(String, Bytes)>,
}

impl Damage {
    fn new() -> Damage {
        let home = tempfile::tempdir().unwrap();
        let whole = settled_and_fresh(home.path());
        Damage { home, whole }
    }

    fn files(&self) -> Vec<(std::path::PathBuf, Vec<u8>)> {
        let name = |file: &Path| file.strip_prefix(self.home.path()).unwrap().to_owned();
        files(self.home.path()).into_iter().map(|file| (name(&file), std::fs::read(&file).unwrap())).collect()
    }

    fn does(&self, name: &Path, bytes: Option<Vec<u8>>, what: &str) -> Option<String> {
        let damaged = tempfile::tempdir().unwrap();
        copy(self.home.path(), damaged.path());
        match bytes {
            Some(bytes) => std::fs::write(damaged.path().join(name), bytes).unwrap(),
            None => std::fs::remove_file(damaged.path().join(name)).unwrap(),
        }
        let first = refusal(damaged.path(), &self.whole, what);
        // Stubborn people start a node twice. The engine may have repaired itself from its journal meanwhile.
        refusal(damaged.path(), &self.whole, what);
        first
    }
}

/// Whether a file holds pairs of the state, or blocks that are not in sorted files yet.
fn holds_state(name: &Path) -> bool {
    name.starts_with("pairs/keyspaces/1/tables") || name.extension().is_some_and(|kind| kind == "jnl")
}

#[test]
fn a_flipped_bit_is_refused_with_its_place_or_does_no_harm() {
    let damage = Damage::new();
    let mut refused = 0;
    for (name, bytes) in damage.files() {
        let tries = if holds_state(&name) { 9 } else { 3 };
        for n in 0..tries {
            let at = (bytes.len() * (2 * n + 1) / (2 * tries)).min(bytes.len().saturating_sub(1));
            let mut flipped = bytes.clone();
            let Some(byte) = flipped.get_mut(at) else { continue };
            *byte ^= 1 << (n % 8);
            let what = format!("bit {} of byte {at} of {}", n % 8, name.display());
            let why = damage.does(&name, Some(flipped), &what);
            refused += u32::from(why.is_some());
            // Pairs come first in a file; behind them are filters and padding that a walk does not read.
            let among_pairs = holds_state(&name) && at < bytes.len() * 3 / 4;
            assert!(why.is_some() || !among_pairs, "{what}: was not noticed");
            if among_pairs && name.starts_with("pairs/keyspaces/1/tables") {
                assert!(why.unwrap_or_default().contains("the store '"), "{what}: the store is not named");
            }
        }
    }
    assert!(refused > 40, "only {refused} damages were noticed");
}

#[test]
fn a_cut_or_missing_file_is_refused_with_its_place_or_does_no_harm() {
    let damage = Damage::new();
    for (name, bytes) in damage.files() {
        for len in [Some(0), Some(bytes.len() / 2), Some(bytes.len().saturating_sub(1)), None] {
            let what = format!("{} cut to {len:?} of {} bytes", name.display(), bytes.len());
            let why = damage.does(&name, len.map(|len| bytes[..len].to_vec()), &what);
            assert!(why.is_some() || !holds_state(&name), "{what}: was not noticed");
        }
    }
}

#[test]
fn a_pair_that_was_changed_behind_all_checksums_is_found_by_the_root_of_its_store() {
    for (store, name) in [(0, "bank"), (1, "ibc"), (2, "staking")] {
        let folder = tempfile::tempdir().unwrap();
        filled(folder.path(), 5);
        let lsm = lsm::Lsm::open(&folder.path().join("pairs")).unwrap();
        let key = [&[store][..], b"key/00099"].concat();
        lsm.commit(vec![Write { space: STATE, key: key.into(), value: Some("forged".into()) }]).unwrap();
        drop(lsm);
        let why = Disk::open(folder.path(), STORES).err().unwrap();
        assert!(matches!(&why, DiskError::StoreDiffers { store, height: 5, .. } if store == name), "{why}");
    }
}

#[test]
fn a_state_of_an_older_form_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), 5);
    let lsm = lsm::Lsm::open(&folder.path().join("pairs")).unwrap();
    let head = unseal(ABOUT, HEAD, lsm.value(ABOUT, HEAD).unwrap().unwrap()).unwrap();
    let mut head: serde_json::Value = serde_json::from_slice(&head).unwrap();
    assert_eq!(head.as_object_mut().unwrap().remove("form"), Some(FORM.into()));
    lsm.commit(vec![sealed(ABOUT, HEAD, &serde_json::to_vec(&head).unwrap())]).unwrap();
    drop(lsm);
    let why = Disk::open(folder.path(), STORES).err().unwrap().to_string();
    let wanted = format!("the state has form 1, this version of the program reads form {FORM}; export it");
    assert!(why.starts_with(&wanted), "{why}");
}

#[test]
fn a_changed_block_is_found_by_its_checksum() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), 5);
    let (disk, _) = Disk::open(folder.path(), STORES).unwrap();
    let mut forged = seal(BLOCKS, &height_key(3), b"block 3");
    forged[0] ^= 1;
    let write = |space, height, value| Write { space, key: height_key(height), value: Some(value) };
    disk.0.pairs.commit(vec![write(BLOCKS, 3, forged.into())]).unwrap();
    let swapped = disk.0.pairs.value(RESULTS, &height_key(1)).unwrap().unwrap();
    disk.0.pairs.commit(vec![write(RESULTS, 2, swapped)]).unwrap();
    let why = disk.block(3).unwrap_err().to_string();
    assert!(why.contains("the record of height 3 of the table 'blocks' does not match its checksum"), "{why}");
    assert!(disk.results(2).is_err(), "the results of another height");
    assert!(disk.verify().is_err());
    disk.0.pairs.commit(vec![removed(BLOCKS, height_key(3))]).unwrap();
    let why = disk.block(3).unwrap_err().to_string();
    assert!(why.contains("the record of height 3 of the table 'blocks' is missing"), "{why}");
}

#[test]
fn a_state_without_a_last_block_is_not_taken_for_a_new_home() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), 5);
    let lsm = lsm::Lsm::open(&folder.path().join("pairs")).unwrap();
    lsm.commit(vec![removed(ABOUT, HEAD)]).unwrap();
    drop(lsm);
    assert!(matches!(Disk::open(folder.path(), STORES), Err(DiskError::BlocksLost { noted: 5, found: 0 })));
    std::fs::remove_file(folder.path().join("tip")).unwrap();
    let why = Disk::open(folder.path(), STORES).err().unwrap().to_string();
    assert!(why.contains("the record 'head' of the table 'about' is missing"), "{why}");
}

#[test]
fn a_home_belongs_to_one_chain() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), 2);
    let (disk, _) = Disk::open(folder.path(), STORES).unwrap();
    disk.claim("entente-test-1").unwrap();
    let why = disk.claim("other-1").unwrap_err().to_string();
    assert_eq!(
        why,
        "this is the home folder of another chain: it belongs to 'entente-test-1', and 'other-1' was asked for"
    );
    assert_eq!(disk.chain_id().as_deref(), Some("entente-test-1"));
}

#[test]
fn two_processes_cannot_share_a_home() {
    let folder = tempfile::tempdir().unwrap();
    let _first = Disk::open(folder.path(), STORES).unwrap();
    assert!(matches!(Disk::open(folder.path(), STORES), Err(DiskError::Locked { .. })));
}

#[test]
fn blocks_follow_each_other() {
    for (_folder, disk) in disks() {
        let mut chain = Chain::new();
        let first = chain.next();
        assert!(matches!(disk.commit(first.clone()), Err(DiskError::NoChain)));
        disk.claim("entente-test-1").unwrap();
        disk.commit(first.clone()).unwrap();
        assert!(matches!(disk.commit(first), Err(DiskError::HeightOutOfOrder { newest: 1, height: 1 })));
        let _skipped = chain.next();
        assert!(matches!(disk.commit(chain.next()), Err(DiskError::HeightOutOfOrder { newest: 1, height: 3 })));
    }
}

#[test]
fn a_new_version_may_add_a_store_but_not_lose_one() {
    const MORE: &[StoreId] = &[STORES[0], STORES[1], STORES[2], StoreId::new(3, "alliance")];
    const FEWER: &[StoreId] = &[STORES[0], STORES[2]];
    let folder = tempfile::tempdir().unwrap();
    let chain = filled(folder.path(), 3);
    let (disk, loaded) = Disk::open(folder.path(), MORE).unwrap();
    let loaded = loaded.unwrap();
    assert_eq!(loaded.app_hash, chain.forest.root());
    assert!(loaded.forest.tree(3).unwrap().is_empty());
    drop(disk);
    let why = Disk::open(folder.path(), FEWER).err().unwrap();
    assert!(matches!(&why, DiskError::StoreUnknown { name, index: 1 } if name == "ibc"), "{why}");
}

/// One disk of each kind.
fn disks() -> [(Option<tempfile::TempDir>, Disk); 2] {
    let folder = tempfile::tempdir().unwrap();
    let (disk, _) = Disk::open(folder.path(), STORES).unwrap();
    [(Some(folder), disk), (None, Disk::ephemeral(STORES))]
}

#[test]
fn index_tables_are_read_in_key_order_from_either_end() {
    for (_folder, disk) in disks() {
        let entry = |key: &'static str| ("table.events", Bytes::from(key), Some(Bytes::from(format!("<{key}>"))));
        disk.write_tables(["b/1", "a", "b/2", "b/3", "b0", "c"].map(entry)).unwrap();
        disk.write_tables([
            ("table.events", Bytes::from("b/2"), None),
            ("table.other", Bytes::from("b/9"), Some(Bytes::new())),
        ])
        .unwrap();
        let keys =
            |scan: Scan| scan.map(|entry| String::from_utf8(entry.unwrap().0.to_vec()).unwrap()).collect::<Vec<_>>();
        assert_eq!(keys(disk.table_prefix("table.events", b"b/").unwrap()), ["b/1", "b/3"]);
        let back = disk.table_prefix("table.events", b"b").unwrap().rev();
        assert_eq!(keys(Box::new(back)), ["b0", "b/3", "b/1"]);
        assert_eq!(keys(disk.table_prefix("table.events", b"").unwrap()).len(), 5);
        let (from, to) = (Bound::Excluded(&b"b/1"[..]), Bound::Excluded(&b"c"[..]));
        assert_eq!(keys(disk.table_range("table.events", from, to).unwrap()), ["b/3", "b0"]);
        assert_eq!(keys(disk.table_range("table.events", to, Bound::Included(b"b0")).unwrap()), [""; 0]);
        assert_eq!(disk.table_value("table.events", b"b0").unwrap().unwrap(), Bytes::from("<b0>"));
        assert_eq!(disk.table_value("table.events", b"b/2").unwrap(), None);
        assert_eq!(disk.table_value("table.other", b"b/9").unwrap(), Some(Bytes::new()), "empty values are kept");
        disk.set_meta("engine", b"state").unwrap();
        assert_eq!(disk.meta("engine").unwrap(), Some(Bytes::from("state")));
        assert_eq!(disk.meta("other").unwrap(), None);
    }
}

#[test]
fn pruning_forgets_old_blocks_and_never_the_last_one() {
    for (_folder, disk) in disks() {
        disk.claim("entente-test-1").unwrap();
        let mut chain = Chain::new();
        for _ in 0..12 {
            disk.commit(chain.next()).unwrap();
        }
        assert_eq!(disk.prune(5).unwrap(), 4);
        assert_eq!((disk.oldest_height(), disk.newest_height()), (Some(5), Some(12)));
        assert_eq!(disk.block(4).unwrap(), None);
        assert!(disk.block(5).unwrap().is_some());
        assert_eq!(disk.verify().unwrap(), 8);
        assert_eq!(disk.prune(5).unwrap(), 0);
        assert_eq!(disk.prune(100).unwrap(), 7);
        assert_eq!((disk.oldest_height(), disk.newest_height()), (Some(12), Some(12)));
        disk.commit(chain.next()).unwrap();
    }
}

#[test]
fn the_oldest_height_is_found_again_after_pruning() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), 9);
    let (disk, _) = Disk::open(folder.path(), STORES).unwrap();
    disk.prune(4).unwrap();
    drop(disk);
    let (disk, _) = Disk::open(folder.path(), STORES).unwrap();
    assert_eq!((disk.oldest_height(), disk.newest_height()), (Some(4), Some(9)));
    assert_eq!(disk.verify().unwrap(), 6);
}

/// The variable that tells the child of the next test where it works.
const CHILD_HOME: &str = "ENTENTE_TEST_DISK_HOME";

#[test]
#[ignore = "runs only as the child of the test below"]
fn child_that_commits_until_it_is_killed() {
    let home = std::env::var_os(CHILD_HOME).expect("started by the test below");
    let (disk, loaded) = Disk::open(Path::new(&home), STORES).unwrap();
    disk.claim("entente-test-1").unwrap();
    let mut chain = Chain::grown_to(loaded.map_or(0, |loaded| loaded.height));
    loop {
        let block = chain.next();
        disk.commit(block).unwrap();
        println!("acknowledged {}", chain.height);
    }
}

#[test]
fn a_killed_process_loses_no_acknowledged_block() {
    use std::io::{BufRead, BufReader};
    let folder = tempfile::tempdir().unwrap();
    let mut height = 0;
    for cycle in 0..24u64 {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "disk::tests::child_that_commits_until_it_is_killed", "--ignored", "--nocapture"])
            .env(CHILD_HOME, folder.path())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let said = |line: String| line.strip_prefix("acknowledged ").and_then(|height| height.parse::<i64>().ok());
        let first = lines.by_ref().find_map(|line| said(line.unwrap())).expect("the child commits a block");
        std::thread::sleep(std::time::Duration::from_micros(cycle * 1_700 % 23_000));
        child.kill().unwrap();
        child.wait().unwrap();
        let acknowledged = lines.map_while(Result::ok).filter_map(said).last().unwrap_or(first);
        assert!(first > height);
        let (disk, loaded) = Disk::open(folder.path(), STORES).unwrap();
        let loaded = loaded.unwrap();
        assert!(loaded.height >= acknowledged, "block {acknowledged} was acknowledged, {} is there", loaded.height);
        assert_eq!(loaded.app_hash, Chain::grown_to(loaded.height).forest.root());
        assert_eq!(disk.verify().unwrap(), loaded.height as u64);
        assert_eq!(tables(&disk).len() as i64, loaded.height);
        height = loaded.height;
    }
}

/// The variable that tells the child of the next test where its small disk is.
const SMALL_DISK: &str = "ENTENTE_TEST_SMALL_DISK";

#[test]
#[ignore = "runs only as the child of the test below, on a disk of its own"]
fn child_that_fills_its_disk() {
    let place = std::env::var_os(SMALL_DISK).expect("started by the test below");
    let (home, ballast) = (Path::new(&place).join("home"), Path::new(&place).join("ballast"));
    std::fs::write(&ballast, vec![7; 8 << 20]).unwrap();
    let mut chain = Chain::new();
    // A block that no compression makes smaller.
    let next = |chain: &mut Chain| {
        let mut seed = chain.height as u64;
        let noise = std::iter::repeat_with(|| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) as u8
        });
        Block { block: noise.take(200_000).collect(), ..chain.next() }
    };
    let (disk, _) = Disk::open(&home, STORES).unwrap();
    disk.claim("entente-test-1").unwrap();
    let (mut acknowledged, mut why) = (0, None);
    while why.is_none() && acknowledged < 1_000 {
        match disk.commit(next(&mut chain)) {
            Ok(()) => acknowledged += 1,
            Err(e) => why = Some(e.to_string()),
        }
    }
    let why = why.expect("the disk becomes full");
    assert!(why.contains("nothing more is written") || why.contains("cannot be used"), "{why}");
    let refused = disk.commit(Block { height: acknowledged + 1, ..next(&mut chain) });
    assert!(refused.is_err(), "nothing is written after that");
    drop(disk);
    std::fs::remove_file(&ballast).unwrap();
    let (disk, loaded) = Disk::open(&home, STORES).unwrap();
    let loaded = loaded.unwrap();
    assert!(loaded.height >= acknowledged, "{acknowledged} were acknowledged, {} are there", loaded.height);
    assert_eq!(loaded.app_hash, Chain::grown_to(loaded.height).forest.root());
    let mut chain = Chain::grown_to(loaded.height);
    for _ in 0..3 {
        disk.commit(next(&mut chain)).unwrap();
    }
    drop(disk);
    assert_eq!(Disk::open(&home, STORES).unwrap().1.unwrap().height, loaded.height + 3);
    println!("full after {acknowledged} blocks: {why}");
}

#[test]
fn a_node_on_a_full_disk_stops_with_a_sentence_and_goes_on_when_there_is_room() {
    let place = tempfile::tempdir().unwrap();
    let run = r#"mount -t tmpfs -o size=40m tmpfs "$0" && exec "$1" --exact disk::tests::child_that_fills_its_disk --ignored --nocapture"#;
    let child = std::process::Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", run])
        .arg(place.path())
        .arg(std::env::current_exe().unwrap())
        .env(SMALL_DISK, place.path())
        .output();
    let Ok(child) = child else { return println!("skipped: unshare is not installed") };
    let (out, err) = (String::from_utf8_lossy(&child.stdout), String::from_utf8_lossy(&child.stderr));
    if !child.status.success() && !out.contains("running 1 test") {
        return println!("skipped: no disk of its own for a test here: {err}");
    }
    assert!(child.status.success() && out.contains("full after"), "{out}{err}");
    println!("{out}");
}

#[test]
fn a_state_of_many_pairs_is_read_in_parts_also_where_a_key_begins_all_others() {
    let folder = tempfile::tempdir().unwrap();
    let numbered = |table: &[u8], n: u32| [table, &n.wrapping_mul(2_654_435_761).to_be_bytes()].concat();
    let mut keys: Vec<Vec<u8>> = (0..30_000).map(|n| numbered(b"p", n)).collect();
    keys.extend((0..12_000).map(|n| numbered(b"pq\xff", n)));
    keys.extend((0..300).map(|n| numbered(b"\xff\xff", n)));
    keys.extend([b"p".to_vec(), b"q".to_vec(), vec![0xff; 200]]);
    keys.sort();
    let pairs = || keys.iter().map(|key| (1, Bytes::from(key.clone()), Some(Bytes::from_static(b"v"))));
    let mut forest = Forest::new(STORES);
    forest.apply(pairs()).unwrap();
    let (disk, _) = Disk::open(folder.path(), STORES).unwrap();
    disk.claim("a-1").unwrap();
    let block = Block { height: 1, app_hash: forest.root(), roots: forest.store_roots(), ..Block::default() };
    disk.commit(Block { changes: pairs().collect(), ..block }).unwrap();
    drop(disk);
    let (_, loaded) = Disk::open(folder.path(), STORES).unwrap();
    let loaded = loaded.unwrap();
    assert_eq!(loaded.forest.root(), forest.root());
    assert_eq!(loaded.forest.tree(1).unwrap().len(), keys.len() as u64);
}
