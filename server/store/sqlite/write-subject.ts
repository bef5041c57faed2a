import type { Write } from "../ports.ts";

/** What a read is of, as far as it is of one thing: a run by its key, or one kind of row. */
export type ReadSubject = number | "resources" | "definitions" | "records";

/** What reads a write may change. */
export function subjectOf(write: Write): ReadSubject | undefined {
  switch (write.op) {
    case "putResource":
    case "deleteResource":
      return "resources";
    case "putDefinition":
    case "deleteDefinitions":
      return "definitions";
    case "putRecord":
    case "deleteRecord":
      return "records";
    case "requireResource":
    case "requireNoActiveRuns":
      return undefined;
    case "append":
      return write.record.run;
    case "putRun":
    case "putSnapshot":
    case "putTimer":
    case "deleteTimer":
    case "putSubscription":
      return write.row.run;
    case "updateRun":
    case "deleteRun":
    case "deleteSubscription":
    case "putBlob":
      return write.run;
  }
}
