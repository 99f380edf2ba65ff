// The paths of explorers and wallets: those of the host that Ping.pub, Keplr and Leap ask, and those of Alliance with the values that an
// explorer would put on the screen.

import { SigningStargateClient, coins } from "@cosmjs/stargate";
import { call, holds, same } from "./lib/report.mjs";
import { addresses, direct } from "./lib/keys.mjs";
import { ask, get } from "./lib/http.mjs";
import { messages, registry } from "./lib/alliance.mjs";
import { version } from "./lib/versions.mjs";

export const title = `explorer: the REST paths of the host and of Alliance (transactions by @cosmjs/stargate ${version("@cosmjs/stargate")})`;

/** Path -> field that its answer must have and that must not be null. */
const hostPaths = ({ holder, validator, signer }) => Object.entries({
  "auth/v1beta1/params": "params",
  [`auth/v1beta1/accounts/${holder}`]: "account",
  [`auth/v1beta1/account_info/${holder}`]: "info",
  "auth/v1beta1/accounts": "accounts",
  "auth/v1beta1/module_accounts": "accounts",
  "auth/v1beta1/module_accounts/gov": "account",
  "auth/v1beta1/bech32": "bech32_prefix",
  "params/v1beta1/params?subspace=staking&key=MaxValidators": "param",
  "params/v1beta1/params?subspace=slashing&key=SignedBlocksWindow": "param",
  "params/v1beta1/subspaces": "subspaces",
  "bank/v1beta1/params": "params",
  [`bank/v1beta1/balances/${holder}?pagination.limit=200`]: "balances",
  [`bank/v1beta1/balances/${holder}/by_denom?denom=uente`]: "balance",
  [`bank/v1beta1/spendable_balances/${holder}`]: "balances",
  [`bank/v1beta1/spendable_balances/${holder}/by_denom?denom=uente`]: "balance",
  "bank/v1beta1/denoms_metadata": "metadatas",
  "bank/v1beta1/denoms_metadata/uente": "metadata",
  "bank/v1beta1/denoms_metadata_by_query_string?denom=uente": "metadata",
  "bank/v1beta1/denom_owners/uente": "denom_owners",
  "bank/v1beta1/supply": "supply",
  "bank/v1beta1/supply/by_denom?denom=uente": "amount",
  "bank/v1beta1/send_enabled": "send_enabled",
  "distribution/v1beta1/params": "params",
  "distribution/v1beta1/community_pool": "pool",
  [`distribution/v1beta1/validators/${validator}`]: "operator_address",
  [`distribution/v1beta1/validators/${validator}/commission`]: "commission",
  [`distribution/v1beta1/validators/${validator}/outstanding_rewards`]: "rewards",
  [`distribution/v1beta1/validators/${validator}/slashes`]: "slashes",
  [`distribution/v1beta1/delegators/${holder}/rewards`]: "total",
  [`distribution/v1beta1/delegators/${holder}/validators`]: "validators",
  [`distribution/v1beta1/delegators/${holder}/withdraw_address`]: "withdraw_address",
  "slashing/v1beta1/params": "params",
  "slashing/v1beta1/signing_infos?pagination.limit=300": "info",
  [`slashing/v1beta1/signing_infos/${signer}`]: "val_signing_info",
  "gov/v1/params/voting": "params",
  "gov/v1/params/tallying": "params",
  "gov/v1/params/deposit": "params",
  "gov/v1/constitution": "constitution",
  "gov/v1beta1/params/voting": "voting_params",
  "gov/v1beta1/params/tallying": "tally_params",
  "gov/v1beta1/params/deposit": "deposit_params",
  "gov/v1/proposals?proposal_status=2&pagination.limit=20&pagination.reverse=true&pagination.key=": "proposals",
  "gov/v1beta1/proposals?proposal_status=PROPOSAL_STATUS_VOTING_PERIOD": "proposals",
  [`staking/v1beta1/delegations/${holder}`]: "delegation_responses",
  [`staking/v1beta1/delegators/${holder}/redelegations`]: "redelegation_responses",
  [`staking/v1beta1/delegators/${holder}/unbonding_delegations`]: "unbonding_responses",
  [`staking/v1beta1/delegators/${holder}/validators`]: "validators",
  "staking/v1beta1/params": "params",
  "staking/v1beta1/pool": "pool",
  "staking/v1beta1/validators?pagination.limit=300&status=BOND_STATUS_BONDED": "validators",
  [`staking/v1beta1/validators/${validator}`]: "validator",
  [`staking/v1beta1/validators/${validator}/delegations`]: "delegation_responses",
  [`staking/v1beta1/validators/${validator}/unbonding_delegations`]: "unbonding_responses",
  "base/tendermint/v1beta1/blocks/latest": "block",
  "base/tendermint/v1beta1/blocks/1": "block",
  "base/tendermint/v1beta1/node_info": "application_version",
  "base/tendermint/v1beta1/syncing": "syncing",
  "base/tendermint/v1beta1/validatorsets/latest": "validators",
  "base/tendermint/v1beta1/validatorsets/1": "validators",
  "base/node/v1beta1/config": "minimum_gas_price",
  "base/node/v1beta1/status": "height",
  "base/reflection/v1beta1/interfaces": "interface_names",
  "tx/v1beta1/txs?events=message.action='/cosmos.bank.v1beta1.MsgSend'&order_by=ORDER_BY_DESC&pagination.limit=5": "tx_responses",
  "tx/v1beta1/txs?query=tx.height%3E0&order_by=2&limit=5&page=1": "tx_responses",
  "tx/v1beta1/txs?pagination.reverse=true&events=tx.height=1": "tx_responses",
  "mint/v1beta1/inflation": "inflation",
  "mint/v1beta1/params": "params",
  "mint/v1beta1/annual_provisions": "annual_provisions",
  "consensus/v1/params": "params",
  "upgrade/v1beta1/current_plan": "plan",
  "upgrade/v1beta1/module_versions": "module_versions",
  "evidence/v1beta1/evidence": "evidence",
  [`feegrant/v1beta1/allowances/${holder}`]: "allowances",
  [`feegrant/v1beta1/issued/${holder}`]: "allowances",
  [`authz/v1beta1/grants/granter/${holder}`]: "grants",
  [`authz/v1beta1/grants/grantee/${holder}`]: "grants",
});

