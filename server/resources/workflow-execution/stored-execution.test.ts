import { clone, create, equals, fromBinary, fromJson, toBinary, toJson } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { type Value, ValueSchema } from "@bufbuild/protobuf/wkt";
import { WorkflowExecutionSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/api_pb.ts";
import type { Json } from "@stigmer/core/lib/json.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { JsonValue } from "../../pipeline/json-value.ts";
import { decodeExecution, encodeExecution } from "./stored-execution.ts";
import { jsonOfValue, valueOfJson } from "./value-json.ts";

const inputs: readonly (readonly [string, Json])[] = [
  ["null", null],
  ["true", true],
  ["zero", 0],
  ["a negative number", -1.5],
  ["an empty text", ""],
  ["a text of several bytes a character", "aé漢😀"],
  ["an empty list", []],
  ["an empty object", {}],
  ["the key __proto__", JSON.parse('{"__proto__":{"a":1},"constructor":2}') as Json],
  ["a list of lists", [[], [[1]], { a: [{}] }]],
  ["something large", { text: "x".repeat(100_000), list: Array.from({ length: 3_000 }, (_, n) => ({ n })) }],
];

function stored(input: Json): Uint8Array {
  return encodeExecution(
    create(WorkflowExecutionSchema, {
      kind: "WorkflowExecution",
      spec: { workflowId: "wfl-1", input: JsonValue.of(input) },
    }),
  );
}

function inputOf(data: Uint8Array): Value {
  const whole = decodeExecution(data);
  expect(whole.spec?.workflowId).toBe("wfl-1");
  expect(whole.$unknown).toBeUndefined();
  return whole.spec?.input ?? create(ValueSchema);
}

test.each(inputs)("encodeExecution keeps an input that is %s", (_name, input) => {
  const value = inputOf(stored(input));
  expect(jsonOfValue(value)).toEqual(input);
  expect(toJson(ValueSchema, value)).toEqual(input);
});

test("encodeExecution keeps the input of a message of the library, and what is read again", () => {
  const input = fromJson(ValueSchema, { a: [1, "b", null] });
  const execution = create(WorkflowExecutionSchema, { spec: { workflowId: "wfl-1", input } });
  const again = encodeExecution(decodeExecution(encodeExecution(execution)));
  expect(jsonOfValue(inputOf(again))).toEqual({ a: [1, "b", null] });
  expect(execution.spec?.input).toBe(input);
});

test("encodeExecution keeps an execution without an input as it is", () => {
  const execution = create(WorkflowExecutionSchema, { kind: "WorkflowExecution", spec: { workflowId: "wfl-1" } });
  expect(decodeExecution(encodeExecution(execution))).toEqual(execution);
});

test("encodeExecution takes no input from an unknown field of a caller, and keeps the others", () => {
  const unknown = (no: number): Uint8Array =>
    new BinaryWriter().tag(no, WireType.LengthDelimited).string('{"forged":true}').finish();
  const plain = toBinary(WorkflowExecutionSchema, create(WorkflowExecutionSchema, { spec: { workflowId: "wfl-1" } }));
  const sent = fromBinary(WorkflowExecutionSchema, Buffer.concat([plain, unknown(15_000), unknown(15_001)]));
  const bare = decodeExecution(encodeExecution(sent));
  expect(bare.spec?.input).toBeUndefined();
  expect(bare.$unknown?.map(({ no }) => no)).toEqual([15_001]);
  if (sent.spec !== undefined) sent.spec.input = JsonValue.of(1);
  const whole = decodeExecution(encodeExecution(sent));
  expect(jsonOfValue(whole.spec?.input ?? create(ValueSchema))).toBe(1);
  expect(whole.$unknown?.map(({ no }) => no)).toEqual([15_001]);
});

test("decodeExecution reads an input that is stored as a message", () => {
  const input = fromJson(ValueSchema, { a: 1 });
  const execution = create(WorkflowExecutionSchema, { spec: { workflowId: "wfl-1", input } });
  expect(jsonOfValue(inputOf(toBinary(WorkflowExecutionSchema, execution)))).toEqual({ a: 1 });
});

test("JsonValue, valueOfJson and jsonOfValue agree with the library on any JSON", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (json) => {
      // A text has no -0.
      const input = JSON.parse(JSON.stringify(json)) as Json;
      const value = fromJson(ValueSchema, input as never);
      for (const ours of [JsonValue.of(input), JsonValue.ofText(JSON.stringify(input))]) {
        expect(equals(ValueSchema, ours, value)).toBe(true);
        expect(toBinary(ValueSchema, ours)).toEqual(toBinary(ValueSchema, value));
        expect(toJson(ValueSchema, ours)).toEqual(toJson(ValueSchema, value));
        expect(clone(ValueSchema, ours)).toEqual(value);
      }
      expect(jsonOfValue(inputOf(stored(input)))).toEqual(input);
      expect(valueOfJson(input, (text) => text)).toEqual(value);
      expect(jsonOfValue(value)).toEqual(input);
    }),
  );
});
