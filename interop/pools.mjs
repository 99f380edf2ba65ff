// Pools with CosmJS: a swap that pays what its preview says, also by way of a second pool; shares that earn incentives and alliance rewards
// at once; and the way out.

import { GasPrice, SigningStargateClient } from "@cosmjs/stargate";
import { call, holds, refused, same } from "./lib/report.mjs";
import { addresses, direct } from "./lib/keys.mjs";
import { registry, url } from "./lib/pools.mjs";
import { version } from "./lib/versions.mjs";

export const title = `pools (@cosmjs/stargate ${version("@cosmjs/stargate")})`;

const UNIT = 1_000_000n;

export async function run(node) {
  const wallet = await direct(0, 1, 2);
  const [funder, alice, bob] = await addresses(wallet);
  const client = await SigningStargateClient.connectWithSigner(node.rpc, wallet, {
    registry: registry(), gasPrice: GasPrice.fromString("0.025uente"), broadcastPollIntervalMs: 50,
  });
  const rest = async (path) => {
    const answer = await fetch(`${node.rest}${path}`);
    const body = await answer.json();
    holds(answer.ok, `${path}: ${answer.status} ${JSON.stringify(body)}`);
    return body;
  };
  const ask = (path) => rest(`/restake/pools/v1${path}`);
  const send = async (from, name, value) => {
    const done = await client.signAndBroadcast(from, [{ typeUrl: url(name), value }], "auto");
    same(done.code, 0, done.rawLog);
    return done;
  };
  const event = (done, name) => {
    const found = done.events.filter((e) => e.type === `restake.pools.v1.${name}`);
    holds(found.length > 0, `no ${name} among ${done.events.map((e) => e.type)}`);
    return Object.fromEntries(found.at(-1).attributes.map((a) => [a.key, JSON.parse(a.value)]));
  };
  const balance = async (address, denom) => BigInt((await client.getBalance(address, denom)).amount);
  const advance = (...spans) => spans.forEach((span) => node.cli("dev", "advance", span));
  const preview = (pool, amount, denom, out) => ask(`/pools/${pool}/preview_swap?coin_in=${amount}${encodeURIComponent(denom)}&denom_out=${encodeURIComponent(out)}`);
  const validator = node.cli("keys", "show", "dev0", "--bech", "val", "-a").trim();

  let stk, atom;
  await call("four pools with their reserves", async () => {
    const { pools } = await ask("/pools");
    same([pools.length, pools[0].kind, pools[3].kind], [4, "POOL_KIND_STABLE", "POOL_KIND_WEIGHTED"], "pools");
    const denoms = pools.map((pool) => pool.assets.map((asset) => asset.reserve.denom));
    [atom] = denoms[0].filter((denom) => denoms[1].includes(denom));
    [stk] = denoms[0].filter((denom) => denom !== atom);
    return pools.map((pool) => `${pool.lp_denom} ${pool.shares}`).join(", ");
  });

  await call("a swap pays what its preview said, to the unit", async () => {
    const { coin_out: said, fee, price_impact: impact } = await preview(1, 1_000n * UNIT, stk, atom);
    const before = [await balance(alice, stk), await balance(alice, atom)];
    const done = await send(alice, "MsgSwap", { sender: alice, coinIn: { denom: stk, amount: (1_000n * UNIT).toString() }, route: [{ pool: 1n, denomOut: atom }], minOut: said.amount });
    same(event(done, "EventSwapped").coin_out, said, "what was paid");
    same([(before[0] - (await balance(alice, stk))).toString(), ((await balance(alice, atom)) - before[1]).toString()], [(1_000n * UNIT).toString(), said.amount], "what moved");
    return `${said.amount} uatom, fee ${fee.amount}, impact ${impact}`;
  });
  await call("less than asked for: refused, nothing taken", async () => {
    const { coin_out: said } = await preview(1, UNIT, stk, atom);
    return refused(() => send(alice, "MsgSwap", { sender: alice, coinIn: { denom: stk, amount: UNIT.toString() }, route: [{ pool: 1n, denomOut: atom }], minOut: (BigInt(said.amount) + 1n).toString() }), /is asked for|less|minimum/);
  });
  await call("two hops in one message: stkATOM to ENTE by way of ATOM, as the two previews say", async () => {
    const first = await preview(1, 100n * UNIT, stk, atom);
    const second = await preview(4, first.coin_out.amount, atom, "uente");
    const done = await send(alice, "MsgSwap", { sender: alice, coinIn: { denom: stk, amount: (100n * UNIT).toString() }, route: [{ pool: 1n, denomOut: atom }, { pool: 4n, denomOut: "uente" }], minOut: "1" });
    same(event(done, "EventSwapped").coin_out, second.coin_out, "what was paid");
    return `${second.coin_out.amount} uente`;
  });

  let shares;
  await call("a join with one coin gives shares", async () => {
    const done = await send(alice, "MsgJoinPool", { sender: alice, pool: 1n, coins: [{ denom: stk, amount: (2_000n * UNIT).toString() }], minSharesOut: "1" });
    shares = await balance(alice, "lp/1");
    same(event(done, "EventJoined").shares, { denom: "lp/1", amount: shares.toString() }, "shares");
    return `${shares} lp/1`;
  });
  await call("incentives of ten days are funded", async () => {
    const done = await send(funder, "MsgFundIncentive", { funder, pool: 1n, amount: { denom: "uente", amount: (1_000n * UNIT).toString() }, period: 864_000 });
    const { incentive } = event(done, "EventIncentiveFunded");
    const { incentives } = await ask("/pools/1/incentives");
    same(incentives.map((one) => [one.id, one.amount.amount]), [[incentive, (1_000n * UNIT).toString()]], "incentives");
  });
  await call("the shares are staked with a validator: a stake of an alliance by the same record", async () => {
    await send(alice, "MsgStakeShares", { owner: alice, pool: 1n, shares: shares.toString(), validator });
    same(await balance(alice, "lp/1"), 0n, "shares in the wallet");
    const { positions } = await ask(`/positions/${alice}`);
    same(positions.map((one) => [one.validator, one.shares]), [[validator, shares.toString()]], "positions");
    // The pool's account is who delegates, for all that stake with this validator.
    const { delegations } = await rest("/terra/alliances/delegations");
    same(delegations.filter((one) => one.balance.denom === "lp/1").map((one) => [one.delegation.validator_address, one.balance.amount]), [[validator, shares.toString()]], "the delegations that Alliance shows");
  });
  await call("a day later both rewards are there: a tenth of the incentives, and those of the alliance", async () => {
    advance("1d");
    const { owed } = (await ask(`/positions/${alice}`)).positions[0];
    same(owed.map((coin) => coin.denom), ["uente"], "owed");
    const before = await balance(alice, "uente");
    const done = await send(alice, "MsgClaimIncentives", { owner: alice, pool: 1n, validator });
    const claimed = done.events.find((e) => e.type === "alliance.alliance.ClaimAllianceRewardsEvent");
    holds(claimed !== undefined, `no claim of alliance rewards among ${done.events.map((e) => e.type)}`);
    const allied = JSON.parse(claimed.attributes.find((a) => a.key === "coins").value);
    const { paid } = event(done, "EventIncentivesClaimed");
    const uente = (coins) => BigInt(coins.find((coin) => coin.denom === "uente").amount);
    const incentives = uente(paid) - uente(allied);
    const tenth = 100n * UNIT;
    holds(incentives >= tenth && incentives < tenth + tenth / 100n, `${incentives} of incentives were paid`);
    holds(uente(allied) > 0n && uente(paid) >= uente(owed), `owed ${uente(owed)}, paid ${uente(paid)}, of the alliance ${uente(allied)}`);
    const fee = BigInt(done.events.find((e) => e.type === "tx").attributes.find((a) => a.key === "fee").value.replace("uente", ""));
    same(((await balance(alice, "uente")) - before + fee).toString(), uente(paid).toString(), "came into the wallet");
    return `${incentives} uente of incentives, ${uente(allied)} of the alliance`;
  });
  await call("unstaked shares are back after the unbonding time, by themselves", async () => {
    await send(alice, "MsgUnstakeShares", { owner: alice, pool: 1n, shares: shares.toString(), validator });
    same(await balance(alice, "lp/1"), 0n, "shares in the wallet before");
    advance("504h", "1m");
    same((await balance(alice, "lp/1")).toString(), shares.toString(), "shares in the wallet");
  });
  await call("an exit gives the part of every reserve, at once", async () => {
    const { pool } = await ask("/pools/1");
    const part = (denom) => (BigInt(pool.assets.find((asset) => asset.reserve.denom === denom).reserve.amount) * shares) / BigInt(pool.shares);
    const done = await send(alice, "MsgExitPool", { sender: alice, pool: 1n, shares: shares.toString(), minCoinsOut: [{ denom: stk, amount: part(stk).toString() }] });
    const { coins } = event(done, "EventExited");
    for (const denom of [stk, atom]) same(coins.find((coin) => coin.denom === denom).amount, part(denom).toString(), denom);
    return coins.map((coin) => `${coin.amount} ${coin.denom.slice(0, 8)}`).join(", ");
  });
  await call("staked without a validator, shares earn incentives only and are back at once", async () => {
    const joined = event(await send(bob, "MsgJoinPool", { sender: bob, pool: 2n, coins: [{ denom: atom, amount: (1_000n * UNIT).toString() }], minSharesOut: "1" }), "EventJoined").shares.amount;
    await send(bob, "MsgStakeShares", { owner: bob, pool: 2n, shares: joined });
    await send(bob, "MsgUnstakeShares", { owner: bob, pool: 2n, shares: joined });
    same((await balance(bob, "lp/2")).toString(), joined, "shares in the wallet");
  });
  await call("all invariants hold", async () => {
    const said = node.cli("query", "invariants", "--node", node.rpc, "-o", "json");
    same(JSON.parse(said).broken, [], "broken invariants");
  });
  client.disconnect();
}
