import { loadWorkflow } from "@stigmer/core/check/load.ts";
import type { WorkflowDocument } from "@stigmer/core/dsl/model.ts";
import { compileProgram, type RunState, step } from "@stigmer/core/interpreter/interpreter.ts";
import type { Json, JsonObject } from "@stigmer/core/lib/json.ts";
import type { RunEvent } from "@stigmer/core/protocol/event.ts";
import { lifecycleEvents } from "@stigmer/core/protocol/lifecycle.ts";
import type { EngineOptions } from "../../server/engine/embedded/options.ts";
import type { HistoryEntry } from "../../server/engine/engine.ts";
import type { ConformanceCase } from "../case.ts";
import type { ConformanceHost, Observation } from "../host.ts";
import { simulationOf } from "../simulate-host.ts";
import { type CaseRun, EngineCaseWorld, RUN_ID } from "./engine-case-world.ts";

/**
 * Runs cases on the embedded engine itself: journal, timers, subscriptions, outbox and child runs are those of the server, only time, disk and calls are not. What is told of a run is what the
 * engine tells: its row, its view, its trace; lifecycle events are made of its journal.
 */
export const engineHost = hostWith("embedded", {});

/** The same where nothing stays in memory: a run that waits is read back from the snapshot of its last fact, as after a restart. */
export const forgetfulEngineHost = hostWith("embedded, forgetful", { cacheBytesMax: 0, snapshotEveryRecords: 1 });

function hostWith(name: string, options: Partial<EngineOptions>): ConformanceHost {
  return {
    name,
    async run(one) {
      const { document, diagnostics } = loadWorkflow(one.source ?? JSON.stringify(one.document));
      const texts = (severity: string): readonly string[] =>
        diagnostics
          .filter((diagnostic) => diagnostic.severity === severity)
          .map((diagnostic) => `${diagnostic.code} ${diagnostic.message} ${diagnostic.hint ?? ""}`);
      const told = { errors: texts("error"), warnings: texts("warning") };
      if (document === undefined) return told;
      return { ...told, ...(await runCase(one, document, { options })).observation };
    },
  };
}

/** Runs a case, perhaps with a crash: what is seen of it, and how many commits with records of journals it took. */
export async function runCase(
  one: ConformanceCase,
  document: WorkflowDocument,
  how: CaseRun,
): Promise<{ readonly observation: Omit<Observation, "errors" | "warnings">; readonly commits: number }> {
  const world = new EngineCaseWorld({ document, ...simulationOf(one) }, how);
  await world.run();
  return { observation: await observe(world, document), commits: world.commits };
}

async function observe(
  world: EngineCaseWorld,
  document: WorkflowDocument,
): Promise<Omit<Observation, "errors" | "warnings">> {
  const { engine, runner, published, refused, lastOutsideMs } = world;
  const view = await engine.view(RUN_ID);
  if (view === undefined) throw new Error("Cannot observe the run: it is unknown, it should have been started");
  const { row, context, waiting } = view;
  const history = await engine.history(RUN_ID, 1, Number.MAX_SAFE_INTEGER);
  const lastFactMs = (history.at(-1)?.at ?? row.createdAt) - row.createdAt;
  return {
    status: row.status,
    ...(row.output === undefined ? {} : { output: JSON.parse(row.output) as Json }),
    ...(row.fault === undefined ? {} : { fault: JSON.parse(row.fault) as JsonObject }),
    context,
    trace: await engine.trace(RUN_ID),
    calls: runner.calls,
    published,
    lifecycle: lifecycleOf(document, row.digest, history),
    elapsedMs: row.endedAt === undefined ? Math.max(lastFactMs, lastOutsideMs) : row.endedAt - row.createdAt,
    waiting: waiting.map(({ reason }) => reason),
    refused,
  };
}

/** Lifecycle events of the facts in a journal. */
function lifecycleOf(
  document: WorkflowDocument,
  digest: string,
  history: readonly HistoryEntry[],
): readonly JsonObject[] {
  const program = compileProgram(document, { digest });
  const { namespace, name, version } = document.document;
  const workflow = { namespace, name, version, digest };
  let state: RunState | undefined;
  return history.flatMap(({ at, seq, fact }) => {
    const before = state?.status;
    const result = step(program, state, fact as unknown as RunEvent);
    state = result.state;
    const { trace, state: after } = result;
    const of = { runId: RUN_ID, workflow, baseUri: "https://stigmer.example", sequence: seq };
    return lifecycleEvents({ ...of, at, before, after, trace });
  });
}
