import { connect, type Channel, type ChannelModel, type ConsumeMessage } from "amqplib";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { stringify } from "yaml";
import type { Json, JsonObject } from "@stigmer/core/lib/json.ts";
import { faultOf, inlineResource, testContext, testHost } from "../testing/call.ts";
import { liveEngine } from "../testing/live-engine.ts";
import { type Peer } from "../testing/peer.ts";
import { describeNeeding, lackOfPrograms } from "../../../tools/testing/need.ts";
import { startRabbitmq } from "../testing/rabbitmq-peer.ts";

/* AMQP 0-9-1 against RabbitMQ: what is acknowledged, given back and left, and what the broker refuses. */

const host = testHost();
const message = { payload: { a: 1 }, headers: { h: "v" } };
const guest = { basic: { username: "guest", password: "guest" } };

describeNeeding(lackOfPrograms("rabbitmq-server"), "asyncapi over amqp", () => {
  let peer: Peer;
  let connection: ChannelModel;
  let channel: Channel;

  beforeAll(async () => {
    peer = await startRabbitmq();
    connection = await connect(`amqp://127.0.0.1:${peer.port}`);
    channel = await connection.createChannel();
    await channel.assertExchange("zoo", "topic");
  });

  beforeEach(async () => {
    await channel.deleteQueue("pets");
    await channel.assertQueue("pets");
  });

  afterAll(async () => {
    await connection.close();
    await peer.stop();
    await host.close();
  });

  function document(address = "pets", bindings: JsonObject = {}): JsonObject {
    return inlineResource(
      stringify({
        asyncapi: "3.0.0",
        servers: { main: { host: `127.0.0.1:${peer.port}`, protocol: "amqp" } },
        channels: { pets: { address, bindings: { amqp: bindings } } },
        operations: {
          send: { action: "send", channel: { $ref: "#/channels/pets" } },
          receive: { action: "receive", channel: { $ref: "#/channels/pets" } },
        },
      }),
      "application/yaml",
    );
  }

  const publish = (given: JsonObject, rest: JsonObject = {}): Promise<Json> =>
    host.runner.run("asyncapi", { document: given, operation: "send", message, ...rest }, testContext());

  async function next(): Promise<ConsumeMessage["properties"] & { readonly text: string }> {
    const got = await channel.get("pets", { noAck: true });
    if (got === false) throw new Error("nothing in the queue");
    return { ...got.properties, text: got.content.toString() };
  }

  async function waiting(): Promise<number> {
    return (await channel.checkQueue("pets")).messageCount;
  }

  /** Consumes until `take` says that it is enough. */
  async function consume(given: JsonObject, take: (received: JsonObject) => boolean): Promise<void> {
    const controller = new AbortController();
    await host.runner.consume(
      { document: given, operation: "receive" },
      testContext({ signal: controller.signal }),
      async (received) => {
        if (take(received)) controller.abort();
      },
    );
  }

  it("publishes to a queue, persistent, with headers, type and key", async () => {
    await publish(document(), { authentication: guest });
    expect(await next()).toMatchObject({
      text: '{"a":1}',
      headers: { h: "v" },
      contentType: "application/json",
      messageId: "run-1/do/0/call/0",
      deliveryMode: 2,
    });
  });

  it("publishes to an exchange by routing key", async () => {
    await channel.bindQueue("pets", "zoo", "cats.*");
    await publish(document("cats.new", { is: "routingKey", exchange: { name: "zoo" } }));
    expect((await next()).text).toBe('{"a":1}');
  });

  const refused: readonly { readonly name: string; readonly input: () => JsonObject; readonly want: object }[] = [
    {
      name: "a message that no queue takes",
      input: () => ({ document: document("dogs", { is: "routingKey", exchange: { name: "zoo" } }) }),
      want: { type: "communication", status: 404, title: "Message not routed" },
    },
    {
      name: "a queue that is not there",
      input: () => ({ document: document("nowhere") }),
      want: { type: "communication", status: 404, title: "Message not routed" },
    },
    {
      name: "an exchange that is not there",
      input: () => ({ document: document("x", { is: "routingKey", exchange: { name: "nowhere" } }) }),
      want: { type: "communication", status: 502, detail: expect.stringContaining("no exchange 'nowhere'") as string },
    },
    {
      name: "refused credentials",
      input: () => ({ document: document(), authentication: { basic: { username: "guest", password: "wrong" } } }),
      want: { type: "authentication", status: 401, title: "Credentials refused" },
    },
  ];
  it.each(refused)("makes a fault of $name", async ({ input, want }) => {
    expect(await faultOf(host, "asyncapi", { operation: "send", message, ...input() })).toMatchObject(want);
  });

  it("makes a fault of a queue that is not there to consume from", async () => {
    await expect(consume(document("nowhere"), () => true)).rejects.toMatchObject({
      fault: { type: "communication", detail: expect.stringContaining("no queue 'nowhere'") as string },
    });
  });

  it("acknowledges what was delivered, and leaves what comes after it in the queue", async () => {
    for (let n = 1; n <= 20; n += 1) channel.sendToQueue("pets", Buffer.from(`{"n":${n}}`), { correlationId: `c${n}` });
    const received: JsonObject[] = [];
    await consume(document(), (one) => received.push(one) === 3);
    expect(received).toMatchObject([1, 2, 3].map((n) => ({ payload: { n }, correlationId: `c${n}` })));
    await expect.poll(waiting).toBe(17);
    expect((await next()).text).toBe('{"n":4}');
  });

  it("leaves in the queue what a workflow does not take", async () => {
    for (let n = 1; n <= 20; n += 1) channel.sendToQueue("pets", Buffer.from(`{"n":${n}}`));
    const engine = await liveEngine(host);
    const { output } = await engine.run(
      JSON.stringify({
        document: { dsl: "1.0.3", namespace: "test", name: "messages", version: "1.0.0" },
        do: [
          {
            take: {
              call: "asyncapi",
              with: { document: document(), operation: "receive", subscription: { consume: { amount: 3 } } },
            },
          },
        ],
      }),
    );
    expect(output).toMatchObject([1, 2, 3].map((n) => ({ payload: { n } })));
    await expect.poll(waiting).toBe(17);
    expect((await next()).text).toBe('{"n":4}');
    await engine.close();
  });

  it("gives back what could not be delivered", async () => {
    channel.sendToQueue("pets", Buffer.from('{"n":1}'));
    const failing = consume(document(), () => {
      throw new Error("not durable");
    });
    await expect(failing).rejects.toMatchObject({ fault: { type: "runtime" } });
    await expect.poll(waiting).toBe(1);
  });

  it("binds a queue of its own to an exchange", async () => {
    const running = { yet: true };
    const received: JsonObject[] = [];
    const done = consume(
      document("birds.#", { is: "routingKey", exchange: { name: "zoo" } }),
      (one) => received.push(one) > 0,
    ).finally(() => (running.yet = false));
    while (running.yet) {
      channel.publish("zoo", "birds.owl", Buffer.from('{"n":1}'));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await done;
    expect(received[0]).toMatchObject({ payload: { n: 1 } });
  });
});
