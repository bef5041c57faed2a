import { didYouMean } from "../../lib/did-you-mean.ts";
import { type Json, type JsonObject, getKey, isJsonArray, isJsonObject } from "../../lib/json.ts";
import { childPointer } from "../../lib/json-pointer.ts";
import { parseSemver } from "../../lib/semver.ts";
import type { DiagnosticCode, Finding } from "../diagnostic/diagnostic.ts";
import { taskKinds } from "../task-kind.ts";
import { anyOf, shown, typeWords } from "./describe-value.ts";
import { checkProperties } from "./check-properties.ts";
import type { FindingDetails, Place } from "./place.ts";
import { schemaCodes } from "./schema-codes.ts";
import type {
  ExpressionSite,
  ListShape,
  MapShape,
  NumberShape,
  ObjectShape,
  Role,
  Shape,
  TextShape,
  UnionShape,
} from "./shape.ts";
import { callShape, taskShapes } from "./task-shapes.ts";
import { workflowShape } from "./workflow-shape.ts";

/** A value with a meaning beyond its type, found on the way: what the rules look at. */
export interface ValueSite {
  readonly role: Role;
  readonly site: ExpressionSite;
  readonly pointer: string;
  readonly value: Json;
  /** Names of the loop, catch and event variables in scope, innermost last. */
  readonly variables: readonly string[];
}

/** The outcome of checking a document's shape. With no findings the value is a WorkflowDocument. */
export interface ShapeCheck {
  readonly findings: readonly Finding[];
  readonly sites: readonly ValueSite[];
}

/** A definition may hold this many tasks. */
const TASKS_MAX = 10_000;

/** More findings are not told: a text with so many is not a workflow. */
const FINDINGS_MAX = 100;

/**
 * Checks that a value has the shape of a workflow document (specification, all definitions of the schema), or another shape, as that of a file of tests; collects what the rules look at.
 */
export function checkShape(document: Json, shape: Shape = workflowShape): ShapeCheck {
  const walk = new ShapeWalk();
  walk.check(document, shape, { pointer: "", variables: [] });
  return { findings: walk.findings, sites: walk.sites };
}

/** One walk over a document along its shape. */
class ShapeWalk {
  readonly findings: Finding[] = [];
  readonly sites: ValueSite[] = [];
  #tasks = 0;

  tell(code: DiagnosticCode, pointer: string, message: string, details: FindingDetails = {}): void {
    if (this.findings.length < FINDINGS_MAX) this.findings.push({ code, pointer, message, ...details });
  }

  check(value: Json, shape: Shape, at: Place): void {
    switch (shape.kind) {
      case "any":
        this.#found(value, shape.role, shape.site, at);
        return;
      case "lazy":
        this.check(value, shape.shape(), at);
        return;
      case "text":
        this.#text(value, shape, at);
        return;
      case "integer":
        this.#integer(value, shape, at);
        return;
      case "boolean":
        if (typeof value !== "boolean") this.#wrongType(value, "true or false", at);
        return;
      case "list":
        this.#list(value, shape, at);
        return;
      case "map":
        this.#map(value, shape, at);
        return;
      case "object":
        this.object(value, shape, at);
        return;
      case "union":
        this.#union(value, shape, at);
        return;
      case "tasks":
        this.#taskList(value, at);
        return;
      case "task":
        this.#task(value, at);
        return;
    }
  }

  object(value: Json, shape: ObjectShape, at: Place): void {
    if (!isJsonObject(value)) {
      this.#wrongType(value, shape.title, at, objectHint(value, shape));
      return;
    }
    if (shape.role !== undefined) this.#found(value, shape.role, shape.site ?? "taskDefinition", at);
    checkProperties((code, pointer, message, details) => this.tell(code, pointer, message, details), value, shape, at);
    for (const [name, item] of Object.entries(value)) {
      const property = Object.hasOwn(shape.properties, name) ? shape.properties[name] : shape.rest;
      if (property === undefined) continue;
      const bound =
        shape.binds !== undefined && Object.hasOwn(shape.binds, name) ? (shape.binds[name]?.(value) ?? []) : [];
      this.check(item, property, { pointer: childPointer(at.pointer, name), variables: [...at.variables, ...bound] });
    }
  }

