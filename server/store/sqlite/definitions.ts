import { decodeCursor, encodeCursor } from "../cursor.ts";
import type { DefinitionReader, DefinitionRow, Page } from "../ports.ts";
import type { Refusal } from "../refusal.ts";
import type { Connection, SqlRow } from "./database.ts";

/** Workflow definitions in SQLite. */
export class SqliteDefinitions implements DefinitionReader {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async byDigest(digest: string): Promise<DefinitionRow | undefined> {
    const row = this.#connection
      .sql("select * from definitions where digest = ? order by workflow_id, revision limit 1")
      .get(digest);
    return this.#connection.durable(row === undefined ? undefined : fromRow(row), "definitions");
  }

  async byRevision(workflowId: string, revision: number): Promise<DefinitionRow | undefined> {
    const row = this.#connection
      .sql("select * from definitions where workflow_id = ? and revision = ?")
      .get(workflowId, revision);
    return this.#connection.durable(row === undefined ? undefined : fromRow(row), "definitions");
  }

  async list(workflowId: string, limit: number, cursor?: string): Promise<Page<DefinitionRow>> {
    const query = { workflowId };
    const [end] = cursor === undefined ? [Number.MAX_SAFE_INTEGER] : decodeCursor(query, cursor, ["number"]);
    const rows = this.#connection
      .sql("select * from definitions where workflow_id = ? and revision < ? order by revision desc limit ?")
      .all(workflowId, end as number, limit + 1)
      .map(fromRow);
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    const isLast = rows.length <= limit || last === undefined;
    return this.#connection.durable(
      isLast ? { rows: page } : { rows: page, next: encodeCursor(query, [last.revision]) },
      "definitions",
    );
  }

  /** Adds a definition; a revision is never written twice. */
  put(row: DefinitionRow): Refusal {
    const taken = this.#connection
      .sql("select digest from definitions where workflow_id = ? and revision = ?")
      .get(row.workflowId, row.revision);
    if (taken !== undefined) return { kind: "idExists", existing: taken["digest"] as string };
    this.#connection
      .sql("insert into definitions values (?, ?, ?, ?, ?, ?, ?)")
      .run(row.workflowId, row.revision, row.digest, row.version, row.createdAt, row.source, row.document);
    return undefined;
  }

  /** Removes all definitions of a workflow. */
  delete(workflowId: string): void {
    this.#connection.sql("delete from definitions where workflow_id = ?").run(workflowId);
  }
}

function fromRow(row: SqlRow): DefinitionRow {
  return {
    workflowId: row["workflow_id"] as string,
    revision: row["revision"] as number,
    digest: row["digest"] as string,
    version: row["version"] as string,
    createdAt: row["created_at"] as number,
    source: row["source"] as string,
    document: row["document"] as string,
  };
}
