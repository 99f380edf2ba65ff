//! The keyring: one file per key, sealed with a passphrase (`file`), open (`test`), or nothing kept at all (`memory`).

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead as _, KeyInit as _};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use entente_chain::tx::key;
use entente_kernel::AccAddress;
use entente_kernel::crypto::PubKey;
use prost::Message as _;
use prost_types::Any;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Signer, write_secret};

/// Memory in KiB, passes and lanes of argon2id for new seals: about a quarter of a second.
const COST: (u32, u32, u32) = (65_536, 3, 1);
/// The most that a file may ask for, so that a forged file cannot exhaust the machine.
const COST_MAX: (u32, u32, u32) = (1_048_576, 16, 8);
const NAME_LEN_MAX: usize = 64;
/// The shortest passphrase of a new key.
const PASSPHRASE_LEN_MIN: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    File,
    Test,
    Memory,
}

impl FromStr for Backend {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "file" => Ok(Self::File),
            "test" => Ok(Self::Test),
            "memory" => Ok(Self::Memory),
            _ => bail!("--keyring-backend: {text:?} is not known here; file, test and memory are"),
        }
    }
}

/// A key file.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    name: String,
    /// In hex: the compressed point; without a secret, the key as transactions carry it.
    public_key: String,
    secret: Secret,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "form")]
enum Secret {
    /// Hex.
    Open { key: String },
    /// It is elsewhere: with other people or on another machine.
    Absent,
    /// Hex of salt, nonce and what XChaCha20-Poly1305 made of the key; the name and public key are authenticated with it.
    Sealed { memory_kib: u32, passes: u32, lanes: u32, salt: String, nonce: String, sealed: String },
}

/// A key without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub name: String,
    pub public_key: PubKey,
    /// Whether its secret is here.
    pub signs: bool,
}

impl Known {
    /// # Errors
    /// Never, for a key that was accepted.
    pub fn address(&self) -> Result<AccAddress> {
        Ok(AccAddress::new(&self.public_key.address())?)
    }
}

pub struct Keyring {
    backend: Backend,
    folder: PathBuf,
}

impl Keyring {
    pub fn new(home: &Path, backend: Backend) -> Self {
        let folder = if backend == Backend::Test { "keyring-test" } else { "keyring-file" };
        Self { backend, folder: home.join(folder) }
    }

    pub fn backend(&self) -> Backend {
        self.backend
    }

