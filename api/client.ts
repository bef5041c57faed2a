import type { DescService } from "@bufbuild/protobuf";
import { type Client, createClient, type Transport } from "@connectrpc/connect";

import { services } from "./services.ts";

type Clients<T> = { readonly [K in keyof T]: T[K] extends DescService ? Client<T[K]> : Clients<T[K]> };

/** A typed client for every service: `client.workflow.command.apply(...)`, `client.workflowExecution.service.watch(...)`. */
export type StigmerClient = Clients<typeof services>;

/**
 * Makes clients for every service over any Connect transport: over the network, in a browser, or in-process. Each client is made when it is first used, so that
 * an unused service costs nothing.
 *
 * @example
 * const client = createStigmerClient(createConnectTransport({ baseUrl: "http://127.0.0.1:7234" }));
 * const { workflows } = await client.workflow.service.list({ org: "local" });
 */
export function createStigmerClient(transport: Transport): StigmerClient {
  return clientsOf(services, transport) as StigmerClient;
}

type ServiceTree = { readonly [name: string]: DescService | ServiceTree };

function clientsOf(tree: ServiceTree, transport: Transport): object {
  const clients = {};
  for (const [name, node] of Object.entries(tree)) {
    let made: object | undefined;
    const make = (): object => (isService(node) ? createClient(node, transport) : clientsOf(node, transport));
    Object.defineProperty(clients, name, { enumerable: true, get: () => (made ??= make()) });
  }
  return clients;
}

function isService(node: DescService | ServiceTree): node is DescService {
  return node["kind"] === "service";
}
