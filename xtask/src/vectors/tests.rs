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
