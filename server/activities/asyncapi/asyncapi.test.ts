import { pbkdf2Sync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createServer, type Server as TcpServer, type Socket } from "node:net";
import { Aedes } from "aedes";
import { connect as connectNats } from "@nats-io/transport-node";
import { connectAsync as connectMqtt } from "mqtt";
import { createClient as connectRedis } from "redis";
import { WebSocketServer, type WebSocket } from "ws";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import type { Json, JsonObject } from "@stigmer/core/lib/json.ts";
import { ActivityFault } from "../activity.ts";
import { faultOf, inlineResource, testContext, testHost } from "../testing/call.ts";
import { type HttpPeer, httpPeer, json } from "../testing/http-peer.ts";
import { type Peer, startPeer } from "../testing/peer.ts";
import { describeNeeding, lackOfPrograms } from "../../../tools/testing/need.ts";
import { loadPeer } from "./peer-package.ts";

const host = testHost({ http: { timeoutMs: 3000 } });
const message = { payload: { pet: { id: 7 }, text: "h\u00e9" }, headers: { "x-one": "1" } };

afterAll(() => host.close());

/** A document of version 3 with one server and one channel. */
function document3(
  protocol: string,
  server: string,
  address: string,
  rest: {
    readonly bindings?: JsonObject;
    readonly operation?: JsonObject;
    readonly message?: JsonObject;
    readonly parameters?: JsonObject;
    readonly server?: JsonObject;
  } = {},
): JsonObject {
  return inlineResource(
    stringify({
      asyncapi: "3.0.0",
      servers: { main: { host: server, protocol, ...rest.server } },
      channels: {
        pets: {
          address,
          messages: { pet: rest.message ?? {} },
          ...(rest.bindings === undefined ? {} : { bindings: rest.bindings }),
          ...(rest.parameters === undefined ? {} : { parameters: rest.parameters }),
        },
      },
      operations: {
        send: { action: "send", channel: { $ref: "#/channels/pets" }, ...rest.operation },
        receive: { action: "receive", channel: { $ref: "#/channels/pets" } },
      },
    }),
    "application/yaml",
  );
}

function publish(document: JsonObject, rest: JsonObject = {}): Promise<Json> {
  return host.runner.run("asyncapi", { document, operation: "send", message, ...rest }, testContext());
}

/** Consumes until `count` messages were delivered. */
async function consume(
  document: JsonObject,
  count: number,
  ready: () => Promise<void>,
  rest: JsonObject = {},
): Promise<readonly JsonObject[]> {
  const controller = new AbortController();
  const delivered: JsonObject[] = [];
  const done = host.runner.consume(
    { document, operation: "receive", subscription: { consume: { amount: count } }, ...rest },
    testContext({ signal: controller.signal }),
    async (received) => {
      delivered.push(received);
      if (delivered.length === count) controller.abort();
    },
  );
  await Promise.race([ready(), done]);
  await done;
  return delivered;
}

async function consumeFault(document: JsonObject, rest: JsonObject = {}): Promise<unknown> {
  return host.runner
    .consume({ document, operation: "receive", ...rest }, testContext(), async () => {})
    .catch((error: unknown) => (error instanceof ActivityFault ? error.fault : error));
}

