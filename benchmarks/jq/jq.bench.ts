import { spawnSync } from "node:child_process";
import { compileExpression } from "@stigmer/core/expr/expression.ts";
import type { Json } from "@stigmer/core/lib/json.ts";

/** What is measured: a program, its input, and the fewest evaluations a second ours must reach. */
interface Subject {
  readonly name: string;
  readonly program: string;
  readonly input: Json;
  readonly floor?: number;
}

const order = { items: Array.from({ length: 100 }, (_, id) => ({ id, price: id / 2, name: `item ${id}` })) };
const SUBJECTS: readonly Subject[] = [
  { name: "a", program: ".a.b.c", input: { a: { b: { c: 3 } }, items: [1, 2, 3] }, floor: 5_000_000 },
  { name: "b", program: "{x: .a, y: (.items | length)}", input: { a: { b: { c: 3 } }, items: [1, 2, 3] } },
  { name: "c", program: ".items | map(select(.price > 10) | .price) | add", input: order, floor: 150_000 },
  { name: "quadratic", program: "reduce range(20000) as $i ([]; . + [$i]) | length", input: null },
];
const ROUNDS = 5;
const ROUND_MS = 300;

/** Evaluations a second: the best of several rounds of a fixed time. */
function rate(evaluate: () => unknown): number {
  let best = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    let count = 0;
    for (let batch = 1; performance.now() - start < ROUND_MS; batch = Math.min(batch * 2, 4096)) {
      for (let index = 0; index < batch; index++) evaluate();
      count += batch;
    }
    best = Math.max(best, (count * 1000) / (performance.now() - start));
  }
  return best;
}

function ours({ program, input }: Subject): number {
  const expression = compileExpression(program, { variables: [] });
  return rate(() => expression.value(input, [], { nowMs: 0 }));
}

interface Jqjs {
  compile(source: string): (value: unknown) => Iterator<unknown>;
}

/** The other engine, where it is installed in this folder; the name is no literal, so that type checks need no installation. */
async function load(name: string): Promise<Jqjs | undefined> {
  try {
    const module = (await import(name)) as { readonly default?: Jqjs } & Jqjs;
    return module.default ?? module;
  } catch {
    return undefined;
  }
}

const jqjs = await load("@michaelhomer/jqjs");

function others({ program, input }: Subject): number | undefined {
  if (!jqjs) return undefined;
  try {
    const compiled = jqjs.compile(program);
    return rate(() => compiled(input).next().value);
  } catch {
    return undefined;
  }
}

/** A stream of equal inputs through one process, less what starting it takes. */
function native({ program, input }: Subject): number | undefined {
  const run = (lines: number): number | undefined => {
    const start = performance.now();
    const result = spawnSync("jq", ["-c", program], {
      input: `${JSON.stringify(input)}\n`.repeat(lines),
      maxBuffer: 2 ** 30,
    });
    return result.status === 0 ? performance.now() - start : undefined;
  };
  const once = run(1);
  if (once === undefined) return undefined;
  for (let lines = 10; ; lines *= 10) {
    const times = [run(lines), run(lines), run(lines)].filter((time) => time !== undefined);
    const spent = Math.min(...times) - (lines > 10 ? once : 0);
    if (spent > ROUND_MS || lines >= 1_000_000) return (lines * 1000) / Math.max(spent, 1);
  }
}

const figure = (value: number | undefined): string =>
  (value === undefined ? "–" : Math.round(value).toLocaleString("en-US")).padStart(14);
let isMissed = false;
console.log(
  `${"".padEnd(12)}${"ours".padStart(14)}${"jqjs".padStart(14)}${"native jq".padStart(14)}   evaluations a second`,
);
for (const subject of SUBJECTS) {
  const [mine, theirs, process] = [ours(subject), others(subject), native(subject)];
  console.log(`${subject.name.padEnd(12)}${figure(mine)}${figure(theirs)}${figure(process)}   ${subject.program}`);
  if (subject.floor !== undefined && mine < subject.floor) isMissed = true;
  if (subject.name === "quadratic" && process !== undefined && mine < process) isMissed = true;
}
if (isMissed) console.log("a floor is missed");
if (process.argv.includes("--check") && isMissed) process.exitCode = 1;
