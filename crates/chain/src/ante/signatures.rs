//! Public keys, sequences and signatures of the signers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use entente_kernel::crypto::{PubKey, SignatureTree};
use entente_kernel::error::sdk;
use entente_kernel::{AccAddress, Ctx, Error, Event, Result, View};
use entente_proto::cosmos::tx::signing::v1beta1::SignMode;
use entente_proto::cosmos::tx::v1beta1::SignerInfo;
use prost::Message as _;
use prost_types::Any;

use super::{AuthParams, Checks, fee};
use crate::modules::auth::{self, Account};
use crate::tx::ahead::Verdict;
use crate::tx::{Tx, key, sign};

/// What one entry of the signer list says.
struct Entry {
    signature: Option<key::Signature>,
    sequence: u64,
}

fn entries(tx: &Tx) -> Result<Vec<Entry>> {
    let mut all = Vec::with_capacity(tx.auth_info.signer_infos.len());
    for (at, info) in tx.auth_info.signer_infos.iter().enumerate() {
        let signature = match &info.mode_info {
            None => None,
            Some(mode) => {
                let bytes = tx.raw.signatures.get(at).ok_or_else(|| Error::panic("index out of range"))?;
                Some(key::signature(mode, bytes)?)
            }
        };
        // Upstream reads the sequence only beside a mode.
        let sequence = if signature.is_some() { info.sequence } else { 0 };
        all.push(Entry { signature, sequence });
    }
    Ok(all)
}

fn signer_account(ctx: &Ctx, address: &AccAddress) -> Result<Account> {
    auth::account(ctx, address)?.ok_or_else(|| unknown(ctx, address))
}

fn unknown(ctx: &Ctx, address: &AccAddress) -> Error {
    sdk::UNKNOWN_ADDRESS.because(format!("account {} does not exist", ctx.bech32().acc(address)))
}

/// The account's public key, known from an earlier signature. It was checked before it was stored.
fn key_of(account: &Account) -> Result<Option<PubKey>> {
    let Some(bytes) = &account.pub_key else { return Ok(None) };
    let any = Any::decode(bytes.as_slice()).map_err(|e| Error::fault(format!("a stored public key: {e}")))?;
    key::read(&any).map(Some)
}

/// Bytes of a signature, with its framing.
const SIGNATURE_BYTES: u64 = 66;
/// Bytes that the mode of a signature takes, and for each member of a multisig its bit and its mode.
const MODE_BYTES: u64 = 8;
/// Bytes of the usual public key, with its framing.
const KEY_BYTES: u64 = 74;
/// The field of the gas limit, for limits below 2^28.
const GAS_LIMIT_BYTES: u64 = 5;
/// Lengths around all this, each of which may need a byte more.
const LENGTH_BYTES: u64 = 4;
/// The key that stands for that of somebody who never signed: the generator of secp256k1.
const STAND_IN: [u8; 33] = [
    2, 0x79, 0xbe, 0x66, 0x7e, 0xf9, 0xdc, 0xbb, 0xac, 0x55, 0xa0, 0x62, 0x95, 0xce, 0x87, 0x0b, 0x07, 0x02, 0x9b,
    0xfc, 0xdb, 0x2d, 0xce, 0x28, 0xd9, 0x59, 0xf2, 0x81, 0x5b, 0x16, 0xf8, 0x17, 0x98,
];

/// Charges an estimate for the bytes that the transaction will have more: signatures, keys and modes that are not there yet, and the gas
/// limit that the estimate is asked for.
pub fn charge_absent(ctx: &Ctx, tx: &Tx, signers: &[AccAddress], params: &AuthParams) -> Result<()> {
    let mut bytes = LENGTH_BYTES;
    for (at, address) in signers.iter().enumerate() {
        let known = auth::account(ctx, address)?.map(|a| key_of(&a)).transpose()?.flatten();
        let info = tx.auth_info.signer_infos.get(at);
        let shown = info.and_then(|info| info.public_key.as_ref());
        let members = known.clone().or_else(|| shown.and_then(|any| key::from_any(any).ok()));
        let members = members.as_ref().map_or(1, key::count);
        let signature = tx.raw.signatures.get(at).map_or(0, Vec::len);
        let wanted = SIGNATURE_BYTES.saturating_mul(members);
        bytes = bytes.saturating_add(wanted.saturating_sub(u64::try_from(signature).unwrap_or(u64::MAX)));
        if shown.is_none() {
            let key = known.as_ref().map(|key| u64::try_from(key::to_any(key).encoded_len()).unwrap_or(u64::MAX));
            bytes = bytes.saturating_add(key.map_or(KEY_BYTES, |length| length.saturating_add(LENGTH_BYTES)));
        }
        bytes = bytes.saturating_add(MODE_BYTES.saturating_mul(members));
    }
    let limit = tx.fee().gas_limit;
    // A byte for the name of the field, and one for each seven bits.
    let there = if limit == 0 { 0 } else { u64::from(limit.ilog2()).saturating_div(7).saturating_add(2) };
    bytes = bytes.saturating_add(GAS_LIMIT_BYTES.saturating_sub(there));
    ctx.gas().charge(params.tx_size_cost_per_byte.saturating_mul(bytes), "txSize")
}

