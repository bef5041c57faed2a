import type { Store } from "../../store/ports.ts";
import { failpoint } from "./failpoints.ts";
import type { LiveRuns } from "./live-runs.ts";

const PAGE = 500;

/** What recovery did, for logs and metrics. */
export interface RecoveryReport {
  readonly runs: number;
}

/**
 * Takes up the runs that had something under way: reads their rows page by page and brings each into memory, which issues again whatever its state still waits for. Runs that only wait for
 * timers, events or children are not read at all. A run that can not be brought back is quarantined by the loader; the others go on.
 */
export async function recoverRuns(
  store: Store,
  live: LiveRuns,
  upTo: number,
  concurrency: number,
  stopped: () => boolean,
): Promise<RecoveryReport> {
  failpoint("recovery.begin");
  let runs = 0;
  let after = 0;
  while (!stopped()) {
    const page = await store.runs.active(after, PAGE);
    const last = page.at(-1);
    if (last === undefined) break;
    after = last.run;
    for (let at = 0; at < page.length && !stopped(); at += concurrency) {
      const slice = page.slice(at, at + concurrency).filter((row) => row.run <= upTo);
      await Promise.all(slice.map(({ run }) => live.get(run)));
      failpoint("recovery.run");
      runs += slice.length;
    }
    if (page.length < PAGE || last.run > upTo) break;
  }
  failpoint("recovery.end");
  return { runs };
}
