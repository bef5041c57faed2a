import type { RunEvent } from "@stigmer/core/protocol/event.ts";
import type { RunHeader } from "@stigmer/core/protocol/state.ts";
import type { TaskTrace } from "@stigmer/core/protocol/trace.ts";
import type { JournalReader, JournalRecord } from "../../store/ports.ts";
import { chainStart, CorruptRecord, decodeFact, type JournalPosition, verifyRecord } from "./journal-record.ts";
import type { Interpreter, RunProgram } from "./ports.ts";

const PAGE = 500;

/** A run's journal, verified record by record from a position on. Throws CorruptRecord at the first record that is not what was written, or when the last is not `head`. */
export async function* verifiedRecords(
  journal: JournalReader,
  from: JournalPosition,
  head: number,
): AsyncGenerator<readonly JournalRecord[]> {
  let position = from;
  while (position.seq < head) {
    const page = await journal.read(from.run, position.seq + 1, Math.min(PAGE, head - position.seq));
    if (page.length === 0)
      throw new CorruptRecord(`record ${String(position.seq + 1)} is missing, the last should be ${String(head)}`);
    for (const record of page) {
      verifyRecord(record, position);
      position = record;
    }
    yield page;
  }
}

/** The position before the first record of a run. */
export function journalStart(run: number): JournalPosition {
  return { run, seq: 0, chain: chainStart(run) };
}

/** One replayed fact: what the interpreter made of it. */
export interface ReplayedFact {
  readonly record: JournalRecord;
  readonly fact: RunEvent;
  readonly state: RunHeader;
  readonly trace: readonly TaskTrace[];
}

/** Replays a run from its first record up to `until`. Each state is valid until the next is asked for. Throws CorruptRecord. */
export async function* replayRun(
  journal: JournalReader,
  interpreter: Interpreter,
  program: RunProgram,
  run: number,
  until: number,
): AsyncGenerator<ReplayedFact> {
  let state: RunHeader | undefined;
  for await (const page of verifiedRecords(journal, journalStart(run), until)) {
    for (const record of page) {
      const fact = await decodeFact(record, journal);
      const result = interpreter.step(program, state, fact);
      state = result.state;
      yield { record, fact, state, trace: result.trace };
    }
  }
}
