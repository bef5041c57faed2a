import { chainHolds, chainStart, snapshotHolds } from "./journal-record.ts";
import type { JournalChecks } from "../../store/sqlite/verify.ts";

/** What a store verifies journals of this engine by. */
export const journalChecks: JournalChecks = {
  chainHolds: (record, before) =>
    chainHolds({ run: record.run, seq: record.seq - 1, chain: before ?? chainStart(record.run) }, record),
  snapshotHolds,
};
