import type { Json } from "../json.ts";
import { pointerFrom } from "../json-pointer.ts";
import type { SchemaResource } from "./resources.ts";
import type { SchemaError } from "./schema-error.ts";

/** Where in the value an evaluation is, innermost first; made into a pointer only when there is an error to report. */
export interface Path {
  readonly segment: string | number;
  readonly parent: Path | undefined;
}

/** The schema resources entered so far, innermost first: what `$dynamicRef` looks through. */
export interface DynamicScope {
  readonly resource: SchemaResource;
  readonly outer: DynamicScope | undefined;
}

/** Which properties and items of one value have been looked at; what `unevaluated*` asks for. */
export class Evaluated {
  readonly properties = new Set<string>();
  readonly items = new Set<number>();

  /** Takes over what a subschema at the same place looked at. */
  merge(other: Evaluated): void {
    for (const name of other.properties) this.properties.add(name);
    for (const index of other.items) this.items.add(index);
  }
}

/** A compiled schema or keyword: adds an error to the run for each way in which the value does not match. */
export type Check = (value: Json, path: Path | undefined, run: Evaluation, evaluated: Evaluated) => void;

/** Errors beyond this are not collected: nobody reads them. */
const ERRORS_MAX = 50;

/** Nested schema applications; values are at most 64 deep, so only a reference circle comes near. */
const DEPTH_MAX = 400;

/** Schema applications in one validation: schemas with nested alternatives can multiply, none in use needs this many. */
const WORK_MAX = 500_000;

/** A validation stopped because the schema makes too much work of the value; becomes an error of the value. */
export class SchemaLimitError extends Error {}

/** One validation in progress. */
export class Evaluation {
  errors: SchemaError[] = [];
  /** Counts all errors, collected or not. */
  failures = 0;
  scope: DynamicScope | undefined;
  #depth = 0;
  #work = 0;

  fail(path: Path | undefined, keyword: string, message: string): void {
    this.failures += 1;
    if (this.errors.length < ERRORS_MAX) this.errors.push({ pointer: pointerOf(path), keyword, message });
  }

  /** Counts one application of a schema, and its depth until `leave`. */
  enter(): void {
    this.#depth += 1;
    this.#work += 1;
    if (this.#depth > DEPTH_MAX) throw new SchemaLimitError("the schema refers to itself without end");
    if (this.#work > WORK_MAX) throw new SchemaLimitError("the schema makes too much work of the value");
  }

  leave(): void {
    this.#depth -= 1;
  }

  /** Runs a check without keeping its errors; gives them back. */
  attempt(check: Check, value: Json, path: Path | undefined, evaluated: Evaluated): readonly SchemaError[] {
    const { errors, failures } = this;
    this.errors = [];
    check(value, path, this, evaluated);
    const found = this.errors;
    this.errors = errors;
    this.failures = failures;
    return found;
  }
}

/** The JSON pointer of a path. */
export function pointerOf(path: Path | undefined): string {
  const segments: (string | number)[] = [];
  for (let at = path; at !== undefined; at = at.parent) segments.push(at.segment);
  return pointerFrom(segments.toReversed());
}
