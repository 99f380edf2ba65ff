// CometBFT's RPC as indexers and bots use it: websocket subscriptions with queries, batches, searches with order and pages, waiting for a
// transaction.

import { createRequire } from "node:module";
import { HttpBatchClient, Comet38Client } from "@cosmjs/tendermint-rpc";
import { SigningStargateClient, coins } from "@cosmjs/stargate";
import { MsgSend } from "cosmjs-types/cosmos/bank/v1beta1/tx";
import { TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import { call, holds, same } from "./lib/report.mjs";
import { addresses, direct } from "./lib/keys.mjs";
import { get, post } from "./lib/http.mjs";
import { version } from "./lib/versions.mjs";

const WebSocket = createRequire(import.meta.url)("ws");

export const title = `CometBFT's RPC (@cosmjs/tendermint-rpc ${version("@cosmjs/tendermint-rpc")}, ws ${version("ws")})`;

/** A websocket whose messages are kept in order. */
async function socket(url) {
  const ws = new WebSocket(url);
  const kept = [];
  let wake = () => {};
  ws.on("message", (text) => {
    kept.push(JSON.parse(text));
    wake();
  });
  await new Promise((resolve, reject) => ws.on("open", resolve).on("error", reject));
  let id = 0;
  const take = async (fits, ms = 8_000) => {
    const deadline = Date.now() + ms;
    for (;;) {
      const at = kept.findIndex(fits);
      if (at >= 0) return kept.splice(at, 1)[0];
      holds(Date.now() < deadline, `nothing came; there is ${JSON.stringify(kept).slice(0, 300)}`);
      await Promise.race([new Promise((resolve) => (wake = resolve)), new Promise((resolve) => setTimeout(resolve, 100))]);
    }
  };
  const ask = async (method, params) => {
    id += 1;
    const own = id;
    ws.send(JSON.stringify({ jsonrpc: "2.0", id: own, method, params }));
    return await take((m) => m.id === own && (m.error || JSON.stringify(m.result) === "{}" || method !== "subscribe"));
  };
  return { ask, take, kept, close: () => ws.close(), send: (text) => ws.send(text) };
}

export async function run(node) {
  const wallet = await direct(0, 1);
  const [alice, bob] = await addresses(wallet);
  const client = await SigningStargateClient.connectWithSigner(node.rpc, wallet, { broadcastPollIntervalMs: 50 });
  const fee = { amount: coins(5_000, "uente"), gas: "200000" };
  const send = async (from, to, amount = 1) => await client.sendTokens(from, to, coins(amount, "uente"), fee);
  const comet = await Comet38Client.connect(node.rpc);

  await call("subscriptions hear what their queries ask for, under the text that was subscribed", async () => {
    const ws = await socket(`${node.rpc.replace("http", "ws")}/websocket`);
    const wanted = `tm.event = 'Tx' AND transfer.recipient  =  '${bob}'`;
    same((await ws.ask("subscribe", { query: wanted })).result, {}, "subscribe");
    same((await ws.ask("subscribe", { query: "tm.event='NewBlock'" })).result, {}, "subscribe");
    same((await ws.ask("subscribe", { query: "tm.event='NewBlockHeader' AND block.height > 99999999" })).error?.code ?? 0, 0, "subscribe");
    holds((await ws.ask("subscribe", { query: wanted })).error.data.includes("already subscribed"), "twice");
    holds((await ws.ask("subscribe", { query: "nonsense" })).error.data.includes("failed to parse query"), "nonsense");
    await send(bob, alice);
    const done = await send(alice, bob, 5);
    const { result } = await ws.take((m) => m.result?.query === wanted);
    same([result.data.type, result.events["tx.hash"], result.data.value.TxResult.height], ["tendermint/event/Tx", [done.transactionHash], String(done.height)], "event");
    same(ws.kept.filter((m) => m.result?.query === wanted).length, 0, "the other direction was not asked for");
    const block = await ws.take((m) => m.result?.query === "tm.event='NewBlock'" && m.result.data.value.block.header.height === String(done.height));
    same(block.result.data.value.block.data.txs.length, 1, "transactions of the block");
    same((await ws.ask("unsubscribe", { query: wanted })).result, {}, "unsubscribe");
    same((await ws.ask("unsubscribe_all", {})).result, {}, "unsubscribe_all");
    ws.kept.length = 0;
    await send(alice, bob);
    await new Promise((resolve) => setTimeout(resolve, 200));
    same(ws.kept.length, 0, "heard after unsubscribe_all");
    same((await ws.ask("status", {})).result.node_info.network, "entente-dev-1", "other methods on the same socket");
    ws.close();
    return `block ${done.height}`;
  });
  await call("a batch is answered in order, by CosmJS and by hand", async () => {
    const batch = new HttpBatchClient(node.rpc, { dispatchInterval: 20 });
    const many = await Comet38Client.create(batch);
    const [status, health, first] = await Promise.all([many.status(), many.health(), many.block(1)]);
    same([status.nodeInfo.network, health, first.block.header.height], ["entente-dev-1", null, 1], "answers");
    const raw = await post(node.rpc, [{ jsonrpc: "2.0", id: "x", method: "health" }, { jsonrpc: "2.0", id: 9, method: "block", params: { height: "99999999" } }]);
    same(raw.body.map((a) => [a.id, a.error?.code ?? 0]), [["x", 0], [9, -32603]], "answers by hand");
  });
  await call("broadcast_tx_commit waits for the block", async () => {
    const message = { typeUrl: MsgSend.typeUrl, value: MsgSend.fromPartial({ fromAddress: alice, toAddress: bob, amount: coins(3, "uente") }) };
    const tx = TxRaw.encode(await client.sign(alice, [message], fee, "")).finish();
    const checked = (await post(node.rpc, { jsonrpc: "2.0", id: 1, method: "check_tx", params: { tx: Buffer.from(tx).toString("base64") } })).body.result;
    same(checked.code, 0, checked.log);
    const done = await comet.broadcastTxCommit({ tx });
    same([done.checkTx.code, done.txResult.code], [0, 0], "codes");
    holds(done.height > 1, "no height");
    return `height ${done.height}`;
  });
  await call("searches: order, pages, conditions", async () => {
    for (let i = 0; i < 5; i += 1) await send(alice, bob, i + 1);
    const query = `message.sender='${alice}'`;
    const heights = async (order_by, page, per_page) => (await get(`${node.rpc}/tx_search?query=${encodeURIComponent(`"${query}"`)}&order_by="${order_by}"&page=${page}&per_page=${per_page}`)).result;
    const all = await heights("asc", 1, 100);
    const up = all.txs.map((t) => Number(t.height));
    same([String(up.length), up], [all.total_count, [...up].sort((a, b) => a - b)], "ascending");
    same((await heights("desc", 1, 100)).txs.map((t) => Number(t.height)), [...up].reverse(), "descending");
    same([...(await heights("asc", 1, 3)).txs, ...(await heights("asc", 2, 3)).txs].map((t) => Number(t.height)), up.slice(0, 6), "pages");
    const some = await comet.txSearch({ query: `tx.height > ${up[0]} AND tx.height <= ${up[3]} AND transfer.amount = '2uente'` });
    holds(some.txs.every((t) => t.height > up[0] && t.height <= up[3]), "conditions");
    const { blocks } = (await get(`${node.rpc}/block_search?query=${encodeURIComponent('"block.height >= 2 AND block.height < 5"')}&order_by="desc"`)).result;
    same(blocks.map((b) => b.block.header.height), ["4", "3", "2"], "blocks, the newest first");
    same((await comet.blockSearchAll({ query: "block.height >= 2 AND block.height < 5" })).blocks.length, 3, "blocks for CosmJS");
    return `${all.total_count} transactions`;
  });
  await call("block_results, genesis_chunked, validators, commit, tx with proof", async () => {
    const { txs } = await comet.txSearch({ query: "tx.height > 1", per_page: 1 });
    const results = await comet.blockResults(txs[0].height);
    same(results.results.length >= 1, true, "results");
    const chunk = (await get(`${node.rpc}/genesis_chunked?chunk=0`)).result;
    const genesis = JSON.parse(Buffer.from(chunk.data, "base64"));
    same([genesis.chain_id, (await comet.genesis()).chainId], ["entente-dev-1", "entente-dev-1"], "genesis");
    const proven = await comet.tx({ hash: txs[0].hash, prove: true });
    holds(proven.proof !== undefined, "no proof");
    const validators = await comet.validatorsAll(txs[0].height);
    same(validators.validators.length, validators.total, "validators");
    const { commit, header } = await comet.commit(txs[0].height);
    same([header.height, commit.signatures.length], [txs[0].height, validators.total], "commit");
  });
  comet.disconnect();
  client.disconnect();
}
