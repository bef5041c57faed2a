import { createStigmerClient } from "@stigmer/api/client.ts";
import { startApp } from "../app.ts";
import { resolveConfig } from "../config/resolve-config.ts";
import type { Connection } from "./connection.ts";

/** The server inside this process, for a run without a server: the same engine on a database in memory, reached without a port. Calls to this machine are allowed: the user runs their own file. */
export async function localServer(org: string): Promise<{ readonly connection: Connection; close(): Promise<void> }> {
  const { config } = resolveConfig({
    flags: { ephemeral: true, port: 0, "log-level": "warn", "allow-network": "127.0.0.0/8,::1/128" },
    environment: { STIGMER_ALLOW_RUN: process.env["STIGMER_ALLOW_RUN"] },
  });
  const app = await startApp(config, false);
  return {
    connection: { client: createStigmerClient(app.inProcess), address: app.address, org },
    close: () => app.close(),
  };
}