describe("asyncapi documents", () => {
  let peer: HttpPeer;

  beforeAll(async () => {
    peer = await httpPeer((request, response) => json(response, {}, request.url === "/fail" ? 500 : 200));
  });

  afterAll(() => peer.close());

  const local = (): string => peer.origin.slice("http://".length);

  it("publishes by an operation of version 3, with the content type, headers, key and credentials", async () => {
    const document = document3("http", local(), "/pets/{kind}/{id}", {
      parameters: { kind: { default: "dog" }, id: { location: "$message.payload#/pet/id" } },
      operation: { bindings: { http: { method: "PUT" } } },
      message: { contentType: "application/vnd.pet+json" },
      server: { pathname: "/api" },
    });
    expect(await publish(document, { authentication: { bearer: { token: "t" } } })).toEqual(message);
    expect(peer.received.at(-1)).toMatchObject({
      method: "PUT",
      url: "/api/pets/dog/7",
      body: JSON.stringify(message.payload),
      headers: {
        "content-type": "application/vnd.pet+json",
        "x-one": "1",
        authorization: "Bearer t",
        "idempotency-key": "run-1/do/0/call/0",
      },
    });
  });

  const version2 = (): JsonObject => ({
    asyncapi: "2.6.0",
    defaultContentType: "text/plain",
    servers: {
      broker: { url: "kafka.example:9092", protocol: "kafka" },
      web: {
        url: "{scheme}://{host}:{port}/v1",
        protocol: "http",
        variables: { scheme: { default: "http" }, host: { enum: ["127.0.0.1"] }, port: { default: String(peer.port) } },
      },
    },
    channels: {
      "/notifications": {
        publish: { operationId: "notify", message: { $ref: "#/components/messages/note" } },
        subscribe: { operationId: "onNotify" },
      },
    },
    components: { messages: { note: { contentType: "application/json" } } },
  });

  it("publishes on a channel, or by an operationId, of version 2, with server variables", async () => {
    const server = { name: "web", variables: { host: "127.0.0.1" } };
    await host.runner.run(
      "asyncapi",
      { document: inlineResource(version2()), channel: "/notifications", server, message },
      testContext(),
    );
    expect(peer.received.at(-1)).toMatchObject({
      method: "POST",
      url: "/v1/notifications",
      body: JSON.stringify(message.payload),
    });
    await host.runner.run(
      "asyncapi",
      { document: inlineResource(version2()), operation: "notify", protocol: "http", server, message },
      testContext(),
    );
    expect(peer.received.at(-1)).toMatchObject({ url: "/v1/notifications" });
  });

  it("merges traits: over the operation and message of version 2, under those of version 3", async () => {
    const traits = {
      operationTraits: { put: { bindings: { http: { method: "PUT" } } } },
      messageTraits: { pet: { contentType: "application/vnd.trait+json" } },
    };
    const operation = { traits: [{ $ref: "#/components/operationTraits/put" }], bindings: { http: { query: {} } } };
    const said = { traits: [{ $ref: "#/components/messageTraits/pet" }], contentType: "application/vnd.own+json" };
    const server = { protocol: "http", url: local(), host: local() };
    const documents = [
      {
        asyncapi: "2.6.0",
        servers: { web: server },
        channels: { x: { publish: { operationId: "send", ...operation, message: said } } },
        components: traits,
      },
      {
        asyncapi: "3.0.0",
        servers: { web: server },
        channels: { x: { messages: { pet: said } } },
        operations: { send: { action: "send", channel: { $ref: "#/channels/x" }, ...operation } },
        components: traits,
      },
    ];
    for (const [index, type] of ["application/vnd.trait+json", "application/vnd.own+json"].entries()) {
      await publish(inlineResource(documents[index] as unknown as JsonObject));
      expect(peer.received.at(-1)).toMatchObject({ method: "PUT", headers: { "content-type": type } });
    }
  });

  const refused: readonly { readonly name: string; readonly input: () => JsonObject; readonly want: string }[] = [
    {
      name: "an unknown operation",
      input: () => ({ document: document3("http", local(), "/x"), operation: "nope" }),
      want: "send, receive",
    },
    {
      name: "an unknown channel",
      input: () => ({ document: inlineResource(version2()), channel: "/nope" }),
      want: "/notifications",
    },
    {
      name: "an unknown server",
      input: () => ({ document: document3("http", local(), "/x"), operation: "send", server: { name: "nope" } }),
      want: "main (http)",
    },
    {
      name: "a protocol the document does not have",
      input: () => ({ document: document3("http", local(), "/x"), operation: "send", protocol: "nats" }),
      want: "main (http)",
    },
    {
      name: "a protocol without a client",
      input: () => ({ document: document3("solace", "x", "/x"), operation: "send" }),
      want: "no client for solace",
    },
    {
      name: "a variable without a value",
      input: () => ({ document: inlineResource(version2()), channel: "/notifications", protocol: "http" }),
      want: '"host"',
    },
    {
      name: "a variable outside of its values",
      input: () => ({
        document: inlineResource(version2()),
        channel: "/notifications",
        server: { name: "web", variables: { host: "elsewhere" } },
      }),
      want: "127.0.0.1",
    },
    {
      name: "a channel parameter without a value",
      input: () => ({ document: document3("http", local(), "/{x}"), operation: "send" }),
      want: '"x"',
    },
    {
      name: "another version",
      input: () => ({ document: inlineResource({ asyncapi: "4.0.0" }), operation: "send" }),
      want: "4.0.0",
    },
    {
      name: "no document",
      input: () => ({ document: inlineResource("hello", "text/plain"), operation: "send" }),
      want: "no AsyncAPI document",
    },
    {
      name: "a relative reference of a document without an address",
      input: () => ({
        document: inlineResource({ asyncapi: "3.0.0", operations: { send: { $ref: "other.yaml#/y" } } }),
        operation: "send",
      }),
      want: "no address of its own",
    },
  ];
  it.each(refused)("refuses $name", async ({ input, want }) => {
    const fault = await faultOf(host, "asyncapi", { message, ...input() });
    expect(fault.type).toBe("configuration");
    expect(fault.detail).toContain(want);
  });

  it("makes a communication fault of an error status, and cannot consume over http", async () => {
    expect(
      await faultOf(host, "asyncapi", { document: document3("http", local(), "/fail"), operation: "send", message }),
    ).toMatchObject({ type: "communication", status: 500 });
    expect(await consumeFault(document3("http", local(), "/x"))).toMatchObject({
      type: "configuration",
      title: "Cannot consume",
    });
  });

  it.each(["redis", "mqtt"])("refuses headers over %s, whose messages have none", async (protocol) => {
    const document = document3(protocol, "127.0.0.1:1", "x");
    expect(await faultOf(host, "asyncapi", { document, operation: "send", message })).toMatchObject({
      type: "configuration",
      title: "Headers not possible",
    });
  });

  it("names the package that is missing", async () => {
    const absent: string = "no-such-client";
    const missing = loadPeer("no-such-client", "nosuch", () => import(absent) as Promise<unknown>);
    await expect(missing).rejects.toMatchObject({
      fault: { type: "configuration", detail: expect.stringContaining("npm install no-such-client") as string },
    });
  });

  it.each(["ws", "kafka", "nats", "mqtt", "amqp", "redis"])(
    "says 503 when no %s server listens, and refuses private addresses",
    async (protocol) => {
      const gone = await httpPeer(() => {});
      await gone.close();
      const input = {
        document: document3(protocol, `127.0.0.1:${gone.port}`, "x"),
        operation: "send",
        message: { payload: message.payload },
      };
      expect(await faultOf(host, "asyncapi", input)).toMatchObject({ type: "communication" });
      const guarded = testHost({ network: { allowLoopback: false } });
      expect(await faultOf(guarded, "asyncapi", input)).toMatchObject({
        type: "authorization",
        title: "Address not allowed",
      });
      await guarded.close();
    },
  );
});

