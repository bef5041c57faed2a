import type { MemoryStore } from "../store/memory/memory-store.ts";
import type { JournalReader, JournalRecord } from "../store/ports.ts";

/** What was changed on the disk behind the server's back, and what stood there before: of a damaged run everything else must still be as it was. */
export class Damage {
  readonly #originals = new Map<number, Map<number, JournalRecord>>();

  /** Changes a record as a flipped bit would. */
  tamper(store: MemoryStore, record: JournalRecord): void {
    const { run, seq } = record;
    let ofRun = this.#originals.get(run);
    if (ofRun === undefined) {
      ofRun = new Map();
      this.#originals.set(run, ofRun);
    }
    ofRun.set(seq, record);
    store.tamperJournal(run, seq, tampered(seq));
  }

  /** Whether a record of the run was changed. */
  has(run: number): boolean {
    return this.#originals.has(run);
  }

  /** The record as it was written: only one that reads as the damage made it is taken for damaged. */
  repaired(record: JournalRecord): JournalRecord {
    const original = this.#originals.get(record.run)?.get(record.seq);
    return original === undefined || record.data !== tampered(record.seq) ? record : original;
  }

  /** A journal as it was written. */
  repairing(journal: JournalReader): JournalReader {
    return {
      read: async (...query) => (await journal.read(...query)).map((record) => this.repaired(record)),
      snapshot: (run) => journal.snapshot(run),
      tails: async (...query) => {
        const tails = [...(await journal.tails(...query))];
        const repair = (record: JournalRecord): JournalRecord => this.repaired(record);
        return new Map(tails.map(([run, tail]) => [run, { ...tail, records: tail.records.map(repair) }]));
      },
      blob: (digest) => journal.blob(digest),
    };
  }
}

function tampered(seq: number): string {
  return `{"type":"continued","at":${String(seq)}}`;
}
