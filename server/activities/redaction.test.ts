import { describe, expect, it } from "vitest";
import fc from "fast-check";
import type { Json } from "@stigmer/core/lib/json.ts";
import { Redactor } from "./redaction.ts";

const secret = 'p@ss "w\u00f6rd"/1+2';
const marker = "\uE000db/password\uE001";

function redactor(): Redactor {
  const created = new Redactor();
  created.addSecret({ password: secret, port: 54_321, short: "abc", flag: true }, ["db"]);
  return created;
}

describe("Redactor", () => {
  const forms: readonly { readonly name: string; readonly text: string }[] = [
    { name: "as it is", text: secret },
    { name: "inside JSON", text: JSON.stringify({ a: secret }) },
    { name: "URL-encoded", text: `?q=${encodeURIComponent(secret)}` },
    {
      name: "URL-encoded in lower case",
      text: encodeURIComponent(secret).replaceAll(/%[0-9A-F]{2}/gu, (triplet) => triplet.toLowerCase()),
    },
    { name: "as a form", text: new URLSearchParams({ a: secret }).toString() },
    { name: "as base64", text: Buffer.from(secret).toString("base64") },
    { name: "as base64url", text: Buffer.from(secret).toString("base64url") },
  ];
  it.each(forms)("finds a secret $name", ({ text }) => {
    const redacted = redactor().text(text);
    expect(redacted).toContain(marker);
    for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString("base64")])
      expect(redacted).not.toContain(form);
  });

  it("finds a secret in base64 at every alignment", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), fc.uint8Array({ maxLength: 20 }), (before, after) => {
        const text = Buffer.concat([before, Buffer.from(secret), after]).toString("base64");
        const redacted = redactor().text(text);
        expect(redacted).toContain(marker);
      }),
    );
  });

  it("replaces short values only where they are the whole text", () => {
    expect(redactor().text("abc")).toBe("\uE000db/short\uE001");
    expect(redactor().text("abcdef")).toBe("abcdef");
  });

  it("replaces numbers, keys and nested texts, and shares what does not change", () => {
    const same = { deep: ["a", { b: 1 }] };
    const value: Json = { [secret]: 1, list: [54_321, true], same };
    expect(redactor().json(value, 1000)).toEqual({ [marker]: 1, list: ["\uE000db/port\uE001", true], same });
    expect(redactor().json(same, 1000)).toBe(same);
  });

  it("keeps what stands before the first change, special keys and the order of all", () => {
    const text = (a: string): string => `{"b":[1],"__proto__":{"c":2},"a":${JSON.stringify(a)},"d":null}`;
    const value = JSON.parse(text(secret)) as Json;
    expect(JSON.stringify(redactor().json(value, 1000))).toBe(text(marker));
    expect(JSON.stringify(value)).toBe(text(secret));
  });

  it("makes markers from outside harmless, whatever they are inside of", () => {
    expect(redactor().text(`x${marker}y`)).toBe("x\uFFFDdb/password\uFFFDy");
    expect(new Redactor().json({ [marker]: [marker] }, 1000)).toEqual({
      "\uFFFDdb/password\uFFFD": ["\uFFFDdb/password\uFFFD"],
    });
  });

  it("knows what its base knows", () => {
    const child = new Redactor(redactor());
    child.addDerived("token-0123456789");
    expect(child.json([secret, "token-0123456789", 54_321], 1000)).toEqual([
      marker,
      "[redacted]",
      "\uE000db/port\uE001",
    ]);
  });

  it("refuses what is too large or too deep", () => {
    expect(() => redactor().json(["a".repeat(11)], 10)).toThrow("larger than 10 bytes");
    let deep: Json = 1;
    for (let depth = 0; depth < 64; depth += 1) deep = [deep];
    expect(redactor().json(deep, 1000)).toBe(deep);
    expect(() => redactor().json([deep], 1000)).toThrow("64 levels");
  });

  it("never lets a secret of sufficient length through, in any surroundings", () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 4, maxLength: 40, unit: "grapheme" }),
        fc.string(),
        fc.string(),
        (value, before, after) => {
          fc.pre(!/[\uE000\uE001\uFFFD]/u.test(value) && !"\uE000s\uE001".includes(value));
          const created = new Redactor();
          created.addSecret(value, ["s"]);
          expect(created.text(before + value + after)).not.toContain(value);
        },
      ),
    );
  });
});
