/*
 * Runs random programs in our engine and in native jq, and counts where they agree.
 *
 *   npm run jq-differential -- [programs] [first seed]
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  ExpressionError,
  ExpressionLimitError,
  ExpressionSyntaxError,
  compileExpression,
} from "@stigmer/core/expr/expression.ts";
import { type Json, isJsonArray, isJsonObject } from "@stigmer/core/lib/json.ts";
import { randomProgram } from "@stigmer/core/expr/testing/random-program.ts";
import { readJson, writeJson } from "@stigmer/core/expr/testing/run-case.ts";

/** What a program gave: its outputs as text, and the message of the error that ended it, if one did. */
interface Outcome {
  readonly outputs: readonly string[];
  readonly error: string | undefined;
}

/** One program on which the two disagree. */
export interface Disagreement {
  readonly program: string;
  readonly kind: string;
  readonly ours: string;
  readonly native: string;
}

/** The result of a run. */
export interface Report {
  readonly version: string;
  readonly programs: number;
  readonly agreed: number;
  /** Programs that fail in both after the same outputs, in other words. */
  readonly agreedButWords: number;
  /** Programs that one of the two did not finish or that jq does not know; they are not compared. */
  readonly skipped: number;
  readonly disagreements: readonly Disagreement[];
}

/** The version of native jq, or undefined where there is none. */
function nativeVersion(): string | undefined {
  const result = spawnSync("jq", ["--version"], { encoding: "utf8" });
  return result.status === 0 ? result.stdout.trim() : undefined;
}

/** How many programs one jq process runs; each is wrapped so that its errors are outputs. */
const BATCH = 100;
/** More outputs than this are not compared: some programs never end. */
const OUTPUTS_MAX = 200;
const LIMITS = { steps: 50_000 };
const TIMEOUT_MS = 3_000;

/** Wraps a program so that its outputs and its error, if any, come out as one array. */
function wrapped(program: string): string {
  return `[limit(${OUTPUTS_MAX}; try ((${program}) | {o: tojson}) catch {e: .})]`;
}

function ours(program: string): Outcome | "limit" | "syntax" {
  try {
    const [events] = compileExpression(wrapped(program), { variables: [], limits: LIMITS }).all(null, [], { nowMs: 0 });
    return toOutcome(events as readonly Event[]);
  } catch (error) {
    if (error instanceof ExpressionLimitError) return "limit";
    if (error instanceof ExpressionSyntaxError) return "syntax";
    if (error instanceof ExpressionError) return { outputs: [], error: error.message };
    throw error;
  }
}

type Event = { readonly o: string } | { readonly e: unknown };

function toOutcome(events: readonly Event[]): Outcome {
  const outputs = events.filter((event) => "o" in event).map((event) => event.o);
  const failure = events.find((event) => "e" in event);
  return { outputs, error: failure ? JSON.stringify(failure.e) : undefined };
}

function runNative(file: string): { readonly lines: readonly string[]; readonly finished: boolean } {
  const result = spawnSync("jq", ["-n", "-c", "-f", file], {
    encoding: "utf8",
    timeout: TIMEOUT_MS,
    maxBuffer: 2 ** 28,
  });
  return { lines: result.stdout.split("\n").filter((line) => line !== ""), finished: result.status === 0 };
}

/** Native outcomes of a batch, by halves where one program of it stops all. */
function native(programs: readonly string[], folder: string): readonly (Outcome | undefined)[] {
  if (programs.length === 0) return [];
  const file = join(folder, "batch.jq");
  writeFileSync(file, programs.map((program) => `(null | ${wrapped(program)})`).join(",\n"));
  const { lines, finished } = runNative(file);
  if (finished && lines.length === programs.length)
    return lines.map((line) => toOutcome(readJson(line) as unknown as readonly Event[]));
  if (programs.length === 1) return [undefined];
  const middle = programs.length >> 1;
  return [...native(programs.slice(0, middle), folder), ...native(programs.slice(middle), folder)];
}

