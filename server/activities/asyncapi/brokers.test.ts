import { EventEmitter } from "node:events";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { stringify } from "yaml";
import type { Json, JsonObject } from "@stigmer/core/lib/json.ts";
import { faultOf, inlineResource, testContext, testHost } from "../testing/call.ts";

/*
 * AMQP and Kafka have no server small enough for a test: their clients are stood in for, and what is asserted is what this server tells them and when.
 */

const amqp = vi.hoisted(() => ({
  log: [] as unknown[],
  returned: false,
  refuse: false,
  delivered: undefined as ((take: (message: unknown) => void) => void) | undefined,
}));
const kafka = vi.hoisted(() => ({
  log: [] as unknown[],
  config: undefined as unknown,
  each: undefined as ((record: unknown) => Promise<void>) | undefined,
}));

vi.mock("amqplib", () => ({
  async connect(options: unknown, socket: unknown) {
    amqp.log.push(["connect", options, socket]);
    if (amqp.refuse) throw new Error("Handshake terminated by server: 403 (ACCESS-REFUSED)");
    const channel = Object.assign(new EventEmitter(), {
      publish(exchange: string, key: string, content: Buffer, properties: unknown, done: (error: null) => void) {
        amqp.log.push(["publish", exchange, key, content.toString(), properties]);
        if (amqp.returned) channel.emit("return", {});
        done(null);
      },
      prefetch: async (count: number) => void amqp.log.push(["prefetch", count]),
      async assertQueue(name: string, given: unknown) {
        amqp.log.push(["assertQueue", name, given]);
        return { queue: "temporary" };
      },
      bindQueue: async (...given: unknown[]) => void amqp.log.push(["bindQueue", ...given]),
      async consume(queue: string, take: (message: unknown) => void) {
        amqp.log.push(["consume", queue]);
        amqp.delivered?.(take);
      },
      ack: () => amqp.log.push(["ack"]),
      nack: (_message: unknown, _all: boolean, requeue: boolean) => amqp.log.push(["nack", requeue]),
      close: async () => {},
    });
    return Object.assign(new EventEmitter(), {
      createConfirmChannel: async () => channel,
      createChannel: async () => channel,
      close: async () => {},
    });
  },
}));

vi.mock("kafkajs", () => ({
  logLevel: { NOTHING: 0 },
  Kafka: class {
    constructor(config: unknown) {
      kafka.config = config;
    }
    producer(options: unknown): unknown {
      return {
        connect: async () => {},
        disconnect: async () => {},
        send: async (batch: unknown) => void kafka.log.push(["send", options, batch]),
      };
    }
    consumer(options: unknown): unknown {
      return {
        connect: async () => {},
        disconnect: async () => void kafka.log.push(["disconnect"]),
        subscribe: async (topics: unknown) => void kafka.log.push(["subscribe", options, topics]),
        on: () => {},
        async run({ eachMessage }: { eachMessage: (record: unknown) => Promise<void> }) {
          kafka.each = eachMessage;
          await eachMessage({
            topic: "t",
            partition: 2,
            message: {
              offset: "41",
              value: Buffer.from('{"n":1}'),
              headers: { a: Buffer.from("b"), correlationId: "c" },
            },
          });
        },
        commitOffsets: async (offsets: unknown) => void kafka.log.push(["commit", offsets]),
      };
    }
  },
}));

const host = testHost();
const message = { payload: { a: 1 }, headers: { key: "k", h: "v" } };

beforeEach(() => {
  amqp.log.length = 0;
  kafka.log.length = 0;
  Object.assign(amqp, { returned: false, refuse: false, delivered: undefined });
});

afterAll(() => host.close());

function document(protocol: string, bindings: JsonObject = {}, operation: JsonObject = {}): JsonObject {
  return inlineResource(
    stringify({
      asyncapi: "3.0.0",
      servers: { main: { host: "127.0.0.1", protocol } },
      channels: { pets: { address: "pets.new", bindings: { [protocol]: bindings } } },
      operations: {
        send: { action: "send", channel: { $ref: "#/channels/pets" }, bindings: { [protocol]: operation } },
      },
    }),
    "application/yaml",
  );
}

function publish(given: JsonObject, rest: JsonObject = {}): Promise<Json> {
  return host.runner.run("asyncapi", { document: given, operation: "send", message, ...rest }, testContext());
}

function consume(
  given: JsonObject,
  signal: AbortSignal,
  deliver: (message: JsonObject) => Promise<void>,
): Promise<void> {
  return host.runner.consume({ document: given, operation: "send" }, testContext({ signal }), deliver);
}

