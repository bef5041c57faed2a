import type { Write } from "../../store/ports.ts";

/** Whether a write puts or deletes a small record of a space. */
export function isRecord(write: Write, op: "putRecord" | "deleteRecord", space: string): boolean {
  return write.op === op && (write.op === "putRecord" ? write.row.space : write.space) === space;
}
