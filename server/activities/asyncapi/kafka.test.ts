import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { stringify } from "yaml";
import type { Json, JsonObject } from "@stigmer/core/lib/json.ts";
import { inlineResource, testContext, testHost } from "../testing/call.ts";

/*
 * What this server tells the client of Kafka, and when: the client is stood in for. `combinations.test.ts` goes over the wire.
 */

const kafka = vi.hoisted(() => ({
  log: [] as unknown[],
  config: undefined as unknown,
  each: undefined as ((record: unknown) => Promise<void>) | undefined,
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
        async commitOffsets(offsets: unknown) {
          await new Promise((resolve) => setImmediate(resolve));
          kafka.log.push(["commit", offsets]);
        },
      };
    }
  },
}));

const host = testHost();
const message = { payload: { a: 1 }, headers: { key: "k", h: "v" } };

beforeEach(() => {
  kafka.log.length = 0;
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
        // The commit is still to come: it has to be there before the consumer leaves.
        controller.abort();
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

  it("speaks no TLS where the client gives null for it", async () => {
    await publish(document("kafka"));
    const { socketFactory } = kafka.config as { socketFactory: (given: object) => Socket };
    const socket = socketFactory({ host: "127.0.0.1", port: 1, ssl: null, onConnect: () => {} });
    socket.on("error", () => {});
    expect(socket).not.toBeInstanceOf(TLSSocket);
    socket.destroy();
  });

  it("judges every broker that brokers name", async () => {
    await publish(document("kafka"));
    const { socketFactory } = kafka.config as { socketFactory: (given: object) => unknown };
    expect(() => socketFactory({ host: "10.0.0.1", port: 9092, onConnect: () => {} })).toThrow("private");
  });
});
