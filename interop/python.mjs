// cosmpy, mospy-wallet and grpcio with server reflection, each a script of python/ against the same node.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { lines } from "./lib/lines.mjs";
import { skip } from "./lib/report.mjs";

const HOME = process.env.INTEROP_PYTHON ?? "";
const PYTHON = join(HOME, "bin", "python");

export const title = "Python clients (versions in python/requirements.txt)";

export async function run(node) {
  if (HOME === "" || !existsSync(PYTHON)) return skip("cosmpy, mospy-wallet, grpcio: there is no Python environment (python3 with venv and pip is needed)");
  const env = { NODE_REST: node.rest, NODE_RPC: node.rpc, NODE_GRPC: node.grpc, PYTHONPATH: new URL("python", import.meta.url).pathname, PYTHONDONTWRITEBYTECODE: "1" };
  for (const [name, what] of [["wallet_cosmpy", "cosmpy"], ["wallet_mospy", "mospy-wallet"], ["reflection", "grpcio-reflection"]]) {
    const version = await new Promise((resolve) => {
      const child = spawn(PYTHON, ["-c", `from importlib.metadata import version; print(version("${what}"))`]);
      let out = "";
      child.stdout.on("data", (d) => (out += d));
      child.on("close", () => resolve(out.trim()));
    });
    console.log(`${what} ${version}`);
    await lines(PYTHON, [new URL(`python/${name}.py`, import.meta.url).pathname], env);
  }
}
