import { parseArgs } from "node:util";
import { type Workload, workloads } from "./engine-under-test.ts";
import type { SteadyRow } from "./steady.ts";

/** What is measured, how often and how long. */
export interface Plan {
  readonly mode: string;
  readonly windowMs: number;
  readonly rounds: number;
  readonly idleMs: number;
  readonly rows: readonly SteadyRow[];
  readonly scenarios: readonly string[];
  readonly engines: readonly string[];
  /** Runs that sleep, and that are in flight when the engine is killed; half as many listen. */
  readonly runs: number;
  /** Runs that wait in one process for a day. */
  readonly waiting: number;
  /** A file with raw lines that is taken up again. */
  readonly results?: string;
  /** A file with raw lines of which only the tables are made. */
  readonly report?: string;
}

type Mode = Pick<Plan, "windowMs" | "rounds" | "idleMs"> & Readonly<Record<"rows" | "scenarios", string>>;

const ALL_SCENARIOS = "open,timers,events,crash,size,flushes,waiting,crud";
const GATE_ROWS = "http10:1,http10:100,pure10:1,pure10:100,noop10:100,fork100:10";
const MORE_ROWS = "mixed:100,fork100http:10,bigdoc:10";

/** `full` and `gates` by the rules of five rounds and windows of 20 s, the others to look around. */
const modes: Readonly<Record<"full" | "gates" | "medium" | "quick", Mode>> = {
  full: {
    ...{ windowMs: 20_000, rounds: 5, idleMs: 2_000 },
    rows: `${GATE_ROWS},http10:10,http10:1000,pure10:10,pure10:1000,noop10:1,mixed:1,${MORE_ROWS}`,
    scenarios: `${ALL_SCENARIOS},jq`,
  },
  gates: { windowMs: 20_000, rounds: 5, idleMs: 2_000, rows: GATE_ROWS, scenarios: ALL_SCENARIOS },
  medium: {
    ...{ windowMs: 4_000, rounds: 5, idleMs: 300 },
    rows: `${GATE_ROWS},noop10:1,${MORE_ROWS}`,
    scenarios: "open,timers,events,crash,size",
  },
  quick: { windowMs: 2_000, rounds: 2, idleMs: 200, rows: GATE_ROWS, scenarios: "" },
};

/** Reads the arguments of `npm run bench`; rejects what it does not know. */
export function readPlan(args: readonly string[]): Plan {
  const text = { type: "string" } as const;
  const flag = { type: "boolean", default: false } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...{ full: flag, gates: flag, medium: flag },
      ...{ seconds: text, rounds: text, rows: text, scenarios: text, engines: text },
      ...{ runs: text, waiting: text, results: text, report: text },
    },
  });
  const name = values.full ? "full" : values.gates ? "gates" : values.medium ? "medium" : "quick";
  const mode = modes[name];
  const listed = (list: string): readonly string[] => list.split(",").filter((one) => one !== "");
  return {
    mode: name,
    windowMs: values.seconds === undefined ? mode.windowMs : Number(values.seconds) * 1000,
    rounds: Number(values.rounds ?? mode.rounds),
    idleMs: mode.idleMs,
    rows: listed(values.rows ?? mode.rows).map(rowOf),
    scenarios: listed(values.scenarios ?? mode.scenarios),
    engines: listed(values.engines ?? "stigmer,restate,restate-tuned,dbos"),
    runs: Number(values.runs ?? 10_000),
    waiting: Number(values.waiting ?? 1_000_000),
    ...(values.results === undefined ? {} : { results: values.results }),
    ...(values.report === undefined ? {} : { report: values.report }),
  };
}

function rowOf(text: string): SteadyRow {
  const [workload = "", concurrency = "100"] = text.split(":");
  if (!(workload in workloads))
    throw new Error(
      `Cannot measure "${workload}": it is unknown, it should be one of ${Object.keys(workloads).join(", ")}`,
    );
  return { workload: workload as Workload, concurrency: Number(concurrency) };
}

/** Whether an engine takes part in a row. Where only what has a gate is measured, DBOS has one. */
export function takesPart({ mode }: Plan, engine: string, { workload, concurrency }: SteadyRow): boolean {
  return mode !== "gates" || engine !== "dbos" || (workload === "http10" && concurrency === 100);
}

/** Window of the round that warms up. */
export function warmUpMs({ windowMs }: Plan): number {
  return Math.min(windowMs, 1_500);
}

/** Workloads that an open loop is measured for, at half of what the closed loop of 100 callers reached. */
export const openWorkloads: readonly Workload[] = ["pure10", "http10", "noop10"];

/** What a scenario takes, roughly, for each engine or once: seconds. */
const secondsOf: Readonly<Record<string, number>> = {
  ...{ timers: 45, events: 25, crash: 75, size: 40, flushes: 25 },
  ...{ jq: 120, crud: 120 },
};
const ONCE = ["jq", "crud"];
/** Starting and stopping everything. */
const AROUND_SECONDS = 30;
/** Of each window: the generator's start, the probe, looking at the disk. */
const WINDOW_EXTRA_MS = 500;

/** What all of it takes, roughly. */
export function expectedSeconds(plan: Plan): number {
  const { engines, rows, rounds, scenarios, windowMs, idleMs, waiting } = plan;
  const around = idleMs + WINDOW_EXTRA_MS;
  const perRound = rows.reduce((sum, row) => sum + engines.filter((engine) => takesPart(plan, engine, row)).length, 0);
  const open = openWorkloads.flatMap((workload) => {
    const row = rows.find((one) => one.workload === workload && one.concurrency === 100);
    return row === undefined ? [] : engines.filter((engine) => takesPart(plan, engine, row));
  });
  const scenarioSeconds = scenarios.reduce((sum, name) => {
    if (name === "open") return sum + (open.length * (windowMs + around)) / 1000;
    if (name === "waiting") return sum + 60 + waiting / WAITING_PER_SECOND;
    return sum + (secondsOf[name] ?? 0) * (ONCE.includes(name) ? 1 : engines.length);
  }, 0);
  const steady = perRound * (rounds * (windowMs + around) + warmUpMs(plan) + around);
  return Math.round(AROUND_SECONDS + steady / 1000 + scenarioSeconds);
}

/** How fast waiting runs are brought in, roughly. */
const WAITING_PER_SECOND = 4_000;
