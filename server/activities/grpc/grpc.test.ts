import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  loadPackageDefinition,
  type sendUnaryData,
  status,
} from "@grpc/grpc-js";
import { fromJSON } from "@grpc/proto-loader";
import protobuf from "protobufjs";
import type { Json, JsonObject } from "@stigmer/core/lib/json.ts";
import { faultOf, inlineResource, testContext, testHost } from "../testing/call.ts";

const proto = `
syntax = "proto3";
package shop.v1;
import "google/protobuf/timestamp.proto";
import "google/protobuf/struct.proto";
enum Color { COLOR_UNKNOWN = 0; RED = 1; }
message Item { string display_name = 1; int64 price = 2; Color color = 3; bytes image = 4; repeated Item parts = 5; map<string, int32> stock = 6; google.protobuf.Timestamp made = 7; bool sold = 8; }
message Query { string display_name = 1; int32 count = 2; repeated Item items = 3; }
service Shop {
  rpc Echo(Query) returns (Item);
  rpc List(Query) returns (stream Item);
  rpc Gather(stream Query) returns (Item);
  rpc Chat(stream Query) returns (stream Item);
  rpc Fail(Query) returns (Item);
  rpc Whoami(Query) returns (Item);
  rpc Sleep(Query) returns (Item);
}
service Other { rpc Echo(Query) returns (Item); }
`;

interface Query {
  readonly display_name: string;
  readonly count: number;
  readonly items: readonly object[];
}

let server: Server;
let port: number;
let metadata: Metadata | undefined;
let cancelled: Promise<void>;
let onSleeping = (): void => {};
const host = testHost({ http: { responseBytesMax: 5000, timeoutMs: 3000 } });

beforeAll(async () => {
  const root = new protobuf.Root();
  for (const name of ["google/protobuf/timestamp.proto", "google/protobuf/struct.proto"])
    root.addJSON(protobuf.common.get(name)?.nested ?? {});
  protobuf.parse(proto, root, { keepCase: true });
  const definition = loadPackageDefinition(
    fromJSON(root.toJSON(), { keepCase: true, longs: String, defaults: true, arrays: true }),
  ) as unknown as { shop: { v1: { Shop: { service: never } } } };
  server = new Server();
  let onCancelled = (): void => {};
  cancelled = new Promise<void>((resolve) => {
    onCancelled = resolve;
  });
  type Unary = (call: ServerUnaryCall<Query, object>, answer: sendUnaryData<object>) => void;
  const unary = (handle: Unary): Unary => handle;
  server.addService(definition.shop.v1.Shop.service, {
    Echo: unary(({ request }, answer) => {
      const [first] = request.items;
      answer(
        null,
        first ?? {
          display_name: request.display_name,
          price: "9007199254740993",
          color: 1,
          image: Buffer.from("abc"),
          stock: { a: 1 },
          made: { seconds: 1, nanos: 0 },
        },
      );
    }),
    List(call: { request: Query; write(message: object): void; end(): void }) {
      for (let n = 0; n < call.request.count; n += 1) call.write({ display_name: `${n}` });
      call.end();
    },
    Gather(call: AsyncIterable<Query>, answer: sendUnaryData<object>) {
      void (async () => {
        let names = "";
        for await (const { display_name: name } of call) names += name;
        answer(null, { display_name: names });
      })();
    },
    Chat(call: { on(event: string, handle: (query: Query) => void): void; write(message: object): void; end(): void }) {
      call.on("data", ({ display_name: name }) => call.write({ display_name: `re: ${name}` }));
      call.on("end", () => call.end());
    },
    Fail: unary(({ request }, answer) => answer({ code: request.count, details: `failed with ${request.count}` })),
    Whoami: unary((call, answer) => {
      metadata = call.metadata;
      answer(null, { display_name: String(call.metadata.get("authorization")[0] ?? "nobody") });
    }),
    Sleep: unary((call) => {
      call.on("cancelled", onCancelled);
      onSleeping();
    }),
  });
  port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
});

afterAll(async () => {
  await host.close();
  server.forceShutdown();
});

function input(method: string, args: Json = {}, service: JsonObject = {}): JsonObject {
  return {
    proto: inlineResource(proto, "text/x-protobuf"),
    service: { name: "shop.v1.Shop", host: "localhost", port, ...service },
    method,
    arguments: args,
  };
}

function call(method: string, args: Json = {}, service: JsonObject = {}): Promise<Json> {
  return host.runner.run("grpc", input(method, args, service), testContext());
}

