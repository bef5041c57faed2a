import type { WorkflowDocument } from "../dsl/model.ts";
import type { Json } from "../lib/json.ts";
import type { Evaluator } from "../tasks/evaluator.ts";
import type { SchemaSource } from "../tasks/schema-source.ts";
import type { DurationSource } from "../tasks/scope.ts";
import type { CompiledList, TaskNode } from "../tasks/task-type.ts";

/** A piece of document that was compiled as one: the workflow, or a function from outside. Tasks and lists are found by their pointers. */
export interface Unit {
  readonly tasks: ReadonlyMap<string, TaskNode>;
  readonly lists: ReadonlyMap<string, CompiledList>;
}

/** A workflow, compiled: immutable, and the same for every run of the definition. */
export interface Program {
  readonly document: WorkflowDocument;
  /** Pins the definition; empty where the caller gave none. */
  readonly digest: string;
  readonly main: Unit;
  /** `https://.../errors/` of the release the document is written in. */
  readonly errorTypes: string;
  /** `/namespace/name/version`: what its events come from. */
  readonly source: string;
  readonly inputSchema?: SchemaSource;
  readonly inputFrom?: Evaluator;
  readonly outputAs?: Evaluator;
  readonly outputSchema?: SchemaSource;
  readonly timeout?: DurationSource;
  /** Listen tasks whose events are kept from the start of a run. */
  readonly listens: readonly TaskNode[];
  /** Compiles a function from outside, once for each content; throws ProgramError. */
  function(content: Json): Unit;
}

/** Pointer of the workflow's own list of tasks. */
export const ROOT_LIST = "/do";
