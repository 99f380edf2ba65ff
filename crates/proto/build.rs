//! Turns the descriptors of others and the `.proto` texts of our own into Rust types, without protoc.

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use protox::{
    Compiler,
    file::{ChainFileResolver, DescriptorSetFileResolver, GoogleFileResolver, IncludeFileResolver},
    prost_reflect::{
        DescriptorPool,
        prost_types::{DescriptorProto, EnumDescriptorProto, FileDescriptorSet},
    },
};

const ROOT: &str = "../../proto";
const THIRD_PARTY: &str = "../../proto/third_party.binpb";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed={ROOT}");
    println!("cargo:rerun-if-changed=build.rs");
    let third_party = fs::read(THIRD_PARTY)?;

    let mut resolver = ChainFileResolver::new();
    resolver.add(IncludeFileResolver::new(PathBuf::from(ROOT)));
    resolver.add(DescriptorSetFileResolver::decode(third_party.as_slice())?);
    resolver.add(GoogleFileResolver::new());
    let mut compiler = Compiler::with_file_resolver(resolver);
    compiler.include_imports(true);

    let mut own = Vec::new();
    texts_below(Path::new(ROOT), &mut own)?;
    own.sort();
    compiler.open_files(&own).map_err(|error| format!("{error:?}"))?;
    for file in DescriptorPool::decode(third_party.as_slice())?.files() {
        compiler.open_file(file.name())?;
    }

    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("descriptors.binpb"), compiler.include_source_info(false).encode_file_descriptor_set())?;
    fs::write(out.join("commented.binpb"), compiler.include_source_info(true).encode_file_descriptor_set())?;
    prost_build::Config::new()
        .enable_type_names()
        .type_name_domain(["."], "")
        .include_file("tree.rs")
        .compile_fds(without_deprecations(compiler.file_descriptor_set()))?;
    Ok(())
}

/// A chain must serve deprecated fields as long as clients send them; warnings at each use would only hide others.
fn without_deprecations(mut files: FileDescriptorSet) -> FileDescriptorSet {
    for file in &mut files.file {
        file.message_type.iter_mut().for_each(clear_message);
        file.enum_type.iter_mut().for_each(clear_enum);
    }
    files
}

fn clear_message(message: &mut DescriptorProto) {
    message.options.iter_mut().for_each(|options| options.deprecated = None);
    message.field.iter_mut().filter_map(|field| field.options.as_mut()).for_each(|options| options.deprecated = None);
    message.nested_type.iter_mut().for_each(clear_message);
    message.enum_type.iter_mut().for_each(clear_enum);
}

fn clear_enum(names: &mut EnumDescriptorProto) {
    names.options.iter_mut().for_each(|options| options.deprecated = None);
    names.value.iter_mut().filter_map(|value| value.options.as_mut()).for_each(|options| options.deprecated = None);
}

fn texts_below(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            texts_below(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            found.push(path.strip_prefix(ROOT)?.to_path_buf());
        }
    }
    Ok(())
}
