// The paths of an explorer that shows alliances, with the values that it would put on the screen.

import { SigningStargateClient, coins } from "@cosmjs/stargate";
import { call, holds, same } from "./lib/report.mjs";
import { addresses, direct } from "./lib/keys.mjs";
import { ask, get } from "./lib/http.mjs";
import { messages, registry } from "./lib/alliance.mjs";
import { version } from "./lib/versions.mjs";

export const title = `explorer: the REST paths of Alliance (transactions by @cosmjs/stargate ${version("@cosmjs/stargate")})`;

export async function run(node) {
  const wallet = await direct(5);
  const [holder] = await addresses(wallet);
  const client = await SigningStargateClient.connectWithSigner(node.rpc, wallet, { registry: registry(), broadcastPollIntervalMs: 50 });
  const rest = (path) => get(`${node.rest}${path}`);
  const send = async (name, value) => {
    const done = await client.signAndBroadcast(holder, [{ typeUrl: `/alliance.alliance.${name}`, value: messages[name].fromPartial({ delegatorAddress: holder, ...value }) }], { amount: coins(50_000, "uente"), gas: "2000000" });
    same(done.code, 0, done.rawLog);
  };
  const { alliances } = await rest("/terra/alliances");
  const { balances } = await rest(`/cosmos/bank/v1beta1/balances/${holder}`);
  const asset = alliances.find((a) => balances.some((b) => b.denom === a.denom));
  const denom = asset.denom;
  const [{ operator_address: validatorAddress }] = (await rest("/cosmos/staking/v1beta1/validators")).validators;
  const coded = encodeURIComponent(denom);
  await send("MsgDelegate", { validatorAddress, amount: { denom, amount: "3000000" } });
  node.cli("dev", "advance", "1h");
  await send("MsgUndelegate", { validatorAddress, amount: { denom, amount: "1000000" } });

  await call("assets: numbers as text, decimals with 18 places, times, no null lists", async () => {
    for (const field of ["total_tokens", "total_validator_shares"]) holds(typeof asset[field] === "string", `${field} ${asset[field]}`);
    for (const field of ["reward_weight", "take_rate", "reward_change_rate"]) holds(/^\d+\.\d{18}$/.test(asset[field]), `${field} ${asset[field]}`);
    holds(/Z$/.test(asset.reward_start_time) && /s$/.test(asset.reward_change_interval), `times ${JSON.stringify(asset)}`);
    return Object.keys(asset).length + " fields";
  });
  await call("an asset by its denom, whose slash is coded", async () => {
    same((await rest(`/terra/alliances/${coded}`)).alliance.denom, denom, "denom");
    same((await ask(`${node.rest}/terra/alliances/unothing`)).status >= 400, true, "an asset that is none");
  });
  for (const [path, field] of [
    ["/terra/alliances/params", "params"],
    ["/terra/alliances/validators", "validators"],
    [`/terra/alliances/validators/${validatorAddress}`, "validator_addr"],
    ["/terra/alliances/delegations", "delegations"],
    [`/terra/alliances/delegations/${holder}`, "delegations"],
    [`/terra/alliances/delegations/${holder}/${validatorAddress}`, "delegations"],
    [`/terra/alliances/delegations/${holder}/${validatorAddress}/${coded}`, "delegation"],
    [`/terra/alliances/rewards/${holder}/${validatorAddress}/${coded}`, "rewards"],
    [`/terra/alliances/unbondings/${holder}`, "unbondings"],
    [`/terra/alliances/unbondings/${coded}/${holder}`, "unbondings"],
    [`/terra/alliances/unbondings/${coded}/${holder}/${validatorAddress}`, "unbondings"],
    [`/terra/alliances/redelegations/${holder}`, "redelegations"],
    [`/terra/alliances/redelegations/${coded}/${holder}`, "redelegations"],
    ["/terra/alliances?pagination.limit=1&pagination.count_total=true", "alliances"],
    ["/terra/alliances?pagination.limit=1&pagination.reverse=true", "alliances"],
  ]) {
    await call(path.replace(holder, "HOLDER").replace(validatorAddress, "VALIDATOR").replace(coded, "DENOM"), async () => {
      const body = await rest(path);
      holds(field in body && body[field] !== null, `no ${field} in ${JSON.stringify(body)}`);
      if (path.includes("limit=1")) same(body.alliances.length, 1, "one");
      return Array.isArray(body[field]) ? `${body[field].length} ${field}` : undefined;
    });
  }
  await call("the unbonding has its date and amount", async () => {
    const { unbondings } = await rest(`/terra/alliances/unbondings/${holder}`);
    same([unbondings.length, unbondings[0].amount.denom ?? unbondings[0].denom], [1, denom], JSON.stringify(unbondings));
  });
  client.disconnect();
}
