import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../json.ts";
import { SchemaCompileError, compileSchema } from "./compile-schema.ts";

interface Case {
  readonly schema: Json;
  readonly valid: readonly Json[];
  /** Values with what is expected to be said: `pointer keyword`. */
  readonly invalid: readonly (readonly [Json, string])[];
}

const tree: JsonObject = {
  $dynamicAnchor: "node",
  type: "object",
  properties: { data: true, children: { type: "array", items: { $dynamicRef: "#node" } } },
};

const cases: Readonly<Record<string, Case>> = {
  type: {
    schema: { type: ["integer", "null"] },
    valid: [1, 1e3, null],
    invalid: [
      [1.5, " type"],
      ["1", " type"],
    ],
  },
  number: { schema: { type: "number" }, valid: [1, 1.5], invalid: [["1", " type"]] },
  booleans: { schema: { properties: { a: true, b: false } }, valid: [{ a: 1 }, {}], invalid: [[{ b: 1 }, "/b false"]] },
  enum: { schema: { enum: [1, { a: [2] }] }, valid: [1, { a: [2] }], invalid: [[2, " enum"]] },
  const: { schema: { const: { a: 1, b: 2 } }, valid: [{ b: 2, a: 1 }], invalid: [[{ a: 1 }, " const"]] },
  multipleOf: { schema: { multipleOf: 0.0001 }, valid: [0.0075, 3], invalid: [[0.00751, " multipleOf"]] },
  limits: {
    schema: { minimum: 1, exclusiveMaximum: 3 },
    valid: [1, 2.9, "x"],
    invalid: [
      [0, " minimum"],
      [3, " exclusiveMaximum"],
    ],
  },
  lengths: {
    schema: { minLength: 2, maxLength: 2 },
    valid: ["ab", "\u{1F600}\u{1F600}"],
    invalid: [
      ["a", " minLength"],
      ["abc", " maxLength"],
    ],
  },
  pattern: { schema: { pattern: "^\\p{Lu}b" }, valid: ["Ab", 1], invalid: [["ab", " pattern"]] },
  items: {
    schema: { prefixItems: [{ type: "string" }], items: { type: "number" } },
    valid: [["a", 1], []],
    invalid: [
      [["a", "b"], "/1 type"],
      [[1], "/0 type"],
    ],
  },
  tuples: {
    schema: { items: [{ type: "string" }], additionalItems: false },
    valid: [["a"]],
    invalid: [[["a", 1], "/1 additionalItems"]],
  },
  contains: {
    schema: { contains: { const: 1 }, minContains: 2, maxContains: 2 },
    valid: [[1, 1, 2]],
    invalid: [
      [[1], " contains"],
      [[1, 1, 1], " maxContains"],
    ],
  },
  unique: {
    schema: { uniqueItems: true },
    valid: [[1, true, "1"]],
    invalid: [
      [
        [
          { a: 1, b: 2 },
          { b: 2, a: 1 },
        ],
        " uniqueItems",
      ],
    ],
  },
  required: {
    schema: { required: ["constructor", "a"] },
    valid: [JSON.parse('{"constructor":1,"a":2}') as Json],
    invalid: [[{ a: 1 }, " required"]],
  },
  "__proto__ as a property": {
    schema: JSON.parse('{"properties":{"__proto__":{"type":"number"}},"additionalProperties":false}') as Json,
    valid: [JSON.parse('{"__proto__":1}') as Json],
    invalid: [
      [JSON.parse('{"__proto__":"x"}') as Json, "/__proto__ type"],
      [{ b: 1 }, "/b additionalProperties"],
    ],
  },
  additional: {
    schema: { patternProperties: { "^x": true }, additionalProperties: { type: "number" } },
    valid: [{ x1: "a", b: 1 }],
    invalid: [[{ b: "c" }, "/b type"]],
  },
  names: {
    schema: { propertyNames: { maxLength: 2 } },
    valid: [{ ab: 1 }],
    invalid: [[{ abc: 1 }, "/abc propertyNames"]],
  },
  dependent: {
    schema: {
      dependentRequired: { a: ["b"] },
      dependentSchemas: { c: { required: ["d"] } },
      dependencies: { e: ["f"] },
    },
    valid: [{ a: 1, b: 1 }, {}],
    invalid: [
      [{ a: 1 }, " dependentRequired"],
      [{ c: 1 }, " required"],
      [{ e: 1 }, " dependencies"],
    ],
  },
  combinations: {
    schema: {
      allOf: [{ minimum: 0 }],
      anyOf: [{ maximum: 5 }, { const: 10 }],
      oneOf: [{ type: "integer" }, { minimum: 3 }],
      not: { const: 4 },
    },
    valid: [1, 3.5],
    invalid: [
      [-1, " minimum"],
      [7.5, " anyOf"],
      [5, " oneOf"],
      [4, " oneOf"],
    ],
  },
  conditional: {
    // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
    schema: { if: { properties: { a: { const: 1 } } }, then: { required: ["b"] }, else: { required: ["c"] } },
    valid: [
      { a: 1, b: 1 },
      { a: 2, c: 1 },
    ],
    invalid: [
      [{ a: 1 }, " required"],
      [{ a: 2 }, " required"],
    ],
  },
  references: {
    schema: {
      $defs: { "a/b": { type: "string" }, anchored: { $anchor: "here", type: "number" } },
      properties: { x: { $ref: "#/$defs/a~1b" }, y: { $ref: "#here" }, z: { $ref: "#" } },
    },
    valid: [{ x: "s", y: 1, z: { z: { x: "t" } } }],
    invalid: [[{ z: { z: { y: "no" } } }, "/z/z/y type"]],
  },
  "embedded resources": {
    schema: {
      $id: "https://example.com/root.json",
      $defs: { item: { $id: "item.json", $defs: { n: { type: "number" } }, $ref: "#/$defs/n" } },
      items: { $ref: "item.json" },
    },
    valid: [[1, 2]],
    invalid: [[["a"], "/0 type"]],
  },
  "dynamic references": {
    schema: {
      $id: "https://example.com/strict-tree",
      $dynamicAnchor: "node",
      $ref: "tree",
      unevaluatedProperties: false,
      $defs: { tree: { $id: "https://example.com/tree", ...tree } },
    },
    valid: [{ children: [{ data: 1 }] }],
    invalid: [[{ children: [{ daat: 1 }] }, "/children/0/daat unevaluatedProperties"]],
  },
  unevaluated: {
    schema: {
      properties: { a: true },
      anyOf: [{ required: ["b"], properties: { b: true } }, true],
      unevaluatedProperties: false,
    },
    valid: [{ a: 1, b: 2 }],
    invalid: [[{ a: 1, c: 2 }, "/c unevaluatedProperties"]],
  },
  "unevaluated items": {
    schema: { prefixItems: [true], contains: { type: "string" }, unevaluatedItems: false },
    valid: [[1, "a"]],
    invalid: [[[1, "a", 2], "/2 unevaluatedItems"]],
  },
  "draft-07": {
    schema: {
      $schema: "http://json-schema.org/draft-07/schema#",
      definitions: { a: { type: "string" } },
      properties: { x: { $ref: "#/definitions/a", maxLength: 1 } },
    },
    valid: [{ x: "longer" }],
    invalid: [[{ x: 1 }, "/x type"]],
  },
  formats: {
    schema: { format: "date-time" },
    valid: ["2024-02-29T23:59:59.5+01:00", 5],
    invalid: [
      ["2023-02-29T00:00:00Z", " format"],
      ["2024-01-01", " format"],
    ],
  },
};

