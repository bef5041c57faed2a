import type { SourceRange } from "../../dsl/parse/source-node.ts";
import { childPointer } from "../../lib/json-pointer.ts";
import { DocumentTree, type PlacedNode, within } from "./document-tree.ts";

/** A task in the outline of a definition, with the tasks inside it. */
export interface OutlineEntry {
  readonly name: string;
  readonly kind: string;
  /** The whole task, its key included. */
  readonly range: SourceRange;
  /** Its name alone. */
  readonly nameRange: SourceRange;
  readonly tasks: readonly OutlineEntry[];
}

/** What a name stands for: a task of a list, or an entry of a section of `use`. */
type Symbol =
  | { readonly type: "task"; readonly name: string; readonly list: string }
  | { readonly type: "entry"; readonly name: string; readonly section: string };

/** A text to put in the place of another. */
export interface Replacement {
  readonly range: SourceRange;
  readonly text: string;
}

/** The sections of `use` whose entries the value of a key names. */
const REFERENCES: { readonly [key: string]: string } = {
  call: "functions",
  retry: "retries",
  error: "errors",
  timeout: "timeouts",
  authentication: "authentications",
  use: "authentications",
};

/** The section of `use` that the value of a key refers to. */
export const sectionOf = (key: string | undefined): string | undefined =>
  key !== undefined && Object.hasOwn(REFERENCES, key) ? REFERENCES[key] : undefined;

/** Where what stands at an offset is defined: the key of the task or of the entry of `use`. */
export function definitionAt(tree: DocumentTree, offset: number): SourceRange | undefined {
  const symbol = symbolAt(tree, offset);
  return symbol === undefined ? undefined : definitionOf(tree, symbol);
}

/** Everywhere the name at an offset stands: its definition first, then what refers to it. Expressions that name a task are not looked into. Empty where no name is. */
export function referencesAt(tree: DocumentTree, offset: number): readonly SourceRange[] {
  const symbol = symbolAt(tree, offset);
  const definition = symbol && definitionOf(tree, symbol);
  if (symbol === undefined || definition === undefined) return [];
  const references = [...tree.nodes()]
    .filter((place) => refersTo(tree, place, symbol))
    .map(({ node }) => ({ start: node.start, end: node.end }));
  return [definition, ...references];
}

/** What to replace so that the name at an offset becomes another, written so that YAML reads it as that text. Undefined where no name is; a reason where the new name is taken. */
export function renameAt(
  tree: DocumentTree,
  offset: number,
  newName: string,
): readonly Replacement[] | { readonly refused: string } | undefined {
  const symbol = symbolAt(tree, offset);
  const ranges = referencesAt(tree, offset);
  if (symbol === undefined || ranges.length === 0) return undefined;
  if (!/^[A-Za-z_][\w-]*$/u.test(newName))
    return {
      refused: `Cannot rename to "${newName}": a name is letters, digits, "-" and "_", and begins with a letter`,
    };
  if (["continue", "exit", "end"].includes(newName) && symbol.type === "task")
    return { refused: `Cannot rename to "${newName}": it has a meaning of its own after \`then\`` };
  if (newName !== symbol.name && definitionOf(tree, { ...symbol, name: newName }) !== undefined)
    return { refused: `Cannot rename to "${newName}": there is one already` };
  return ranges.map((range) => ({ range, text: newName }));
}

/** The tasks of a definition as a tree. */
export function outline(tree: DocumentTree): readonly OutlineEntry[] {
  return entriesBelow(tree, undefined);
}

function entriesBelow(tree: DocumentTree, below: PlacedNode | undefined): readonly OutlineEntry[] {
  const entries: OutlineEntry[] = [];
  // Outer nodes come first, so what lies inside a task already taken belongs to that task.
  let taken: readonly string[] | undefined;
  for (const place of below === undefined ? tree.nodes() : tree.nodes(below)) {
    const { node, path } = place;
    if (taken?.every((segment, index) => path[index] === segment) === true) continue;
    const kind = tree.taskKind(path);
    if (node.key === undefined || kind === undefined) continue;
    taken = path;
    entries.push({
      name: path.at(-1) as string,
      kind,
      range: { start: node.key.start, end: Math.max(node.end, node.key.end) },
      nameRange: node.key,
      tasks: entriesBelow(tree, place),
    });
  }
  return entries;
}

function symbolAt(tree: DocumentTree, offset: number): Symbol | undefined {
  const found = tree.find(offset);
  if (found === undefined) return undefined;
  const { node, path } = found;
  const last = path.at(-1) as string;
  if (node.key !== undefined && within(node.key, offset)) {
    const list = tree.taskKind(path) !== undefined ? tree.listAround(path) : undefined;
    if (list !== undefined) return { type: "task", name: last, list };
    if (path.length === 3 && path[0] === "use" && Object.values(REFERENCES).includes(path[1] as string))
      return { type: "entry", name: last, section: path[1] as string };
    return undefined;
  }
  if (node.scalar === undefined) return undefined;
  if (last === "then") {
    const list = tree.listAround(path);
    return list === undefined ? undefined : { type: "task", name: node.scalar.value, list };
  }
  const section = sectionOf(last);
  return section === undefined ? undefined : { type: "entry", name: node.scalar.value, section };
}

function refersTo(tree: DocumentTree, { node, path }: PlacedNode, symbol: Symbol): boolean {
  if (node.scalar?.value !== symbol.name) return false;
  const key = path.at(-1);
  return symbol.type === "task"
    ? key === "then" && tree.listAround(path) === symbol.list
    : sectionOf(key) === symbol.section && !(path[0] === "use" && path.length === 3);
}

function definitionOf(tree: DocumentTree, symbol: Symbol): SourceRange | undefined {
  if (symbol.type === "entry") return tree.node(childPointer(`/use/${symbol.section}`, symbol.name))?.key;
  const items = tree.node(symbol.list)?.children.values() ?? [];
  for (const item of items) {
    const key = item.children.get(symbol.name)?.key;
    if (key !== undefined) return key;
  }
  return undefined;
}
