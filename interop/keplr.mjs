// What Keplr asks of a chain before it takes it in: @keplr-wallet/chain-validator and @keplr-wallet/cosmos.

import { createRequire } from "node:module";
import { call, holds, refused, same } from "./lib/report.mjs";
import { addresses, direct } from "./lib/keys.mjs";
import { version } from "./lib/versions.mjs";

const require = createRequire(import.meta.url);
const { checkChainFeatures, checkRestConnectivity, checkRPCConnectivity, validateBasicChainInfoType } = require("@keplr-wallet/chain-validator");
const { BaseAccount } = require("@keplr-wallet/cosmos");
const WebSocket = require("ws");

export const title = `@keplr-wallet/chain-validator ${version("@keplr-wallet/chain-validator")}, @keplr-wallet/cosmos ${version("@keplr-wallet/cosmos")}`;

const CHAIN = "entente-dev-1";
const ENTE = { coinDenom: "ENTE", coinMinimalDenom: "uente", coinDecimals: 6 };

export async function run(node) {
  const info = {
    rpc: node.rpc, rest: node.rest, chainId: CHAIN, chainName: "Entente", bip44: { coinType: 118 },
    bech32Config: Object.fromEntries(["AccAddr", "AccPub", "ValAddr", "ValPub", "ConsAddr", "ConsPub"].map((what, i) => [`bech32Prefix${what}`, `entente${["", "pub", "valoper", "valoperpub", "valcons", "valconspub"][i]}`])),
    currencies: [ENTE], stakeCurrency: ENTE, feeCurrencies: [{ ...ENTE, gasPriceStep: { low: 0.01, average: 0.025, high: 0.04 } }], features: [],
  };
  await call("validateBasicChainInfoType", async () => same((await validateBasicChainInfoType(info)).chainId, CHAIN, "chain"));
  await call("checkRPCConnectivity with the websocket", async () => await checkRPCConnectivity(CHAIN, node.rpc, (url) => new WebSocket(url)));
  await call("checkRestConnectivity", async () => await checkRestConnectivity(CHAIN, node.rest));
  await call("another chain id is noticed", async () => await refused(() => checkRestConnectivity("other-1", node.rest), /different chain id/));
  await call("checkChainFeatures: spendable balances are found, nothing is promised that is not there", async () => {
    const features = await checkChainFeatures(info);
    holds(features.includes("query:/cosmos/bank/v1beta1/spendable_balances"), `features ${features}`);
    for (const feature of ["wasmd_0.24+", "feemarket", "ibc-v2"]) holds(!features.includes(feature), `${feature} is not here`);
    return features.join(", ");
  });
  await call("BaseAccount.fetchFromRest", async () => {
    const [address] = await addresses(await direct(0));
    const account = await BaseAccount.fetchFromRest(node.rest, address, true);
    same(account.getAddress(), address, "address");
    return `number ${account.getAccountNumber()}, sequence ${account.getSequence()}`;
  });
}
