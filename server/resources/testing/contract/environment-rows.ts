import { environment } from "../definitions.ts";
import { type ContractRow, unscoped, rowsOf } from "./contract-row.ts";

/** What the rpcs of an environment answer. */
export const environmentRows: readonly ContractRow[] = [
  ...rowsOf(
    "environment",
    async (_c, n) => environment(n, {}),
    (c) => c.environment.command,
    (c, slug) => c.environment.query.getByReference({ slug }),
  ),
  {
    rpc: "environment.create",
    code: "INVALID_ARGUMENT",
    text: /organization or identity_account scope/u,
    call: (c, n) => c.environment.command.create(unscoped(environment(n, {}))),
  },
  {
    rpc: "environment.create",
    code: "INVALID_ARGUMENT",
    text: /^spec\.data\["KEY"\]\.value: is the placeholder/u,
    call: (c, n) => c.environment.command.create(environment(n, {}, { KEY: "[redacted]" })),
  },
  {
    rpc: "environment.create",
    code: "ALREADY_EXISTS",
    text: /^Environment with slug/u,
    call: async (c, n) => {
      await c.environment.command.create(environment(n, {}));
      await c.environment.command.create(environment(n, {}));
    },
  },
  {
    rpc: "environment.update",
    code: "NOT_FOUND",
    text: /^Environment not found: nobody$/u,
    call: (c) => c.environment.command.update(environment("nobody", {})),
  },
  { rpc: "environment.delete", code: "INVALID_ARGUMENT", call: (c) => c.environment.command.delete({}) },
  { rpc: "environment.delete", code: "NOT_FOUND", call: (c) => c.environment.command.delete({ resourceId: "env-x" }) },
  {
    rpc: "environment.delete",
    code: "OK",
    call: async (c, n) =>
      c.environment.command.delete({
        resourceId: (await c.environment.command.create(environment(n, {}))).metadata?.id ?? "",
      }),
  },
  { rpc: "environment.get", code: "NOT_FOUND", call: (c) => c.environment.query.get({ value: "env-x" }) },
  {
    rpc: "environment.getByReference",
    code: "INVALID_ARGUMENT",
    text: /^kind mismatch: expected environment, got workflow_execution$/u,
    call: (c) => c.environment.query.getByReference({ slug: "x", kind: 52 }),
  },
];
