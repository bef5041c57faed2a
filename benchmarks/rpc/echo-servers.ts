import { Server, ServerCredentials } from "@grpc/grpc-js";

import { startTransport } from "./echo-transport.ts";

/* One server a process, so that each has a core of its own beside the load generator: `stigmer` is our transport with a trivial handler, `grpc-js` an empty echo server. */

const identity = (bytes: Buffer): Buffer => bytes;

async function start(kind: string): Promise<number> {
  if (kind === "stigmer") return (await (await startTransport()).listen("127.0.0.1", 0)).port;
  const server = new Server();
  const path = "/ai.stigmer.agentic.workflow.v1.WorkflowQueryController/get";
  const method = {
    path,
    requestStream: false,
    responseStream: false,
    requestSerialize: identity,
    requestDeserialize: identity,
    responseSerialize: identity,
    responseDeserialize: identity,
  };
  server.addService(
    { get: method },
    { get: (call: { request: Buffer }, reply: (error: null, response: Buffer) => void) => reply(null, call.request) },
  );
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    );
  });
}

process.send?.(await start(process.argv[2] ?? "stigmer"));

// The load generator is often the slower half on a small machine, so it asks what a call cost here.
process.on("message", () => process.send?.(process.cpuUsage()));
