import { childPointer } from "../../lib/json-pointer.ts";
import type { Json } from "../../lib/json.ts";
import { getKey, isJsonArray, isJsonObject } from "../../lib/json.ts";
import { type ParsedDocument, parseText } from "../../dsl/parse/parse-text.ts";
import type { SourceNode, SourceRange } from "../../dsl/parse/source-node.ts";
import { taskKinds } from "../../dsl/task-kind.ts";

/** A text to offer, and what it is. */
export interface Suggestion {
  readonly label: string;
  readonly detail: string;
}

const KIND_WORDS: { readonly [Kind in (typeof taskKinds)[number]]: string } = {
  call: "Calls a service (http, grpc, openapi, asyncapi, a2a, mcp) or a function of `use.functions`.",
  do: "Does tasks one after the other.",
  emit: "Publishes a CloudEvent.",
  for: "Does tasks for each item of a list, one after the other.",
  fork: "Does branches side by side; with `compete` the first to end wins.",
  listen: "Waits for CloudEvents.",
  raise: "Ends with an error.",
  run: "Runs a container, a script, a shell command or another workflow.",
  set: "Makes data: its value is the task's output.",
  switch: "Goes on at the first case whose `when` holds.",
  try: "Does tasks and deals with their errors, with or without retries.",
  wait: "Waits for a duration.",
};

const KEY_WORDS: { readonly [key: string]: string } = {
  ...KIND_WORDS,
  if: "A jq expression; where it is false the task is skipped.",
  input: "`from` makes the task's input of the data before it; `schema` checks it.",
  output: "`as` makes the task's output of what it gave; `schema` checks it.",
  export: "`as` makes the new `$context` of the task's output.",
  timeout: "`after` ends the task with a timeout error (status 408).",
  then: "Where to go on: the name of a task of the same list, `continue`, `exit` or `end`.",
  catch: "What is done with an error: filter (`errors`), `retry`, then `do`.",
  retry: "A retry policy: `delay`, `backoff`, `limit`, `jitter`; or the name of one of `use.retries`.",
};

const REFERENCES: { readonly [key: string]: string } = {
  call: "functions",
  retry: "retries",
  error: "errors",
  timeout: "timeouts",
  authentication: "authentications",
  use: "authentications",
};

