// Starts a real `entente dev` on ports of its own and stops it.

import { spawn, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer } from "node:net";

export const MNEMONIC = "test test test test test test test test test test test junk";

/** The binary under test: ENTENTE_BIN, or `entente` on the PATH. */
export const BINARY = process.env.ENTENTE_BIN ?? "entente";

export async function freePort() {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

export async function startNode(args = []) {
  const home = mkdtempSync(join(tmpdir(), "entente-interop-"));
  const [rpc, rest, grpc, faucet] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const address = (port) => `127.0.0.1:${port}`;
  const child = spawn(
    BINARY,
    ["dev", "--home", home, "--rpc", address(rpc), "--rest", address(rest), "--grpc", address(grpc), "--faucet", address(faucet), ...args],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let said = "";
  child.stdout.on("data", (d) => (said += d));
  child.stderr.on("data", (d) => (said += d));
  const stop = async () => {
    if (child.exitCode === null) {
      const ended = new Promise((resolve) => child.on("exit", resolve));
      child.kill("SIGTERM");
      await ended;
    }
    rmSync(home, { recursive: true, force: true });
  };
  const urls = { rpc: `http://${address(rpc)}`, rest: `http://${address(rest)}`, grpc: address(grpc), faucet: `http://${address(faucet)}` };
  const deadline = Date.now() + 30_000;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the node ended with code ${child.exitCode}:\n${said}`);
    const up = await fetch(`${urls.rpc}/status`).then((r) => r.ok, () => false);
    if (up) break;
    if (Date.now() > deadline) throw new Error(`the node did not answer within 30 s:\n${said}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  /** Runs a verb of the binary against this node and returns its standard output. */
  const cli = (...verb) => execFileSync(BINARY, [...verb, "--home", home], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  return { ...urls, home, stop, cli };
}
