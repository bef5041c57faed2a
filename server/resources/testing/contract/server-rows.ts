import { expect } from "vitest";
import { type ContractRow } from "./contract-row.ts";

/** What the rpcs of a server answer. */
export const serverRows: readonly ContractRow[] = [
  { rpc: "server.info", code: "OK", call: async (c) => expect((await c.server.service.info({})).ready).toBe(true) },
  { rpc: "server.backup of a server in memory", code: "UNIMPLEMENTED", call: (c) => c.server.service.backup({}) },
];
