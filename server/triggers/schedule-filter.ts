import type { EventFilter } from "@stigmer/core/dsl/model.ts";
import { compileBare, compileTemplate } from "@stigmer/core/expr/template.ts";
import { type Json, type JsonObject, getKey, jsonEquals } from "@stigmer/core/lib/json.ts";
import { LIFECYCLE_TYPES, isLifecycleType } from "@stigmer/core/protocol/lifecycle.ts";
import type { EventExpressions } from "../events/event-expressions.ts";

/** What a schedule's expressions see of the world: there is no run yet, so only `$runtime` and the time. */
export interface ScheduleWorld {
  readonly expressions: EventExpressions;
  readonly runtime: JsonObject;
  nowMs(): number;
}

/** A filter of a schedule, ready to be asked. */
export interface ScheduleFilter {
  /** The lifecycle types it may take: none where it does not name its `type`. */
  readonly lifecycleTypes: readonly string[];
  /** The correlation values bound so far and by this event, when the filter takes it; undefined when it does not. */
  take(event: JsonObject, bound: JsonObject): JsonObject | undefined;
}

/** An expression of a schedule: its value on an input, undefined when it fails. */
export type ScheduleExpression = (input: Json) => Json | undefined;

const VARIABLES = ["runtime"];

/** Compiles an expression of a schedule; one that fails when evaluated gives no value, since there is no run that could fault. */
export function scheduleExpression(source: string, world: ScheduleWorld): ScheduleExpression {
  const compiled = compileBare(source, { variables: VARIABLES });
  return (input) => quietly(() => compiled.value(input, [world.runtime], { nowMs: world.nowMs() }));
}

/** Compiles a filter by the rules of `listen` (docs/semantics.md): texts are compared, then tried as regular expressions; expressions see the attribute. */
export function scheduleFilter(filter: EventFilter, world: ScheduleWorld): ScheduleFilter {
  const attributes = Object.entries(filter.with as JsonObject).map(
    ([name, demand]) => [name, attributeTest(name, demand, world)] as const,
  );
  const correlations = Object.entries(filter.correlate ?? {}).map(([name, { from, expect }]) => ({
    name,
    from: scheduleExpression(from, world),
    expected: expect === undefined ? undefined : templateValue(expect, world),
  }));
  const type = attributes.find(([name]) => name === "type")?.[1];
  return {
    lifecycleTypes: type === undefined ? [] : LIFECYCLE_TYPES.filter((candidate) => type(candidate)),
    take(event, bound) {
      if (type === undefined && isLifecycleType(getKey(event, "type"))) return undefined;
      for (const [name, test] of attributes) if (!test(getKey(event, name))) return undefined;
      const values: Record<string, Json> = { ...bound };
      for (const { name, from, expected } of correlations) {
        const value = from(event);
        if (value === undefined || value === null) return undefined;
        const wanted = expected === undefined ? getKey(bound, name) : expected();
        if (wanted !== undefined && !jsonEquals(wanted, value)) return undefined;
        if (expected === undefined) values[name] = value;
      }
      return values;
    },
  };
}

function attributeTest(name: string, demand: Json, world: ScheduleWorld): (value: Json | undefined) => boolean {
  if (typeof demand !== "string") return (value) => value !== undefined && jsonEquals(value, demand);
  if (demand.includes("${")) {
    const evaluate = /^\s*\$\{[\s\S]*\}\s*$/u.test(demand)
      ? scheduleExpression(demand, world)
      : templateOn(demand, world);
    return (value) => {
      const result = evaluate(value ?? null);
      if (typeof result === "string" && name !== "data") return result === value;
      return result !== undefined && result !== null && result !== false;
    };
  }
  if (!/[\^$*+?()[\]{}|\\]/u.test(demand)) return (value) => value === demand;
  return (value) => typeof value === "string" && (value === demand || world.expressions.matches(demand, value));
}

function templateOn(text: string, world: ScheduleWorld): ScheduleExpression {
  const template = compileTemplate(text, { variables: VARIABLES });
  return (input) => quietly(() => template.evaluate(input, [world.runtime], { nowMs: world.nowMs() }));
}

function templateValue(text: string, world: ScheduleWorld): () => Json | undefined {
  const template = templateOn(text, world);
  return () => template(null);
}

function quietly(evaluate: () => Json): Json | undefined {
  try {
    return evaluate();
  } catch {
    return undefined;
  }
}
