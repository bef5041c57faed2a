import type { DefinitionReader, DefinitionRow, Page } from "../ports.ts";
import type { Refusal } from "../refusal.ts";
import { compareText } from "../text-order.ts";
import { pageOf } from "./page.ts";
import { type UndoLog, UndoMap } from "./undo-map.ts";

/** Workflow definitions in memory. */
export class MemoryDefinitions implements DefinitionReader {
  readonly #rows: UndoMap<string, DefinitionRow>;

  constructor(log: UndoLog) {
    this.#rows = new UndoMap(log);
  }

  async byDigest(digest: string): Promise<DefinitionRow | undefined> {
    const rows = this.#rows.values().filter((row) => row.digest === digest);
    return rows.toSorted(
      (left, right) => compareText(left.workflowId, right.workflowId) || left.revision - right.revision,
    )[0];
  }

  async byRevision(workflowId: string, revision: number): Promise<DefinitionRow | undefined> {
    return this.#rows.get(keyOf(workflowId, revision));
  }

  async list(workflowId: string, limit: number, cursor?: string): Promise<Page<DefinitionRow>> {
    const rows = this.#rows.values().filter((row) => row.workflowId === workflowId);
    const query = { workflowId, limit, ...(cursor === undefined ? {} : { cursor }) };
    return pageOf(rows, query, (row) => [row.revision], ["number"]);
  }

  put(row: DefinitionRow): Refusal {
    const key = keyOf(row.workflowId, row.revision);
    const taken = this.#rows.get(key);
    if (taken !== undefined) return { kind: "idExists", existing: taken.digest };
    this.#rows.set(key, row);
    return undefined;
  }

  delete(workflowId: string): void {
    for (const row of this.#rows.values()) {
      if (row.workflowId === workflowId) this.#rows.delete(keyOf(workflowId, row.revision));
    }
  }
}

function keyOf(workflowId: string, revision: number): string {
  return `${workflowId}\0${revision}`;
}