  #found(value: Json, role: Role, site: ExpressionSite, at: Place): void {
    if (role !== "literal") this.sites.push({ role, site, value, ...at });
  }

  #wrongType(value: Json, expected: string, at: Place, hint?: string): void {
    const message = `Cannot use ${value === null ? "nothing" : shown(value)} here: it is ${typeWords(value)}, it should be ${expected}`;
    this.tell(schemaCodes.wrongType, at.pointer, message, { hint: hint ?? undefined });
  }

  #text(value: Json, shape: TextShape, at: Place): void {
    if (typeof value !== "string") {
      const quotable = typeof value === "number" || typeof value === "boolean";
      const expected = shape.choices === undefined ? (shape.expected ?? "a text") : anyOf(shape.choices);
      this.#wrongType(value, expected, at, quotable ? `quote it: ${quoted(value)}` : undefined);
      return;
    }
    if (shape.choices !== undefined && !shape.choices.includes(value)) {
      const meant = didYouMean(value, shape.choices);
      const message = `Cannot use ${shown(value)} here: it should be ${anyOf(shape.choices)}`;
      this.tell(schemaCodes.notAChoice, at.pointer, message, {
        hint: meant === undefined ? undefined : `did you mean "${meant}"?`,
      });
      return;
    }
    if (shape.pattern !== undefined && (value.length > 256 || !shape.pattern.test(value))) {
      this.tell(schemaCodes.pattern, at.pointer, `Cannot use ${shown(value)} here: it should be ${shape.expected}`);
      return;
    }
    if (shape.role === "dsl-version" && !isSupportedDsl(value)) {
      const message = `Cannot run language version ${shown(value)}: it should be 1.0.0 to 1.0.3, or a pre-release of these`;
      this.tell(schemaCodes.dslVersion, at.pointer, message);
      return;
    }
    this.#found(value, shape.role, shape.site, at);
  }

  #integer(value: Json, { min, max }: NumberShape, at: Place): void {
    if (typeof value !== "number" || !Number.isInteger(value)) {
      this.#wrongType(
        value,
        "a whole number",
        at,
        typeof value === "string" && /^\d+$/u.test(value) ? "remove the quotes" : undefined,
      );
    } else if (value < min || (max !== undefined && value > max)) {
      const range = max === undefined ? `${min} or more` : `${min} to ${max}`;
      this.tell(schemaCodes.outOfRange, at.pointer, `Cannot use ${value} here: it should be ${range}`);
    }
  }

  #list(value: Json, shape: ListShape, at: Place): void {
    if (!isJsonArray(value)) {
      this.#wrongType(value, "a list", at, value === null ? undefined : 'put a "- " before each item');
      return;
    }
    if (value.length < shape.min)
      this.tell(schemaCodes.empty, at.pointer, "Cannot use an empty list here: it should have at least one item");
    for (const [index, item] of value.entries())
      this.check(item, shape.item, { ...at, pointer: childPointer(at.pointer, index) });
  }

  #map(value: Json, shape: MapShape, at: Place): void {
    if (!isJsonObject(value)) {
      this.#wrongType(
        value,
        shape.single === true ? `${shape.title} with its name as key` : `an object (${shape.title})`,
        at,
      );
      return;
    }
    const entries = Object.entries(value);
    if (shape.single === true && entries.length > 1) {
      this.#crowdedItem(entries, shape.title, at);
      return;
    }
    if (entries.length < shape.min) {
      this.tell(schemaCodes.empty, at.pointer, `Cannot use an empty object here: it should hold ${shape.title}`);
      return;
    }
    for (const [name, item] of entries)
      this.check(item, shape.value, { ...at, pointer: childPointer(at.pointer, name) });
  }

  #union(value: Json, shape: UnionShape, at: Place): void {
    const alternative = isJsonObject(value)
      ? shape.object
      : isJsonArray(value)
        ? shape.list
        : typeof value === "string"
          ? shape.text
          : typeof value === "number"
            ? shape.number
            : undefined;
    if (alternative !== undefined) {
      this.check(value, alternative, at);
      return;
    }
    const quotable = shape.text !== undefined && (typeof value === "number" || typeof value === "boolean");
    this.#wrongType(value, unionWords(shape), at, quotable ? `quote it: ${quoted(value)}` : undefined);
  }

  #taskList(value: Json, at: Place): void {
    if (!isJsonArray(value)) {
      const hint = isJsonObject(value) ? 'put a "- " before the name of each task' : undefined;
      this.#wrongType(value, "a list of tasks", at, hint);
      return;
    }
    if (value.length === 0) {
      this.tell(schemaCodes.empty, at.pointer, "Cannot use an empty list of tasks: it should have at least one task", {
        at: "key",
      });
    }
    for (const [index, item] of value.entries())
      this.#taskItem(item, { ...at, pointer: childPointer(at.pointer, index) });
  }

  #taskItem(item: Json, at: Place): void {
    if (!isJsonObject(item)) {
      this.#wrongType(item, "a task with its name as key", at, 'write "- name:" and the task below it, indented');
      return;
    }
    const entries = Object.entries(item);
    const [entry] = entries;
    if (entry === undefined) {
      this.tell(schemaCodes.taskItem, at.pointer, "Cannot use an empty item here: it should hold one task");
    } else if (entries.length > 1) {
      this.#crowdedItem(entries, "a task", at);
    } else {
      this.#task(entry[1], { ...at, pointer: childPointer(at.pointer, entry[0]) });
    }
  }

  /** An item with several keys: either the body is not indented below the name, or a "- " is missing. */
  #crowdedItem(entries: readonly (readonly [string, Json])[], title: string, at: Place): void {
    const [first, second] = entries as [readonly [string, Json], readonly [string, Json]];
    const unindented = first[1] === null || (title === "a task" && isTaskKey(second[0]));
    const hint = unindented
      ? `indent ${shown(second[0])} below ${shown(first[0])}`
      : `put a "- " before ${shown(second[0])} to make it an item of its own`;
    const message = `Cannot use ${shown(second[0])} beside ${shown(first[0])}: an item should hold exactly one key, the name of ${title}`;
    this.tell(schemaCodes.taskItem, childPointer(at.pointer, second[0]), message, { at: "key", hint });
  }

  #task(value: Json, at: Place): void {
    this.#tasks += 1;
    if (this.#tasks > TASKS_MAX) {
      if (this.#tasks === TASKS_MAX + 1)
        this.tell(schemaCodes.tooManyTasks, at.pointer, `Cannot accept more than ${TASKS_MAX} tasks`, { at: "key" });
      return;
    }
    if (!isJsonObject(value)) {
      this.#wrongType(value, "a task", at, value === null ? "indent the task's definition below its name" : undefined);
      return;
    }
    const kinds = taskKinds.filter((kind) => Object.hasOwn(value, kind));
    const [kind, other] = kinds[0] === "for" ? kinds.filter((name) => name !== "do") : kinds;
    if (kind === undefined) this.#kindless(value, at);
    else if (other === undefined)
      this.object(value, kind === "call" ? callShape(getKey(value, "call")) : taskShapes[kind], at);
    else this.#twoKinds(value, [kind, other], at);
  }

  #kindless(value: JsonObject, at: Place): void {
    const message = `Cannot tell what the task does: none of its keys is ${anyOf([...taskKinds].toSorted())}`;
    for (const key of Object.keys(value)) {
      const meant = isTaskKey(key) ? undefined : didYouMean(key, taskKinds);
      if (meant === undefined) continue;
      const unknown = `Cannot use ${shown(key)} here: it is not a property of a task`;
      this.tell(schemaCodes.unknownProperty, childPointer(at.pointer, key), unknown, {
        at: "key",
        hint: `did you mean "${meant}"?`,
      });
      return;
    }
    const hint = Object.hasOwn(value, "with") ? "`with` belongs to a `call`, which is missing" : undefined;
    this.tell(schemaCodes.noKind, at.pointer, message, { at: "key", hint });
  }

  #twoKinds(value: JsonObject, kinds: readonly [string, string], at: Place): void {
    const second = Object.keys(value).findLast((key) => kinds.includes(key)) ?? kinds[1];
    const first = kinds.find((kind) => kind !== second) ?? kinds[0];
    const message = `Cannot use ${shown(second)} beside ${shown(first)}: a task does one thing, it should have one of the two`;
    this.tell(schemaCodes.twoKinds, childPointer(at.pointer, second), message, {
      at: "key",
      hint: "make two tasks of it",
    });
  }
}

