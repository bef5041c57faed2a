import { expect } from "vitest";
import { agent, agentInstance } from "../definitions.ts";
import { type ContractRow, rowsOf } from "./contract-row.ts";

/** What the rpcs of an agent answer. */
export const agentRows: readonly ContractRow[] = [
  ...rowsOf(
    "agent",
    async (_c, n) => agent(n),
    (c) => c.agent.command,
    (c, slug) => c.agent.query.getByReference({ slug }),
  ),
  { rpc: "agent.delete", code: "NOT_FOUND", call: (c) => c.agent.command.delete({ value: "agt-x" }) },
  {
    rpc: "agent.create without a spec",
    code: "INVALID_ARGUMENT",
    text: /^spec: is missing/u,
    call: (c, n) => c.agent.command.create({ ...agent(n), spec: undefined as never }),
  },
  {
    rpc: "agent.create",
    code: "INVALID_ARGUMENT",
    text: /instructions/u,
    call: (c, n) => c.agent.command.create(agent(n, "local", "short")),
  },
  {
    rpc: "agent.create, delete",
    code: "OK",
    call: async (c, n) => {
      const made = await c.agent.command.create(agent(n));
      expect((await c.agentInstance.query.get({ value: made.status?.defaultInstanceId ?? "" })).metadata?.name).toBe(
        `${n}-default`,
      );
      await c.agent.command.delete({ value: made.metadata?.id ?? "" });
      expect((await c.agentInstance.query.getByAgent({ agentId: made.metadata?.id ?? "" })).totalCount).toBe(0);
    },
  },
  {
    rpc: "agent.delete",
    code: "FAILED_PRECONDITION",
    text: /1 instances beside its default one/u,
    call: async (c, n) => {
      const { metadata } = await c.agent.command.create(agent(n));
      await c.agentInstance.command.create(agentInstance(`${n}-mine`, metadata?.id ?? ""));
      await c.agent.command.delete({ value: metadata?.id ?? "" });
    },
  },
  { rpc: "agent.getByReference of nothing", code: "INVALID_ARGUMENT", call: (c) => c.agent.query.getByReference({}) },
  {
    rpc: "agent.get",
    code: "NOT_FOUND",
    text: /^Agent not found: agt-x$/u,
    call: (c) => c.agent.query.get({ value: "agt-x" }),
  },
];
