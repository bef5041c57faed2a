import { compileSchemaSource } from "../tasks/schema-source.ts";
import type { TaskDefinition, TaskList, WorkflowDocument } from "../dsl/model.ts";
import { type TaskKind, taskEntries, taskKind } from "../dsl/task-kind.ts";
import { canonicalJson } from "../lib/canonical-json.ts";
import { type JsonObject, getKey, isJsonObject } from "../lib/json.ts";
import { errorTypeBase } from "../protocol/error-type.ts";
import { taskTypes } from "../tasks/index.ts";
import { ProgramError } from "../tasks/program-error.ts";
import { type CompilationUnit, Scope } from "../tasks/scope.ts";
import type { CompiledExtension, CompiledList, CompiledTransformations, TaskNode } from "../tasks/task-type.ts";
import type { Program, Unit } from "./program.ts";

/** What a host may tell about a definition. */
export interface CompileProgramOptions {
  readonly digest?: string;
}

/**
 * Compiles a checked document: expressions to closures, references resolved, pointers computed. Throws ProgramError where the document holds something that no run could carry out, so that
 * nothing of the kind is found at run time.
 *
 * @example step(compileProgram(document), undefined, { type: "started", at: 0, runId: "r1", ... })
 */
export function compileProgram(document: WorkflowDocument, options: CompileProgramOptions = {}): Program {
  const { namespace, name, version, dsl } = document.document;
  const language = document.evaluate?.language ?? "jq";
  if (language !== "jq")
    throw new ProgramError(
      `Cannot evaluate expressions in "${language}": the language is not known, it should be "jq"`,
      "/evaluate/language",
    );
  const compiler = new UnitCompiler(document);
  const root = compiler.scope("");
  compiler.compileList(document.do, root.at("do"));
  for (const [functionName, task] of Object.entries(document.use?.functions ?? {})) {
    compiler.compileTask(functionName, task, root.at("use", "functions", functionName));
  }
  const functions = new Map<string, Unit>();
  const known = new WeakMap<object, Unit>();
  return {
    document,
    digest: options.digest ?? "",
    main: compiler.unit,
    errorTypes: errorTypeBase(dsl),
    source: `/${namespace}/${name}/${version}`,
    ...workflowTransformations(document, root),
    listens: [...compiler.unit.tasks.values()].filter(
      (node) => node.kind === "listen" && node.definition.metadata?.["stigmer.buffer"] !== false,
    ),
    function(content) {
      if (!isJsonObject(content))
        throw new ProgramError("Cannot call the function: its document is no task definition", "");
      let unit = known.get(content);
      if (unit !== undefined) return unit;
      const key = canonicalJson(content);
      unit = functions.get(key) ?? compileFunction(content, document);
      functions.set(key, unit);
      known.set(content, unit);
      return unit;
    },
  };
}

function workflowTransformations(
  document: WorkflowDocument,
  root: Scope,
): Partial<Pick<Program, "inputSchema" | "inputFrom" | "outputAs" | "outputSchema" | "timeout">> {
  const { input, output, timeout } = document;
  return {
    ...(input?.schema === undefined ? {} : { inputSchema: compileSchemaSource(input.schema, root, "input", "schema") }),
    ...(input?.from === undefined ? {} : { inputFrom: root.transformation(input.from, "input", "from") }),
    ...(output?.as === undefined ? {} : { outputAs: root.transformation(output.as, "output", "as") }),
    ...(output?.schema === undefined
      ? {}
      : { outputSchema: compileSchemaSource(output.schema, root, "output", "schema") }),
    ...(timeout === undefined ? {} : { timeout: root.timeout(timeout, "timeout") }),
  };
}

/** A function from outside: one task definition. It may use what the calling document defines under `use`. */
function compileFunction(content: JsonObject, document: WorkflowDocument): Unit {
  const task = content as unknown as TaskDefinition;
  if (!Object.keys(taskTypes).some((kind) => Object.hasOwn(task, kind))) {
    throw new ProgramError("Cannot call the function: its document defines none of the twelve kinds of task", "");
  }
  const compiler = new UnitCompiler(document);
  compiler.compileTask(String(getKey(content, "name") ?? "function"), task, compiler.scope(""));
  return compiler.unit;
}

class UnitCompiler implements CompilationUnit {
  readonly unit = { tasks: new Map<string, TaskNode>(), lists: new Map<string, CompiledList>() };
  readonly use: CompilationUnit["use"];
  readonly secrets: ReadonlySet<string>;
  readonly mode: "strict" | "loose";
  #extensions: ReturnType<UnitCompiler["extensions"]> | undefined;

  constructor(document: WorkflowDocument) {
    this.use = document.use ?? {};
    this.secrets = new Set(this.use.secrets ?? []);
    this.mode = document.evaluate?.mode ?? "strict";
  }

  scope(pointer: string): Scope {
    return new Scope(this, pointer);
  }

