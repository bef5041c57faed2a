import type { ChannelModel, ConfirmChannel, ConsumeMessage } from "amqplib";
import { type Json, type JsonObject, getKey, isJsonObject, setKey } from "@stigmer/core/lib/json.ts";
import { standardFault } from "@stigmer/core/protocol/fault.ts";
import { ActivityFault } from "../activity.ts";
import { userAndPassword } from "./broker-credentials.ts";
import type { BrokerCall, BrokerProtocol, BrokerTarget } from "./broker-target.ts";
import { consumption } from "./in-order.ts";
import { decodePayload, encodePayload } from "./message-content.ts";
import { loadPeer } from "./peer-package.ts";

/** Messages a broker may send before the first of them is acknowledged. */
const PREFETCH = 10;

/**
 * AMQP 0-9-1. The channel's binding says whether its address is a queue (which must exist) or a routing key of an exchange. Publishing waits for the broker's confirmation, and a message no queue
 * takes is a fault; consuming acknowledges after delivery and gives back what could not be delivered.
 */
export const amqpProtocol: BrokerProtocol = {
  async publish(target, message, call) {
    const connection = await connect(target, call);
    try {
      const channel = await connection.createConfirmChannel();
      await publishConfirmed(
        channel,
        target,
        encodePayload(message.payload, target.contentType),
        message.headers,
        call,
      );
      await channel.close();
    } finally {
      await connection.close().catch(() => {});
    }
  },
  isRefusal: ({ message }) => message.includes("ACCESS_REFUSED") || message.includes("ACCESS-REFUSED"),
  async consume(target, call, deliver) {
    const connection = await connect(target, call);
    try {
      const channel = await connection.createChannel();
      const received = consumption<ConsumeMessage>(call.context.signal, async (message) => {
        try {
          await deliver(incoming(message, target));
        } catch (error) {
          channel.nack(message, false, true);
          throw error;
        }
        channel.ack(message);
      });
      connection.on("error", received.fail);
      connection.on("close", received.end);
      channel.on("error", received.fail);
      await channel.prefetch(PREFETCH);
      const { exchange, queue } = routeOf(target);
      let name = queue;
      if (name === undefined) {
        ({ queue: name } = await channel.assertQueue("", { exclusive: true }));
        await channel.bindQueue(name, exchange, target.address);
      }
      await channel.consume(name, (message) => {
        if (message === null) received.end();
        else received.take(message);
      });
      await received.done;
      // A broker that closes a connection drops acknowledgements on their way; a channel takes them first.
      await channel.close();
    } finally {
      await connection.close().catch(() => {});
    }
  },
};

async function connect(target: BrokerTarget, { services }: BrokerCall): Promise<ChannelModel> {
  const amqp = await loadPeer("amqplib", "amqp", () => import("amqplib"));
  const hostname = await services.guard.pin(target.host);
  const login = await userAndPassword(target);
  return amqp.connect(
    {
      protocol: target.tls ? "amqps" : "amqp",
      hostname,
      port: target.port ?? (target.tls ? 5671 : 5672),
      vhost: decodeURIComponent(target.path.slice(1)) || "/",
      ...login,
    },
    { timeout: services.options.http.timeoutMs, ...(target.tls ? { servername: target.host } : {}) },
  );
}

async function publishConfirmed(
  channel: ConfirmChannel,
  target: BrokerTarget,
  content: Buffer,
  headers: Readonly<Record<string, string>>,
  { context }: BrokerCall,
): Promise<void> {
  const { exchange } = routeOf(target);
  let returned = false;
  channel.on("return", () => {
    returned = true;
  });
  await new Promise<void>((resolve, reject) => {
    channel.once("error", reject);
    channel.publish(
      exchange,
      target.address,
      content,
      {
        headers,
        contentType: target.contentType,
        messageId: context.idempotencyKey,
        persistent: true,
        mandatory: true,
      },
      (error: unknown) =>
        error === null || error === undefined
          ? resolve()
          : reject(error instanceof Error ? error : new Error("refused by the broker")),
    );
  });
  if (returned) {
    throw new ActivityFault(
      standardFault(
        "communication",
        "Message not routed",
        `Cannot publish to "${target.address}": the broker has no queue for it`,
        { status: 404 },
      ),
    );
  }
}

/** Exchange and queue of a channel: a queue is reached through the default exchange, whose name is empty. */
function routeOf(target: BrokerTarget): { readonly exchange: string; readonly queue: string | undefined } {
  const exchange = objectOf(target.bindings, "exchange");
  if (getKey(target.bindings, "is") === "routingKey" || getKey(exchange, "name") !== undefined) {
    const name = getKey(exchange, "name");
    return { exchange: typeof name === "string" ? name : "", queue: undefined };
  }
  const queue = getKey(objectOf(target.bindings, "queue"), "name");
  return { exchange: "", queue: typeof queue === "string" ? queue : target.address };
}

function objectOf(source: JsonObject, name: string): JsonObject {
  const value = getKey(source, name);
  return isJsonObject(value) ? value : {};
}

function incoming(
  { content, properties }: ConsumeMessage,
  target: BrokerTarget,
): { payload: Json; headers: Record<string, Json> } {
  const headers: Record<string, Json> = {};
  for (const [name, value] of Object.entries(properties.headers ?? {})) {
    setKey(
      headers,
      name,
      typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : String(value),
    );
  }
  const { correlationId, contentType } = properties as {
    readonly correlationId?: unknown;
    readonly contentType?: unknown;
  };
  if (typeof correlationId === "string") setKey(headers, "correlationId", correlationId);
  return {
    payload: decodePayload(content, typeof contentType === "string" ? contentType : target.contentType),
    headers,
  };
}
