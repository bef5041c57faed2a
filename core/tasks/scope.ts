import type { Duration, TaskDefinition, TaskList, TimeoutDefinition, UseDefinition } from "../dsl/model.ts";
import { compileBare, compileTemplate } from "../expr/template.ts";
import { ExpressionSyntaxError } from "../expr/expression.ts";
import { type CalendarDuration, parseDuration } from "../lib/duration.ts";
import type { Json } from "../lib/json.ts";
import type { SchemaValidator } from "../lib/json-schema/compile-schema.ts";
import { childPointer } from "../lib/json-pointer.ts";
import { runtimeArguments } from "./arguments.ts";
import { type Evaluator, expressionEvaluator, templateEvaluator } from "./evaluator.ts";
import { type DirectiveTarget, resolveDirective } from "./directive.ts";
import { ProgramError } from "./program-error.ts";

/** A duration of the document: known, or to be evaluated. */
export type DurationSource = { readonly known: CalendarDuration } | { readonly evaluate: Evaluator };

/** Something that was compiled and is found by its pointer. */
export interface CompiledPlace {
  readonly pointer: string;
}

/** What does not change while a document is compiled. */
export interface CompilationUnit {
  readonly use: UseDefinition;
  /** Secrets that expressions may name. */
  readonly secrets: ReadonlySet<string>;
  readonly mode: "strict" | "loose";
  /** Compiles a list of tasks and remembers it under its pointer. */
  compileList(list: TaskList, scope: Scope): CompiledPlace;
  /** Compiles a task that stands in no list (a branch of a fork, a function) and remembers it. */
  compileTask(name: string, task: TaskDefinition, scope: Scope): CompiledPlace;
}

/** Where in a document a task is compiled: its pointer, the variables it sees, and the list its `then` may point into. */
export class Scope {
  readonly unit: CompilationUnit;
  readonly pointer: string;
  readonly names: readonly string[];
  /** Names of the tasks of the enclosing list, in order; undefined for a task that stands in none. */
  readonly siblings: readonly string[] | undefined;
  /** Extension tasks are not extended themselves. */
  readonly extensible: boolean;
  /** Whether a task here can be reached more than once in a run. */
  readonly repeatable: boolean;

  constructor(
    unit: CompilationUnit,
    pointer: string,
    options: {
      readonly names?: readonly string[];
      readonly siblings?: readonly string[] | undefined;
      readonly extensible?: boolean;
      readonly repeatable?: boolean;
    } = {},
  ) {
    this.unit = unit;
    this.pointer = pointer;
    this.names = options.names ?? runtimeArguments;
    this.siblings = options.siblings;
    this.extensible = options.extensible ?? true;
    this.repeatable = options.repeatable ?? false;
  }

  /** The scope one or more segments further down. */
  at(...segments: readonly (string | number)[]): Scope {
    return this.#with({ pointer: segments.reduce<string>(childPointer, this.pointer) });
  }

  /** The scope with more variables; one of an enclosing task with the same name is hidden. */
  withVariables(...variables: readonly string[]): Scope {
    return this.#with({ names: [...this.names.map((name) => (variables.includes(name) ? "" : name)), ...variables] });
  }

  withSiblings(siblings: readonly string[] | undefined): Scope {
    return this.#with({ siblings });
  }

  withoutExtensions(): Scope {
    return this.#with({ extensible: false });
  }

  inRepetition(): Scope {
    return this.#with({ repeatable: true });
  }

  /** A property that is an expression by itself, with or without `${ }`. */
  bare(source: string, ...segments: readonly (string | number)[]): Evaluator {
    return this.compile(segments, () =>
      expressionEvaluator(compileBare(source, { variables: this.names }), this.names),
    );
  }

  /** Any value whose strings may hold `${ }`. */
  template(value: Json, ...segments: readonly (string | number)[]): Evaluator {
    return this.compile(segments, () =>
      templateEvaluator(compileTemplate(value, { variables: this.names, mode: this.unit.mode }), this.names),
    );
  }

