import { create, toJson } from "@bufbuild/protobuf";
import { ValueSchema } from "@bufbuild/protobuf/wkt";
import { createStigmerClient, type StigmerClient } from "@stigmer/api/client.ts";
import { DefinitionChangeKind } from "@stigmer/api/gen/ai/stigmer/orchestration/v1/workflow_pb.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ResourceMessage } from "../pipeline/resource-kind.ts";
import { agent, agentInstance, environment, helloDefinition, instance, workflow } from "./testing/definitions.ts";
import { createGrpcJsTransport } from "./testing/grpc-js-transport.ts";
import { openResourceWorld, type ResourceWorld } from "./testing/resource-world.ts";

/*
 * The contract has no update masks: an update and an apply are a full replacement, whatever is left out is cleared. What identifies a resource stays, and so does its status. What a replacement would
 * change can be asked before: by a dry run, and for definitions by `diff`.
 */

let world: ResourceWorld;
let wire: ReturnType<typeof createGrpcJsTransport>;
let client: StigmerClient;
beforeAll(async () => {
  world = await openResourceWorld();
  const { port } = await world.transport.listen("127.0.0.1", 0);
  wire = createGrpcJsTransport(`127.0.0.1:${port}`);
  client = createStigmerClient(wire);
});
afterAll(async () => {
  wire.close();
  await world.close();
});

interface Kind {
  readonly build: (name: string) => Promise<ResourceMessage>;
  readonly verbs: () => { [verb in "create" | "update" | "apply"]: (resource: never) => Promise<ResourceMessage> };
}

const flowId = async (name: string): Promise<string> =>
  (await client.workflow.command.create(workflow(name))).metadata?.id ?? "";
const agentId = async (name: string): Promise<string> =>
  (await client.agent.command.create(agent(name))).metadata?.id ?? "";

const kinds: { readonly [kind: string]: Kind } = {
  Workflow: { build: async (name) => workflow(name), verbs: () => client.workflow.command },
  WorkflowInstance: {
    build: async (name) => instance(name, await flowId(`of ${name}`)),
    verbs: () => client.workflowInstance.command,
  },
  Environment: { build: async (name) => environment(name, { KEPT: "1" }), verbs: () => client.environment.command },
  Agent: { build: async (name) => agent(name), verbs: () => client.agent.command },
  AgentInstance: {
    build: async (name) => agentInstance(name, await agentId(`of ${name}`)),
    verbs: () => client.agentInstance.command,
  },
};

/** The status without what each write renews: audit and the time of the validation. */
function lasting({ status }: ResourceMessage): object {
  return Object.fromEntries(
    Object.entries(status ?? {}).filter(([name]) => !["audit", "serverlessWorkflowValidation"].includes(name)),
  );
}

describe.each(Object.entries(kinds))("%s", (kind, { build, verbs }) => {
  test.each(["update", "apply"] as const)("%s clears what is left out and keeps identity and status", async (verb) => {
    const plain = await build(`${kind} ${verb}`);
    const decorated = structuredClone(plain);
    Object.assign(decorated.metadata ?? {}, { labels: { a: "1" }, annotations: { b: "2" }, tags: ["c"] });
    const made = await verbs().create(decorated as never);
    expect(made.metadata).toMatchObject({ labels: { a: "1" }, annotations: { b: "2" }, tags: ["c"] });
    const replaced = await verbs()[verb](plain as never);
    expect(replaced.metadata).toEqual({
      ...made.metadata,
      labels: {},
      annotations: {},
      tags: [],
      resourceVersion: 2n,
    });
    expect(replaced.status).toMatchObject({
      audit: { specAudit: { event: "updated", createdAt: made.status?.audit?.specAudit?.createdAt } },
    });
    expect(lasting(replaced)).toEqual(lasting(made));
  });

  test("update by id changes the name and keeps slug and organization, whatever the request says of them", async () => {
    const made = await verbs().create((await build(`${kind} named`)) as never);
    const renamed = structuredClone(made);
    Object.assign(renamed.metadata ?? {}, { name: "another name", slug: "another", resourceVersion: 0n });
    const { metadata } = await verbs().update(renamed as never);
    expect(metadata).toMatchObject({ name: "another name", slug: made.metadata?.slug, org: "local" });
  });
});

describe("diff", () => {
  test("says what a definition that is not stored would change, and stores nothing", async () => {
    const id = await flowId("compared");
    const before = await client.workflow.query.get({ value: id });
    const { equal, changes, text } = await client.workflow.service.diff({
      workflowId: id,
      to: { case: "toDefinition", value: helloDefinition("1.1.0", "hi") },
    });
    expect(equal).toBe(false);
    expect(
      changes.map(({ kind, pointer, after }) => ({
        kind,
        pointer,
        after: toJson(ValueSchema, after ?? create(ValueSchema)),
      })),
    ).toEqual([
      { kind: DefinitionChangeKind.CHANGED, pointer: "/do/0/greet/set/greeting", after: "hi" },
      { kind: DefinitionChangeKind.CHANGED, pointer: "/document/version", after: "1.1.0" },
    ]);
    expect(text).toMatch(/^-\s+greeting: hello\n\+\s+greeting: hi$/mu);
    expect(await client.workflow.query.get({ value: id })).toEqual(before);
  });

  test("of versions: by their digests, and equal to itself", async () => {
    const first = await client.workflow.command.apply(workflow("versions", helloDefinition("1.0.0")));
    const second = await client.workflow.command.apply(workflow("versions", helloDefinition("2.0.0")));
    const workflowId = first.metadata?.id ?? "";
    const fromDigest = first.status?.definitionDigest ?? "";
    const to = { case: "toDigest", value: second.status?.definitionDigest ?? "" } as const;
    const between = await client.workflow.service.diff({ workflowId, fromDigest, to });
    expect(between.changes.map(({ pointer }) => pointer)).toEqual(["/document/version"]);
    expect((await client.workflow.service.diff({ workflowId })).equal).toBe(true);
  });

  test("a dry run of an apply answers with what it would store, and stores nothing", async () => {
    const made = await client.workflow.command.create(workflow("rehearsed"));
    const would = await client.workflow.command.apply(workflow("rehearsed", helloDefinition("1.1.0")), {
      headers: { "stigmer-dry-run": "true" },
    });
    expect(would.metadata?.resourceVersion).toBe(2n);
    expect(would.status?.revision).toBe(2n);
    expect(await client.workflow.query.get({ value: made.metadata?.id ?? "" })).toEqual(made);
  });
});
