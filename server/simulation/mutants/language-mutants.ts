import type { WorkflowDocument } from "@stigmer/core/dsl/model.ts";
import { isJsonArray, isJsonObject, type Json, type JsonObject } from "@stigmer/core/lib/json.ts";
import type { Mutant } from "./mutant.ts";

type Change = (member: JsonObject) => JsonObject;

/** An interpreter that reads documents otherwise than they are written. */
function reads(name: string, change: Change): Mutant {
  return {
    name,
    interpreter: (inner) => {
      const changed = new WeakMap<WorkflowDocument, WorkflowDocument>();
      return {
        ...inner,
        compile: (document, digest) => {
          let other = changed.get(document);
          if (other === undefined) {
            other = everywhere(document as unknown as Json, change) as unknown as WorkflowDocument;
            changed.set(document, other);
          }
          return inner.compile(other, digest);
        },
      };
    },
  };
}

function everywhere(value: Json, change: Change): Json {
  if (isJsonArray(value)) return value.map((item) => everywhere(item, change));
  if (!isJsonObject(value)) return value;
  const members = Object.entries(change(value)).map(([key, item]): [string, Json] => [key, everywhere(item, change)]);
  return Object.fromEntries(members);
}

/** Leaves members out. */
function ignores(name: string, key: string, where: (owner: JsonObject) => boolean = () => true): Mutant {
  return reads(name, (owner) => {
    if (!Object.hasOwn(owner, key) || !where(owner)) return owner;
    const { [key]: _ignored, ...others } = owner;
    return others;
  });
}

/** Faults in how the interpreter understands the language. */
export const languageMutants: readonly Mutant[] = [
  reads("tries again once more than it may", (owner) =>
    typeof owner["count"] === "number" ? { ...owner, count: owner["count"] + 1 } : owner,
  ),
  ignores("ignores when to try again", "when", (owner) => "limit" in owner),
  ignores("ignores when not to try again", "exceptWhen"),
  ignores("ignores how long it may try again", "duration", (owner) => !("count" in owner)),
  ignores("does not time attempts out", "duration", (owner) => "count" in owner),
  ignores("catches every error", "errors"),
  ignores("ignores timeouts", "timeout"),
  ignores("leaves extensions out", "extensions"),
  ignores("leaves out what comes before a task", "before"),
  ignores("listens without looking at correlations", "correlate"),
  ignores("listens to one event only", "until"),
  ignores("does not handle events one by one", "foreach"),
  ignores("calls functions without arguments", "with", ({ call }) => call === "ask" || call === "count"),
  ignores("awaits everything it runs", "await"),
  reads("takes any event for all of them", (owner) => {
    const { all, ...others } = owner;
    return all === undefined ? owner : { ...others, any: all };
  }),
  reads("does not go back to an earlier task", (owner) =>
    "again" in owner ? { again: { ...(owner["again"] as JsonObject), then: "exit" } } : owner,
  ),
];
