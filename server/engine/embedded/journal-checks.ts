import { CHAIN_START, nextChain, snapshotHolds } from "./journal-record.ts";
import type { JournalChecks } from "../../store/sqlite/verify.ts";

/** What a store verifies journals of this engine by. */
export const journalChecks: JournalChecks = {
  chainOf: ({ data }, before) => nextChain(before ?? CHAIN_START, data),
  snapshotHolds,
};
