import { decodeCursor, encodeCursor } from "../cursor.ts";
import type { Expectation, Page, RunChanges, RunQuery, RunReader, RunRow } from "../ports.ts";
import { type Refusal, checkExpectation } from "../refusal.ts";
import { type Connection, type SqlRow, type SqlValue, sqliteCode, sqliteErrorCode } from "./database.ts";
import { insertHead, updateHead } from "./head-mark.ts";
import { labelsFromColumn, labelsToColumn } from "./labels.ts";
import { DAMAGED, runChecksum, runHolds } from "./run-checksum.ts";
import { RecentRows } from "./recent-rows.ts";
import { runColumn, runColumns, storableText, storedColumns, toRunColumn } from "./run-columns.ts";
import type { RunFacts } from "./run-facts.ts";
import { runListSql } from "./run-list-sql.ts";
import { headColumns, runFromRow } from "./run-row.ts";

const INSERT = `insert into runs (${storedColumns.join(", ")}, crc) values (${"?, ".repeat(storedColumns.length)}?)`;

/** A run is its row and its head. What one run is looked up by gives its key first: SQLite would take the column from the index, where a damaged row still has its right value. */
const RUNS = `select r.*, ${headColumns} from runs r left join run_heads h on h.run = r.run`;

/** The same for many, each with the last sequence number of its journal. */
const RUNS_OF_KEYS = `select r.*, ${headColumns}, (select max(j.seq) from journal j where j.run = r.run) as last
  from json_each(?) k cross join runs r on r.run = k.value left join run_heads h on h.run = r.run`;

/** Members that others are found by: changing them needs the old row. */
const KEYS: readonly string[] = ["org", "slug", "idempotencyKey", "labels"];

/** Runs in SQLite. */
export class SqliteRuns implements RunReader {
  readonly #connection: Connection;
  readonly #facts: RunFacts;
  readonly #recent = new RecentRows();

  constructor(connection: Connection, facts: RunFacts) {
    this.#connection = connection;
    this.#facts = facts;
  }

  async get(id: string): Promise<RunRow | undefined> {
    return this.#found(this.#connection.sql(`${RUNS} where r.run = (select run from runs where id = ?)`).get(id));
  }

  async byKey(run: number): Promise<RunRow | undefined> {
    return this.#found(this.#row(run));
  }

  async byKeys(runs: readonly number[]): Promise<readonly RunRow[]> {
    const rows = this.#connection.sql(RUNS_OF_KEYS).all(JSON.stringify(runs));
    const found = rows.map((row) => {
      const run = runFromRow(row);
      this.#facts.read(run.run, row, row["last"] ?? null);
      if (run.status !== "quarantined") this.#recent.put(run.run, row);
      return run;
    });
    return rows.length < runs.length ? this.#connection.durable(found) : this.#connection.durable(found, ...runs);
  }

  async bySlug(slug: string, org?: string): Promise<readonly RunRow[]> {
    const rows =
      org === undefined
        ? this.#connection.sql(`${RUNS} where r.slug = ? order by r.created_at desc, r.run desc`).all(slug)
        : this.#connection.sql(`${RUNS} where r.slug = ? and r.org = ?`).all(slug, org);
    return this.#connection.durable(rows.map(runFromRow));
  }

