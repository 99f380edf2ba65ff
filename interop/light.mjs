// Light clients, which believe nothing that they cannot verify: `cometbft light`, and 07-tendermint of ibc-go, which other chains run.

import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./lib/node.mjs";
import { ask, get } from "./lib/http.mjs";
import { addresses, direct } from "./lib/keys.mjs";
import { lines } from "./lib/lines.mjs";
import { call, holds, same, skip } from "./lib/report.mjs";

const HOME = process.env.INTEROP_GO ?? "";

export const title = "light clients";

/** A block every 200 ms, so that there is something to follow, signed by four. */
export const args = ["--ephemeral", "--block-time", "200ms", "--validators", "4"];

export async function run(node) {
  if (HOME === "" || !existsSync(join(HOME, "cometbft"))) return skip("cometbft light, 07-tendermint: there is no Go");
  await comet(node);
  const [owner] = await addresses(await direct(0));
  await lines(join(HOME, "light"), [], { NODE_RPC: node.rpc, OWNER: owner });
  const { height } = JSON.parse(node.cli("dev", "fault", "dev3", "--double-sign"));
  await lines(join(HOME, "light"), [], { NODE_RPC: node.rpc, EVIDENCE_HEIGHT: height });
}

async function comet(node) {
  const binary = join(HOME, "cometbft");
  console.log(`cometbft light ${execFileSync(binary, ["version"], { encoding: "utf8" }).trim()}`);
  const home = mkdtempSync(join(tmpdir(), "entente-light-"));
  const port = await freePort();
  const proxy = `http://127.0.0.1:${port}`;
  const trusted = (await get(`${node.rpc}/commit`)).result.signed_header;
  const [height, hash] = [Number(trusted.header.height), trusted.commit.block_id.hash];
  const witness = node.rpc.replace("127.0.0.1", "localhost");
  const child = spawn(binary, ["light", "entente-dev-1", "--primary", node.rpc, "--witnesses", witness, "--height", String(height), "--hash", hash, "--home-dir", home, "--laddr", `tcp://127.0.0.1:${port}`], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (d) => (said += d));
  const deadline = Date.now() + 20_000;
  try {
    await call("it starts from a trusted height", async () => {
      while (!(await fetch(`${proxy}/status`).then((r) => r.ok, () => false))) {
        if (child.exitCode !== null || Date.now() > deadline) throw new Error(`it does not answer:\n${said.slice(-1_500)}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      return `height ${height}`;
    });
    const newest = async () => Number((await get(`${node.rpc}/status`)).result.sync_info.latest_block_height);
    await call("it follows the next blocks", async () => {
      while ((await newest()) < height + 3) await new Promise((resolve) => setTimeout(resolve, 50));
      for (const at of [height + 1, height + 2]) {
        const { result } = await get(`${proxy}/commit?height=${at}`);
        same(result.signed_header.header.height, String(at), "height");
      }
      return `to ${height + 2}`;
    });
    await call("it verifies a block further on, its validators, and what the block did", async () => {
      while ((await newest()) < height + 12) await new Promise((resolve) => setTimeout(resolve, 50));
      const at = height + 10;
      same((await get(`${proxy}/block?height=${at}`)).result.block.header.height, String(at), "block");
      holds((await get(`${proxy}/validators?height=${at}`)).result.validators.length >= 1, "no validators");
      same((await get(`${proxy}/block_results?height=${at}`)).result.height, String(at), "results");
      same((await get(`${proxy}/consensus_params?height=${at}`)).result.block_height, String(at), "parameters");
      return `at ${at}`;
    });
    await call("it verifies the proof of a transaction", async () => {
      const credit = await ask(`${node.faucet}/credit`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ address: (await addresses(await direct(0)))[0], denom: "uente" }) });
      same(credit.status, 200, "faucet");
      let found;
      while (!found) [found] = (await get(`${node.rpc}/tx_search?query=%22tx.height>${height}%22`)).result.txs;
      const at = Number(found.height);
      while ((await newest()) < at + 2) await new Promise((resolve) => setTimeout(resolve, 50));
      const { result } = await get(`${proxy}/tx?hash=0x${found.hash}&prove=true`);
      same(result.hash, found.hash, "hash");
      return `at ${at}`;
    });
    await call("it refuses a trusted hash that is not the chain's", async () => {
      const other = spawn(binary, ["light", "entente-dev-1", "--primary", node.rpc, "--witnesses", witness, "--height", String(height), "--hash", hash.replace(/^../, hash.startsWith("00") ? "11" : "00"), "--home-dir", `${home}-2`, "--laddr", "tcp://127.0.0.1:0"], { stdio: ["ignore", "pipe", "pipe"] });
      let text = "";
      for (const stream of [other.stdout, other.stderr]) stream.on("data", (d) => (text += d));
      const code = await new Promise((resolve) => other.on("close", resolve));
      rmSync(`${home}-2`, { recursive: true, force: true });
      holds(code !== 0 && /expected header's hash/.test(text), `code ${code}: ${text.slice(-400)}`);
      return `code ${code}`;
    });
  } finally {
    if (child.exitCode === null) {
      const ended = new Promise((resolve) => child.on("exit", resolve));
      child.kill("SIGTERM");
      await ended;
    }
    rmSync(home, { recursive: true, force: true });
  }
}
