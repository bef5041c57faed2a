import type { MsgHdrs, NatsConnection } from "@nats-io/transport-node";
import { isIPv6 } from "node:net";
import { type Json, getKey, setKey } from "@stigmer/core/lib/json.ts";
import { brokerCredentials } from "./broker-credentials.ts";
import type { BrokerCall, BrokerProtocol, BrokerTarget } from "./broker-target.ts";
import { decodePayload, encodePayload } from "./message-content.ts";
import { loadPeer } from "./peer-package.ts";

const load = (): Promise<typeof import("@nats-io/transport-node")> =>
  loadPeer("@nats-io/transport-node", "nats", () => import("@nats-io/transport-node"));

/** NATS: subjects, with the queue group of the operation's binding. Core NATS acknowledges nothing; `Nats-Msg-Id` lets a JetStream behind the subject drop repeats. */
export const natsProtocol: BrokerProtocol = {
  async publish(target, message, call) {
    const { headers } = await load();
    const connection = await connect(target, call);
    try {
      const given = headers();
      for (const [name, value] of Object.entries(message.headers)) given.set(name, value);
      given.set("Nats-Msg-Id", call.context.idempotencyKey);
      connection.publish(target.address, encodePayload(message.payload, target.contentType), { headers: given });
      await connection.flush();
    } finally {
      await connection.close();
    }
  },
  isRefusal: ({ name }) => name === "AuthorizationError" || name === "UserAuthenticationExpiredError",
  async consume(target, call, deliver) {
    const connection = await connect(target, call);
    const queue = getKey(target.bindings, "queue");
    const subscription = connection.subscribe(target.address, typeof queue === "string" ? { queue } : {});
    const stop = (): void => subscription.unsubscribe();
    call.context.signal.addEventListener("abort", stop, { once: true });
    try {
      await connection.flush();
      if (call.context.signal.aborted) return;
      for await (const message of subscription) {
        if (call.context.signal.aborted) break;
        await deliver({
          payload: decodePayload(message.data, target.contentType),
          headers: headersOf(message.headers),
        });
      }
    } finally {
      call.context.signal.removeEventListener("abort", stop);
      await connection.close();
    }
  },
};

async function connect(target: BrokerTarget, { services }: BrokerCall): Promise<NatsConnection> {
  const { connect: open } = await load();
  const address = await services.guard.pin(target.host);
  const plain = await brokerCredentials(target);
  return open({
    servers: `${isIPv6(address) ? `[${address}]` : address}:${target.port ?? 4222}`,
    ignoreClusterUpdates: true,
    reconnect: false,
    timeout: services.options.http.timeoutMs,
    ...(target.tls ? { tls: { handshakeFirst: false } } : {}),
    ...(plain === undefined
      ? {}
      : plain.kind === "token"
        ? { token: plain.token }
        : { user: plain.username, pass: plain.password }),
  });
}

function headersOf(given: MsgHdrs | undefined): Record<string, Json> {
  const headers: Record<string, Json> = {};
  for (const name of given?.keys() ?? []) setKey(headers, name, given?.get(name) ?? "");
  return headers;
}