  /** `input.from`, `output.as`, `export.as`: a string is an expression, an object may hold some. */
  transformation(source: Json, ...segments: readonly (string | number)[]): Evaluator {
    return typeof source === "string" ? this.bare(source, ...segments) : this.template(source, ...segments);
  }

  duration(source: Duration, ...segments: readonly (string | number)[]): DurationSource {
    if (typeof source === "string" && source.includes("${")) return { evaluate: this.template(source, ...segments) };
    const { duration, problem } = parseDuration(source as Json);
    if (duration === undefined)
      throw this.error(`Cannot use duration ${JSON.stringify(source)}: ${problem}`, ...segments);
    return { known: duration };
  }

  /** A timeout in place or by its name in `use.timeouts`. */
  timeout(source: TimeoutDefinition | string, ...segments: readonly (string | number)[]): DurationSource {
    if (typeof source !== "string") return this.duration(source.after, ...segments, "after");
    const named = this.reusable("timeouts", source, ...segments);
    return this.duration(named.after, ...segments);
  }

  /** One of the components of `use` by its name; a name that stands for nothing cannot be compiled. */
  reusable<Kind extends "authentications" | "catalogs" | "errors" | "functions" | "retries" | "timeouts">(
    kind: Kind,
    name: string,
    ...segments: readonly (string | number)[]
  ): NonNullable<UseDefinition[Kind]>[string] {
    const registry = this.unit.use[kind] as
      | Readonly<Record<string, NonNullable<UseDefinition[Kind]>[string]>>
      | undefined;
    const found = registry === undefined || !Object.hasOwn(registry, name) ? undefined : registry[name];
    if (found === undefined) {
      throw this.error(`Cannot use "${name}": it is not among "use.${kind}", it should be defined there`, ...segments);
    }
    return found;
  }

  /** Where a `then` leads, in the list of this scope. */
  directive(then: string | undefined, ...segments: readonly (string | number)[]): DirectiveTarget {
    const target = resolveDirective(then, this.siblings);
    if (target === undefined) {
      throw this.error(
        `Cannot continue at "${then}": it is no task of the same list, it should be one, "continue", "exit" or "end"`,
        ...segments,
      );
    }
    return target;
  }

  /** A list of tasks below this scope. */
  list(list: TaskList, ...segments: readonly (string | number)[]): CompiledPlace {
    return this.unit.compileList(list, this.at(...segments));
  }

  /** Requires a secret that the document names outside expressions to be declared. */
  declared(secret: string, ...segments: readonly (string | number)[]): string {
    if (!this.unit.secrets.has(secret)) {
      throw this.error(
        `Cannot use secret "${secret}": it is not among "use.secrets", it should be declared there`,
        ...segments,
      );
    }
    return secret;
  }

  error(message: string, ...segments: readonly (string | number)[]): ProgramError {
    return new ProgramError(message, this.at(...segments).pointer);
  }

  #with(changes: {
    pointer?: string;
    names?: readonly string[];
    siblings?: readonly string[] | undefined;
    extensible?: boolean;
    repeatable?: boolean;
  }): Scope {
    return new Scope(this.unit, changes.pointer ?? this.pointer, {
      names: changes.names ?? this.names,
      siblings: "siblings" in changes ? changes.siblings : this.siblings,
      extensible: changes.extensible ?? this.extensible,
      repeatable: changes.repeatable ?? this.repeatable,
    });
  }

  /** Compiles something at a place below; what goes wrong becomes a ProgramError that says where. */
  compile<Result extends Evaluator | SchemaValidator>(
    segments: readonly (string | number)[],
    compile: () => Result,
  ): Result {
    try {
      const result = compile();
      if ("secrets" in result) for (const secret of result.secrets) this.declared(secret, ...segments);
      return result;
    } catch (error) {
      if (error instanceof ProgramError || !(error instanceof Error)) throw error;
      const below = error instanceof ExpressionSyntaxError && error.pointer !== undefined ? error.pointer : "";
      throw new ProgramError(`Cannot compile: ${error.message}`, this.at(...segments).pointer + below);
    }
  }
}
