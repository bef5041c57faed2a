import { randomUUID } from "node:crypto";
import { createServer } from "node:net";
import { connect as connectNats } from "@nats-io/transport-node";
import { Aedes } from "aedes";
import amqp from "amqplib";
import { Kafka, logLevel } from "kafkajs";
import { connectAsync as connectMqtt } from "mqtt";
import { createClient as connectRedis } from "redis";
import { WebSocketServer } from "ws";
import { httpPeer } from "./http-peer.ts";
import { startKafka } from "./kafka-peer.ts";
import { type Peer, startPeer } from "./peer.ts";
import { startRabbitmq } from "./rabbitmq-peer.ts";

/** A broker, or a server that stands for one, seen from its other side. */
export interface MessagingPeer {
  readonly protocol: string;
  readonly address: string;
  /** Addresses of the channel it sends to and of the one it receives from. */
  readonly channels: { readonly in: string; readonly out: string };
  /** Texts that arrived in the channel `out`. */
  readonly seen: string[];
  /** Sends to the channel `in`. */
  feed(text: string): Promise<void>;
  stop(): Promise<void>;
}

const CHANNELS = { in: "in", out: "out" };

/** Starts the peer of each protocol of AsyncAPI that has a client here. */
export const messagingPeers: Readonly<Record<string, () => Promise<MessagingPeer>>> = {
  async http() {
    const seen: string[] = [];
    const peer = await httpPeer((request, response) => {
      if (request.url === "/out") seen.push(request.body);
      response.end();
    });
    return {
      protocol: "http",
      channels: CHANNELS,
      address: `127.0.0.1:${peer.port}`,
      seen,
      feed: async () => {},
      stop: peer.close,
    };
  },
  async ws() {
    const seen: string[] = [];
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    server.on("connection", (socket, request) => {
      if (request.url === "/out") socket.on("message", (data: Buffer) => seen.push(data.toString()));
    });
    await new Promise<void>((resolve) => {
      server.once("listening", resolve);
    });
    return {
      protocol: "ws",
      channels: CHANNELS,
      address: `127.0.0.1:${(server.address() as { readonly port: number }).port}`,
      seen,
      async feed(text) {
        for (const client of server.clients) client.send(text);
      },
      async stop() {
        for (const client of server.clients) client.terminate();
        await new Promise<void>((resolve) => {
          server.close(() => resolve());
        });
      },
    };
  },
  async nats() {
    const peer = await startPeer("nats-server", (port) => ["-a", "127.0.0.1", "-p", String(port)]);
    const seen: string[] = [];
    const connection = await connectNats({ servers: `127.0.0.1:${peer.port}` });
    connection.subscribe("out", { callback: (_error, message) => void seen.push(message.string()) });
    await connection.flush();
    return {
      protocol: "nats",
      channels: CHANNELS,
      address: `127.0.0.1:${peer.port}`,
      seen,
      async feed(text) {
        connection.publish("in", text);
        await connection.flush();
      },
      stop: () => connection.close().then(peer.stop),
    };
  },
  async mqtt() {
    const broker = await Aedes.createBroker();
    const server = createServer(broker.handle);
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    const { port } = server.address() as { readonly port: number };
    return overMqtt("mqtt", {
      port,
      async stop() {
        await new Promise<void>((resolve) => {
          broker.close(() => server.close(() => resolve()));
        });
      },
    });
  },
  async mqtt5() {
    return overMqtt("mqtt5", await startPeer("mosquitto", (port) => ["-p", String(port)]));
  },
  async redis() {
    const peer = await startPeer("redis-server", (port, folder) => [
      ...["--bind", "127.0.0.1", "--port", String(port)],
      ...["--dir", folder, "--save", ""],
    ]);
    const seen: string[] = [];
    const sender = connectRedis({ url: `redis://127.0.0.1:${peer.port}` });
    await sender.connect();
    const watcher = sender.duplicate();
    await watcher.connect();
    await watcher.subscribe("out", (text) => seen.push(text));
    return {
      protocol: "redis",
      channels: CHANNELS,
      address: `127.0.0.1:${peer.port}`,
      seen,
      feed: async (text) => void (await sender.publish("in", text)),
      async stop() {
        watcher.destroy();
        sender.destroy();
        await peer.stop();
      },
    };
  },
  async amqp() {
    const peer = await startRabbitmq();
    const seen: string[] = [];
    const connection = await amqp.connect(`amqp://127.0.0.1:${peer.port}`);
    const channel = await connection.createConfirmChannel();
    for (const queue of ["in", "out"]) await channel.assertQueue(queue);
    await channel.consume("out", (message) => void seen.push(message?.content.toString() ?? ""), { noAck: true });
    return {
      protocol: "amqp",
      channels: CHANNELS,
      address: `127.0.0.1:${peer.port}`,
      seen,
      async feed(text) {
        channel.sendToQueue("in", Buffer.from(text));
        await channel.waitForConfirms();
      },
      stop: () => connection.close().then(peer.stop),
    };
  },
  async kafka() {
    const run = randomUUID().slice(0, 8);
    const peer = await startKafka([`in-${run}`, `out-${run}`]);
    const kafka = new Kafka({ brokers: [peer.address], logLevel: logLevel.NOTHING });
    const seen: string[] = [];
    const watcher = kafka.consumer({ groupId: `watcher-${run}`, maxWaitTimeInMs: 100 });
    await watcher.connect();
    await watcher.subscribe({ topic: `out-${run}`, fromBeginning: true });
    await watcher.run({ eachMessage: async ({ message }) => void seen.push(String(message.value)) });
    const producer = kafka.producer({ allowAutoTopicCreation: false });
    await producer.connect();
    return {
      protocol: "kafka",
      channels: { in: `in-${run}`, out: `out-${run}` },
      address: peer.address,
      seen,
      feed: async (text) => void (await producer.send({ topic: `in-${run}`, messages: [{ value: text }] })),
      async stop() {
        await producer.disconnect();
        await watcher.disconnect();
        await peer.stop();
      },
    };
  },
};

async function overMqtt(protocol: string, peer: Peer): Promise<MessagingPeer> {
  const seen: string[] = [];
  const client = await connectMqtt(`mqtt://127.0.0.1:${peer.port}`);
  client.on("message", (_topic, bytes) => void seen.push(bytes.toString()));
  await client.subscribeAsync("out");
  return {
    protocol,
    channels: CHANNELS,
    address: `127.0.0.1:${peer.port}`,
    seen,
    feed: async (text) => void (await client.publishAsync("in", text, { qos: 1 })),
    stop: () => client.endAsync(true).then(peer.stop),
  };
}
