import type { RunChange } from "../../engine/engine.ts";
import type { RunRow } from "../../store/ports.ts";
import type { ExecutionPorts } from "./execution-ports.ts";
import { throughEngine } from "./engine-refusal.ts";
import { hasEnded } from "./run-status.ts";

/**
 * Changes of a run after a position, without gap: first the present state, then each change, the last one when the run has ended. A report of a foreign runner counts as a change without
 * trace. The reader pulls, so a slow one holds nothing in memory: what it missed is read from the journal.
 */
export async function* followRun(
  ports: ExecutionPorts,
  runId: string,
  fromPosition: number,
  signal: AbortSignal,
): AsyncGenerator<RunChange> {
  const changes = ports.engine().watch(runId, fromPosition, signal)[Symbol.asyncIterator]();
  let reported = wakeable();
  const unfollow = ports.reports.follow(runId, () => reported.wake());
  let position = fromPosition;
  let pending: Promise<IteratorResult<RunChange>> | undefined;
  try {
    for (;;) {
      pending ??= throughEngine(runId, () => changes.next());
      const next = await Promise.race([pending, reported.woken]);
      if (next === undefined) {
        reported = wakeable();
        const row = await ports.environment.store.runs.get(runId);
        if (row === undefined) return;
        yield { position, row, trace: [] };
        if (hasEnded(row.status)) return;
        continue;
      }
      pending = undefined;
      if (next.done === true) return;
      position = next.value.position;
      yield await withReport(ports, next.value);
      if (hasEnded(next.value.row.status)) return;
    }
  } finally {
    unfollow();
    pending?.catch(() => undefined);
    changes.return?.(undefined)?.then(undefined, () => undefined);
  }
}

/** The engine's row of a live run does not know what was reported since; the stored one does. */
async function withReport({ environment }: ExecutionPorts, change: RunChange): Promise<RunChange> {
  const stored: RunRow | undefined = await environment.store.runs.get(change.row.id);
  return stored === undefined ? change : { ...change, row: { ...change.row, data: stored.data } };
}

function wakeable(): { readonly woken: Promise<undefined>; wake(): void } {
  let wake = (): void => undefined;
  const woken = new Promise<undefined>((resolve) => {
    wake = () => resolve(undefined);
  });
  return { woken, wake: () => wake() };
}
