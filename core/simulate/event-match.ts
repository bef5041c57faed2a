import { compileExpression } from "../expr/expression.ts";
import { type JsonObject, getKey, jsonEquals } from "../lib/json.ts";
import { isLifecycleType } from "../protocol/lifecycle.ts";
import type { AttributeMatch, EventFilter } from "../protocol/command.ts";

/** Tells whether a CloudEvent passes any of the filters of a subscription, as a host would tell it; an expression that fails does not pass. */
export function passesFilters(filters: readonly EventFilter[], event: JsonObject): boolean {
  return filters.some(
    (filter) =>
      (filter.with["type"] !== undefined || !isLifecycleType(getKey(event, "type"))) &&
      Object.entries(filter.with).every(([name, match]) => passes(match, event, name)) &&
      (filter.correlate ?? []).every(({ from, equals }) =>
        evaluates(from, event, (value) => jsonEquals(value, equals)),
      ),
  );
}

function passes(match: AttributeMatch, event: JsonObject, name: string): boolean {
  const value = getKey(event, name);
  if ("expression" in match)
    return evaluates(match.expression, value ?? null, (result) => result !== null && result !== false);
  if (value === undefined) return false;
  if ("equals" in match) return jsonEquals(value, match.equals);
  if (typeof value !== "string") return false;
  return (
    value === match.pattern ||
    evaluates(`test(${JSON.stringify(`^(?:${match.pattern})$`)})`, value, (result) => result === true)
  );
}

function evaluates(
  source: string,
  input: Parameters<ReturnType<typeof compileExpression>["value"]>[0],
  holds: (value: ReturnType<ReturnType<typeof compileExpression>["value"]>) => boolean,
): boolean {
  try {
    return holds(compileExpression(source, { variables: [] }).value(input, [], { nowMs: 0 }));
  } catch {
    return false;
  }
}
