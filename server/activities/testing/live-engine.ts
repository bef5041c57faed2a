import { loadWorkflow } from "@stigmer/core/check/load.ts";
import type { WorkflowDocument } from "@stigmer/core/dsl/model.ts";
import type { Json, JsonObject } from "@stigmer/core/lib/json.ts";
import type { ActivityHost } from "../index.ts";
import { coreInterpreter } from "../../engine/embedded/core-interpreter.ts";
import { openEmbeddedEngine } from "../../engine/embedded/embedded-engine.ts";
import { nodeClock, nodeRandom, nodeScheduler } from "../../engine/embedded/node-ports.ts";
import { plainEventExpressions } from "../../engine/testing/plain-event-expressions.ts";
import { createMemoryStore } from "../../store/memory/memory-store.ts";

/** What became of a run. */
export interface Ended {
  readonly phase: string;
  readonly output: Json | undefined;
  readonly fault: Json | undefined;
}

/** An engine on real time with the activities of a host, for tests that need both: a workflow as text in, its end out. */
export interface LiveEngine {
  run(workflow: string, secrets?: JsonObject): Promise<Ended>;
  /** Everything that the store has of its runs' histories, as text. */
  history(): Promise<string>;
  close(): Promise<void>;
}

/** Opens an engine over a store in memory. */
export async function liveEngine(host: ActivityHost): Promise<LiveEngine> {
  const definitions = new Map<string, WorkflowDocument>();
  const store = createMemoryStore();
  const engine = await openEmbeddedEngine({
    store,
    clock: nodeClock(),
    scheduler: nodeScheduler,
    random: nodeRandom,
    interpreter: coreInterpreter,
    activities: host.runner,
    definitions: { load: async (digest) => definitions.get(digest) },
    children: { start: () => Promise.reject(new Error("no workflows to start here")) },
    secrets: { seal: (bytes) => bytes, open: (bytes) => bytes },
    expressions: plainEventExpressions,
    hooks: {},
  });
  let runs = 0;
  return {
    async run(workflow, secrets = {}) {
      const { document, diagnostics } = loadWorkflow(workflow);
      if (document === undefined) throw new Error(JSON.stringify(diagnostics, null, 1));
      const id = `run-${(runs += 1)}`;
      definitions.set(id, document);
      await engine.start({
        id,
        org: "acme",
        slug: id,
        workflowId: id,
        instanceId: id,
        digest: id,
        labels: {},
        data: new Uint8Array(0),
        input: null,
        env: {},
        secrets,
      });
      const row = await engine.ended(id, new AbortController().signal);
      const parsed = (text: string | undefined): Json | undefined =>
        text === undefined ? undefined : (JSON.parse(text) as Json);
      return { phase: String(row?.status), output: parsed(row?.output), fault: parsed(row?.fault) };
    },
    async history() {
      const records = [];
      for (let run = 1; run <= runs; run += 1) records.push(...(await store.journal.read(run, 1, 10_000)));
      return JSON.stringify(records);
    },
    close: () => engine.stop(0),
  };
}
