import { create, toJson } from "@bufbuild/protobuf";
import { ValueSchema } from "@bufbuild/protobuf/wkt";
import { expect } from "vitest";
import { execution } from "../definitions.ts";
import {
  type ContractRow,
  NOBODY,
  drain,
  ended,
  flow,
  force,
  given,
  keyTwice,
  open,
  quarantined,
  typedDefinition,
  GREET,
} from "./contract-row.ts";

/** What the rpcs of a workflow execution answer. */
export const workflowExecutionRows: readonly ContractRow[] = [
  {
    rpc: "execution.create",
    code: "FAILED_PRECONDITION",
    text: /idempotency key/u,
    call: async (c, n) => c.workflowExecution.command.create(await keyTwice(c, n)),
  },
  {
    rpc: "execution.run",
    code: "FAILED_PRECONDITION",
    text: /idempotency key/u,
    call: async (c, n) => c.workflowExecution.service.run(await keyTwice(c, n)),
  },
  {
    rpc: "execution.run",
    code: "NOT_FOUND",
    text: /^Workflow not found: wfl-x$/u,
    call: (c, n) => c.workflowExecution.service.run(execution("wfl-x", n)),
  },
  {
    rpc: "execution.run",
    code: "ALREADY_EXISTS",
    text: /^WorkflowExecution with slug/u,
    call: async (c, n) => {
      const run = execution(await flow(c, n), n);
      await c.workflowExecution.service.run(run);
      await c.workflowExecution.service.run(run);
    },
  },
  {
    rpc: "execution.update",
    code: "ABORTED",
    text: /resource_version is \d+, not 99/u,
    call: async (c, n) => {
      const run = await c.workflowExecution.query.get({ value: await open(c, n) });
      if (run.metadata !== undefined) run.metadata.resourceVersion = 99n;
      await c.workflowExecution.command.update(run);
    },
  },
  { rpc: "execution.awaitEnd", code: "NOT_FOUND", call: (c) => c.workflowExecution.service.awaitEnd(NOBODY) },
  { rpc: "execution.suspend", code: "NOT_FOUND", call: (c) => c.workflowExecution.service.suspend(NOBODY) },
  { rpc: "execution.resume", code: "NOT_FOUND", call: (c) => c.workflowExecution.service.resume(NOBODY) },
  { rpc: "execution.retry", code: "NOT_FOUND", call: (c) => c.workflowExecution.service.retry(NOBODY) },
  {
    rpc: "execution.patchContext",
    code: "NOT_FOUND",
    call: (c) => c.workflowExecution.service.patchContext({ ...NOBODY, patch: {} }),
  },
  { rpc: "execution.history", code: "NOT_FOUND", call: (c) => c.workflowExecution.service.history(NOBODY) },
  { rpc: "execution.stateAt", code: "NOT_FOUND", call: (c) => c.workflowExecution.service.stateAt(NOBODY) },
  { rpc: "execution.watch", code: "NOT_FOUND", call: (c) => drain(c.workflowExecution.service.watch(NOBODY)) },
  { rpc: "execution.watch", code: "INVALID_ARGUMENT", call: (c) => drain(c.workflowExecution.service.watch({})) },
  {
    rpc: "execution.retry",
    code: "FAILED_PRECONDITION",
    call: async (c, n) => c.workflowExecution.service.retry({ executionId: await open(c, n) }),
  },
  {
    rpc: "execution.skip",
    code: "FAILED_PRECONDITION",
    call: async (c, n) => c.workflowExecution.service.skip({ executionId: await ended(c, n), ...GREET }),
  },
  {
    rpc: "execution.goto",
    code: "FAILED_PRECONDITION",
    call: async (c, n) => c.workflowExecution.service.goto({ executionId: await ended(c, n), ...GREET }),
  },
  {
    rpc: "execution.patchContext",
    code: "FAILED_PRECONDITION",
    call: async (c, n) =>
      c.workflowExecution.service.patchContext({ executionId: await ended(c, n), patch: { a: true } }),
  },
  {
    rpc: "execution.history",
    code: "FAILED_PRECONDITION",
    text: /is quarantined/u,
    call: async (c, n, world) => c.workflowExecution.service.history({ executionId: await quarantined(c, n, world) }),
  },
  {
    rpc: "execution.stateAt",
    code: "FAILED_PRECONDITION",
    text: /is quarantined/u,
    call: async (c, n, world) => c.workflowExecution.service.stateAt({ executionId: await quarantined(c, n, world) }),
  },
  {
    rpc: "execution.create",
    code: "INVALID_ARGUMENT",
    text: /^either workflow_id or workflow_instance_id must be provided$/u,
    call: (c) => c.workflowExecution.command.create(execution("")),
  },
  {
    rpc: "execution.create",
    code: "NOT_FOUND",
    text: /^Workflow not found: wfl-x$/u,
    call: (c) => c.workflowExecution.command.create(execution("wfl-x")),
  },
  {
    rpc: "execution.create",
    code: "NOT_FOUND",
    text: /^WorkflowInstance not found: win-x$/u,
    call: (c) => {
      const run = execution("");
      if (run.spec !== undefined) run.spec.workflowInstanceId = "win-x";
      return c.workflowExecution.command.create(run);
    },
  },
  {
    rpc: "execution.create",
    code: "INVALID_ARGUMENT",
    text: /another organization/u,
    call: async (c, n) => c.workflowExecution.command.create(execution(await flow(c, n), n, "other")),
  },
  {
    rpc: "execution.create",
    code: "ALREADY_EXISTS",
    text: /^WorkflowExecution with slug/u,
    call: async (c, n) => {
      const id = await flow(c, n);
      await c.workflowExecution.command.create(execution(id, n));
      await c.workflowExecution.command.create(execution(id, n));
    },
  },
  {
    rpc: "execution.create",
    code: "NOT_FOUND",
    text: /^Workflow version not found/u,
    call: async (c, n) => {
      const run = execution(await flow(c, n), n);
      if (run.spec !== undefined) run.spec.workflowRevision = "0".repeat(64);
      await c.workflowExecution.command.create(run);
    },
  },
  {
    rpc: "execution.get",
    code: "NOT_FOUND",
    text: /^WorkflowExecution not found: wex-x$/u,
    call: (c) => c.workflowExecution.query.get({ value: "wex-x" }),
  },
  {
    rpc: "execution.list",
    code: "INVALID_ARGUMENT",
    text: /page_token/u,
    call: (c) => c.workflowExecution.query.list({ pageToken: "x" }),
  },
  {
    rpc: "execution.list",
    code: "INVALID_ARGUMENT",
    text: /page_size/u,
    call: (c) => c.workflowExecution.query.list({ pageSize: -1 }),
  },
  {
    rpc: "execution.listByWorkflow",
    code: "INVALID_ARGUMENT",
    call: (c) => c.workflowExecution.query.listByWorkflow({}),
  },
  {
    rpc: "execution.subscribe",
    code: "NOT_FOUND",
    text: /^WorkflowExecution not found: wex-x$/u,
    call: (c) => drain(c.workflowExecution.query.subscribe({ executionId: "wex-x" })),
  },
  { rpc: "execution.subscribe", code: "INVALID_ARGUMENT", call: (c) => drain(c.workflowExecution.query.subscribe({})) },
  {
    rpc: "execution.subscribe to one that has ended",
    code: "OK",
    call: async (c, n) =>
      expect(await drain(c.workflowExecution.query.subscribe({ executionId: await ended(c, n) }))).toHaveLength(1),
  },
  {
    rpc: "execution.update",
    code: "NOT_FOUND",
    call: (c) => c.workflowExecution.command.update(execution("w", "nobody")),
  },
  {
    rpc: "execution.update",
    code: "INVALID_ARGUMENT",
    text: /^spec: cannot be changed/u,
    call: async (c, n) => {
      const id = await ended(c, n);
      const run = await c.workflowExecution.query.get({ value: id });
      if (run.spec !== undefined) run.spec.triggerMessage = "another";
      if (run.metadata !== undefined) run.metadata.resourceVersion = 0n;
      await c.workflowExecution.command.update(run);
    },
  },
  {
    rpc: "execution.updateStatus",
    code: "INVALID_ARGUMENT",
    call: (c) => c.workflowExecution.command.updateStatus({ executionId: "x" }),
  },
  {
    rpc: "execution.updateStatus",
    code: "NOT_FOUND",
    text: /^WorkflowExecution not found: wex-x$/u,
    call: (c) => c.workflowExecution.command.updateStatus({ executionId: "wex-x", status: {} }),
  },
  {
    rpc: "execution.updateStatus",
    code: "FAILED_PRECONDITION",
    text: /is not reopened/u,
    call: async (c, n) =>
      c.workflowExecution.command.updateStatus({ executionId: await ended(c, n), status: { phase: 2 } }),
  },
  { rpc: "execution.delete", code: "NOT_FOUND", call: (c) => c.workflowExecution.command.delete({ value: "wex-x" }) },
  {
    rpc: "execution.delete",
    code: "FAILED_PRECONDITION",
    text: /has not ended/u,
    call: async (c, n) => c.workflowExecution.command.delete({ value: await open(c, n) }),
  },
  {
    rpc: "execution.delete forced",
    code: "OK",
    call: async (c, n) => c.workflowExecution.command.delete({ value: await open(c, n) }, force),
  },
  {
    rpc: "execution.delete",
    code: "OK",
    call: async (c, n) => c.workflowExecution.command.delete({ value: await ended(c, n) }),
  },
  {
    rpc: "execution.find",
    code: "INVALID_ARGUMENT",
    text: /phases/u,
    call: (c) => c.workflowExecution.service.list({ phases: [0] }),
  },
  {
    rpc: "execution.cancel",
    code: "NOT_FOUND",
    call: (c) => c.workflowExecution.service.cancel({ executionId: "wex-x" }),
  },
  {
    rpc: "execution.cancel",
    code: "FAILED_PRECONDITION",
    call: async (c, n) => c.workflowExecution.service.cancel({ executionId: await ended(c, n) }),
  },
  {
    rpc: "execution.cancel",
    code: "OK",
    call: async (c, n) =>
      expect((await c.workflowExecution.service.cancel({ executionId: await open(c, n) })).status?.phase).toBe(5),
  },
  {
    rpc: "execution.suspend",
    code: "FAILED_PRECONDITION",
    call: async (c, n) => c.workflowExecution.service.suspend({ executionId: await ended(c, n) }),
  },
  {
    rpc: "execution.resume",
    code: "FAILED_PRECONDITION",
    call: async (c, n) => c.workflowExecution.service.resume({ executionId: await open(c, n) }),
  },
  {
    rpc: "execution.suspend and resume",
    code: "OK",
    call: async (c, n) => {
      const executionId = await open(c, n);
      expect((await c.workflowExecution.service.suspend({ executionId, reason: "look" })).status?.runPhase).toBe(4);
      expect((await c.workflowExecution.service.resume({ executionId })).status?.runPhase).toBe(3);
    },
  },
  {
    rpc: "execution.skip",
    code: "OK",
    call: async (c, n) =>
      expect(
        (await c.workflowExecution.service.skip({ executionId: await open(c, n), task: "/do/0/hear" })).status?.phase,
      ).toBe(3),
  },
  {
    rpc: "execution.skip",
    code: "NOT_FOUND",
    text: /^Task not found: \/do\/9\/x$/u,
    call: async (c, n) => c.workflowExecution.service.skip({ executionId: await open(c, n), task: "/do/9/x" }),
  },
  {
    rpc: "execution.goto",
    code: "NOT_FOUND",
    text: /^Task not found: nowhere$/u,
    call: async (c, n) => c.workflowExecution.service.goto({ executionId: await open(c, n), task: "nowhere" }),
  },
  {
    rpc: "execution.retry",
    code: "OK",
    call: async (c, n) => c.workflowExecution.service.retry({ executionId: await ended(c, n), task: "/do/0/greet" }),
  },
  {
    rpc: "execution.patchContext",
    code: "OK",
    call: async (c, n) => {
      const executionId = await open(c, n);
      await c.workflowExecution.service.patchContext({ executionId, patch: { a: { b: 1 }, c: 2 } });
      await c.workflowExecution.service.patchContext({ executionId, patch: { a: { d: 3 }, c: null } });
      const state = await c.workflowExecution.service.stateAt({ executionId });
      expect(toJson(ValueSchema, state.context ?? create(ValueSchema))).toEqual({ a: { b: 1, d: 3 } });
    },
  },
  {
    rpc: "execution.history",
    code: "OK",
    call: async (c, n) => {
      const executionId = await ended(c, n);
      const { entries, nextPageToken } = await c.workflowExecution.service.history({ executionId });
      expect(entries.map(({ position, event }) => ({ position, event }))).toEqual([{ position: 1n, event: "started" }]);
      expect(entries[0]?.trace.map(({ kind }) => kind)).toContain("completed");
      expect(nextPageToken).toBe("");
    },
  },
  {
    rpc: "execution.history",
    code: "OUT_OF_RANGE",
    call: async (c, n) => c.workflowExecution.service.history({ executionId: await ended(c, n), afterPosition: 99n }),
  },
  {
    rpc: "execution.history",
    code: "INVALID_ARGUMENT",
    text: /page_token/u,
    call: async (c, n) => c.workflowExecution.service.history({ executionId: await ended(c, n), pageToken: "x" }),
  },
  {
    rpc: "execution.stateAt",
    code: "OUT_OF_RANGE",
    call: async (c, n) => c.workflowExecution.service.stateAt({ executionId: await ended(c, n), position: 99n }),
  },
  {
    rpc: "execution.run",
    code: "OK",
    call: async (c, n) => {
      const outcome = await c.workflowExecution.service.run(execution(await flow(c, n), n));
      expect(toJson(ValueSchema, outcome.output ?? create(ValueSchema))).toEqual({ greeting: "hello" });
    },
  },
  {
    rpc: "execution.run",
    code: "INVALID_ARGUMENT",
    text: /^either workflow_id or workflow_instance_id must be provided$/u,
    call: (c, n) => c.workflowExecution.service.run(execution("", n)),
  },
  {
    rpc: "execution.create with an input that its schema refuses",
    code: "INVALID_ARGUMENT",
    text: /^Cannot start workflow "test\/typed": spec.input\/total .*number/u,
    call: async (c, n) => {
      const workflowId = await flow(c, n, typedDefinition);
      return c.workflowExecution.command.create(given(execution(workflowId, n), { total: "much" }));
    },
  },
  {
    rpc: "execution.create with an input that fits its schema",
    code: "OK",
    call: async (c, n) => {
      const workflowId = await flow(c, n, typedDefinition);
      return c.workflowExecution.command.create(given(execution(workflowId, n), { total: 1 }));
    },
  },
  {
    rpc: "execution.awaitEnd",
    code: "OK",
    call: async (c, n) =>
      expect((await c.workflowExecution.service.awaitEnd({ executionId: await ended(c, n) })).phase).toBe(7),
  },
  {
    rpc: "execution.watch",
    code: "OK",
    call: async (c, n) => {
      const changes = await drain(c.workflowExecution.service.watch({ executionId: await ended(c, n) }));
      expect(changes.at(-1)?.last).toBe(true);
      expect(changes.flatMap(({ entries }) => entries.map(({ kind }) => kind))).toContain("completed");
    },
  },
  {
    rpc: "execution.watch",
    code: "OUT_OF_RANGE",
    call: async (c, n) =>
      drain(c.workflowExecution.service.watch({ executionId: await ended(c, n), afterPosition: 99n })),
  },
];
