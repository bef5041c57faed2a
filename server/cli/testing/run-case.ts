import { visitTasks } from "@stigmer/core/check/task-visit.ts";
import type { Program } from "@stigmer/core/interpreter/program.ts";
import { addDuration, parseDuration } from "@stigmer/core/lib/duration.ts";
import { type Json, type JsonObject, isJsonArray } from "@stigmer/core/lib/json.ts";
import { authorizationAt, hasSecretMarker, replaceSecretMarkers } from "@stigmer/core/lib/secret-marker.ts";
import { type Fault, STANDARD_FAULTS } from "@stigmer/core/protocol/fault.ts";
import type { TaskTrace } from "@stigmer/core/protocol/trace.ts";
import type { MockAnswer, Mocks } from "@stigmer/core/simulate/mock.ts";
import { type Simulation, type SimulationResult, simulate } from "@stigmer/core/simulate/simulate.ts";
import { differences } from "./differences.ts";
import type { AnswerSpec, CaseSpec, DurationSpec, ExpectSpec, TestFile } from "./test-file.ts";

/** What came of a case: it holds when there are no differences. */
export interface CaseResult {
  readonly name: string;
  readonly line: number;
  readonly differences: readonly string[];
  readonly trace: readonly TaskTrace[];
}

/** Runs a case in the simulator: a virtual clock, mocked calls, nothing outside. */
export function runCase(file: TestFile, one: CaseSpec & { readonly line: number }, program: Program): CaseResult {
  const result = simulate({ document: file.document, program, workflows: file.workflows, ...simulationOf(file, one) });
  return { name: one.name, line: one.line, differences: unmet(one, result), trace: result.trace };
}

function simulationOf(file: TestFile, { given = {}, mocks = {}, events = [], controls = [] }: CaseSpec) {
  const { input, env, secrets, at } = given;
  const visited = visitTasks(file.document).tasks;
  return {
    ...(input === undefined ? {} : { input }),
    ...(env === undefined ? {} : { env }),
    ...(secrets === undefined ? {} : { secrets }),
    ...(at === undefined ? {} : { startAtMs: Date.parse(at) }),
    mocks: mocksOf(mocks),
    events: events.map(({ after, ...event }, index) => ({
      afterMs: after === undefined ? 1000 : milliseconds(after),
      event: { specversion: "1.0", id: `event-${index + 1}`, source: "https://test.example", ...event },
    })),
    controls: controls.map(({ after, task, ...control }) => ({
      afterMs: after === undefined ? 0 : milliseconds(after),
      // A control names its task as people do; the run knows it by its pointer.
      control: (task === undefined
        ? control
        : { ...control, pointer: visited.find(({ name }) => name === task)?.pointer ?? task }) as never,
    })),
  } satisfies Partial<Simulation>;
}

function mocksOf(mocks: NonNullable<CaseSpec["mocks"]>): Mocks {
  return Object.fromEntries(
    Object.entries(mocks).map(([task, mock]) => {
      if (Array.isArray(mock)) return [task, (mock as readonly AnswerSpec[]).map(answerOf)];
      const { sequence, ...answer } = mock as AnswerSpec & { readonly sequence?: readonly AnswerSpec[] };
      return [task, sequence === undefined ? answerOf(answer) : sequence.map(answerOf)];
    }),
  );
}

function answerOf({ output, error, delay, never, messages, every, open }: AnswerSpec): MockAnswer {
  return {
    ...(output === undefined ? {} : { output }),
    ...(error === undefined ? {} : { error: faultOf(error) }),
    ...(delay === undefined ? {} : { delayMs: milliseconds(delay) }),
    ...(never === undefined ? {} : { never }),
    ...(messages === undefined ? {} : { messages }),
    ...(every === undefined ? {} : { everyMs: milliseconds(every) }),
    ...(open === undefined ? {} : { open }),
  };
}

/** `error: { status: 503 }` is what most calls fail with; a standard type has its own status. */
function faultOf(error: JsonObject): Fault {
  const { type = "communication", ...rest } = error;
  const statuses: { readonly [type: string]: number } = STANDARD_FAULTS;
  const name = String(type);
  return { type: name, status: Object.hasOwn(statuses, name) ? (statuses[name] as number) : 500, ...rest } as Fault;
}

