import fc from "fast-check";
import { expect, test } from "vitest";
import { childPointer, getAtPointer, parentPointer, parsePointer, pointerFrom } from "./json-pointer.ts";

const document = { foo: ["bar", "baz"], "": 0, "a/b": 1, "m~n": 8, "~1": 9 };

test.each<[string, unknown]>([
  ["", document],
  ["/foo/1", "baz"],
  ["/", 0],
  ["/a~1b", 1],
  ["/m~0n", 8],
  ["/~01", 9],
  ["/foo/01", undefined],
  ["/foo/-", undefined],
  ["/foo/2", undefined],
  ["/constructor", undefined],
  ["/foo/0/x", undefined],
  ["foo", undefined],
])("getAtPointer of %j", (pointer, value) => {
  expect(getAtPointer(document, pointer)).toEqual(value);
});

test("parsePointer refuses what is no pointer", () => {
  expect(["a", "/~2", "/~"].map(parsePointer)).toEqual([undefined, undefined, undefined]);
});

test("parentPointer undoes childPointer", () => {
  expect(parentPointer(childPointer("/do/0", "a/b"))).toBe("/do/0");
  expect(parentPointer("")).toBe("");
});

test("parsePointer undoes pointerFrom", () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (segments) => {
      expect(parsePointer(pointerFrom(segments))).toEqual(segments);
    }),
  );
});
