import type { AsyncApiProtocol } from "@stigmer/core/dsl/model.ts";
import { amqpProtocol } from "./amqp.ts";
import type { BrokerProtocol } from "./broker-target.ts";
import { httpProtocol } from "./http-channel.ts";
import { kafkaProtocol } from "./kafka.ts";
import { mqttProtocol } from "./mqtt.ts";
import { natsProtocol } from "./nats.ts";
import { isPeerInstalled } from "./peer-package.ts";
import { redisProtocol } from "./redis.ts";
import { wsProtocol } from "./ws.ts";

interface Known {
  readonly name: AsyncApiProtocol;
  readonly protocol: BrokerProtocol;
  /** The package that speaks it; http needs none. */
  readonly peer?: string;
}

/** Every protocol this server has a file for. To add one, add its file and its line. */
const PROTOCOLS: readonly Known[] = [
  { name: "http", protocol: httpProtocol },
  { name: "ws", protocol: wsProtocol, peer: "ws" },
  { name: "kafka", protocol: kafkaProtocol, peer: "kafkajs" },
  { name: "nats", protocol: natsProtocol, peer: "@nats-io/transport-node" },
  { name: "mqtt", protocol: mqttProtocol(4), peer: "mqtt" },
  { name: "mqtt5", protocol: mqttProtocol(5), peer: "mqtt" },
  { name: "amqp", protocol: amqpProtocol, peer: "amqplib" },
  { name: "redis", protocol: redisProtocol, peer: "redis" },
];

/** The implementation of a protocol; undefined where there is none. */
export function brokerProtocol(name: string): BrokerProtocol | undefined {
  return PROTOCOLS.find((known) => known.name === name)?.protocol;
}

/** The protocols whose client is installed, and what to say of the others: a workflow that needs one of those is refused when it is applied. */
export function supportedAsyncapiProtocols(): {
  readonly protocols: ReadonlySet<AsyncApiProtocol>;
  readonly reason: string;
} {
  const installed = PROTOCOLS.filter(({ peer }) => peer === undefined || isPeerInstalled(peer));
  const absent = PROTOCOLS.filter((known) => !installed.includes(known)).map(
    ({ name, peer }) => `${name} needs package "${peer}"`,
  );
  const has = `this server has clients for ${installed.map(({ name }) => name).join(", ")}`;
  return { protocols: new Set(installed.map(({ name }) => name)), reason: [has, ...absent].join("; ") };
}
