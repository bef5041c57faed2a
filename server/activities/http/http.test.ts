import { gzipSync, brotliCompressSync, deflateSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Json, JsonObject } from "@stigmer/core/lib/json.ts";
import { type HttpPeer, httpPeer, json } from "../testing/http-peer.ts";
import { faultOf, testContext, testHost } from "../testing/call.ts";

let peer: HttpPeer;
let other: HttpPeer;
const host = testHost({ http: { responseBytesMax: 100_000, timeoutMs: 2000, faultBodyBytesMax: 100 } });

beforeAll(async () => {
  other = await httpPeer((request, response) =>
    json(response, {
      at: "other",
      authorization: request.headers.authorization ?? null,
      cookie: request.headers.cookie ?? null,
      key: request.headers["x-api-key"] ?? null,
    }),
  );
  peer = await httpPeer((request, response) => {
    const url = new URL(request.url, "http://peer");
    switch (url.pathname) {
      case "/echo":
        return json(response, {
          method: request.method,
          url: request.url,
          headers: request.headers,
          body: request.body,
        });
      case "/gzip":
        response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
        return response.end(gzipSync('{"coding":"gzip"}'));
      case "/br":
        response.writeHead(200, { "content-type": "application/json", "content-encoding": "br" });
        return response.end(brotliCompressSync('{"coding":"br"}'));
      case "/deflate":
        response.writeHead(200, { "content-type": "application/json", "content-encoding": "deflate" });
        return response.end(deflateSync('{"coding":"deflate"}'));
      case "/broken-gzip":
        response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
        return response.end("no gzip");
      case "/bomb":
        response.writeHead(200, { "content-type": "text/plain", "content-encoding": "gzip" });
        return response.end(gzipSync(Buffer.alloc(1_000_000, "a")));
      case "/large":
        response.writeHead(200, { "content-type": "text/plain" });
        return response.end("a".repeat(200_000));
      case "/chunked":
        response.writeHead(200, { "content-type": "application/json" });
        response.write('{"a":');
        return setImmediate(() => response.end("1}"));
      case "/bad-json":
        response.writeHead(200, { "content-type": "application/json" });
        return response.end("{no");
      case "/text":
        response.writeHead(200, { "content-type": "text/plain; charset=latin1" });
        return response.end(Buffer.from("caf\u00e9", "latin1"));
      case "/binary":
        response.writeHead(200, { "content-type": "image/png" });
        return response.end(Buffer.from([0, 255, 1]));
      case "/form":
        response.writeHead(200, { "content-type": "application/x-www-form-urlencoded" });
        return response.end("a=1&b=2&b=3");
      case "/untyped":
        response.writeHead(200);
        return response.end('{"untyped":true}');
      case "/empty":
        response.writeHead(204);
        return response.end();
      case "/reset":
        return response.socket?.resetAndDestroy();
      case "/half":
        response.writeHead(200, { "content-type": "text/plain", "content-length": "100" });
        response.write("half");
        return setImmediate(() => response.socket?.destroy());
      case "/silent":
        return undefined;
      case "/huge-number":
        response.writeHead(200, { "content-type": "application/json" });
        return response.end('{"n":1e999}');
      case "/deep":
        response.writeHead(200, { "content-type": "application/json" });
        return response.end("[".repeat(65) + "]".repeat(65));
      case "/proto":
        response.writeHead(200, { "content-type": "application/json" });
        return response.end('{"__proto__":{"polluted":1},"constructor":2}');
      case "/status":
        return json(response, { problem: "x" }, Number(url.searchParams.get("code")));
      case "/redirect": {
        response.writeHead(Number(url.searchParams.get("code") ?? 302), {
          location: url.searchParams.get("to") ?? "/echo",
        });
        return response.end();
      }
      case "/long-error":
        response.writeHead(500, { "content-type": "text/plain" });
        return response.end("a".repeat(500));
      case "/loop":
        response.writeHead(302, { location: "/loop" });
        return response.end();
      default:
        return json(response, { error: "nothing here" }, 404);
    }
  });
});

afterAll(async () => {
  await host.close();
  await peer.close();
  await other.close();
});

