//! `cargo xtask proto`: makes `proto/third_party.binpb`, the wire definitions that others wrote, from published Go modules.

use std::{
    collections::BTreeMap,
    fs,
    io::Read,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, anyhow, ensure};
use flate2::read::GzDecoder;
use protox::{
    Compiler,
    file::{ChainFileResolver, DescriptorSetFileResolver, File, GoogleFileResolver, IncludeFileResolver},
};

/// Where the texts come from: module, version, folder of the module that imports are relative to. Earlier rows win.
const SOURCES: &[(&str, &str, &str)] = &[
    ("github.com/cometbft/cometbft", "v0.38.17", "proto"),
    ("github.com/cosmos/cosmos-sdk", "v0.50.9", "proto"),
    ("github.com/cosmos/ibc-go/v8", "v8.8.0", "proto"),
    ("github.com/cosmos/cosmos-proto", "v1.0.0-beta.5", "proto"),
    ("github.com/cosmos/gogoproto", "v1.7.0", ""),
    ("github.com/grpc-ecosystem/grpc-gateway", "v1.16.0", "third_party/googleapis"),
];

/// Publishes no texts, only a compressed descriptor inside its generated Go code.
const ICS23: (&str, &str, &str) = ("github.com/cosmos/ics23/go", "v0.11.0", "proofs.pb.go");

/// Folders of which every file is taken; imports follow by themselves.
const WANTED: &[&str] = &[
    "cosmos/auth/v1beta1",
    "cosmos/authz/v1beta1",
    "cosmos/bank/v1beta1",
    "cosmos/base",
    "cosmos/consensus/v1",
    "cosmos/crisis/v1beta1",
    "cosmos/crypto",
    "cosmos/distribution/v1beta1",
    "cosmos/evidence/v1beta1",
    "cosmos/feegrant/v1beta1",
    "cosmos/genutil/v1beta1",
    "cosmos/gov/v1",
    "cosmos/gov/v1beta1",
    "cosmos/group/v1",
    "cosmos/mint/v1beta1",
    "cosmos/msg/v1",
    "cosmos/params/v1beta1",
    "cosmos/query/v1",
    "cosmos/reflection/v1",
    "cosmos/slashing/v1beta1",
    "cosmos/staking/v1beta1",
    "cosmos/store/snapshots",
    "cosmos/store/v1beta1",
    "cosmos/tx/signing",
    "cosmos/tx/v1beta1",
    "cosmos/upgrade/v1beta1",
    "cosmos/vesting/v1beta1",
    "ibc/applications/interchain_accounts",
    "ibc/applications/transfer",
    "ibc/core",
    "ibc/lightclients/localhost",
    "ibc/lightclients/solomachine",
    "ibc/lightclients/tendermint",
    "tendermint/abci",
    "tendermint/crypto",
    "tendermint/libs",
    "tendermint/p2p",
    "tendermint/state",
    "tendermint/store",
    "tendermint/types",
    "tendermint/version",
    "amino",
    "cosmos_proto",
    "gogoproto",
    "google/api",
];

/// Downloads the sources of [`SOURCES`] through the Go module proxy, compiles the wanted files without comments and
/// positions, and writes them as one `FileDescriptorSet`, files ordered so that each comes after its imports.
pub fn refresh() -> Result<()> {
    let mut resolver = ChainFileResolver::new();
    let mut files = Vec::new();
    for (module, version, folder) in SOURCES {
        let root = download(module, version)?.join(folder);
        for wanted in WANTED {
            texts_below(&root, &root.join(wanted), &mut files)?;
        }
        resolver.add(IncludeFileResolver::new(root));
    }
    let (module, version, generated) = ICS23;
    resolver.add(embedded_descriptor(&download(module, version)?.join(generated))?);
    resolver.add(GoogleFileResolver::new());
    files.sort();
    files.dedup();

    let mut compiler = Compiler::with_file_resolver(resolver);
    compiler.include_imports(true).include_source_info(false);
    compiler.open_files(&files).map_err(|error| anyhow!("{error:?}"))?;
    let set = compiler.encode_file_descriptor_set();
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../proto/third_party.binpb");
    fs::write(&target, &set)?;
    println!("{} files, {} bytes in proto/third_party.binpb", compiler.files().len(), set.len());
    Ok(())
}

/// Lets the Go tool fetch `module@version` (checked against its checksum database) and says where it lies.
fn download(module: &str, version: &str) -> Result<PathBuf> {
    let answer = Command::new("go")
        .args(["mod", "download", "-json", &format!("{module}@{version}")])
        .env("GOFLAGS", "-mod=mod")
        .current_dir(std::env::temp_dir())
        .output()
        .context("the Go tool is needed to download modules")?;
    ensure!(answer.status.success(), "{module}@{version}: {}", String::from_utf8_lossy(&answer.stdout));
    let fields: BTreeMap<String, serde_json::Value> = serde_json::from_slice(&answer.stdout)?;
    let folder = fields.get("Dir").and_then(|dir| dir.as_str());
    Ok(folder.with_context(|| format!("{module}@{version}: no folder reported"))?.into())
}

fn texts_below(root: &Path, folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            texts_below(root, &path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            found.push(path.strip_prefix(root)?.to_path_buf());
        }
    }
    Ok(())
}

/// Reads the gzipped file descriptor that generated Go code carries as a list of hexadecimal bytes.
fn embedded_descriptor(path: &Path) -> Result<DescriptorSetFileResolver> {
    let code = fs::read_to_string(path)?;
    let list = code.split("= []byte{").nth(1).and_then(|rest| rest.split("\n}").next());
    let list = list.with_context(|| format!("{}: no embedded descriptor", path.display()))?;
    let mut packed = Vec::new();
    for word in list.split(|c: char| c == ',' || c.is_whitespace()) {
        if let Some(digits) = word.strip_prefix("0x") {
            packed.push(u8::from_str_radix(digits, 16)?);
        }
    }
    let mut plain = Vec::new();
    GzDecoder::new(packed.as_slice()).read_to_end(&mut plain)?;
    let mut file = File::decode_file_descriptor_proto(plain.as_slice())?.file_descriptor_proto().clone();
    file.name = Some("cosmos/ics23/v1/proofs.proto".to_owned());
    let mut set = protox::prost_reflect::prost_types::FileDescriptorSet::default();
    set.file.push(file);
    Ok(DescriptorSetFileResolver::new(set))
}
