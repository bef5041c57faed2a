import { isJsonObject, type Json, type JsonObject } from "@stigmer/core/lib/json.ts";
import type { RunEvent } from "@stigmer/core/protocol/event.ts";
import { chainStart } from "../engine/embedded/journal-record.ts";
import type { JournalRecord, RunRow, Write } from "../store/ports.ts";

/** What is known of a run's journal: its records as they became durable. */
export interface Known {
  readonly records: JournalRecord[];
  chain: string;
  digest: string;
  /** An operator had it go on after it had ended. */
  retried: boolean;
  /** What its facts answered. */
  readonly answered: Set<string>;
  readonly timersDue: Map<number, number>;
}

/** What the world knows of all runs. What a write is about is noted when it is tried: if it is lost, the next try says it again. */
export class KnownRuns {
  readonly #known = new Map<number, Known>();
  readonly #keys = new Map<string, number>();
  readonly #ids = new Map<number, string>();
  readonly #blobs = new Map<string, string>();

  of(run: number): Known {
    let known = this.#known.get(run);
    if (known === undefined) {
      known = {
        records: [],
        chain: chainStart(run),
        digest: "",
        retried: false,
        answered: new Set(),
        timersDue: new Map(),
      };
      this.#known.set(run, known);
    }
    return known;
  }

  all(): Iterable<Known> {
    return this.#known.values();
  }

  /** The key of a run by its id; undefined for one that was tried, lost, and whose key another run has got. */
  keyOf(runId: string): number | undefined {
    return this.#keys.get(runId);
  }

  attempted(write: Write): void {
    if (write.op === "putBlob") this.#blobs.set(write.digest, Buffer.from(write.data).toString());
    else if (write.op === "putTimer") this.of(write.row.run).timersDue.set(write.row.id, write.row.dueAt);
    else if (write.op === "putRun") this.#named(write.row);
  }

  /** A start that never became durable leaves its key to a run of a later process, and nothing of what it had set. */
  #named({ id, run }: RunRow): void {
    const before = this.#ids.get(run);
    if (before === id) return;
    if (before !== undefined) {
      if (this.#keys.get(before) === run) this.#keys.delete(before);
      this.of(run).timersDue.clear();
    }
    this.#ids.set(run, id);
    this.#keys.set(id, run);
  }

  /** The fact of a record, with what lies in blobs. */
  fact({ data }: JournalRecord): RunEvent {
    const { blobs, ...members } = JSON.parse(data) as JsonObject;
    if (!isJsonObject(blobs)) return members as unknown as RunEvent;
    const whole: Record<string, Json> = { ...members };
    for (const [key, digest] of Object.entries(blobs))
      whole[key] = JSON.parse(this.#blobs.get(String(digest)) ?? "null") as Json;
    return whole as unknown as RunEvent;
  }
}
