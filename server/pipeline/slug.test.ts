import { expect, test } from "vitest";
import { isResourceId, resourceId, UlidSource } from "./resource-id.ts";
import { slugFault, slugOfName } from "./slug.ts";

test.each([
  ["my_flow.v2", "my-flow-v2"],
  ["My  Flow", "my-flow"],
  ["--a--", "a"],
  ["Café Ünal", "cafe-unal"],
  ["a/b\\c", "a-b-c"],
  ["你好", ""],
  ["\u0000", ""],
  ["ﬁle", "file"],
])("slugOfName(%j) is %j", (name, slug) => {
  expect(slugOfName(name)).toBe(slug);
});

test.each(["a", "0", "a-b", "a--b", "x".repeat(63)])("slugFault accepts %j", (slug) => {
  expect(slugFault(slug)).toBeUndefined();
});

test.each(["", "-a", "a-", "A", "a_b", "a.b", "é", "x".repeat(64), "a\n"])("slugFault refuses %j", (slug) => {
  expect(slugFault(slug)).toBeTypeOf("string");
});

test("UlidSource ascends strictly when the clock stands still, goes on and goes back", () => {
  const times = [5, 5, 5, 6, 3, 3, 9];
  const source = new UlidSource(
    () => times.shift() ?? 9,
    (length) => new Uint8Array(length).fill(0xff),
  );
  const made = Array.from({ length: 8 }, () => source.next());
  expect([...made].sort()).toEqual(made);
  expect(new Set(made).size).toBe(made.length);
  for (const ulid of made) expect(isResourceId("wfl", resourceId("wfl", ulid))).toBe(true);
});

test("UlidSource puts the time into the first ten characters", () => {
  const source = new UlidSource(
    () => 1_469_918_176_385,
    (length) => new Uint8Array(length),
  );
  expect(source.next()).toBe(`01aryz6s41${"0".repeat(16)}`);
});

test.each([
  "",
  "wfl",
  "wfl-",
  "wfl-01ARZ3NDEKTSV4RRFFQ69G5FAV",
  "wfl-81arz3ndektsv4rrffq69g5fav",
  "win-01arz3ndektsv4rrffq69g5fav",
  "wfl-01arz3ndektsv4rrffq69g5fau",
])("isResourceId refuses %j", (id) => {
  expect(isResourceId("wfl", id)).toBe(false);
});
