import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Json, JsonObject } from "@stigmer/core/lib/json.ts";
import { faultOf, testContext, testHost } from "../testing/call.ts";
import { type HttpPeer, httpPeer } from "../testing/http-peer.ts";

let peer: HttpPeer;
const root = mkdtempSync(path.join(tmpdir(), "stigmer-resource-"));
const files = path.join(root, "files");
const catalog = path.join(root, "catalog");
const host = testHost({ resources: { fileRoot: files, catalogRoot: catalog } });

beforeAll(async () => {
  mkdirSync(path.join(files, "app"), { recursive: true });
  mkdirSync(path.join(catalog, "functions/log/1.0.0"), { recursive: true });
  writeFileSync(path.join(root, "outside.json"), '{"secret":1}');
  writeFileSync(path.join(files, "app/greet.proto"), 'syntax = "proto3";');
  writeFileSync(path.join(files, "schema.yaml"), "type: object\n");
  symlinkSync(path.join(root, "outside.json"), path.join(files, "link.json"));
  writeFileSync(path.join(catalog, "functions/log/1.0.0/function.yaml"), "set:\n  a: 1\n");
  peer = await httpPeer((request, response) => {
    switch (request.url) {
      case "/schema":
        response.writeHead(200, { "content-type": "application/schema+json" });
        return response.end('{"type":"string"}');
      case "/raw/function.yaml":
        response.writeHead(200, { "content-type": "text/plain" });
        return response.end("call: http\n");
      case "/moved":
        response.writeHead(302, { location: "/schema" });
        return response.end();
      case "/private":
        response.writeHead(request.headers.authorization === "Bearer t" ? 200 : 401, { "content-type": "text/plain" });
        return response.end("hello: world");
      default:
        response.writeHead(404);
        return response.end();
    }
  });
});

afterAll(async () => {
  await host.close();
  await peer.close();
  rmSync(root, { recursive: true });
});

describe("resource", () => {
  const cases: readonly { readonly name: string; readonly input: () => JsonObject; readonly want: Json }[] = [
    { name: "JSON over http", input: () => ({ endpoint: `${peer.origin}/schema` }), want: { type: "string" } },
    {
      name: "YAML by its name",
      input: () => ({ endpoint: { uri: `${peer.origin}/raw/function.yaml` } }),
      want: { call: "http" },
    },
    { name: "what a redirect leads to", input: () => ({ endpoint: `${peer.origin}/moved` }), want: { type: "string" } },
    {
      name: "text with credentials",
      input: () => ({ endpoint: { uri: `${peer.origin}/private`, authentication: { bearer: { token: "t" } } } }),
      want: "hello: world",
    },
    {
      name: "a file as released examples write it",
      input: () => ({ endpoint: "file://app/greet.proto" }),
      want: 'syntax = "proto3";',
    },
    { name: "a file with three slashes", input: () => ({ endpoint: "file:///schema.yaml" }), want: { type: "object" } },
    { name: "a relative file", input: () => ({ endpoint: "schema.yaml" }), want: { type: "object" } },
    { name: "data in the URI", input: () => ({ endpoint: "data:application/json,%7B%22a%22%3A1%7D" }), want: { a: 1 } },
    {
      name: "base64 data in the URI",
      input: () => ({ endpoint: `data:;base64,${Buffer.from("x").toString("base64")}` }),
      want: "x",
    },
    { name: "broken JSON as text", input: () => ({ endpoint: "data:application/json,%7B" }), want: "{" },
    {
      name: "a function of the default catalog",
      input: () => ({ catalog: "default", function: "log:1.0.0" }),
      want: { set: { a: 1 } },
    },
  ];
  it.each(cases)("reads $name", async ({ input, want }) => {
    expect(await host.runner.run("resource", input(), testContext())).toEqual(want);
  });

  const refused: readonly { readonly name: string; readonly input: () => JsonObject; readonly want: JsonObject }[] = [
    {
      name: "what is not there",
      input: () => ({ endpoint: `${peer.origin}/none` }),
      want: { type: "communication", status: 404 },
    },
    {
      name: "a path that leaves the directory",
      input: () => ({ endpoint: "file://../outside.json" }),
      want: { type: "configuration" },
    },
    {
      name: "an encoded path that leaves the directory",
      input: () => ({ endpoint: "file://%2e%2e/outside.json" }),
      want: { type: "configuration" },
    },
    {
      name: "a link that leaves the directory",
      input: () => ({ endpoint: "file:///link.json" }),
      want: { type: "configuration" },
    },
    { name: "a directory", input: () => ({ endpoint: "file:///app" }), want: { type: "configuration" } },
    { name: "another scheme", input: () => ({ endpoint: "gopher://x/" }), want: { type: "validation" } },
    {
      name: "a catalog without an address",
      input: () => ({ catalog: "mine", function: "log:1.0.0" }),
      want: { type: "configuration", title: "Unknown catalog" },
    },
    {
      name: "a function name with a path",
      input: () => ({ catalog: "default", function: "../log:1.0.0" }),
      want: { type: "configuration", title: "Invalid function reference" },
    },
    {
      name: "a function that is not there",
      input: () => ({ catalog: "default", function: "log:2.0.0" }),
      want: { type: "configuration" },
    },
  ];
  it.each(refused)("refuses $name", async ({ input, want }) => {
    expect(await faultOf(host, "resource", input())).toMatchObject(want);
  });

  it("reads no files where the operator names no directory", async () => {
    const without = testHost();
    expect(await faultOf(without, "resource", { endpoint: "file:///etc/passwd" })).toMatchObject({
      type: "configuration",
      title: "Files not allowed",
    });
    expect(await faultOf(without, "resource", { catalog: "default", function: "log:1.0.0" })).toMatchObject({
      title: "No default catalog",
    });
    await without.close();
  });
});

describe("noop", () => {
  it("gives its arguments back", async () => {
    expect(await host.runner.run("noop", { value: [1] }, testContext())).toEqual({ value: [1] });
  });
});
