// @cosmjs/stargate as a wallet uses it: connect, read, send, delegate, meet errors, search, subscribe.

import { stringToPath } from "@cosmjs/crypto";
import { DirectSecp256k1HdWallet } from "@cosmjs/proto-signing";
import { GasPrice, SigningStargateClient, StargateClient, coins, setupDistributionExtension, setupGovExtension, setupMintExtension, setupStakingExtension, QueryClient, setupBankExtension } from "@cosmjs/stargate";
import { Comet38Client } from "@cosmjs/tendermint-rpc";
import { call, holds, refused, same } from "./lib/report.mjs";
import { MNEMONIC } from "./lib/node.mjs";
import { version } from "./lib/versions.mjs";

export const title = `@cosmjs/stargate ${version("@cosmjs/stargate")}`;

export async function run(node) {
  const paths = [0, 1].map((i) => stringToPath(`m/44'/118'/0'/0/${i}`));
  const wallet = await DirectSecp256k1HdWallet.fromMnemonic(MNEMONIC, { prefix: "entente", hdPaths: paths });
  const [alice, bob] = (await wallet.getAccounts()).map((a) => a.address);
  const client = await SigningStargateClient.connectWithSigner(node.rpc, wallet, { gasPrice: GasPrice.fromString("0.025uente"), broadcastPollIntervalMs: 50 });
  const comet = await Comet38Client.connect(node.rpc);
  const query = QueryClient.withExtensions(comet, setupBankExtension, setupStakingExtension, setupDistributionExtension, setupGovExtension, setupMintExtension);

  await call("getChainId", async () => {
    same(await client.getChainId(), "entente-dev-1", "chain id");
    return "entente-dev-1";
  });
  await call("getAllBalances", async () => {
    const all = await client.getAllBalances(alice);
    holds(all.some((c) => c.denom === "uente") && all.filter((c) => c.denom.startsWith("ibc/")).length >= 3, `balances ${JSON.stringify(all)}`);
    return `${all.length} coins`;
  });
  await call("sendTokens", async () => {
    const before = BigInt((await client.getBalance(bob, "uente")).amount);
    const sent = await client.sendTokens(alice, bob, coins(12_345, "uente"), "auto", "hello");
    same(sent.code, 0, sent.rawLog);
    const after = BigInt((await client.getBalance(bob, "uente")).amount);
    same(after - before, 12_345n, "received");
    return `height ${sent.height}, gas ${sent.gasUsed}/${sent.gasWanted}`;
  });
  await call("getTx and searchTx find the transfer", async () => {
    const found = await client.searchTx([{ key: "transfer.recipient", value: bob }]);
    holds(found.length >= 1, "searchTx found nothing");
    const one = await client.getTx(found[0].hash);
    same(one.hash, found[0].hash, "hash");
    holds(one.events.some((e) => e.type === "transfer"), "no transfer event");
    return one.hash.slice(0, 12);
  });
  await call("getBlock, getHeight", async () => {
    const height = await client.getHeight();
    const block = await client.getBlock(height);
    same(block.header.height, height, "height");
    return height;
  });
  let validator;
  await call("staking.validators", async () => {
    const { validators } = await query.staking.validators("BOND_STATUS_BONDED");
    validator = validators[0].operatorAddress;
    return validator;
  });
  await call("delegateTokens, getDelegation", async () => {
    const before = BigInt((await client.getDelegation(alice, validator))?.amount ?? 0);
    const done = await client.delegateTokens(alice, validator, { denom: "uente", amount: "1000000" }, "auto");
    same(done.code, 0, done.rawLog);
    same(BigInt((await client.getDelegation(alice, validator)).amount) - before, 1_000_000n, "staked");
    return `gas ${done.gasUsed}`;
  });
  await call("withdrawRewards", async () => {
    const done = await client.withdrawRewards(alice, validator, "auto");
    same(done.code, 0, done.rawLog);
  });
  await call("undelegateTokens", async () => {
    const done = await client.undelegateTokens(alice, validator, { denom: "uente", amount: "500000" }, "auto");
    same(done.code, 0, done.rawLog);
  });
  await call("more than the balance is refused", async () => await refused(() => client.sendTokens(bob, alice, coins("999999999999999999", "uente"), "auto"), /insufficient funds/));
  await call("a stranger's coin is refused with codespace and code", async () => {
    const done = await client.sendTokens(bob, alice, coins(1, "ustranger"), { gas: "200000", amount: coins(5000, "uente") });
    same([done.code], [5], done.rawLog);
    return `code ${done.code}`;
  });
  await call("mint.inflation, gov.params, distribution.params", async () => {
    const [inflation, gov, distribution] = [await query.mint.inflation(), await query.gov.params("voting"), await query.distribution.params()];
    holds(inflation !== undefined && gov.votingParams !== undefined && distribution.params !== undefined, "a module did not answer");
    return `inflation ${inflation}`;
  });
  await call("subscribe to new blocks over the websocket", async () => {
    const ws = await Comet38Client.connect(node.rpc.replace("http", "ws"));
    const first = new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("no block within 10 s")), 10_000);
      const subscription = ws.subscribeNewBlock().subscribe({ next: (b) => { clearTimeout(timer); subscription.unsubscribe(); resolve(b.header.height); }, error: reject });
    });
    await client.sendTokens(alice, bob, coins(1, "uente"), { gas: "200000", amount: coins(5000, "uente") });
    const height = await first;
    ws.disconnect();
    return `block ${height}`;
  });
  await call("StargateClient without keys", async () => {
    const reader = await StargateClient.connect(node.rpc);
    same((await reader.getAccount(alice)).address, alice, "account");
    reader.disconnect();
  });
  comet.disconnect();
  client.disconnect();
}