/// Remembers the keys that signers show for the first time, and reports sequences and signatures for those who search by them.
pub fn set_keys(ctx: &mut Ctx, tx: &Tx, signers: &[AccAddress], checks: Checks) -> Result<()> {
    for (at, info) in tx.auth_info.signer_infos.iter().enumerate() {
        let address = signers.get(at).ok_or_else(|| Error::panic("index out of range"))?;
        let found = match &info.public_key {
            Some(any) => key::read(any)?,
            None if checks == Checks::Simulated => PubKey::Secp256k1(STAND_IN),
            None => continue,
        };
        if checks != Checks::Simulated && found.address() != address.as_bytes() {
            key::check(&found)?;
            let text = ctx.bech32().acc(address);
            let text = format!("pubKey does not match signer address {text} with signer index: {at}");
            return Err(sdk::INVALID_PUB_KEY.because(text));
        }
        // A key that was stored before was checked then.
        let account = auth::account(ctx, address)?;
        if account.as_ref().is_some_and(|a| a.pub_key.is_some()) {
            continue;
        }
        key::check(&found)?;
        let mut account = account.ok_or_else(|| unknown(ctx, address))?;
        account.pub_key = Some(key::to_any(&found).encode_to_vec());
        auth::save(ctx, &account)?;
    }
    for (entry, address) in entries(tx)?.iter().zip(signers) {
        let acc_seq = format!("{}/{}", ctx.bech32().acc(address), entry.sequence);
        ctx.emit(Event::new("tx").with("acc_seq", acc_seq));
        for bytes in entry.signature.iter().flat_map(key::raw_signatures) {
            ctx.emit(Event::new("tx").with("signature", STANDARD.encode(bytes)));
        }
    }
    Ok(())
}

/// Refuses more keys than the parameters allow.
pub fn check_count(tx: &Tx, params: &AuthParams) -> Result<()> {
    let mut count = 0_u64;
    for info in &tx.auth_info.signer_infos {
        let Some(any) = &info.public_key else { continue };
        count = count.saturating_add(key::count(&key::read(any)?));
        if count > params.tx_sig_limit {
            let text = format!("signatures: {count}, limit: {}", params.tx_sig_limit);
            return Err(sdk::TOO_MANY_SIGNATURES.because(text));
        }
    }
    Ok(())
}

/// Charges for the signatures.
pub fn charge(ctx: &Ctx, tx: &Tx, signers: &[AccAddress], params: &AuthParams, checks: Checks) -> Result<()> {
    for (entry, address) in entries(tx)?.iter().zip(signers) {
        match key_of(&signer_account(ctx, address)?)? {
            Some(key) => charge_key(ctx, &key, entry.signature.as_ref(), params)?,
            // An estimate for somebody who never signed counts the usual key.
            None if checks == Checks::Simulated => {
                ctx.gas().charge(params.sig_verify_cost_secp256k1, "ante verify: secp256k1")?;
            }
            None => return Err(sdk::INVALID_PUB_KEY.because("unrecognized public key type: <nil>")),
        }
    }
    Ok(())
}

fn charge_key(ctx: &Ctx, key: &PubKey, signature: Option<&key::Signature>, params: &AuthParams) -> Result<()> {
    match (key, signature) {
        (PubKey::Secp256k1(_), _) => ctx.gas().charge(params.sig_verify_cost_secp256k1, "ante verify: secp256k1"),
        (PubKey::Ed25519(_), _) => {
            ctx.gas().charge(params.sig_verify_cost_ed25519, "ante verify: ed25519")?;
            Err(sdk::INVALID_PUB_KEY.because("ED25519 public keys are unsupported"))
        }
        (PubKey::Multisig { keys, .. }, Some(SignatureTree::Multi { signers, signatures })) => {
            let members = keys.iter().zip(signers.iter()).filter(|(_, set)| *set).map(|(key, _)| key);
            for (key, signature) in members.zip(signatures) {
                charge_key(ctx, key, Some(signature), params)?;
            }
            Ok(())
        }
        (PubKey::Multisig { .. }, _) => Err(Error::plain("expected *signing.MultiSignatureData")),
    }
}