    fn path(&self, name: &str) -> Result<PathBuf> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let good = !name.is_empty() && name.len() <= NAME_LEN_MAX && name.chars().all(plain) && !name.starts_with('.');
        ensure!(good, "{name:?} is not a key name: 1 to {NAME_LEN_MAX} letters, digits, '-', '_' and '.' are");
        Ok(self.folder.join(format!("{name}.json")))
    }

    pub fn has(&self, name: &str) -> Result<bool> {
        Ok(self.path(name)?.exists())
    }

    /// Keeps a key.
    ///
    /// # Errors
    /// The name is taken, or the folder cannot be written to.
    pub fn add(
        &self,
        name: &str,
        signer: &Signer,
        passphrase: impl FnOnce() -> Result<Zeroizing<String>>,
    ) -> Result<()> {
        let path = self.path(name)?;
        ensure!(!path.exists(), "there is a key {name:?} already; choose another name or delete it first");
        if self.backend == Backend::Memory {
            return Ok(());
        }
        let public_key = hex::encode(signer.public());
        let secret = match self.backend {
            Backend::File => {
                let passphrase = passphrase()?;
                ensure!(
                    passphrase.len() >= PASSPHRASE_LEN_MIN,
                    "the passphrase must have at least {PASSPHRASE_LEN_MIN} characters"
                );
                seal(signer.secret(), &passphrase, &authenticated(name, &public_key))?
            }
            _ => Secret::Open { key: hex::encode(signer.secret()) },
        };
        self.write(&path, &Entry { name: name.to_owned(), public_key, secret })
    }

    /// Keeps a public key: of a multisig account, or one whose secret is elsewhere.
    ///
    /// # Errors
    /// As [`Self::add`].
    pub fn add_public(&self, name: &str, key: &PubKey) -> Result<()> {
        let path = self.path(name)?;
        ensure!(!path.exists(), "there is a key {name:?} already; choose another name or delete it first");
        let public_key = hex::encode(key::to_any(key).encode_to_vec());
        self.write(&path, &Entry { name: name.to_owned(), public_key, secret: Secret::Absent })
    }

    fn write(&self, path: &Path, entry: &Entry) -> Result<()> {
        fs::create_dir_all(&self.folder)
            .with_context(|| format!("the folder {} cannot be made", self.folder.display()))?;
        write_secret(path, (serde_json::to_string_pretty(entry)? + "\n").as_bytes())
    }

    fn entry(&self, name: &str) -> Result<Entry> {
        let path = self.path(name)?;
        let text = fs::read(&path)
            .map_err(|_| anyhow!("there is no key {name:?} in {}; see: entente keys list", self.folder.display()))?;
        serde_json::from_slice(&text).map_err(|e| anyhow!("the key file {} is damaged: {e}", path.display()))
    }

    /// The key with its secret.
    ///
    /// # Errors
    /// There is none, or the passphrase is wrong.
    pub fn signer(&self, name: &str, passphrase: impl FnOnce() -> Result<Zeroizing<String>>) -> Result<Signer> {
        let entry = self.entry(name)?;
        let damaged = || anyhow!("the key file of {name:?} is damaged");
        let secret = match &entry.secret {
            Secret::Open { key } => hex::decode(key).map(Zeroizing::new).map_err(|_| damaged())?,
            Secret::Absent => bail!("the secret of the key {name:?} is not here"),
            sealed => open(sealed, &passphrase()?, &authenticated(&entry.name, &entry.public_key))
                .with_context(|| format!("the key {name:?} cannot be opened"))?,
        };
        let secret = secret.as_slice().try_into().map_err(|_| damaged())?;
        let signer = Signer::new(Zeroizing::new(secret))?;
        ensure!(hex::encode(signer.public()) == entry.public_key, damaged());
        Ok(signer)
    }

    /// A sealed copy of a key, as text, whatever the backend.
    ///
    /// # Errors
    /// The passphrase is too short.
    pub fn copy(
        &self,
        name: &str,
        signer: &Signer,
        passphrase: impl FnOnce() -> Result<Zeroizing<String>>,
    ) -> Result<String> {
        let passphrase = passphrase()?;
        ensure!(
            passphrase.len() >= PASSPHRASE_LEN_MIN,
            "the passphrase must have at least {PASSPHRASE_LEN_MIN} characters"
        );
        let public_key = hex::encode(signer.public());
        let secret = seal(signer.secret(), &passphrase, &authenticated(name, &public_key))?;
        Ok(serde_json::to_string_pretty(&Entry { name: name.to_owned(), public_key, secret })?)
    }

    /// The key of a sealed copy.
    ///
    /// # Errors
    /// It is no such copy, or the passphrase is wrong.
    pub fn signer_of_copy(
        &self,
        text: &[u8],
        passphrase: impl FnOnce() -> Result<Zeroizing<String>>,
    ) -> Result<Signer> {
        let entry: Entry =
            serde_json::from_slice(text).map_err(|e| anyhow!("this is not a copy made by keys export: {e}"))?;
        let secret = open(&entry.secret, &passphrase()?, &authenticated(&entry.name, &entry.public_key))?;
        let secret = secret.as_slice().try_into().map_err(|_| anyhow!("the copy is damaged"))?;
        Signer::new(Zeroizing::new(secret))
    }

    pub fn known(&self, name: &str) -> Result<Known> {
        let entry = self.entry(name)?;
        let bytes = hex::decode(&entry.public_key).ok();
        let signs = !matches!(entry.secret, Secret::Absent);
        let public_key = if signs {
            bytes.and_then(|bytes| bytes.try_into().ok()).map(PubKey::Secp256k1)
        } else {
            bytes.and_then(|bytes| key::from_any(&Any::decode(bytes.as_slice()).ok()?).ok())
        };
        let public_key = public_key.ok_or_else(|| anyhow!("the key file of {name:?} is damaged"))?;
        Ok(Known { name: entry.name, public_key, signs })
    }

    /// All keys by name.
    pub fn list(&self) -> Result<Vec<Known>> {
        let mut names = Vec::new();
        let Ok(files) = fs::read_dir(&self.folder) else { return Ok(Vec::new()) };
        for file in files {
            let name = file?.file_name();
            names.extend(name.to_str().and_then(|n| n.strip_suffix(".json")).map(str::to_owned));
        }
        names.sort();
        names.iter().map(|name| self.known(name)).collect()
    }

    pub fn delete(&self, name: &str) -> Result<()> {
        self.entry(name)?;
        Ok(fs::remove_file(self.path(name)?)?)
    }
}

fn authenticated(name: &str, public_key: &str) -> Vec<u8> {
    format!("{name}\n{public_key}").into_bytes()
}

/// Random bytes of the operating system.
///
/// # Errors
/// There is no source of them.
pub fn random<const N: usize>() -> Result<[u8; N]> {
    use std::io::Read as _;
    let mut bytes = [0; N];
    fs::File::open("/dev/urandom")
        .and_then(|mut file| file.read_exact(&mut bytes))
        .context("there is no source of random bytes")?;
    Ok(bytes)
}

fn key_of(passphrase: &str, salt: &[u8], (memory, passes, lanes): (u32, u32, u32)) -> Result<Zeroizing<[u8; 32]>> {
    let params = Params::new(memory, passes, lanes, Some(32)).map_err(|e| anyhow!("{e}"))?;
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), salt, &mut *key)
        .map_err(|e| anyhow!("{e}"))?;
    Ok(key)
}

