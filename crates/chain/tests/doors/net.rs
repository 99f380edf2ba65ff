//! A chain with one validator and users who can sign, driven through the doors.

use entente_chain::tx::{key, sign};
use entente_chain::{BlockResult, Chain, FinalizeBlock, InitChain, TxResult, Vote, VoteFlag, tx};
use entente_kernel::crypto::{BitArray, PubKey, ed25519, secp256k1, sha256_truncated};
use entente_kernel::{AccAddress, Bech32, ConsAddress, Span, Timestamp, ValAddress};
use entente_proto::cosmos::bank::v1beta1::MsgSend;
use entente_proto::cosmos::base::v1beta1::Coin;
use entente_proto::cosmos::crypto::multisig::v1beta1::{CompactBitArray, MultiSignature};
use entente_proto::cosmos::tx::signing::v1beta1::SignMode;
use entente_proto::cosmos::tx::v1beta1::mode_info::{Multi, Single, Sum};
use entente_proto::cosmos::tx::v1beta1::{AuthInfo, Fee, ModeInfo, SignerInfo, TxBody, TxRaw};
use prost::{Message, Name};
use prost_types::Any;
use serde_json::{Value, json};

pub const CHAIN_ID: &str = "entente-doors-1";
pub const FEE: u64 = 500;
pub const GAS: u64 = 300_000;
/// What every user begins with.
pub const WEALTH: u64 = 1_000_000_000;

pub fn secret(n: u8) -> [u8; 32] {
    [n; 32]
}

pub fn pub_key(n: u8) -> PubKey {
    PubKey::Secp256k1(secp256k1::public_key(&secret(n)).unwrap())
}

/// Two of users 1, 2 and 3.
pub fn two_of_three() -> PubKey {
    PubKey::multisig(2, vec![pub_key(1), pub_key(2), pub_key(3)]).unwrap()
}

pub fn address(key: &PubKey) -> AccAddress {
    AccAddress::new(&key.address()).unwrap()
}

pub fn user(n: u8) -> AccAddress {
    address(&pub_key(n))
}

pub fn text(address: &AccAddress) -> String {
    Bech32::new("entente").acc(address)
}

pub fn coins(amount: u64) -> Vec<Coin> {
    vec![Coin { denom: "uente".to_owned(), amount: amount.to_string() }]
}

pub fn pack<M: Message + Name>(message: &M) -> Any {
    Any { type_url: format!("/{}", M::full_name()), value: message.encode_to_vec() }
}

pub fn send(from: &AccAddress, to: &AccAddress, amount: u64) -> Any {
    pack(&MsgSend { from_address: text(from), to_address: text(to), amount: coins(amount) })
}

fn consensus_key() -> [u8; 32] {
    ed25519::public_key(&[77; 32])
}

/// Accounts 0 to 8 are users 1 to 9, account 9 the multisig.
pub fn genesis() -> Value {
    let mut state: Value = serde_json::from_str(include_str!("genesis.json")).unwrap();
    let holders = (1..=9).map(user).chain([address(&two_of_three())]);
    for (number, holder) in holders.enumerate() {
        state["auth"]["accounts"].as_array_mut().unwrap().push(json!({
            "@type": "/cosmos.auth.v1beta1.BaseAccount", "address": text(&holder), "pub_key": null,
            "account_number": number.to_string(), "sequence": "0"
        }));
        give(&mut state, &text(&holder), WEALTH);
    }
    give(&mut state, "entente1tygms3xhhs3yv487phx3dw4a95jn7t7lrh6984", 1_000_000);
    let operator = Bech32::new("entente").val(&ValAddress::from(user(1)));
    let key = {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(consensus_key())
    };
    state["staking"]["validators"] = json!([{
        "operator_address": operator, "consensus_pubkey": {"@type": "/cosmos.crypto.ed25519.PubKey", "key": key},
        "jailed": false, "status": "BOND_STATUS_UNBONDED", "tokens": "1000000", "delegator_shares": "1000000.000000000000000000",
        "description": {"moniker": "v", "identity": "", "website": "", "security_contact": "", "details": ""},
        "unbonding_height": "0", "unbonding_time": "1970-01-01T00:00:00Z",
        "commission": {"commission_rates": {"rate": "0.100000000000000000", "max_rate": "1.000000000000000000",
            "max_change_rate": "0.100000000000000000"}, "update_time": "2025-01-01T00:00:00Z"},
        "min_self_delegation": "1", "unbonding_on_hold_ref_count": "0", "unbonding_ids": []
    }]);
    state["staking"]["delegations"] = json!([{
        "delegator_address": text(&user(1)), "validator_address": operator, "shares": "1000000.000000000000000000"
    }]);
    state
}

