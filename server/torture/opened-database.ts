import type { Json } from "@stigmer/core/lib/json.ts";
import { coreInterpreter } from "../engine/embedded/core-interpreter.ts";
import { type EmbeddedEngine, openEmbeddedEngine } from "../engine/embedded/embedded-engine.ts";
import { journalChecks } from "../engine/embedded/journal-checks.ts";
import { nodeClock, nodeRandom, nodeScheduler } from "../engine/embedded/node-ports.ts";
import { jqEventExpressions } from "../events/jq-event-expressions.ts";
import { pinnedDocument } from "../resources/workflow/pinned-document.ts";
import { openSqliteStore } from "../store/sqlite/open-sqlite-store.ts";
import type { SqliteStore } from "../store/sqlite/sqlite-store.ts";

/** A database opened with the server's own store and engine, in this process: for thousands of damaged ones, a process each would take a day. */
export interface OpenedDatabase {
  readonly store: SqliteStore;
  readonly engine: EmbeddedEngine;
  /** What the verification that `doctor` makes found before anything ran. */
  readonly damage: readonly { readonly run?: number; readonly id?: string; readonly problem: string }[];
  /** Reasons of the runs that were quarantined since. */
  readonly quarantined: readonly { readonly run: number; readonly reason: string }[];
  /** Warnings and failures of the engine. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

/** Opens it; calls of runs are answered as the echo service does. Rejects as the store does. */
export async function openDatabase(path: string): Promise<OpenedDatabase> {
  const store = await openSqliteStore({ path, programVersion: "torture", mustExist: true });
  const { fileProblems, damage } = await store.verify(journalChecks);
  const quarantined: { run: number; reason: string }[] = [];
  const complaints: string[] = [];
  const clock = nodeClock();
  try {
    const engine = await openEmbeddedEngine({
      store,
      clock,
      scheduler: nodeScheduler,
      random: nodeRandom,
      interpreter: coreInterpreter,
      activities: {
        run: async (_kind, input): Promise<Json> => {
          const task = String(input["endpoint"]).split("/").slice(-2).join("/");
          return { did: task };
        },
        consume: () => Promise.reject(new Error("assertion: no workflow of the torture consumes messages")),
      },
      definitions: {
        load: async (digest) => pinnedDocument(await store.definitions.byDigest(digest)),
      },
      children: { start: () => Promise.reject(new Error("assertion: no workflow of the torture has children")) },
      secrets: { seal: (bytes) => bytes, open: (bytes) => bytes },
      expressions: jqEventExpressions(() => clock.nowMs()),
      hooks: {
        quarantined: (run, reason) => void quarantined.push({ run, reason }),
        failed: (error) => void complaints.push(error.message),
        warn: (message, error) => void complaints.push(`${message}: ${String(error)}`),
      },
    });
    await engine.recovered.catch((error: unknown) => void complaints.push(String(error)));
    return {
      store,
      engine,
      damage: [...fileProblems.map((problem) => ({ problem })), ...damage],
      quarantined,
      complaints,
      async close() {
        await engine.stop(0);
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}
