import { loadWorkflow } from "@stigmer/core/check/load.ts";
import { type Json, type JsonObject, jsonEquals } from "@stigmer/core/lib/json.ts";
import type { EngineOptions } from "../../server/engine/embedded/options.ts";
import type { ConformanceCase } from "../case.ts";
import type { Observation } from "../host.ts";
import { runCase } from "./engine-host.ts";

/** What came of the crashes of a case: where it went another way than without. */
export interface Crashes {
  readonly crashes: number;
  readonly differences: readonly string[];
}

/** The two ways a run comes back: from its whole journal, and from the snapshot of its last fact. */
const ways: readonly { readonly name: string; readonly options: Partial<EngineOptions> }[] = [
  { name: "replayed", options: {} },
  { name: "from its snapshot", options: { cacheBytesMax: 0, snapshotEveryRecords: 1 } },
];

/** What must be the same. Calls and published events may come twice, so they are compared without repeats. */
const COMPARED = [
  "status",
  "output",
  "fault",
  "context",
  "waiting",
  "trace",
  "lifecycle",
  "calls",
  "published",
  "refused",
  "elapsedMs",
] as const;

/**
 * Runs a case once undisturbed, and then with a crash at each commit that holds records of a journal: right after it is durable, before the engine knows; and once everything that follows from it
 * at once has happened. A document that is refused has nothing to crash.
 */
export async function crashEverywhere(one: ConformanceCase): Promise<Crashes> {
  const { document } = loadWorkflow(one.source ?? JSON.stringify(one.document));
  if (document === undefined) return { crashes: 0, differences: [] };
  const undisturbed = await runCase(one, document, {});
  const differences: string[] = [];
  let crashes = 0;
  for (let commit = 1; commit <= undisturbed.commits; commit++) {
    for (const [index, heard] of [false, true].entries()) {
      // Both ways back see every commit, each with one kind of crash.
      const way = ways[(commit + index) % ways.length] as (typeof ways)[number];
      crashes += 1;
      const crashed = await runCase(one, document, { options: way.options, crash: { commit, heard } });
      const where = `crash ${heard ? "after" : "before"} the answer to commit ${String(commit)}, ${way.name}`;
      for (const member of COMPARED) {
        const was = comparable(undisturbed.observation, member);
        const is = comparable(crashed.observation, member);
        if (!jsonEquals(was, is))
          differences.push(`${where}: ${member} is ${JSON.stringify(is)}, it was ${JSON.stringify(was)}`);
      }
    }
  }
  return { crashes, differences };
}

function comparable(seen: Omit<Observation, "errors" | "warnings">, member: (typeof COMPARED)[number]): Json {
  if (member === "published") return withoutRepeats(seen.published ?? []);
  // A process that dies takes its calls with it: it tells nobody that they are not wanted any more.
  if (member === "calls") return (seen.calls ?? []).map(({ cancelled: _cancelled, ...call }) => call);
  // An event that comes while the run is down may be one it does not wait for any more: a fact more or less that changes nothing, but the number of those after it.
  if (member === "lifecycle") return (seen.lifecycle ?? []).map(({ id: _id, ...event }) => event);
  return (seen[member] ?? null) as Json;
}

function withoutRepeats(events: readonly JsonObject[]): readonly JsonObject[] {
  return [...new Map(events.map((event) => [`${String(event["source"])} ${String(event["id"])}`, event])).values()];
}