const taskKeys = new Set([
  "if",
  "input",
  "output",
  "export",
  "timeout",
  "then",
  "metadata",
  "with",
  "while",
  "foreach",
  "catch",
]);

/** Tells whether a key is one that tasks have: its kind, or what every task may carry. */
function isTaskKey(key: string): boolean {
  return taskKeys.has(key) || (taskKinds as readonly string[]).includes(key);
}

function isSupportedDsl(text: string): boolean {
  const version = parseSemver(text);
  return version !== undefined && version.major === 1 && version.minor === 0 && version.patch <= 3;
}

function quoted(value: Json): string {
  return `'${JSON.stringify(value)}'`;
}

function unionWords({ text, object, list, number }: UnionShape): string {
  const words = [
    ...(text === undefined
      ? []
      : [text.kind === "text" && text.role.includes("expression") ? "an expression" : "a text"]),
    ...(number === undefined ? [] : ["a whole number"]),
    ...(object === undefined ? [] : [object.kind === "object" ? object.title : "an object"]),
    ...(list === undefined ? [] : ["a list"]),
  ];
  return anyOf(words);
}

/** For an object written as a text: most often its one important property. */
function objectHint(value: Json, shape: ObjectShape): string | undefined {
  const [only] = shape.required;
  if (typeof value !== "string" || only === undefined || shape.required.length > 1) return undefined;
  return `write it as an object: { ${only}: ${value.length > 40 ? "…" : value} }`;
}
