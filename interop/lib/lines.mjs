// Programs in other languages whose lines have the form of ours.

import { spawn } from "node:child_process";
import { call, counted } from "./report.mjs";

/** Runs a program, shows its lines and counts them; it fails if the program does. */
export async function lines(command, args, env) {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let out = "", err = "";
  child.stdout.on("data", (d) => (out += d));
  child.stderr.on("data", (d) => (err += d));
  const code = await new Promise((resolve, reject) => child.on("close", resolve).on("error", reject));
  for (const line of out.split("\n").filter((l) => l !== "")) counted(line);
  if (code !== 0) await call(`${args[0] ?? command} ends well`, () => { throw new Error(`code ${code}\n${err.slice(-1_500)}`); });
}
