import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { Kafka, logLevel } from "kafkajs";
import { requireProgram } from "./peer.ts";

/** A broker with the topics that were asked for. */
export interface KafkaPeer {
  /** Host and port. */
  readonly address: string;
  stop(): Promise<void>;
}

/** The address of a whole broker that whoever runs the tests has; without it the one in Debian's librdkafka is started. */
const GIVEN = process.env["STIGMER_TEST_KAFKA"];

/** The programs that a broker of our own needs: none where one is given. The package kcat brings librdkafka. */
export const KAFKA_PROGRAMS: readonly string[] = GIVEN === undefined ? ["python3", "kcat"] : [];

/** A broker, and on it topics of these names. */
export async function startKafka(topics: readonly string[]): Promise<KafkaPeer> {
  return GIVEN === undefined ? startMock(topics) : useGiven(GIVEN, topics);
}

async function startMock(topics: readonly string[]): Promise<KafkaPeer> {
  const script = path.join(import.meta.dirname, "kafka-broker.py");
  const child = spawn(requireProgram("python3"), [script, ...topics], { stdio: ["pipe", "pipe", "pipe"] });
  let errors = "";
  child.stderr.on("data", (bytes: Buffer) => (errors += bytes.toString("utf8")));
  const exited = once(child, "exit");
  const said = await Promise.race([once(child.stdout, "data"), exited.then(() => undefined)]);
  if (said === undefined) throw new Error(`the broker ended: ${errors}`);
  return {
    address: String(said[0]).trim(),
    async stop() {
      child.stdin.end();
      await exited;
    },
  };
}

async function useGiven(address: string, topics: readonly string[]): Promise<KafkaPeer> {
  const admin = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createTopics({ waitForLeaders: true, topics: topics.map((topic) => ({ topic })) });
  await admin.disconnect();
  return { address, stop: async () => {} };
}
