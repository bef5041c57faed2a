import { create, equals, fromJsonString, toJsonString } from "@bufbuild/protobuf";
import { WorkflowExecutionSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/api_pb.ts";
import { RunOutcomeSchema } from "@stigmer/api/gen/ai/stigmer/orchestration/v1/workflow_execution_pb.ts";
import type { Json } from "@stigmer/core/lib/json.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { JsonValue } from "../../pipeline/json-value.ts";
import { wellFormedJson } from "../interceptors/well-formed.ts";
import { jsonOfMessage, messageOfJson } from "./json-message.ts";

const read = (text: string): unknown => messageOfJson(WorkflowExecutionSchema, wellFormedJson(Buffer.from(text)));

/** Whether the library and we read the same of a text, or refuse it with the same words. */
function expectSame(text: string): void {
  let wanted;
  try {
    wanted = fromJsonString(WorkflowExecutionSchema, text, { ignoreUnknownFields: true });
  } catch (error) {
    expect(() => read(text)).toThrow((error as Error).message);
    return;
  }
  expect(equals(WorkflowExecutionSchema, read(text) as never, wanted)).toBe(true);
}

describe("messageOfJson", () => {
  test.each([
    [
      "a value of the input",
      '{"kind":"WorkflowExecution","spec":{"workflowId":"wfl-1","input":{"a":[1,null,{"b":"c"}]}}}',
    ],
    ["null as the input", '{"spec":{"input":null}}'],
    ["no input", '{"spec":{"workflowId":"wfl-1"}}'],
    ["no spec", '{"kind":"WorkflowExecution"}'],
    ["null as the spec", '{"spec":null}'],
    ["the names of the proto", '{"api_version":"x","spec":{"workflow_id":"wfl-1","input":[1]}}'],
    ["unknown fields with values", '{"other":{"input":1},"spec":{"other":[{"a":":"}],"input":":"}}'],
    ["special keys", '{"spec":{"input":{"__proto__":{"a":1},"constructor":2}}}'],
    ["a spec that is none", '{"spec":[{"input":1}]}'],
    ["a field of another type", '{"spec":{"workflowId":{"a":1},"input":{"b":2}}}'],
    ["a name twice in a message", '{"spec":{"workflowId":"a","workflowId":"b","input":1}}'],
    ["a name twice in a value", '{"spec":{"input":{"a":1,"b":[{"c":1,"c":2}]}}}'],
    ["a name twice, once with an escape", String.raw`{"spec":{"input":{"a":1,"\u0061":2}}}`],
    ["both spellings of a field", '{"spec":{"workflowId":"a","workflow_id":"b","input":{"x":1}}}'],
    ["what is no JSON", '{"spec":'],
    ["JSON that is no object", "[1]"],
    [
      "free-form values beside the input",
      '{"status":{"output":{"a":1},"result":[2],"tasks":[{"inputValue":{"b":[3]}}]}}',
    ],
  ])("reads %s as the library does", (_name, text) => expectSame(text));

  test("reads any input as the library does", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), (input) => expectSame(`{"spec":{"workflowId":"wfl-1","input":${input}}}`)),
    );
  });

  test("leaves the input the JSON it is", () => {
    const { spec } = read('{"spec":{"input":{"a":1}}}') as { spec: { input: unknown } };
    expect(spec.input).toBeInstanceOf(JsonValue);
    expect((spec.input as JsonValue).json).toEqual({ a: 1 });
  });
});

describe("jsonOfMessage", () => {
  test("writes values as the library does", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.boolean(), (json, isAlone) => {
        const output = JsonValue.ofText(JSON.stringify(json));
        const message = create(RunOutcomeSchema, isAlone ? { output } : { executionId: "wex-1", output, position: 3n });
        const wanted = JSON.parse(toJsonString(RunOutcomeSchema, message)) as Json;
        expect(JSON.parse(jsonOfMessage(RunOutcomeSchema, message))).toEqual(wanted);
        expect(message.output).toBe(output);
      }),
    );
  });

  test("writes a message without values", () => {
    const message = create(RunOutcomeSchema, { executionId: "wex-1" });
    expect(jsonOfMessage(RunOutcomeSchema, message)).toBe('{"executionId":"wex-1"}');
    expect(jsonOfMessage(RunOutcomeSchema, create(RunOutcomeSchema))).toBe("{}");
  });
});
