import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { bundleVariable, serverBundle } from "./server-process.ts";

/** Numbers of a kind of torture, by name, in groups where there are several places or faults. */
export interface Figures {
  readonly [name: string]: number | Figures;
}

/** The part of the work that one process does: the `index`-th of `of`. */
export interface Part {
  readonly index: number;
  readonly of: number;
}

/** What a kind of torture came to. */
export interface Total {
  readonly figures: Figures;
  readonly wrong: readonly string[];
}

/** Prefix of what was not as promised, in the output of a process. */
export const WRONG = "WRONG ";

/** Does the work in as many processes, each with its part of it, and adds up what they found. Rejects when one ends without its total. */
export async function inJobs(jobs: number, args: readonly string[], told: (line: string) => void): Promise<Total> {
  const parts = await Promise.all(
    Array.from({ length: jobs }, (_, index) => inProcess([...args, "--part", `${index}/${jobs}`], told)),
  );
  return parts.reduce((sum, part) => ({
    figures: added(sum.figures, part.figures),
    wrong: [...sum.wrong, ...part.wrong],
  }));
}

async function inProcess(args: readonly string[], told: (line: string) => void): Promise<Total> {
  const script = process.argv[1] as string;
  const child = spawn(process.execPath, [...process.execArgv, script, ...args], {
    env: { ...process.env, [bundleVariable]: serverBundle() },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  const wrong: string[] = [];
  let figures: Figures | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith(WRONG)) wrong.push(line.slice(WRONG.length));
    else if (line.startsWith("{")) figures = (JSON.parse(line) as { readonly figures: Figures }).figures;
    else told(line);
  }
  await ended;
  if (figures === undefined) throw new Error(`Cannot add up: "${args.join(" ")}" ended without its figures`);
  return { figures, wrong };
}

function added(left: Figures, right: Figures): Figures {
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  return Object.fromEntries([...names].map((name) => [name, sum(left[name] ?? 0, right[name] ?? 0)]));
}

function sum(left: number | Figures, right: number | Figures): number | Figures {
  if (typeof left === "number" && typeof right === "number") return left + right;
  return added(typeof left === "number" ? {} : left, typeof right === "number" ? {} : right);
}
