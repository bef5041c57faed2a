import { create, fromJson } from "@bufbuild/protobuf";
import { ValueSchema } from "@bufbuild/protobuf/wkt";
import { WorkflowSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/api_pb.ts";
import { WorkflowExecutionSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/api_pb.ts";
import { expect, test } from "vitest";
import { findValueFault, withoutValues } from "./value-limits.ts";

function nested(depth: number): object {
  let value: object = {};
  for (let index = 1; index < depth; index += 1) value = { a: value };
  return value;
}

test.each([
  [{ a: Number.NaN }, "NUMBER_INVALID"],
  [{ a: [1, { b: Infinity }] }, "NUMBER_INVALID"],
  [nested(70), "NESTING_TOO_DEEP"],
  [nested(60), undefined],
  [{ a: [1, "x", null, true] }, undefined],
])("findValueFault of a struct in a list: %#", (taskConfig, reason) => {
  const workflow = create(WorkflowSchema, { spec: { tasks: [{ name: "a", taskConfig: taskConfig as never }] } });
  const fault = findValueFault(WorkflowSchema, workflow);
  expect(fault?.reason).toBe(reason);
  if (fault !== undefined) expect(fault.field).toBe("spec.tasks[0].task_config");
});

test("findValueFault looks into value messages, and refuses one that is empty", () => {
  const input = create(WorkflowExecutionSchema, {
    spec: { input: { kind: { case: "numberValue", value: Infinity } } },
  });
  expect(findValueFault(WorkflowExecutionSchema, input)).toMatchObject({
    field: "spec.input",
    reason: "NUMBER_INVALID",
  });
  const empty = create(WorkflowExecutionSchema, { spec: { input: {} } });
  expect(findValueFault(WorkflowExecutionSchema, empty)).toMatchObject({ field: "spec.input" });
  const fine = create(WorkflowExecutionSchema, { spec: { input: fromJson(ValueSchema, { a: [null, 1] }) } });
  expect(findValueFault(WorkflowExecutionSchema, fine)).toBeUndefined();
});

test("withoutValues leaves out what a value holds but not that it is there, and changes nothing of the message", () => {
  const input = fromJson(ValueSchema, { a: [null, 1] });
  const message = create(WorkflowExecutionSchema, { kind: "WorkflowExecution", spec: { workflowId: "wfl-1", input } });
  const lighter = withoutValues(WorkflowExecutionSchema, message);
  expect(lighter).toMatchObject({ kind: "WorkflowExecution", spec: { workflowId: "wfl-1" } });
  expect(lighter.spec?.input).toEqual(create(ValueSchema));
  expect(message.spec?.input).toBe(input);
  const plain = create(WorkflowExecutionSchema, { spec: { workflowId: "wfl-1" } });
  expect(withoutValues(WorkflowExecutionSchema, plain)).toBe(plain);
});
