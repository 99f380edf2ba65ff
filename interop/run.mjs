// Every client against a node of its own: `node run.mjs [name...]`.

import { startNode, BINARY } from "./lib/node.mjs";
import { totals } from "./lib/report.mjs";

const all = ["cosmjs", "signing", "comet", "explorer", "fees", "gas", "compare", "keplr", "proofs", "feather", "python", "openapi", "light", "story", "vault", "pools"];
const chosen = process.argv.slice(2);
for (const name of chosen.length > 0 ? chosen : all) {
  const { title, run, args = ["--ephemeral"] } = await import(`./${name}.mjs`);
  console.log(title);
  const node = await startNode(args);
  try {
    await run(node);
  } catch (error) {
    console.log(`  ${name} ended early: ${error?.message ?? error}`);
  } finally {
    await node.stop();
  }
}
const { passed, failed } = totals();
console.log(`interop (${BINARY.split("/").pop()}): ${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
