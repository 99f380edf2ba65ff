// A chain of the Cosmos SDK itself, `simd` of ibc-go, with one validator.

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MNEMONIC, freePort } from "../lib/node.mjs";

const CHAIN_ID = "compare-1";

/** Starts the program at `binary`; resolves when its second block is there. */
export async function startSimd(binary) {
  const home = mkdtempSync(join(tmpdir(), "simd-"));
  const run = (args, input) => execFileSync(binary, [...args, "--home", home], { encoding: "utf8", input, stdio: ["pipe", "pipe", "pipe"] });
  run(["init", "peer", "--chain-id", CHAIN_ID]);
  const keyring = ["--keyring-backend", "test"];
  for (const [name, index] of [["a", 0], ["b", 1], ["c", 2], ["operator", 9]]) {
    run(["keys", "add", name, "--recover", "--index", String(index), ...keyring], `${MNEMONIC}\n`);
    run(["genesis", "add-genesis-account", name, "1000000000000stake,5000foo", ...keyring]);
  }
  const file = join(home, "config", "genesis.json");
  const genesis = JSON.parse(readFileSync(file, "utf8"));
  Object.assign(genesis.app_state.gov.params, { min_deposit: [{ denom: "stake", amount: "1000000" }], expedited_min_deposit: [{ denom: "stake", amount: "5000000" }] });
  writeFileSync(file, JSON.stringify(genesis));
  run(["genesis", "gentx", "operator", "500000000stake", "--chain-id", CHAIN_ID, ...keyring]);
  run(["genesis", "collect-gentxs"]);
  const [rpc, rest, grpc, p2p] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const edit = (name, changes) => {
    const path = join(home, "config", name);
    let text = readFileSync(path, "utf8");
    for (const [from, to] of changes) text = text.replace(from, to);
    writeFileSync(path, text);
  };
  edit("config.toml", [[/laddr = "tcp:\/\/127.0.0.1:26657"/, `laddr = "tcp://127.0.0.1:${rpc}"`], [/laddr = "tcp:\/\/0.0.0.0:26656"/, `laddr = "tcp://127.0.0.1:${p2p}"`], [/timeout_commit = .*/, 'timeout_commit = "300ms"'], [/pprof_laddr = .*/, 'pprof_laddr = ""'], [/cors_allowed_origins = .*/, 'cors_allowed_origins = ["*"]']]);
  edit("app.toml", [[/(\[api\][^[]*?)enable = false/s, "$1enable = true"], [/address = "tcp:\/\/localhost:1317"/, `address = "tcp://127.0.0.1:${rest}"`], [/address = "localhost:9090"/, `address = "127.0.0.1:${grpc}"`], [/minimum-gas-prices = .*/, 'minimum-gas-prices = "0stake"'], [/enabled-unsafe-cors = false/, "enabled-unsafe-cors = true"]]);
  const child = spawn(binary, ["start", "--home", home], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (d) => (said = (said + d).slice(-20_000)));
  const stop = async () => {
    if (child.exitCode === null) {
      const ended = new Promise((resolve) => child.on("exit", resolve));
      child.kill("SIGTERM");
      await ended;
    }
    rmSync(home, { recursive: true, force: true });
  };
  const deadline = Date.now() + 90_000;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`simd ended with code ${child.exitCode}:\n${said}`);
    const height = await fetch(`http://127.0.0.1:${rpc}/status`).then(async (r) => Number((await r.json()).result.sync_info.latest_block_height), () => 0);
    if (height >= 2 && (await fetch(`http://127.0.0.1:${rest}/cosmos/base/tendermint/v1beta1/syncing`).then((r) => r.ok, () => false))) break;
    if (Date.now() > deadline) throw new Error(`simd did not answer:\n${said}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { rpc: `http://127.0.0.1:${rpc}`, rest: `http://127.0.0.1:${rest}`, grpc: `127.0.0.1:${grpc}`, prefix: "cosmos", denom: "stake", chainId: CHAIN_ID, stop };
}
