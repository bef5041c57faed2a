import { hash } from "node:crypto";
import type { JsonObject } from "@stigmer/core/lib/json.ts";
import type { EventSink } from "../../config/event-sink.ts";
import type { Store, Write } from "../../store/ports.ts";
import { sinkRequest } from "./sink-request.ts";

/*
 * Theory of operation. An event for a sink is a record, written in the commit that made the event and deleted once the sink has taken it: the records that are left are the position, and they
 * survive a crash. Sent and not yet deleted means sent again, with the same id. Events of one run go one after the other, those of different runs side by side. A sink that fails makes the whole
 * queue pause, longer each time; what it refuses as such (400, 413, 415, 422) is not asked of it again.
 */

/** What sending takes of the world. */
export interface SinkPorts {
  readonly store: Store;
  /** Sends one POST with the sink's credentials through the guard of outgoing calls, following nothing; resolves with the status. */
  send(
    sink: EventSink,
    headers: Record<string, string>,
    body: string | Uint8Array,
    signal: AbortSignal,
  ): Promise<number>;
  /** Calls once after at least `delayMs`; the answer takes it back. */
  later(delayMs: number, task: () => void): () => void;
  warn(message: string, fields: { readonly [name: string]: unknown }): void;
  readonly meter: SinkMeter;
}

/** What is counted of the sinks of one host: URLs may have secrets in their paths. */
export interface SinkMeter {
  /** An event left the queue, or never came into it. */
  event(host: string, outcome: "sent" | "refused" | "dropped"): void;
  /** An attempt failed; the event is sent again. */
  failed(host: string): void;
  /** The number of events that wait has changed by this many. */
  queued(host: string, change: number): void;
}

/** Runs whose events are on their way to one sink at a time. */
const CONCURRENCY = 16;
const RETRY_MS = 500;
const RETRY_MAX_MS = 60_000;
/** The event itself is not to the sink's liking: no repeat will change that. */
const REFUSALS = new Set([400, 413, 415, 422]);

/** Where the events of one sink are kept. */
export function sinkSpace(url: string): string {
  return `event-sink:${hash("sha256", url, "hex").slice(0, 16)}`;
}

/** The durable queue of one sink. */
export class SinkQueue {
  readonly sink: EventSink;
  readonly space: string;
  readonly #ports: SinkPorts;
  readonly #host: string;
  readonly #backlogMax: number;
  /** Keys of the records to send, oldest first, by run. */
  readonly #lanes = new Map<string, string[]>();
  readonly #ready: string[] = [];
  readonly #stop = new AbortController();
  readonly #underWay = new Set<Promise<void>>();
  #sequence = 0;
  #pending = 0;
  #sending = 0;
  #failures = 0;
  #full = false;
  #running = false;
  #takeBackPause: (() => void) | undefined;
  #sent: Write[] = [];
  #forgetting: Promise<void> | undefined;

  constructor(sink: EventSink, ports: SinkPorts, backlogMax: number) {
    this.sink = sink;
    this.space = sinkSpace(sink.url);
    this.#ports = ports;
    this.#host = new URL(sink.url).host;
    // So that all series of a sink are there before anything happens.
    ports.meter.queued(this.#host, 0);
    this.#backlogMax = backlogMax;
  }

  /** How many events wait for the sink. */
  get pending(): number {
    return this.#pending;
  }

  /** Reads what was left when the last process ended. */
  async load(): Promise<void> {
    for (const key of await this.#ports.store.records.keys(this.space)) {
      this.#sequence = Number.parseInt(key, 36);
      this.#line(key);
    }
  }

  /** The write that queues an event; undefined when the backlog is full: an event more or less at a sink that is down must not cost the runs anything. */
  offer(run: number, event: JsonObject): Write | undefined {
    if (this.#pending >= this.#backlogMax) {
      if (!this.#full)
        this.#ports.warn("Events are lost to a sink that does not take them", {
          sink: this.sink.url,
          backlog: this.#pending,
        });
      this.#full = true;
      this.#ports.meter.event(this.#host, "dropped");
      return undefined;
    }
    this.#full = false;
    this.#sequence += 1;
    const key = `${this.#sequence.toString(36).padStart(11, "0")}/${run.toString(36)}`;
    return { op: "putRecord", row: { space: this.space, key, value: JSON.stringify(event) } };
  }