describe.each(Object.entries(cases))("compileSchema: %s", (_name, { schema, valid, invalid }) => {
  const validate = compileSchema(schema);
  test.each(valid.map((value) => [JSON.stringify(value), value] as const))("accepts %s", (_text, value) => {
    expect(validate(value)).toEqual([]);
  });
  test.each(invalid.map(([value, said]) => [JSON.stringify(value), value, said] as const))(
    "refuses %s",
    (_text, value, said) => {
      expect(validate(value).map(({ pointer, keyword }) => `${pointer} ${keyword}`)).toContain(said);
    },
  );
});

describe("formats", () => {
  test.each<[string, string[], string[]]>([
    ["date", ["2024-02-29"], ["2023-02-29", "2024-1-1"]],
    ["time", ["23:59:60Z", "12:00:00+01:00"], ["12:00:00", "24:00:00Z", "22:59:60Z"]],
    ["duration", ["P1Y2M", "PT1H", "P2W"], ["P", "PT", "P1Y2W", "1D"]],
    ["email", ["a@b.co", '"a b"@b.co', "a@[127.0.0.1]"], ["a", "a@", ".a@b.co", "a b@c.d"]],
    ["hostname", ["a-b.c", "xn--bcher-kva.de"], ["-a", "a_b", "a..b", "a".repeat(64)]],
    ["ipv4", ["1.2.3.4"], ["1.2.3", "256.0.0.1", "01.2.3.4", "1.2.3.4."]],
    ["ipv6", ["::", "1::8", "::ffff:1.2.3.4", "1:2:3:4:5:6:7:8"], [":::", "1:2:3:4:5:6:7", "12345::", "::1.2.3"]],
    ["uri", ["https://a/b"], ["/a", "a b:c"]],
    ["uri-reference", ["/a", "../x?y#z"], ["a b", "%zz"]],
    ["uri-template", ["/a/{b}"], ["/a/{b"]],
    ["uuid", ["2eb8aa08-aa98-11ea-b4aa-73b441d16380"], ["2eb8aa08aa9811eab4aa73b441d16380"]],
    ["json-pointer", ["", "/a~1b"], ["a", "/~2"]],
    ["relative-json-pointer", ["0", "1/a", "2#"], ["-1", "01", "/a"]],
    ["regex", ["^a$"], ["("]],
  ])("%s", (format, valid, invalid) => {
    const validate = compileSchema({ format });
    expect(valid.filter((text) => validate(text).length > 0)).toEqual([]);
    expect(invalid.filter((text) => validate(text).length === 0)).toEqual([]);
  });
});