function milliseconds(spec: DurationSpec): number {
  const { duration, problem } = parseDuration(spec);
  if (duration === undefined) throw new Error(`Cannot read the duration ${JSON.stringify(spec)}: ${problem}`);
  return addDuration(0, duration);
}

function unmet({ expect, given }: CaseSpec, result: SimulationResult): readonly string[] {
  const { status, fault, context, path, published, waiting, elapsedMs } = result;
  const reveal = (value: Json): Json => revealed(value, given?.secrets ?? {});
  const wanted = expectedStatus(expect);
  const found: string[] = [];
  if (wanted !== undefined && wanted !== status) {
    const why = fault === undefined ? waiting.map(({ reason }) => `waits for ${reason}`).join("; ") : faultLine(fault);
    found.push(`status: expected ${wanted}, got ${status}${why === "" ? "" : ` (${why})`}`);
  }
  if (expect.output !== undefined && (status === "completed" || wanted === undefined))
    found.push(
      ...differences("output", expect.output, result.output === undefined ? undefined : reveal(result.output), "equal"),
    );
  if (expect.error !== undefined && (fault !== undefined || wanted === undefined || wanted === status))
    found.push(
      ...differences("error", expect.error, fault === undefined ? undefined : reveal(fault as unknown as Json), "part"),
    );
  if (expect.context !== undefined) found.push(...differences("context", expect.context, reveal(context), "equal"));
  if (expect.path !== undefined) found.push(...differences("path", expect.path, path, "equal"));
  if (expect.calls !== undefined) found.push(...callDifferences(expect.calls, result, reveal));
  if (expect.published !== undefined)
    found.push(...differences("published", expect.published, reveal(published), "part"));
  if (expect.elapsed !== undefined && milliseconds(expect.elapsed) !== elapsedMs)
    found.push(`elapsed: expected ${milliseconds(expect.elapsed)} ms, got ${elapsedMs} ms`);
  for (const reason of expect.waiting ?? [])
    if (!waiting.some((one) => one.reason.includes(reason)))
      found.push(
        `waiting: expected "${reason}", got ${waiting.map((one) => `"${one.reason}"`).join(", ") || "nothing"}`,
      );
  found.push(...result.refused.map((reason) => `controls: one was refused: ${reason}`));
  return found;
}

/** A case that says how it ends says it by what it expects of the end. */
function expectedStatus({ status, output, error }: ExpectSpec): string | undefined {
  return status ?? (output !== undefined ? "completed" : error !== undefined ? "faulted" : undefined);
}

function faultLine({ status, title, detail, instance }: Fault): string {
  return [`${status} ${title ?? ""}`.trim(), detail, instance === undefined ? undefined : `at ${instance}`]
    .filter((part) => part !== undefined)
    .join(", ");
}

function callDifferences(
  expected: NonNullable<ExpectSpec["calls"]>,
  { calls }: SimulationResult,
  reveal: (value: Json) => Json,
): readonly string[] {
  if (isJsonArray(expected as Json))
    return differences("calls", expected as Json, reveal(calls as unknown as Json), "part");
  return Object.entries(expected as { readonly [task: string]: number }).flatMap(([task, count]) => {
    const seen = calls.filter((call) => call.task === task || call.pointer === task).length;
    return seen === count ? [] : [`calls.${task}: expected ${count}, got ${seen}`];
  });
}

/** Secrets of a test are no secrets: expectations show them in clear, where the run sees only their markers. */
function revealed(value: Json, secrets: JsonObject): Json {
  if (typeof value === "string") {
    if (!hasSecretMarker(value)) return value;
    return replaceSecretMarkers(value, (path) => {
      // A token is fetched by a server only: no test has one.
      if (authorizationAt(path) !== undefined) return "[redacted]";
      let found: Json | undefined = secrets;
      for (const key of path) found = (found as { readonly [key: string]: Json } | undefined)?.[key];
      return typeof found === "string" ? found : JSON.stringify(found ?? null);
    });
  }
  if (isJsonArray(value)) return value.map((item) => revealed(item, secrets));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, revealed(item as Json, secrets)]));
}