  compileList(list: TaskList, scope: Scope): CompiledList {
    const entries = taskEntries(list);
    const inside = scope.withSiblings(entries.map(({ name }) => name));
    const firstRepeated = earliestBackwardTarget(list);
    const tasks = entries.map(({ name, task, index }) => {
      const place = inside.at(index, name);
      return this.#task(name, task, index >= firstRepeated ? place.inRepetition() : place, {
        list: scope.pointer,
        index,
      });
    });
    const compiled = { pointer: scope.pointer, tasks };
    this.unit.lists.set(scope.pointer, compiled);
    return compiled;
  }

  compileTask(name: string, task: TaskDefinition, scope: Scope): TaskNode {
    return this.#task(name, task, scope.withSiblings(undefined), { index: 0 });
  }

  #task(
    name: string,
    task: TaskDefinition,
    scope: Scope,
    place: { readonly list?: string; readonly index: number },
  ): TaskNode {
    if (this.unit.tasks.has(scope.pointer)) return this.unit.tasks.get(scope.pointer) as TaskNode;
    const kind = taskKind(task);
    const type = taskTypes[kind];
    const then =
      place.list === undefined && task.then !== "end"
        ? branchDirective(task.then, scope)
        : scope.directive(task.then, "then");
    const node: TaskNode = {
      name,
      pointer: scope.pointer,
      kind,
      definition: task,
      ...place,
      then,
      type,
      body: type.compile(task, scope),
      extensions: scope.extensible ? this.#extensionsOf(kind) : [],
      delivery: task.metadata?.["stigmer.delivery"] === "at-most-once" ? "at-most-once" : "at-least-once",
      repeatable: scope.repeatable,
      ...transformations(task, scope),
      ...(task.timeout === undefined ? {} : { timeout: scope.timeout(task.timeout, "timeout") }),
    };
    this.unit.tasks.set(node.pointer, node);
    return node;
  }

  extensions(): readonly { readonly extend: string; readonly compiled: CompiledExtension }[] {
    return (this.use.extensions ?? []).flatMap((item, index) =>
      Object.entries(item).map(([name, { extend, when, before, after }]) => {
        const place = this.scope("").at("use", "extensions", index, name).withoutExtensions().inRepetition();
        return {
          extend,
          compiled: {
            ...(when === undefined ? {} : { when: place.bare(when, "when") }),
            ...(before === undefined ? {} : { before: this.compileList(before, place.at("before")) }),
            ...(after === undefined ? {} : { after: this.compileList(after, place.at("after")) }),
          },
        };
      }),
    );
  }

  #extensionsOf(kind: TaskKind): readonly CompiledExtension[] {
    this.#extensions ??= this.extensions();
    const composite = kind === "do" || kind === "fork";
    return this.#extensions
      .filter(({ extend }) => extend === "all" || extend === kind || (extend === "composite" && composite))
      .map(({ compiled }) => compiled);
  }
}

/** Branches and functions stand in no list: there is nowhere to go but on or to the end. */
function branchDirective(then: string | undefined, scope: Scope): "continue" {
  if (then === undefined || then === "continue" || then === "exit") return "continue";
  throw scope.error(
    `Cannot continue at "${then}": a branch or function stands in no list, "then" should be "continue", "exit" or "end"`,
    "then",
  );
}

function transformations(task: TaskDefinition, scope: Scope): CompiledTransformations {
  const { input, output, export: exported } = task;
  return {
    ...(task.if === undefined ? {} : { condition: scope.bare(task.if, "if") }),
    ...(input?.schema === undefined
      ? {}
      : { inputSchema: compileSchemaSource(input.schema, scope, "input", "schema") }),
    ...(input?.from === undefined ? {} : { inputFrom: scope.transformation(input.from, "input", "from") }),
    ...(output?.as === undefined ? {} : { outputAs: scope.transformation(output.as, "output", "as") }),
    ...(output?.schema === undefined
      ? {}
      : { outputSchema: compileSchemaSource(output.schema, scope, "output", "schema") }),
    ...(exported?.as === undefined ? {} : { exportAs: scope.transformation(exported.as, "export", "as") }),
    ...(exported?.schema === undefined
      ? {}
      : { exportSchema: compileSchemaSource(exported.schema, scope, "export", "schema") }),
  };
}

/** Index of the first task of a list that a directive of the same or a later task leads back to. */
function earliestBackwardTarget(list: TaskList): number {
  const entries = taskEntries(list);
  const names = new Map(entries.map(({ name, index }) => [name, index]));
  let earliest = Infinity;
  for (const { task, index } of entries) {
    for (const then of directives(task)) {
      const target = names.get(then) ?? Infinity;
      if (target <= index) earliest = Math.min(earliest, target);
    }
  }
  return earliest;
}

function directives(task: TaskDefinition): readonly string[] {
  const own = [task.then, "catch" in task ? task.catch.then : undefined];
  const cases = "switch" in task ? task.switch.flatMap((item) => Object.values(item).map(({ then }) => then)) : [];
  return [...own, ...cases].filter((then) => then !== undefined);
}