fn give(state: &mut Value, address: &str, amount: u64) {
    let row = json!({"address": address, "coins": [{"denom": "uente", "amount": amount.to_string()}]});
    state["bank"]["balances"].as_array_mut().unwrap().push(row);
}

pub struct Net {
    pub chain: Chain,
}

impl Net {
    pub fn new() -> Self {
        Self::with(&Value::Null)
    }

    pub fn with(consensus_params: &Value) -> Self {
        let init = InitChain {
            chain_id: CHAIN_ID.to_owned(),
            time: Timestamp::from_secs(1_750_000_000),
            initial_height: 1,
            consensus_params: consensus_params.clone(),
            app_state: genesis(),
        };
        let (chain, result) = Chain::init_chain(&init).unwrap();
        assert_eq!(result.validators.len(), 1);
        Self { chain }
    }

    /// The next block with these transactions, five seconds later; all invariants hold after it.
    pub fn block(&mut self, txs: Vec<Vec<u8>>) -> BlockResult {
        let last = self.chain.snapshot(None).unwrap();
        let proposer = ConsAddress::from_array(sha256_truncated(&consensus_key()));
        let block = FinalizeBlock {
            height: last.height + 1,
            time: last.time.plus(Span::from_secs(5)),
            proposer,
            votes: vec![Vote { address: proposer, power: 1, flag: VoteFlag::Commit }],
            evidence: vec![],
            txs,
        };
        let result = self.chain.finalize_block(&block).unwrap();
        let commit = self.chain.commit().unwrap();
        assert_eq!(commit.app_hash, result.app_hash);
        let broken = self.chain.snapshot(None).unwrap().broken_invariants().unwrap();
        assert_eq!(broken, Vec::<String>::new(), "height {}", block.height);
        result
    }

    /// The result of one transaction in a block of its own.
    pub fn deliver(&mut self, tx: &Tx) -> TxResult {
        self.block(vec![tx.bytes()]).txs.remove(0)
    }

    pub fn ask<Q: Message, A: Message + Default>(&self, path: &str, request: &Q) -> A {
        let answer = self.chain.snapshot(None).unwrap().query(path, &request.encode_to_vec()).unwrap();
        A::decode(answer.as_slice()).unwrap()
    }

    pub fn balance(&self, of: &AccAddress) -> u64 {
        let request =
            entente_proto::cosmos::bank::v1beta1::QueryBalanceRequest { address: text(of), denom: "uente".to_owned() };
        let path = "/cosmos.bank.v1beta1.Query/Balance";
        let answer: entente_proto::cosmos::bank::v1beta1::QueryBalanceResponse = self.ask(path, &request);
        answer.balance.unwrap().amount.parse().unwrap()
    }

    pub fn sequence(&self, of: &AccAddress) -> u64 {
        use entente_proto::cosmos::auth::v1beta1::{QueryAccountInfoRequest, QueryAccountInfoResponse};
        let request = QueryAccountInfoRequest { address: text(of) };
        let answer: QueryAccountInfoResponse = self.ask("/cosmos.auth.v1beta1.Query/AccountInfo", &request);
        answer.info.unwrap().sequence
    }
}

/// `ok`, or `codespace code`.
pub fn answer(result: &TxResult) -> String {
    if result.code == 0 { "ok".to_owned() } else { format!("{} {}", result.codespace, result.code) }
}

/// Who signs with what.
#[derive(Clone)]
pub struct Hand {
    pub key: PubKey,
    /// Secrets that sign: one, or those of the members of a multisig, by place.
    pub secrets: Vec<(usize, [u8; 32])>,
    pub number: u64,
    pub sequence: u64,
    pub mode: SignMode,
}

impl Hand {
    pub fn of(n: u8) -> Self {
        let secrets = vec![(0, secret(n))];
        Self { key: pub_key(n), secrets, number: u64::from(n) - 1, sequence: 0, mode: SignMode::Direct }
    }