  /** The event under this key is durable. */
  queued(key: string): void {
    this.#line(key);
    this.#pump();
  }

  /** Begins to send. */
  start(): void {
    this.#running = true;
    this.#pump();
  }

  /** Ends what is under way; what was not sent stays for the next start. */
  async stop(): Promise<void> {
    this.#running = false;
    this.#takeBackPause?.();
    this.#stop.abort();
    await Promise.all(this.#underWay);
    await this.#forgetting;
  }

  #line(key: string): void {
    this.#pending += 1;
    this.#ports.meter.queued(this.#host, 1);
    const run = key.slice(key.indexOf("/") + 1);
    const lane = this.#lanes.get(run);
    if (lane !== undefined) {
      lane.push(key);
      return;
    }
    this.#lanes.set(run, [key]);
    this.#ready.push(run);
  }

  #pump(): void {
    while (this.#running && this.#takeBackPause === undefined && this.#sending < this.#allowed()) {
      const run = this.#ready.shift();
      if (run === undefined) return;
      this.#sending += 1;
      const serving = this.#serve(run).finally(() => this.#underWay.delete(serving));
      this.#underWay.add(serving);
    }
  }

  /** A sink that has just failed is asked with one event. */
  #allowed(): number {
    return this.#failures === 0 ? CONCURRENCY : 1;
  }

  async #serve(run: string): Promise<void> {
    const lane = this.#lanes.get(run) ?? [];
    const [key = ""] = lane;
    let done = false;
    try {
      done = await this.#send(key);
      if (done) this.#failures = 0;
    } catch (error) {
      this.#fail(error);
    }
    this.#sending -= 1;
    if (done) {
      lane.shift();
      this.#forget(key);
    }
    if (lane.length === 0) this.#lanes.delete(run);
    else this.#ready.push(run);
    this.#pump();
  }

  /** True once the sink has taken the event, or refused it for good. */
  async #send(key: string): Promise<boolean> {
    const value = await this.#ports.store.records.get(this.space, key);
    if (value === undefined) return true;
    const event = JSON.parse(value) as JsonObject;
    const { headers, body } = sinkRequest(event, this.sink.mode);
    const status = await this.#ports.send(this.sink, headers, body, this.#stop.signal);
    if (status >= 200 && status < 300) {
      this.#ports.meter.event(this.#host, "sent");
      return true;
    }
    if (!REFUSALS.has(status)) throw new Error(`the sink answered with status ${String(status)}`);
    this.#ports.meter.event(this.#host, "refused");
    this.#ports.warn("A sink refused an event", {
      sink: this.sink.url,
      status,
      event: event["id"],
      type: event["type"],
    });
    return true;
  }

  #fail(error: unknown): void {
    if (!this.#running) return;
    this.#ports.meter.failed(this.#host);
    if (this.#failures === 0) this.#ports.warn("Cannot send events to a sink now", { sink: this.sink.url, err: error });
    const delayMs = Math.min(RETRY_MAX_MS, RETRY_MS * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 30);
    this.#takeBackPause ??= this.#ports.later(delayMs, () => {
      this.#takeBackPause = undefined;
      this.#pump();
    });
  }

  /** Deletes the record of an event that was sent; many at a time where many are. */
  #forget(key: string): void {
    this.#pending -= 1;
    this.#ports.meter.queued(this.#host, -1);
    this.#sent.push({ op: "deleteRecord", space: this.space, key });
    this.#forgetting ??= this.#forgetSent().finally(() => {
      this.#forgetting = undefined;
    });
  }

  async #forgetSent(): Promise<void> {
    while (this.#sent.length > 0) {
      const batch = this.#sent.splice(0);
      try {
        await this.#ports.store.commit(batch);
      } catch (error) {
        // The next deletion takes these along; at worst the next process sends them again.
        this.#sent.unshift(...batch);
        this.#ports.warn("Cannot note that events were sent", { sink: this.sink.url, err: error });
        return;
      }
    }
  }
}
