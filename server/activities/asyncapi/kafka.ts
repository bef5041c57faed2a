import { createHash } from "node:crypto";
import { connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";
import type { EachMessagePayload, Kafka, KafkaConfig, SASLOptions } from "kafkajs";
import { type Json, getKey, isJsonObject, setKey } from "@stigmer/core/lib/json.ts";
import { brokerCredentials } from "./broker-credentials.ts";
import type { BrokerCall, BrokerProtocol, BrokerTarget } from "./broker-target.ts";
import { decodePayload, encodePayload } from "./message-content.ts";
import { loadPeer } from "./peer-package.ts";

/**
 * Kafka. A record is published to all in-sync replicas; its key is the header `key` where there is one. A consumer's group is that of the operation's binding, or one of the task's own, and an
 * offset is committed after its record was delivered. Brokers name each other, so every connection passes the network guard by itself.
 */
export const kafkaProtocol: BrokerProtocol = {
  async publish(target, message, call) {
    const kafka = await client(target, call);
    const producer = kafka.producer({ allowAutoTopicCreation: false, idempotent: true, maxInFlightRequests: 1 });
    const { key, ...headers } = message.headers;
    try {
      await producer.connect();
      await producer.send({
        topic: target.address,
        acks: -1,
        messages: [
          {
            value: encodePayload(message.payload, target.contentType),
            headers: { ...headers, "idempotency-key": call.context.idempotencyKey },
            ...(key === undefined ? {} : { key }),
          },
        ],
      });
    } finally {
      await producer.disconnect().catch(() => {});
    }
  },
  isRefusal: ({ name, cause }) =>
    name === "KafkaJSSASLAuthenticationError" ||
    (cause instanceof Error && cause.name === "KafkaJSSASLAuthenticationError"),
  async consume(target, call, deliver) {
    const { signal, runId, task } = call.context;
    const kafka = await client(target, call);
    const own = createHash("sha256")
      .update(`${runId}${task.pointer}${task.iterations.join()}`)
      .digest("hex")
      .slice(0, 16);
    const consumer = kafka.consumer({ groupId: groupOf(target) ?? `stigmer-${own}`, allowAutoTopicCreation: false });
    try {
      await consumer.connect();
      await consumer.subscribe({ topic: target.address, fromBeginning: false });
      await new Promise<void>((resolve, reject) => {
        let current: Promise<void> = Promise.resolve();
        // The record under way is committed before the consumer leaves its group: nobody would commit it afterwards.
        const stop = (): void => queueMicrotask(() => void current.then(resolve, reject));
        signal.addEventListener("abort", stop, { once: true });
        if (signal.aborted) stop();
        consumer.on("consumer.crash", ({ payload }) => reject(payload.error));
        const take = async ({ topic, partition, message }: EachMessagePayload): Promise<void> => {
          await deliver({
            payload: decodePayload(message.value ?? Buffer.alloc(0), target.contentType),
            headers: headersOf(message.headers ?? {}),
          });
          await consumer.commitOffsets([{ topic, partition, offset: (BigInt(message.offset) + 1n).toString() }]);
        };
        consumer
          .run({
            autoCommit: false,
            async eachMessage(record) {
              if (signal.aborted) return;
              current = take(record);
              await current;
            },
          })
          .catch(reject);
      });
    } finally {
      await consumer.disconnect().catch(() => {});
    }
  },
};

async function client(target: BrokerTarget, { services }: BrokerCall): Promise<Kafka> {
  const { Kafka: Client, logLevel } = await loadPeer("kafkajs", "kafka", () => import("kafkajs"));
  const { guard, options } = services;
  const plain = await brokerCredentials(target);
  const sasl: SASLOptions | undefined =
    plain === undefined
      ? undefined
      : plain.kind === "password"
        ? { mechanism: mechanismOf(target), username: plain.username, password: plain.password }
        : { mechanism: "oauthbearer", oauthBearerProvider: async () => ({ value: plain.token }) };
  // Judged before the first connection too, so that a refusal is told as one and not as a broker that is away.
  await guard.resolve(target.host);
  const config: KafkaConfig = {
    clientId: "stigmer",
    brokers: [`${target.host}:${target.port ?? 9092}`],
    logLevel: logLevel.NOTHING,
    connectionTimeout: Math.min(options.http.timeoutMs, 10_000),
    requestTimeout: options.http.timeoutMs,
    retry: { retries: 2 },
    ...(target.tls ? { ssl: true } : {}),
    ...(sasl === undefined ? {} : { sasl }),
    socketFactory({ host, port, ssl, onConnect }) {
      guard.checkHost(host);
      const socket = { host, port, lookup: guard.lookup };
      // Without TLS the client gives null, whatever its types say.
      return !ssl ? connectTcp(socket, onConnect) : connectTls({ ...ssl, ...socket, servername: host }, onConnect);
    },
  };
  return new Client(config);
}

function mechanismOf(target: BrokerTarget): "plain" | "scram-sha-256" | "scram-sha-512" {
  const said = getKey(target.bindings, "saslMechanism");
  return said === "scram-sha-256" || said === "scram-sha-512" ? said : "plain";
}

/** The binding's group is a schema: a single value it can have is the group. */
function groupOf(target: BrokerTarget): string | undefined {
  const group = getKey(target.bindings, "groupId");
  if (typeof group === "string") return group;
  if (!isJsonObject(group)) return undefined;
  const values = getKey(group, "enum");
  const only =
    getKey(group, "const") ??
    getKey(group, "default") ??
    (Array.isArray(values) && values.length === 1 ? (values[0] as Json) : undefined);
  return typeof only === "string" ? only : undefined;
}

function headersOf(
  given: Readonly<Record<string, Buffer | string | (Buffer | string)[] | undefined>>,
): Record<string, Json> {
  const headers: Record<string, Json> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) setKey(headers, name, Array.isArray(value) ? value.map(String).join(", ") : String(value));
  }
  return headers;
}
