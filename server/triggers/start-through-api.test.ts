import { afterAll, beforeAll, expect, test } from "vitest";
import { openResourceWorld, type ResourceWorld } from "../resources/testing/resource-world.ts";
import { workflow } from "../resources/testing/definitions.ts";
import type { ScheduleRecord } from "../resources/workflow/record-schedule.ts";
import { startThroughApi } from "./start-through-api.ts";
import { StartRefused } from "./triggers.ts";

const typed = `document: {dsl: 1.0.0, namespace: test, name: typed, version: 1.0.0}
input: {schema: {document: {type: object, required: [total]}}}
do:
  - done: {set: {done: true}}
`;

let world: ResourceWorld;
let workflowId = "";
beforeAll(async () => {
  world = await openResourceWorld();
  workflowId = (await world.client.workflow.command.create(workflow("typed", typed))).metadata?.id ?? "";
});
afterAll(() => world.close());

const record = (id: string): ScheduleRecord => ({ workflowId: id, org: "local" }) as ScheduleRecord;

test("startThroughApi starts a run, and the same key is the same run", async () => {
  const start = startThroughApi(world.client);
  await start(record(workflowId), { total: 1 }, "key");
  await start(record(workflowId), { total: 1 }, "key");
  expect((await world.store.runs.list({ workflowId, limit: 10 })).rows).toHaveLength(1);
});

test.each([
  ["an input that the workflow does not take", {}, (): string => workflowId, /spec\.input/u],
  ["a workflow that is gone", { total: 1 }, (): string => "wfl-gone", /not found/u],
])("startThroughApi refuses for good %s", async (_name, input, id, text) => {
  const refused = startThroughApi(world.client)(record(id()), input, `refused ${id()}`);
  await expect(refused).rejects.toThrow(StartRefused);
  await expect(refused).rejects.toThrow(text);
});