/** Runs programs of consecutive seeds in both engines. */
export function differential(count: number, firstSeed: number): Report {
  const version = nativeVersion();
  if (version === undefined) throw new Error("Cannot compare with native jq: it is not installed");
  const folder = mkdtempSync(join(tmpdir(), "jq-differential-"));
  const disagreements: Disagreement[] = [];
  let agreed = 0;
  let agreedButWords = 0;
  let skipped = 0;
  try {
    for (let start = 0; start < count; start += BATCH) {
      const programs = Array.from({ length: Math.min(BATCH, count - start) }, (_, index) =>
        randomProgram(firstSeed + start + index),
      );
      const outcomes = programs.map(ours);
      const runnable = programs.filter(
        (_program, index) => outcomes[index] !== "limit" && outcomes[index] !== "syntax",
      );
      const natives = native(runnable, folder);
      skipped += programs.length - runnable.length;
      runnable.forEach((program, index) => {
        const mine = outcomes[programs.indexOf(program)] as Outcome;
        const theirs = natives[index];
        if (!theirs) skipped++;
        else if (mine.error === theirs.error && sameOutputs(mine, theirs)) agreed++;
        else if (mine.error !== undefined && theirs.error !== undefined && sameOutputs(mine, theirs)) agreedButWords++;
        else
          disagreements.push({
            program,
            kind: classify(program, mine, theirs),
            ours: show(mine),
            native: show(theirs),
          });
      });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return { version, programs: count, agreed, agreedButWords, skipped, disagreements };
}

/** Outputs are compared as values: the order of keys may differ where they look like array indexes. */
function sameOutputs(left: Outcome, right: Outcome): boolean {
  return (
    left.outputs.length === right.outputs.length &&
    left.outputs.every((output, index) => normal(output) === normal(right.outputs[index] as string))
  );
}

function normal(text: string): string {
  return writeJson(readJson(text));
}

function show({ outputs, error }: Outcome): string {
  return [...outputs, ...(error === undefined ? [] : [`error ${error}`])].join(" ; ").slice(0, 300);
}

/** An output in which the text of a caught error, which versions word differently, counts for nothing. */
function withoutWords(text: string): string {
  return writeJson(blankErrors(readJson(text)));
}

const ERROR_WORDS = /cannot|Cannot|must|requires|not a string|number required/u;

function blankErrors(value: Json): Json {
  if (typeof value === "string") return ERROR_WORDS.test(value) ? "…" : value;
  if (isJsonArray(value)) return value.map(blankErrors);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [ERROR_WORDS.test(key) ? "…" : key, blankErrors(item)]),
  );
}

/** Why the two disagree, as far as the versions are known to differ. */
const KNOWN: readonly (readonly [
  kind: string,
  matches: (program: string, ours: Outcome, native: Outcome) => boolean,
])[] = [
  [
    "words of a caught error (1.7, 1.8)",
    (_program, mine, theirs) =>
      mine.outputs.map(withoutWords).join("\n") === theirs.outputs.map(withoutWords).join("\n"),
  ],
  ["try catches a break (1.7)", (_program, _ours, theirs) => JSON.stringify(theirs).includes("__jq")],
  ["isempty gives one output (1.7)", (program) => program.includes("isempty(")],
  ["nth beyond the last output is nothing (1.8)", (program) => program.includes("nth(1")],
  ["paths(f) asks f about the root too (1.7)", (program) => program.includes("paths(")],
  ["update with no output removes every element, not every second one (1.7)", (program) => program.includes("|=")],
  ["strings times a fraction or zero (1.8)", (program) => program.includes("*")],
  ["ltrimstr of what is no text is an error (1.8)", (program) => program.includes("ltrimstr")],
  ["last of nothing is nothing (1.8)", (program) => program.includes("last(")],
  ["limit with a count below zero is an error (1.8)", (program) => program.includes("limit(")],
  ["fractional indexes are rounded down (1.7)", (program) => /\.\[|getpath|has|del/u.test(program)],
  ["index of overlapping texts, by code points (1.8)", (program) => /index|indices/u.test(program)],
  ["dates and numbers read more strictly (1.7, 1.8)", (program) => /fromjson|tonumber/u.test(program)],
  ["null errors are caught (1.7)", (program) => program.includes("error")],
  ["any and all of a condition with several outputs (1.7)", (program) => /\b(?:any|all)\(/u.test(program)],
  [
    "a new text that equals the one at a path has that path (ours)",
    (_program, _ours, theirs) => JSON.stringify(theirs).includes("Invalid path expression with result"),
  ],
];

function classify(program: string, mine: Outcome, theirs: Outcome): string {
  return KNOWN.find(([, matches]) => matches(program, mine, theirs))?.[0] ?? "unexplained";
}

/** The report as text: agreement, classes of disagreement, and the first examples of what no class explains. */
export function describeReport(report: Report): string {
  const compared = report.programs - report.skipped;
  const counts = new Map<string, number>();
  for (const { kind } of report.disagreements) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const lines = [
    `${report.programs} programs against ${report.version}: ${compared} compared, ${report.agreed} agree (${((100 * report.agreed) / compared).toFixed(2)} %), ` +
      `${report.agreedButWords} more but for the words of an error (together ${((100 * (report.agreed + report.agreedButWords)) / compared).toFixed(2)} %), ${report.skipped} not comparable`,
    ...[...counts].toSorted((a, b) => b[1] - a[1]).map(([kind, count]) => `  ${String(count).padStart(5)}  ${kind}`),
    ...report.disagreements
      .filter(({ kind }) => kind === "unexplained")
      .slice(0, 20)
      .map(({ program, ours: mine, native: theirs }) => `  ${program}\n    ours   ${mine}\n    native ${theirs}`),
  ];
  return lines.join("\n");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [count = "5000", seed = "1"] = process.argv.slice(2);
  console.log(describeReport(differential(Number(count), Number(seed))));
}
