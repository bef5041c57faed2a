import { fork } from "node:child_process";
import { parseArgs } from "node:util";
import { coreInterpreter } from "../engine/embedded/core-interpreter.ts";
import { keptSeeds } from "./kept-seeds.ts";
import { runSeeds } from "./run-seed.ts";

/*
 * npm run simulate -- --seed 7                 one seed, with its timeline
 * npm run simulate -- --seed 1 --count 10000   a range of seeds; --jobs 2 spreads them over processes
 */

interface Totals {
  seeds: number;
  steps: number;
  crashes: number;
  runs: number;
  virtualHours: number;
  failed: number[];
}

const FAILURES_MAX = 10;

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    count: { type: "string", default: "1" },
    jobs: { type: "string", default: "1" },
    kept: { type: "boolean", default: false },
  },
});
const seed = number("seed");
const count = number("count");
const jobs = number("jobs");

function number(name: "seed" | "count" | "jobs"): number {
  const value = Number(values[name]);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  console.error(`Cannot simulate with --${name} "${values[name]}": it should be a whole number`);
  process.exit(2);
}

async function simulate(seeds: readonly number[]): Promise<Totals> {
  const totals: Totals = { seeds: 0, steps: 0, crashes: 0, runs: 0, virtualHours: 0, failed: [] };
  const log = seeds.length === 1 ? { log: (line: string) => console.log(line) } : {};
  await runSeeds(seeds, { interpreter: coreInterpreter, ...log }, (result) => {
    totals.seeds++;
    totals.steps += result.steps;
    totals.crashes += result.crashes;
    totals.runs += result.runs;
    totals.virtualHours += result.virtualMs / 3_600_000;
    if (result.violations.length > 0) {
      totals.failed.push(result.seed);
      console.log(
        `seed ${String(result.seed)} fails:\n  ${result.violations.join("\n  ")}\n  again: npm run simulate -- --seed ${String(result.seed)}`,
      );
    }
    if (totals.seeds % 10_000 === 0)
      console.log(`${String(totals.seeds)} seeds, ${String(totals.failed.length)} failed`);
    return totals.failed.length < FAILURES_MAX;
  });
  return totals;
}

/** One range of the seeds in a process of its own. */
function job(index: number): Promise<Totals> {
  const share = Math.ceil(count / jobs);
  const own = Math.min(share, count - index * share);
  const child = fork(new URL(import.meta.url), [
    "--seed",
    String(seed + index * share),
    "--count",
    String(Math.max(0, own)),
    ...(index === 0 ? ["--kept"] : []),
  ]);
  return new Promise((resolve, reject) => {
    child.once("message", (totals) => resolve(totals as Totals));
    child.once("exit", (code) => reject(new Error(`a job ended with ${String(code)} before it reported`)));
  });
}

const begin = performance.now();
const range = Array.from({ length: count }, (_, at) => seed + at);
const first = count > 1 && (process.send === undefined || values.kept) ? keptSeeds() : [];
const parts =
  jobs > 1
    ? await Promise.all(Array.from({ length: jobs }, (_, index) => job(index)))
    : [await simulate([...first, ...range])];
if (process.send !== undefined) process.send(parts[0]);
else {
  const sum = (pick: (totals: Totals) => number): number =>
    Math.round(parts.reduce((total, part) => total + pick(part), 0));
  const seconds = (performance.now() - begin) / 1_000;
  const seeds = sum((part) => part.seeds);
  const failed = parts.flatMap((part) => part.failed);
  const counts = `${String(sum((part) => part.runs))} runs, ${String(sum((part) => part.steps))} steps, ${String(sum((part) => part.crashes))} crashes, ${String(sum((part) => part.virtualHours))} virtual hours`;
  console.log(
    `${String(seeds)} seeds in ${seconds.toFixed(1)} s (${(seeds / seconds).toFixed(0)}/s): ${counts}; ${String(failed.length)} failed`,
  );
  process.exitCode = failed.length > 0 ? 1 : 0;
}
