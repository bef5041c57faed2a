import type { JsonObject } from "@stigmer/core/lib/json.ts";
import { LIFECYCLE_TYPES } from "@stigmer/core/protocol/lifecycle.ts";
import type { EventSink } from "../../config/event-sink.ts";
import type { Write } from "../../store/ports.ts";
import { type SinkPorts, SinkQueue } from "./sink-queue.ts";

const KNOWN_SPACE = "event-sinks";
const COMMIT_MAX = 1_000;

/** The sinks an operator has configured: what runs emit, and what the server says of them, goes out by HTTP to each that takes it. */
export class Sinks {
  readonly #queues: readonly SinkQueue[];
  readonly #bySpace: ReadonlyMap<string, SinkQueue>;
  readonly #ports: SinkPorts;
  readonly #lifecycleTypes = new Map<string, ReadonlySet<string> | undefined>();

  constructor(sinks: readonly EventSink[], ports: SinkPorts, backlogMax: number) {
    this.#ports = ports;
    this.#queues = sinks.map((sink) => new SinkQueue(sink, ports, backlogMax));
    this.#bySpace = new Map(this.#queues.map((queue) => [queue.space, queue]));
  }

  /** Reads what is still to be sent; what was left for sinks that are no longer configured is removed. To be called before anything runs. */
  async load(): Promise<void> {
    const { store } = this.#ports;
    const writes: Write[] = [];
    for (const { key: space, value: url } of await store.records.list(KNOWN_SPACE)) {
      if (this.#bySpace.has(space)) continue;
      const left = await store.records.keys(space);
      if (left.length > 0)
        this.#ports.warn("Events for a sink that is no longer configured are dropped", {
          sink: url,
          events: left.length,
        });
      for (const key of left) writes.push({ op: "deleteRecord", space, key });
      writes.push({ op: "deleteRecord", space: KNOWN_SPACE, key: space });
    }
    for (const { space, sink } of this.#queues)
      writes.push({ op: "putRecord", row: { space: KNOWN_SPACE, key: space, value: sink.url } });
    // In portions: what a sink has left may be more than one commit should hold.
    while (writes.length > 0) await store.commit(writes.splice(0, COMMIT_MAX));
    for (const queue of this.#queues) await queue.load();
  }

  /** Begins to send. */
  start(): void {
    for (const queue of this.#queues) queue.start();
  }

  /** Ends what is under way; what was not sent stays for the next start. */
  async stop(): Promise<void> {
    await Promise.all(this.#queues.map((queue) => queue.stop()));
  }

  /** The lifecycle types that a sink takes of an organization; undefined when there is none. */
  lifecycleTypes(org: string): ReadonlySet<string> | undefined {
    if (this.#queues.length === 0) return undefined;
    if (this.#lifecycleTypes.has(org)) return this.#lifecycleTypes.get(org);
    const types = LIFECYCLE_TYPES.filter((type) => this.#queues.some(({ sink }) => takes(sink, org, type)));
    const wanted = types.length === 0 ? undefined : new Set(types);
    this.#lifecycleTypes.set(org, wanted);
    return wanted;
  }

  /** The writes that queue an event of a run for each sink that takes it. */
  writes(org: string, run: number, event: JsonObject): readonly Write[] {
    if (this.#queues.length === 0) return [];
    const type = String(event["type"]);
    return this.#queues.flatMap((queue) => (takes(queue.sink, org, type) ? (queue.offer(run, event) ?? []) : []));
  }

  /** The writes are durable. */
  queued(writes: readonly Write[]): void {
    for (const write of writes) if (write.op === "putRecord") this.#bySpace.get(write.row.space)?.queued(write.row.key);
  }
}

function takes(sink: EventSink, org: string, type: string): boolean {
  if (sink.org !== undefined && sink.org !== org) return false;
  return (
    sink.types.length === 0 ||
    sink.types.some((wanted) => (wanted.endsWith("*") ? type.startsWith(wanted.slice(0, -1)) : type === wanted))
  );
}
