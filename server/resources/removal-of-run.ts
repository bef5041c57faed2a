import type { Write } from "../store/ports.ts";

/** The writes that remove an ended run with all that is kept of it, its secrets included. */
export function removalOfRun(run: number): readonly Write[] {
  return [
    { op: "deleteRun", run },
    { op: "deleteRecord", space: "run-secrets", key: String(run) },
  ];
}
