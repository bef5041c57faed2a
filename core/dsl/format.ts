import { type Document, type Pair, type YAMLMap, isMap, isScalar, isSeq, parseAllDocuments, visit } from "yaml";
import { type Json, jsonEquals } from "../lib/json.ts";
import { type Diagnostic, hasErrors } from "./diagnostic/diagnostic.ts";
import { parseStream } from "./parse/parse-text.ts";

/** The outcome of formatting: the text, the same as before where it could not be read. */
export interface Formatted {
  readonly text: string;
  readonly diagnostics: readonly Diagnostic[];
}

const ROOT_ORDER = ["document", "evaluate", "schedule", "input", "use", "timeout", "do", "output"];
const DOCUMENT_ORDER = ["dsl", "namespace", "name", "version", "title", "summary", "tags", "metadata"];
const TASK_ORDER = [
  "if",
  "input",
  "call",
  "with",
  "for",
  "while",
  "do",
  "emit",
  "fork",
  "listen",
  "foreach",
  "raise",
  "run",
  "set",
  "switch",
  "try",
  "catch",
  "wait",
  "timeout",
  "output",
  "export",
  "then",
  "metadata",
];

/**
 * Formats a definition, or a stream of them: two spaces, the specification's order of keys in the document and in tasks, comments kept. Formatting twice is the same as formatting once,
 * and the data stays the same: a text for which that could not be kept, or that cannot be read, is left as it is.
 */
export function formatWorkflow(text: string, options: { readonly file?: string } = {}): Formatted {
  const before = parseStream(text, options);
  const diagnostics = before.flatMap((document) => document.diagnostics);
  if (hasErrors(diagnostics) || before.length === 0) return { text, diagnostics };
  const values = before.map(({ value }) => value as Json);
  // One pass settles the order of keys, a second where comments come to stand after it.
  const formatted = printed(printed(text, values), values);
  return { text: formatted, diagnostics: [] };
}

/** The bounded parser has accepted the text, so this one, which keeps comments, cannot be made to run away with it. */
function printed(text: string, values: readonly Json[]): string {
  const isJson = /^\s*\{/u.test(text) && values.length === 1;
  const documents = parseAllDocuments(text.replace(/^\uFEFF/u, ""));
  if (!Array.isArray(documents)) return text;
  for (const document of documents) {
    if (document.errors.length > 0) return text;
    tightenLists(document);
    if (!hasAnchors(document)) arrange(document);
  }
  const output = isJson
    ? jsonText(documents[0] as Document, text)
    : documents.map((document) => document.toString({ lineWidth: 0, indent: 2 })).join("");
  return keepsData(output, values) ? output : text;
}

function keepsData(text: string, values: readonly Json[]): boolean {
  const after = parseStream(text);
  return (
    after.length === values.length &&
    after.every(({ value, diagnostics }, index) => {
      return !hasErrors(diagnostics) && value !== undefined && jsonEquals(value, values[index] as Json);
    })
  );
}

/** A text that is JSON stays JSON; YAML in braces, with comments or unquoted keys, is formatted as YAML. */
function jsonText(document: Document, text: string): string {
  try {
    JSON.parse(text);
  } catch {
    return document.toString({ lineWidth: 0, indent: 2 });
  }
  return `${JSON.stringify(document.toJSON(), null, 2)}\n`;
}

/** Flow lists stand tight, `[a, b]`, and flow mappings do not, `{ a: 1 }`, as people write them; the printer knows one padding for both, so each node prints itself with its own. */
function tightenLists(document: Document): void {
  visit(document, {
    Collection: (_key, node) => {
      if (node.flow !== true) return;
      const flowCollectionPadding = isSeq(node) ? "" : " ";
      const print: typeof node.toString = node.toString.bind(node);
      node.toString = (context, ...rest) =>
        print(context === undefined ? context : { ...context, flowCollectionPadding }, ...rest);
    },
  });
}

/** An alias must come after its anchor, so a document with anchors keeps its order. */
function hasAnchors(document: unknown): boolean {
  let found = false;
  visit(document as Document, {
    Alias: () => {
      found = true;
      return visit.BREAK;
    },
  });
  return found;
}

function arrange(document: { readonly contents: unknown }): void {
  const root = document.contents;
  if (!isMap(root)) return;
  order(root, ROOT_ORDER);
  const metadata = child(root, "document");
  if (isMap(metadata)) order(metadata, DOCUMENT_ORDER);
  arrangeTasks(child(root, "do"));
  const use = child(root, "use");
  if (!isMap(use)) return;
  const functions = child(use, "functions");
  if (isMap(functions)) for (const { value } of functions.items) arrangeTask(value);
  const extensions = child(use, "extensions");
  for (const extension of isSeq(extensions) ? extensions.items.flatMap(valuesOf) : []) {
    arrangeTasks(child(extension, "before"));
    arrangeTasks(child(extension, "after"));
  }
}

function arrangeTasks(list: unknown): void {
  if (isSeq(list)) for (const task of list.items.flatMap(valuesOf)) arrangeTask(task);
}

function arrangeTask(task: unknown): void {
  if (!isMap(task)) return;
  order(task, TASK_ORDER);
  arrangeTasks(child(task, "do"));
  arrangeTasks(child(task, "try"));
  arrangeTasks(child(child(task, "catch"), "do"));
  arrangeTasks(child(child(task, "fork"), "branches"));
  arrangeTasks(child(child(task, "foreach"), "do"));
  arrangeTasks(child(child(child(child(task, "with"), "subscription"), "foreach"), "do"));
}

function child(node: unknown, key: string): unknown {
  return isMap(node) ? node.get(key, true) : undefined;
}

function valuesOf(item: unknown): readonly unknown[] {
  return isMap(item) ? item.items.map(({ value }) => value) : [];
}

/** Sorts the known keys of a mapping; unknown ones come after them in their own order. What stands before the first key stays there. */
function order(node: YAMLMap, keys: readonly string[]): void {
  const rank = (pair: Pair): number => {
    const key = isScalar(pair.key) ? String(pair.key.value) : "";
    const index = keys.indexOf(key);
    return index < 0 ? keys.length : index;
  };
  const sorted = node.items.toSorted((left, right) => rank(left) - rank(right));
  const changed = sorted.some((pair, index) => pair !== node.items[index]);
  if (changed) node.items = sorted;
}
