import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Server, ServerCredentials, loadPackageDefinition } from "@grpc/grpc-js";
import { fromJSON } from "@grpc/proto-loader";
import protobuf from "protobufjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "@stigmer/core/lib/json.ts";
import { faultOf, inlineResource, testContext, testHost } from "../testing/call.ts";
import { type HttpPeer, httpPeer } from "../testing/http-peer.ts";
import { bundledProtos } from "./bundled-protos.ts";

/*
 * Protos in several files, over http and from the directory of files, called at a gRPC server that knows them as one.
 */

const service = (...imports: readonly string[]): string => `syntax = "proto3"; package acme.shop.v1;
${imports.map((name) => `import "${name}";`).join("\n")}
service Shop { rpc Price(acme.shop.v1.Item) returns (acme.money.Amount); }`;
const item = `syntax = "proto3"; package acme.shop.v1; import "google/api/field_behavior.proto";
message Item { string name = 1 [(google.api.field_behavior) = REQUIRED]; }`;
// Each imports the other: what protoc refuses does no harm here.
const amount = `syntax = "proto3"; package acme.money; import public "google/type/money.proto"; import "item.proto";
message Amount { google.type.Money price = 1; }`;

const files: Readonly<Record<string, string>> = {
  "beside/shop.proto": service("item.proto", "sub/amount.proto"),
  "beside/item.proto": item,
  "beside/sub/amount.proto": amount,
  "tree/acme/shop/v1/shop.proto": service("acme/shop/v1/item.proto", "acme/money/amount.proto"),
  "tree/acme/shop/v1/item.proto": item,
  "tree/acme/money/amount.proto": amount.replace("item.proto", "acme/shop/v1/item.proto"),
  "importer/shop.proto": service("item.proto", "deep/all.proto"),
  "importer/item.proto": item,
  "importer/deep/all.proto": 'syntax = "proto3"; import public "amount.proto";',
  "importer/deep/amount.proto": amount,
  "lost/shop.proto": service("gone.proto"),
  "broken/shop.proto": service("broken.proto"),
  "broken/broken.proto": "message {",
  "twice/shop.proto": service("item.proto", "again.proto", "sub/amount.proto"),
  "twice/item.proto": item,
  "twice/again.proto": `${item} message Other {}`,
  "twice/sub/amount.proto": amount,
};

let peer: HttpPeer;
let server: Server;
let port: number;
const folder = mkdtempSync(path.join(tmpdir(), "stigmer-protos-"));
const host = testHost({ resources: { fileRoot: folder } });

beforeAll(async () => {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  }
  peer = await httpPeer((request, response) => {
    const content = files[request.url.slice(1)];
    if (request.url === "/failing/shop.proto") return response.end(service("failing.proto"));
    response.writeHead(content === undefined ? (request.url.includes("failing") ? 503 : 404) : 200);
    return response.end(content);
  });
  const root = new protobuf.Root();
  protobuf.parse(
    `syntax = "proto3"; package acme.shop.v1; message Item { string name = 1; }
     message Money { string currency_code = 1; int64 units = 2; int32 nanos = 3; } message Amount { Money price = 1; }
     service Shop { rpc Price(Item) returns (Amount); }`,
    root,
    { keepCase: true },
  );
  const definition = loadPackageDefinition(fromJSON(root.toJSON(), { keepCase: true })) as unknown as {
    acme: { shop: { v1: { Shop: { service: never } } } };
  };
  server = new Server();
  server.addService(definition.acme.shop.v1.Shop.service, {
    Price: ({ request }: { request: { name: string } }, answer: (error: null, reply: object) => void) =>
      answer(null, { price: { currency_code: request.name, units: "9007199254740993" } }),
  });
  port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
});

afterAll(async () => {
  await host.close();
  await peer.close();
  server.forceShutdown();
  rmSync(folder, { recursive: true });
});

function input(proto: JsonObject): JsonObject {
  return { proto, service: { name: "Shop", host: "127.0.0.1", port }, method: "Price", arguments: { name: "CHF" } };
}

describe("proto imports", () => {
  const places: readonly string[] = ["beside/shop.proto", "tree/acme/shop/v1/shop.proto", "importer/shop.proto"];
  const sources: readonly (readonly [string, (name: string) => string])[] = [
    ["over http", (name) => `${peer.origin}/${name}`],
    ["from files", (name) => `file://${name}`],
  ];
  for (const [where, endpointOf] of sources)
    it.each(places)(`are found ${where}: %s`, async (name) => {
      expect(await host.runner.run("grpc", input({ endpoint: endpointOf(name) }), testContext())).toEqual({
        price: { currency_code: "CHF", units: "9007199254740993", nanos: 0 },
      });
    });

  it("of bundled google files fetch nothing", async () => {
    peer.received.length = 0;
    const all = `syntax = "proto3"; package acme.shop.v1;
${[...bundledProtos.keys(), "google/protobuf/any.proto", "google/protobuf/field_mask.proto"].map((name) => `import "${name}";`).join("\n")}
extend google.protobuf.FieldOptions { string unit = 50001; }
message Item { string name = 1 [(unit) = "x"]; google.rpc.Status status = 2; google.type.Date date = 3; google.protobuf.Api api = 4; google.api.HttpBody body = 5; }
message Amount { google.type.Money price = 1; } service Shop { rpc Price(Item) returns (Amount); }`;
    const given = {
      ...input(inlineResource(all, "text/x-protobuf")),
      arguments: { name: "EUR", date: { year: 2026 } },
    };
    expect(await host.runner.run("grpc", given, testContext())).toMatchObject({ price: { currency_code: "EUR" } });
    expect(peer.received).toEqual([]);
  });

  const refused: readonly { readonly name: string; readonly endpoint: () => string; readonly want: object }[] = [
    {
      name: "a file that is nowhere, with the places",
      endpoint: () => `${peer.origin}/lost/shop.proto`,
      want: {
        type: "configuration",
        detail: expect.stringMatching(/imports "gone\.proto".*\/lost\/gone\.proto/u) as string,
      },
    },
    {
      name: "the same for files",
      endpoint: () => "lost/shop.proto",
      want: { type: "configuration", detail: expect.stringContaining('imports "gone.proto"') as string },
    },
    {
      name: "a file that does not parse",
      endpoint: () => "broken/shop.proto",
      want: { type: "configuration", title: "Unusable proto resource" },
    },
    {
      name: "a message that two files define",
      endpoint: () => "twice/shop.proto",
      want: { type: "configuration", detail: expect.stringContaining("Item") as string },
    },
    {
      name: "a file whose server fails",
      endpoint: () => `${peer.origin}/failing/shop.proto`,
      want: { type: "communication", status: 503 },
    },
  ];
  it.each(refused)("refuse $name", async ({ endpoint, want }) => {
    expect(await faultOf(host, "grpc", input({ endpoint: endpoint() }))).toMatchObject(want);
  });
});
