import { loadWorkflow } from "@stigmer/core/check/load.ts";
import type { WorkflowDocument } from "@stigmer/core/dsl/model.ts";
import type { Json, JsonObject } from "@stigmer/core/lib/json.ts";
import { lifecycleEvents } from "@stigmer/core/protocol/lifecycle.ts";
import type { Fault } from "@stigmer/core/protocol/fault.ts";
import type { MockAnswer, Mocks } from "@stigmer/core/simulate/mock.ts";
import { type Simulation, simulate } from "@stigmer/core/simulate/simulate.ts";
import type { ConformanceCase, MockSpec } from "./case.ts";
import type { ConformanceHost, Observation } from "./host.ts";
import { durationMs } from "./verify.ts";

/** Runs cases in the simulator: a virtual clock, mocked calls, nothing outside. */
export const simulateHost: ConformanceHost = {
  name: "simulate",
  async run(one) {
    const { document, diagnostics } = loadWorkflow(one.source ?? JSON.stringify(one.document));
    const texts = (severity: string): readonly string[] =>
      diagnostics
        .filter((diagnostic) => diagnostic.severity === severity)
        .map((diagnostic) => `${diagnostic.code} ${diagnostic.message} ${diagnostic.hint ?? ""}`);
    const told = { errors: texts("error"), warnings: texts("warning") };
    if (document === undefined) return told;
    return { ...told, ...observe(one, document) };
  },
};

function observe(one: ConformanceCase, document: WorkflowDocument): Omit<Observation, "errors" | "warnings"> {
  const lifecycle: JsonObject[] = [];
  const result = simulate({
    document,
    ...simulationOf(one),
    runId: "run",
    observe(event, state, trace, before) {
      lifecycle.push(
        ...lifecycleEvents({
          runId: "run",
          workflow: state.run.workflow,
          at: event.at,
          before,
          after: state,
          trace,
          baseUri: "https://stigmer.example",
        }),
      );
    },
  });
  const { status, output, fault, context, trace, calls, published, elapsedMs, waiting, refused } = result;
  return {
    status,
    ...(output === undefined ? {} : { output }),
    ...(fault === undefined ? {} : { fault: fault as unknown as JsonObject }),
    context,
    trace,
    calls,
    published,
    lifecycle,
    elapsedMs,
    waiting: waiting.map(({ reason }) => reason),
    refused,
  };
}

/** A case as the simulator takes it. */
export function simulationOf(one: ConformanceCase): Omit<Simulation, "document"> {
  return {
    ...(one.input === undefined ? {} : { input: one.input }),
    ...(one.env === undefined ? {} : { env: one.env }),
    ...(one.secrets === undefined ? {} : { secrets: one.secrets }),
    ...(one.startAt === undefined ? {} : { startAtMs: Date.parse(one.startAt) }),
    mocks: mocksOf(one.mocks ?? {}),
    workflows: (one.workflows ?? []) as unknown as readonly WorkflowDocument[],
    events: (one.events ?? []).map(({ after, event }) => ({ afterMs: durationMs(after), event })),
    controls: (one.controls ?? []).map(({ after, ...control }) => ({
      afterMs: durationMs(after),
      control: control as never,
    })),
  };
}

function mocksOf(mocks: NonNullable<ConformanceCase["mocks"]>): Mocks {
  return Object.fromEntries(
    Object.entries(mocks).map(([task, mock]) => [
      task,
      Array.isArray(mock) ? (mock as readonly MockSpec[]).map(mockAnswer) : mockAnswer(mock as MockSpec),
    ]),
  );
}

/** A mock of a table; a fault needs no status, `communication` and the like have their own. */
function mockAnswer({ output, error, after, never, messages, every, open }: MockSpec): MockAnswer {
  const fault = error === undefined ? undefined : ({ status: 500, ...error } as unknown as Fault);
  return {
    ...(output === undefined ? {} : { output: output as Json }),
    ...(fault === undefined ? {} : { error: fault }),
    ...(after === undefined ? {} : { delayMs: durationMs(after) }),
    ...(never === undefined ? {} : { never }),
    ...(messages === undefined ? {} : { messages }),
    ...(every === undefined ? {} : { everyMs: durationMs(every) }),
    ...(open === undefined ? {} : { open }),
  };
}
