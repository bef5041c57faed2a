import type { DefinitionCache } from "../definition-cache.ts";
import type { ResourcePorts } from "../ports.ts";
import type { Reports } from "./reports.ts";

/** What the handlers of runs use beside what all have. */
export interface ExecutionPorts extends ResourcePorts {
  readonly definitions: DefinitionCache;
  readonly reports: Reports;
}
