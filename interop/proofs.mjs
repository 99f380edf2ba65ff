// The last CosmJS with a verifying reader checks existence and non-existence proofs of the node by itself.

import { toBech32, fromBech32 } from "@cosmjs/encoding";
import { stringToPath } from "@cosmjs/crypto";
import { DirectSecp256k1HdWallet } from "@cosmjs/proto-signing";
import { QueryClient } from "stargate-0.32";
import { Tendermint37Client } from "tendermint-rpc-0.32";
import { call, holds, same } from "./lib/report.mjs";
import { MNEMONIC } from "./lib/node.mjs";
import { version } from "./lib/versions.mjs";

export const title = `@cosmjs/stargate ${version("stargate-0.32")} (queryStoreVerified)`;

export async function run(node) {
  const wallet = await DirectSecp256k1HdWallet.fromMnemonic(MNEMONIC, { prefix: "entente", hdPaths: [stringToPath("m/44'/118'/0'/0/3")] });
  const [{ address }] = await wallet.getAccounts();
  const comet = await Tendermint37Client.connect(node.rpc);
  const query = new QueryClient(comet);
  const key = (owner, denom) => Uint8Array.from([0x02, owner.length, ...owner, ...new TextEncoder().encode(denom)]);
  const owner = fromBech32(address).data;
  // A proof for height H is checked against the header of H+1.
  setTimeout(() => void fetch(`${node.faucet}/credit`, { method: "POST", body: JSON.stringify({ address, denom: "uente" }), headers: { "content-type": "application/json" } }), 300);
  await call("a balance is proven to exist", async () => {
    const { value } = await query.queryStoreVerified("bank", key(owner, "uente"));
    const text = new TextDecoder().decode(value);
    holds(/^[1-9][0-9]*$/.test(text), `value ${text}`);
    return text;
  });
  setTimeout(() => void fetch(`${node.faucet}/credit`, { method: "POST", body: JSON.stringify({ address, denom: "uente" }), headers: { "content-type": "application/json" } }), 300);
  await call("an absent balance is proven to be absent", async () => {
    const { value } = await query.queryStoreVerified("bank", key(owner, "unothing"));
    same(value.length, 0, "length");
    return toBech32("entente", owner).slice(0, 16);
  });
  comet.disconnect();
}
