import type { JsonObject } from "@stigmer/core/lib/json.ts";
import type { EventFilter } from "@stigmer/core/protocol/command.ts";
import { describe, expect, test } from "vitest";
import { eventIdentity } from "./event-identity.ts";
import { eventKeys, filterKey, type KeyShape } from "./event-keys.ts";
import { jqEventExpressions } from "./jq-event-expressions.ts";
import { matchEvent } from "./match-event.ts";

const expressions = jqEventExpressions(() => 0);
const event: JsonObject = {
  specversion: "1.0",
  id: "1",
  source: "/shop",
  type: "com.example.paid",
  subject: "order-5",
  data: { order: 5, total: 120, tags: ["a"] },
};

describe("matchEvent", () => {
  const cases: readonly { readonly name: string; readonly filter: EventFilter; readonly want: boolean }[] = [
    { name: "no demands", filter: { with: {} }, want: true },
    { name: "equal type", filter: { with: { type: { equals: "com.example.paid" } } }, want: true },
    { name: "other type", filter: { with: { type: { equals: "com.example.sent" } } }, want: false },
    { name: "a dot is a dot in an equality", filter: { with: { type: { equals: "com.example.pai." } } }, want: false },
    { name: "missing attribute", filter: { with: { dataschema: { equals: "x" } } }, want: false },
    { name: "inherited members are no attributes", filter: { with: { constructor: { pattern: ".*" } } }, want: false },
    { name: "pattern matches the whole", filter: { with: { subject: { pattern: "order-[0-9]+" } } }, want: true },
    { name: "pattern is anchored", filter: { with: { subject: { pattern: "order" } } }, want: false },
    {
      name: "pattern with alternatives is anchored as a whole",
      filter: { with: { subject: { pattern: "x|order-5" } } },
      want: true,
    },
    { name: "broken pattern matches nothing", filter: { with: { subject: { pattern: "(" } } }, want: false },
    { name: "predicate on data", filter: { with: { data: { expression: "${ .total > 100 }" } } }, want: true },
    {
      name: "failing predicate matches nothing",
      filter: { with: { data: { expression: ".total.x.y" } } },
      want: false,
    },
    {
      name: "data equals, key order ignored",
      filter: { with: { data: { equals: { tags: ["a"], total: 120, order: 5 } } } },
      want: true,
    },
    { name: "correlation holds", filter: { with: {}, correlate: [{ from: ".data.order", equals: 5 }] }, want: true },
    { name: "correlation fails", filter: { with: {}, correlate: [{ from: ".data.order", equals: 6 }] }, want: false },
  ];
  test.each(cases)("$name", ({ filter, want }) => {
    expect(matchEvent(event, filter, expressions)).toBe(want);
  });

  test("what matches is found by its keys", () => {
    for (const { filter, want } of cases) {
      const { key, shape } = filterKey(filter);
      const shapes: KeyShape[] = shape === undefined ? [] : [shape];
      if (want) expect(eventKeys(event, shapes, expressions)).toContain(key);
    }
  });
});

test("filterKey tells apart values, types and shapes", () => {
  const filters: readonly EventFilter[] = [
    { with: {} },
    { with: { type: { equals: "a" } } },
    { with: { type: { equals: "b" } } },
    { with: { type: { equals: "a" }, subject: { equals: "1" } } },
    { with: { type: { equals: "a" }, subject: { equals: 1 } } },
    { with: { type: { equals: "a" } }, correlate: [{ from: ".subject", equals: "1" }] },
    { with: { type: { pattern: "a" } }, correlate: [{ from: ".subject", equals: "1" }] },
  ];
  expect(new Set(filters.map((filter) => filterKey(filter).key)).size).toBe(filters.length);
});

test("eventIdentity is source and id, and nothing without an id", () => {
  expect(eventIdentity(event)).toBe("/shop\n1");
  expect(eventIdentity({ ...event, source: "/other" })).not.toBe(eventIdentity(event));
  expect(eventIdentity({ type: "x" })).toBeUndefined();
});
