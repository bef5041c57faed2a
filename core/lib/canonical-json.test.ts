import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson } from "./canonical-json.ts";
import type { Json } from "./json.ts";

test("canonicalJson sorts keys, at every level", () => {
  expect(canonicalJson({ b: [{ d: 1, c: null }], a: "\u20ac" })).toBe('{"a":"\u20ac","b":[{"c":null,"d":1}]}');
});

test("canonicalJson is a text of the same value", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(canonicalJson(value as Json))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});