  async byIdempotencyKey(org: string, key: string): Promise<RunRow | undefined> {
    return this.#found(
      this.#connection
        .sql(`${RUNS} where r.run = (select run from runs where org = ? and idempotency_key = ?)`)
        .get(org, storableText(key)),
    );
  }

  async list(query: RunQuery): Promise<Page<RunRow>> {
    const before = query.createdBefore ?? Number.MAX_SAFE_INTEGER;
    // Of two upper bounds the lower counts; keys are positive, so (t, 0) comes before every run created at t.
    let end: readonly [number, number] = [before, 0];
    if (query.cursor !== undefined) {
      const [at, run] = decodeCursor(query, query.cursor, ["number", "number"]) as readonly [number, number];
      if (at < before) end = [at, run];
    }
    if (query.statuses?.length === 0) return { rows: [] };
    const { sql, parameters } = runListSql(query, end, query.limit + 1);
    const rows = this.#connection
      .sql(sql)
      .all(...parameters)
      .map(runFromRow);
    const page = rows.slice(0, query.limit);
    const last = page.at(-1);
    const isLast = rows.length <= query.limit || last === undefined;
    return this.#connection.durable(
      isLast ? { rows: page } : { rows: page, next: encodeCursor(query, [last.createdAt, last.run]) },
    );
  }

  async active(after: number, limit: number): Promise<readonly RunRow[]> {
    const sql = `${RUNS} where r.active = 1 and r.run > ? order by r.run limit ?`;
    return this.#connection.durable(this.#connection.sql(sql).all(after, limit).map(runFromRow));
  }

  async countByStatus(): Promise<{ readonly [status: string]: number }> {
    return this.#connection.durable(this.#facts.counts());
  }

  async countOpen(workflowId: string): Promise<number> {
    return this.#connection.durable(this.#facts.open(workflowId));
  }

  async lastKey(): Promise<number> {
    const present = this.#connection.sql("select max(run) as last from runs").get()?.["last"] ?? 0;
    const deleted = this.#connection.sql("select value from meta where key = 'last_deleted_run'").get()?.["value"] ?? 0;
    return this.#connection.durable(Math.max(present as number, deleted as number));
  }

  async endedBefore(endedBefore: number, limit: number): Promise<readonly RunRow[]> {
    const sql = `${RUNS} where r.ended_at is not null and r.ended_at < ? and r.active = 0
      order by r.ended_at, r.run limit ?`;
    return this.#connection.durable(this.#connection.sql(sql).all(endedBefore, limit).map(runFromRow));
  }

  /** Adds a run. The insert itself finds most often that nothing is in the way; what is, is asked for afterwards. */
  put(row: RunRow): Refusal {
    const values = runColumns.map(([member]) => toRunColumn(member, row[member]));
    try {
      this.#connection.sql(INSERT).run(...values, runChecksum(values));
      this.#connection.sql(insertHead).run(row.run, row.head, row.version);
    } catch (error) {
      const refusal = sqliteErrorCode(error) === sqliteCode.constraint ? this.#inTheWay(row, undefined) : undefined;
      if (refusal === undefined) throw error;
      return refusal;
    }
    this.#addLabels(row.run, row.createdAt, row.labels);
    this.#facts.add(row.run, row.workflowId, row.status);
    return undefined;
  }

  /** Changes a run. */
  update(run: number, changes: RunChanges, expect: Expectation = "present"): Refusal {
    const fact = this.#facts.get(run);
    if (fact === undefined) return checkExpectation(expect, undefined, String(run));
    const recent = this.#recent.take(run);
    const { head, ...others } = changes;
    const members = Object.keys(others).filter((member) => changes[member as keyof RunChanges] !== undefined);
    let old: SqlRow | undefined;
    if (members.length > 0 || typeof expect === "number" || expect === "absent") {
      old = recent ?? (this.#row(run) as SqlRow);
      const keysChange = members.some((member) => KEYS.includes(member));
      const refusal =
        checkExpectation(expect, old["version"] as number, old["id"] as string) ??
        (keysChange ? this.#inTheWay({ ...runFromRow(old), ...withoutNull(changes) }, run) : undefined);
      if (refusal !== undefined) return refusal;
      this.#write(run, old, members, changes, recent !== undefined || runHolds(old));
    }
    this.#connection.sql(updateHead).run(head ?? null, run);
    if (changes.labels !== undefined && old !== undefined) {
      this.#deleteLabels(old);
      this.#addLabels(run, old["created_at"] as number, changes.labels ?? {});
    }
    if (changes.status !== undefined && changes.status !== null) this.#facts.move(fact, changes.status);
    return undefined;
  }

  /** Removes a run's row; its journal and the rest are for the caller. Its key is never given again. */
  delete(run: number): void {
    const fact = this.#facts.get(run);
    if (fact === undefined) return;
    this.#recent.take(run);
    this.#deleteLabels(this.#row(run) as SqlRow);
    this.#connection.sql("delete from runs where run = ?").run(run);
    this.#connection.sql("delete from run_heads where run = ?").run(run);
    this.#connection
      .sql(
        "insert into meta values ('last_deleted_run', ?) on conflict do update set value = max(value, excluded.value)",
      )
      .run(run);
    this.#facts.delete(run, fact);
  }

  /** Refuses while runs of the workflow or instance have not ended. */
  requireNoneActive(workflowId: string | undefined, instanceId: string | undefined): Refusal {
    const parameters: SqlValue[] = [];
    let where = "status in (0, 1, 2, 3, 7)";
    if (instanceId !== undefined) {
      where += " and instance_id = ?";
      parameters.push(instanceId);
    }
    if (workflowId !== undefined) {
      where += instanceId === undefined ? " and workflow_id = ?" : " and +workflow_id = ?";
      parameters.push(workflowId);
    }
    const found = this.#connection.sql(`select id from runs where ${where} limit 1`).get(...parameters);
    return found === undefined ? undefined : { kind: "activeRuns", existing: found["id"] as string };
  }

  /** Writes members of a row, and the checksum of what it then is; a row that is damaged stays so. */
  #write(run: number, old: SqlRow, members: readonly string[], changes: RunChanges, holds: boolean): void {
    if (members.length === 0) return;
    const written = members.map((member) => toRunColumn(member, changes[member as keyof RunChanges]));
    const columns = members.map(runColumn);
    const values = storedColumns.map((column) => {
      const index = columns.indexOf(column);
      return index < 0 ? (old[column] ?? null) : (written[index] ?? null);
    });
    const assignments = columns.map((column) => `${column} = ?, `).join("");
    this.#connection
      .sql(`update runs set ${assignments}crc = ? where run = ?`)
      .run(...written, holds ? runChecksum(values) : DAMAGED, run);
  }

  #found(row: SqlRow | undefined): RunRow | undefined | Promise<RunRow | undefined> {
    return row === undefined
      ? this.#connection.durable(undefined)
      : this.#connection.durable(runFromRow(row), row["run"] as number);
  }

  #row(run: number): SqlRow | undefined {
    return this.#connection.sql(`${RUNS} where r.run = ?`).get(run);
  }

  /** The run that has the id, idempotency key or slug this one wants; `self` is the run to be changed. */
  #inTheWay(
    row: { readonly [Member in "run" | "id" | "org" | "slug"]: RunRow[Member] } & {
      readonly idempotencyKey?: string | undefined;
    },
    self: number | undefined,
  ): Refusal {
    const find = (where: string, ...parameters: SqlValue[]): string | undefined => {
      const found = this.#connection.sql(`select id, run from runs where ${where}`).get(...parameters);
      return found === undefined || found["run"] === self ? undefined : (found["id"] as string);
    };
    let existing = self === undefined ? (find("id = ?", row.id) ?? find("run = ?", row.run)) : undefined;
    if (existing !== undefined) return { kind: "idExists", existing };
    if (row.idempotencyKey !== undefined) {
      existing = find("org = ? and idempotency_key = ?", row.org, storableText(row.idempotencyKey));
      if (existing !== undefined) return { kind: "idempotencyKey", existing };
    }
    existing = find("slug = ? and org = ?", row.slug, row.org);
    return existing === undefined ? undefined : { kind: "slugExists", existing };
  }

  #addLabels(run: number, createdAt: number, labels: RunRow["labels"]): void {
    if (labelsToColumn(labels) === null) return;
    const insert = this.#connection.sql("insert into run_labels values (?, ?, ?, ?)");
    for (const [key, value] of Object.entries(labels)) insert.run(key, value, createdAt, run);
  }

  #deleteLabels(row: SqlRow): void {
    const remove = this.#connection.sql(
      "delete from run_labels where key = ? and value = ? and created_at = ? and run = ?",
    );
    for (const [key, value] of Object.entries(labelsFromColumn(row["labels"]))) {
      remove.run(key, value, row["created_at"] as number, row["run"] as number);
    }
  }
}

/** Changes as members of a row: null, which clears a member, becomes its absence. */
function withoutNull(
  changes: RunChanges,
): Partial<Pick<RunRow, "org" | "slug">> & { idempotencyKey?: string | undefined } {
  return {
    ...(typeof changes.org === "string" ? { org: changes.org } : {}),
    ...(typeof changes.slug === "string" ? { slug: changes.slug } : {}),
    ...(changes.idempotencyKey === undefined ? {} : { idempotencyKey: changes.idempotencyKey ?? undefined }),
  };
}
