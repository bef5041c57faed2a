import { expect } from "vitest";
import { context } from "../definitions.ts";
import { type ContractRow } from "./contract-row.ts";

/** What the rpcs of an execution context answer. */
export const executionContextRows: readonly ContractRow[] = [
  {
    rpc: "context.create",
    code: "ALREADY_EXISTS",
    call: async (c, n) => {
      await c.executionContext.command.create(context(n));
      await c.executionContext.command.create(context(n));
    },
  },
  {
    rpc: "context.getByReference",
    code: "NOT_FOUND",
    call: (c) => c.executionContext.query.getByReference({ slug: "nobody" }),
  },
  {
    rpc: "context.create",
    code: "OK",
    call: async (c, n) =>
      expect((await c.executionContext.command.create(context(n))).spec?.data["A"]?.value).toBe("[redacted]"),
  },
  {
    rpc: "context.apply",
    code: "ALREADY_EXISTS",
    text: /^ExecutionContext already exists: /u,
    call: async (c, n) => {
      await c.executionContext.command.apply(context(n));
      await c.executionContext.command.apply(context(n));
    },
  },
  {
    rpc: "context.get",
    code: "NOT_FOUND",
    text: /^ExecutionContext not found: exec-x$/u,
    call: (c) => c.executionContext.query.get({ value: "exec-x" }),
  },
  { rpc: "context.getByReference", code: "INVALID_ARGUMENT", call: (c) => c.executionContext.query.getByReference({}) },
  {
    rpc: "context.delete",
    code: "NOT_FOUND",
    call: (c) => c.executionContext.command.delete({ resourceId: "exec-x" }),
  },
];
