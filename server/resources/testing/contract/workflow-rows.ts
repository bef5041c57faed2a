import { expect } from "vitest";
import { execution, helloDefinition, instance, listeningDefinition, workflow } from "../definitions.ts";
import { ABSENT, type ContractRow, flow, force, rowsOf } from "./contract-row.ts";

/** What the rpcs of a workflow answer. */
export const workflowRows: readonly ContractRow[] = [
  ...rowsOf(
    "workflow",
    async (_c, n) => workflow(n),
    (c) => c.workflow.command,
    (c, slug) => c.workflow.query.getByReference({ slug }),
  ),
  {
    rpc: "workflow.create",
    code: "INVALID_ARGUMENT",
    text: /api_version/u,
    call: (c, n) => c.workflow.command.create({ ...workflow(n), apiVersion: "v0" }),
  },
  {
    rpc: "workflow.create",
    code: "INVALID_ARGUMENT",
    text: /metadata/u,
    call: (c) => c.workflow.command.create({ apiVersion: "agentic.stigmer.ai/v1", kind: "Workflow" }),
  },
  {
    rpc: "workflow.create",
    code: "INVALID_ARGUMENT",
    text: /^metadata\.name: is empty/u,
    call: (c) => c.workflow.command.create(workflow("")),
  },
  {
    rpc: "workflow.create",
    code: "INVALID_ARGUMENT",
    text: /no letter a-z or digit/u,
    call: (c) => c.workflow.command.create(workflow("你好")),
  },
  {
    rpc: "workflow.create",
    code: "INVALID_ARGUMENT",
    text: /at most 63/u,
    call: (c) => c.workflow.command.create(workflow("x".repeat(64))),
  },
  {
    rpc: "workflow.create",
    code: "INVALID_ARGUMENT",
    text: /^metadata\.slug: "No Slug"/u,
    call: (c, n) => {
      const flow_ = workflow(n);
      if (flow_.metadata !== undefined) flow_.metadata.slug = "No Slug";
      return c.workflow.command.create(flow_);
    },
  },
  {
    rpc: "workflow.create",
    code: "INVALID_ARGUMENT",
    text: /^metadata\.id: should be empty or of the form wfl-/u,
    call: (c, n) => {
      const flow_ = workflow(n);
      if (flow_.metadata !== undefined) flow_.metadata.id = "wfl_1";
      return c.workflow.command.create(flow_);
    },
  },
  {
    rpc: "workflow.create",
    code: "INVALID_ARGUMENT",
    text: /^workflow validation failed: \d+:\d+: .*\(OW\d+\)/u,
    call: (c, n) => c.workflow.command.create(workflow(n, "document: {}\ndo: []\n")),
  },
  {
    rpc: "workflow.create",
    code: "INVALID_ARGUMENT",
    text: /spec/u,
    call: (c, n) => c.workflow.command.create({ ...workflow(n), spec: undefined as never }),
  },
  {
    rpc: "workflow.create",
    code: "ALREADY_EXISTS",
    text: /^Workflow with slug '[a-z0-9-]+' already exists \(id: wfl-[0-9a-z]{26}\)$/u,
    call: async (c, n) => {
      await flow(c, n);
      await c.workflow.command.create(workflow(n));
    },
  },
  {
    rpc: "workflow.update",
    code: "INVALID_ARGUMENT",
    text: /^resource id or slug is required for update$/u,
    call: (c) => c.workflow.command.update(workflow("")),
  },
  {
    rpc: "workflow.update",
    code: "NOT_FOUND",
    text: /^Workflow not found: nobody$/u,
    call: (c) => c.workflow.command.update(workflow("nobody")),
  },
  {
    rpc: "workflow.update",
    code: "ABORTED",
    text: /resource_version is 1, not 7/u,
    call: async (c, n) => {
      await flow(c, n);
      const next = workflow(n);
      if (next.metadata !== undefined) next.metadata.resourceVersion = 7n;
      await c.workflow.command.update(next);
    },
  },
  {
    rpc: "workflow.apply",
    code: "INVALID_ARGUMENT",
    text: /^metadata\.name/u,
    call: (c) => c.workflow.command.apply(workflow("")),
  },
  { rpc: "workflow.delete", code: "INVALID_ARGUMENT", call: (c) => c.workflow.command.delete({ value: "" }) },
  {
    rpc: "workflow.delete",
    code: "NOT_FOUND",
    text: new RegExp(`^Workflow not found: wfl-${ABSENT}$`, "u"),
    call: (c) => c.workflow.command.delete({ value: `wfl-${ABSENT}` }),
  },
  {
    rpc: "workflow.delete",
    code: "FAILED_PRECONDITION",
    text: /runs that have not ended/u,
    call: async (c, n) => {
      const id = await flow(c, n, listeningDefinition());
      await c.workflowExecution.command.create(execution(id, n));
      await c.workflow.command.delete({ value: id });
    },
  },
  {
    rpc: "workflow.delete",
    code: "FAILED_PRECONDITION",
    text: /1 instances beside its default one/u,
    call: async (c, n) => {
      const id = await flow(c, n);
      await c.workflowInstance.command.create(instance(`${n}-mine`, id));
      await c.workflow.command.delete({ value: id });
    },
  },
  {
    rpc: "workflow.delete forced",
    code: "OK",
    call: async (c, n) => {
      const id = await flow(c, n, listeningDefinition());
      await c.workflowInstance.command.create(instance(`${n}-mine`, id));
      const run = await c.workflowExecution.command.create(execution(id, n));
      await c.workflow.command.delete({ value: id }, force);
      await expect(c.workflowExecution.query.get({ value: run.metadata?.id ?? "" })).rejects.toThrow("not found");
      expect((await c.workflowInstance.service.list({ workflowId: id })).workflowInstances).toEqual([]);
    },
  },
  { rpc: "workflow.get", code: "INVALID_ARGUMENT", call: (c) => c.workflow.query.get({}) },
  {
    rpc: "workflow.get",
    code: "NOT_FOUND",
    text: /^Workflow not found: x$/u,
    call: (c) => c.workflow.query.get({ value: "x" }),
  },
  {
    rpc: "workflow.getByReference",
    code: "INVALID_ARGUMENT",
    text: /^slug is required in reference$/u,
    call: (c) => c.workflow.query.getByReference({}),
  },
  {
    rpc: "workflow.getByReference",
    code: "INVALID_ARGUMENT",
    text: /^kind mismatch: expected workflow, got agent$/u,
    call: (c) => c.workflow.query.getByReference({ slug: "a", kind: 40 }),
  },
  {
    rpc: "workflow.getByReference",
    code: "NOT_FOUND",
    text: /^Workflow not found: nobody$/u,
    call: (c) => c.workflow.query.getByReference({ slug: "nobody", org: "local" }),
  },
  {
    rpc: "workflow.getByReference",
    code: "INVALID_ARGUMENT",
    text: /exists in 2 organizations/u,
    call: async (c, n) => {
      await c.workflow.command.create(workflow(n, helloDefinition(), "a"));
      await c.workflow.command.create(workflow(n, helloDefinition(), "b"));
      expect((await c.workflow.query.getByReference({ slug: n, org: "b" })).metadata?.org).toBe("b");
      await c.workflow.query.getByReference({ slug: n });
    },
  },
  {
    rpc: "workflow.getByReference",
    code: "NOT_FOUND",
    text: /^Workflow version not found: 9\.9\.9/u,
    call: async (c, n) => {
      await flow(c, n);
      await c.workflow.query.getByReference({ slug: n, version: "9.9.9" });
    },
  },
  {
    rpc: "workflow.list",
    code: "INVALID_ARGUMENT",
    text: /page_size/u,
    call: (c) => c.workflow.service.list({ pageSize: 501 }),
  },
  {
    rpc: "workflow.list",
    code: "INVALID_ARGUMENT",
    text: /^page_token: /u,
    call: (c) => c.workflow.service.list({ pageToken: "nonsense" }),
  },
  {
    rpc: "workflow.listVersions",
    code: "NOT_FOUND",
    call: (c) => c.workflow.service.listVersions({ workflowId: "x" }),
  },
  {
    rpc: "workflow.getVersion",
    code: "NOT_FOUND",
    call: async (c, n) =>
      c.workflow.service.getVersion({ workflowId: await flow(c, n), version: { case: "revision", value: 2n } }),
  },
  { rpc: "workflow.validate", code: "INVALID_ARGUMENT", call: (c) => c.workflow.service.validate({}) },
  { rpc: "workflow.diff", code: "NOT_FOUND", call: (c) => c.workflow.service.diff({ workflowId: "x" }) },
  {
    rpc: "workflow.diff",
    code: "INVALID_ARGUMENT",
    text: /^workflow validation failed/u,
    call: async (c, n) =>
      c.workflow.service.diff({ workflowId: await flow(c, n), to: { case: "toDefinition", value: "x" } }),
  },
];
