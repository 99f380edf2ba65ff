// @terra-money/feather.js: the client that the users of the Go Alliance module have.

import { createRequire } from "node:module";
import { call, holds, same } from "./lib/report.mjs";
import { MNEMONIC } from "./lib/node.mjs";
import { version } from "./lib/versions.mjs";

const require = createRequire(import.meta.url);
const { LCDClient, MnemonicKey, MsgAllianceDelegate, MsgAllianceUndelegate, MsgClaimDelegationRewards, MsgAllianceRedelegate, Coin } = require("@terra-money/feather.js");

export const title = `@terra-money/feather.js ${version("@terra-money/feather.js")}`;

const CHAIN = "entente-dev-1";

export async function run(node) {
  const lcd = new LCDClient({ [CHAIN]: { lcd: node.rest, chainID: CHAIN, gasAdjustment: 1.75, gasPrices: { uente: 0.025 }, prefix: "entente" } });
  const wallet = lcd.wallet(new MnemonicKey({ mnemonic: MNEMONIC, coinType: 118, index: 5 }));
  const me = wallet.key.accAddress("entente");
  const send = async (msg) => {
    const tx = await wallet.createAndSignTx({ chainID: CHAIN, msgs: [msg] });
    const result = await lcd.tx.broadcast(tx, CHAIN);
    same(result.code ?? 0, 0, result.raw_log);
    return `height ${result.height}`;
  };
  let denom, validator;
  await call("alliance.params, alliance.alliances", async () => {
    const { params } = await lcd.alliance.params(CHAIN);
    holds(/s$/.test(params.take_rate_claim_interval), `params ${JSON.stringify(params)}`);
    const { alliances } = await lcd.alliance.alliances(CHAIN);
    holds(alliances.length >= 2, "fewer than two alliances in the genesis of dev");
    const [coins] = await lcd.bank.balance(me);
    denom = alliances.map((a) => a.denom).find((d) => coins.get(d) !== undefined);
    return `${alliances.length} assets, interval ${params.take_rate_claim_interval}`;
  });
  await call("alliance.alliance(denom)", async () => {
    const { alliance } = await lcd.alliance.alliance(CHAIN, encodeURIComponent(denom));
    same(alliance.denom, denom, "denom");
    return `weight ${alliance.reward_weight}, take ${alliance.take_rate}`;
  });
  await call("staking.validators", async () => {
    const [validators] = await lcd.staking.validators(CHAIN);
    validator = validators[0].operator_address;
    return validator;
  });
  await call("MsgAllianceDelegate", async () => await send(new MsgAllianceDelegate(me, validator, new Coin(denom, "2000000"))));
  await call("alliance.alliancesDelegation", async () => {
    const { delegations } = await lcd.alliance.alliancesDelegation(me);
    same(delegations.length, 1, "delegations");
    same(delegations[0].balance.denom, denom, "denom");
    return delegations[0].balance.amount;
  });
  await call("MsgClaimDelegationRewards", async () => await send(new MsgClaimDelegationRewards(me, validator, denom)));
  await call("MsgAllianceUndelegate", async () => await send(new MsgAllianceUndelegate(me, validator, new Coin(denom, "1000000"))));
  void MsgAllianceRedelegate;
}
