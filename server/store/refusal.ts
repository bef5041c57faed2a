import type { Conflict, Expectation } from "./ports.ts";

/** Why a write cannot be done, or undefined when it was. A write that is refused has changed nothing. */
export type Refusal = { readonly kind: Conflict["kind"]; readonly existing?: string } | undefined;

/** Compares what is there with what a write expects of it. `existing` names the row in the way. */
export function checkExpectation(expect: Expectation, version: number | undefined, existing: string): Refusal {
  if (version === undefined) return expect === "absent" || expect === "any" ? undefined : { kind: "missing" };
  if (expect === "absent") return { kind: "idExists", existing };
  return typeof expect === "number" && expect !== version ? { kind: "version", existing } : undefined;
}