function call(path: string, rest: JsonObject = {}): Promise<Json> {
  return host.runner.run("http", { method: "get", endpoint: { uri: peer.origin + path }, ...rest }, testContext());
}

interface Echo {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

async function echo(rest: JsonObject): Promise<Echo> {
  return (await call("/echo", rest)) as unknown as Echo;
}

describe("http requests", () => {
  it("sends method, headers, query and the key of the call", async () => {
    const result = (await host.runner.run(
      "http",
      {
        method: "delete",
        endpoint: `${peer.origin}/echo?fixed=1`,
        headers: { "X-One": "1", Two: 2, none: null },
        query: { a: "x y", list: [1, 2], none: null, flag: true },
      },
      testContext({ traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" }),
    )) as unknown as Echo;
    expect(result.method).toBe("DELETE");
    expect(result.url).toBe("/echo?fixed=1&a=x+y&list=1&list=2&flag=true");
    expect(result.headers).toMatchObject({
      "x-one": "1",
      two: "2",
      "idempotency-key": "run-1/do/0/call/0",
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    });
    expect(result.headers).not.toHaveProperty("none");
  });

  it("lets the workflow's own headers win, whatever their case", async () => {
    const { headers } = await echo({ headers: { "IDEMPOTENCY-KEY": "mine", Accept: "text/csv" } });
    expect(headers["idempotency-key"]).toBe("mine");
    expect(headers["accept"]).toBe("text/csv");
  });

  const bodies: readonly {
    readonly name: string;
    readonly body: Json;
    readonly type?: string;
    readonly want: string;
    readonly wantType: string;
  }[] = [
    { name: "an object as JSON by default", body: { a: 1 }, want: '{"a":1}', wantType: "application/json" },
    { name: "false as JSON by default", body: false, want: "false", wantType: "application/json" },
    { name: "a text as it is by default", body: "hello", want: "hello", wantType: "text/plain; charset=utf-8" },
    {
      name: "JSON text not twice",
      body: '{"a":1}',
      type: "application/json",
      want: '{"a":1}',
      wantType: "application/json",
    },
    {
      name: "a text under a JSON type as JSON",
      body: "hello",
      type: "application/vnd.x+json",
      want: '"hello"',
      wantType: "application/vnd.x+json",
    },
    {
      name: "a form",
      body: { a: "1 2", b: [1, null, 2] },
      type: "application/x-www-form-urlencoded",
      want: "a=1+2&b=1&b=2",
      wantType: "application/x-www-form-urlencoded",
    },
    { name: "XML text", body: "<a/>", type: "application/xml", want: "<a/>", wantType: "application/xml" },
    {
      name: "base64 as bytes",
      body: Buffer.from("bytes!").toString("base64"),
      type: "application/octet-stream",
      want: "bytes!",
      wantType: "application/octet-stream",
    },
  ];
  it.each(bodies)("sends $name", async ({ body, type, want, wantType }) => {
    const result = await echo({
      method: "post",
      body,
      ...(type === undefined ? {} : { headers: { "Content-Type": type } }),
    });
    expect(result.body).toBe(want);
    expect(result.headers["content-type"]).toBe(wantType);
  });

  it("sends null as no body", async () => {
    const result = await echo({ method: "post", body: null });
    expect(result.body).toBe("");
    expect(result.headers).not.toHaveProperty("content-type");
  });

  it("sends multi-part forms with files", async () => {
    const result = await echo({
      method: "post",
      headers: { "content-type": "multipart/form-data" },
      body: {
        name: "n",
        file: {
          content: Buffer.from("abc").toString("base64"),
          encoding: "base64",
          filename: 'a"b.txt',
          contentType: "text/plain",
        },
      },
    });
    const boundary = /boundary=(\S+)/u.exec(result.headers["content-type"] ?? "")?.[1] ?? "";
    expect(result.body).toBe(
      `--${boundary}\r\ncontent-disposition: form-data; name="name"\r\n\r\nn\r\n--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="a%22b.txt"\r\ncontent-type: text/plain\r\n\r\nabc\r\n--${boundary}--\r\n`,
    );
  });

  const refused: readonly { readonly name: string; readonly input: JsonObject; readonly want: string }[] = [
    { name: "a relative endpoint", input: { endpoint: "/echo" }, want: "endpoint" },
    { name: "another scheme", input: { endpoint: "ftp://x/" }, want: "endpoint" },
    { name: "credentials in the endpoint", input: { endpoint: "http://u:p@127.0.0.1/" }, want: "credentials" },
    { name: "a line break in a header", input: { headers: { a: "x\r\ny: z" } }, want: "headers.a" },
    { name: "a header name that is none", input: { headers: { "a b": "x" } }, want: "headers" },
    { name: "content-length", input: { headers: { "Content-Length": "1" } }, want: "Content-Length" },
    { name: "a query that is no object", input: { query: "a=1" }, want: "query" },
    { name: "an output that is none", input: { output: "everything" }, want: "output" },
    { name: "a method with spaces", input: { method: "GET /x" }, want: "method" },
    {
      name: "bytes that are not base64",
      input: { method: "post", body: "%%%", headers: { "content-type": "image/png" } },
      want: "base64",
    },
  ];
  it.each(refused)("refuses $name before anything is sent", async ({ input, want }) => {
    const before = peer.received.length;
    const fault = await faultOf(host, "http", { method: "get", endpoint: `${peer.origin}/echo`, ...input });
    expect(fault).toMatchObject({ type: "validation", status: 400 });
    expect(fault.detail).toContain(want);
    expect(peer.received.length).toBe(before);
  });
});

describe("http responses", () => {
  const contents: readonly { readonly path: string; readonly want: Json }[] = [
    { path: "/gzip", want: { coding: "gzip" } },
    { path: "/br", want: { coding: "br" } },
    { path: "/deflate", want: { coding: "deflate" } },
    { path: "/chunked", want: { a: 1 } },
    { path: "/text", want: "caf\u00e9" },
    { path: "/binary", want: "AP8B" },
    { path: "/form", want: { a: "1", b: ["2", "3"] } },
    { path: "/untyped", want: { untyped: true } },
    { path: "/empty", want: null },
  ];
  it.each(contents)("reads the content of $path", async ({ path, want }) => {
    expect(await call(path)).toEqual(want);
  });

  it("keeps __proto__ and constructor as plain keys", async () => {
    const result = (await call("/proto")) as JsonObject;
    expect(Object.keys(result)).toEqual(["__proto__", "constructor"]);
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
  });

  it("gives raw content as base64", async () => {
    expect(await call("/chunked", { output: "raw" })).toBe(Buffer.from('{"a":1}').toString("base64"));
  });

  it("gives the whole response, its own credentials left out", async () => {
    const result = await call("/echo", {
      output: "response",
      endpoint: { uri: `${peer.origin}/echo`, authentication: { bearer: { token: "abc" } } },
    });
    expect(result).toMatchObject({
      request: { method: "GET", uri: `${peer.origin}/echo`, headers: { authorization: "[redacted]" } },
      statusCode: 200,
      headers: { "content-type": "application/json" },
      content: { method: "GET" },
    });
  });

  const faults: readonly { readonly path: string; readonly status: number; readonly title: string }[] = [
    { path: "/status?code=404", status: 404, title: "HTTP 404 Not Found" },
    { path: "/status?code=500", status: 500, title: "HTTP 500 Internal Server Error" },
    { path: "/redirect", status: 302, title: "HTTP 302 Found" },
    { path: "/bad-json", status: 502, title: "Unreadable response" },
    { path: "/broken-gzip", status: 502, title: "Unreadable response" },
    { path: "/bomb", status: 502, title: "Response too large" },
    { path: "/large", status: 502, title: "Response too large" },
    { path: "/reset", status: 502, title: "The service broke off" },
    { path: "/half", status: 502, title: "The service broke off" },
  ];
  it.each(faults)("makes a communication fault of $path", async ({ path, status, title }) => {
    expect(await faultOf(host, "http", { method: "get", endpoint: peer.origin + path })).toMatchObject({
      type: "communication",
      status,
      title,
    });
  });

  it("keeps the body of an error as data, cut where it is long", async () => {
    expect((await faultOf(host, "http", { method: "get", endpoint: `${peer.origin}/status?code=409` })).data).toEqual({
      problem: "x",
    });
    const long = await faultOf(host, "http", { method: "get", endpoint: `${peer.origin}/long-error` });
    expect(long.data).toBe("a".repeat(100));
  });

  it("refuses numbers and nesting that a journal cannot hold", async () => {
    expect((await faultOf(host, "http", { method: "get", endpoint: `${peer.origin}/huge-number` })).detail).toContain(
      "number",
    );
    expect((await faultOf(host, "http", { method: "get", endpoint: `${peer.origin}/deep` })).detail).toContain("64");
  });

  it("says 503 when nobody listens and 504 when nobody answers", async () => {
    expect(await faultOf(host, "http", { method: "get", endpoint: "http://127.0.0.1:1/" })).toMatchObject({
      type: "communication",
      status: 503,
      data: { code: "ECONNREFUSED" },
    });
    const impatient = testHost({ http: { timeoutMs: 50 } });
    expect(await faultOf(impatient, "http", { method: "get", endpoint: `${peer.origin}/silent` })).toMatchObject({
      type: "communication",
      status: 504,
    });
    await impatient.close();
  });

  it("stops when the task is stopped", async () => {
    const controller = new AbortController();
    const pending = faultOf(
      host,
      "http",
      { method: "get", endpoint: `${peer.origin}/silent` },
      testContext({ signal: controller.signal }),
    );
    setImmediate(() => controller.abort());
    expect(await pending).toMatchObject({ type: "runtime", title: "Activity stopped" });
  });
});

describe("http redirects", () => {
  it("follows with redirect, and accepts a redirect without a target", async () => {
    expect(await call("/redirect", { redirect: true })).toMatchObject({ url: "/echo" });
    expect(await call("/status?code=300", { redirect: true })).toEqual({ problem: "x" });
  });

  const methods: readonly {
    readonly code: number;
    readonly method: string;
    readonly want: string;
    readonly body: string;
  }[] = [
    { code: 301, method: "POST", want: "GET", body: "" },
    { code: 302, method: "POST", want: "GET", body: "" },
    { code: 303, method: "PUT", want: "GET", body: "" },
    { code: 307, method: "POST", want: "POST", body: "x" },
    { code: 308, method: "PUT", want: "PUT", body: "x" },
  ];
  it.each(methods)("turns $method into $want after $code", async ({ code, method, want, body }) => {
    expect(await call(`/redirect?code=${code}`, { method, body: "x", redirect: true })).toMatchObject({
      method: want,
      body,
    });
  });

  it("keeps credentials and secrets at the first origin", async () => {
    const secrets = { apiKey: "key-0123456789" };
    const result = await host.runner.run(
      "http",
      {
        method: "get",
        endpoint: {
          uri: `${peer.origin}/redirect?to=${encodeURIComponent(`${other.origin}/x`)}`,
          authentication: { bearer: { token: "abc" } },
        },
        headers: { cookie: "c=1", "x-api-key": "\uE000apiKey\uE001" },
        redirect: true,
      },
      testContext({ secrets }),
    );
    expect(result).toEqual({ at: "other", authorization: null, cookie: null, key: null });
    expect(peer.received.at(-1)?.headers["x-api-key"]).toBe("key-0123456789");
  });

  it("gives up after five hops", async () => {
    const before = peer.received.length;
    expect(
      await faultOf(host, "http", { method: "get", endpoint: `${peer.origin}/loop`, redirect: true }),
    ).toMatchObject({ type: "communication", title: "Too many redirects" });
    expect(peer.received.length - before).toBe(6);
  });

  it("judges every hop", async () => {
    const fault = await faultOf(host, "http", {
      method: "get",
      endpoint: `${peer.origin}/redirect?to=${encodeURIComponent("http://169.254.169.254/latest")}`,
      redirect: true,
    });
    expect(fault).toMatchObject({ type: "authorization", status: 403, title: "Address not allowed" });
    expect(
      await faultOf(host, "http", {
        method: "get",
        endpoint: `${peer.origin}/redirect?to=file:///etc/passwd`,
        redirect: true,
      }),
    ).toMatchObject({ title: "Unusable redirect" });
  });
});
