// The OpenAPI document against the node: schemathesis makes requests from it, valid and not, and checks the answers.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { call, holds, skip } from "./lib/report.mjs";

const HOME = process.env.INTEROP_PYTHON ?? "";
const PROGRAM = join(HOME, "bin", "schemathesis");
/** Seconds; `OPENAPI_SECONDS=600 scripts/interop openapi` looks longer. */
const SECONDS = process.env.OPENAPI_SECONDS ?? "40";

export const title = "OpenAPI";

export async function run(node) {
  if (HOME === "" || !existsSync(PROGRAM)) return skip("schemathesis: there is no Python environment (python3 with venv and pip is needed)");
  const checks = ["status_code_conformance", "content_type_conformance", "response_schema_conformance", "response_headers_conformance", "refusals_have_the_form_of_the_gateway", "answers_tell_their_height"];
  const args = ["run", `${node.rest}/openapi.json`, "--url", node.rest, "--phases", "coverage,fuzzing", "-n", "5", "--mode", "all", "--seed", "1", "--max-time", SECONDS, "--continue-on-failure", "--no-shrink", "--no-color", "--warnings", "off", "--generation-database", "none", "--checks", checks.join(",")];
  await call(`schemathesis: ${checks.join(", ")}`, async () => {
    const child = spawn(PROGRAM, args, { env: { ...process.env, SCHEMATHESIS_HOOKS: "openapi_hooks", PYTHONPATH: new URL("python", import.meta.url).pathname, PYTHONDONTWRITEBYTECODE: "1" }, stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (d) => (said += d));
    const code = await new Promise((resolve) => child.on("close", resolve));
    holds(code === 0, `code ${code}\n${said.slice(-6_000)}`);
    const operations = /Tested:\s+(\d+)/.exec(said)?.[1];
    const cases = /(\d+) generated/.exec(said)?.[1];
    holds(Number(operations) > 100 && Number(cases) > 300, `too little was tried: ${said.slice(-1_500)}`);
    return `${operations} operations, ${cases} requests`;
  });
}
