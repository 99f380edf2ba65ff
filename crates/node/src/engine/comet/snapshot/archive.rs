//! A snapshot as one file, to carry it to another machine: a gzipped tar, as `gaiad snapshots dump` writes it in spirit.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use entente_kernel::crypto::sha256;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use super::store::{Meta, Store};
use super::{CHUNK_BYTES_MAX, CHUNKS_MAX, FORMAT, HASH_BYTES};

/// Bytes of a tar's block.
const BLOCK: usize = 512;
const META: &str = "snapshot.json";
/// The note holds a hash of every chunk in hex.
const META_BYTES_MAX: u64 = CHUNKS_MAX as u64 * HASH_BYTES as u64 * 2 + 4_096;

/// Writes a snapshot into one file.
///
/// # Errors
/// There is no such snapshot, or the file cannot be written.
pub fn dump(store: &Store, height: i64, file: &Path) -> Result<Meta> {
    let meta = store.meta(height)?.ok_or_else(|| anyhow!("there is no snapshot of height {height}"))?;
    let place = || format!("the file {} cannot be written", file.display());
    let mut out = GzEncoder::new(BufWriter::new(File::create(file).with_context(place)?), Compression::fast());
    entry(&mut out, META, &serde_json::to_vec(&meta)?).with_context(place)?;
    for number in 0..meta.chunks {
        let chunk = store.chunk(height, meta.format, number)?.ok_or_else(|| anyhow!("chunk {number} is missing"))?;
        entry(&mut out, &number.to_string(), &chunk).with_context(place)?;
    }
    out.write_all(&[0; 2 * BLOCK]).and_then(|()| out.finish()?.flush()).with_context(place)?;
    Ok(meta)
}

/// Takes a snapshot out of a file into the store; every chunk is compared with its hash.
///
/// # Errors
/// The file is not such an archive, or is damaged.
pub fn load(store: &Store, file: &Path) -> Result<Meta> {
    let input = File::open(file).with_context(|| format!("the file {} cannot be read", file.display()))?;
    let mut input = GzDecoder::new(BufReader::new(input));
    let wrong = |why: String| anyhow!("{} is not a dumped snapshot: {why}", file.display());
    let note = next(&mut input, META, META_BYTES_MAX).map_err(&wrong)?;
    let meta: Meta = serde_json::from_slice(&note).map_err(|e| wrong(e.to_string()))?;
    let hashes = meta.metadata.chunks_exact(HASH_BYTES);
    ensure!(meta.format == FORMAT, "the snapshot has form {}, this version reads form {FORMAT}", meta.format);
    ensure!(
        meta.height > 0
            && u32::try_from(hashes.len()).is_ok_and(|n| n == meta.chunks && n <= CHUNKS_MAX)
            && meta.hash == sha256(&meta.metadata),
        wrong("its parts do not belong together".to_owned())
    );
    let draft = store.draft(meta.height)?;
    for (number, hash) in (0u32..).zip(hashes) {
        let most = u64::try_from(CHUNK_BYTES_MAX)?.saturating_mul(2);
        let chunk = next(&mut input, &number.to_string(), most).map_err(&wrong)?;
        if sha256(&chunk) != *hash {
            bail!("chunk {number} of {} is damaged", file.display());
        }
        fs::write(draft.join(number.to_string()), chunk)?;
    }
    store.finish(&draft, &meta)?;
    Ok(meta)
}

fn entry(out: &mut impl Write, name: &str, bytes: &[u8]) -> io::Result<()> {
    let mut head = [0u8; BLOCK];
    let mut put = |at: usize, text: &str| {
        if let Some(place) = head.get_mut(at..at.saturating_add(text.len())) {
            place.copy_from_slice(text.as_bytes());
        }
    };
    put(0, name);
    put(100, "0000644\0");
    put(108, "0000000\0");
    put(116, "0000000\0");
    put(124, &format!("{:011o}\0", bytes.len()));
    put(136, "00000000000\0");
    put(148, "        ");
    put(156, "0");
    put(257, "ustar\0");
    put(263, "00");
    let sum: u32 = head.iter().map(|b| u32::from(*b)).sum();
    if let Some(place) = head.get_mut(148..156) {
        place.copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
    out.write_all(&head)?;
    out.write_all(bytes)?;
    out.write_all(&vec![0; bytes.len().next_multiple_of(BLOCK).saturating_sub(bytes.len())])
}

/// The content of the next entry, which must be called `name`.
fn next(input: &mut impl Read, name: &str, bytes_max: u64) -> Result<Vec<u8>, String> {
    let cut = |e: io::Error| format!("{name} is cut: {e}");
    let mut head = [0u8; BLOCK];
    input.read_exact(&mut head).map_err(cut)?;
    let text = |from: usize, to: usize| {
        let field = head.get(from..to).unwrap_or_default();
        String::from_utf8_lossy(field).trim_matches(['\0', ' ']).to_owned()
    };
    if text(0, 100) != name {
        return Err(format!("{:?} stands where {name:?} is expected", text(0, 100)));
    }
    let length = u64::from_str_radix(&text(124, 136), 8).map_err(|_| format!("{name} has no length"))?;
    if length > bytes_max {
        return Err(format!("{name} of {length} bytes is longer than {bytes_max}"));
    }
    let mut bytes = Vec::new();
    input.take(length).read_to_end(&mut bytes).map_err(cut)?;
    if u64::try_from(bytes.len()).unwrap_or_default() != length {
        return Err(format!("{name} is cut"));
    }
    let block = u64::try_from(BLOCK).unwrap_or_default();
    let padding = length.next_multiple_of(block).saturating_sub(length);
    io::copy(&mut input.take(padding), &mut io::sink()).map_err(cut)?;
    Ok(bytes)
}
