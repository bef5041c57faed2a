import { afterAll, beforeAll, expect, test } from "vitest";
import { ExecutionPhase } from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/enum_pb.ts";
import { execution, workflow } from "./testing/definitions.ts";
import { openResourceWorld, type ResourceWorld } from "./testing/resource-world.ts";

let world: ResourceWorld;
let begun: (signal: AbortSignal) => void = () => undefined;
beforeAll(async () => {
  world = await openResourceWorld({
    activity: (_input, { signal }) => {
      begun(signal);
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))));
    },
  });
});
afterAll(() => world.close());

const definition = `
document: { dsl: 1.0.3, namespace: test, name: leaves, version: 1.0.0 }
do:
  - work: { run: { script: { language: js, code: "1" }, await: false } }
`;

test.each(["the run", "its workflow"])(
  "deleting %s cancels the work that the ended run does not await",
  async (what) => {
    const { client, store } = world;
    const signalOfWork = new Promise<AbortSignal>((resolve) => (begun = resolve));
    const applied = await client.workflow.command.apply(workflow("Leaves", definition));
    const started = await client.workflowExecution.command.create(execution(applied.metadata?.id ?? "", "one"));
    const value = started.metadata?.id ?? "";
    const signal = await signalOfWork;
    const { status } = await client.workflowExecution.query.get({ value });
    expect([status?.phase, signal.aborted]).toEqual([ExecutionPhase.EXECUTION_COMPLETED, false]);
    if (what === "the run") await client.workflowExecution.command.delete({ value });
    else await client.workflow.command.delete({ value: applied.metadata?.id ?? "" });
    expect(signal.aborted).toBe(true);
    expect(await store.runs.get(value)).toBeUndefined();
    expect(world.engine.load.runs).toBe(0);
  },
);