/// Checks sequences and signatures. A signature that was found good or bad before is not checked again.
pub fn verify(ctx: &Ctx, tx: &mut Tx, signers: &[AccAddress], checks: Checks) -> Result<()> {
    let entries = entries(tx)?;
    if entries.len() != signers.len() {
        let (wanted, got) = (signers.len(), entries.len());
        return Err(sdk::UNAUTHORIZED.because(format!("invalid number of signer;  expected: {wanted}, got {got}")));
    }
    let fee_payer = ctx.bech32().acc(&fee::payer(tx, signers, ctx)?);
    for (entry, address) in entries.iter().zip(signers) {
        let account = signer_account(ctx, address)?;
        let key = key_of(&account)?;
        if checks != Checks::Simulated && key.is_none() {
            return Err(sdk::INVALID_PUB_KEY.because("pubkey on account is not set"));
        }
        if entry.sequence != account.sequence {
            let (wanted, got) = (account.sequence, entry.sequence);
            let text = format!("account sequence mismatch, expected {wanted}, got {got}");
            return Err(sdk::WRONG_SEQUENCE.because(text));
        }
        if let (Checks::All, Some(key)) = (checks, key) {
            let signature = entry.signature.as_ref().ok_or_else(|| Error::plain("unexpected SignatureData <nil>"))?;
            let number = signed_number(ctx, &account);
            let fits = |v: &&Verdict| {
                v.signer == *address && v.number == number && v.sequence == account.sequence && v.key == key
            };
            let known = tx.verdicts.iter().find(fits).map(|v| v.outcome.clone());
            let outcome = known.unwrap_or_else(|| {
                let verdict = judge(ctx, tx, (*address, number, account.sequence, key), signature, &fee_payer);
                let outcome = verdict.outcome.clone();
                tx.verdicts.push(verdict);
                outcome
            });
            outcome.map_err(|e| unauthorized(ctx, &account, signature, &e))?;
        }
    }
    Ok(())
}

/// Numbers are not known to those who sign for a genesis.
fn signed_number(view: &View, account: &Account) -> u64 {
    if view.height() == 0 { 0 } else { account.number }
}

fn judge(
    view: &View,
    tx: &Tx,
    (address, account_number, sequence, key): (AccAddress, u64, u64, PubKey),
    signature: &key::Signature,
    fee_payer: &str,
) -> Verdict {
    let signer = sign::Signer {
        address: &view.bech32().acc(&address),
        chain_id: &view.env().chain_id,
        account_number,
        sequence,
        pub_key: &key,
        fee_payer,
    };
    let outcome = sign::verify(tx, &signer, signature);
    Verdict { signer: address, number: account_number, sequence, key, outcome }
}

fn unauthorized(ctx: &Ctx, account: &Account, signature: &key::Signature, why: &sign::Refused) -> Error {
    let (number, sequence, chain_id) = (signed_number(ctx, account), account.sequence, &ctx.env().chain_id);
    let head = "signature verification failed; please verify account number";
    sdk::UNAUTHORIZED.because(if key::only_mode(signature, SignMode::LegacyAminoJson.into()) {
        format!("{head} ({number}), sequence ({sequence}) and chain-id ({chain_id})")
    } else {
        format!("{head} ({number}) and chain-id ({chain_id}): ({why})")
    })
}

/// Members of a multisig key that are looked at ahead of their turn.
const FORESEEN_KEYS_MAX: u64 = 16;

/// Verdicts on the signatures of a transaction as they will be asked for if all goes well; of what cannot be foreseen, none.
pub fn foresee(view: &View, tx: &Tx) -> Vec<Verdict> {
    let signers = super::signers(tx, view.bech32());
    let (Ok(signers), Ok(entries)) = (signers, entries(tx)) else { return Vec::new() };
    let Ok(payer) = fee::payer(tx, signers, view) else { return Vec::new() };
    let fee_payer = view.bech32().acc(&payer);
    let one = |((entry, address), info): ((&Entry, &AccAddress), &SignerInfo)| {
        let account = auth::account(view, address).ok()??;
        let shown = || info.public_key.as_ref().and_then(|any| key::from_any(any).ok());
        let key = key_of(&account).ok()?.or_else(shown).filter(|key| key::count(key) <= FORESEEN_KEYS_MAX)?;
        let asked = (*address, signed_number(view, &account), entry.sequence, key);
        Some(judge(view, tx, asked, entry.signature.as_ref()?, &fee_payer))
    };
    entries.iter().zip(signers).zip(&tx.auth_info.signer_infos).filter_map(one).collect()
}

/// Raises the sequence of every signer, so that the transaction cannot run again.
pub fn raise_sequences(ctx: &mut Ctx, signers: &[AccAddress]) -> Result<()> {
    for address in signers {
        let mut account = signer_account(ctx, address)?;
        account.sequence =
            account.sequence.checked_add(1).ok_or_else(|| Error::fault("a sequence ran out of numbers"))?;
        auth::save(ctx, &account)?;
    }
    Ok(())
}
