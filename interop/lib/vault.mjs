// The messages of the vaults.

import { registryOf } from "./codec.mjs";

const MESSAGES = {
  MsgDeposit: ["depositor", "vault:uint64", "coin:coin", "minSharesOut", "deadline:none", "receiver"],
  MsgRequestExit: ["owner", "vault:uint64", "shares"],
  MsgCancelExit: ["owner", "vault:uint64", "shares"],
  MsgClaimExit: ["owner", "vault:uint64", "batch:uint64", "receiver"],
  MsgTransferClaim: ["owner", "vault:uint64", "batch:uint64", "to", "shares"],
  MsgGaugeLock: ["owner", "vault:uint64", "shares"],
  MsgGaugeUnlock: ["owner", "vault:uint64", "shares"],
  MsgGaugeClaim: ["owner", "vault:uint64"],
  MsgBidAuction: ["bidder", "lot:uint64", "maxIn:coin"],
};

export const url = (name) => `/restake.vault.v1.${name}`;

export const registry = () => registryOf("restake.vault.v1", MESSAGES);
