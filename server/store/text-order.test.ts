import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareText, prefixEnd } from "./text-order.ts";

/** Any text of Unicode without lone surrogates, near the edges more often. */
const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom("a", "\uD7FF", "\uE000", "\uFFFF", "\u{10FFFF}", "\u{10000}"),
    fc.string({ minLength: 1, maxLength: 1, unit: "grapheme" }),
  ),
});

describe("prefixEnd", () => {
  test("bounds exactly the texts that start with the prefix", () => {
    fc.assert(
      fc.property(text, text, fc.boolean(), (prefix, other, extend) => {
        const candidate = extend ? prefix + other : other;
        const end = prefixEnd(prefix);
        const within = compareText(candidate, prefix) >= 0 && (end === undefined || compareText(candidate, end) < 0);
        expect(within).toBe(candidate.startsWith(prefix));
      }),
      { numRuns: 2000 },
    );
  });
});
