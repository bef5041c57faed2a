import { type CommandDefinition, connectionOptions } from "../command.ts";
import { exit } from "../exit.ts";

/** `stigmer backup`: a verified copy of the server's database, while it works. */
export const backup: CommandDefinition = {
  name: "backup",
  summary: "copy the server's database while it works, and verify the copy",
  description:
    "Has the server copy its database to a file on its machine. The copy counts once its pages, indexes and every journal have been read back and checked. The key file of the data directory is not in it: keep that apart.",
  arguments: [{ name: "[file]", description: "a new file on the server's machine (default: one in <data>/backups)" }],
  options: connectionOptions,
  examples: ["stigmer backup", "stigmer backup /var/backups/stigmer-monday.db"],
  async run({ terminal, arguments: [file = ""], options }) {
    const [{ connection, explain }, { resolve }] = await Promise.all([import("../connection.ts"), import("node:path")]);
    const { client, address } = await connection(options);
    const made = await client.server.service
      .backup({ path: file === "" ? "" : resolve(file) })
      .catch((error: unknown) => Promise.reject(explain(error, address)));
    terminal.out(`${made.path}\n`);
    terminal.say(
      `${made.sizeBytes} bytes, ${made.executions} executions, ${made.recordsVerified} journal records verified, ${made.durationMs} ms`,
    );
    return exit.ok;
  },
};
