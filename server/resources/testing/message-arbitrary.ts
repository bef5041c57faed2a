import {
  create,
  type DescField,
  type DescMessage,
  type Message,
  type MessageInitShape,
  ScalarType,
} from "@bufbuild/protobuf";
import fc from "fast-check";

const DEPTH_MAX = 3;

/** Fields without which a request hardly ever gets behind the first step. */
const likely = new Set([
  "apiVersion",
  "kind",
  "metadata",
  "spec",
  "value",
  "executionId",
  "resourceId",
  "workflowId",
  "slug",
  "ownerScope",
  "name",
]);

/** Texts that break things (half a surrogate pair cannot travel in protobuf, see the tests over the wire): empty, long, NUL, other scripts, prototype keys, expressions, markers of ours. */
const nastyTexts = [
  "",
  "\u0000",
  "你好",
  "__proto__",
  "constructor",
  "${.x}",
  "a".repeat(300),
  "[redacted]",
  "sealed:x",
  "-",
  "../..",
  "1e999",
  "\u{E000}x\u{E001}",
];

/** Messages of a type, from its descriptor: any combination of fields, each absent, ordinary or nasty. `known` are texts worth trying anywhere, such as ids that exist. */
export function messageArbitrary(schema: DescMessage, known: readonly string[], depth = 0): fc.Arbitrary<Message> {
  if (schema.typeName === "google.protobuf.Struct") return jsonObjects as unknown as fc.Arbitrary<Message>;
  const fields: Record<string, fc.Arbitrary<unknown>> = {};
  const oneofs: Record<string, fc.Arbitrary<unknown>[]> = {};
  for (const field of schema.fields) {
    const value = fieldArbitrary(field, known, depth);
    if (value === undefined) continue;
    if (field.oneof === undefined) fields[field.localName] = value;
    else (oneofs[field.oneof.localName] ??= []).push(value.map((inner) => ({ case: field.localName, value: inner })));
  }
  for (const [name, choices] of Object.entries(oneofs)) fields[name] = fc.oneof(...choices);
  const required = schema.fields
    .map(({ localName }) => localName)
    .filter((name) => likely.has(name) && Object.hasOwn(fields, name));
  const some = fc.record(fields, { requiredKeys: [] });
  const most = fc.record(fields, { requiredKeys: required as never[] });
  return fc
    .oneof({ weight: 9, arbitrary: most }, { weight: 1, arbitrary: some })
    .map((init) => create(schema, init as MessageInitShape<DescMessage>));
}

const jsonObjects = fc.dictionary(fc.string({ maxLength: 8 }), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 });

function fieldArbitrary(field: DescField, known: readonly string[], depth: number): fc.Arbitrary<unknown> | undefined {
  switch (field.fieldKind) {
    case "scalar":
      return field.name === "api_version" || field.name === "kind" ? constants(field) : scalar(field.scalar, known);
    case "enum":
      if (field.name === "owner_scope")
        return fc.oneof(
          { weight: 8, arbitrary: fc.constant(2) },
          { weight: 2, arbitrary: fc.integer({ min: -1, max: 4 }) },
        );
      return fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom(...field.enum.values.map(({ number }) => number)) },
        { weight: 1, arbitrary: fc.integer({ min: -2, max: 120 }) },
      );
    case "message":
      return depth >= DEPTH_MAX ? undefined : messageArbitrary(field.message, known, depth + 1);
    case "list": {
      if (depth >= DEPTH_MAX) return undefined;
      const item =
        field.listKind === "scalar"
          ? scalar(field.scalar, known)
          : field.listKind === "enum"
            ? fc.integer({ min: -1, max: 60 })
            : messageArbitrary(field.message, known, depth + 1);
      return fc.array(item, { maxLength: 3 });
    }
    case "map": {
      if (depth >= DEPTH_MAX) return undefined;
      const value =
        field.mapKind === "scalar"
          ? scalar(field.scalar, known)
          : field.mapKind === "enum"
            ? fc.integer({ min: -1, max: 60 })
            : messageArbitrary(field.message, known, depth + 1);
      return fc.dictionary(texts(known), value, { maxKeys: 3 });
    }
  }
}

/** The two constants that every resource must have, right more often than not: wrong ones never get behind the first step. */
function constants(field: DescField): fc.Arbitrary<unknown> {
  const right = field.name === "api_version" ? "agentic.stigmer.ai/v1" : field.parent.name;
  return fc.oneof({ weight: 19, arbitrary: fc.constant(right) }, { weight: 1, arbitrary: fc.string({ maxLength: 5 }) });
}

function texts(known: readonly string[]): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom("local", "acme", "a", "test-flow", ...known) },
    { weight: 2, arbitrary: fc.string({ maxLength: 20 }) },
    { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 20 }) },
    { weight: 1, arbitrary: fc.constantFrom(...nastyTexts) },
  );
}

function scalar(type: ScalarType, known: readonly string[]): fc.Arbitrary<unknown> {
  switch (type) {
    case ScalarType.STRING:
      return texts(known);
    case ScalarType.BOOL:
      return fc.boolean();
    case ScalarType.BYTES:
      return fc.uint8Array({ maxLength: 20 });
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return fc.oneof(fc.double(), fc.constantFrom(Number.NaN, Infinity, -Infinity, 1e308));
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.constantFrom(0n, 1n, 2n, -1n));
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    default:
      return fc.oneof(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), fc.integer({ min: 0, max: 200 }));
  }
}
