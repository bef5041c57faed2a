import { parseArgs } from "node:util";
import { scriptedInterpreter } from "../engine/testing/scripted-interpreter.ts";
import { runSeeds } from "./run-seed.ts";

const { values } = parseArgs({ options: { seed: { type: "string", default: "1" }, count: { type: "string", default: "1" }, language: { type: "string", default: "plain" } } });
const first = Number(values.seed);
const count = Number(values.count);
const begin = performance.now();
let failed = 0;
let steps = 0;
let crashes = 0;
await runSeeds(
  Array.from({ length: count }, (_, at) => first + at),
  values.language === "full" ? { interpreter: (await import("../engine/embedded/core-interpreter.ts")).coreInterpreter, language: "full" } : { interpreter: scriptedInterpreter, language: "plain" },
  (result) => {
    steps += result.steps;
    crashes += result.crashes;
    if (result.violations.length > 0) {
      failed++;
      console.log(`seed ${result.seed}: ${result.violations.join("\n  ")}`);
    }
    return failed < 10;
  },
);
const seconds = (performance.now() - begin) / 1000;
console.log({ count, failed, steps, crashes, seconds, perSecond: count / seconds });
