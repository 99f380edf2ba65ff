// The shape of an answer: names, types and forms of text, without the values that differ between two chains.

const FORMS = [
  [/^$/, "empty"],
  [/^-?\d+$/, "whole"],
  [/^-?\d+\.\d{18}$/, "decimal"],
  [/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/, "time"],
  [/^-?\d+(\.\d+)?s$/, "span"],
  [/^([0-9A-F]{40}|[0-9A-F]{64})$/, "HEX"],
  [/^([0-9a-f]{40}|[0-9a-f]{64})$/, "hex"],
  [/^CHAIN(valoper|valcons|valoperpub|valconspub)?1[02-9ac-hj-np-z]{38,58}$/, (t) => `address${t.slice(5).split("1")[0]}`],
  [/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/, (t) => t],
  [/^\/[a-z0-9.]+\.[A-Z][A-Za-z0-9]+$/, (t) => t],
  [/^(?!ibc\/)(?=.*[A-Z])(?=.*[a-z])(?=.*[0-9+/=])(?:[A-Za-z0-9+/]{4}){5,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, "base64"],
];

/** Members that hold base64, which may look like any text. */
const BYTES = ["next_key", "key", "value", "data"];

/** Texts without what only one of the chains has: its prefix, denom, chain id. */
export const neutral = (text, { prefix, denom, chainId }) =>
  text.replaceAll(chainId, "CHAIN-ID").replaceAll(new RegExp(`${prefix}(valoper|valcons)?1`, "g"), "CHAIN$11").replaceAll(denom, "DENOM");

const isEvent = (value) => value !== null && typeof value === "object" && typeof value.type === "string" && Array.isArray(value.attributes) && "type" in value;

/** Events one by one: their type and the keys of their attributes in order. */
const eventText = (event) => `${event.type}{${event.attributes.map((a) => a.key).join(",")}}`;

export function shape(value, chain) {
  if (value === null) return "null";
  if (Array.isArray(value)) {
    if (value.length === 0) return [];
    if (value.every(isEvent)) return { events: [...new Set(value.map(eventText))].sort() };
    return [value.map((item) => shape(item, chain)).reduce(merge)];
  }
  if (typeof value === "object") return Object.fromEntries(Object.entries(value).map(([k, v]) => [neutral(k, chain), BYTES.includes(k) && typeof v === "string" && v !== "" ? "bytes" : shape(v, chain)]));
  if (typeof value !== "string") return typeof value;
  const text = neutral(value, chain);
  for (const [pattern, form] of FORMS) if (pattern.test(text)) return typeof form === "string" ? form : form(text);
  return "text";
}

/** The shape of what may look either way: the elements of a list. */
function merge(a, b) {
  const [left, right] = [JSON.stringify(a), JSON.stringify(b)];
  if (left === right) return a;
  if (isEvents(a) && isEvents(b)) return { events: [...new Set([...a.events, ...b.events])].sort() };
  if (plain(a) && plain(b)) return Object.fromEntries([...new Set([...Object.keys(a), ...Object.keys(b)])].map((k) => [k, k in a && k in b ? merge(a[k], b[k]) : (a[k] ?? b[k])]));
  if (Array.isArray(a) && Array.isArray(b)) return a.length === 0 ? b : b.length === 0 ? a : [merge(a[0], b[0])];
  // Of a member that is sometimes null its form counts.
  if (a === "null" || b === "null") return a === "null" ? b : a;
  const words = (x) => (typeof x === "string" ? x.split("|") : [JSON.stringify(x)]);
  return [...new Set([...words(a), ...words(b)])].sort().join("|");
}

/** A message without what differs from run to run. */
export const message = (text, chain) =>
  neutral(String(text), chain).replace(/CHAIN(valoper|valcons)?1[02-9ac-hj-np-z]{38,58}/g, "ADDRESS$1").replace(/\b[0-9A-Fa-f]{40,}\b/g, "HEX").replace(/(?<![A-Za-z])\d+/g, "N").replace(/ \[[^\]]*@?[^\]]*\.go:N\]/g, "").slice(0, 400);

const plain = (x) => x !== null && typeof x === "object" && !Array.isArray(x);
const isEvents = (x) => plain(x) && Object.keys(x).length === 1 && Array.isArray(x.events) && x.events.length > 0 && x.events.every((e) => typeof e === "string" && e.endsWith("}"));

/** Where two shapes differ: `path: peer | ours`. */
export function differences(peer, ours, path = "") {
  if (JSON.stringify(peer) === JSON.stringify(ours)) return [];
  if (isEvents(peer) && isEvents(ours)) {
    const [a, b] = [peer.events, ours.events];
    return [...a.filter((e) => !b.includes(e)).map((e) => `${path}: ${e} | absent`), ...b.filter((e) => !a.includes(e)).map((e) => `${path}: absent | ${e}`)];
  }
  if (plain(peer) && plain(ours)) {
    return [...new Set([...Object.keys(peer), ...Object.keys(ours)])].sort().flatMap((k) => {
      if (!(k in ours)) return [`${path}/${k}: ${short(peer[k])} | absent`];
      if (!(k in peer)) return [`${path}/${k}: absent | ${short(ours[k])}`];
      return differences(peer[k], ours[k], `${path}/${k}`);
    });
  }
  if (Array.isArray(peer) && Array.isArray(ours) && peer.length === 1 && ours.length === 1) return differences(peer[0], ours[0], `${path}/*`);
  return [`${path}: ${short(peer)} | ${short(ours)}`];
}

const short = (x) => (typeof x === "string" ? x : JSON.stringify(x).slice(0, 160));
