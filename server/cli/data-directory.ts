import type { OptionDefinition, OptionValues } from "./command.ts";
import { CliError, exit } from "./exit.ts";

/** Options of the commands that work on the files of a stopped server. */
export const dataOptions: readonly OptionDefinition[] = [
  { flags: "--data <directory>", description: "the server's data directory (or STIGMER_DATA; default .data)" },
  { flags: "--config <file>", description: "a YAML file with settings (default: stigmer.yaml, where it is there)" },
];

/** The data directory that a server started here with these options would have. */
export async function dataDirectory(options: OptionValues): Promise<string> {
  const [{ resolve }, { ConfigError, resolveConfig }, { readConfigFile }] = await Promise.all([
    import("node:path"),
    import("../config/resolve-config.ts"),
    import("../config/read-config-file.ts"),
  ]);
  try {
    const given = options["config"];
    const file = typeof given === "string" ? readConfigFile(given, true) : readConfigFile("stigmer.yaml", false);
    const flags = options["data"] === undefined ? {} : { data: options["data"] };
    return resolve(
      resolveConfig({ flags, environment: process.env, ...(file === undefined ? {} : { file }) }).config.data,
    );
  } catch (error) {
    if (error instanceof ConfigError) throw new CliError(exit.usage, error.message);
    throw error;
  }
}
