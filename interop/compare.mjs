// Side by side with a chain of the Cosmos SDK: the same requests, and the shape of the answers compared.
//
// `run` (in `make test`) compares the node with the shapes that simd gave; `node compare.mjs record` asks simd again and writes them.
// What differs on purpose stands with its reason in compare/explained.json; anything else fails.

import { readFileSync, writeFileSync } from "node:fs";
import { startNode } from "./lib/node.mjs";
import { call, holds } from "./lib/report.mjs";
import { askAll } from "./compare/ask.mjs";
import { play } from "./compare/scene.mjs";
import { differences } from "./compare/shape.mjs";
import { startSimd } from "./compare/simd.mjs";

const file = (name) => new URL(`compare/${name}`, import.meta.url);
const read = (name) => JSON.parse(readFileSync(file(name), "utf8"));

const recorded = () => read("simd.json");

export const title = `side by side with simd of ibc-go (answers recorded from ${recordedVersion()})`;

function recordedVersion() {
  try {
    return recorded().version;
  } catch {
    return "nothing yet";
  }
}

const ours = (node) => ({ ...node, prefix: "entente", denom: "uente", chainId: "entente-dev-1" });

export async function run(node) {
  const chain = ours(node);
  const { answers: peer } = recorded();
  let answers;
  await call("the same transactions", async () => {
    const names = await play(chain);
    answers = await askAll(chain, names);
    return `${Object.keys(answers).length} requests`;
  });
  const explained = read("explained.json").map((e) => ({ ...e, pattern: new RegExp(e.request), path: new RegExp(e.difference), used: 0 }));
  const unexplained = [];
  let equal = 0, known = 0;
  for (const [name, answer] of Object.entries(answers)) {
    const all = peer[name] === undefined ? ["was never asked of simd: run `make compare`"] : differences(peer[name], answer);
    if (all.length === 0) equal += 1;
    let open = false;
    for (const difference of all) {
      const reason = explained.find((e) => e.pattern.test(name) && e.path.test(difference));
      if (reason) reason.used += 1;
      else {
        open = true;
        unexplained.push(`${name}\n            ${difference}`);
      }
    }
    if (all.length > 0 && !open) known += 1;
  }
  await call("differences from simd are all explained", async () => {
    holds(unexplained.length === 0, `${unexplained.length} differences in ${new Set(unexplained.map((u) => u.split("\n")[0])).size} answers are not:\n          ${unexplained.join("\n          ")}`);
    return `${equal} answers alike, ${known} with explained differences`;
  });
  await call("no explanation is left over", async () => {
    const idle = explained.filter((e) => e.used === 0 && !e.optional).map((e) => `${e.request} ${e.difference}`);
    holds(idle.length === 0, `not needed any more: ${idle.join("; ")}`);
    return `${explained.length} explanations`;
  });
}

async function record() {
  const binary = process.env.SIMD_BIN;
  holds(binary !== undefined, "SIMD_BIN does not say where simd is");
  const chain = await startSimd(binary);
  try {
    const names = await play(chain);
    const answers = await askAll(chain, names);
    const { body } = { body: await (await fetch(`${chain.rest}/cosmos/base/tendermint/v1beta1/node_info`)).json() };
    const before = JSON.stringify(recordedAnswers());
    writeFileSync(file("simd.json"), `${JSON.stringify({ version: `ibc-go v8.8.0, SDK ${body.application_version.cosmos_sdk_version}, CometBFT ${body.default_node_info.version}`, answers }, null, 1)}\n`);
    console.log(`simd answered ${Object.keys(answers).length} requests; the record ${before === JSON.stringify(answers) ? "stays as it was" : "has changed"}`);
  } finally {
    await chain.stop();
  }
}

function recordedAnswers() {
  try {
    return recorded().answers;
  } catch {
    return {};
  }
}

if (process.argv[1]?.endsWith("compare.mjs")) {
  if (process.argv[2] === "record") await record();
  else {
    const node = await startNode(["--ephemeral"]);
    await run(node).finally(() => node.stop());
  }
}
