// The same transactions on both chains, and the names by which requests speak of what came of them.

import { createHash } from "node:crypto";
import { stringToPath } from "@cosmjs/crypto";
import { toBech32, fromBech32 } from "@cosmjs/encoding";
import { DirectSecp256k1HdWallet, Registry } from "@cosmjs/proto-signing";
import { SigningStargateClient, coins, defaultRegistryTypes } from "@cosmjs/stargate";
import { GenericAuthorization } from "cosmjs-types/cosmos/authz/v1beta1/authz";
import { MsgGrant } from "cosmjs-types/cosmos/authz/v1beta1/tx";
import { SendAuthorization } from "cosmjs-types/cosmos/bank/v1beta1/authz";
import { MsgSend } from "cosmjs-types/cosmos/bank/v1beta1/tx";
import { PubKey } from "cosmjs-types/cosmos/crypto/ed25519/keys";
import { AllowedMsgAllowance, BasicAllowance, PeriodicAllowance } from "cosmjs-types/cosmos/feegrant/v1beta1/feegrant";
import { MsgGrantAllowance } from "cosmjs-types/cosmos/feegrant/v1beta1/tx";
import { MsgSubmitProposal } from "cosmjs-types/cosmos/gov/v1/tx";
import { TextProposal } from "cosmjs-types/cosmos/gov/v1beta1/gov";
import { MsgBeginRedelegate, MsgCreateValidator, MsgDelegate, MsgUndelegate } from "cosmjs-types/cosmos/staking/v1beta1/tx";
import { MsgSetWithdrawAddress, MsgWithdrawDelegatorReward } from "cosmjs-types/cosmos/distribution/v1beta1/tx";
import { MsgCreateVestingAccount } from "cosmjs-types/cosmos/vesting/v1beta1/tx";
import { TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import { Timestamp } from "cosmjs-types/google/protobuf/timestamp";
import { MNEMONIC } from "../lib/node.mjs";
import { get } from "../lib/http.mjs";
import { same } from "../lib/report.mjs";

const FEE_GAS = "600000";

/** Plays the scene on a chain `{ rpc, rest, prefix, denom }` and gives what requests are filled with. */
export async function play({ rpc, rest, prefix, denom }) {
  const registry = new Registry([...defaultRegistryTypes, [MsgSubmitProposal.typeUrl, MsgSubmitProposal]]);
  const wallet = await DirectSecp256k1HdWallet.fromMnemonic(MNEMONIC, { prefix, hdPaths: [0, 1, 2].map((i) => stringToPath(`m/44'/118'/0'/0/${i}`)) });
  const [alice, bob, carol] = (await wallet.getAccounts()).map((a) => a.address);
  const client = await SigningStargateClient.connectWithSigner(rpc, wallet, { registry, broadcastPollIntervalMs: 100 });
  const fee = { amount: coins(5_000, denom), gas: FEE_GAS };
  const send = async (from, type, value, code = 0) => {
    const done = await client.signAndBroadcast(from, [{ typeUrl: type.typeUrl, value: type.fromPartial(value) }], fee, "scene");
    same(done.code, code, `${type.typeUrl}: ${done.rawLog}`);
    return done;
  };
  const coin = (amount) => ({ denom, amount: String(amount) });
  const { validators } = await get(`${rest}/cosmos/staking/v1beta1/validators?status=BOND_STATUS_BONDED`);
  const validator = validators[0].operator_address;
  const valoper = (address) => toBech32(`${prefix}valoper`, fromBech32(address).data);

  const sent = await send(alice, MsgSend, { fromAddress: alice, toAddress: bob, amount: [coin(1_000)] });
  const failed = await send(alice, MsgSend, { fromAddress: alice, toAddress: bob, amount: [coin("900000000000000000000")] }, 5);
  await send(alice, MsgDelegate, { delegatorAddress: alice, validatorAddress: validator, amount: coin(5_000_000) });
  await send(bob, MsgDelegate, { delegatorAddress: bob, validatorAddress: validator, amount: coin(3_000_000) });
  await send(carol, MsgDelegate, { delegatorAddress: carol, validatorAddress: validator, amount: coin(3_000_000) });
  await send(bob, MsgCreateValidator, {
    description: { moniker: "second", identity: "", website: "", securityContact: "", details: "" },
    commission: { rate: "50000000000000000", maxRate: "200000000000000000", maxChangeRate: "10000000000000000" },
    minSelfDelegation: "1", delegatorAddress: bob, validatorAddress: valoper(bob), value: coin(2_000_000),
    pubkey: { typeUrl: PubKey.typeUrl, value: PubKey.encode({ key: Uint8Array.from(Buffer.from("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "hex")) }).finish() },
  });
  await send(alice, MsgUndelegate, { delegatorAddress: alice, validatorAddress: validator, amount: coin(1_000) });
  await send(alice, MsgBeginRedelegate, { delegatorAddress: alice, validatorSrcAddress: validator, validatorDstAddress: valoper(bob), amount: coin(2_000) });
  await send(alice, MsgWithdrawDelegatorReward, { delegatorAddress: alice, validatorAddress: validator });
  await send(alice, MsgSetWithdrawAddress, { delegatorAddress: alice, withdrawAddress: carol });
  const soon = (seconds) => BigInt(Math.floor(Date.now() / 1000) + seconds);
  const newcomer = toBech32(prefix, new Uint8Array(20).fill(7));
  await send(alice, MsgCreateVestingAccount, { fromAddress: alice, toAddress: newcomer, amount: [coin(9_000)], endTime: soon(100_000), delayed: false });
  const grant = (type, value) => ({ authorization: { typeUrl: type.typeUrl, value: type.encode(type.fromPartial(value)).finish() }, expiration: Timestamp.fromPartial({ seconds: soon(100_000) }) });
  await send(alice, MsgGrant, { granter: alice, grantee: bob, grant: grant(GenericAuthorization, { msg: "/cosmos.gov.v1.MsgVote" }) });
  await send(alice, MsgGrant, { granter: alice, grantee: bob, grant: grant(SendAuthorization, { spendLimit: [coin(70)] }) });
  const packed = (type, value) => ({ typeUrl: type.typeUrl, value: type.encode(type.fromPartial(value)).finish() });
  await send(alice, MsgGrantAllowance, { granter: alice, grantee: bob, allowance: packed(BasicAllowance, { spendLimit: [coin(80_000)] }) });
  const periodic = packed(PeriodicAllowance, { basic: {}, period: { seconds: 3600n, nanos: 0 }, periodSpendLimit: [coin(40_000)] });
  await send(alice, MsgGrantAllowance, { granter: alice, grantee: carol, allowance: packed(AllowedMsgAllowance, { allowance: periodic, allowedMessages: [MsgSend.typeUrl] }) });
  const { params } = await get(`${rest}/cosmos/gov/v1/params/deposit`);
  const deposit = params.min_deposit;
  const idOf = (done) => done.events.find((e) => e.type === "submit_proposal").attributes.find((a) => a.key === "proposal_id").value;
  const text = { typeUrl: TextProposal.typeUrl, value: TextProposal.encode({ title: "A text", description: "of words" }).finish() };
  const { MsgSubmitProposal: Older, MsgVoteWeighted } = await import("cosmjs-types/cosmos/gov/v1beta1/tx");
  const { MsgVote } = await import("cosmjs-types/cosmos/gov/v1/tx");
  registry.register(MsgVote.typeUrl, MsgVote);
  const older = idOf(await send(alice, Older, { content: text, proposer: alice, initialDeposit: deposit }));
  const authority = (await get(`${rest}/cosmos/auth/v1beta1/module_accounts/gov`)).account.base_account.address;
  const spend = packed(MsgSend, { fromAddress: authority, toAddress: bob, amount: [coin(1)] });
  const newer = idOf(await send(alice, MsgSubmitProposal, { messages: [spend], proposer: alice, initialDeposit: deposit.map((c) => ({ ...c, amount: String(BigInt(c.amount) / 2n) })), title: "A message", summary: "that sends", metadata: "" }));
  await send(alice, MsgVote, { proposalId: BigInt(older), voter: alice, option: 1, metadata: "" });
  await send(bob, MsgVoteWeighted, { proposalId: BigInt(older), voter: bob, options: [{ option: 1, weight: "400000000000000000" }, { option: 2, weight: "600000000000000000" }] });

  const signed = await client.sign(alice, [{ typeUrl: MsgSend.typeUrl, value: MsgSend.fromPartial({ fromAddress: alice, toAddress: bob, amount: [coin(1)] }) }], fee, "");
  const signedBytes = Buffer.from(TxRaw.encode(signed).finish()).toString("base64");
  const sentBytes = Buffer.from((await client.getTx(sent.transactionHash)).tx).toString("base64");
  const { info: [info] } = await get(`${rest}/cosmos/slashing/v1beta1/signing_infos`);
  const block = await (await fetch(`${rpc}/block?height=${sent.height}`)).json();
  client.disconnect();
  return {
    alice, bob, carol, newcomer, validator, denom, older, newer, authority,
    second: valoper(bob),
    nobody: toBech32(prefix, new Uint8Array(20).fill(9)),
    novalidator: toBech32(`${prefix}valoper`, new Uint8Array(20).fill(9)),
    nocons: toBech32(`${prefix}valcons`, new Uint8Array(20).fill(9)),
    cons: info.address,
    hash: sent.transactionHash,
    hash64: Buffer.from(sent.transactionHash, "hex").toString("base64"),
    failedhash: failed.transactionHash,
    nohash: "AB".repeat(32),
    height: String(sent.height),
    block: block.result.block_id.hash,
    block64: Buffer.from(block.result.block_id.hash, "hex").toString("base64"),
    tx: signedBytes,
    txhex: Buffer.from(signedBytes, "base64").toString("hex"),
    senttx: sentBytes,
    fresh: createHash("sha256").update(Buffer.from(signedBytes, "base64")).digest("hex").toUpperCase(),
    alicehex: Buffer.from(fromBech32(alice).data).toString("hex"),
    alice64: encodeURIComponent(Buffer.from(fromBech32(alice).data).toString("base64")),
    balancekey: Buffer.concat([Buffer.from([2, 20]), fromBech32(alice).data, Buffer.from(denom)]).toString("hex"),
    nokey: Buffer.concat([Buffer.from([2, 20]), Buffer.alloc(20, 9), Buffer.from(denom)]).toString("hex"),
  };
}
