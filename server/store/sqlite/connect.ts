import { Connection, type SqliteModule } from "./database.ts";
import { explainOpenError } from "./explain-open-error.ts";
import { APPLICATION_ID, schemaVersion } from "./migrate.ts";
import { StoreOpenError } from "./store-open-error.ts";

/** Opens a database file for this process alone, every commit to be flushed. Throws StoreOpenError for a file that is in use, no database, another program's or from a newer version. */
export function connect(sqlite: SqliteModule, path: string, newestSchema: number): Connection {
  let connection: Connection | undefined;
  try {
    connection = new Connection(new sqlite.DatabaseSync(path, { enableForeignKeyConstraints: false }));
    // Exclusive from the first access on: no second process, and no shared memory file. Read before anything is changed, in case the file is not ours.
    connection.database.exec("pragma locking_mode = exclusive");
    refuseForeign(connection, path, newestSchema);
    connection.database.exec(`
      pragma journal_mode = wal;
      pragma synchronous = full;
      pragma fullfsync = on;
      pragma checkpoint_fullfsync = on;
      pragma temp_store = memory;
      pragma cache_size = -16384;
      pragma journal_size_limit = 67108864;
    `);
    connection.database.exec("begin immediate; commit");
    return connection;
  } catch (error) {
    connection?.abandon();
    throw explainOpenError(error, path);
  }
}

/** Refuses a file of another program or a newer version. Throws StoreOpenError. */
export function refuseForeign(connection: Connection, path: string, newestSchema: number): void {
  const version = schemaVersion(connection);
  const application = connection.number("pragma application_id");
  const tables = connection.number("select count(*) from sqlite_schema");
  if (tables > 0 && application !== APPLICATION_ID) {
    throw new StoreOpenError("foreign", path, "it is a database of another program", "use another data directory");
  }
  if (version > newestSchema) {
    const writer = connection.database.prepare("select value from meta where key = 'written_by'").get()?.["value"];
    const remedy = `use version ${String(writer ?? "that wrote it")} or newer, or restore a backup from before the upgrade`;
    throw new StoreOpenError(
      "newer",
      path,
      `its schema ${version} is newer than ${newestSchema}, which this version knows`,
      remedy,
    );
  }
}
