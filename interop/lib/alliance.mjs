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
