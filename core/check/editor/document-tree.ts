import { type TaskKind, taskKinds } from "../../dsl/task-kind.ts";
import { type ParsedDocument, parseText } from "../../dsl/parse/parse-text.ts";
import type { SourceNode, SourceRange } from "../../dsl/parse/source-node.ts";
import { childPointer } from "../../lib/json-pointer.ts";
import { type Json, getKey, isJsonArray, isJsonObject } from "../../lib/json.ts";

/** A node of the text and the way to it from the root. */
export interface PlacedNode {
  readonly node: SourceNode;
  readonly path: readonly string[];
}

/** A task of a list: its name and where it stands. */
export interface ListedTask {
  readonly name: string;
  readonly pointer: string;
}

/** The text of a definition as a tree that can be asked by offset and by path. It exists for every text, however broken. */
export class DocumentTree {
  readonly #parsed: ParsedDocument;

  constructor(text: string) {
    this.#parsed = parseText(text);
  }

  /** The innermost node around an offset, its key included. */
  find(offset: number): PlacedNode | undefined {
    let node: SourceNode = this.#parsed.positions.root;
    const path: string[] = [];
    for (;;) {
      const child = [...node.children].find(([, inner]) =>
        within({ start: inner.key?.start ?? inner.start, end: inner.end }, offset),
      );
      if (child === undefined) return path.length === 0 ? undefined : { node, path };
      path.push(child[0]);
      node = child[1];
    }
  }

  /** The node at a JSON pointer. */
  node(pointer: string): SourceNode | undefined {
    return this.#parsed.positions.node(pointer);
  }

  /** The value at a path. */
  value(path: readonly string[]): Json | undefined {
    let value: Json | undefined = this.#parsed.value;
    for (const segment of path)
      value = isJsonArray(value) ? value[Number(segment)] : isJsonObject(value) ? getKey(value, segment) : undefined;
    return value;
  }

  /** All nodes below a path, outer ones first. */
  *nodes(below: PlacedNode = { node: this.#parsed.positions.root, path: [] }): Iterable<PlacedNode> {
    for (const [key, node] of below.node.children) {
      const child = { node, path: [...below.path, key] };
      yield child;
      yield* this.nodes(child);
    }
  }

  /** The kind of the task at a path; undefined where no task is: an entry of a list, with the key of a kind. */
  taskKind(path: readonly string[]): TaskKind | undefined {
    const value = this.value(path);
    if (path.length < 2 || !isIndex(path.at(-2)) || path.at(-3) === "switch" || !isJsonObject(value)) return undefined;
    return taskKinds.find((kind) => Object.hasOwn(value, kind));
  }

  /** The pointer of the innermost list of tasks around a place; a switch's own cases are no tasks. */
  listAround(path: readonly string[]): string | undefined {
    for (let end = path.length - 1; end > 0; end--) {
      if (!isIndex(path[end]) || path[end - 1] === "switch") continue;
      if (isJsonArray(this.value(path.slice(0, end)))) return pointerOf(path.slice(0, end));
    }
    return undefined;
  }

  /** The tasks of the innermost list around a place. */
  tasksAround(path: readonly string[]): readonly ListedTask[] {
    const pointer = this.listAround(path);
    const list = pointer === undefined ? undefined : this.node(pointer);
    if (pointer === undefined || list === undefined) return [];
    return [...list.children].flatMap(([index, item]) =>
      [...item.children.keys()].map((name) => ({ name, pointer: childPointer(`${pointer}/${index}`, name) })),
    );
  }
}

/** Tells whether an offset is in a range or at its end. */
export const within = ({ start, end }: SourceRange, offset: number): boolean => offset >= start && offset <= end;

const pointerOf = (path: readonly string[]): string =>
  path.reduce((pointer, segment) => childPointer(pointer, segment), "");

const isIndex = (segment: string | undefined): boolean => segment !== undefined && /^\d+$/u.test(segment);