/** Fields that are null while there is nothing. */
const MAY_BE_NULL = ["plan"];

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
  const [{ address: signer }] = (await rest("/cosmos/slashing/v1beta1/signing_infos")).info;
  const paths = hostPaths({ holder, validator: validatorAddress, signer });
  await call("the paths of the host that explorers and wallets ask", async () => {
    const wrong = [];
    for (const [path, field] of paths) {
      const { status, body } = await ask(`${node.rest}/cosmos/${path}`);
      const fine = status === 200 && field in body && (body[field] !== null || MAY_BE_NULL.includes(field));
      if (!fine) wrong.push(`${status} /cosmos/${path}: ${JSON.stringify(body).slice(0, 120)}`);
    }
    holds(wrong.length === 0, wrong.join("\n"));
    return `${paths.length} paths`;
  });

  await call("a base that ends with a slash, and numbers that name nothing", async () => {
    same((await ask(`${node.rest}//cosmos/bank/v1beta1/supply/by_denom?denom=uente`)).status, 200, "REST");
    same((await ask(`${node.rpc}//status`)).status, 200, "RPC");
    for (const path of ["gov/v1/proposals?proposal_status=99", "gov/v1/proposals?proposal_status=-1", "tx/v1beta1/txs?query=tx.height%3E0&order_by=9"]) same((await ask(`${node.rest}/cosmos/${path}`)).status, 400, path);
    for (const height of [0, -1]) same((await ask(`${node.rest}/cosmos/base/tendermint/v1beta1/validatorsets/${height}`)).status, 404, `validators of height ${height}`);
  });

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
