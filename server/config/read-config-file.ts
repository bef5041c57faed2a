import { readFileSync } from "node:fs";
import { parse } from "yaml";

import { ConfigError, type ConfigSources } from "./resolve-config.ts";

/** Reads a configuration file in YAML or JSON. A file that is not there is no error unless it was asked for by name. */
export function readConfigFile(path: string, isRequired: boolean): ConfigSources["file"] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (!isRequired && (error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new ConfigError(
      `Cannot read configuration "${path}": ${(error as Error).message}, a readable file is expected`,
      { cause: error },
    );
  }
  try {
    return { path, values: parse(text, { maxAliasCount: 100 }) as unknown };
  } catch (error) {
    throw new ConfigError(`Cannot read configuration "${path}": ${(error as Error).message.split("\n")[0]}`, {
      cause: error,
    });
  }
}
