import type { CommandDefinition } from "../command.ts";
import { dataDirectory, dataOptions } from "../data-directory.ts";
import { CliError, exit } from "../exit.ts";

/** `stigmer rotate-key`: a new key for the secrets of a stopped server. */
export const rotateKey: CommandDefinition = {
  name: "rotate-key",
  summary: "give the secrets of a stopped server a new key",
  description:
    "Puts a new key in front of the key file and seals every stored secret with it. Former keys stay in the file, since backups need them, unless they are to be forgotten. Interrupted, it can be run again: nothing is lost at any moment.",
  options: [
    ...dataOptions,
    { flags: "--forget-former", description: "take the former keys out of the file; older backups lose their secrets" },
  ],
  examples: ["stigmer rotate-key --data /var/lib/stigmer", "stigmer rotate-key --forget-former"],
  async run({ terminal, options }) {
    const [path, { rotateSecretsKey }, { KeyFileFault }, { SecretUnreadable }, { StoreOpenError }, { version }] =
      await Promise.all([
        import("node:path"),
        import("../../resources/rotate-secrets-key.ts"),
        import("../../resources/key-file.ts"),
        import("../../resources/secret-box.ts"),
        import("../../store/sqlite/store-open-error.ts"),
        import("../../config/version.ts"),
      ]);
    const data = await dataDirectory(options);
    try {
      const { moved, former } = await rotateSecretsKey({
        database: path.join(data, "stigmer.db"),
        keyFile: path.join(data, "secrets.key"),
        programVersion: version,
        forgetFormer: options["forgetFormer"] === true,
      });
      terminal.say(`Sealed the secrets of ${moved} resources and executions with a new key`);
      if (former > 0) terminal.say(`The key file keeps ${former} former keys for older backups`);
      return exit.ok;
    } catch (error) {
      if (error instanceof KeyFileFault || error instanceof StoreOpenError || error instanceof SecretUnreadable)
        throw new CliError(exit.failed, error.message);
      throw error;
    }
  },
};
