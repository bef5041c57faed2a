import { isJsonObject } from "../../lib/json.ts";
import type { SourceRange } from "../../dsl/parse/source-node.ts";
import { DocumentTree, within } from "./document-tree.ts";
import {
  type OutlineEntry,
  type Replacement,
  definitionAt,
  outline,
  referencesAt,
  renameAt,
  sectionOf,
} from "./symbols.ts";
import { KEY_WORDS, KIND_WORDS, type Suggestion, directives, protocols } from "./words.ts";

/** What an editor asks of the text of a definition. Offsets are UTF-16 units. Nothing is thrown, however broken the text is. */
export class EditorDocument {
  readonly #tree: DocumentTree;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
    this.#tree = new DocumentTree(text);
  }

  /** What is known of the key at an offset, as Markdown. */
  hover(offset: number): { readonly text: string; readonly range: SourceRange } | undefined {
    const found = this.#tree.find(offset);
    if (found?.node.key === undefined || !within(found.node.key, offset)) return undefined;
    const name = found.path.at(-1) as string;
    const words = Object.hasOwn(KEY_WORDS, name) ? KEY_WORDS[name] : this.#taskWords(found.path);
    return words === undefined ? undefined : { text: `**${name}**: ${words}`, range: found.node.key };
  }

  /** Where what the name at an offset stands for is defined: the task of a `then`, the entry of `use` of a reference. */
  definition(offset: number): SourceRange | undefined {
    return definitionAt(this.#tree, offset);
  }

  /** Everywhere the name at an offset stands, its definition first. */
  references(offset: number): readonly SourceRange[] {
    return referencesAt(this.#tree, offset);
  }

  /** What to replace so that the name at an offset becomes another; undefined where no name is. */
  rename(offset: number, newName: string): readonly Replacement[] | { readonly refused: string } | undefined {
    return renameAt(this.#tree, offset, newName);
  }

  /** The tasks as a tree. */
  outline(): readonly OutlineEntry[] {
    return outline(this.#tree);
  }

  /** What may stand at an offset: targets after `then:`, names after a reference, keys of a task elsewhere. Works on the line alone, since a text being written seldom parses. */
  complete(offset: number): readonly Suggestion[] {
    const line = this.#text.slice(this.#text.lastIndexOf("\n", offset - 1) + 1, offset);
    const value = /([A-Za-z]+):\s*[^\s:]*$/u.exec(line)?.[1];
    if (value === "then") return [...this.#taskNames(offset), ...directives];
    if (value !== undefined) {
      const section = sectionOf(value);
      const names = section === undefined ? [] : this.#used(section);
      return value === "call" ? [...names, ...protocols] : names;
    }
    if (!/^\s*(?:-\s*)?[A-Za-z]*$/u.test(line)) return [];
    return Object.entries(KEY_WORDS).map(([label, detail]) => ({ label, detail }));
  }

  #used(section: string): readonly Suggestion[] {
    const entries = this.#tree.value(["use", section]);
    return isJsonObject(entries) ? Object.keys(entries).map((label) => ({ label, detail: `of use.${section}` })) : [];
  }

  /** The tasks beside the one being written; where the text does not parse, everything that looks like a task. */
  #taskNames(offset: number): readonly Suggestion[] {
    const found = this.#tree.find(offset);
    const siblings = found === undefined ? [] : this.#tree.tasksAround(found.path).map(({ name }) => name);
    const names =
      siblings.length > 0
        ? siblings
        : [...this.#text.matchAll(/^\s*-\s+([\w-]+):\s*$/gmu)].map((match) => match[1] as string);
    return [...new Set(names)].map((label) => ({ label, detail: "task" }));
  }

  #taskWords(path: readonly string[]): string | undefined {
    const kind = this.#tree.taskKind(path);
    return kind === undefined ? undefined : `a \`${kind}\` task. ${KIND_WORDS[kind]}`;
  }
}
