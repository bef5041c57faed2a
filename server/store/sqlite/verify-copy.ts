import { BackupRefused } from "./backup-refused.ts";
import { refuseForeign } from "./connect.ts";
import { Connection, loadSqlite } from "./database.ts";
import { migrations } from "./migrations/index.ts";
import { SqliteTables } from "./tables.ts";
import { type JournalChecks, type JournalVerification, verifyJournals } from "./verify.ts";

/**
 * Reads back every journal of a copy and rejects with BackupRefused when one is damaged. Runs that are quarantined are damaged already where the copy was made from, and are no reason to go
 * without backups.
 */
export async function verifyCopy(path: string, checks: JournalChecks): Promise<JournalVerification> {
  const sqlite = await loadSqlite();
  const connection = new Connection(
    new sqlite.DatabaseSync(path, { readOnly: true, enableForeignKeyConstraints: false }),
  );
  try {
    refuseForeign(connection, path, migrations.length);
    const verified = await verifyJournals(connection, new SqliteTables(connection), checks);
    const fresh = verified.damage.find(({ isQuarantined }) => !isQuarantined);
    if (fresh === undefined) return verified;
    const { id, seq, problem } = fresh;
    throw new BackupRefused("damaged", path, `run ${id}${seq === undefined ? "" : `, record ${seq}`}: ${problem}`);
  } finally {
    connection.abandon();
  }
}
