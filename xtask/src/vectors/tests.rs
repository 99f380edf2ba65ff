//! The repository's own selection is played whole, and the paths of an import equal those that the Go chain showed.

use super::*;

fn own_files() -> Vec<PathBuf> {
    files_of(&[root().join("crates/chain/tests/vectors/data")]).unwrap()
}

#[test]
#[ignore = "waits for the modules"]
fn every_file_of_the_own_selection_is_opened_and_met() {
    let files = own_files();
    let options = Options::default();
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
