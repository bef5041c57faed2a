import type { RunEvent } from "@stigmer/core/protocol/event.ts";
import { describe, expect, test } from "vitest";
import type { JournalReader, JournalRecord } from "../../store/ports.ts";
import {
  chainStart,
  CorruptRecord,
  decodeFact,
  encodeFact,
  encodeSnapshot,
  nextChain,
  snapshotHolds,
  verifyRecord,
} from "./journal-record.ts";

const facts: readonly RunEvent[] = [
  { type: "activityCompleted", at: 1, id: 1, output: { text: "grüße", list: [1, 2, 3] } },
  { type: "timerFired", at: 2, id: 2 },
  { type: "continued", at: 3 },
];

function journal(limit = 1_000): {
  readonly records: JournalRecord[];
  readonly blobs: Map<string, Uint8Array>;
  readonly reader: Pick<JournalReader, "blob">;
} {
  const records: JournalRecord[] = [];
  const blobs = new Map<string, Uint8Array>();
  let position = { run: 7, seq: 0, chain: chainStart(7) };
  for (const fact of facts) {
    const encoded = encodeFact(fact, position, limit);
    for (const write of encoded.blobs) if (write.op === "putBlob") blobs.set(write.digest, write.data);
    records.push(encoded.record);
    position = encoded.record;
  }
  const reader: Pick<JournalReader, "blob"> = {
    blob: async (digest) => blobs.get(digest),
  };
  return { records, blobs, reader };
}

function verifyAll(records: readonly JournalRecord[], run = 7): void {
  let position = { run, seq: 0, chain: chainStart(run) };
  for (const record of records) {
    verifyRecord(record, position);
    position = record;
  }
}

describe("journal records", () => {
  test("survive the round trip, inline and by blob", async () => {
    for (const limit of [1_000, 8]) {
      const { records, reader } = journal(limit);
      verifyAll(records);
      expect(await Promise.all(records.map((record) => decodeFact(record, reader)))).toEqual(facts);
    }
  });

  test("every single flipped bit is noticed", () => {
    const { records } = journal();
    for (const [index, record] of records.entries()) {
      const bytes = Buffer.from(record.data);
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const flipped = Buffer.from(bytes);
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const damaged = records.with(index, { ...record, data: flipped.toString() });
        expect(() => verifyAll(damaged)).toThrow(CorruptRecord);
      }
    }
  });

  test("a lost, repeated, swapped or foreign record is noticed", () => {
    const [first, second, third] = journal().records as [JournalRecord, JournalRecord, JournalRecord];
    const renumbered = { ...third, seq: 2 };
    for (const damaged of [[second], [first, third], [first, renumbered], [first, first], [first, third, second]]) {
      expect(() => verifyAll(damaged)).toThrow(CorruptRecord);
    }
  });

  test("another run's first record is noticed", () => {
    const { records } = journal();
    verifyAll(records, 7);
    expect(() => verifyAll(records, 8)).toThrow(CorruptRecord);
  });

  test("the first record of a database from before the chain named its run holds", () => {
    const [first] = journal().records as [JournalRecord];
    verifyAll([{ ...first, chain: nextChain("", first.data) }]);
  });

  test("a lost or changed blob is noticed", async () => {
    const { records, blobs, reader } = journal(8);
    const [first] = records as [JournalRecord];
    const [digest] = [...blobs.keys()] as [string];
    blobs.set(digest, Buffer.from("{}"));
    await expect(decodeFact(first, reader)).rejects.toThrow(CorruptRecord);
    blobs.delete(digest);
    await expect(decodeFact(first, reader)).rejects.toThrow(CorruptRecord);
  });

  test("a snapshot holds only where and as it was written", () => {
    const row = encodeSnapshot({ run: 7, seq: 3, chain: "abc" }, '{"state":1}');
    expect(snapshotHolds(row)).toBe(true);
    for (const change of [{ run: 8 }, { seq: 4 }, { chain: "abd" }, { data: '{"state":2}' }])
      expect(snapshotHolds({ ...row, ...change })).toBe(false);
  });
});