fn seal(secret: &[u8], passphrase: &str, authenticated: &[u8]) -> Result<Secret> {
    let (salt, nonce): ([u8; 16], [u8; 24]) = (random()?, random()?);
    let key = key_of(passphrase, &salt, COST)?;
    let payload = chacha20poly1305::aead::Payload { msg: secret, aad: authenticated };
    let sealed = XChaCha20Poly1305::new((&*key).into())
        .encrypt(XNonce::from_slice(&nonce), payload)
        .map_err(|_| anyhow!("the key cannot be sealed"))?;
    let (memory_kib, passes, lanes) = COST;
    Ok(Secret::Sealed {
        memory_kib,
        passes,
        lanes,
        salt: hex::encode(salt),
        nonce: hex::encode(nonce),
        sealed: hex::encode(sealed),
    })
}

fn open(secret: &Secret, passphrase: &str, authenticated: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let Secret::Sealed { memory_kib, passes, lanes, salt, nonce, sealed } = secret else { bail!("it is not sealed") };
    let cost = (*memory_kib, *passes, *lanes);
    ensure!(cost.0 <= COST_MAX.0 && cost.1 <= COST_MAX.1 && cost.2 <= COST_MAX.2, "its file asks for too much work");
    let (salt, nonce, sealed) = (hex::decode(salt)?, hex::decode(nonce)?, hex::decode(sealed)?);
    ensure!(nonce.len() == 24, "its file is damaged");
    let key = key_of(passphrase, &salt, cost)?;
    let payload = chacha20poly1305::aead::Payload { msg: &sealed, aad: authenticated };
    let opened = XChaCha20Poly1305::new((&*key).into()).decrypt(XNonce::from_slice(&nonce), payload);
    opened.map(Zeroizing::new).map_err(|_| anyhow!("the passphrase is wrong or its file was changed"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn passphrase(text: &str) -> impl FnOnce() -> Result<Zeroizing<String>> + use<> {
        let text = text.to_owned();
        move || Ok(Zeroizing::new(text))
    }

    #[test]
    fn a_sealed_key_opens_with_its_passphrase_only_and_its_file_is_private() {
        let home = tempfile::tempdir().unwrap();
        let ring = Keyring::new(home.path(), Backend::File);
        let signer = super::super::development(0).unwrap();
        assert!(ring.add("alice", &signer, passphrase("short")).is_err());
        ring.add("alice", &signer, passphrase("correct horse")).unwrap();
        assert!(ring.add("alice", &signer, passphrase("correct horse")).unwrap_err().to_string().contains("already"));
        assert_eq!(ring.signer("alice", passphrase("correct horse")).unwrap().public(), signer.public());
        assert!(format!("{:#}", ring.signer("alice", passphrase("wrong horse")).err().unwrap()).contains("passphrase"));
        let file = home.path().join("keyring-file/alice.json");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let text = fs::read_to_string(&file).unwrap();
        assert!(!text.contains(&hex::encode(signer.secret())));
        fs::write(&file, text.replace("\"alice\"", "\"mallory\"")).unwrap();
        assert!(ring.signer("alice", passphrase("correct horse")).is_err(), "a renamed entry");
    }

    #[test]
    fn names_are_checked_and_keys_are_listed_in_order_and_deleted() {
        let home = tempfile::tempdir().unwrap();
        let ring = Keyring::new(home.path(), Backend::Test);
        let never = || Err(anyhow!("no passphrase is asked for"));
        for (name, index) in [("bob", 1), ("alice", 0)] {
            ring.add(name, &super::super::development(index).unwrap(), never).unwrap();
        }
        assert_eq!(ring.list().unwrap().iter().map(|k| k.name.as_str()).collect::<Vec<_>>(), ["alice", "bob"]);
        ring.delete("alice").unwrap();
        assert!(ring.signer("alice", never).err().unwrap().to_string().contains("no key \"alice\""));
        for bad in ["", "../x", "a b", ".hidden"] {
            assert!(ring.has(bad).is_err(), "{bad}");
        }
        let key = PubKey::Secp256k1(*super::super::development(3).unwrap().public());
        let both = PubKey::multisig(2, vec![key.clone(), ring.known("bob").unwrap().public_key]).unwrap();
        ring.add_public("both", &both).unwrap();
        assert!(ring.add_public("bob", &key).unwrap_err().to_string().contains("already"));
        let known = ring.known("both").unwrap();
        assert_eq!((known.public_key, known.signs), (both, false));
        assert!(ring.signer("both", never).err().unwrap().to_string().contains("not here"));
        let memory = Keyring::new(home.path(), Backend::Memory);
        memory.add("carol", &super::super::development(2).unwrap(), never).unwrap();
        assert!(!memory.has("carol").unwrap());
    }
}
