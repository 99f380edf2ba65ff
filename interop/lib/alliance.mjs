// CosmJS does not know the Alliance messages; the types that feather.js is built on do.

import { createRequire } from "node:module";
import { Registry } from "@cosmjs/proto-signing";
import { defaultRegistryTypes } from "@cosmjs/stargate";

const require = createRequire(import.meta.url);
/** Whole seconds in the form that these types want. */
export const seconds = (n) => ({ seconds: require("long").fromNumber(n), nanos: 0 });

const tx = require("@terra-money/terra.proto/alliance/alliance/tx.js");

export const NAMES = ["MsgDelegate", "MsgUndelegate", "MsgRedelegate", "MsgClaimDelegationRewards", "MsgCreateAlliance", "MsgUpdateAlliance", "MsgDeleteAlliance"];

export const messages = tx;

export function registry() {
  return new Registry([...defaultRegistryTypes, ...NAMES.map((name) => [`/alliance.alliance.${name}`, tx[name]])]);
}

const camel = (name) => name.replace(/_([a-z])/g, (_, c) => c.toUpperCase());
const converter = (name, fields) => [
  `/alliance.alliance.${name}`,
  {
    aminoType: `alliance/${name}`,
    toAmino: (value) => Object.fromEntries(fields.map((f) => [f, value[camel(f)]])),
    fromAmino: (value) => tx[name].fromPartial(Object.fromEntries(fields.map((f) => [camel(f), value[f]]))),
  },
];

/** How the delegators' messages are shown on a Ledger. */
export const aminoConverters = Object.fromEntries([
  converter("MsgDelegate", ["delegator_address", "validator_address", "amount"]),
  converter("MsgUndelegate", ["delegator_address", "validator_address", "amount"]),
  converter("MsgRedelegate", ["delegator_address", "validator_src_address", "validator_dst_address", "amount"]),
  converter("MsgClaimDelegationRewards", ["delegator_address", "validator_address", "denom"]),
]);