describe("asyncapi over ws", () => {
  let server: WebSocketServer;
  let port: number;
  let received: { url: string | undefined; headers: Record<string, unknown>; text: string }[];
  let onOpen: (socket: WebSocket) => void;

  beforeEach(async () => {
    received = [];
    onOpen = () => {};
    server = new WebSocketServer({
      port: 0,
      host: "127.0.0.1",
      verifyClient: ({ req }, answer) => answer(req.url !== "/locked", 401),
    });
    server.on("connection", (socket, request) => {
      onOpen(socket);
      socket.on("message", (data: Buffer) =>
        received.push({ url: request.url, headers: request.headers, text: data.toString() }),
      );
    });
    await new Promise<void>((resolve) => {
      server.on("listening", resolve);
    });
    port = (server.address() as { port: number }).port;
  });

  afterEach(async () => {
    for (const client of server.clients) client.terminate();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
  });

  it("sends a message, its headers and credentials with the handshake", async () => {
    await publish(document3("ws", `127.0.0.1:${port}`, "pets", { server: { pathname: "/v1/" } }), {
      authentication: { basic: { username: "u", password: "p" } },
    });
    expect(received).toMatchObject([
      {
        url: "/v1/pets",
        text: JSON.stringify(message.payload),
        headers: { "x-one": "1", authorization: "Basic dTpw", "idempotency-key": "run-1/do/0/call/0" },
      },
    ]);
  });

  it("receives in order, one after the other", async () => {
    onOpen = (socket) => [1, 2, 3].forEach((n) => socket.send(JSON.stringify({ n })));
    expect(await consume(document3("ws", `127.0.0.1:${port}`, "pets"), 3, async () => {})).toEqual(
      [1, 2, 3].map((n) => ({ payload: { n }, headers: {} })),
    );
  });

  it("ends when the peer ends, after what it sent was delivered", async () => {
    onOpen = (socket) => {
      socket.send("not json");
      socket.close();
    };
    expect(await consume(document3("ws", `127.0.0.1:${port}`, "pets"), 99, async () => {})).toEqual([
      { payload: "not json", headers: {} },
    ]);
  });

  it("makes faults of a refused handshake and of a delivery that fails", async () => {
    expect(await consumeFault(document3("ws", `127.0.0.1:${port}`, "locked"))).toMatchObject({
      type: "authentication",
      status: 401,
    });
    onOpen = (socket) => socket.send("1");
    const failing = host.runner.consume(
      { document: document3("ws", `127.0.0.1:${port}`, "x"), operation: "receive" },
      testContext(),
      async () => {
        throw new Error("not durable");
      },
    );
    await expect(failing).rejects.toMatchObject({ fault: { type: "runtime" } });
  });
});

