// Asks a chain all requests and keeps what can be compared: status, content type, headers, and the shape of the body or the error.

import { all } from "./requests.mjs";
import { message, shape } from "./shape.mjs";

const fill = (text, names) => text.replace(/\{([a-z0-9]+)\}/g, (all, name) => names[name] ?? all);

async function one(request, chain, names) {
  const filled = fill(request.path, names);
  const options = { headers: Object.fromEntries(Object.entries(request.headers ?? {}).map(([k, v]) => [k, fill(v, names)])) };
  if (request.body !== undefined || request.raw !== undefined) {
    options.method = "POST";
    options.headers["content-type"] = "application/json";
    options.body = request.raw ?? fill(JSON.stringify(request.body), names);
  }
  const answer = await fetch(`${chain[request.at]}${filled.replaceAll(" ", "%20").replaceAll("'", "%27")}`, options);
  const text = await answer.text();
  const kept = { status: answer.status, type: (answer.headers.get("content-type") ?? "none").split(";")[0] };
  for (const name of ["grpc-metadata-x-cosmos-block-height"]) if (answer.headers.has(name)) kept.height = "told";
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    return { ...kept, text: message(text, chain).slice(0, 80) };
  }
  const error = (e) => ({ ...shape(e, chain), ...(e.code === undefined ? {} : { code: e.code }), ...Object.fromEntries(["message", "data", "log"].filter((k) => typeof e[k] === "string").map((k) => [k, message(e[k], chain)])) });
  if (request.at === "rest" && answer.status !== 200) return { ...kept, body: error(body) };
  if (request.at === "rpc" && Array.isArray(body)) return { ...kept, batch: body.map((b) => ({ ...shape(b, chain), id: b.id, ...(b.error ? { error: error(b.error) } : {}) })) };
  if (request.at === "rpc" && body.error) return { ...kept, body: { ...shape(body, chain), error: error(body.error) } };
  const shown = shape(body, chain);
  // Codes and logs of refused queries and transactions are errors too.
  for (const [outer, inner] of [[shown.result?.response, body.result?.response], [shown.result, body.result], [shown.result?.check_tx, body.result?.check_tx], [shown.tx_response, body.tx_response]]) {
    if (inner?.code > 0) Object.assign(outer, { code: inner.code, codespace: inner.codespace, ...Object.fromEntries(["log", "raw_log"].filter((k) => k in inner).map((k) => [k, message(inner[k], chain)])) });
  }
  return { ...kept, body: shown };
}

export async function askAll(chain, names) {
  const answers = {};
  for (const request of all) {
    answers[request.name] = await one(request, chain, names);
    // What was sent is in a block before the next request, so that nothing waits.
    while (request.wait && !(await fetch(`${chain.rest}/cosmos/tx/v1beta1/txs/${names.fresh}`)).ok) await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return answers;
}
