// CosmJS does not know the messages of the vaults; this is what it needs to know of them.

import { Registry } from "@cosmjs/proto-signing";
import { defaultRegistryTypes } from "@cosmjs/stargate";
import { BinaryReader, BinaryWriter } from "cosmjs-types/binary";
import { Coin } from "cosmjs-types/cosmos/base/v1beta1/coin";

// Fields in the order of their numbers, from 1 on; a field without a kind is a text.
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

function codec(fields) {
  const rows = fields.map((field, i) => [i + 1, ...field.split(":")]);
  const writers = {
    undefined: (w, number, value) => w.uint32((number << 3) | 2).string(value),
    uint64: (w, number, value) => w.uint32(number << 3).uint64(BigInt(value)),
    coin: (w, number, value) => Coin.encode(Coin.fromPartial(value), w.uint32((number << 3) | 2).fork()).ldelim(),
  };
  const readers = {
    undefined: (r) => r.string(),
    uint64: (r) => r.uint64(),
    coin: (r) => Coin.decode(r, r.uint32()),
  };
  return {
    encode(message, writer = BinaryWriter.create()) {
      for (const [number, name, kind] of rows) {
        const value = message[name];
        if (value !== undefined && value !== "") writers[kind](writer, number, value);
      }
      return writer;
    },
    decode(input, length) {
      const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = {};
      while (reader.pos < end) {
        const tag = reader.uint32();
        const row = rows.find(([number]) => number === tag >>> 3);
        if (row && readers[row[2]]) message[row[1]] = readers[row[2]](reader);
        else reader.skipType(tag & 7);
      }
      return message;
    },
    fromPartial: (message) => ({ ...message }),
  };
}

export const url = (name) => `/restake.vault.v1.${name}`;

export function registry() {
  return new Registry([...defaultRegistryTypes, ...Object.entries(MESSAGES).map(([name, fields]) => [url(name), codec(fields)])]);
}
