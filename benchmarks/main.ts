import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { bundle } from "../tools/build.mjs";
import { startDbos } from "./dbos/dbos.ts";
import { hasPostgres } from "./dbos/postgres.ts";
import { type EngineUnderTest, type Workload, workloads } from "./engine-under-test.ts";
import { compileLoad } from "./load/load.ts";
import { measurePart, parts } from "./parts.ts";
import { report } from "./report.ts";
import { startRestate } from "./restate/restate.ts";
import { median, Results } from "./results.ts";
import { crash, events, type Scenario, type ScenarioParts, size, timers } from "./scenarios.ts";
import { memoryMb, startProcess } from "./started-process.ts";
import { steadyWindow, type SteadyRow, type Surroundings } from "./steady.ts";
import { startStigmer } from "./stigmer/stigmer.ts";

/*
 * `npm run bench`: Stigmer beside Restate as shipped and tuned and DBOS on one machine, fsync on for all. See README.md.
 */

const { values } = parseArgs({
  options: {
    full: { type: "boolean", default: false },
    medium: { type: "boolean", default: false },
    seconds: { type: "string" },
    rounds: { type: "string" },
    rows: { type: "string" },
    scenarios: { type: "string" },
    runs: { type: "string" },
    engines: { type: "string", default: "stigmer,restate,restate-tuned,dbos" },
    results: { type: "string" },
    report: { type: "string" },
  },
});

/** How long and how often: what the rules ask (`--full`), what fits into 25 minutes (`--medium`), or a quick look. */
const mode = values.full ? "full" : values.medium ? "medium" : "quick";
const windowMs = Number(values.seconds ?? { full: 20, medium: 4, quick: 2 }[mode]) * 1000;
const rounds = Number(values.rounds ?? { full: 5, medium: 5, quick: 2 }[mode]);
const idleMs = { full: 2000, medium: 300, quick: 200 }[mode];
const runs = Number(values.runs ?? 10_000);
const steadyRows: readonly SteadyRow[] = rowsOf(
  values.rows ??
    {
      full: "pure10:1,pure10:10,pure10:100,pure10:1000,http10:1,http10:10,http10:100,http10:1000,noop10:1,noop10:100,mixed:1,mixed:100,fork100:10,fork100http:10,bigdoc:10",
      medium:
        "pure10:1,pure10:100,http10:1,http10:100,noop10:1,noop10:100,mixed:100,fork100:10,fork100http:10,bigdoc:10",
      quick: "pure10:1,pure10:100,http10:1,http10:100,noop10:100",
    }[mode],
);
const scenarioNames = (
  values.scenarios ??
  { full: "open,timers,events,crash,size,jq,crud,waiting", medium: "open,timers,events,crash,size", quick: "" }[mode]
)
  .split(",")
  .filter((name) => name !== "");
/** Slow engines take part in fewer rounds: their figures are far from ours. */
const SLOW_ROUNDS = 2;

const folder = mkdtempSync(path.join(os.tmpdir(), "stigmer-bench-"));
// A database of another user lives in it.
execFileSync("chmod", ["755", folder]);
const started: { stop(): Promise<void> }[] = [];
const stopAll = async (): Promise<void> => {
  for (const one of started.splice(0).toReversed()) await one.stop().catch(() => undefined);
  rmSync(folder, { recursive: true, force: true });
};
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => void stopAll().then(() => process.exit(1)));

const date = new Date().toISOString();
const file =
  values.results ??
  values.report ??
  path.join(import.meta.dirname, "results", `${date.slice(0, 16).replaceAll(":", "")}-${mode}.jsonl`);
const heading = {
  date,
  mode,
  windowMs,
  rounds,
  cores: os.cpus().length,
  cpu: os.cpus()[0]?.model ?? "",
  kernel: os.release(),
};
const results = new Results(path.resolve(file), heading);
try {
  if (values.report === undefined) await measure();
  const text = report(results.heading, results.lines);
  writeFileSync(`${path.resolve(file).replace(/\.jsonl$/u, "")}.md`, `${text}\n`);
  console.log(`${text}\n\nRaw lines: ${path.relative(process.cwd(), file)}`);
} finally {
  await stopAll();
}

