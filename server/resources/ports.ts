import type { StigmerClient } from "@stigmer/api/client.ts";
import type { LoadedWorkflow } from "@stigmer/core/check/load.ts";
import type { Engine } from "../engine/engine.ts";
import type { PipelineEnvironment } from "../pipeline/step.ts";
import type { SecretBox } from "./secret-box.ts";

/** What the server says about itself. */
export interface ServerFacts {
  readonly version: string;
  readonly engine: string;
  readonly dataPath: string;
  readonly persistence: string;
  readonly limits: { readonly [name: string]: number };
  readonly capabilities: readonly string[];
  readonly dslVersions: readonly string[];
  readonly startedAtMs: number;
  readonly runtime: string;
  ready(): boolean;
}

/** A finished backup, as the store reports it. */
export interface BackupReport {
  readonly path: string;
  readonly sizeBytes: number;
  readonly executions: number;
  readonly recordsVerified: number;
  readonly durationMs: number;
}

/** Reads and checks a definition's text against what this server can run. */
export type DefinitionLoader = (text: string) => Pick<LoadedWorkflow, "document" | "canonical" | "diagnostics">;

/** All that the resources are given by the composition root. */
export interface ResourcePorts {
  readonly environment: PipelineEnvironment;
  /** Asked for at the first use: the engine is made with parts of the resources. */
  engine(): Engine;
  /** In-process clients through the full chain of interceptors, as the system principal: the only way one kind reaches another. */
  readonly clients: StigmerClient;
  readonly secrets: SecretBox;
  readonly loadDefinition: DefinitionLoader;
  readonly facts: ServerFacts;
  /** Writes a verified copy of the database; undefined where the store cannot. Rejects with an ApiError on a path that cannot be used. */
  backup?(path: string): Promise<BackupReport>;
}
