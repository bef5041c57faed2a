import { decodeCursor, encodeCursor } from "../cursor.ts";
import type { Expectation, Page, ResourceQuery, ResourceReader, ResourceRow } from "../ports.ts";
import { type Refusal, checkExpectation } from "../refusal.ts";
import { labelsFromColumn, labelsToColumn } from "./labels.ts";
import type { Connection, SqlRow, SqlValue } from "./database.ts";

const NEWEST_FIRST = "order by r.created_at desc, r.id desc";

/** Resources in SQLite. */
export class SqliteResources implements ResourceReader {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async get(kind: string, id: string): Promise<ResourceRow | undefined> {
    const row = this.#connection.sql("select * from resources where kind = ? and id = ?").get(kind, id);
    return this.#connection.durable(row === undefined ? undefined : fromRow(row), "resources");
  }

  async bySlug(kind: string, slug: string, org?: string): Promise<readonly ResourceRow[]> {
    return this.#connection.durable(this.#by("slug", kind, slug, org), "resources");
  }

  async byLookup(kind: string, lookup: string, org: string): Promise<readonly ResourceRow[]> {
    return this.#connection.durable(this.#by("lookup", kind, lookup, org), "resources");
  }

  async list(query: ResourceQuery): Promise<Page<ResourceRow>> {
    const end =
      query.cursor === undefined
        ? [Number.MAX_SAFE_INTEGER, ""]
        : decodeCursor(query, query.cursor, ["number", "string"]);
    const { source, order, parameters } = narrow(query);
    const statement = this.#connection.sql(`select r.* from ${source} and (${order}.created_at, ${order}.id) < (?, ?)
      order by ${order}.created_at desc, ${order}.id desc limit ?`);
    const rows = statement.all(...parameters, ...end, query.limit + 1).map(fromRow);
    const page = rows.slice(0, query.limit);
    const last = page.at(-1);
    const isLast = rows.length <= query.limit || last === undefined;
    return this.#connection.durable(
      isLast ? { rows: page } : { rows: page, next: encodeCursor(query, [last.createdAt, last.id]) },
      "resources",
    );
  }

  async count(query: Omit<ResourceQuery, "limit" | "cursor">): Promise<number> {
    const { source, parameters } = narrow(query);
    const found = this.#connection.sql(`select count(*) as n from ${source}`).get(...parameters);
    return this.#connection.durable(Number(found?.["n"]), "resources");
  }

  /** Writes a resource. */
  put(row: ResourceRow, expect: Expectation): Refusal {
    const old = this.#connection
      .sql("select rowid as row, version, slug, org, created_at, labels from resources where kind = ? and id = ?")
      .get(row.kind, row.id);
    const refusal = checkExpectation(expect, old?.["version"] as number | undefined, row.id);
    if (refusal !== undefined) return refusal;
    if (old?.["slug"] !== row.slug || old["org"] !== row.org) {
      const holder = this.#connection
        .sql("select id from resources where kind = ? and slug = ? and org = ?")
        .get(row.kind, row.slug, row.org);
      if (holder !== undefined) return { kind: "slugExists", existing: holder["id"] as string };
    }
    const labels = labelsToColumn(row.labels);
    const values: SqlValue[] = [
      row.kind,
      row.id,
      row.org,
      row.slug,
      row.scope,
      row.parent ?? null,
      row.lookup ?? null,
      row.createdAt,
      row.updatedAt,
      row.version,
      labels,
      row.data,
    ];
    if (old === undefined) {
      this.#connection.sql("insert into resources values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)").run(...values);
    } else {
      const update = `update resources set kind = ?, id = ?, org = ?, slug = ?, scope = ?, parent = ?, lookup = ?,
        created_at = ?, updated_at = ?, version = ?, labels = ?, data = ? where rowid = ?`;
      this.#connection.sql(update).run(...values, old["row"] as number);
    }
    if (old?.["labels"] !== labels || old?.["created_at"] !== row.createdAt) {
      if (old !== undefined) this.#deleteLabels(row.kind, row.id, old);
      const insert = this.#connection.sql("insert into resource_labels values (?, ?, ?, ?, ?)");
      for (const [key, value] of Object.entries(row.labels)) insert.run(row.kind, key, value, row.createdAt, row.id);
    }
    return undefined;
  }

  /** Deletes a resource. */
  delete(kind: string, id: string, expect: Expectation): Refusal {
    const old = this.#connection
      .sql("select rowid as row, version, created_at, labels from resources where kind = ? and id = ?")
      .get(kind, id);
    const refusal = checkExpectation(expect, old?.["version"] as number | undefined, id);
    if (refusal !== undefined || old === undefined) return refusal;
    this.#deleteLabels(kind, id, old);
    this.#connection.sql("delete from resources where rowid = ?").run(old["row"] as number);
    return undefined;
  }

  /** Checks that a resource is as expected. */
  require(kind: string, id: string, expect: Expectation): Refusal {
    const row = this.#connection.sql("select version from resources where kind = ? and id = ?").get(kind, id);
    return checkExpectation(expect, row?.["version"] as number | undefined, id);
  }

  #by(column: "slug" | "lookup", kind: string, value: string, org: string | undefined): readonly ResourceRow[] {
    // Named, since the planner would rather read all of the organization in order than sort the one that is found.
    const where = `select r.* from resources r indexed by resources_${column} where r.kind = ? and r.${column} = ?`;
    const rows =
      org === undefined
        ? this.#connection.sql(`${where} ${NEWEST_FIRST}`).all(kind, value)
        : this.#connection.sql(`${where} and r.org = ? ${NEWEST_FIRST}`).all(kind, value, org);
    return rows.map(fromRow);
  }

  #deleteLabels(kind: string, id: string, old: SqlRow): void {
    const remove = this.#connection.sql(
      "delete from resource_labels where kind = ? and key = ? and value = ? and created_at = ? and id = ?",
    );
    for (const [key, value] of Object.entries(labelsFromColumn(old["labels"]))) {
      remove.run(kind, key, value, old["created_at"] as number, id);
    }
  }
}

/** Where a list reads from, and by whose columns it is ordered. Exactly one condition is left to an index, the most selective; a `+` keeps the planner from the others. */
function narrow(query: Omit<ResourceQuery, "limit" | "cursor">): {
  readonly source: string;
  readonly order: string;
  readonly parameters: SqlValue[];
} {
  const { kind, org, parent } = query;
  const labels = Object.entries(query.labels ?? {});
  const parameters: SqlValue[] = [];
  let source = "resources r where r.kind = ?";
  if (labels.length > 0) {
    source = "resource_labels l cross join resources r on r.kind = l.kind and r.id = l.id where l.kind = ?";
  }
  parameters.push(kind);
  for (const [index, [key, value]] of labels.entries()) {
    source +=
      index === 0
        ? " and l.key = ? and l.value = ?"
        : ` and exists (select 1 from resource_labels x
            where x.kind = l.kind and x.key = ? and x.value = ? and x.created_at = l.created_at and x.id = l.id)`;
    parameters.push(key, value);
  }
  if (parent !== undefined) {
    source += labels.length > 0 ? " and +r.parent = ?" : " and r.parent = ?";
    parameters.push(parent);
  }
  if (org !== undefined) {
    source += labels.length > 0 || parent !== undefined ? " and +r.org = ?" : " and r.org = ?";
    parameters.push(org);
  }
  return { source, order: labels.length > 0 ? "l" : "r", parameters };
}

function fromRow(row: SqlRow): ResourceRow {
  return {
    kind: row["kind"] as string,
    id: row["id"] as string,
    org: row["org"] as string,
    slug: row["slug"] as string,
    scope: row["scope"] as number,
    ...(row["parent"] === null ? {} : { parent: row["parent"] as string }),
    ...(row["lookup"] === null ? {} : { lookup: row["lookup"] as string }),
    createdAt: row["created_at"] as number,
    updatedAt: row["updated_at"] as number,
    version: row["version"] as number,
    labels: labelsFromColumn(row["labels"]),
    data: row["data"] as Uint8Array,
  };
}
