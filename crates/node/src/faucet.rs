//! The faucet of development chains: `POST /credit {"address": "...", "denom": "..."}`.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, anyhow, ensure};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use entente_kernel::crypto::sha256;
use entente_proto::cosmos::auth::v1beta1::{BaseAccount, QueryAccountRequest, QueryAccountResponse};
use entente_proto::cosmos::bank::v1beta1::MsgSend;
use entente_proto::cosmos::base::v1beta1::Coin;
use entente_proto::cosmos::tx::v1beta1::{Fee, TxBody};
use prost::Message as _;
use prost_types::Any;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::Mutex;

use crate::engine::Engine;
use crate::keys::{self, Signer, Terms};

/// What one call gives, in units of the denomination.
const AMOUNT: u64 = 100_000_000;
const GAS: u64 = 200_000;
/// Largest request body in bytes.
pub const BODY_BYTES_MAX: usize = 16 * 1024;
/// How long a call waits for its block.
const WAIT: Duration = Duration::from_secs(15);

pub struct Faucet {
    engine: Engine,
    signer: Signer,
    /// One transaction at a time, so that sequences follow each other.
    turn: Mutex<()>,
}

#[derive(Deserialize)]
struct Credit {
    address: String,
    denom: String,
}

impl Faucet {
    /// # Errors
    /// Never, with the built-in words.
    pub fn new(engine: Engine) -> Result<Arc<Self>> {
        Ok(Arc::new(Self { engine, signer: keys::faucet()?, turn: Mutex::new(()) }))
    }

    async fn credit(self: Arc<Self>, wish: Credit) -> Result<String> {
        let _turn = self.turn.lock().await;
        let mut news = self.engine.listen();
        let faucet = self.clone();
        let tx = tokio::task::spawn_blocking(move || faucet.send(&wish)).await??;
        let included = async {
            while let Ok(made) = news.recv().await {
                if let Some(place) = made.txs().iter().position(|other| *other == tx) {
                    let result = made.results.tx_results.get(place).cloned().unwrap_or_default();
                    ensure!(result.code == 0, "the transfer failed: {}", result.log);
                    return Ok(());
                }
            }
            Err(anyhow!("the node is stopping"))
        };
        tokio::time::timeout(WAIT, included).await.map_err(|_| anyhow!("no block within {} s", WAIT.as_secs()))??;
        Ok(hex::encode_upper(sha256(&tx)))
    }

    /// Signs and submits the transfer.
    fn send(&self, wish: &Credit) -> Result<Vec<u8>> {
        let snapshot = self.engine.snapshot(None).ok_or_else(|| anyhow!("the chain has no state yet"))?;
        let bech32 = snapshot.bech32();
        bech32.parse_acc(&wish.address).map_err(|e| anyhow!("address: {e}"))?;
        let own = bech32.acc(&self.signer.address());
        let request = QueryAccountRequest { address: own.clone() }.encode_to_vec();
        let answer = snapshot.query("/cosmos.auth.v1beta1.Query/Account", &request)?;
        let account = QueryAccountResponse::decode(answer.as_slice())?.account.unwrap_or_default();
        let account = BaseAccount::decode(account.value.as_slice())?;
        let message = MsgSend {
            from_address: own,
            to_address: wish.address.clone(),
            amount: vec![Coin { denom: wish.denom.clone(), amount: AMOUNT.to_string() }],
        };
        let body = TxBody {
            messages: vec![Any { type_url: "/cosmos.bank.v1beta1.MsgSend".to_owned(), value: message.encode_to_vec() }],
            ..TxBody::default()
        };
        let terms = Terms {
            chain_id: snapshot.chain_id(),
            account_number: account.account_number,
            sequence: account.sequence,
            fee: Fee { gas_limit: GAS, ..Fee::default() },
        };
        let tx = self.signer.sign(&body, &terms)?;
        let result = self.engine.submit(tx.clone())?;
        ensure!(result.code == 0, "{}", result.log);
        Ok(tx)
    }
}

pub fn router(faucet: Arc<Faucet>) -> Router {
    Router::new()
        .route("/credit", post(credit))
        .route("/status", get(status))
        .layer(crate::api::rest::open_to_all_origins())
        .with_state(faucet)
}

async fn credit(State(faucet): State<Arc<Faucet>>, body: axum::body::Bytes) -> Response {
    let wish: Credit = match serde_json::from_slice(&body) {
        Ok(wish) => wish,
        Err(e) => {
            let text =
                format!("the body must be JSON such as {{\"address\": \"entente1...\", \"denom\": \"uente\"}}: {e}");
            return (StatusCode::BAD_REQUEST, Json(json!({ "error": text }))).into_response();
        }
    };
    match faucet.credit(wish).await {
        Ok(hash) => Json(json!({ "txhash": hash, "amount": AMOUNT.to_string() })).into_response(),
        Err(error) => (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({ "error": error.to_string() }))).into_response(),
    }
}

async fn status(State(faucet): State<Arc<Faucet>>) -> Response {
    let address = faucet.engine.snapshot(None).map(|s| s.bech32().acc(&faucet.signer.address()));
    Json(json!({ "status": "ok", "chainId": faucet.engine.doc().chain_id, "holder": address })).into_response()
}
