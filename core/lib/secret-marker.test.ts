import { describe, expect, test } from "vitest";
import type { Json } from "./json.ts";
import { secretMarker, withoutSecretMarkers } from "./secret-marker.ts";

const marker = secretMarker(["login", "pass word"]);

describe("withoutSecretMarkers", () => {
  const table: readonly { readonly name: string; readonly given: Json; readonly want: Json }[] = [
    { name: "a marker", given: marker, want: "[redacted]" },
    { name: "markers in a text", given: `a ${marker}${marker} b`, want: "a [redacted][redacted] b" },
    { name: "the ends alone", given: "\uE000 x \uE001 y \uE000", want: "[redacted] y \uFFFD" },
    { name: "a nested pair", given: "\uE000a\uE000b\uE001c\uE001", want: "\uFFFDa[redacted]c\uFFFD" },
    {
      name: "keys",
      given: { [marker]: 1, "\uE001": { a: [marker] } },
      want: { "[redacted]": 1, "\uFFFD": { a: ["[redacted]"] } },
    },
    { name: "no marker made of what is left", given: "\uE000\uE001", want: "[redacted]" },
  ];
  test.each(table)("makes harmless: $name", ({ given, want }) => {
    const plain = withoutSecretMarkers(given);
    expect(plain).toEqual(want);
    expect(JSON.stringify(plain)).not.toMatch(/[\uE000\uE001]/u);
  });

  test("keeps `__proto__` a key", () => {
    const given = JSON.parse(`{"__proto__": {"a": "\uE000"}}`) as Json;
    expect(JSON.stringify(withoutSecretMarkers(given))).toBe(`{"__proto__":{"a":"\uFFFD"}}`);
  });

  test("gives the very same value where there is nothing to do", () => {
    const given = { a: [1, null, { b: "text \u{1F600}" }] };
    expect(withoutSecretMarkers(given)).toBe(given);
  });
});
