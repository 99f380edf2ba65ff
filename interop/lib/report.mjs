// One printed line per call, and a count of what failed.

let passed = 0;
let failed = 0;

/** Runs `step`; prints `ok` with what it returned, or `FAILED` with the reason. A failed step ends the script. */
export async function call(name, step) {
  const start = performance.now();
  try {
    const said = await step();
    passed += 1;
    const ms = (performance.now() - start).toFixed(0);
    console.log(`  ok      ${name}${said === undefined ? "" : `: ${said}`} (${ms} ms)`);
  } catch (error) {
    failed += 1;
    console.log(`  FAILED  ${name}: ${error?.stack ?? error}`);
    throw error;
  }
}

/** Fails unless `actual` equals `wanted` (compared as JSON, big integers as text). */
export function same(actual, wanted, what) {
  const text = (v) => JSON.stringify(v, (_, x) => (typeof x === "bigint" ? x.toString() : x));
  if (text(actual) !== text(wanted)) throw new Error(`${what}: found ${text(actual)}, wanted ${text(wanted)}`);
}

export function holds(condition, what) {
  if (!condition) throw new Error(what);
}

/** Expects `step` to be refused with a text that matches `pattern`. */
export async function refused(step, pattern) {
  let answer;
  try {
    answer = await step();
  } catch (error) {
    holds(pattern.test(String(error?.message ?? error)), `refused, but with another text: ${error?.message ?? error}`);
    return String(error.message ?? error).split("\n")[0].slice(0, 100);
  }
  throw new Error(`not refused: ${JSON.stringify(answer, (_, x) => (typeof x === "bigint" ? x.toString() : x))}`);
}

export function totals() {
  return { passed, failed };
}

/** Shows a line of another program and counts it if it has our form. */
export function counted(line) {
  if (line.startsWith("  ok ")) passed += 1;
  if (line.startsWith("  FAILED ")) failed += 1;
  console.log(line);
}

/** Says what was not tried, and why. */
export function skip(reason) {
  console.log(`  skipped ${reason}`);
}
