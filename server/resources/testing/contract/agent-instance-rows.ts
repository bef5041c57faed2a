import { create } from "@bufbuild/protobuf";
import { ApiResourceReferenceSchema } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/io_pb.ts";
import { agent, agentInstance, environment } from "../definitions.ts";
import { type ContractRow, helper, rowsOf } from "./contract-row.ts";

/** What the rpcs of an agent instance answer. */
export const agentInstanceRows: readonly ContractRow[] = [
  ...rowsOf(
    "agentInstance",
    async (c, n) => agentInstance(`${n}-mine`, await helper(c, n)),
    (c) => c.agentInstance.command,
    (c, slug) => c.agentInstance.query.getByReference({ slug }),
  ),
  {
    rpc: "agentInstance.apply",
    code: "NOT_FOUND",
    text: /^Agent not found: agt-gone$/u,
    call: (c, n) => c.agentInstance.command.apply(agentInstance(n, "agt-gone")),
  },
  { rpc: "agentInstance.get", code: "NOT_FOUND", call: (c) => c.agentInstance.query.get({ value: "ain-x" }) },
  {
    rpc: "agentInstance.create",
    code: "NOT_FOUND",
    text: /^Agent not found: agt-x$/u,
    call: (c, n) => c.agentInstance.command.create(agentInstance(n, "agt-x")),
  },
  {
    rpc: "agentInstance.create with an environment",
    code: "OK",
    call: async (c, n) => {
      const { metadata } = await c.agent.command.create(agent(n));
      await c.environment.command.create(environment(n, { A: "1" }));
      for (const [index, kind] of [0, 53].entries()) {
        const made = agentInstance(`${n}-${index}`, metadata?.id ?? "");
        if (made.spec !== undefined)
          made.spec.environmentRefs = [create(ApiResourceReferenceSchema, { slug: n, org: "local", kind })];
        await c.agentInstance.command.create(made);
      }
    },
  },
  { rpc: "agentInstance.delete", code: "NOT_FOUND", call: (c) => c.agentInstance.command.delete({ value: "ain-x" }) },
];
