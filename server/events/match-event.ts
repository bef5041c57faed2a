import { type Json, type JsonObject, getKey, jsonEquals } from "@stigmer/core/lib/json.ts";
import type { AttributeMatch, EventFilter } from "@stigmer/core/protocol/command.ts";
import { isLifecycleType } from "@stigmer/core/protocol/lifecycle.ts";
import type { EventExpressions } from "./event-expressions.ts";

/**
 * Tells whether a CloudEvent passes a filter: every attribute's demand and every known correlation holds. A lifecycle event passes only a filter that names its `type` (docs/semantics.md):
 * who asks for any event does not mean what the server says of its own work.
 */
export function matchEvent(event: JsonObject, filter: EventFilter, expressions: EventExpressions): boolean {
  if (filter.with["type"] === undefined && isLifecycleType(getKey(event, "type"))) return false;
  for (const [attribute, demand] of Object.entries(filter.with)) {
    if (!matchAttribute(getKey(event, attribute), demand, expressions)) return false;
  }
  for (const { from, equals } of filter.correlate ?? []) {
    const value = expressions.first(from, event);
    if (value === undefined || !jsonEquals(value, equals)) return false;
  }
  return true;
}

/** Tells whether the value of one attribute meets its demand. */
export function matchAttribute(
  value: Json | undefined,
  demand: AttributeMatch,
  expressions: EventExpressions,
): boolean {
  if (value === undefined) return false;
  if ("equals" in demand) return jsonEquals(value, demand.equals);
  // A text is compared as it is before it is taken for a regular expression (docs/semantics.md): `a+b` takes the event `a+b`.
  if ("pattern" in demand)
    return typeof value === "string" && (value === demand.pattern || expressions.matches(demand.pattern, value));
  const result = expressions.first(demand.expression, value);
  return result !== undefined && result !== null && result !== false;
}
