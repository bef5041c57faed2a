import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { measureWaiting } from "../server/torture/scale.ts";
import type { Plan } from "./plan.ts";
import type { Line } from "./results.ts";

/** Measures one part of Stigmer, which no peer is beside. */
type Part = (plan: Plan) => Promise<Pick<Line, "figures" | "printed">>;

/** Parts by their names; most have a command of their own that prints a table. */
export const parts: Readonly<Record<string, Part>> = {
  jq: async () => {
    await run("npm", "install", "--prefix", "jq", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock");
    return { figures: {}, printed: await run("npm", "run", "--silent", "--prefix", "jq", "bench") };
  },
  crud: async () => {
    const printed = await run("npx", "tsx", "--conditions=source", "crud/crud.ts");
    const read = (pattern: RegExp): number => Number(pattern.exec(printed)?.[1] ?? Number.NaN);
    // The second but last column: how much slower than with 1,000.
    const growth = (name: string): number => read(new RegExp(`^${name} .* ([\\d.]+) +[\\d.]+$`, "mu"));
    const growths = { listGrowth: growth("list"), getByWorkflowGrowth: growth("getByWorkflow") };
    return { figures: { getOfEcho: read(/^get of echo: ([\d.]+)/mu), ...growths }, printed };
  },
  waiting,
};

/** Runs that wait for a day in one process: what they take, how soon it is ready again, how late others wake beside them. */
async function waiting({ waiting: runs }: Plan): ReturnType<Part> {
  const report = await measureWaiting(runs, (line) => void process.stderr.write(`  ${line}\n`));
  if (report.wrong.length > 0) throw new Error(report.wrong.slice(0, 5).join("; "));
  const { rssMb, rssEmptyMb, diskBytes, diskBytesPerRun, readyMs, readyAfterKillMs, filledPerSecond, alarms } = report;
  const { earliest, p50, p99, last } = alarms.latenessMs;
  const lateness = { latenessEarliestMs: earliest, latenessP50Ms: p50, latenessP99Ms: p99, latenessLastMs: last };
  const disk = { diskMb: Math.round(diskBytes / 1e6), diskBytesPerRun };
  const ready = { readyMs, readyAfterKillMs, filledPerSecond };
  return { figures: { waiting: runs, rssMb, rssEmptyMb, ...disk, ...ready, alarms: alarms.timers, ...lateness } };
}

async function run(program: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args, { cwd: import.meta.dirname, maxBuffer: 2 ** 26 });
  return stdout.trim();
}
