import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ValidationState } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/serverless/validation_pb.ts";
import { ExecutionPhase } from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/enum_pb.ts";
import { execution, helloDefinition, workflow } from "./testing/definitions.ts";
import { openResourceWorld, type ResourceWorld } from "./testing/resource-world.ts";

describe("the life of a workflow", () => {
  let world: ResourceWorld;
  beforeAll(async () => {
    world = await openResourceWorld();
  });
  afterAll(() => world.close());

  test("is applied, run to its end, applied again, and deleted with all that is its own", async () => {
    const { client, store } = world;
    const applied = await client.workflow.command.apply(workflow("My flow.v2"));
    expect(applied.metadata).toMatchObject({
      name: "My flow.v2",
      slug: "my-flow-v2",
      org: "local",
      resourceVersion: 1n,
    });
    expect(applied.metadata?.id).toMatch(/^wfl-[0-9a-hjkmnp-tv-z]{26}$/u);
    expect(applied.status).toMatchObject({
      revision: 1n,
      serverlessWorkflowValidation: { state: ValidationState.VALID, yaml: helloDefinition(), errors: [] },
    });
    expect(applied.status?.audit?.specAudit).toMatchObject({ event: "created", createdBy: { id: "system" } });

    const instance = await client.workflowInstance.query.get({ value: applied.status?.defaultInstanceId ?? "" });
    expect(instance.metadata).toMatchObject({ name: "My flow.v2-default", slug: "my-flow-v2-default", org: "local" });
    expect(instance.spec).toMatchObject({
      workflowId: applied.metadata?.id,
      description: "Default instance (auto-created, no custom configuration)",
    });

    const started = await client.workflowExecution.command.create(execution(applied.metadata?.id ?? "", "first"));
    expect(started.metadata?.id).toMatch(/^wex-/u);
    const last = [];
    for await (const update of client.workflowExecution.query.subscribe({ executionId: started.metadata?.id ?? "" }))
      last.push(update);
    expect(last.at(-1)?.status).toMatchObject({
      phase: ExecutionPhase.EXECUTION_COMPLETED,
      output: { greeting: "hello" },
    });
    const got = await client.workflowExecution.query.get({ value: started.metadata?.id ?? "" });
    expect(got.status?.tasks.map(({ taskName, taskKind, status }) => ({ taskName, taskKind, status }))).toEqual([
      { taskName: "greet", taskKind: "set", status: 3 },
    ]);

    const again = await client.workflow.command.apply(workflow("My flow.v2", helloDefinition("1.1.0", "hi")));
    expect(again.metadata).toMatchObject({ id: applied.metadata?.id, resourceVersion: 2n });
    expect(again.status).toMatchObject({ revision: 2n, defaultInstanceId: applied.status?.defaultInstanceId });
    const { versions } = await client.workflow.service.listVersions({ workflowId: applied.metadata?.id ?? "" });
    expect(versions.map(({ revision, version, isCurrent }) => ({ revision, version, isCurrent }))).toEqual([
      { revision: 2n, version: "1.1.0", isCurrent: true },
      { revision: 1n, version: "1.0.0", isCurrent: false },
    ]);

    const deleted = await client.workflow.command.delete({ value: applied.metadata?.id ?? "" });
    expect(deleted.metadata?.id).toBe(applied.metadata?.id);
    for (const kind of ["workflow", "workflow_instance"]) expect(await store.resources.count({ kind })).toBe(0);
    expect(await store.definitions.byDigest(applied.status?.definitionDigest ?? "")).toBeUndefined();
    expect((await store.runs.list({ limit: 10 })).rows).toEqual([]);
  });
});
