import { setTimeout as pace } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Json, JsonObject } from "@stigmer/core/lib/json.ts";
import { inlineResource, testHost } from "../testing/call.ts";
import { KAFKA_PROGRAMS } from "../testing/kafka-peer.ts";
import { type LiveEngine, liveEngine } from "../testing/live-engine.ts";
import { type MessagingPeer, messagingPeers } from "../testing/messaging-peers.ts";
import { describeNeeding, lackOfPrograms } from "../../../tools/testing/need.ts";

/*
 * What is possible over which protocol: every protocol with a client, both versions of AsyncAPI, publishing and each way to consume, as whole workflows on an engine against a real peer.
 */

interface Received {
  readonly payload: { readonly n: number };
}

/** One way to consume, and what has to come out of numbers sent in order. */
interface Mode {
  readonly subscription: JsonObject;
  check(output: readonly Json[]): void;
}

function expectInOrder(output: readonly Json[], count: number, step = 1): void {
  const numbers = output.map((message) => (message as unknown as Received).payload.n);
  expect(numbers).toHaveLength(count);
  expect(numbers).toEqual(numbers.map((_n, index) => (numbers[0] ?? 0) + index * step));
}

const modes: Readonly<Record<string, Mode>> = {
  amount: { subscription: { consume: { amount: 3 } }, check: (output) => expectInOrder(output, 3) },
  while: { subscription: { consume: { while: "${ length < 2 }" } }, check: (output) => expectInOrder(output, 2) },
  until: { subscription: { consume: { until: "${ length >= 2 }" } }, check: (output) => expectInOrder(output, 2) },
  for: {
    subscription: { consume: { for: "PT1S", amount: 1_000_000 } },
    check: (output) => expectInOrder(output, output.length),
  },
  filter: {
    subscription: { filter: "${ .payload.n % 2 == 0 }", consume: { amount: 2 } },
    check(output) {
      expectInOrder(output, 2, 2);
      expect((output as unknown as readonly Received[])[0]?.payload.n).toSatisfy((n: number) => n % 2 === 0);
    },
  },
  foreach: {
    subscription: {
      consume: { amount: 2 },
      foreach: { item: "m", at: "i", do: [{ pair: { set: { at: "${ $i }", payload: "${ $m.payload }" } } }] },
    },
    check(output) {
      expectInOrder(output, 2);
      expect(output).toMatchObject([{ at: 0 }, { at: 1 }]);
    },
  },
};

const versions = ["2.6.0", "3.0.0"] as const;

function documentOf(version: (typeof versions)[number], { protocol, address, channels }: Described): JsonObject {
  const name = protocol === "mqtt5" ? { protocol: "mqtt", protocolVersion: "5" } : { protocol };
  if (version === "2.6.0")
    return {
      asyncapi: version,
      servers: { main: { url: `${protocol}://${address}`, ...name } },
      channels: {
        [channels.out]: { publish: { operationId: "send", message: { contentType: "application/json" } } },
        [channels.in]: { subscribe: { operationId: "receive", message: { contentType: "application/json" } } },
      },
    };
  return {
    asyncapi: version,
    servers: { main: { host: address, ...name } },
    channels: { out: { address: channels.out }, in: { address: channels.in } },
    operations: {
      send: { action: "send", channel: { $ref: "#/channels/out" } },
      receive: { action: "receive", channel: { $ref: "#/channels/in" } },
    },
  };
}

type Described = Pick<MessagingPeer, "protocol" | "address" | "channels">;

function workflow(document: JsonObject, rest: JsonObject): string {
  return JSON.stringify({
    document: { dsl: "1.0.3", namespace: "test", name: "messages", version: "1.0.0" },
    do: [{ call: { call: "asyncapi", with: { document: inlineResource(document), ...rest } } }],
  });
}

function combinations(name: string, consumes: boolean): () => void {
  return () => {
    const host = testHost();
    let peer: MessagingPeer;
    let engine: LiveEngine;
    let n = 0;

    beforeAll(async () => {
      engine = await liveEngine(host);
      peer = await (messagingPeers[name] as () => Promise<MessagingPeer>)();
    });

    afterAll(async () => {
      await engine.close();
      await peer.stop();
      await host.close();
    });

    /** What a call says beside the document: a channel of version 2, an operation of version 3. */
    const place = (version: string, direction: "in" | "out"): JsonObject =>
      version === "2.6.0"
        ? { channel: peer.channels[direction] }
        : { operation: direction === "out" ? "send" : "receive" };

    it.each(versions)(`publishes by a document of version %s`, async (version) => {
      const payload = { version, text: "h\u00e9" };
      const text = workflow(documentOf(version, peer), { ...place(version, "out"), message: { payload } });
      expect(await engine.run(text)).toMatchObject({ phase: "completed", fault: undefined, output: { payload } });
      // A watcher of Kafka is given its partition some seconds after it has joined.
      const seen = (): readonly Json[] => peer.seen.map((one) => JSON.parse(one) as Json);
      await expect.poll(seen, { timeout: 60_000 }).toContainEqual(payload);
    });

    for (const version of versions)
      if (consumes)
        it.each(Object.entries(modes))(`consumes by %s, by a document of version ${version}`, async (_name, mode) => {
          const rest = { ...place(version, "in"), subscription: mode.subscription };
          const running = { yet: true };
          const ended = engine.run(workflow(documentOf(version, peer), rest)).finally(() => (running.yet = false));
          // Who listens when cannot be seen from the other side of every broker: it sends until the run has what it wants.
          while (running.yet) {
            await peer.feed(JSON.stringify({ n: (n += 1) }));
            await pace(1);
          }
          const { phase, output, fault } = await ended;
          expect({ phase, fault }).toEqual({ phase: "completed", fault: undefined });
          mode.check(output as readonly Json[]);
        });
      else
        it(`cannot consume, by a document of version ${version}`, async () => {
          const text = workflow(documentOf(version, peer), {
            ...place(version, "in"),
            subscription: { consume: { amount: 1 } },
          });
          expect(await engine.run(text)).toMatchObject({ phase: "faulted", fault: { title: "Cannot consume" } });
        });
  };
}

describe("asyncapi over http, end to end", combinations("http", false));
describe("asyncapi over ws, end to end", combinations("ws", true));
describe("asyncapi over mqtt, end to end", combinations("mqtt", true));
describeNeeding(lackOfPrograms("mosquitto"), "asyncapi over mqtt5, end to end", combinations("mqtt5", true));
describeNeeding(lackOfPrograms("nats-server"), "asyncapi over nats, end to end", combinations("nats", true));
describeNeeding(lackOfPrograms("redis-server"), "asyncapi over redis, end to end", combinations("redis", true));
describeNeeding(lackOfPrograms("rabbitmq-server"), "asyncapi over amqp, end to end", combinations("amqp", true));
describeNeeding(lackOfPrograms(...KAFKA_PROGRAMS), "asyncapi over kafka, end to end", combinations("kafka", true));