async function measure(): Promise<void> {
  // A build of its own: nobody replaces it while it is measured.
  await bundle(path.join(import.meta.dirname, "dist/bundle"));
  const load = compileLoad(folder);
  const echoProcess = await startProcess(process.execPath, [path.join(import.meta.dirname, "echo.mjs")]);
  started.push(echoProcess);
  const echo = `127.0.0.1:${await echoProcess.said(/listening on (\d+)/u)}`;
  const engines: EngineUnderTest[] = [];
  for (const name of values.engines.split(",")) {
    const begin = performance.now();
    const engine = await start(name, echo);
    if (engine === undefined) continue;
    started.push(engine);
    engines.push(engine);
    note(`${engine.name}: ${engine.version}`);
    record(`install`, engine, {
      startMs: Math.round(performance.now() - begin),
      idleMb: Math.round(memoryMb(engine.pids())),
    });
  }
  await steady(engines, { load, ownPids: [process.pid, echoProcess.pid] });
  const scenarios: Readonly<Record<string, Scenario>> = { timers, events, crash, size };
  const given: ScenarioParts = { load, echo, timers: runs, listeners: runs / 2, inFlight: runs };
  for (const name of scenarioNames) {
    const scenario = scenarios[name];
    for (const engine of scenario === undefined ? [] : engines) {
      if (results.has(name, engine.name, 1)) continue;
      note(`${name}: ${engine.name}`);
      await attempt(name, engine.name, async () => record(name, engine, await (scenario as Scenario)(engine, given)));
    }
    if (parts[name] === undefined || results.has(name, "stigmer", 1)) continue;
    note(name);
    const add = (): void =>
      results.add({ row: name, engine: "stigmer", round: 1, figures: {}, printed: measurePart(name) });
    await attempt(name, "stigmer", async () => add());
  }
}

/** What fails is named and the rest goes on: a row that is missing says so by itself. */
async function attempt(row: string, engine: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    note(`${row} failed on ${engine}: ${error instanceof Error ? error.message.slice(0, 800) : String(error)}`);
  }
}

/** All engines by turns within each round; one round of warming up. */
async function steady(engines: readonly EngineUnderTest[], surroundings: Surroundings): Promise<void> {
  for (let round = 0; round <= rounds; round++) {
    const probe = cpuProbe();
    for (const row of steadyRows) {
      for (const engine of engines) {
        const name = `${row.workload} c=${row.concurrency}`;
        const isSlow = engine.name === "dbos" && round > SLOW_ROUNDS;
        if (isSlow || results.has(name, engine.name, round)) continue;
        const taken = await steadyWindow(engine, row, round === 0 ? Math.min(windowMs, 1500) : windowMs, surroundings);
        if (round > 0) results.add({ row: name, engine: engine.name, round, ...taken });
        await new Promise((resolve) => setTimeout(resolve, idleMs));
      }
    }
    note(
      round === 0 ? "warm-up done" : `round ${round} of ${rounds} done, CPU probe ${probe.toFixed(0)} million steps/s`,
    );
  }
  if (!scenarioNames.includes("open")) return;
  for (const engine of engines) {
    for (const workload of ["pure10", "http10"] as const) {
      const peak = median(
        results.lines
          .filter((line) => line.row === `${workload} c=100` && line.engine === engine.name)
          .map(({ figures }) => figures["runsPerSecond"] ?? Number.NaN),
      );
      const name = `${workload} open loop at half of peak`;
      if (!(peak > 0) || results.has(name, engine.name, 1)) continue;
      const taken = await steadyWindow(engine, { workload, concurrency: 0 }, windowMs, surroundings, peak / 2);
      results.add({ row: name, engine: engine.name, round: 1, ...taken });
    }
  }
}

function record(row: string, engine: EngineUnderTest, figures: Readonly<Record<string, number | null>>): void {
  if (!results.has(row, engine.name, 1))
    results.add({ row, engine: engine.name, round: 1, figures, version: engine.version });
}

async function start(name: string, echo: string): Promise<EngineUnderTest | undefined> {
  const data = path.join(folder, name);
  switch (name) {
    case "stigmer":
      return startStigmer(data, echo);
    case "restate":
    case "restate-tuned":
      install("restate");
      return startRestate(data, echo, name === "restate-tuned");
    case "dbos":
      if (!hasPostgres) return void note("dbos is not measured: PostgreSQL 15 of Debian is not installed");
      install("dbos");
      return startDbos(data, echo);
    default:
      throw new Error(`Cannot measure "${name}": it is unknown, it should be stigmer, restate, restate-tuned or dbos`);
  }
}

/** Installs a pinned peer beside its adapter: it is no dependency of the product. No install script of it runs. */
function install(peer: string): void {
  const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"];
  spawnSync("npm", args, { cwd: path.join(import.meta.dirname, peer), stdio: ["ignore", "ignore", "inherit"] });
}

function rowsOf(text: string): readonly SteadyRow[] {
  return text.split(",").flatMap((one) => {
    const [workload = "", concurrency = "100"] = one.split(":");
    if (one === "") return [];
    if (!(workload in workloads))
      throw new Error(
        `Cannot measure "${workload}": it is unknown, it should be one of ${Object.keys(workloads).join(", ")}`,
      );
    return [{ workload: workload as Workload, concurrency: Number(concurrency) }];
  });
}

function note(text: string): void {
  process.stderr.write(`${text}\n`);
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
