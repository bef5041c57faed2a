import { isIPv6 } from "node:net";
import { userAndPassword } from "./broker-credentials.ts";
import type { BrokerCall, BrokerProtocol, BrokerTarget } from "./broker-target.ts";
import { consumption } from "./in-order.ts";
import { decodePayload, encodePayload } from "./message-content.ts";
import { inTime } from "./in-time.ts";
import { loadPeer } from "./peer-package.ts";

/** Redis channels (publish and subscribe). Messages have no headers and are not acknowledged: who does not listen misses them. */
export const redisProtocol: BrokerProtocol = {
  withoutHeaders: true,
  async publish(target, message, call) {
    const client = await connect(target, call);
    try {
      const sent = client.publish(target.address, encodePayload(message.payload, target.contentType));
      await inTime(call.services.options.http.timeoutMs, sent);
    } finally {
      client.destroy();
    }
  },
  isRefusal: ({ message }) => /^(?:WRONGPASS|NOAUTH|NOPERM)|invalid password/u.test(message),
  async consume(target, call, deliver) {
    const received = consumption(call.context.signal, deliver);
    const client = await connect(target, call);
    client.on("error", received.fail);
    client.on("end", received.end);
    try {
      await client.subscribe(
        target.address,
        (bytes) => received.take({ payload: decodePayload(bytes, target.contentType), headers: {} }),
        true,
      );
      await received.done;
    } finally {
      client.destroy();
    }
  },
};

type RedisClient = ReturnType<typeof import("redis").createClient>;

async function connect(target: BrokerTarget, { services }: BrokerCall): Promise<RedisClient> {
  const { createClient } = await loadPeer("redis", "redis", () => import("redis"));
  const address = await services.guard.pin(target.host);
  const login = await userAndPassword(target);
  const database = /^\/(\d+)$/u.exec(target.path)?.[1];
  const client = createClient({
    socket: {
      host: address,
      port: target.port ?? 6379,
      family: isIPv6(address) ? 6 : 4,
      connectTimeout: services.options.http.timeoutMs,
      reconnectStrategy: false,
      ...(target.tls ? { tls: true as const, servername: target.host } : {}),
    },
    ...(login === undefined
      ? {}
      : { password: login.password, ...(login.username === "" ? {} : { username: login.username }) }),
    ...(database === undefined ? {} : { database: Number(database) }),
  });
  // Without a listener an error after connecting would end the whole process; `connect` itself reports those before.
  client.on("error", () => {});
  // The client bounds the connection, but not what is said over it first.
  await inTime(services.options.http.timeoutMs, client.connect(), () => client.destroy());
  return client as RedisClient;
}
