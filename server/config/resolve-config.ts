import { didYouMean } from "@stigmer/core/lib/did-you-mean.ts";

import { type Config, propertyOf, type SettingKey, settings, variableOf } from "./settings.ts";
import type { Setting } from "./setting.ts";

/** Where a value came from, for `config view --show-origin`. */
export interface Origin {
  readonly from: "flag" | "environment" | "file" | "default";
  /** `--port`, `STIGMER_PORT`, the path of the file, or empty. */
  readonly name: string;
}

/** What values may come from, most important first. Absent sources are left out. */
export interface ConfigSources {
  /** Flags by key, as the command line gave them: texts, or true for a switch. */
  readonly flags?: { readonly [key: string]: unknown };
  /** The environment. Variables that are no key (`STIGMER_SERVER_ADDR` of clients, say) are left alone. */
  readonly environment?: { readonly [name: string]: string | undefined };
  /** The parsed file with its path for messages. A key that does not exist is refused, since it is surely a slip. */
  readonly file?: { readonly path: string; readonly values: unknown };
}

/** The configuration with the origin of each value. */
export interface ResolvedConfig {
  readonly config: Config;
  readonly origins: { readonly [K in SettingKey]: Origin };
}

/** A configuration that cannot be used. Its text names the origin, the value and what it should be. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** Gathers the configuration from its sources: flag over environment over file over default. Throws ConfigError. */
export function resolveConfig(sources: ConfigSources = {}): ResolvedConfig {
  const file = fileValues(sources.file);
  refuseUnknown(sources.flags ?? {}, (key) => `Cannot read flag "--${key}"`);
  const config: { [property: string]: unknown } = {};
  const origins: { [key: string]: Origin } = {};
  for (const [key, setting] of Object.entries(settings) as [SettingKey, Setting<unknown>][]) {
    const found = [
      { from: "flag", name: `--${key}`, value: sources.flags?.[key] },
      { from: "environment", name: variableOf(key), value: sources.environment?.[variableOf(key)] },
      { from: "file", name: sources.file?.path ?? "", value: Object.hasOwn(file, key) ? file[key] : undefined },
    ].find((candidate) => candidate.value !== undefined) as (Origin & { value: unknown }) | undefined;
    config[propertyOf(key)] = found === undefined ? setting.default : read(key, setting, found, found.value);
    origins[key] = found === undefined ? { from: "default", name: "" } : { from: found.from, name: found.name };
  }
  return { config: config as Config, origins: origins as ResolvedConfig["origins"] };
}

function fileValues(file: ConfigSources["file"]): { readonly [key: string]: unknown } {
  if (file === undefined || file.values === null || file.values === undefined) return {};
  if (typeof file.values !== "object" || Array.isArray(file.values)) {
    throw new ConfigError(
      `Cannot read configuration "${file.path}": it is not a mapping, keys and values are expected`,
    );
  }
  const values = file.values as { readonly [key: string]: unknown };
  refuseUnknown(values, (key) => `Cannot read key "${key}" of "${file.path}"`);
  return values;
}

function refuseUnknown(values: object, action: (key: string) => string): void {
  for (const key of Object.keys(values)) {
    if (Object.hasOwn(settings, key)) continue;
    const near = didYouMean(key, Object.keys(settings));
    const hint = near === undefined ? "`stigmer config view` shows all keys" : `did you mean "${near}"?`;
    throw new ConfigError(`${action(key)}: there is no such setting, ${hint}`);
  }
}

function read(key: string, setting: Setting<unknown>, origin: Origin, value: unknown): unknown {
  const parsed = setting.parse(value);
  if (parsed !== undefined) return parsed;
  const where = origin.from === "file" ? `"${key}" of "${origin.name}"` : `"${origin.name}"`;
  throw new ConfigError(
    `Cannot read ${where}: ${setting.quote?.(value) ?? JSON.stringify(value)} is not ${setting.expects}`,
  );
}
