import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ApiError } from "../errors/api-error.ts";
import { execution, helloDefinition, instance, workflow } from "./testing/definitions.ts";
import { openResourceWorld, type ResourceWorld } from "./testing/resource-world.ts";

const CALLERS = 200;

function times<T>(count: number, make: (index: number) => Promise<T>): Promise<PromiseSettledResult<Awaited<T>>[]> {
  return Promise.allSettled(Array.from({ length: count }, (_, index) => make(index)));
}

function codesOf(results: readonly PromiseSettledResult<unknown>[]): Record<string, number> {
  const codes: Record<string, number> = {};
  for (const result of results) {
    const code =
      result.status === "fulfilled"
        ? "OK"
        : result.reason instanceof ApiError
          ? result.reason.code
          : String(result.reason);
    codes[code] = (codes[code] ?? 0) + 1;
  }
  return codes;
}

describe("many callers at once", () => {
  let world: ResourceWorld;
  beforeEach(async () => {
    world = await openResourceWorld();
  });
  afterEach(() => world.close());

  test("200 creates of one slug: one succeeds, 199 are told that it exists", async () => {
    const results = await times(CALLERS, () => world.client.workflow.command.create(workflow("one")));
    expect(codesOf(results)).toEqual({ OK: 1, ALREADY_EXISTS: 199 });
    expect(await world.store.resources.count({ kind: "workflow" })).toBe(1);
    expect(await world.store.resources.count({ kind: "workflow_instance" })).toBe(1);
  });

  test("200 applies of one slug: one resource, 200 versions of the resource, one of the same definition", async () => {
    const results = await times(CALLERS, () => world.client.workflow.command.apply(workflow("one")));
    expect(codesOf(results)).toEqual({ OK: 200 });
    const found = await world.client.workflow.query.getByReference({ slug: "one", org: "local" });
    expect(found).toMatchObject({ metadata: { resourceVersion: 200n }, status: { revision: 1n } });
    expect(await world.store.resources.count({ kind: "workflow_instance" })).toBe(1);
  });

  test("applies of different definitions: each one is a version", async () => {
    const results = await times(20, (index) =>
      world.client.workflow.command.apply(workflow("one", helloDefinition(`1.0.${index}`))),
    );
    expect(codesOf(results)).toEqual({ OK: 20 });
    const found = await world.client.workflow.query.getByReference({ slug: "one", org: "local" });
    const { versions } = await world.client.workflow.service.listVersions({ workflowId: found.metadata?.id ?? "" });
    expect(new Set(versions.map(({ version }) => version)).size).toBe(20);
    expect(versions.map(({ revision }) => Number(revision))).toEqual(
      Array.from({ length: 20 }, (_, index) => 20 - index),
    );
  });

  test("creates, applies and deletes mixed: never an orphan", async () => {
    const { client, store } = world;
    await times(60, async (index) => {
      if (index % 3 === 0) return client.workflow.command.create(workflow("one"));
      if (index % 3 === 1) return client.workflow.command.apply(workflow("one"));
      const found = await client.workflow.query.getByReference({ slug: "one", org: "local" });
      return client.workflow.command.delete({ value: found.metadata?.id ?? "" });
    });
    const { rows } = await store.resources.list({ kind: "workflow_instance", limit: 100 });
    for (const row of rows) expect(await store.resources.get("workflow", row.parent ?? ""), row.id).toBeDefined();
    expect(rows.length).toBe(await store.resources.count({ kind: "workflow" }));
  });

  test("updates with one resource_version: one wins, the others are ABORTED", async () => {
    const { client } = world;
    const made = await client.workflow.command.create(workflow("one"));
    const results = await times(20, () => client.workflow.command.update(made));
    expect(codesOf(results)).toEqual({ OK: 1, ABORTED: 19 });
  });

  test("instances are made while their workflow is deleted: each one is refused or goes with it", async () => {
    const { client, store } = world;
    const id = (await client.workflow.command.create(workflow("one"))).metadata?.id ?? "";
    const results = await times<object>(40, (index) =>
      index === 20
        ? client.workflow.command.delete({ value: id }, { headers: { "stigmer-force": "true" } })
        : client.workflowInstance.command.create(instance(`i${index}`, id)),
    );
    expect(Object.keys(codesOf(results)).sort()).toEqual(["NOT_FOUND", "OK"]);
    expect(await store.resources.count({ kind: "workflow_instance" })).toBe(0);
  });

  test("50 starts with one idempotency key: one run", async () => {
    const { client, store } = world;
    const id = (await client.workflow.command.create(workflow("one"))).metadata?.id ?? "";
    const results = await times(50, () => {
      const run = execution(id);
      if (run.spec !== undefined) run.spec.idempotencyKey = "once";
      return client.workflowExecution.command.create(run);
    });
    const ids = new Set(
      results.map((result) => (result.status === "fulfilled" ? result.value.metadata?.id : String(result.reason))),
    );
    expect(ids.size).toBe(1);
    expect((await store.runs.list({ limit: 100 })).rows).toHaveLength(1);
  });
});
