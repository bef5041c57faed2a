import type { CommandDefinition } from "../command.ts";
import { dataDirectory, dataOptions } from "../data-directory.ts";
import { CliError, exit } from "../exit.ts";

/** `stigmer restore`: puts a backup in the place of a stopped server's database. */
export const restore: CommandDefinition = {
  name: "restore",
  summary: "put a backup in the place of a stopped server's database",
  description:
    "Checks the backup, pages, indexes and every journal, then gives it the place of the database; the former database keeps another name. Secrets open only with the key file of the server that made the backup.",
  arguments: [{ name: "<file>", description: "the backup" }],
  options: dataOptions,
  examples: ["stigmer restore /var/backups/stigmer-monday.db --data /var/lib/stigmer"],
  async run({ terminal, arguments: [file = ""], options }) {
    const [path, { restoreDatabase }, { BackupRefused }, { StoreOpenError }, { journalChecks }] = await Promise.all([
      import("node:path"),
      import("../../store/sqlite/restore.ts"),
      import("../../store/sqlite/backup-refused.ts"),
      import("../../store/sqlite/store-open-error.ts"),
      import("../../engine/embedded/journal-checks.ts"),
    ]);
    const data = await dataDirectory(options);
    const time = new Date().toISOString().replaceAll(/[-:]/gu, "");
    try {
      const { runs, records, damage, aside } = await restoreDatabase({
        backup: path.resolve(file),
        path: path.join(data, "stigmer.db"),
        aside: path.join(data, `stigmer.db.replaced-${time}`),
        checks: journalChecks,
      });
      terminal.say(`Restored ${runs} executions, ${records} journal records verified`);
      for (const { id, problem } of damage) terminal.say(`quarantined, as it was: ${id} (${problem})`);
      if (aside !== undefined) terminal.say(`The former database is ${aside}`);
      return exit.ok;
    } catch (error) {
      if (error instanceof BackupRefused || error instanceof StoreOpenError)
        throw new CliError(exit.failed, error.message);
      throw error;
    }
  },
};
