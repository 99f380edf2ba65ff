//! `anvil` of Foundry: the development node of another family of chains, with payments that were signed in advance.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use entente_lab::random::wallet::User;
use secp256k1::ecdsa::RecoverableSignature;
use secp256k1::{Message, PublicKey, SecretKey};
use sha3::{Digest as _, Keccak256};

use super::flood::{Flood, loads};
use super::{Door, Outcome, processor_time, rpc_request};

const CHAIN_ID: u64 = 31_337;
const GAS_PRICE: u64 = 1_000_000_000_000;
const GAS: u64 = 21_000;
/// It slows down while payments wait, by an order of size and more; what is in blocks by then is its figure.
const LONGEST: Duration = Duration::from_secs(60);

/// A running anvil, which ends with this value.
pub struct Anvil {
    child: Child,
    port: u16,
    instant: bool,
}

impl Drop for Anvil {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Anvil {
    /// One block per transaction, as it comes; with `block_time` a block in so many seconds.
    pub async fn start(program: &Path, port: u16, block_time: Option<&str>) -> Outcome<Self> {
        let mut command = Command::new(program);
        command.args(["--port", &port.to_string(), "--quiet", "--order", "fifo"]);
        if let Some(secs) = block_time {
            command.args(["--block-time", secs]);
        }
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
        let anvil = Self { child, port, instant: block_time.is_none() };
        let began = Instant::now();
        while Door::open(port).await.is_err() {
            if began.elapsed() > Duration::from_secs(30) {
                return Err("anvil does not answer".into());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(anvil)
    }

    /// Every user pays the next `each` times, over so many connections, or as many times as there is time for.
    pub async fn flood(&self, people: &[User], each: u64, connections: usize) -> Outcome<Flood> {
        let addresses: Vec<[u8; 20]> = people.iter().map(address).collect::<Outcome<_>>()?;
        let mut door = Door::open(self.port).await?;
        for holder in &addresses {
            let params = format!(r#"["0x{}","0xffffffffffffffffffffff"]"#, hex::encode(holder));
            door.ask(&rpc_request("anvil_setBalance", &params)).await?;
        }
        let before = number(&mut door, "eth_blockNumber", "[]").await?;
        let loads = loads(people.len(), each, connections, |from, nonce| {
            let to = &addresses[(from + 1) % people.len()];
            let tx = payment(&people[from], to, nonce).unwrap_or_default();
            rpc_request("eth_sendRawTransaction", &format!(r#"["0x{}"]"#, hex::encode(tx)))
        });
        let own = processor_time(std::process::id())?;
        let began = Instant::now();
        let deadline = tokio::time::Instant::from_std(began + LONGEST);
        let mut tasks = tokio::task::JoinSet::new();
        for load in loads {
            let mut door = Door::open(self.port).await?;
            tasks.spawn(async move {
                for request in &load {
                    let answer = door.ask(request).await?;
                    let answer = std::str::from_utf8(&answer)?;
                    if !answer.contains("\"result\":\"0x") {
                        return Err(answer.to_owned().into());
                    }
                }
                Outcome::Ok(())
            });
        }
        while let Ok(Some(done)) = tokio::time::timeout_at(deadline, tasks.join_next()).await {
            done??;
        }
        tasks.abort_all();
        let sent = began.elapsed();
        let mut door = Door::open(self.port).await?;
        // A user's count is the number of payments that are in blocks.
        for holder in &addresses {
            while count(&mut door, holder).await? < each && began.elapsed() < LONGEST {
                // Without a block time it leaves what did not fit into a block until another transaction comes.
                if self.instant {
                    door.ask(&rpc_request("evm_mine", "[]")).await?;
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
        let committed = began.elapsed();
        let blocks = number(&mut door, "eth_blockNumber", "[]").await? - before;
        let mut txs = 0;
        for holder in &addresses {
            txs += usize::try_from(count(&mut door, holder).await?)?;
        }
        let load = processor_time(std::process::id())?.saturating_sub(own);
        Ok(Flood { txs, blocks, sent, committed, load })
    }
}

/// How many payments of a user are in blocks.
async fn count(door: &mut Door, holder: &[u8; 20]) -> Outcome<u64> {
    let params = format!(r#"["0x{}","latest"]"#, hex::encode(holder));
    Ok(number(door, "eth_getTransactionCount", &params).await?.try_into()?)
}

async fn number(door: &mut Door, method: &str, params: &str) -> Outcome<i64> {
    let answer: serde_json::Value = serde_json::from_slice(&door.ask(&rpc_request(method, params)).await?)?;
    let text = answer["result"].as_str().ok_or_else(|| answer.to_string())?;
    Ok(i64::from_str_radix(text.trim_start_matches("0x"), 16)?)
}

/// The last twenty bytes of the hash of the public key.
fn address(user: &User) -> Outcome<[u8; 20]> {
    let key = PublicKey::from_secret_key(&SecretKey::from_secret_bytes(user.secret)?).serialize_uncompressed();
    let hash: [u8; 32] = Keccak256::digest(&key[1..]).into();
    let mut address = [0; 20];
    address.copy_from_slice(&hash[12..]);
    Ok(address)
}

/// A signed payment in the first form of Ethereum's transactions, bound to the chain (EIP-155).
fn payment(user: &User, to: &[u8; 20], nonce: u64) -> Outcome<Vec<u8>> {
    let (number, text) = (|n: u64| item(trimmed(&n.to_be_bytes())), |bytes: &[u8]| item(bytes));
    let fields = [number(nonce), number(GAS_PRICE), number(GAS), text(to), number(1_000 + nonce), text(&[])].concat();
    let unsigned = list(&[fields.clone(), number(CHAIN_ID), number(0), number(0)].concat());
    let message = Message::from_digest(Keccak256::digest(&unsigned).into());
    let signature = RecoverableSignature::sign_ecdsa_recoverable(message, &SecretKey::from_secret_bytes(user.secret)?);
    let (recovery, rs) = signature.serialize_compact();
    let v = CHAIN_ID * 2 + 35 + u64::from(u8::from(recovery));
    Ok(list(&[fields, number(v), text(trimmed(&rs[..32])), text(trimmed(&rs[32..]))].concat()))
}

/// Numbers have no zeros in front.
fn trimmed(bytes: &[u8]) -> &[u8] {
    &bytes[bytes.iter().position(|b| *b != 0).unwrap_or(bytes.len())..]
}

/// A string in RLP; ours are shorter than 56 bytes.
fn item(bytes: &[u8]) -> Vec<u8> {
    match bytes {
        [short] if *short < 0x80 => vec![*short],
        _ => [&[0x80 + bytes.len() as u8][..], bytes].concat(),
    }
}

/// A list in RLP; ours are shorter than 256 bytes.
fn list(items: &[u8]) -> Vec<u8> {
    let head = if items.len() < 56 { vec![0xc0 + items.len() as u8] } else { vec![0xf8, items.len() as u8] };
    [head.as_slice(), items].concat()
}
