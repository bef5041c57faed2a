import { create, fromBinary, fromJson, toBinary, toJson } from "@bufbuild/protobuf";
import { ValueSchema } from "@bufbuild/protobuf/wkt";
import { WorkflowExecutionSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/api_pb.ts";
import type { Json } from "@stigmer/core/lib/json.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeInput } from "./encode-input.ts";
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

function decoded(input: Json): Json {
  const rest = create(WorkflowExecutionSchema, { kind: "WorkflowExecution", spec: { workflowId: "wfl-1" } });
  const whole = fromBinary(
    WorkflowExecutionSchema,
    Buffer.concat([toBinary(WorkflowExecutionSchema, rest), encodeInput(input)]),
  );
  expect(whole.spec?.workflowId).toBe("wfl-1");
  return toJson(ValueSchema, whole.spec?.input ?? create(ValueSchema)) as Json;
}

test.each(inputs)("encodeInput joins %s to the execution it comes after", (_name, input) => {
  expect(decoded(input)).toEqual(input);
});

test("encodeInput, valueOfJson and jsonOfValue agree with the library on any JSON", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (json) => {
      const input = json as Json;
      const value = fromJson(ValueSchema, input as never);
      expect(decoded(input)).toEqual(toJson(ValueSchema, value));
      expect(valueOfJson(input, (text) => text)).toEqual(value);
      expect(jsonOfValue(value)).toEqual(input);
    }),
  );
});
