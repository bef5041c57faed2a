import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { toBinary } from "@bufbuild/protobuf";
import { WorkflowSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/api_pb.ts";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { metadataOf } from "../../server/pipeline/stored-resource.ts";
import { workflow } from "../../server/resources/testing/definitions.ts";
import { openResourceWorld } from "../../server/resources/testing/resource-world.ts";
import { openSqliteStore } from "../../server/store/sqlite/open-sqlite-store.ts";

/* One server a process. `stigmer` is the resource API on SQLite with one workflow; `grpc-js` an empty server that answers every get with the ready bytes of the same workflow. */

const folder = mkdtempSync(path.join(tmpdir(), "stigmer-get-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
process.once("SIGTERM", () => process.exit(0));
const store = await openSqliteStore({ path: path.join(folder, "stigmer.db"), programVersion: "0.0.0-bench" });
const world = await openResourceWorld({ store });
const made = await world.client.workflow.command.create(workflow("hello"));
const { id } = metadataOf(made);

async function listenEmpty(): Promise<number> {
  const bytes = Buffer.from(toBinary(WorkflowSchema, await world.client.workflow.query.get({ value: id })));
  const server = new Server();
  const same = (buffer: Buffer): Buffer => buffer;
  const method = {
    path: "/ai.stigmer.agentic.workflow.v1.WorkflowQueryController/get",
    requestStream: false,
    responseStream: false,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
  server.addService(
    { get: method },
    { get: (_call: unknown, answer: (error: null, value: Buffer) => void) => answer(null, bytes) },
  );
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    );
  });
}

const port = process.argv[2] === "grpc-js" ? await listenEmpty() : (await world.transport.listen("127.0.0.1", 0)).port;
process.send?.(port);
process.on("message", (message) => process.send?.(message === "id" ? id : process.cpuUsage()));