interface MqttBroker {
  readonly port: number;
  stop(): Promise<void>;
}

async function startAedes(): Promise<MqttBroker> {
  const broker = await Aedes.createBroker({
    authenticate: (_client, username, password, done) =>
      done(null, username === undefined || (username === "u" && password?.toString() === "p")),
  });
  const server: TcpServer = createServer((socket: Socket) => void broker.handle(socket));
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as { port: number }).port,
    async stop() {
      await new Promise<void>((resolve) => {
        broker.close(() => resolve());
      });
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

/** `u` and `p`, as mosquitto's password files have them (PBKDF2 with SHA-512). */
async function startMosquitto(): Promise<MqttBroker> {
  const salt = Buffer.from("0123456789ab");
  const hash = pbkdf2Sync("p", salt, 101, 64, "sha512").toString("base64");
  return startPeer("mosquitto", (port, directory) => {
    writeFileSync(`${directory}/passwords`, `u:$7$101$${salt.toString("base64")}$${hash}\n`, { mode: 0o600 });
    writeFileSync(
      `${directory}/mosquitto.conf`,
      `listener ${port} 127.0.0.1\nallow_anonymous true\npassword_file ${directory}/passwords\nuser root\n`,
    );
    return ["-c", `${directory}/mosquitto.conf`];
  });
}

function mqttTests(version: 4 | 5, start: () => Promise<MqttBroker>): void {
  let broker: MqttBroker;

  beforeAll(async () => {
    broker = await start();
  });

  afterAll(() => broker.stop());

  const document = (rest: Parameters<typeof document3>[3] = {}): JsonObject =>
    document3("mqtt", `127.0.0.1:${broker.port}`, "pets/new", {
      ...rest,
      server: version === 5 ? { protocolVersion: "5.0" } : {},
    });

  it("publishes with the quality of service of its binding, and headers where the protocol has them", async () => {
    const watcher = await connectMqtt(`mqtt://127.0.0.1:${broker.port}`, { protocolVersion: version });
    await watcher.subscribeAsync("pets/#", { qos: 2 });
    const seen = new Promise<unknown>((resolve) => {
      watcher.on("message", (topic, payload, packet) =>
        resolve({
          topic,
          payload: JSON.parse(payload.toString()) as Json,
          qos: packet.qos,
          headers: { ...packet.properties?.userProperties },
        }),
      );
    });
    await publish(document({ operation: { bindings: { mqtt: { qos: 2 } } } }), {
      ...(version === 5 ? {} : { message: { payload: message.payload } }),
      authentication: { basic: { username: "u", password: "p" } },
    });
    const headers = version === 5 ? { "x-one": "1", "idempotency-key": "run-1/do/0/call/0" } : {};
    expect(await seen).toEqual({ topic: "pets/new", payload: message.payload, qos: 2, headers });
    await watcher.endAsync();
  });

  it("receives, and acknowledges only what was delivered: the rest comes again", async () => {
    const sender = await connectMqtt(`mqtt://127.0.0.1:${broker.port}`, { protocolVersion: version });
    let attempts = 0;
    const failing = host.runner.consume({ document: document(), operation: "receive" }, testContext(), async () => {
      attempts += 1;
      throw new Error("not durable");
    });
    const sending = (async () => {
      while (attempts === 0) {
        await sender.publishAsync("pets/new", '{"n":1}', { qos: 1 });
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    await expect(failing).rejects.toMatchObject({ fault: { type: "runtime" } });
    await sending;
    const received = await consume(document(), 1, async () => {});
    expect(received[0]).toMatchObject({ payload: { n: 1 } });
    await sender.endAsync();
  });

  it("makes a fault of refused credentials", async () => {
    const authentication = { basic: { username: "u", password: "wrong-canary" } };
    const plain = { payload: message.payload };
    expect(
      await faultOf(host, "asyncapi", { document: document(), operation: "send", message: plain, authentication }),
    ).toMatchObject({ type: "authentication", title: "Credentials refused" });
  });
}

describe("asyncapi over mqtt", () => mqttTests(4, startAedes));

describeNeeding(lackOfPrograms("mosquitto"), "asyncapi over mqtt5", () => mqttTests(5, startMosquitto));

describeNeeding(lackOfPrograms("nats-server"), "asyncapi over nats", () => {
  let peer: Peer;

  beforeAll(async () => {
    peer = await startPeer("nats-server", (port) => [
      "-a",
      "127.0.0.1",
      "-p",
      String(port),
      "--user",
      "u",
      "--pass",
      "p",
    ]);
  });

  afterAll(() => peer.stop());

  const authentication = { basic: { username: "u", password: "p" } };

  it("publishes with headers", async () => {
    const watcher = await connectNats({ servers: `127.0.0.1:${peer.port}`, user: "u", pass: "p" });
    const subscription = watcher.subscribe("pets.new", { max: 1 });
    await watcher.flush();
    await publish(document3("nats", `nats://127.0.0.1:${peer.port}`, "pets.new"), { authentication });
    for await (const received of subscription) {
      expect(received.json()).toEqual(message.payload);
      expect(received.headers?.get("x-one")).toBe("1");
      expect(received.headers?.get("Nats-Msg-Id")).toBe("run-1/do/0/call/0");
    }
    await watcher.close();
  });

  it("receives with headers and the correlation id where the document says it is", async () => {
    const document = document3("nats", `127.0.0.1:${peer.port}`, "pets.in", {
      message: { correlationId: { location: "$message.payload#/id" } },
    });
    const controller = new AbortController();
    const delivered: JsonObject[] = [];
    const sender = await connectNats({ servers: `127.0.0.1:${peer.port}`, user: "u", pass: "p" });
    const done = host.runner.consume(
      { document, operation: "receive", authentication },
      testContext({ signal: controller.signal }),
      async (received) => {
        delivered.push(received);
        controller.abort();
      },
    );
    while (delivered.length === 0) {
      sender.publish("pets.in", '{"id":"c1"}');
      await sender.flush();
    }
    await done;
    await sender.close();
    expect(delivered[0]).toEqual({ payload: { id: "c1" }, headers: {}, correlationId: "c1" });
  });

  it("makes a fault of refused credentials", async () => {
    expect(
      (
        await faultOf(host, "asyncapi", {
          document: document3("nats", `127.0.0.1:${peer.port}`, "x"),
          operation: "send",
          message,
        })
      ).type,
    ).toBe("authentication");
  });
});

describeNeeding(lackOfPrograms("redis-server"), "asyncapi over redis", () => {
  let peer: Peer;

  beforeAll(async () => {
    peer = await startPeer("redis-server", (port, directory) => [
      "--bind",
      "127.0.0.1",
      "--port",
      String(port),
      "--dir",
      directory,
      "--save",
      "",
      "--requirepass",
      "p",
    ]);
  });

  afterAll(() => peer.stop());

  const authentication = { bearer: { token: "p" } };

  it("publishes and receives", async () => {
    const document = document3("redis", `127.0.0.1:${peer.port}`, "pets");
    const sender = connectRedis({ url: `redis://:p@127.0.0.1:${peer.port}` });
    await sender.connect();
    const received = await consume(
      document,
      1,
      async () => {
        while ((await sender.publish("pets", '{"n":1}')) === 0) await new Promise((resolve) => setImmediate(resolve));
      },
      { authentication },
    );
    expect(received).toEqual([{ payload: { n: 1 }, headers: {} }]);
    const watcher = sender.duplicate();
    await watcher.connect();
    const seen = new Promise<string>((resolve) => {
      void watcher.subscribe("pets", resolve);
    });
    while ((await sender.pubSubNumSub("pets"))["pets"] === 0) await new Promise((resolve) => setImmediate(resolve));
    await publish(document, { authentication, message: { payload: message.payload } });
    expect(JSON.parse(await seen)).toEqual(message.payload);
    watcher.destroy();
    sender.destroy();
  });

  it("makes a fault of refused credentials", async () => {
    const fault = await faultOf(host, "asyncapi", {
      document: document3("redis", `127.0.0.1:${peer.port}`, "x"),
      operation: "send",
      message: { payload: message.payload },
      authentication: { bearer: { token: "wrong" } },
    });
    expect(fault.type).toBe("authentication");
  });
});
