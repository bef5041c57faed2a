import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { InvalidCursor } from "./ports.ts";

describe("decodeCursor", () => {
  test("gives back the position for the same query, whatever the order of its members and the page size", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.string({ unit: "grapheme-ascii" }), (at, id) => {
        const cursor = encodeCursor({ kind: "a", labels: { x: "1", y: "2" }, limit: 10, org: undefined }, [at, id]);
        const query = { limit: 3, labels: { y: "2", x: "1" }, kind: "a", cursor };
        expect(decodeCursor(query, cursor, ["number", "string"])).toEqual([at, id]);
      }),
    );
  });

  test("throws InvalidCursor for any other query, shape or text", () => {
    const cursor = encodeCursor({ kind: "a" }, [1, "x"]);
    expect(() => decodeCursor({ kind: "b" }, cursor, ["number", "string"])).toThrow(InvalidCursor);
    expect(() => decodeCursor({ kind: "a", org: "" }, cursor, ["number", "string"])).toThrow(InvalidCursor);
    expect(() => decodeCursor({ kind: "a" }, cursor, ["number"])).toThrow(InvalidCursor);
    expect(() => decodeCursor({ kind: "a" }, cursor, ["string", "number"])).toThrow(InvalidCursor);
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.base64String(),
          fc.json().map((text) => Buffer.from(text).toString("base64url")),
        ),
        (text) => {
          expect(() => decodeCursor({ kind: "a" }, text, ["number", "string"])).toThrow(InvalidCursor);
        },
      ),
    );
  });
});
