import { parseArgs } from "node:util";
import { flipBits, flipPlaces, soundDatabase } from "./bit-flip.ts";
import { clockCases, hasFakeTime, tryClock } from "./clock.ts";
import { faultPoints } from "./fault-point.ts";
import { badStarts, badTurns, tryBadStart, tryBadTurn } from "./file-fault.ts";
import { type Figures, inJobs, type Total, WRONG } from "./jobs.ts";
import { killServers } from "./kill.ts";
import { limitCases, tryLimit } from "./limits.ts";
import { overload } from "./overload.ts";
import { cutPower, record } from "./power-loss.ts";
import { isInstalled } from "./server-process.ts";
import { measureTimers, measureWaiting } from "./scale.ts";
import { sweep } from "./sweep.ts";

/*
 * npm run torture -- kill --count 2000 --jobs 2   one kind, so many times, in so many processes; --seed 7 draws other moments
 * npm run torture                                 every kind, in its short form
 *
 * The last line of each kind is its total as JSON.
 */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: "string" },
    seed: { type: "string", default: "1" },
    jobs: { type: "string", default: "1" },
    /** For kill: the longest that a process lives under load. */
    "load-ms": { type: "string", default: "2000" },
    /** For kill: callers of runs with effects, of registers, of ledgers. */
    callers: { type: "string", default: "6,4,3" },
    /** Ends early, with what was done by then. */
    minutes: { type: "string", default: "1440" },
    /** Given by a process to its jobs: "0/2" is the first of two. */
    part: { type: "string", default: "0/1" },
  },
});
const [index, of] = values.part.split("/").map(Number) as [number, number];
const part = { index, of };
const seed = Number(values.seed) + 100_003 * index;
const begun = performance.now();
const isTimeOver = (): boolean => performance.now() - begun > Number(values.minutes) * 60_000;
/** How often in all. */
const count = (fallback: number): number => Number(values.count ?? fallback);
/** How often in this process. */
const share = (fallback: number): number => Math.ceil(count(fallback) / of);
const told = (line: string): void => console.log(line);
const callers = (): readonly [number, number, number] => {
  const [runs, registers, ledgers, ...others] = values.callers.split(",").map(Number);
  const isCount = (count: number | undefined): count is number => Number.isInteger(count) && Number(count) > 0;
  if (isCount(runs) && isCount(registers) && isCount(ledgers) && others.length === 0) return [runs, registers, ledgers];
  console.error(`Cannot use --callers "${values.callers}": it should be three counts above 0, such as 6,4,3`);
  process.exit(2);
};
const needs = (program: string): void => {
  if (!isInstalled(program)) throw new Error(`Cannot go on: "${program}" is not installed`);
};

/** A kind of torture: does its part and resolves to what came of it. */
type Kind = () => Promise<Total>;

async function eachCase<Case extends { readonly name: string }>(
  cases: readonly Case[],
  attempt: (one: Case) => Promise<readonly string[]>,
): Promise<Total> {
  const wrong: string[] = [];
  for (const one of cases) {
    const found = await attempt(one);
    told(`${found.length === 0 ? "ok " : "BAD"} ${one.name}`);
    wrong.push(...found.map((text) => `${one.name}: ${text}`));
  }
  return { figures: { cases: cases.length }, wrong };
}

