import { expect, test } from "vitest";
import { didYouMean, editDistance } from "./did-you-mean.ts";

const words = [
  "call",
  "do",
  "emit",
  "for",
  "fork",
  "listen",
  "raise",
  "run",
  "set",
  "switch",
  "try",
  "wait",
  "exceptWhen",
];

test.each<[string, string | undefined]>([
  ["cal", "call"],
  ["clal", "call"],
  ["Call", "call"],
  ["swich", "switch"],
  ["except-when", "exceptWhen"],
  ["frok", "fork"],
  ["xyz", undefined],
  ["x", undefined],
  ["constructor", undefined],
  ["a".repeat(100_000), undefined],
])("didYouMean(%j) is %j", (word, meant) => {
  expect(didYouMean(word, words)).toBe(meant);
});

test("editDistance counts a swap of neighbours once", () => {
  expect([editDistance("ab", "ba"), editDistance("", "abc"), editDistance("kitten", "sitting")]).toEqual([1, 3, 3]);
});