describe("compileSchema refuses schemas, pointing at the fault", () => {
  test.each<[Json, string]>([
    [{ type: "strng" }, "/type"],
    [{ properties: { a: { minimum: "1" } } }, "/properties/a/minimum"],
    [{ pattern: "(" }, "/pattern"],
    [{ $ref: "#/$defs/nope" }, ""],
    [{ items: { $ref: "https://example.com/other" } }, "/items"],
    [{ allOf: [] }, "/allOf"],
    [5, ""],
    [{ required: "a" }, "/required"],
  ])("%j", (schema, pointer) => {
    expect(() => compileSchema(schema)).toThrow(SchemaCompileError);
    try {
      compileSchema(schema);
    } catch (error) {
      expect((error as SchemaCompileError).pointer).toBe(pointer);
    }
  });
});

describe("compileSchema ends in bounded work", () => {
  test("a schema that refers to itself without end is an error of the value", () => {
    expect(compileSchema({ $ref: "#" })(1)).toMatchObject([{ keyword: "limit" }]);
  });
  test("alternatives that multiply are an error of the value", () => {
    const twice = (schema: Json): Json => ({ anyOf: [schema, schema] });
    let schema: Json = { type: "string" };
    for (let depth = 0; depth < 26; depth++) schema = twice(schema);
    expect(compileSchema(schema)(1)).toMatchObject([{ keyword: "limit" }]);
  });
  test("at most 50 errors are told", () => {
    expect(compileSchema({ items: { type: "string" } })(Array.from({ length: 200 }, () => 1))).toHaveLength(50);
  });
});

test("compileSchema resolves documents from outside through `resolve`", () => {
  const validate = compileSchema(
    { $ref: "https://example.com/a.json#/$defs/x" },
    { resolve: (uri) => (uri === "https://example.com/a.json" ? { $defs: { x: { type: "number" } } } : undefined) },
  );
  expect([validate(1).length, validate("1").length]).toEqual([0, 1]);
});

test("messages are for people", () => {
  const errors = compileSchema({
    required: ["id"],
    properties: { n: { type: "string" } },
    additionalProperties: false,
  })({ n: 1, x: 2 });
  expect(errors.map(({ message }) => message)).toEqual([
    'should have the property "id"',
    "should be a string, is an integer",
    "should not be here, only the named properties may",
  ]);
});
