import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { create, toBinary } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { type Client, credentials, loadPackageDefinition, type ServiceError } from "@grpc/grpc-js";
import { loadFileDescriptorSetFromBuffer } from "@grpc/proto-loader";
import { ServerReflection, type ServerReflectionRequest } from "@stigmer/api/gen/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as ServerReflectionAlpha } from "@stigmer/api/gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { startFixture, type TransportFixture } from "./transport-fixture.ts";

let fixture: TransportFixture;
beforeAll(async () => {
  fixture = await startFixture();
});
afterAll(() => fixture.close());

const QUERY = "ai.stigmer.agentic.workflow.v1.WorkflowQueryController";

type Question = ServerReflectionRequest["messageRequest"];

async function ask(messageRequest: Question): Promise<unknown> {
  async function* one(): AsyncGenerator<{ messageRequest: Question; host: string }> {
    yield { messageRequest, host: "here" };
  }
  for await (const answer of createClient(
    ServerReflection,
    createGrpcTransport({ baseUrl: fixture.url }),
  ).serverReflectionInfo(one())) {
    expect(answer.validHost).toBe("here");
    expect(answer.originalRequest?.messageRequest).toEqual(messageRequest);
    return answer.messageResponse;
  }
  return undefined;
}

function namesOf(answer: unknown): string[] {
  const { value } = answer as { value: { fileDescriptorProto: Uint8Array[] } };
  return value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name);
}

describe("reflection", () => {
  test("lists every service", async () => {
    const { value } = (await ask({ case: "listServices", value: "" })) as { value: { service: { name: string }[] } };
    expect(value.service.map(({ name }) => name)).toEqual(
      expect.arrayContaining([QUERY, "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"]),
    );
  });

  const found: readonly [string, Question, string][] = [
    ["a service", { case: "fileContainingSymbol", value: QUERY }, "ai/stigmer/agentic/workflow/v1/query.proto"],
    ["a method", { case: "fileContainingSymbol", value: `${QUERY}.get` }, "ai/stigmer/agentic/workflow/v1/query.proto"],
    [
      "a message",
      { case: "fileContainingSymbol", value: "ai.stigmer.agentic.workflow.v1.Workflow" },
      "ai/stigmer/agentic/workflow/v1/api.proto",
    ],
    [
      "a nested message",
      { case: "fileContainingSymbol", value: "grpc.health.v1.HealthCheckResponse.ServingStatus" },
      "grpc/health/v1/health.proto",
    ],
    ["a file", { case: "fileByFilename", value: "google/protobuf/timestamp.proto" }, "google/protobuf/timestamp.proto"],
    [
      "an extension",
      {
        case: "fileContainingExtension",
        value: {
          $typeName: "grpc.reflection.v1.ExtensionRequest",
          containingType: "google.protobuf.MethodOptions",
          extensionNumber: 50_056,
        },
      },
      "ai/stigmer/iam/iampolicy/v1/rpcauthorization/method_options.proto",
    ],
  ];
  test.each(found)("gives the file of %s, with all it imports", async (_, question, file) => {
    const names = namesOf(await ask(question));
    expect(names[0]).toBe(file);
    expect(new Set(names).size).toBe(names.length);
  });

  test("gives the numbers of extensions", async () => {
    const answer = await ask({ case: "allExtensionNumbersOfType", value: "google.protobuf.MethodOptions" });
    expect(answer).toMatchObject({
      case: "allExtensionNumbersResponse",
      value: { extensionNumber: expect.arrayContaining([50_056, 50_057, 50_058]) as unknown },
    });
  });

  const missing: readonly Question[] = [
    { case: "fileContainingSymbol", value: "no.Such" },
    { case: "fileByFilename", value: "no.proto" },
    { case: "allExtensionNumbersOfType", value: "no.Such" },
    { case: undefined },
  ];
  test.each(missing)("answers %j with an error and not with the end of the stream", async (question) => {
    expect(await ask(question)).toMatchObject({
      case: "errorResponse",
      value: { errorMessage: expect.stringContaining("Cannot") as unknown },
    });
  });

  test("answers v1alpha the same", async () => {
    async function* one(): AsyncGenerator<{ messageRequest: { case: "fileContainingSymbol"; value: string } }> {
      yield { messageRequest: { case: "fileContainingSymbol", value: QUERY } };
    }
    for await (const answer of createClient(
      ServerReflectionAlpha,
      createGrpcTransport({ baseUrl: fixture.url }),
    ).serverReflectionInfo(one())) {
      expect(answer.originalRequest?.messageRequest.value).toBe(QUERY);
      expect(namesOf(answer.messageResponse)[0]).toBe("ai/stigmer/agentic/workflow/v1/query.proto");
    }
  });
});

describe("grpc-js with nothing but what reflection told it", () => {
  type Method = (request: object, done: (error: ServiceError | null, response: unknown) => void) => void;
  let client: Client & { readonly get: Method };
  beforeAll(async () => {
    const answer = (await ask({ case: "fileContainingSymbol", value: QUERY })) as {
      value: { fileDescriptorProto: Uint8Array[] };
    };
    const set = create(FileDescriptorSetSchema, {
      file: answer.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes)),
    });
    const definition = loadFileDescriptorSetFromBuffer(Buffer.from(toBinary(FileDescriptorSetSchema, set)));
    const root = loadPackageDefinition(definition) as unknown as {
      ai: {
        stigmer: {
          agentic: { workflow: { v1: { WorkflowQueryController: new (...args: unknown[]) => typeof client } } };
        };
      };
    };
    client = new root.ai.stigmer.agentic.workflow.v1.WorkflowQueryController(
      `127.0.0.1:${fixture.port}`,
      credentials.createInsecure(),
    );
  });
  afterAll(() => client.close());
  const call = (value: string): Promise<unknown> =>
    new Promise((resolve, reject) =>
      client.get({ value }, (error, response) => (error === null ? resolve(response) : reject(error))),
    );

  test("calls a method", async () => {
    expect(await call("wfl-1")).toMatchObject({ metadata: { id: "wfl-1", name: "local" } });
  });

  test("gets code, text and details of an error", async () => {
    await expect(call("missing")).rejects.toMatchObject({ code: 5, details: "Workflow not found: missing" });
    const error = (await call("missing").catch((reason: unknown) => reason)) as ServiceError;
    expect(error.metadata.get("grpc-status-details-bin")[0]?.toString()).toContain("RESOURCE_NOT_FOUND");
  });
});

describe("buf curl", () => {
  const buf = path.resolve(import.meta.dirname, "../../node_modules/.bin/buf");
  const curl = (protocol: string, method: string, data: object): Promise<{ stdout: string }> =>
    promisify(execFile)(buf, [
      "curl",
      "--protocol",
      protocol,
      "--http2-prior-knowledge",
      "-d",
      JSON.stringify(data),
      `${fixture.url}/${method}`,
    ]);

  test.each(["grpc", "grpcweb", "connect"])("calls by reflection over %s, unary and streaming", async (protocol) => {
    expect(JSON.parse((await curl(protocol, `${QUERY}/get`, { value: "wfl-1" })).stdout)).toEqual({
      metadata: { id: "wfl-1", name: "local" },
    });
    const stream = await curl(protocol, "ai.stigmer.orchestration.v1.WorkflowExecutionService/watch", {
      executionId: "x",
    });
    expect(stream.stdout.match(/"position"/gu)).toHaveLength(3);
  });

  test("shows the text of an error", async () => {
    await expect(curl("grpc", `${QUERY}/get`, { value: "missing" })).rejects.toThrow(/Workflow not found: missing/u);
  });
});
