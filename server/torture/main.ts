import { parseArgs } from "node:util";
import { flipBits, soundDatabase } from "./bit-flip.ts";
import { clockCases, hasFakeTime, tryClock } from "./clock.ts";
import { faultPoints } from "./fault-point.ts";
import { badStarts, badTurns, tryBadStart, tryBadTurn } from "./file-fault.ts";
import { killServers } from "./kill.ts";
import { limitCases, tryLimit } from "./limits.ts";
import { overload } from "./overload.ts";
import { cutPower, record } from "./power-loss.ts";
import { isInstalled } from "./server-process.ts";
import { measureTimers, measureWaiting } from "./scale.ts";
import { sweep } from "./sweep.ts";

/*
 * npm run torture -- kill --count 2000        one kind, so many times; --seed 7 draws other moments
 * npm run torture                             every kind, in its short form
 */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { count: { type: "string" }, seed: { type: "string", default: "1" } },
});
const seed = Number(values.seed);
const count = (fallback: number): number => Number(values.count ?? fallback);
const told = (line: string): void => console.log(line);
const needs = (program: string): void => {
  if (!isInstalled(program)) throw new Error(`Cannot go on: "${program}" is not installed`);
};

/** A kind of torture: prints its figures, and resolves to what was not as promised. */
type Kind = () => Promise<readonly string[]>;

async function eachCase<Case extends { readonly name: string }>(
  cases: readonly Case[],
  attempt: (one: Case) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const one of cases) {
    const found = await attempt(one);
    told(`${found.length === 0 ? "ok " : "BAD"} ${one.name}`);
    wrong.push(...found.map((text) => `${one.name}: ${text}`));
  }
  return wrong;
}

const kinds: { readonly [name: string]: Kind } = {
  async kill() {
    const { wrong, ...figures } = await killServers({ kills: count(20), seed, loadMs: 2_000, clients: 64, told });
    told(JSON.stringify(figures));
    return wrong;
  },
  async faults() {
    needs("strace");
    const wrong: string[] = [];
    for await (const report of sweep(faultPoints, count(4), seed)) {
      told(JSON.stringify({ ...report, wrong: report.wrong.length }));
      wrong.push(...report.wrong.map((text) => `${report.fault}: ${text}`));
    }
    return wrong;
  },
  async "power-loss"() {
    needs("strace");
    const states = count(500);
    // A long run has more than one recording: what is drawn differs, and so does what was going on.
    const recordings = Math.ceil(states / 2_000);
    const wrong: string[] = [];
    for (let at = 0; at < recordings; at++) {
      const recording = await record(200, seed + at);
      const report = await cutPower(recording, Math.ceil(states / recordings), seed + at, told);
      told(JSON.stringify({ ...report, operations: recording.operations.length, wrong: report.wrong.length }));
      wrong.push(...report.wrong);
    }
    return wrong;
  },
  async "bit-flips"() {
    const sound = await soundDatabase(45);
    const wrong: string[] = [];
    for (const place of ["journal", "definition", "anywhere"] as const) {
      const report = await flipBits(sound, place, count(500), seed, told);
      told(JSON.stringify({ place, ...report, silent: report.silent.length, wrong: report.wrong.length }));
      wrong.push(...report.wrong);
      // Outside the journal a value that is only shown may read otherwise: counted, told, and no promise.
      if (place === "anywhere") for (const text of report.silent) told(`silent: ${text}`);
      else wrong.push(...report.silent);
    }
    return wrong;
  },
  async files() {
    return [...(await eachCase(badStarts, tryBadStart)), ...(await eachCase(badTurns, tryBadTurn))];
  },
  async clock() {
    if (!hasFakeTime) throw new Error('Cannot go on: the package "faketime" is not installed');
    return eachCase(clockCases, tryClock);
  },
  async limits() {
    needs("prlimit");
    return eachCase(limitCases, tryLimit);
  },
};

/** Kinds that take long and tell figures: only by name. */
const measurements: { readonly [name: string]: Kind } = {
  async waiting() {
    const { wrong, ...figures } = await measureWaiting(count(100_000), told);
    told(JSON.stringify(figures));
    return wrong;
  },
  async timers() {
    const { wrong, ...figures } = await measureTimers(count(100_000), told);
    told(JSON.stringify(figures));
    return wrong;
  },
  async overload() {
    const { wrong, ...figures } = await overload({ seconds: count(30), clients: 64, watchers: 200, steps: 300 });
    told(JSON.stringify(figures));
    return wrong;
  },
};
const all = { ...kinds, ...measurements };

const chosen = positionals.length === 0 ? Object.keys(kinds) : positionals;
for (const name of chosen) {
  const kind = Object.hasOwn(all, name) ? all[name] : undefined;
  if (kind === undefined) {
    console.error(`Cannot torture with "${name}": it should be one of ${Object.keys(all).join(", ")}`);
    process.exit(2);
  }
  const begin = performance.now();
  const wrong = await kind();
  for (const text of wrong) told(`WRONG ${text}`);
  told(`${name}: ${wrong.length} wrong, ${((performance.now() - begin) / 1_000).toFixed(0)} s, seed ${seed}`);
  if (wrong.length > 0) process.exitCode = 1;
}
