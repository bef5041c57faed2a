import { createHash } from "node:crypto";
import type { IPublishPacket, MqttClient } from "mqtt";
import { type Json, getKey, setKey } from "@stigmer/core/lib/json.ts";
import { userAndPassword } from "./broker-credentials.ts";
import type { BrokerCall, BrokerProtocol, BrokerTarget } from "./broker-target.ts";
import { consumption } from "./in-order.ts";
import { decodePayload, encodePayload } from "./message-content.ts";
import { loadPeer } from "./peer-package.ts";

/** Reason codes of refused credentials: bad user name or password, not authorized; of MQTT 3.1.1 and 5. */
const REFUSALS: ReadonlySet<unknown> = new Set([4, 5, 134, 135]);

/**
 * MQTT 3.1.1 and 5. Quality of service and `retain` come from the operation's binding (1 and false without one). A subscription keeps its session under an id of the task, and a message is
 * acknowledged after it was delivered: what a crash leaves unacknowledged, the broker sends again. Headers are the user properties of MQTT 5.
 */
export function mqttProtocol(version: 4 | 5): BrokerProtocol {
  return {
    ...(version === 4 ? { withoutHeaders: true } : {}),
    async publish(target, message, call) {
      const client = await connect(version, target, call, true);
      try {
        const properties =
          version === 5
            ? {
                properties: {
                  userProperties: { ...message.headers, "idempotency-key": call.context.idempotencyKey },
                  contentType: target.contentType,
                },
              }
            : {};
        await client.publishAsync(target.address, encodePayload(message.payload, target.contentType), {
          qos: qosOf(target),
          retain: getKey(target.bindings, "retain") === true,
          ...properties,
        });
      } finally {
        await client.endAsync(true);
      }
    },
    isRefusal: (error) => REFUSALS.has((error as { readonly code?: unknown }).code),
    async consume(target, call, deliver) {
      const received = consumption<Packet>(
        call.context.signal,
        async ({ packet, done }) => {
          try {
            await deliver(incoming(packet, target));
          } catch (error) {
            done(error instanceof Error ? error : new Error("not delivered"));
            throw error;
          }
          done();
        },
        // The client waits for one of the two even while it ends.
        ({ done }) => done(new Error("no longer wanted")),
      );
      const client = await connect(version, target, call, false, (packet, done) => received.take({ packet, done }));
      client.on("error", received.fail);
      client.on("close", received.end);
      try {
        await client.subscribeAsync(target.address, { qos: qosOf(target) });
        await received.done;
      } finally {
        await client.endAsync(true);
      }
    },
  };
}

/** A message and its acknowledgement, which is not given for one that nobody takes any longer. */
interface Packet {
  readonly packet: IPublishPacket;
  readonly done: (error?: Error) => void;
}

type Handler = (packet: IPublishPacket, done: (error?: Error) => void) => void;

async function connect(
  version: 4 | 5,
  target: BrokerTarget,
  { services, context }: BrokerCall,
  clean: boolean,
  handler?: Handler,
): Promise<MqttClient> {
  const mqtt = await loadPeer("mqtt", "mqtt", () => import("mqtt"));
  const host = await services.guard.pin(target.host);
  const login = await userAndPassword(target);
  const session = createHash("sha256")
    .update(`${context.runId}${context.task.pointer}${context.task.iterations.join()}`)
    .digest("hex")
    .slice(0, 16);
  const client = mqtt.connect({
    protocol: target.tls ? "mqtts" : "mqtt",
    host,
    port: target.port ?? (target.tls ? 8883 : 1883),
    protocolVersion: version,
    clean,
    reconnectPeriod: 0,
    connectTimeout: services.options.http.timeoutMs,
    manualConnect: true,
    ...(clean ? {} : { clientId: `stigmer-${session}` }),
    ...(clean || version === 4 ? {} : { properties: { sessionExpiryInterval: 3600 } }),
    ...(target.tls ? { servername: target.host } : {}),
    ...(login === undefined ? {} : { username: login.username, password: login.password }),
  });
  if (handler !== undefined) client.handleMessage = handler;
  return new Promise((resolve, reject) => {
    client.once("connect", () => resolve(client));
    client.once("error", (error) => {
      client.end(true);
      reject(error);
    });
    client.once("close", () => reject(Object.assign(new Error("connection closed"), { code: "ECONNRESET" })));
    client.connect();
  });
}

function incoming(packet: IPublishPacket, target: BrokerTarget): { payload: Json; headers: Record<string, Json> } {
  const headers: Record<string, Json> = {};
  for (const [name, value] of Object.entries(packet.properties?.userProperties ?? {}))
    setKey(headers, name, Array.isArray(value) ? value.join(", ") : value);
  const bytes = typeof packet.payload === "string" ? Buffer.from(packet.payload) : packet.payload;
  return { payload: decodePayload(bytes, packet.properties?.contentType ?? target.contentType), headers };
}

function qosOf(target: BrokerTarget): 0 | 1 | 2 {
  const qos = getKey(target.bindings, "qos");
  return qos === 0 || qos === 2 ? qos : 1;
}
