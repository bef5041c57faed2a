import type { Json, JsonObject } from "../../lib/json.ts";
import type { Duration, ExternalResource } from "./data.ts";

/* What `run` runs. */

export interface RunDefinition {
  readonly container?: ContainerDefinition;
  readonly script?: ScriptDefinition;
  readonly shell?: ShellDefinition;
  readonly workflow?: SubflowDefinition;
  /** Default: true. */
  readonly await?: boolean;
  /** Default: `stdout`. */
  readonly return?: ProcessReturn;
}

export type ProcessReturn = "stdout" | "stderr" | "code" | "all" | "none";

export interface ContainerDefinition {
  readonly image: string;
  readonly name?: string;
  readonly command?: string;
  readonly ports?: JsonObject;
  readonly volumes?: JsonObject;
  readonly environment?: JsonObject;
  readonly stdin?: string;
  readonly arguments?: readonly string[];
  readonly lifetime?: ContainerLifetime;
  readonly pullPolicy?: "ifNotPresent" | "always" | "never";
}

/** When a container is removed; `after` is present exactly when `cleanup` is `eventually`. */
export interface ContainerLifetime {
  readonly cleanup: "always" | "never" | "eventually";
  readonly after?: Duration;
}

/** A script; exactly one of `code` and `source` is present. `arguments` as a map is a relaxation, for catalog functions. */
export interface ScriptDefinition {
  readonly language: string;
  readonly code?: string;
  readonly source?: ExternalResource;
  readonly stdin?: string;
  readonly arguments?: readonly string[] | JsonObject;
  readonly environment?: JsonObject;
}

/** A shell command. */
export interface ShellDefinition {
  readonly command: string;
  readonly stdin?: string;
  readonly arguments?: readonly string[];
  readonly environment?: JsonObject;
}

/** Another workflow; `input` as an expression is a relaxation. */
export interface SubflowDefinition {
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly input?: Json;
}
