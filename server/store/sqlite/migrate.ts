import type { Connection } from "./database.ts";
import type { Migration } from "./migrations/migration.ts";

/** Marks a file as ours: "STGM". */
export const APPLICATION_ID = 0x5354474d;

/** The schema version of a database; 0 for a new one. */
export function schemaVersion(connection: Connection): number {
  return connection.number("pragma user_version");
}

/** Brings a database to the newest schema, each step in a transaction with its number: a crash leaves it before or after a step, never within. */
export function migrate(connection: Connection, programVersion: string, steps: readonly Migration[]): void {
  for (const { version, sql } of steps) {
    if (version <= schemaVersion(connection)) continue;
    connection.database.exec("begin immediate");
    try {
      connection.database.exec(sql);
      connection.database.exec(`pragma user_version = ${version}; pragma application_id = ${APPLICATION_ID}`);
      connection.database
        .prepare("insert into meta values ('written_by', ?) on conflict do update set value = excluded.value")
        .run(programVersion);
      connection.database.exec("commit");
    } catch (error) {
      if (connection.database.isTransaction) connection.database.exec("rollback");
      throw error;
    }
  }
}
