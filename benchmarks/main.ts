import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { bundle } from "../tools/build.mjs";
import { compileLoad } from "./load/load.ts";
import { Measurement } from "./measurement.ts";
import { expectedSeconds, type Plan, readPlan } from "./plan.ts";
import { report } from "./report.ts";
import { Results } from "./results.ts";

/*
 * `npm run bench`: Stigmer beside Restate as shipped and tuned and DBOS on one machine, fsync on for all. See README.md.
 */

const plan = readPlan(process.argv.slice(2));
const { mode, windowMs, rounds } = plan;
const date = new Date().toISOString();
const minute = date.slice(0, 16).replaceAll(":", "");
const file = path.resolve(
  plan.report ?? plan.results ?? path.join(import.meta.dirname, "results", `${minute}-${mode}.jsonl`),
);
const machine = { cores: os.cpus().length, cpu: os.cpus()[0]?.model ?? "", kernel: os.release() };
const results = new Results(file, { date, mode, windowMs, rounds, ...machine });
// One that is taken up again goes on as it was begun.
const { heading } = results;
if (plan.report === undefined) await measure({ ...plan, windowMs: heading.windowMs, rounds: heading.rounds });
const text = report(heading, results.lines);
writeFileSync(`${file.replace(/\.jsonl$/u, "")}.md`, `${text}\n`);
console.log(`${text}\n\nRaw lines: ${path.relative(process.cwd(), file)}`);

async function measure(planned: Plan): Promise<void> {
  const minutes = Math.ceil(expectedSeconds(planned) / 60);
  console.error(`About ${minutes} minutes, less what ${path.relative(process.cwd(), file)} has already.`);
  const folder = mkdtempSync(path.join(os.tmpdir(), "stigmer-bench-"));
  // A database of another user lives in it.
  execFileSync("chmod", ["755", folder]);
  // A build of its own: nobody replaces it while it is measured.
  await bundle(path.join(import.meta.dirname, "dist/bundle"));
  const measurement = new Measurement(planned, results, compileLoad(folder), folder);
  const end = async (): Promise<void> => {
    await measurement.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  let isInterrupted = false;
  const interrupt = (): void => {
    isInterrupted = true;
    void end().finally(() => process.exit(1));
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, interrupt);
  try {
    await measurement.run();
  } catch (error) {
    if (!isInterrupted) throw error;
    // What breaks because it is ended is no news; the exit follows.
    await new Promise(() => undefined);
  } finally {
    await end();
  }
}
