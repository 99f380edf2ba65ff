// What CosmJS needs to know of messages that it does not know: codecs made from lists of fields.

import { Registry } from "@cosmjs/proto-signing";
import { defaultRegistryTypes } from "@cosmjs/stargate";
import { BinaryReader, BinaryWriter } from "cosmjs-types/binary";
import { Coin } from "cosmjs-types/cosmos/base/v1beta1/coin";
import { Duration } from "cosmjs-types/google/protobuf/duration";

const nested = (type) => ({
  write: (w, number, value) => type.encode(type.fromPartial(value), w.uint32((number << 3) | 2).fork()).ldelim(),
  read: (r) => type.decode(r, r.uint32()),
});

/** How a field of a kind is written and read; a field without a kind is a text. */
const KINDS = {
  undefined: { write: (w, number, value) => w.uint32((number << 3) | 2).string(value), read: (r) => r.string() },
  uint64: { write: (w, number, value) => w.uint32(number << 3).uint64(BigInt(value)), read: (r) => r.uint64() },
  coin: nested(Coin),
  /** Whole seconds. */
  span: nested({ ...Duration, fromPartial: (seconds) => Duration.fromPartial({ seconds: BigInt(seconds) }) }),
  hop: nested(codec(["pool:uint64", "denomOut"])),
};

/** A codec for fields in the order of their numbers, from 1 on, such as `amount:coin`; `coins:coin*` is a list. */
export function codec(fields) {
  const rows = fields.map((field, i) => {
    const [name, kind] = field.split(":");
    return { number: i + 1, name, kind: kind?.replace("*", ""), list: kind?.endsWith("*") ?? false };
  });
  return {
    encode(message, writer = BinaryWriter.create()) {
      for (const { number, name, kind, list } of rows) {
        const values = list ? (message[name] ?? []) : [message[name]].filter((value) => value !== undefined && value !== "");
        for (const value of values) KINDS[kind].write(writer, number, value);
      }
      return writer;
    },
    decode(input, length) {
      const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = {};
      while (reader.pos < end) {
        const tag = reader.uint32();
        const row = rows.find(({ number }) => number === tag >>> 3);
        const kind = row && KINDS[row.kind];
        if (!kind) reader.skipType(tag & 7);
        else if (row.list) (message[row.name] ??= []).push(kind.read(reader));
        else message[row.name] = kind.read(reader);
      }
      return message;
    },
    fromPartial: (message) => ({ ...message }),
  };
}

/** The usual messages, and those of a package. */
export function registryOf(name, messages) {
  return new Registry([...defaultRegistryTypes, ...Object.entries(messages).map(([message, fields]) => [`/${name}.${message}`, codec(fields)])]);
}
