//! The repository's own selection is played whole, and the paths of an import equal those that the Go chain showed.

use super::*;

fn own_files() -> Vec<PathBuf> {
    files_of(&[root().join("crates/chain/tests/vectors/data")]).unwrap()
}

#[test]
fn every_file_of_the_own_selection_is_opened_and_met() {
    let files = own_files();
    let options = Options { events: true, ..Options::default() };
    let expectations = expect::read(&options.expectations).unwrap();
    let mut texts = Vec::new();
    let total = play_all(&files, &options, &expectations, |text| texts.push(text.to_owned())).unwrap();
    assert!(total.is_clean(), "{}\n{total:?}", texts.join("\n"));
    for path in &files {
        let name = path.file_name().unwrap().to_string_lossy().replace(".json.gz", "");
        let opened = texts.iter().any(|t| t.starts_with(&format!("{name} ")));
        assert!(opened, "{name} was never opened");
    }
}

/// The Go chain imported a genesis that it had exported itself: its state is then what that document says, path by path.
#[test]
fn the_paths_of_an_exported_genesis_are_those_of_the_chain_that_imported_it() {
    let file = VectorFile::open(&root().join("crates/chain/tests/vectors/data/alliance_import.json.gz")).unwrap();
    let mut found = paths::Paths::of(&file.genesis).unwrap();
    let module = &file.accounts["module alliance"];
    found.put("alliance/bonded", alliance::bonded(&file.genesis, module).unwrap());
    found.absent.extend(["consensus".into(), "alliance/delegation/*/tokens".into()]);
    let mut counts = compare::Counts::default();
    let claims = claims::Claims::default();
    let differences = compare::states(0, &file.init.state, &found, "", &claims, &mut counts);
    assert_eq!(differences, []);
    assert!(counts.compared > 1000, "{counts:?}");
}

/// Every difference of a file's first two blocks, as `block path`.
fn differences(change: impl FnOnce(&mut VectorFile)) -> Vec<String> {
    let mut file = VectorFile::open(&root().join("crates/chain/tests/vectors/data/host_staking.json.gz")).unwrap();
    file.blocks.truncate(2);
    change(&mut file);
    let outcomes = play::play(&file, &Options::default(), &[]).unwrap();
    let found = outcomes.unexplained.iter().flat_map(|b| &b.differences);
    found.map(|d| format!("{} {}", d.height, d.path)).collect()
}

#[test]
fn a_changed_value_code_or_validator_update_is_found_where_it_is() {
    let before = differences(|_| {});
    let new = |change: fn(&mut VectorFile)| -> Vec<String> {
        differences(change).into_iter().filter(|d| !before.contains(d)).collect()
    };
    let value = new(|f| {
        f.blocks[1].set.insert("bank/supply/ufee".into(), "1".into());
    });
    assert_eq!(value, ["2 bank/supply/ufee"]);
    let gone = new(|f| f.blocks[1].del.push("bank/supply/ustake".into()));
    assert_eq!(gone, ["2 bank/supply/ustake"]);
    let code = new(|f| (f.blocks[0].results[1].code, f.blocks[0].results[1].codespace) = (99, "sdk".into()));
    assert_eq!(code, ["1 result/1"]);
    let update = new(|f| {
        f.init.app_validators[0].power += 1;
    });
    assert_eq!(update.len(), 1);
    assert!(update[0].starts_with("0 validator_update/"), "{update:?}");
}

#[test]
fn a_named_file_that_is_not_there_is_an_error_and_so_is_an_empty_folder() {
    assert!(files_of(&["/nowhere/at/all.json.gz".into()]).is_err());
    assert!(files_of(&[root().join("xtask/src")]).is_err());
}

/// Files of the own selection whose numbers part from the Go chain's, under the name of another seed: no expectation names them.
fn files_with_deviations_of_state() -> Vec<VectorFile> {
    let files = own_files().into_iter().map(|path| VectorFile::open(&path).unwrap());
    let files: Vec<VectorFile> = files.filter(|f| f.deviation_scope == "state").collect();
    assert!(files.len() >= 7, "{}", files.len());
    files.into_iter().map(|file| VectorFile { name: format!("{}_of_another_seed", file.name), ..file }).collect()
}

