// The messages of the pools.

import { registryOf } from "./codec.mjs";

const MESSAGES = {
  MsgJoinPool: ["sender", "pool:uint64", "coins:coin*", "minSharesOut"],
  MsgExitPool: ["sender", "pool:uint64", "shares", "minCoinsOut:coin*"],
  MsgSwap: ["sender", "coinIn:coin", "route:hop*", "minOut"],
  MsgFundIncentive: ["funder", "pool:uint64", "amount:coin", "start:none", "period:span"],
  MsgStakeShares: ["owner", "pool:uint64", "shares", "validator"],
  MsgUnstakeShares: ["owner", "pool:uint64", "shares", "validator"],
  MsgClaimIncentives: ["owner", "pool:uint64", "validator"],
};

export const url = (name) => `/restake.pools.v1.${name}`;

export const registry = () => registryOf("restake.pools.v1", MESSAGES);
