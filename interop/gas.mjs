// Gas: for each kind of message the estimate that wallets ask for, against what the transaction then used.

import { Registry } from "@cosmjs/proto-signing";
import { SigningStargateClient, coins, defaultRegistryTypes } from "@cosmjs/stargate";
import { GenericAuthorization } from "cosmjs-types/cosmos/authz/v1beta1/authz";
import { MsgExec, MsgGrant, MsgRevoke } from "cosmjs-types/cosmos/authz/v1beta1/tx";
import { MsgMultiSend, MsgSend } from "cosmjs-types/cosmos/bank/v1beta1/tx";
import { MsgFundCommunityPool, MsgSetWithdrawAddress, MsgWithdrawDelegatorReward } from "cosmjs-types/cosmos/distribution/v1beta1/tx";
import { BasicAllowance } from "cosmjs-types/cosmos/feegrant/v1beta1/feegrant";
import { MsgGrantAllowance, MsgRevokeAllowance } from "cosmjs-types/cosmos/feegrant/v1beta1/tx";
import { MsgSubmitProposal, MsgVote } from "cosmjs-types/cosmos/gov/v1/tx";
import { MsgDelegate, MsgUndelegate } from "cosmjs-types/cosmos/staking/v1beta1/tx";
import { MsgCreateVestingAccount } from "cosmjs-types/cosmos/vesting/v1beta1/tx";
import { toBech32 } from "@cosmjs/encoding";
import { call, holds, same } from "./lib/report.mjs";
import { addresses, direct } from "./lib/keys.mjs";
import { get } from "./lib/http.mjs";
import { NAMES, messages } from "./lib/alliance.mjs";
import { version } from "./lib/versions.mjs";

export const title = `gas: estimates against use (@cosmjs/stargate ${version("@cosmjs/stargate")})`;

/** Parts of the use by which an estimate may be wrong. */
const TOLERANCE = 0.2;

export async function run(node) {
  const wallet = await direct(5, 6);
  const [me, friend] = await addresses(wallet);
  const registry = new Registry([...defaultRegistryTypes, [MsgSubmitProposal.typeUrl, MsgSubmitProposal], [MsgVote.typeUrl, MsgVote], ...NAMES.map((name) => [`/alliance.alliance.${name}`, messages[name]])]);
  const client = await SigningStargateClient.connectWithSigner(node.rpc, wallet, { registry, broadcastPollIntervalMs: 50 });
  const coin = (amount, denom = "uente") => ({ denom, amount: String(amount) });
  const any = (type, value) => ({ typeUrl: type.typeUrl, value: type.encode(type.fromPartial(value)).finish() });
  const [{ operator_address: validator }] = (await get(`${node.rest}/cosmos/staking/v1beta1/validators`)).validators;
  const { alliances } = await get(`${node.rest}/terra/alliances`);
  const held = await client.getAllBalances(me);
  const denom = alliances.map((a) => a.denom).find((d) => held.some((c) => c.denom === d));
  const { params } = await get(`${node.rest}/cosmos/gov/v1/params/deposit`);
  const send = (to = friend) => [MsgSend, { fromAddress: me, toAddress: to, amount: [coin(1)] }];
  const staker = { delegatorAddress: me, validatorAddress: validator };
  const alliance = (name, value) => [{ typeUrl: `/alliance.alliance.${name}`, fromPartial: (v) => messages[name].fromPartial(v) }, { ...staker, ...value }];
  const until = { seconds: BigInt(Math.floor(Date.now() / 1000) + 1_000_000), nanos: 0 };
  const newcomer = (n) => toBech32("entente", new Uint8Array(20).fill(n));
  const grant = { granter: me, grantee: friend, grant: { authorization: any(GenericAuthorization, { msg: MsgSend.typeUrl }), expiration: until } };
  const rows = [
    ["bank send, the first transaction of an account", me, [send()]],
    ["bank send", me, [send()]],
    ["bank send to a new account", me, [send(newcomer(3))]],
    ["five bank sends", me, [send(), send(), send(), send(), send()]],
    ["bank multi send", me, [[MsgMultiSend, { inputs: [{ address: me, coins: [coin(3)] }], outputs: [{ address: friend, coins: [coin(1)] }, { address: newcomer(4), coins: [coin(2)] }] }]]],
    ["delegate", me, [[MsgDelegate, { ...staker, amount: coin(1_000_000) }]]],
    ["delegate again", me, [[MsgDelegate, { ...staker, amount: coin(1_000_000) }]]],
    ["undelegate", me, [[MsgUndelegate, { ...staker, amount: coin(500) }]]],
    ["withdraw rewards", me, [[MsgWithdrawDelegatorReward, staker]]],
    ["set withdraw address", me, [[MsgSetWithdrawAddress, { delegatorAddress: me, withdrawAddress: me }]]],
    ["fund community pool", me, [[MsgFundCommunityPool, { depositor: me, amount: [coin(9)] }]]],
    ["alliance delegate", me, [alliance("MsgDelegate", { amount: coin(2_000_000, denom) })], "1h"],
    ["alliance delegate again", me, [alliance("MsgDelegate", { amount: coin(2_000_000, denom) })], "1h"],
    ["alliance claim", me, [alliance("MsgClaimDelegationRewards", { denom })], "1h"],
    ["alliance undelegate", me, [alliance("MsgUndelegate", { amount: coin(1_000, denom) })]],
    ["authz grant", me, [[MsgGrant, grant]]],
    ["authz exec", friend, [[MsgExec, { grantee: friend, msgs: [any(...send())] }]]],
    ["authz revoke", me, [[MsgRevoke, { granter: me, grantee: friend, msgTypeUrl: MsgSend.typeUrl }]]],
    ["feegrant", me, [[MsgGrantAllowance, { granter: me, grantee: friend, allowance: any(BasicAllowance, {}) }]]],
    ["revoke feegrant", me, [[MsgRevokeAllowance, { granter: me, grantee: friend }]]],
    ["gov submit", me, [[MsgSubmitProposal, { messages: [], proposer: me, initialDeposit: params.min_deposit, title: "t", summary: "s", metadata: "m" }]]],
    ["gov vote", me, [[MsgVote, { proposalId: 1n, voter: me, option: 1 }]]],
    ["create vesting account", me, [[MsgCreateVestingAccount, { fromAddress: me, toAddress: newcomer(5), amount: [coin(100)], endTime: until.seconds, delayed: true }]]],
  ];
  let worst = 0;
  for (const [name, from, list, after] of rows) {
    await call(name, async () => {
      const encoded = list.map(([type, value]) => ({ typeUrl: type.typeUrl, value: type.fromPartial(value) }));
      const estimate = await client.simulate(from, encoded, "");
      const done = await client.signAndBroadcast(from, encoded, { amount: coins(10_000, "uente"), gas: "3000000" });
      same(done.code, 0, done.rawLog);
      const off = (estimate - Number(done.gasUsed)) / Number(done.gasUsed);
      worst = Math.max(worst, Math.abs(off));
      holds(Math.abs(off) <= TOLERANCE, `estimated ${estimate}, used ${done.gasUsed}`);
      if (after) node.cli("dev", "advance", after);
      return `estimated ${estimate}, used ${done.gasUsed}, ${(off * 100).toFixed(1)} %`;
    });
  }
  await call("the worst of them", () => `${(worst * 100).toFixed(1)} %`);
  client.disconnect();
}
