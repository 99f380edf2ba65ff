// The mission's worked example with CosmJS: a chain integrates a foreign token as an alliance.
//
// Governance whitelists it, a holder stakes it, the take rate pays the native stakers, rewards are claimed, and after the unbonding
// time the tokens are back.

import { stringToPath } from "@cosmjs/crypto";
import { DirectSecp256k1HdWallet } from "@cosmjs/proto-signing";
import { GasPrice, SigningStargateClient, coins } from "@cosmjs/stargate";
import { MsgSubmitProposal } from "cosmjs-types/cosmos/gov/v1/tx";
import { VoteOption } from "cosmjs-types/cosmos/gov/v1/gov";
import { MsgVote } from "cosmjs-types/cosmos/gov/v1/tx";
import { call, holds, same } from "./lib/report.mjs";
import { MNEMONIC } from "./lib/node.mjs";
import { messages, registry, seconds } from "./lib/alliance.mjs";
import { version } from "./lib/versions.mjs";

export const title = `the story: a foreign token becomes an alliance (@cosmjs/stargate ${version("@cosmjs/stargate")})`;

const get = async (url) => {
  const answer = await fetch(url);
  const body = await answer.json();
  holds(answer.ok, `${url}: ${answer.status} ${JSON.stringify(body)}`);
  return body;
};
const settle = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export async function run(node) {
  const types = registry();
  types.register("/cosmos.gov.v1.MsgSubmitProposal", MsgSubmitProposal);
  types.register("/cosmos.gov.v1.MsgVote", MsgVote);
  const wallet = await DirectSecp256k1HdWallet.fromMnemonic(MNEMONIC, { prefix: "entente", hdPaths: [0, 7].map((i) => stringToPath(`m/44'/118'/0'/0/${i}`)) });
  const [native, foreign] = (await wallet.getAccounts()).map((a) => a.address);
  const client = await SigningStargateClient.connectWithSigner(node.rpc, wallet, { registry: types, gasPrice: GasPrice.fromString("0.025uente"), broadcastPollIntervalMs: 50 });
  const send = async (from, typeUrl, value) => {
    const done = await client.signAndBroadcast(from, [{ typeUrl, value }], "auto");
    same(done.code, 0, done.rawLog);
    return done;
  };
  const rest = (path) => get(`${node.rest}${path}`);
  const balance = async (address, denom) => BigInt((await client.getBalance(address, denom)).amount);

  let denom, validator;
  await call("a foreign token that is no alliance yet", async () => {
    const { alliances } = await rest("/terra/alliances");
    const known = new Set(alliances.map((a) => a.denom));
    const all = await client.getAllBalances(foreign);
    denom = all.map((c) => c.denom).find((d) => d.startsWith("ibc/") && !known.has(d));
    holds(denom !== undefined, "every foreign token of the holder is an alliance already");
    validator = (await rest("/cosmos/staking/v1beta1/validators?status=BOND_STATUS_BONDED")).validators[0].operator_address;
    return denom.slice(0, 16);
  });
  let proposal;
  await call("governance: submit with deposit", async () => {
    const authority = (await rest("/cosmos/auth/v1beta1/module_accounts/gov")).account.base_account.address;
    const { params } = await rest("/cosmos/gov/v1/params/deposit");
    const create = messages.MsgCreateAlliance.fromPartial({
      authority, denom, rewardWeight: "500000000000000000", takeRate: "10000000000000000", rewardChangeRate: "1000000000000000000",
      rewardChangeInterval: seconds(0), rewardWeightRange: { min: "0", max: "5000000000000000000" },
    });
    const done = await send(native, "/cosmos.gov.v1.MsgSubmitProposal", MsgSubmitProposal.fromPartial({
      messages: [{ typeUrl: "/alliance.alliance.MsgCreateAlliance", value: messages.MsgCreateAlliance.encode(create).finish() }],
      initialDeposit: params.min_deposit, proposer: native, title: "An alliance", summary: "Let the holders of a foreign token stake it", metadata: "",
    }));
    proposal = BigInt(done.events.find((e) => e.type === "submit_proposal").attributes.find((a) => a.key === "proposal_id").value);
    return `proposal ${proposal}`;
  });
  await call("governance: vote, pass, execute", async () => {
    await send(native, "/cosmos.gov.v1.MsgVote", MsgVote.fromPartial({ proposalId: proposal, voter: native, option: VoteOption.VOTE_OPTION_YES, metadata: "" }));
    node.cli("dev", "advance", "10m");
    const found = (await rest(`/cosmos/gov/v1/proposals/${proposal}`)).proposal;
    same(found.status, "PROPOSAL_STATUS_PASSED", `status (${found.failed_reason})`);
    const { alliance } = await rest(`/terra/alliances/${encodeURIComponent(denom)}`);
    same(alliance.take_rate, "0.010000000000000000", "take rate");
    return found.status;
  });
  const staked = 50_000_000n;
  let before;
  await call("the holder stakes it", async () => {
    before = await balance(foreign, denom);
    await send(foreign, "/alliance.alliance.MsgDelegate", messages.MsgDelegate.fromPartial({ delegatorAddress: foreign, validatorAddress: validator, amount: { denom, amount: staked.toString() } }));
    same(before - (await balance(foreign, denom)), staked, "left the holder");
    // The reward delay of the development chain is over well before this.
    node.cli("dev", "advance", "1h");
    await settle(200);
  });
  await call("the take rate pays the native stakers in the foreign token", async () => {
    const earned = (await rest(`/cosmos/distribution/v1beta1/delegators/${native}/rewards`)).total ?? [];
    const mine = earned.find((c) => c.denom === denom);
    holds(mine !== undefined && Number(mine.amount) > 0, `rewards ${JSON.stringify(earned)}`);
    return `${mine.amount} of the token`;
  });
  await call("the native staker withdraws it", async () => {
    const had = await balance(native, denom);
    const done = await client.withdrawRewards(native, validator, "auto");
    same(done.code, 0, done.rawLog);
    const got = (await balance(native, denom)) - had;
    holds(got > 0n, "nothing of the foreign token arrived");
    return got;
  });
  await call("the holder claims rewards", async () => {
    const { rewards } = await rest(`/terra/alliances/rewards/${foreign}/${validator}/${encodeURIComponent(denom)}`);
    const had = await balance(foreign, "uente");
    const done = await send(foreign, "/alliance.alliance.MsgClaimDelegationRewards", messages.MsgClaimDelegationRewards.fromPartial({ delegatorAddress: foreign, validatorAddress: validator, denom }));
    const claimed = done.events.find((e) => e.type === "alliance.alliance.ClaimAllianceRewardsEvent").attributes.find((a) => a.key === "coins").value;
    holds(rewards.some((c) => c.denom === "uente") && /uente/.test(claimed), `shown ${JSON.stringify(rewards)}, claimed ${claimed}`);
    holds((await balance(foreign, "uente")) > had - 100_000n, "the rewards did not arrive");
    return claimed.slice(0, 80);
  });
  await call("the holder takes everything back after 21 days", async () => {
    const { delegation } = await rest(`/terra/alliances/delegations/${foreign}/${validator}/${encodeURIComponent(denom)}`);
    const shown = BigInt(delegation.balance.amount);
    holds(shown > 0n && shown < staked, `shown ${shown}: the take rate took its part`);
    await send(foreign, "/alliance.alliance.MsgUndelegate", messages.MsgUndelegate.fromPartial({ delegatorAddress: foreign, validatorAddress: validator, amount: { denom, amount: shown.toString() } }));
    const had = await balance(foreign, denom);
    node.cli("dev", "advance", "21d");
    node.cli("dev", "advance", "1m");
    same((await balance(foreign, denom)) - had, shown, "came back");
    return `${shown} of ${staked}`;
  });
  await call("no invariant is broken", async () => {
    const said = node.cli("query", "invariants", "--node", node.rpc, "-o", "json");
    same(JSON.parse(said).broken, [], "broken invariants");
  });
  client.disconnect();
  void coins;
}
