// A node that asks for gas prices and keeps few heights: what waits, in which order, at which price, and how far back one can ask.

import { SigningStargateClient, coins } from "@cosmjs/stargate";
import { MsgSend } from "cosmjs-types/cosmos/bank/v1beta1/tx";
import { TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import { call, holds, same } from "./lib/report.mjs";
import { addresses, direct } from "./lib/keys.mjs";
import { ask, get, post } from "./lib/http.mjs";
import { version } from "./lib/versions.mjs";

export const title = `prices, order and history (@cosmjs/stargate ${version("@cosmjs/stargate")})`;

/** A block every two seconds, so that transactions wait. */
export const args = ["--ephemeral", "--block-time", "2s", "--minimum-gas-prices", "0.025uente", "--recent-heights", "4"];

const GAS = 100_000;

export async function run(node) {
  const wallet = await direct(0, 1, 2);
  const [alice, bob, carol] = await addresses(wallet);
  const client = await SigningStargateClient.connectWithSigner(node.rpc, wallet);
  const sequences = new Map();
  const signed = async (from, fee, ahead = 0, amount = 1) => {
    const { accountNumber, sequence } = await client.getSequence(from);
    sequences.set(from, sequence);
    const message = { typeUrl: MsgSend.typeUrl, value: MsgSend.fromPartial({ fromAddress: from, toAddress: carol, amount: coins(amount, "uente") }) };
    const tx = await client.sign(from, [message], { amount: coins(fee, "uente"), gas: String(GAS) }, "", { accountNumber, sequence: sequence + ahead, chainId: "entente-dev-1" });
    return Buffer.from(TxRaw.encode(tx).finish()).toString("base64");
  };
  const submit = async (tx) => (await post(`${node.rest}/cosmos/tx/v1beta1/txs`, { tx_bytes: tx, mode: "BROADCAST_MODE_SYNC" })).body.tx_response;
  const height = async () => Number((await get(`${node.rpc}/status`)).result.sync_info.latest_block_height);
  const nextBlock = async (from) => {
    while ((await height()) <= from) await new Promise((resolve) => setTimeout(resolve, 50));
    return await height();
  };
  await call("the price is told", async () => {
    const { minimum_gas_price: price } = await get(`${node.rest}/cosmos/base/node/v1beta1/config`);
    same(price, "0.025uente", "price");
  });
  await call("less than the price is refused with code 13, the price itself is enough", async () => {
    const refused = await submit(await signed(alice, 2_499));
    same([refused.code, refused.codespace, refused.raw_log], [13, "sdk", "insufficient fees; got: 2499uente required: 2500uente: insufficient fee"], "refusal");
    const { result } = await get(`${node.rpc}/check_tx?tx=0x${Buffer.from(await signed(alice, 0), "base64").toString("hex")}`);
    same(result.code, 13, "check_tx");
    const taken = await submit(await signed(alice, 2_500));
    same(taken.code, 0, taken.raw_log);
    await nextBlock(await height());
  });
  await call("the better price goes first, and nobody overtakes himself", async () => {
    const start = await nextBlock(await height());
    const plan = [[alice, 3_000, 0, 11], [alice, 90_000, 1, 12], [bob, 6_000, 0, 13]];
    for (const [from, fee, ahead, amount] of plan) {
      const taken = await submit(await signed(from, fee, ahead, amount));
      same(taken.code, 0, taken.raw_log);
    }
    const { result: waiting } = await get(`${node.rpc}/unconfirmed_txs?limit=10`);
    same([waiting.n_txs, waiting.total], ["3", "3"], "waiting");
    const at = await nextBlock(start);
    const { txs } = await get(`${node.rest}/cosmos/tx/v1beta1/txs/block/${at}`);
    same(txs.map((tx) => tx.body.messages[0].amount[0].amount), ["13", "11", "12"], `order in block ${at}`);
    return `block ${at}`;
  });
  await call("a tenth more replaces what waits, less is refused", async () => {
    const start = await nextBlock(await height());
    same((await submit(await signed(bob, 10_000, 0, 21))).code, 0, "first");
    const little = await submit(await signed(bob, 10_500, 0, 22));
    same([little.code, little.codespace], [32, "sdk"], little.raw_log);
    const more = await submit(await signed(bob, 11_000, 0, 23));
    same(more.code, 0, more.raw_log);
    const at = await nextBlock(start);
    const { txs } = await get(`${node.rest}/cosmos/tx/v1beta1/txs/block/${at}`);
    same(txs.map((tx) => tx.body.messages[0].amount[0].amount), ["23"], "in the block");
  });
  await call("the last four heights can be asked for, over REST and ABCI, and no older one", async () => {
    let latest = await height();
    while (latest < 8) latest = await nextBlock(latest);
    const path = `${node.rest}/cosmos/bank/v1beta1/supply/by_denom?denom=uente`;
    const amounts = [];
    for (const at of [latest - 2, latest]) {
      const { status, headers, body } = await ask(path, { headers: { "x-cosmos-block-height": String(at) } });
      same([status, headers.get("grpc-metadata-x-cosmos-block-height")], [200, String(at)], `at ${at}: ${JSON.stringify(body)}`);
      amounts.push(BigInt(body.amount.amount));
    }
    holds(amounts[1] > amounts[0], `supply ${amounts}: inflation did not show`);
    const old = await ask(path, { headers: { "x-cosmos-block-height": "2" } });
    same([old.status, old.body.code], [400, 3], JSON.stringify(old.body));
    const { result } = await get(`${node.rpc}/abci_query?path=%22/cosmos.bank.v1beta1.Query/Params%22&height=2`);
    holds(result.response.code !== 0, "abci_query answered");
    return old.body.message.slice(0, 90);
  });
  client.disconnect();
}