describe("grpc calls", () => {
  it("calls a unary method and gives JSON with large integers as text, enums by name and bytes as base64", async () => {
    expect(await call("Echo", { display_name: "x" })).toMatchObject({
      display_name: "x",
      price: "9007199254740993",
      color: "RED",
      image: "YWJj",
      stock: { a: 1 },
      parts: [],
      sold: false,
    });
  });

  it("sends nested messages, maps, enums and bytes", async () => {
    const item = {
      display_name: "i",
      price: "5",
      color: "RED",
      image: "YWJj",
      stock: { k: 2 },
      parts: [{ display_name: "p" }],
    };
    expect(await call("Echo", { items: [item] })).toMatchObject({ ...item, parts: [{ display_name: "p" }] });
  });

  it("finds a service without its package", async () => {
    expect(await call("Echo", { display_name: "x" }, { name: "Shop" })).toMatchObject({ display_name: "x" });
  });

  it("gives a server stream as an array, an empty one too", async () => {
    expect(await call("List", { count: 3 })).toMatchObject([
      { display_name: "0" },
      { display_name: "1" },
      { display_name: "2" },
    ]);
    expect(await call("List", { count: 0 })).toEqual([]);
  });

  it("sends a client stream from messages, and both ways", async () => {
    expect(await call("Gather", { messages: [{ display_name: "a" }, { display_name: "b" }] })).toMatchObject({
      display_name: "ab",
    });
    expect(await call("Chat", { messages: [{ display_name: "a" }, { display_name: "b" }] })).toMatchObject([
      { display_name: "re: a" },
      { display_name: "re: b" },
    ]);
  });

  it("sends the key of the call and credentials as metadata", async () => {
    expect(await call("Whoami", {}, { authentication: { bearer: { token: "t" } } })).toMatchObject({
      display_name: "Bearer t",
    });
    expect(metadata?.get("idempotency-key")).toEqual(["run-1/do/0/call/0"]);
    expect(metadata?.get(":authority")).toEqual([]);
  });

  const codes: readonly { readonly code: status; readonly type: string; readonly httpStatus: number }[] = [
    { code: status.UNAUTHENTICATED, type: "authentication", httpStatus: 401 },
    { code: status.PERMISSION_DENIED, type: "authorization", httpStatus: 403 },
    { code: status.DEADLINE_EXCEEDED, type: "timeout", httpStatus: 408 },
    { code: status.NOT_FOUND, type: "communication", httpStatus: 404 },
    { code: status.INVALID_ARGUMENT, type: "communication", httpStatus: 400 },
    { code: status.UNAVAILABLE, type: "communication", httpStatus: 503 },
    { code: status.RESOURCE_EXHAUSTED, type: "communication", httpStatus: 429 },
    { code: status.INTERNAL, type: "communication", httpStatus: 500 },
  ];
  it.each(codes)("makes $type $httpStatus of status $code", async ({ code, type, httpStatus }) => {
    expect(await faultOf(host, "grpc", input("Fail", { count: code }))).toMatchObject({
      type,
      status: httpStatus,
      data: { code: status[code], details: `failed with ${code}` },
    });
  });

  const refused: readonly {
    readonly name: string;
    readonly input: () => JsonObject;
    readonly type: string;
    readonly want: string;
  }[] = [
    {
      name: "a service that is not defined",
      input: () => ({ ...input("Echo"), service: { name: "Nope", host: "localhost", port } }),
      type: "configuration",
      want: "shop.v1.Shop",
    },
    { name: "a method that is not defined", input: () => input("Nope"), type: "configuration", want: "Echo" },
    { name: "a field that is not defined", input: () => input("Echo", { nope: 1 }), type: "validation", want: "nope" },
    {
      name: "a nested field that is not defined",
      input: () => input("Echo", { items: [{ nope: 1 }] }),
      type: "validation",
      want: "arguments.items.nope",
    },
    {
      name: "a value of the wrong type",
      input: () => input("Echo", { items: "x" }),
      type: "validation",
      want: "arguments",
    },
    {
      name: "a proto that does not parse",
      input: () => ({ ...input("Echo"), proto: inlineResource("syntax = 5") }),
      type: "configuration",
      want: "proto",
    },
    {
      name: "an import that cannot be had",
      input: () => ({ ...input("Echo"), proto: inlineResource('syntax = "proto3"; import "mine.proto";') }),
      type: "configuration",
      want: "mine.proto",
    },
    {
      name: "digest credentials",
      input: () => input("Echo", {}, { authentication: { digest: { username: "u", password: "p" } } }),
      type: "configuration",
      want: "digest",
    },
    { name: "a port that is none", input: () => input("Echo", {}, { port: 70_000 }), type: "validation", want: "port" },
  ];
  it.each(refused)("refuses $name", async ({ input: given, type, want }) => {
    const fault = await faultOf(host, "grpc", given());
    expect(fault.type).toBe(type);
    expect(fault.detail).toContain(want);
  });

  it("says 503 when nobody listens", async () => {
    expect(await faultOf(host, "grpc", input("Echo", {}, { port: 1 }))).toMatchObject({
      type: "communication",
      status: 503,
      data: { code: "UNAVAILABLE" },
    });
  });

  it("refuses a response that is too large", async () => {
    expect((await faultOf(host, "grpc", input("List", { count: 5000 }))).title).toBe("Response too large");
  });

  it("does not connect to private addresses", async () => {
    const guarded = testHost({ network: { allowLoopback: false } });
    expect(await faultOf(guarded, "grpc", input("Echo"))).toMatchObject({
      type: "authorization",
      title: "Address not allowed",
    });
    await guarded.close();
  });

  it("cancels the call when the task is stopped, and times out", async () => {
    const controller = new AbortController();
    onSleeping = () => controller.abort();
    const pending = faultOf(host, "grpc", input("Sleep"), testContext({ signal: controller.signal }));
    expect(await pending).toMatchObject({ type: "runtime", title: "Activity stopped" });
    await cancelled;
    const impatient = testHost({ http: { timeoutMs: 100 } });
    expect(await faultOf(impatient, "grpc", input("Sleep"))).toMatchObject({ type: "timeout", status: 408 });
    await impatient.close();
  });
});
