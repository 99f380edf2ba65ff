// @cosmjs/stargate as hardware wallets, multisig accounts, grantees and granters use it: amino JSON, 2 of 3, authz, feegrant.

import { createMultisigThresholdPubkey, encodeSecp256k1Pubkey, pubkeyToAddress } from "@cosmjs/amino";
import { encodePubkey, makeAuthInfoBytes, makeSignDoc, makeSignBytes } from "@cosmjs/proto-signing";
import { Secp256k1, sha256, Slip10, Slip10Curve, EnglishMnemonic, Bip39, stringToPath } from "@cosmjs/crypto";
import {
  AminoTypes, GasPrice, QueryClient, SigningStargateClient, coins, createDefaultAminoConverters, makeMultisignedTxBytes,
  setupAuthzExtension, setupFeegrantExtension, setupGovExtension,
} from "@cosmjs/stargate";
import { Comet38Client } from "@cosmjs/tendermint-rpc";
import { GenericAuthorization } from "cosmjs-types/cosmos/authz/v1beta1/authz";
import { MsgExec, MsgGrant, MsgRevoke } from "cosmjs-types/cosmos/authz/v1beta1/tx";
import { SendAuthorization } from "cosmjs-types/cosmos/bank/v1beta1/authz";
import { MsgSend } from "cosmjs-types/cosmos/bank/v1beta1/tx";
import { AllowedMsgAllowance, BasicAllowance, PeriodicAllowance } from "cosmjs-types/cosmos/feegrant/v1beta1/feegrant";
import { MsgGrantAllowance, MsgRevokeAllowance } from "cosmjs-types/cosmos/feegrant/v1beta1/tx";
import { TextProposal } from "cosmjs-types/cosmos/gov/v1beta1/gov";
import { SignMode } from "cosmjs-types/cosmos/tx/signing/v1beta1/signing";
import { TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import { Timestamp } from "cosmjs-types/google/protobuf/timestamp";
import { call, holds, refused, same } from "./lib/report.mjs";
import { MNEMONIC } from "./lib/node.mjs";
import { addresses, amino, direct } from "./lib/keys.mjs";
import { aminoConverters, messages, registry } from "./lib/alliance.mjs";
import { get } from "./lib/http.mjs";
import { version } from "./lib/versions.mjs";

export const title = `@cosmjs/stargate ${version("@cosmjs/stargate")}: amino JSON, multisig, authz, feegrant`;

const FEE = { amount: coins(10_000, "uente"), gas: "400000" };

/** The amino forms that CosmJS leaves to its users. */
const grants = {
  "/cosmos.authz.v1beta1.MsgGrant": {
    aminoType: "cosmos-sdk/MsgGrant",
    toAmino: ({ granter, grantee, grant }) => ({
      grant: {
        authorization: { type: "cosmos-sdk/GenericAuthorization", value: { msg: GenericAuthorization.decode(grant.authorization.value).msg } },
        expiration: new Date(Number(grant.expiration.seconds) * 1000).toISOString().replace(".000Z", "Z"),
      },
      grantee,
      granter,
    }),
    fromAmino: ({ grant, grantee, granter }) => MsgGrant.fromPartial({
      granter,
      grantee,
      grant: {
        authorization: { typeUrl: GenericAuthorization.typeUrl, value: GenericAuthorization.encode({ msg: grant.authorization.value.msg }).finish() },
        expiration: Timestamp.fromPartial({ seconds: BigInt(Date.parse(grant.expiration) / 1000) }),
      },
    }),
  },
  "/cosmos.feegrant.v1beta1.MsgGrantAllowance": {
    aminoType: "cosmos-sdk/MsgGrantAllowance",
    toAmino: ({ granter, grantee, allowance }) => ({
      allowance: { type: "cosmos-sdk/BasicAllowance", value: { spend_limit: BasicAllowance.decode(allowance.value).spendLimit } },
      grantee,
      granter,
    }),
    fromAmino: ({ granter, grantee, allowance }) => MsgGrantAllowance.fromPartial({
      granter,
      grantee,
      allowance: { typeUrl: BasicAllowance.typeUrl, value: BasicAllowance.encode(BasicAllowance.fromPartial({ spendLimit: allowance.value.spend_limit })).finish() },
    }),
  },
};

async function privateKey(index) {
  const seed = await Bip39.mnemonicToSeed(new EnglishMnemonic(MNEMONIC));
  return Slip10.derivePath(Slip10Curve.Secp256k1, seed, stringToPath(`m/44'/118'/0'/0/${index}`)).privkey;
}

export async function run(node) {
  const comet = await Comet38Client.connect(node.rpc);
  const query = QueryClient.withExtensions(comet, setupAuthzExtension, setupFeegrantExtension, setupGovExtension);
  const types = new AminoTypes({ ...createDefaultAminoConverters(), ...aminoConverters, ...grants });
  const client = async (wallet) =>
    await SigningStargateClient.connectWithSigner(node.rpc, wallet, { registry: registry(), aminoTypes: types, gasPrice: GasPrice.fromString("0.025uente"), broadcastPollIntervalMs: 50 });
  const ledger = await client(await amino(0, 5));
  const [me, holder] = await addresses(await amino(0, 5));
  const [, friend] = await addresses(await direct(0, 1));
  const { validators } = await get(`${node.rest}/cosmos/staking/v1beta1/validators`);
  const validator = validators[0].operator_address;
  const { alliances } = await get(`${node.rest}/terra/alliances`);
  const held = await ledger.getAllBalances(holder);
  const foreign = alliances.map((a) => a.denom).find((denom) => held.some((c) => c.denom === denom));
  const send = async (signer, from, typeUrl, value, fee = "auto", memo = "") => {
    const done = await signer.signAndBroadcast(from, [{ typeUrl, value }], fee, memo);
    same(done.code, 0, `${typeUrl}: ${done.rawLog}`);
    return done;
  };
  const modeOf = async (hash) => (await get(`${node.rest}/cosmos/tx/v1beta1/txs/${hash}`)).tx.auth_info.signer_infos[0].mode_info;

  await call("amino: MsgSend, with characters that JSON escapes in the memo", async () => {
    const done = await send(ledger, me, "/cosmos.bank.v1beta1.MsgSend", { fromAddress: me, toAddress: friend, amount: coins(77, "uente") }, "auto", "<a> & \"b\" é ✓");
    same(await modeOf(done.transactionHash), { single: { mode: "SIGN_MODE_LEGACY_AMINO_JSON" } }, "sign mode");
    return `gas ${done.gasUsed}`;
  });
  for (const [name, value] of [
    ["cosmos.staking.v1beta1.MsgDelegate", { delegatorAddress: me, validatorAddress: validator, amount: { denom: "uente", amount: "2000000" } }],
    ["cosmos.staking.v1beta1.MsgUndelegate", { delegatorAddress: me, validatorAddress: validator, amount: { denom: "uente", amount: "1000" } }],
    ["cosmos.distribution.v1beta1.MsgSetWithdrawAddress", { delegatorAddress: me, withdrawAddress: me }],
    ["cosmos.distribution.v1beta1.MsgWithdrawDelegatorReward", { delegatorAddress: me, validatorAddress: validator }],
    ["cosmos.distribution.v1beta1.MsgFundCommunityPool", { depositor: me, amount: coins(5, "uente") }],
  ]) {
    await call(`amino: ${name}`, async () => `gas ${(await send(ledger, me, `/${name}`, value)).gasUsed}`);
  }
  for (const [name, value] of [
    ["MsgDelegate", { delegatorAddress: holder, validatorAddress: validator, amount: { denom: foreign, amount: "3000000" } }],
    ["MsgClaimDelegationRewards", { delegatorAddress: holder, validatorAddress: validator, denom: foreign }],
    ["MsgUndelegate", { delegatorAddress: holder, validatorAddress: validator, amount: { denom: foreign, amount: "1000000" } }],
  ]) {
    // Rewards of the next blocks make claims dearer than an estimate right after the first delegation.
    node.cli("dev", "advance", "10s");
    await call(`amino: alliance.alliance.${name}`, async () => `gas ${(await send(ledger, holder, `/alliance.alliance.${name}`, messages[name].fromPartial(value))).gasUsed}`);
  }
  await call("amino: gov v1beta1 MsgSubmitProposal, MsgDeposit, MsgVote, MsgVoteWeighted", async () => {
    const content = { typeUrl: "/cosmos.gov.v1beta1.TextProposal", value: TextProposal.encode({ title: "A text", description: "said <aloud>" }).finish() };
    const done = await send(ledger, me, "/cosmos.gov.v1beta1.MsgSubmitProposal", { content, proposer: me, initialDeposit: coins(100_000, "uente") });
    const id = BigInt(done.events.find((e) => e.type === "submit_proposal").attributes.find((a) => a.key === "proposal_id").value);
    const { params } = await get(`${node.rest}/cosmos/gov/v1/params/deposit`);
    await send(ledger, me, "/cosmos.gov.v1beta1.MsgDeposit", { proposalId: id, depositor: me, amount: params.min_deposit });
    await send(ledger, me, "/cosmos.gov.v1beta1.MsgVote", { proposalId: id, voter: me, option: 1 });
    await send(ledger, me, "/cosmos.gov.v1beta1.MsgVoteWeighted", { proposalId: id, voter: me, options: [{ option: 1, weight: "700000000000000000" }, { option: 3, weight: "300000000000000000" }] });
    const { vote } = await query.gov.vote(id, me);
    same(vote.options.map((o) => [o.option, o.weight]), [[1, "700000000000000000"], [3, "300000000000000000"]], "vote");
    const { proposal } = await get(`${node.rest}/cosmos/gov/v1beta1/proposals/${id}`);
    same([proposal.content["@type"], proposal.content.description, proposal.status], ["/cosmos.gov.v1beta1.TextProposal", "said <aloud>", "PROPOSAL_STATUS_VOTING_PERIOD"], "proposal");
    const newer = await get(`${node.rest}/cosmos/gov/v1/proposals/${id}`);
    same(newer.proposal.messages[0]["@type"], "/cosmos.gov.v1.MsgExecLegacyContent", "the same in v1");
    return `proposal ${id}`;
  });

  const plain = await client(await direct(0, 1, 2, 5));
  await call("multisig: 2 of 3 with direct-signed funding, amino-signed spending", async () => {
    const members = await Promise.all([2, 3, 4].map(async (i) => await amino(i)));
    const keys = await Promise.all(members.map(async (wallet) => (await wallet.getAccounts())[0]));
    const pubkeys = keys.map((k) => ({ type: "tendermint/PubKeySecp256k1", value: Buffer.from(k.pubkey).toString("base64") }));
    const shared = createMultisigThresholdPubkey(pubkeys, 2);
    const address = pubkeyToAddress(shared, "entente");
    await send(plain, me, "/cosmos.bank.v1beta1.MsgSend", { fromAddress: me, toAddress: address, amount: coins(1_000_000, "uente") });
    const sign = async (chosen, sequence, account) => {
      const msg = { typeUrl: "/cosmos.bank.v1beta1.MsgSend", value: MsgSend.fromPartial({ fromAddress: address, toAddress: friend, amount: coins(10, "uente") }) };
      const signatures = new Map();
      let bodyBytes;
      for (const i of chosen) {
        const signer = await client(members[i]);
        const { signatures: [signature], bodyBytes: body } = await signer.sign(keys[i].address, [msg], FEE, "shared", { accountNumber: account.accountNumber, sequence, chainId: "entente-dev-1" });
        signatures.set(keys[i].address, signature);
        bodyBytes = body;
        signer.disconnect();
      }
      return makeMultisignedTxBytes(shared, sequence, FEE, bodyBytes, signatures);
    };
    const account = await plain.getAccount(address);
    const done = await plain.broadcastTx(await sign([0, 2], account.sequence, account));
    same(done.code, 0, done.rawLog);
    const again = await plain.getAccount(address);
    same([again.sequence, again.pubkey.type, again.pubkey.value.threshold], [account.sequence + 1, "tendermint/PubKeyMultisigThreshold", "2"], "account");
    const second = await plain.broadcastTx(await sign([1, 2], again.sequence, again));
    same(second.code, 0, second.rawLog);
    const info = (await get(`${node.rest}/cosmos/tx/v1beta1/txs/${second.transactionHash}`)).tx.auth_info.signer_infos[0];
    same([info.public_key["@type"], info.mode_info.multi.bitarray.extra_bits_stored, info.mode_info.multi.mode_infos.length], ["/cosmos.crypto.multisig.LegacyAminoPubKey", 3, 2], "signer");
    return `${address}, gas ${done.gasUsed}`;
  });
  await call("multisig: one signature of two is refused", async () => {
    const members = await Promise.all([2, 3, 4].map(async (i) => await amino(i)));
    const keys = await Promise.all(members.map(async (wallet) => (await wallet.getAccounts())[0]));
    const shared = createMultisigThresholdPubkey(keys.map((k) => ({ type: "tendermint/PubKeySecp256k1", value: Buffer.from(k.pubkey).toString("base64") })), 2);
    const address = pubkeyToAddress(shared, "entente");
    const { accountNumber, sequence } = await plain.getAccount(address);
    const signer = await client(members[0]);
    const msg = { typeUrl: "/cosmos.bank.v1beta1.MsgSend", value: MsgSend.fromPartial({ fromAddress: address, toAddress: friend, amount: coins(10, "uente") }) };
    const { signatures: [signature], bodyBytes } = await signer.sign(keys[0].address, [msg], FEE, "", { accountNumber, sequence, chainId: "entente-dev-1" });
    signer.disconnect();
    return await refused(() => plain.broadcastTx(makeMultisignedTxBytes(shared, sequence, FEE, bodyBytes, new Map([[keys[0].address, signature]]))), /code 4|signature|minimum/i);
  });

  const until = (seconds) => Timestamp.fromPartial({ seconds: BigInt(Math.floor(Date.now() / 1000) + seconds) });
  await call("authz: an amino-signed generic grant, executed, revoked, refused", async () => {
    const grant = { authorization: { typeUrl: GenericAuthorization.typeUrl, value: GenericAuthorization.encode({ msg: "/cosmos.staking.v1beta1.MsgDelegate" }).finish() }, expiration: until(3600) };
    const given = await send(ledger, me, MsgGrant.typeUrl, { granter: me, grantee: friend, grant });
    same((await modeOf(given.transactionHash)).single.mode, "SIGN_MODE_LEGACY_AMINO_JSON", "sign mode");
    const { grants: found } = await query.authz.grants(me, friend, "/cosmos.staking.v1beta1.MsgDelegate");
    same(found.length, 1, "grants");
    const inner = plain.registry.encodeAsAny({ typeUrl: "/cosmos.staking.v1beta1.MsgDelegate", value: { delegatorAddress: me, validatorAddress: validator, amount: { denom: "uente", amount: "1000" } } });
    const done = await send(plain, friend, MsgExec.typeUrl, { grantee: friend, msgs: [inner] });
    holds(done.events.some((e) => e.type === "delegate" && e.attributes.some((a) => a.key === "authz_msg_index")), "the inner event has no authz_msg_index");
    await send(plain, me, MsgRevoke.typeUrl, { granter: me, grantee: friend, msgTypeUrl: "/cosmos.staking.v1beta1.MsgDelegate" });
    return await refused(async () => await plain.signAndBroadcast(friend, [{ typeUrl: MsgExec.typeUrl, value: { grantee: friend, msgs: [inner] } }], "auto"), /authorization not found/);
  });
  await call("authz: a spend limit is used up, other types and more are refused", async () => {
    const grant = { authorization: { typeUrl: SendAuthorization.typeUrl, value: SendAuthorization.encode(SendAuthorization.fromPartial({ spendLimit: coins(100, "uente") })).finish() }, expiration: until(3600) };
    await send(plain, me, MsgGrant.typeUrl, { granter: me, grantee: friend, grant });
    const exec = (amount) => ({ grantee: friend, msgs: [plain.registry.encodeAsAny({ typeUrl: MsgSend.typeUrl, value: MsgSend.fromPartial({ fromAddress: me, toAddress: friend, amount: coins(amount, "uente") }) })] });
    await refused(async () => await plain.signAndBroadcast(friend, [{ typeUrl: MsgExec.typeUrl, value: exec(101) }], "auto"), /requested amount is more than spend limit/);
    await send(plain, friend, MsgExec.typeUrl, exec(60));
    const { grants: left } = await query.authz.grants(me, friend, MsgSend.typeUrl);
    same(SendAuthorization.decode(left[0].authorization.value).spendLimit.map((c) => c.amount + c.denom), ["40uente"], "left");
    await send(plain, friend, MsgExec.typeUrl, exec(40));
    same((await query.authz.granteeGrants(friend)).grants.length, 0, "grants left");
  });
  const allow = async (signer, allowance) => await send(signer, me, MsgGrantAllowance.typeUrl, { granter: me, grantee: friend, allowance });
  const granted = { ...FEE, granter: me };
  const balance = async () => BigInt((await plain.getBalance(friend, "uente")).amount);
  const pay = async (fee) => await plain.signAndBroadcast(friend, [{ typeUrl: MsgSend.typeUrl, value: MsgSend.fromPartial({ fromAddress: friend, toAddress: me, amount: coins(1, "uente") }) }], fee);
  await call("feegrant: an amino-signed basic allowance pays a grantee's fee, down to its limit", async () => {
    const given = await allow(ledger, { typeUrl: BasicAllowance.typeUrl, value: BasicAllowance.encode(BasicAllowance.fromPartial({ spendLimit: coins(15_000, "uente") })).finish() });
    same((await modeOf(given.transactionHash)).single.mode, "SIGN_MODE_LEGACY_AMINO_JSON", "sign mode");
    const before = await balance();
    const done = await pay(granted);
    same(done.code, 0, done.rawLog);
    same(before - (await balance()), 1n, "paid by the grantee");
    const { allowance } = await query.feegrant.allowance(me, friend);
    same(BasicAllowance.decode(allowance.allowance.value).spendLimit.map((c) => c.amount + c.denom), ["5000uente"], "left");
    const said = await refused(() => pay(granted), /fee limit exceeded/);
    await send(plain, me, MsgRevokeAllowance.typeUrl, { granter: me, grantee: friend });
    return said;
  });
  await call("feegrant: a periodic allowance within an allowed-message allowance", async () => {
    const periodic = PeriodicAllowance.fromPartial({ basic: { spendLimit: coins(50_000, "uente") }, period: { seconds: 3600n, nanos: 0 }, periodSpendLimit: coins(12_000, "uente") });
    const inner = { typeUrl: PeriodicAllowance.typeUrl, value: PeriodicAllowance.encode(periodic).finish() };
    await allow(plain, { typeUrl: AllowedMsgAllowance.typeUrl, value: AllowedMsgAllowance.encode({ allowance: inner, allowedMessages: [MsgSend.typeUrl] }).finish() });
    const done = await pay(granted);
    same(done.code, 0, done.rawLog);
    await refused(() => pay(granted), /fee limit exceeded|period/);
    node.cli("dev", "advance", "2h");
    const next = await pay(granted);
    same(next.code, 0, next.rawLog);
    const vote = { typeUrl: "/cosmos.gov.v1beta1.MsgVote", value: { proposalId: 1n, voter: friend, option: 1 } };
    return await refused(() => plain.signAndBroadcast(friend, [vote], granted), /message not allowed/);
  });
  await call("feegrant: without a grant it is refused", async () => await refused(() => plain.signAndBroadcast(friend, [{ typeUrl: MsgSend.typeUrl, value: MsgSend.fromPartial({ fromAddress: friend, toAddress: me, amount: coins(1, "uente") }) }], { ...FEE, granter: holder }), /fee-grant not found|not found/));

  const raw = async (mode, timeoutHeight = 0n, sequenceAhead = 0) => {
    const [{ pubkey }] = await (await direct(1)).getAccounts();
    const { accountNumber, sequence } = await plain.getAccount(friend);
    const bodyBytes = plain.registry.encodeTxBody({ messages: [{ typeUrl: MsgSend.typeUrl, value: MsgSend.fromPartial({ fromAddress: friend, toAddress: me, amount: coins(1, "uente") }) }], timeoutHeight });
    const authInfoBytes = makeAuthInfoBytes([{ pubkey: encodePubkey(encodeSecp256k1Pubkey(pubkey)), sequence: sequence + sequenceAhead }], FEE.amount, 400_000, undefined, undefined, mode);
    const document = makeSignDoc(bodyBytes, authInfoBytes, "entente-dev-1", accountNumber);
    const signature = await Secp256k1.createSignature(sha256(makeSignBytes(document)), await privateKey(1));
    return TxRaw.encode({ bodyBytes, authInfoBytes, signatures: [new Uint8Array([...signature.r(32), ...signature.s(32)])] }).finish();
  };
  await call("SIGN_MODE_TEXTUAL is refused by name", async () => await refused(async () => await plain.broadcastTx(await raw(SignMode.SIGN_MODE_TEXTUAL)), /SIGN_MODE_TEXTUAL is not supported/));
  await call("a timeout height that is passed is refused; one ahead is not", async () => {
    const height = BigInt(await plain.getHeight());
    const said = await refused(async () => await plain.broadcastTx(await raw(SignMode.SIGN_MODE_DIRECT, height - 1n)), /timeout height/);
    const ahead = await plain.signAndBroadcast(friend, [{ typeUrl: MsgSend.typeUrl, value: MsgSend.fromPartial({ fromAddress: friend, toAddress: me, amount: coins(1, "uente") }) }], FEE, "", height + 100n);
    same(ahead.code, 0, ahead.rawLog);
    const slow = await ledger.signAndBroadcast(me, [{ typeUrl: MsgSend.typeUrl, value: MsgSend.fromPartial({ fromAddress: me, toAddress: friend, amount: coins(1, "uente") }) }], FEE, "", height + 100n);
    same(slow.code, 0, slow.rawLog);
    return said;
  });
  await call("a sequence that is ahead is refused with the text that wallets and relayers parse", async () => await refused(async () => await plain.broadcastTx(await raw(SignMode.SIGN_MODE_DIRECT, 0n, 7)), /account sequence mismatch, expected \d+, got \d+/));
  for (const c of [ledger, plain]) c.disconnect();
  comet.disconnect();
}
