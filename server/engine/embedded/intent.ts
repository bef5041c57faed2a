import type { RecordRow, Write } from "../../store/ports.ts";

/** Intents of at-most-once activities: written right before the call, deleted with its result. One that is found at dispatch means that nobody knows whether the call was made. */
export const INTENT_SPACE = "intents";

/** Name of an activity's intent. */
export function intentKey(run: number, id: number): string {
  return `${String(run)}/${String(id)}`;
}

/** The intent to call. */
export function intentRow(run: number, id: number): RecordRow {
  return { space: INTENT_SPACE, key: intentKey(run, id), value: "1" };
}

/** The end of an intent. */
export function intentEnd(run: number, id: number): Write {
  return { op: "deleteRecord", space: INTENT_SPACE, key: intentKey(run, id) };
}