/// A path of each kind, in the file's state after a block.
const KINDS: &[&str] = &[
    "alliance/asset/**/total_tokens",
    "alliance/asset/**/total_validator_shares",
    "alliance/asset/**/reward_weight",
    "alliance/delegation/*/*/**/tokens",
    "alliance/delegation/*/*/**/shares",
    "alliance/validator/*/validator_shares/**",
    "alliance/validator/*/total_delegator_shares/**",
    "alliance/undelegation/*/*/*/amount",
    "alliance/bonded",
    "bank/balance/{module alliance}/**",
    "bank/balance/{module alliance_rewards}/*",
    "bank/balance/{module distribution}/ufee",
    "bank/balance/{module bonded_tokens_pool}/ustake",
    "bank/balance/{alice}/ufee",
    "bank/supply/ustake",
    "distribution/community_pool/ufee",
    "distribution/outstanding/*/ufee",
    "distribution/commission/*/ufee",
    "gov/proposal/1/tally/yes",
    "mint/params/blocks_per_year",
    "slashing/info/*/start_height",
    "staking/delegation/{module alliance}/*",
    "staking/last_total_power",
    "staking/last_validator_power/*",
    "staking/validator/*/tokens",
    "staking/validator/*/delegator_shares",
];

/// Three percent and seven units more.
fn wrong(value: &str) -> String {
    let number: entente_kernel::num::Dec = value.parse().unwrap();
    let more = number.mul("1.03".parse().unwrap()).unwrap().add("7".parse().unwrap()).unwrap();
    if value.contains('.') { more.to_string() } else { more.truncate_int().unwrap().to_string() }
}

#[test]
fn a_wrong_number_of_ours_is_found_before_and_after_the_situation_that_a_file_is_about() {
    let expectations = expect::read(&Options::default().expectations).unwrap();
    let mut missed = Vec::new();
    for file in files_with_deviations_of_state() {
        let mut state = file.init.state.clone();
        let (mut planted, mut kinds) = (Vec::new(), KINDS.iter().cycle());
        for block in &file.blocks {
            state.extend(block.set.clone());
            block.del.iter().for_each(|p| drop(state.remove(p)));
            let path = kinds.by_ref().take(KINDS.len()).find_map(|kind| {
                let pattern = expect::resolve(kind, &file.accounts);
                state.keys().find(|p| expect::matches(&pattern, p))
            });
            let path = path.unwrap();
            planted.push((block.height, path.clone(), wrong(&state[path])));
        }
        // Every second block, so that what follows from one is not taken for the next.
        for odd in [0, 1] {
            let chosen: Vec<_> = planted.iter().filter(|(height, ..)| height % 2 == odd).cloned().collect();
            let options = Options { planted: chosen.clone(), ..Options::default() };
            let outcomes = play::play(&file, &options, &expectations).unwrap();
            for (height, path, value) in chosen {
                let is_found = outcomes.unexplained.iter().any(|b| b.height == height);
                if !is_found {
                    missed.push(format!("{}: block {height}: {path} = {value}", file.name));
                }
            }
        }
    }
    assert!(missed.is_empty(), "not found:\n{}", missed.join("\n"));
}

#[test]
fn a_wrong_event_of_ours_is_found_before_and_after_the_situation_that_a_file_is_about() {
    use events::Forgery::{Changed, Doubled, Dropped};
    let expectations = expect::read(&Options::default().expectations).unwrap();
    let (mut missed, mut forged) = (Vec::new(), 0);
    for file in files_with_deviations_of_state() {
        // Every second block, so that what follows from one is not taken for the next.
        for odd in [0, 1] {
            let heights = file.blocks.iter().map(|b| b.height).filter(|height| height % 2 == odd);
            let numbered = heights.enumerate();
            let chosen: Vec<_> = numbered.map(|(n, h)| (h, n * 5, [Changed(n / 3), Dropped, Doubled][n % 3])).collect();
            let options = Options { events: true, forged: chosen.clone(), ..Options::default() };
            let outcomes = play::play(&file, &options, &expectations).unwrap();
            forged += outcomes.forged.len();
            for (height, at, forgery) in chosen.into_iter().filter(|(h, ..)| outcomes.forged.contains(h)) {
                if !outcomes.unexplained.iter().any(|b| b.height == height) {
                    missed.push(format!("{}: block {height}: event {at} {forgery:?}", file.name));
                }
            }
        }
    }
    assert!(missed.is_empty(), "not found:\n{}", missed.join("\n"));
    assert!(forged > 100, "{forged}");
}

#[test]
fn files_of_another_seed_are_explained_by_the_same_rows() {
    let expectations = expect::read(&Options::default().expectations).unwrap();
    for file in files_with_deviations_of_state() {
        let options = Options { events: true, ..Options::default() };
        let outcomes = play::play(&file, &options, &expectations).unwrap();
        assert_eq!(outcomes.differences(), 0, "{}", file.name);
        assert!(!outcomes.explained.is_empty(), "{}: the situation is not in the selection", file.name);
        let bare = play::play(&file, &Options::default(), &[]).unwrap();
        assert!(bare.differences() > 0, "{}", file.name);
    }
}