describe("asyncapi over amqp", () => {
  it("publishes to a queue through the default exchange, persistent and confirmed", async () => {
    await publish(document("amqp"), { authentication: { basic: { username: "u", password: "p" } } });
    expect(amqp.log[0]).toMatchObject([
      "connect",
      { protocol: "amqp", hostname: "127.0.0.1", port: 5672, vhost: "/", username: "u", password: "p" },
      {},
    ]);
    expect(amqp.log[1]).toEqual([
      "publish",
      "",
      "pets.new",
      '{"a":1}',
      {
        headers: expect.objectContaining({ h: "v" }) as unknown,
        contentType: "application/json",
        messageId: "run-1/do/0/call/0",
        persistent: true,
        mandatory: true,
      },
    ]);
  });

  it("publishes to an exchange by routing key, and says when nobody takes the message", async () => {
    amqp.returned = true;
    const given = document("amqp", { is: "routingKey", exchange: { name: "zoo" } });
    expect(await faultOf(host, "asyncapi", { document: given, operation: "send", message })).toMatchObject({
      type: "communication",
      status: 404,
    });
    expect(amqp.log[1]).toEqual(expect.arrayContaining(["publish", "zoo", "pets.new"]));
  });

  it("makes a fault of refused credentials", async () => {
    amqp.refuse = true;
    expect(await faultOf(host, "asyncapi", { document: document("amqp"), operation: "send", message })).toMatchObject({
      type: "authentication",
    });
  });

  const incoming = {
    content: Buffer.from('{"n":1}'),
    properties: { headers: { a: "b" }, correlationId: "c", contentType: "application/json" },
  };

  it("acknowledges after delivery", async () => {
    const controller = new AbortController();
    amqp.delivered = (take) => take(incoming);
    await consume(document("amqp", { is: "queue", queue: { name: "mine" } }), controller.signal, async (received) => {
      expect(received).toEqual({ payload: { n: 1 }, headers: { a: "b", correlationId: "c" }, correlationId: "c" });
      expect(amqp.log.at(-1)).toEqual(["consume", "mine"]);
      setImmediate(() => controller.abort());
    });
    expect(amqp.log.at(-1)).toEqual(["ack"]);
  });

  it("gives back what could not be delivered, and binds a queue of its own to an exchange", async () => {
    amqp.delivered = (take) => take(incoming);
    const given = document("amqp", { is: "routingKey", exchange: { name: "zoo" } });
    await expect(
      consume(given, new AbortController().signal, async () => {
        throw new Error("not durable");
      }),
    ).rejects.toMatchObject({ fault: { type: "runtime" } });
    expect(amqp.log).toContainEqual(["bindQueue", "temporary", "zoo", "pets.new"]);
    expect(amqp.log.at(-1)).toEqual(["nack", true]);
  });
});

describe("asyncapi over kafka", () => {
  it("publishes to all replicas with key and headers", async () => {
    await publish(document("kafka"), { authentication: { basic: { username: "u", password: "p" } } });
    expect(kafka.config).toMatchObject({
      brokers: ["127.0.0.1:9092"],
      sasl: { mechanism: "plain", username: "u", password: "p" },
    });
    expect(kafka.log).toMatchObject([
      [
        "send",
        { idempotent: true, allowAutoTopicCreation: false },
        {
          topic: "pets.new",
          acks: -1,
          messages: [{ key: "k", headers: { h: "v", "idempotency-key": "run-1/do/0/call/0" } }],
        },
      ],
    ]);
  });

  it("takes a token as OAuth bearer, and TLS from the protocol's name", async () => {
    await publish(document("kafka-secure"), { authentication: { bearer: { token: "t" } } });
    const { sasl, ssl } = kafka.config as {
      sasl: { mechanism: string; oauthBearerProvider(): Promise<unknown> };
      ssl: boolean;
    };
    expect([sasl.mechanism, ssl, await sasl.oauthBearerProvider()]).toEqual(["oauthbearer", true, { value: "t" }]);
  });

  it("commits the next offset after delivery, in the group of the binding", async () => {
    const controller = new AbortController();
    await consume(
      document("kafka", {}, { groupId: { type: "string", enum: ["mine"] } }),
      controller.signal,
      async (received) => {
        expect(received).toEqual({ payload: { n: 1 }, headers: { a: "b", correlationId: "c" }, correlationId: "c" });
        expect(kafka.log).toMatchObject([["subscribe", { groupId: "mine" }, { topic: "pets.new" }]]);
        setImmediate(() => controller.abort());
      },
    );
    expect(kafka.log.slice(1)).toEqual([["commit", [{ topic: "t", partition: 2, offset: "42" }]], ["disconnect"]]);
  });

  it("commits nothing that was not delivered, and has a group of its own without a binding", async () => {
    await expect(
      consume(document("kafka"), new AbortController().signal, async () => {
        throw new Error("not durable");
      }),
    ).rejects.toMatchObject({ fault: { type: "runtime" } });
    expect(kafka.log).toMatchObject([
      ["subscribe", { groupId: expect.stringMatching(/^stigmer-[0-9a-f]{16}$/u) as string }, {}],
      ["disconnect"],
    ]);
  });

  it("judges every broker that brokers name", async () => {
    await publish(document("kafka"));
    const { socketFactory } = kafka.config as { socketFactory: (given: object) => unknown };
    expect(() => socketFactory({ host: "10.0.0.1", port: 9092, onConnect: () => {} })).toThrow("private");
  });
});
