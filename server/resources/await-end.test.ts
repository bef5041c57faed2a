import { create, toJson } from "@bufbuild/protobuf";
import { ValueSchema } from "@bufbuild/protobuf/wkt";
import { RunPhase } from "@stigmer/api/gen/ai/stigmer/orchestration/run/v1/run_pb.ts";
import type { RunOutcome } from "@stigmer/api/gen/ai/stigmer/orchestration/v1/workflow_execution_pb.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { execution, helloDefinition, listeningDefinition, workflow } from "./testing/definitions.ts";
import { openResourceWorld, type ResourceWorld } from "./testing/resource-world.ts";

let world: ResourceWorld;
let answerCall: () => void = () => undefined;
beforeAll(async () => {
  const answered = new Promise<void>((resolve) => {
    answerCall = resolve;
  });
  world = await openResourceWorld({ activity: () => answered.then(() => ({ n: 1 })) });
});
afterAll(() => world.close());

async function flow(name: string, definition: string): Promise<string> {
  return (await world.client.workflow.command.create(workflow(name, definition))).metadata?.id ?? "";
}

function outputOf({ output }: RunOutcome): unknown {
  return toJson(ValueSchema, output ?? create(ValueSchema));
}

const raising = `document: {dsl: 1.0.0, namespace: test, name: raising, version: 1.0.0}
do:
  - no:
      raise: {error: {type: https://example.com/no, status: 409, title: No}}
`;
const calling = `document: {dsl: 1.0.0, namespace: test, name: calling, version: 1.0.0}
do:
  - ask:
      call: http
      with: {method: get, endpoint: http://127.0.0.1/}
`;

describe("run", () => {
  test("answers with the output of a run that ends at once", async () => {
    const outcome = await world.client.workflowExecution.service.run(execution(await flow("run 1", helloDefinition())));
    expect(outcome).toMatchObject({ phase: RunPhase.COMPLETED, position: 1n, reason: "" });
    expect(outputOf(outcome)).toEqual({ greeting: "hello" });
    const stored = await world.client.workflowExecution.query.get({ value: outcome.executionId });
    expect(stored.status?.runPhase).toBe(RunPhase.COMPLETED);
  });

  test("answers with the fault of a run that faults", async () => {
    const outcome = await world.client.workflowExecution.service.run(execution(await flow("run 2", raising)));
    expect(outcome).toMatchObject({ phase: RunPhase.FAULTED, fault: { status: 409, title: "No" } });
    expect(outcome.output).toBeUndefined();
  });

  test("lets the run go on when the deadline passes; the same idempotency key waits on", async () => {
    const asked = execution(await flow("run 3", calling));
    if (asked.spec !== undefined) asked.spec.idempotencyKey = "run-3";
    const { service, query } = world.client.workflowExecution;
    await expect(service.run(asked, { timeoutMs: 50 })).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    const again = service.run(asked);
    answerCall();
    const outcome = await again;
    expect(outputOf(outcome)).toEqual({ n: 1 });
    const { entries } = await query.listByWorkflow({ workflowId: asked.spec?.workflowId ?? "" });
    expect(entries.map(({ metadata }) => metadata?.id)).toEqual([outcome.executionId]);
  });

  test("refuses a dry run: what is not started has no end", async () => {
    const asked = execution(await flow("run 4", helloDefinition()));
    await expect(
      world.client.workflowExecution.service.run(asked, { headers: { "stigmer-dry-run": "true" } }),
    ).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});

describe("awaitEnd", () => {
  async function listening(name: string): Promise<string> {
    const id = await flow(name, listeningDefinition());
    return (await world.client.workflowExecution.command.create(execution(id))).metadata?.id ?? "";
  }

  test("answers once the run has ended, with its reason, and at once from then on", async () => {
    const executionId = await listening("await 1");
    const { service } = world.client.workflowExecution;
    const waiting = service.awaitEnd({ executionId });
    await service.cancel({ executionId, reason: "enough" });
    expect(await waiting).toMatchObject({ executionId, phase: RunPhase.CANCELLED, reason: "enough" });
    expect(await service.awaitEnd({ executionId })).toMatchObject({ phase: RunPhase.CANCELLED });
  });

  test("answers with the end that a foreign runner reports, not with how the engine made way", async () => {
    const executionId = await listening("await 2");
    const { service, command } = world.client.workflowExecution;
    const waiting = service.awaitEnd({ executionId });
    // The wait has begun when a call that came later is answered.
    await service.history({ executionId });
    await command.updateStatus({ executionId, status: { phase: 3, output: { n: 2 } } });
    const outcome = await waiting;
    expect(outcome.phase).toBe(RunPhase.COMPLETED);
    expect(outputOf(outcome)).toEqual({ n: 2 });
  });

  test("is left by its caller without harm", async () => {
    const executionId = await listening("await 3");
    const { service } = world.client.workflowExecution;
    const leave = new AbortController();
    const waiting = service.awaitEnd({ executionId }, { signal: leave.signal });
    leave.abort();
    await expect(waiting).rejects.toMatchObject({ code: "CANCELLED" });
    expect((await service.cancel({ executionId })).status?.runPhase).toBe(RunPhase.CANCELLED);
  });

  test("of an unknown run is NOT_FOUND", async () => {
    await expect(world.client.workflowExecution.service.awaitEnd({ executionId: "wex-x" })).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
  });
});
