import { create, toJson } from "@bufbuild/protobuf";
import { ValueSchema } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { execution, helloDefinition, instance, workflow } from "../testing/definitions.ts";
import { openResourceWorld, type ResourceWorld } from "../testing/resource-world.ts";

let world: ResourceWorld;
beforeAll(async () => {
  world = await openResourceWorld();
});
afterAll(() => world.close());

async function ranTo(workflowId: string, instanceId = ""): Promise<unknown> {
  const asked = execution(workflowId);
  if (asked.spec !== undefined) asked.spec.workflowInstanceId = instanceId;
  const { output } = await world.client.workflowExecution.service.run(asked);
  return toJson(ValueSchema, output ?? create(ValueSchema));
}

describe("a run of what was run before", () => {
  test("runs the version that was applied since", async () => {
    const { command } = world.client.workflow;
    const id = (await command.apply(workflow("applied", helloDefinition("1.0.0", "hello")))).metadata?.id ?? "";
    expect(await ranTo(id)).toEqual({ greeting: "hello" });
    expect(await ranTo(id)).toEqual({ greeting: "hello" });
    await command.apply(workflow("applied", helloDefinition("1.0.1", "bye")));
    expect(await ranTo(id)).toEqual({ greeting: "bye" });
  });

  test("finds its default instance made anew when it was deleted since", async () => {
    const { client } = world;
    const made = await client.workflow.command.create(workflow("instance gone", helloDefinition()));
    const id = made.metadata?.id ?? "";
    const first = await client.workflowExecution.command.create(execution(id));
    const gone = first.spec?.workflowInstanceId ?? "";
    await client.workflowInstance.command.delete({ value: gone }, { headers: { "stigmer-force": "true" } });
    const second = await client.workflowExecution.command.create(execution(id));
    expect(second.spec?.workflowInstanceId).not.toBe(gone);
  });

  test("is refused when the workflow or the instance is gone", async () => {
    const { client } = world;
    const id = (await client.workflow.command.create(workflow("all gone", helloDefinition()))).metadata?.id ?? "";
    const bound = (await client.workflowInstance.command.create(instance("all gone bound", id))).metadata?.id ?? "";
    await ranTo("", bound);
    await client.workflowInstance.command.delete({ value: bound }, { headers: { "stigmer-force": "true" } });
    await expect(ranTo("", bound)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await ranTo(id);
    await client.workflow.command.delete({ value: id }, { headers: { "stigmer-force": "true" } });
    await expect(ranTo(id)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});
