// The alerts and the board with the real Prometheus: a net of four nodes under CometBFT is scraped, every rule and every panel is
// evaluated over its series, and a killed node is told. `scripts/alerts` runs it.

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BINARY, freePort } from "./lib/node.mjs";
import { get } from "./lib/http.mjs";
import { call, holds, same, totals } from "./lib/report.mjs";

const BASE_PORT = Number(process.env.BASE_PORT ?? 27_600);
const PROMETHEUS = process.env.PROMETHEUS_BIN ?? "prometheus";
const PROMTOOL = process.env.PROMTOOL_BIN ?? "promtool";
const document = (name) => new URL(`../docs/operating/${name}`, import.meta.url).pathname;
const ALERTS = document("alerts.yml");
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const folder = mkdtempSync(join(tmpdir(), "entente-alerts-"));
const net = join(folder, "net");
const entente = (...words) => execFileSync(BINARY, words, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
const testnet = (verb, ...more) => entente("testnet", verb, ...more, "--output-dir", net);

/** One alliance in a genesis, so that its series are there. */
function withAlliance(file) {
  const doc = JSON.parse(readFileSync(file, "utf8"));
  doc.app_state.alliance.assets = [{
    denom: "ualli", reward_weight: "0.1", take_rate: "0", total_tokens: "0", total_validator_shares: "0", reward_start_time: doc.genesis_time,
    reward_change_rate: "1", reward_change_interval: "0s", last_reward_change_time: doc.genesis_time, reward_weight_range: { min: "0", max: "1" }, is_initialized: true,
  }];
  writeFileSync(file, JSON.stringify(doc));
}

async function until(what, seconds, step) {
  const deadline = Date.now() + seconds * 1_000;
  let trouble = "";
  for (;;) {
    const found = await step().catch((error) => void (trouble = ` (${error.message})`));
    if (found) return found;
    holds(Date.now() < deadline, `${what}: not within ${seconds} s${trouble}`);
    await pause(500);
  }
}

let prometheus;
try {
  console.log(execFileSync(PROMETHEUS, ["--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).split("\n")[0]);
  await call("promtool: the rules are rules", () => execFileSync(PROMTOOL, ["check", "rules", ALERTS], { encoding: "utf8" }).trim().split("\n").at(-1).trim());

  let nodes;
  await call("a net of four", async () => {
    nodes = JSON.parse(testnet("init-files", "--v", "4", "--chain-id", "alerts-1", "--commit-timeout", "500ms", "--base-port", String(BASE_PORT))).nodes;
    for (const { home } of nodes) withAlliance(join(home, "config/genesis.json"));
    testnet("start");
    await until("block 5", 120, async () => Number((await get(`http://${nodes[0].rpc}/status`)).result.sync_info.latest_block_height) >= 5);
  });
  await call("promtool: what a node says is well formed", async () => {
    const page = await fetch(`http://${nodes[0].metrics}/metrics`).then((r) => r.text());
    // CometBFT's names end as it likes; ours are held to the conventions.
    const own = page.split("\n").filter((line) => !line.includes("cometbft_")).join("\n");
    execFileSync(PROMTOOL, ["check", "metrics"], { input: `${own}\n`, encoding: "utf8", stdio: ["pipe", "pipe", "pipe"] });
    return `${page.split("\n").filter((line) => line.startsWith("# TYPE")).length} series`;
  });

  const port = await freePort();
  const config = join(folder, "prometheus.yml");
  writeFileSync(config, JSON.stringify({
    global: { scrape_interval: "1s", evaluation_interval: "1s" },
    rule_files: [ALERTS],
    scrape_configs: [{ job_name: "entente", static_configs: [{ targets: nodes.map((node) => node.metrics) }] }],
  }));
  prometheus = spawn(PROMETHEUS, [`--config.file=${config}`, `--storage.tsdb.path=${join(folder, "tsdb")}`, `--web.listen-address=127.0.0.1:${port}`, "--log.level=error"], { stdio: "ignore" });
  const api = async (path) => (await get(`http://127.0.0.1:${port}/api/v1/${path}`)).data;
  const query = async (expression) => (await api(`query?query=${encodeURIComponent(expression)}`)).result;

  await call("Prometheus scrapes all four", () => until("four targets", 60, async () => (await query('up{job="entente"} == 1')).length === 4).then(() => "4 targets"));
  const namesIn = (text) => [...new Set(text.match(/\b(entente|cometbft)_[a-z0-9_]+/g))];
  await call("every series that the board and the alerts name is there", async () => {
    const names = namesIn(readFileSync(document("grafana.json"), "utf8") + readFileSync(ALERTS, "utf8"));
    const missing = [];
    for (const name of names) if ((await query(`count(${name})`)).length === 0) missing.push(name);
    same(missing, [], "series that are named and not there");
    return `${names.length} series`;
  });
  await call("every panel of the board is drawn", async () => {
    const board = JSON.parse(readFileSync(document("grafana.json"), "utf8"));
    const expressions = board.panels.flatMap((panel) => panel.targets ?? []).map((target) => target.expr.replaceAll("$instance", ".*"));
    // A rate has a value from the second scrape on.
    let empty = expressions;
    await until("panels", 60, async () => {
      const still = [];
      for (const expression of empty) if ((await query(expression)).length === 0) still.push(expression);
      empty = still;
      holds(empty.length === 0, `expressions without a value: ${JSON.stringify(empty)}`);
      return true;
    });
    return `${expressions.length} expressions`;
  });
  const rules = async () => (await api("rules")).groups.flatMap((group) => group.rules);
  await call("every alert is evaluated, and none fires in health", async () => {
    await until("all rules evaluated", 60, async () => (await rules()).every((rule) => rule.health === "ok"));
    await pause(5_000);
    const loud = (await rules()).filter((rule) => rule.state !== "inactive");
    same(loud.map((rule) => `${rule.name} ${rule.state}`), [], "alerts in health");
    return (await rules()).map((rule) => rule.name).join(", ");
  });
  await call("a node is killed: the alerts say which", async () => {
    process.kill(Number(readFileSync(join(net, "node3/entente/entente.pid"), "utf8")), "SIGKILL");
    const firing = await until("NodeDown", 150, async () => (await api("alerts")).alerts.find((alert) => alert.labels.alertname === "NodeDown" && alert.state === "firing"));
    same(firing.labels.instance, nodes[3].metrics, "instance");
    return firing.annotations.summary;
  });
  await call("a quarter of the power does not sign: that is told too", async () => {
    const firing = await until("MissingSignatures", 200, async () => (await api("alerts")).alerts.find((alert) => alert.labels.alertname === "MissingSignatures" && alert.state === "firing"));
    return firing.annotations.summary;
  });
  await call("the node is started again: the alert ends", async () => {
    testnet("start", "node3");
    await until("the end of NodeDown", 120, async () => !(await api("alerts")).alerts.some((alert) => alert.labels.alertname === "NodeDown"));
  });
} catch (error) {
  console.log(`  ended early: ${error?.message ?? error}`);
} finally {
  prometheus?.kill("SIGTERM");
  try {
    testnet("stop");
  } catch {
    // There was no net.
  }
  rmSync(folder, { recursive: true, force: true });
}
const { passed, failed } = totals();
console.log(`alerts: ${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