    /// Members (0 to 2) of the multisig.
    pub fn multisig(members: &[usize]) -> Self {
        let secrets = members.iter().map(|m| (*m, secret(u8::try_from(*m).unwrap() + 1))).collect();
        Self { key: two_of_three(), secrets, number: 9, sequence: 0, mode: SignMode::LegacyAminoJson }
    }
}

/// A transaction before it is signed. Fields may be changed to make it wrong.
#[derive(Clone)]
pub struct Tx {
    pub body: TxBody,
    pub fee: Fee,
    pub hands: Vec<Hand>,
    pub chain_id: String,
    /// The public key is shown; otherwise the account must have it already.
    pub show_keys: bool,
}

impl Tx {
    pub fn new(messages: Vec<Any>, hands: Vec<Hand>) -> Self {
        let fee = Fee { amount: coins(FEE), gas_limit: GAS, ..Default::default() };
        let body = TxBody { messages, ..Default::default() };
        Self { body, fee, hands, chain_id: CHAIN_ID.to_owned(), show_keys: true }
    }

    pub fn at(mut self, sequence: u64) -> Self {
        self.hands.iter_mut().for_each(|h| h.sequence = sequence);
        self
    }

    pub fn mode(mut self, mode: SignMode) -> Self {
        self.hands.iter_mut().for_each(|h| h.mode = mode);
        self
    }

    pub fn unsigned(&self) -> TxRaw {
        let info = |hand: &Hand| SignerInfo {
            public_key: self.show_keys.then(|| key::to_any(&hand.key)),
            mode_info: Some(mode_info(hand)),
            sequence: hand.sequence,
        };
        #[allow(deprecated)]
        let auth = AuthInfo {
            signer_infos: self.hands.iter().map(info).collect(),
            fee: Some(self.fee.clone()),
            ..Default::default()
        };
        let signatures = self.hands.iter().map(|_| vec![]).collect();
        TxRaw { body_bytes: self.body.encode_to_vec(), auth_info_bytes: auth.encode_to_vec(), signatures }
    }

    pub fn raw(&self) -> TxRaw {
        let mut raw = self.unsigned();
        let decoded = tx::decode(&raw.encode_to_vec()).unwrap();
        raw.signatures = self.hands.iter().map(|hand| self.sign(&decoded, hand)).collect();
        raw
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.raw().encode_to_vec()
    }

    fn sign(&self, decoded: &tx::Tx, hand: &Hand) -> Vec<u8> {
        let address = text(&address(&hand.key));
        let payer = if self.fee.payer.is_empty() { text(&address_of_first(self)) } else { self.fee.payer.clone() };
        let signer = sign::Signer {
            address: &address,
            chain_id: &self.chain_id,
            account_number: hand.number,
            sequence: hand.sequence,
            pub_key: &hand.key,
            fee_payer: &payer,
        };
        // Textual has no bytes; then anything may stand for the signature.
        let bytes = sign::bytes(decoded, &signer, hand.mode.into(), tx::amino::Decimals::Point).unwrap_or_default();
        let one = |secret: &[u8; 32]| secp256k1::sign(secret, &bytes).unwrap().to_vec();
        match &hand.key {
            PubKey::Multisig { .. } => {
                let signatures = hand.secrets.iter().map(|(_, secret)| one(secret)).collect();
                MultiSignature { signatures }.encode_to_vec()
            }
            _ => one(&hand.secrets[0].1),
        }
    }
}

fn address_of_first(tx: &Tx) -> AccAddress {
    address(&tx.hands[0].key)
}

fn mode_info(hand: &Hand) -> ModeInfo {
    let single = ModeInfo { sum: Some(Sum::Single(Single { mode: hand.mode.into() })) };
    let PubKey::Multisig { keys, .. } = &hand.key else { return single };
    let bits: Vec<bool> = (0..keys.len()).map(|at| hand.secrets.iter().any(|(m, _)| *m == at)).collect();
    let array = BitArray::from_bits(&bits);
    let (extra_bits_stored, elems) = array.to_wire();
    let bitarray = Some(CompactBitArray { extra_bits_stored, elems: elems.to_vec() });
    let mode_infos = hand.secrets.iter().map(|_| single.clone()).collect();
    ModeInfo { sum: Some(Sum::Multi(Multi { bitarray, mode_infos })) }
}
