import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { bundle } from "../tools/build.mjs";
import { type EngineUnderTest, type Workload, workloads } from "./engine-under-test.ts";
import { median, Results } from "./results.ts";
import { sample } from "./sample.ts";
import { startProcess } from "./started-process.ts";

/*
 * `npm run bench`: Stigmer and Restate side by side in one run on one machine, fsync on for both. See README.md.
 */

const { values } = parseArgs({
  options: {
    full: { type: "boolean", default: false },
    seconds: { type: "string" },
    rounds: { type: "string" },
    workloads: { type: "string", default: workloads.join(",") },
    concurrency: { type: "string", default: "1,100" },
    engines: { type: "string", default: "stigmer,restate,restate-tuned" },
  },
});
const windowMs = Number(values.seconds ?? (values.full ? 20 : 5)) * 1000;
const rounds = Number(values.rounds ?? (values.full ? 5 : 3));
const warmUpMs = Math.min(windowMs, 2000);
const idleMs = values.full ? 2000 : 500;

const folder = mkdtempSync(path.join(os.tmpdir(), "stigmer-bench-"));
const started: { stop(): Promise<void> }[] = [];
const stopAll = async (): Promise<void> => {
  for (const one of started.splice(0).toReversed()) await one.stop().catch(() => undefined);
  rmSync(folder, { recursive: true, force: true });
};
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => void stopAll().then(() => process.exit(1)));

try {
  await measure();
} finally {
  await stopAll();
}

async function measure(): Promise<void> {
  // A build of its own: nobody replaces it while it is measured.
  await bundle(path.join(import.meta.dirname, "dist/bundle"));
  const echoProcess = await startProcess(process.execPath, [path.join(import.meta.dirname, "echo.mjs")]);
  started.push(echoProcess);
  const echo = `127.0.0.1:${await echoProcess.said(/listening on (\d+)/u)}`;
  const engines: EngineUnderTest[] = [];
  for (const name of values.engines.split(",")) {
    const engine = await start(name, echo);
    started.push(engine);
    engines.push(engine);
  }
  const rows = values.workloads
    .split(",")
    .flatMap((workload) =>
      values.concurrency.split(",").map((concurrency) => [workload as Workload, Number(concurrency)] as const),
    );
  const ownPids = [process.pid, echoProcess.pid];
  const results = new Results();
  for (let round = 0; round <= rounds; round++) {
    const isWarmUp = round === 0;
    if (!isWarmUp) results.addProbe(cpuProbe());
    for (const [workload, concurrency] of rows) {
      for (const engine of engines) {
        const taken = await sample(engine, workload, concurrency, isWarmUp ? warmUpMs : windowMs, ownPids);
        if (!isWarmUp) results.add(`${workload} c=${concurrency}`, engine.name, taken);
        await new Promise((resolve) => setTimeout(resolve, idleMs));
      }
    }
    process.stderr.write(isWarmUp ? "warm-up done\n" : `round ${round} of ${rounds} done\n`);
  }
  console.log(results.report({ windowMs, rounds }));
}

async function start(name: string, echo: string): Promise<EngineUnderTest> {
  const data = path.join(folder, name);
  if (name === "stigmer") return (await import("./stigmer/stigmer.ts")).startStigmer(data, echo);
  if (name !== "restate" && name !== "restate-tuned")
    throw new Error(`Cannot measure "${name}": it is unknown, it should be stigmer, restate or restate-tuned`);
  installRestate();
  return (await import("./restate/restate.ts")).startRestate(data, echo, name === "restate-tuned");
}

/** Installs the pinned peer beside its adapter: it is no dependency of the product. No install script of it runs. */
function installRestate(): void {
  const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"];
  execFileSync("npm", args, { cwd: path.join(import.meta.dirname, "restate"), stdio: ["ignore", "ignore", "inherit"] });
}

/** Million steps of a fixed computation a second: rounds with other figures are not comparable. */
function cpuProbe(): number {
  const speeds = Array.from({ length: 5 }, () => {
    const begin = performance.now();
    let hash = 1;
    for (let step = 0; step < 2e7; step++) hash = (Math.imul(hash, 31) + step) | 0;
    return hash === 0 ? 0 : 2e4 / (performance.now() - begin);
  });
  return median(speeds);
}
