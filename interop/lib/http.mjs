// Plain HTTP as explorers speak it.

import { holds } from "./report.mjs";

/** The JSON at an address; fails unless the status is 200. */
export async function get(url, headers = {}) {
  const { status, body } = await ask(url, { headers });
  holds(status === 200, `${url}: ${status} ${JSON.stringify(body)}`);
  return body;
}

/** Status, headers and body of whatever comes back. */
export async function ask(url, options = {}) {
  const answer = await fetch(url, options);
  const text = await answer.text();
  let body = text;
  try {
    body = JSON.parse(text);
  } catch {
    // It stays text.
  }
  return { status: answer.status, headers: answer.headers, body };
}

export const post = (url, body, headers = {}) =>
  ask(url, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) });
