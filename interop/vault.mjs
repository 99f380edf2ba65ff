// A basket vault with CosmJS: any staking token of the family in, one share out, shares to a friend, who leaves and gets every token in
// kind; then a run, in which the first and the last get the same; then a slash, of which every holder bears the same fraction.

import { GasPrice, SigningStargateClient } from "@cosmjs/stargate";
import { call, holds, refused, same } from "./lib/report.mjs";
import { addresses, direct } from "./lib/keys.mjs";
import { registry, url } from "./lib/vault.mjs";
import { version } from "./lib/versions.mjs";

/** Four validators, so that one can be slashed. */
export const args = ["--ephemeral", "--validators", "4"];

export const title = `a basket vault (@cosmjs/stargate ${version("@cosmjs/stargate")})`;

const LRT = "lrt/1";
const UNIT = 1_000_000n;

export async function run(node) {
  const wallet = await direct(1, 2, 3, 4, 5);
  const [alice, bob, carol, friend, bidder] = await addresses(wallet);
  const client = await SigningStargateClient.connectWithSigner(node.rpc, wallet, {
    registry: registry(), gasPrice: GasPrice.fromString("0.025uente"), broadcastPollIntervalMs: 50,
  });
  const rest = async (path, height) => {
    const answer = await fetch(`${node.rest}${path}`, height ? { headers: { "x-cosmos-block-height": String(height) } } : {});
    const body = await answer.json();
    holds(answer.ok, `${path}: ${answer.status} ${JSON.stringify(body)}`);
    return body;
  };
  const ask = (path) => rest(`/restake/vault/v1/vaults/1${path}`);
  const send = async (from, name, value) => {
    const done = await client.signAndBroadcast(from, [{ typeUrl: url(name), value }], "auto");
    same(done.code, 0, done.rawLog);
    return done;
  };
  const balance = async (address, denom) => BigInt((await client.getBalance(address, denom)).amount);
  const shares = (address) => balance(address, LRT);
  // What is due is done at the begin and at the end of blocks: some of it only in the second.
  const advance = (...spans) => spans.forEach((span) => node.cli("dev", "advance", span));
  const event = (done, name) => {
    const found = done.events.find((e) => e.type === `restake.vault.v1.${name}`);
    holds(found !== undefined, `no ${name} among ${done.events.map((e) => e.type)}`);
    return Object.fromEntries(found.attributes.map((a) => [a.key, JSON.parse(a.value)]));
  };
  const deposit = (who, denom, amount, minSharesOut = "1") =>
    send(who, "MsgDeposit", { depositor: who, vault: 1n, coin: { denom, amount: amount.toString() }, minSharesOut });

  let denoms;
  await call("the vault, its three tokens and their targets", async () => {
    const { vault } = await ask("");
    denoms = vault.assets.map((asset) => asset.denom);
    same([denoms.length, vault.lrt_denom, vault.underlying], [3, LRT, "ATOM"], "the vault");
    return vault.assets.map((asset) => asset.target.slice(0, 4)).join(" ");
  });
  const [stk, st, q] = denoms;

  await call("a deposit of stATOM gives shares, as the preview said", async () => {
    const amount = 10_000n * UNIT;
    const preview = await ask(`/preview_deposit?coin=${amount}${encodeURIComponent(st)}`);
    same(preview.refusal, "", "refusal");
    const before = await balance(alice, st);
    const done = event(await deposit(alice, st, amount), "EventDeposited");
    same(before - (await balance(alice, st)), amount, "left the wallet");
    same((await shares(alice)).toString(), done.user, "shares in the wallet");
    const apart = BigInt(preview.shares.amount) - BigInt(done.user);
    holds((apart < 0n ? -apart : apart) * 10_000n < BigInt(done.user), `the preview said ${preview.shares.amount}, it were ${done.user}`);
    return `${done.user} ${LRT}`;
  });
  await call("more of the same pays for imbalance, another token is paid for restoring it", async () => {
    const fee = await ask(`/preview_deposit?coin=${1_000n * UNIT}${encodeURIComponent(st)}`);
    holds(BigInt(fee.fee) > 0n && BigInt(fee.bonus) === 0n, JSON.stringify(fee));
    await deposit(alice, st, 1_000n * UNIT);
    const bonus = event(await deposit(bob, stk, 11_000n * UNIT), "EventDeposited");
    holds(BigInt(bonus.bonus) > 0n && BigInt(bonus.fee) === 0n, JSON.stringify(bonus));
    await deposit(carol, q, 8_000n * UNIT);
    return `fee ${fee.fee}, bonus ${bonus.bonus}`;
  });
  await call("fewer shares than asked for: refused, nothing taken", () => refused(() => deposit(alice, st, UNIT, (10n ** 30n).toString()), /fewer shares than asked for/));
  await call("the composition against the targets", async () => {
    const { nav, components } = await ask("/composition");
    const sum = components.reduce((all, one) => all + BigInt(one.value), 0n);
    same(sum.toString(), nav, "the values add up");
    return components.map((one) => `${(100 * Number(one.part)).toFixed(1)} of ${(100 * Number(one.target)).toFixed(0)} %`).join(", ");
  });

  let rate;
  const rateOf = async (denom) => Number((await ask("/composition")).components.find((one) => one.denom === denom).rate);
  await call("shares are locked for rewards; the epoch ends; the tokens are staked", async () => {
    rate = await rateOf(st);
    await send(alice, "MsgGaugeLock", { owner: alice, vault: 1n, shares: ((await shares(alice)) / 2n).toString() });
    advance("25h", "1m");
    const { components } = await ask("/composition");
    const places = components.find((one) => one.denom === stk).holding.alliance;
    const sum = places.reduce((all, place) => all + BigInt(place.amount), 0n);
    holds(places.length === 4 && sum > 10_500n * UNIT, JSON.stringify(places));
    return places.map((place) => `${place.amount} with ${place.validator.slice(-6)}`).join(", ");
  });
  await call("rewards by layer: the rates of the tokens, and alliance rewards in the gauge", async () => {
    advance("25h", "12h");
    const grown = await rateOf(st);
    holds(grown > rate, `the rate of stATOM was ${rate} and is ${grown}`);
    const { lock } = await ask(`/gauge/${alice}`);
    const owed = lock.owed.find((coin) => coin.denom === "uente");
    holds(owed !== undefined && BigInt(owed.amount) > 0n, `owed ${JSON.stringify(lock.owed)}`);
    const before = await balance(alice, "uente");
    const done = await send(alice, "MsgGaugeClaim", { owner: alice, vault: 1n });
    holds((await balance(alice, "uente")) > before - 1_000_000n, done.rawLog);
    return `stATOM is worth ${((grown / rate - 1) * 1e6).toFixed(0)} millionths more, ${owed.amount} uente are owed`;
  });
  await call("rewards for sale: what a bid pays drips into the vault", async () => {
    // Only an asset whose rate is fresh is wanted: the epoch must not end in a leap of a day.
    advance(...Array(6).fill("5h"));
    const { lots } = await ask("/lots");
    same(lots.length, 1, "lots");
    const { lot, price: now } = lots[0];
    const done = event(await send(bidder, "MsgBidAuction", { bidder, lot: BigInt(lot.id), maxIn: now }), "EventLotSold");
    same(done.bought, lot.sold, "bought");
    const { holding } = (await ask("/composition")).components.find((one) => one.denom === lot.wanted_denom);
    holds(BigInt(holding.undripped) >= BigInt(done.paid.amount), `undripped ${holding.undripped}, paid ${done.paid.amount}`);
    same((await ask("/lots")).lots.length, 0, "lots after the bid");
    const { rows } = await ask("/ledger");
    const [of_sold, of_st] = [done.bought.denom, st].map((denom) => rows.find((row) => row.denom === denom));
    same(of_sold.sold, done.bought.amount, "sold, in the ledger");
    holds(BigInt(of_st.grown) > 0n && BigInt(of_sold.claimed) > BigInt(of_sold.sold), JSON.stringify([of_sold, of_st]));
    return `${done.bought.amount} ${done.bought.denom} for ${done.paid.amount} ${lot.wanted_denom.slice(0, 8)}`;
  });

  let part;
  await call("shares are a coin: half of Bob's go to a friend", async () => {
    part = (await shares(bob)) / 2n;
    const sent = await client.sendTokens(bob, friend, [{ denom: LRT, amount: part.toString() }], "auto");
    same(sent.code, 0, sent.rawLog);
    same(await shares(friend), part, "the friend's shares");
  });
  let batch;
  await call("the friend asks to leave; the batch closes when the epoch ends", async () => {
    const preview = await ask(`/preview_exit?shares=${part}`);
    same(preview.coins.length, 3, "a part of every token");
    batch = event(await send(friend, "MsgRequestExit", { owner: friend, vault: 1n, shares: part.toString() }), "EventExitRequested").batch;
    same(await shares(friend), 0n, "shares in the wallet");
    await refused(() => send(friend, "MsgClaimExit", { owner: friend, vault: 1n, batch: BigInt(batch) }), /not due/);
    advance("25h", "1m");
    const { batch: closed } = await ask(`/batches/${batch}`);
    same(closed.status, "BATCH_STATUS_CLOSED", "status");
    const { claims } = await rest(`/restake/vault/v1/claims/${friend}`);
    same([claims.length, claims[0].shares], [1, part.toString()], "claims");
    return `batch ${batch}, due ${closed.mature_at}`;
  });
  await call("three weeks later every token arrives in kind, by itself", async () => {
    const { batch: closed } = await ask(`/batches/${batch}`);
    const before = await Promise.all(denoms.map((denom) => balance(friend, denom)));
    advance("504h", "1m", "1m");
    const after = await Promise.all(denoms.map((denom) => balance(friend, denom)));
    const got = denoms.map((denom, i) => [denom, (after[i] - before[i]).toString()]).sort();
    same(got, closed.amounts.map((coin) => [coin.denom, coin.amount]).sort(), "what arrived");
    return got.map(([denom, amount]) => `${amount} ${denom.slice(0, 8)}`).join(", ");
  });

  await call("a run: six tenths of all shares in one epoch; the first and the last get the same, to the unit", async () => {
    await send(alice, "MsgGaugeUnlock", { owner: alice, vault: 1n, shares: (await ask(`/gauge/${alice}`)).lock.shares });
    const all = BigInt((await ask("")).vault.shares);
    const [b, c] = [await shares(bob), await shares(carol)];
    const each = b < c ? b : c;
    const leave = (who, amount) => send(who, "MsgRequestExit", { owner: who, vault: 1n, shares: amount.toString() });
    await leave(bob, each);
    const rest = (all * 6n) / 10n - 2n * each;
    holds(rest > 0n && rest <= (await shares(alice)), `${rest} of Alice's ${await shares(alice)} shares would make a run`);
    await leave(alice, rest);
    await leave(carol, each);
    const held = (who) => Promise.all(denoms.map((denom) => balance(who, denom)));
    const [first, last] = [await held(bob), await held(carol)];
    advance("25h", "1m", "504h", "1m", "1m");
    const [firstAfter, lastAfter] = [await held(bob), await held(carol)];
    const got = (before, after) => after.map((amount, i) => (amount - before[i]).toString());
    same(got(first, firstAfter), got(last, lastAfter), "the first and the last");
    holds(got(first, firstAfter).every((amount) => BigInt(amount) > 0n), "nothing arrived");
    return got(first, firstAfter).join(", ");
  });

  // One leaves the day before; two stay, with different numbers of shares; the validator of the fourth account signs twice.
  const validator = node.cli("keys", "show", "dev3", "--bech", "val", "-a").trim();
  let slashed;
  await call("a validator that holds the vault's stake signs twice: it is slashed, jailed, and barred for ever", async () => {
    await deposit(carol, stk, 300n * UNIT);
    await deposit(bob, stk, 100n * UNIT);
    const early = event(await send(bob, "MsgRequestExit", { owner: bob, vault: 1n, shares: (await shares(bob)).toString() }), "EventExitRequested").batch;
    advance("25h", "1m");
    const fault = JSON.parse(node.cli("dev", "fault", "dev3", "--double-sign"));
    // Both at their heights: rewards drip into the vault with every block.
    const seen = async (height) => {
      const at = (path) => rest(path, height);
      const vault = "/restake/vault/v1/vaults/1";
      const { holding } = (await at(`${vault}/composition`)).components.find((one) => one.denom === stk);
      const preview = async (own) => BigInt((await at(`${vault}/preview_exit?shares=${own}`)).coins.find((coin) => coin.denom === stk).amount);
      return {
        stake: BigInt(holding.alliance.find((place) => place.validator === validator).amount),
        active: BigInt(holding.active),
        tokens: BigInt((await at(`/cosmos/staking/v1beta1/validators/${validator}`)).validator.tokens),
        parts: await Promise.all(held.map(preview)),
        batch: (await at(`${vault}/batches/${early}`)).batch.amounts,
      };
    };
    const held = [await shares(alice), await shares(carol)];
    const [before, after] = [await seen(Number(fault.height) - 1), await seen(fault.height)];
    slashed = { before, after, held };
    same((before.tokens - after.tokens).toString(), ((before.tokens / UNIT) * UNIT / 20n).toString(), "native stake lost");
    const { evidence } = await rest("/cosmos/evidence/v1beta1/evidence");
    same(evidence.map((one) => one.consensus_address), [fault.consensus_address], "evidence");
    const { val_signing_info: info } = await rest(`/cosmos/slashing/v1beta1/signing_infos/${fault.consensus_address}`);
    same(info.tombstoned, true, "tombstoned");
    same((await rest(`/cosmos/staking/v1beta1/validators/${validator}`)).validator.jailed, true, "jailed");
    const { block } = (await rest(`/cosmos/base/tendermint/v1beta1/blocks/${fault.height}`));
    same(block.evidence.evidence.length, 1, "proofs in the block");
    return `at ${fault.height}, ${before.tokens - after.tokens} uente of its stake`;
  });
  await call("the vault lost a twentieth of what lay there, and every holder the same fraction of it, to the unit", async () => {
    const { before, after, held } = slashed;
    const lost = before.stake - after.stake;
    const apart = lost * 20n - before.stake;
    holds((apart < 0n ? -apart : apart) <= 20n, `${lost} of ${before.stake} were lost`);
    const all = BigInt((await ask("")).vault.shares);
    held.forEach((own, i) => {
      // The holder's part by shares; both amounts were rounded to units, before and after.
      const wanted = ((before.active - after.active) * own) / all;
      const found = before.parts[i] - after.parts[i];
      holds(found - wanted <= 1n && wanted - found <= 1n, `holder ${i} lost ${found}, the part of the loss is ${wanted}`);
    });
    return `${lost} of ${before.stake}; ${before.parts.map((part, i) => `${part - after.parts[i]} of ${part}`).join(", ")}`;
  });
  await call("who had left before bears nothing", () => same(slashed.after.batch, slashed.before.batch, "the amounts of the closed batch"));
  await call("exits in kind afterwards: equal shares get the same, to the unit", async () => {
    const [a, c] = [await shares(alice), await shares(carol)];
    const each = a < c ? a : c;
    for (const who of [alice, carol]) await send(who, "MsgRequestExit", { owner: who, vault: 1n, shares: each.toString() });
    const held = (who) => Promise.all(denoms.map((denom) => balance(who, denom)));
    const before = [await held(alice), await held(carol)];
    advance("25h", "1m", "504h", "1m", "1m");
    const got = (await Promise.all([held(alice), held(carol)])).map((now, i) => now.map((amount, j) => (amount - before[i][j]).toString()));
    same(got[0], got[1], "what the two got");
    holds(got[0].every((amount) => BigInt(amount) > 0n), "nothing arrived");
    return got[0].join(", ");
  });
  await call("all invariants hold", async () => {
    const said = node.cli("query", "invariants", "--node", node.rpc, "-o", "json");
    same(JSON.parse(said).broken, [], "broken invariants");
  });
  client.disconnect();
}
