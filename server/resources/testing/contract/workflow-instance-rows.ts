import { create } from "@bufbuild/protobuf";
import { ApiResourceOwnerScope } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/enum_pb.ts";
import { ApiResourceReferenceSchema } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/io_pb.ts";
import { expect } from "vitest";
import { instance } from "../definitions.ts";
import { type ContractRow, flow, open, rowsOf } from "./contract-row.ts";

/** What the rpcs of a workflow instance answer. */
export const workflowInstanceRows: readonly ContractRow[] = [
  ...rowsOf(
    "instance",
    async (c, n) => instance(`${n}-mine`, await flow(c, n)),
    (c) => c.workflowInstance.command,
    (c, slug) => c.workflowInstance.query.getByReference({ slug }),
  ),
  {
    rpc: "instance.apply",
    code: "NOT_FOUND",
    text: /^Workflow not found: wfl-gone$/u,
    call: (c, n) => c.workflowInstance.command.apply(instance(n, "wfl-gone")),
  },
  {
    rpc: "instance.create",
    code: "INVALID_ARGUMENT",
    text: /workflow_id/u,
    call: (c, n) => c.workflowInstance.command.create(instance(n, "")),
  },
  {
    rpc: "instance.create",
    code: "NOT_FOUND",
    text: /^Workflow not found: wfl-gone$/u,
    call: (c, n) => c.workflowInstance.command.create(instance(n, "wfl-gone")),
  },
  {
    rpc: "instance.create",
    code: "INVALID_ARGUMENT",
    text: /^Cannot create instance of org-scoped workflow in a different organization\. Workflow belongs to org 'local', instance target is org 'other'\. Create a user-scoped instance instead\.$/u,
    call: async (c, n) => c.workflowInstance.command.create(instance(`${n}-i`, await flow(c, n), "other")),
  },
  {
    rpc: "instance.create user-scoped",
    code: "OK",
    call: async (c, n) => {
      const mine = instance(`${n}-i`, await flow(c, n), "other");
      if (mine.metadata !== undefined) mine.metadata.ownerScope = ApiResourceOwnerScope.identity_account;
      await c.workflowInstance.command.create(mine);
    },
  },
  {
    rpc: "instance.create",
    code: "NOT_FOUND",
    text: /^Environment not found: nowhere$/u,
    call: async (c, n) => {
      const refers = instance(`${n}-i`, await flow(c, n));
      if (refers.spec !== undefined)
        refers.spec.envRefs = [create(ApiResourceReferenceSchema, { slug: "nowhere", org: "local", kind: 53 })];
      await c.workflowInstance.command.create(refers);
    },
  },
  {
    rpc: "instance.create",
    code: "ALREADY_EXISTS",
    text: /^WorkflowInstance with slug/u,
    call: async (c, n) => {
      const id = await flow(c, n);
      await c.workflowInstance.command.create(instance(`${n}-default`, id));
    },
  },
  {
    rpc: "instance.update",
    code: "INVALID_ARGUMENT",
    text: /^spec\.workflow_id: cannot be changed/u,
    call: async (c, n) => {
      await flow(c, n);
      await c.workflowInstance.command.update(instance(`${n}-default`, await flow(c, `${n}-2`)));
    },
  },
  {
    rpc: "instance.update",
    code: "INVALID_ARGUMENT",
    text: /^metadata\.owner_scope: cannot be changed/u,
    call: async (c, n) => {
      const id = await flow(c, n);
      const moved = instance(`${n}-default`, id);
      if (moved.metadata !== undefined) moved.metadata.ownerScope = ApiResourceOwnerScope.identity_account;
      await c.workflowInstance.command.update(moved);
    },
  },
  {
    rpc: "instance.update",
    code: "NOT_FOUND",
    text: /^WorkflowInstance not found: nobody$/u,
    call: (c) => c.workflowInstance.command.update(instance("nobody", "w")),
  },
  {
    rpc: "instance.apply",
    code: "OK",
    call: async (c, n) => c.workflowInstance.command.apply(instance(`${n}-default`, await flow(c, n))),
  },
  {
    rpc: "instance.delete",
    code: "NOT_FOUND",
    text: /^WorkflowInstance not found: win-x$/u,
    call: (c) => c.workflowInstance.command.delete({ value: "win-x" }),
  },
  {
    rpc: "instance.delete",
    code: "FAILED_PRECONDITION",
    text: /WorkflowInstance "win-[0-9a-z]+": it has runs that have not ended/u,
    call: async (c, n) => {
      const run = await c.workflowExecution.query.get({ value: await open(c, n) });
      await c.workflowInstance.command.delete({ value: run.spec?.workflowInstanceId ?? "" });
    },
  },
  { rpc: "instance.get", code: "NOT_FOUND", call: (c) => c.workflowInstance.query.get({ value: "win-x" }) },
  {
    rpc: "instance.getByReference",
    code: "INVALID_ARGUMENT",
    call: (c) => c.workflowInstance.query.getByReference({}),
  },
  { rpc: "instance.getByWorkflow", code: "INVALID_ARGUMENT", call: (c) => c.workflowInstance.query.getByWorkflow({}) },
  {
    rpc: "instance.getByWorkflow",
    code: "INVALID_ARGUMENT",
    text: /page_info\.num/u,
    call: (c) => c.workflowInstance.query.getByWorkflow({ workflowId: "x", pageInfo: { num: -1 } }),
  },
  {
    rpc: "instance.getByWorkflow of nobody",
    code: "OK",
    call: async (c) => expect((await c.workflowInstance.query.getByWorkflow({ workflowId: "x" })).entries).toEqual([]),
  },
];
