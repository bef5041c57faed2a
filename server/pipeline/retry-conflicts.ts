import type { Conflict } from "../store/ports.ts";
import { CommitRefused } from "./commit-refusal.ts";

/** How often a write without a version of its own is tried again; in one process the lock makes a second attempt rare. */
const ATTEMPTS = 10;

/** Repeats a write that lost a race to another writer, for the kinds of conflict after which looking again can help. */
export async function retryConflicts<T>(kinds: readonly Conflict["kind"][], work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const again = error instanceof CommitRefused && kinds.includes(error.conflict.kind);
      if (!again || attempt === ATTEMPTS) throw error;
    }
  }
}