/** Kinds that can be shared out to several processes. */
const shared: { readonly [name: string]: Kind } = {
  async kill() {
    const loadMs = Number(values["load-ms"]);
    const { wrong, ...figures } = await killServers({
      kills: share(20),
      seed,
      loadMs,
      callers: callers(),
      isTimeOver,
      told,
    });
    return { figures, wrong };
  },
  async faults() {
    needs("strace");
    const figures: Record<string, Figures> = {};
    const wrong: string[] = [];
    for await (const { fault, calls, wrong: found, ...rest } of sweep(
      faultPoints,
      count(4),
      Number(values.seed),
      part,
    )) {
      told(`${fault}: ${rest.tried} of ${calls} calls, ${rest.hit} hit, ${found.length} wrong`);
      figures[fault] = rest;
      wrong.push(...found.map((text) => `${fault}: ${text}`));
    }
    return { figures, wrong };
  },
  async "power-loss"() {
    needs("strace");
    const states = share(500);
    // A long run has more than one recording: what is drawn differs, and so does what was going on.
    const recordings = Math.ceil(states / 500);
    const sum = { states: 0, checkedAcks: 0, withUnsynced: 0, operations: 0 };
    const wrong: string[] = [];
    for (let at = 0; at < recordings && !isTimeOver(); at++) {
      const recording = await record(80, seed + at);
      const report = await cutPower(recording, Math.ceil(states / recordings), seed + at);
      sum.states += report.states;
      sum.checkedAcks += report.checkedAcks;
      sum.withUnsynced += report.withUnsynced;
      sum.operations += recording.operations.length;
      wrong.push(...report.wrong);
      told(`${sum.states} states of ${at + 1} recordings, ${sum.checkedAcks} acks checked, ${wrong.length} wrong`);
    }
    return { figures: sum, wrong };
  },
  async "bit-flips"() {
    const sound = await soundDatabase(45);
    const figures: Record<string, Figures> = {};
    const wrong: string[] = [];
    for (const { name, share: part, isPromised } of flipPlaces) {
      const report = await flipBits(sound, name, Math.ceil(share(500) * part), seed, isTimeOver, told);
      const { silent, verified } = report;
      figures[name] = { ...report, silent: silent.length, verified: verified.length, wrong: report.wrong.length };
      wrong.push(...report.wrong);
      if (isPromised) wrong.push(...silent, ...verified);
      for (const text of [...silent, ...verified].slice(0, 20)) told(`${name}: reads otherwise: ${text}`);
    }
    return { figures, wrong };
  },
};

/** Kinds that go over all their cases. */
const whole: { readonly [name: string]: Kind } = {
  async files() {
    const starts = await eachCase(badStarts, tryBadStart);
    const turns = await eachCase(badTurns, tryBadTurn);
    return {
      figures: { starts: starts.figures, turns: turns.figures },
      wrong: [...starts.wrong, ...turns.wrong],
    };
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
    return { figures, wrong };
  },
  async timers() {
    const { wrong, ...figures } = await measureTimers(count(100_000), told);
    return { figures, wrong };
  },
  async overload() {
    const report = await overload({ seconds: count(30), clients: 64, watchers: 200, steps: 300 });
    const { wrong, once, twice, ...figures } = report;
    return { figures: { ...figures, once: { ...once }, twice: { ...twice } }, wrong };
  },
};
const all = { ...shared, ...whole, ...measurements };

const chosen = positionals.length === 0 ? Object.keys({ ...shared, ...whole }) : positionals;
for (const name of chosen) {
  const kind = Object.hasOwn(all, name) ? all[name] : undefined;
  if (kind === undefined) {
    console.error(`Cannot torture with "${name}": it should be one of ${Object.keys(all).join(", ")}`);
    process.exit(2);
  }
  const jobs = Object.hasOwn(shared, name) ? Number(values.jobs) : 1;
  const begin = performance.now();
  const { seed: first, "load-ms": load, minutes } = values;
  const given = ["--seed", first, "--load-ms", load, "--callers", values.callers, "--minutes", minutes];
  if (values.count !== undefined) given.push("--count", values.count);
  const { figures, wrong } = await (jobs === 1 ? kind() : inJobs(jobs, [name, ...given], told));
  for (const text of wrong) told(WRONG + text);
  const seconds = Math.round((performance.now() - begin) / 1_000);
  told(JSON.stringify({ kind: name, seed: Number(values.seed), jobs, seconds, wrong: wrong.length, figures }));
  if (wrong.length > 0) process.exitCode = 1;
}