/** What an editor asks of the text of a definition. Offsets are UTF-16 units. Nothing is thrown, however broken the text is. */
export class EditorDocument {
  readonly #parsed: ParsedDocument;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
    this.#parsed = parseText(text);
  }

  /** What is known of the key at an offset, as Markdown. */
  hover(offset: number): { readonly text: string; readonly range: SourceRange } | undefined {
    const found = this.#find(offset);
    if (found?.node.key === undefined || !within(found.node.key, offset)) return undefined;
    const name = found.path.at(-1) as string;
    const words = Object.hasOwn(KEY_WORDS, name) ? KEY_WORDS[name] : this.#taskWords(found.path);
    return words === undefined ? undefined : { text: `**${name}**: ${words}`, range: found.node.key };
  }

  /** Where what the value at an offset names is defined: the task of a `then`, the entry of `use` of a reference. */
  definition(offset: number): SourceRange | undefined {
    const found = this.#find(offset);
    if (found?.node.scalar === undefined) return undefined;
    const name = found.node.scalar.value;
    const key = found.path.at(-1) as string;
    if (key === "then") {
      const task = this.#siblings(found.path).find((sibling) => sibling.name === name);
      return task === undefined ? undefined : this.#parsed.positions.node(task.pointer)?.key;
    }
    const section = Object.hasOwn(REFERENCES, key) ? REFERENCES[key] : undefined;
    if (section === undefined) return undefined;
    return this.#parsed.positions.node(childPointer(`/use/${section}`, name))?.key;
  }

  /** What may stand at an offset: targets after `then:`, names after a reference, keys of a task elsewhere. Works on the line alone, since a text being written seldom parses. */
  complete(offset: number): readonly Suggestion[] {
    const line = this.#text.slice(this.#text.lastIndexOf("\n", offset - 1) + 1, offset);
    const value = /([A-Za-z]+):\s*[^\s:]*$/u.exec(line)?.[1];
    if (value === "then") return [...this.#taskNames(offset), ...directives];
    if (value !== undefined) {
      const section = Object.hasOwn(REFERENCES, value) ? REFERENCES[value] : undefined;
      const names = section === undefined ? [] : this.#used(section);
      return value === "call" ? [...names, ...protocols] : names;
    }
    if (!/^\s*(?:-\s*)?[A-Za-z]*$/u.test(line)) return [];
    return Object.entries(KEY_WORDS).map(([label, detail]) => ({ label, detail }));
  }

  #used(section: string): readonly Suggestion[] {
    const use = isJsonObject(this.#parsed.value) ? getKey(this.#parsed.value, "use") : undefined;
    const entries = isJsonObject(use) ? getKey(use, section) : undefined;
    return isJsonObject(entries) ? Object.keys(entries).map((label) => ({ label, detail: `of use.${section}` })) : [];
  }

  /** The tasks beside the one being written; where the text does not parse, everything that looks like a task. */
  #taskNames(offset: number): readonly Suggestion[] {
    const found = this.#find(offset);
    const siblings = found === undefined ? [] : this.#siblings(found.path).map(({ name }) => name);
    const names =
      siblings.length > 0
        ? siblings
        : [...this.#text.matchAll(/^\s*-\s+([\w-]+):\s*$/gmu)].map((match) => match[1] as string);
    return [...new Set(names)].map((label) => ({ label, detail: "task" }));
  }

  #taskWords(path: readonly string[]): string | undefined {
    const value = this.#at(path);
    const isEntry = path.length >= 2 && /^\d+$/u.test(path.at(-2) as string);
    const kind = isJsonObject(value) && isEntry ? taskKinds.find((one) => Object.hasOwn(value, one)) : undefined;
    return kind === undefined ? undefined : `a \`${kind}\` task. ${KIND_WORDS[kind]}`;
  }

  /** The tasks of the innermost list around a place; a switch's own cases are no tasks. */
  #siblings(path: readonly string[]): readonly { readonly name: string; readonly pointer: string }[] {
    for (let end = path.length - 1; end > 0; end--) {
      if (!/^\d+$/u.test(path[end] as string) || path[end - 1] === "switch") continue;
      const above = path.slice(0, end);
      const list = this.#at(above);
      if (!isJsonArray(list)) continue;
      const pointer = above.reduce((text, segment) => childPointer(text, segment), "");
      return list.flatMap((item, index) =>
        isJsonObject(item)
          ? Object.keys(item).map((name) => ({ name, pointer: childPointer(`${pointer}/${index}`, name) }))
          : [],
      );
    }
    return [];
  }

  #at(path: readonly string[]): Json | undefined {
    let value: Json | undefined = this.#parsed.value;
    for (const segment of path)
      value = isJsonArray(value) ? value[Number(segment)] : isJsonObject(value) ? getKey(value, segment) : undefined;
    return value;
  }

  /** The innermost node around an offset, its key included, and the way to it. */
  #find(offset: number): { readonly node: SourceNode; readonly path: readonly string[] } | undefined {
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
}

const directives: readonly Suggestion[] = [
  { label: "continue", detail: "go on with the next task" },
  { label: "exit", detail: "leave this list of tasks" },
  { label: "end", detail: "end the workflow" },
];

const protocols: readonly Suggestion[] = ["http", "grpc", "openapi", "asyncapi", "a2a", "mcp"].map((label) => ({
  label,
  detail: "protocol",
}));

const within = ({ start, end }: SourceRange, offset: number): boolean => offset >= start && offset <= end;
