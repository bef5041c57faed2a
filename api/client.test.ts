import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createRouterTransport } from "@connectrpc/connect";
import { expect, test } from "vitest";

import { createStigmerClient } from "./client.ts";
import { WorkflowSchema } from "./gen/ai/stigmer/agentic/workflow/v1/api_pb.ts";
import { files } from "./gen/files.ts";
import { services } from "./services.ts";

test("createStigmerClient() reaches a method of each group", async () => {
  const transport = createRouterTransport(({ rpc }) => {
    rpc(services.workflow.query.method.get, (request) => create(WorkflowSchema, { metadata: { id: request.value } }));
  });
  const client = createStigmerClient(transport);
  expect((await client.workflow.query.get({ value: "wfl-1" })).metadata?.id).toBe("wfl-1");
  expect(client.workflow.query).toBe(client.workflow.query);
  await expect(client.server.service.info({})).rejects.toSatisfy(
    (error) => ConnectError.from(error).code === Code.Unimplemented,
  );
});

test("services lists every service of the .proto files", () => {
  const listed = Object.values(services).flatMap((group) => Object.values(group).map((service) => service.typeName));
  // Health and reflection are protocols of gRPC for tools, not part of the API.
  const declared = files
    .filter((file) => !file.proto.package.startsWith("grpc."))
    .flatMap((file) => file.services.map((service) => service.typeName));
  expect(new Set(listed)).toEqual(new Set(declared));
  expect(listed).toHaveLength(declared.length);
});
