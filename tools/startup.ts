import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { bundle } from "./build.mjs";

/*
 * `npm run startup [-- ROUNDS]`: how long the built command line takes to start, beside bare node in the same minute on the same machine: what counts is the difference. One of each in turn, so
 * that a busy moment meets them all; the median tells what is usual, the best what
 * the machine can do, and processor time what the command costs however busy the machine is.
 */

const root = path.resolve(import.meta.dirname, "..");
const entry = path.join(root, "server/dist/bundle/stigmer.js");
const rounds = Number(process.argv[2] ?? 21);
if (!Number.isInteger(rounds) || rounds < 1)
  throw new Error(`Cannot measure "${process.argv[2]}" rounds: it should be a number from 1`);
if (!existsSync(entry)) await bundle(path.dirname(entry));

const commands: readonly (readonly [string, readonly string[]])[] = [
  ["node -e 0", ["-e", "0"]],
  ["stigmer --help", [entry, "--help"]],
  ["stigmer --version", [entry, "--version"]],
  ["stigmer validate", [entry, "validate", path.join(root, "examples/order-saga/workflow.yaml")]],
  ["stigmer get (no server)", [entry, "get", "runs", "--server", "127.0.0.1:1"]],
];

/** A process that ends says how much processor time it had: unlike the clock, that hardly depends on what else the machine does. */
const hook = path.join(mkdtempSync(path.join(os.tmpdir(), "stigmer-startup-")), "cpu.cjs");
writeFileSync(
  hook,
  `process.on("exit", () => { const { user, system } = process.cpuUsage(); require("node:fs").writeSync(3, String(user + system)); });`,
);

interface Sample {
  readonly wallMs: number;
  readonly cpuMs: number;
}

const samples = new Map<string, Sample[]>(commands.map(([name]) => [name, []]));
for (let round = 0; round <= rounds; round++) {
  for (const [name, args] of commands) {
    const started = process.hrtime.bigint();
    const { output } = spawnSync(process.execPath, ["--require", hook, ...args], {
      stdio: ["ignore", "ignore", "ignore", "pipe"],
    });
    const wallMs = Number(process.hrtime.bigint() - started) / 1e6;
    // The first round fills caches of the machine and does not count.
    if (round > 0) samples.get(name)?.push({ wallMs, cpuMs: Number(output[3]) / 1000 });
  }
}
rmSync(path.dirname(hook), { recursive: true });

const [bare] = commands[0] as (typeof commands)[number];
const sorted = (name: string, of: keyof Sample): readonly number[] =>
  (samples.get(name) ?? []).map((sample) => sample[of]).toSorted((left, right) => left - right);
const median = (name: string, of: keyof Sample): number => sorted(name, of)[Math.floor(rounds / 2)] ?? 0;
const best = (name: string): number => sorted(name, "wallMs")[0] ?? 0;
console.log(`${"".padEnd(24)}   median     best  of node      CPU  CPU above node`);
for (const [name] of commands) {
  const cells = [
    `${median(name, "wallMs").toFixed(0)} ms`.padStart(9),
    `${best(name).toFixed(0)} ms`.padStart(8),
    `${(median(name, "wallMs") / median(bare, "wallMs")).toFixed(2)} x`.padStart(8),
    `${median(name, "cpuMs").toFixed(0)} ms`.padStart(8),
    `${(median(name, "cpuMs") - median(bare, "cpuMs")).toFixed(0)} ms`.padStart(15),
  ];
  console.log(`${name.padEnd(24)}${cells.join(" ")}`);
}
