import type { CharSet } from "./char-set.ts";

/** Where a match may be without taking a character. */
export type Assertion =
  | "text-start"
  | "text-end"
  | "text-end-or-last-newline"
  | "line-start"
  | "line-end"
  | "word-boundary"
  | "no-word-boundary"
  | "search-start";

/** How often a part repeats; possessive repeats give nothing back. */
export interface Repeat {
  readonly min: number;
  readonly max: number;
  readonly mode: "greedy" | "lazy" | "possessive";
}

/** A parsed pattern. */
export type Tree =
  | { readonly type: "empty" }
  | { readonly type: "char"; readonly code: number; readonly ignoreCase: boolean }
  | { readonly type: "set"; readonly set: CharSet }
  | { readonly type: "assertion"; readonly at: Assertion }
  | { readonly type: "sequence"; readonly items: readonly Tree[] }
  | { readonly type: "choice"; readonly options: readonly Tree[] }
  | { readonly type: "repeat"; readonly body: Tree; readonly repeat: Repeat }
  | { readonly type: "group"; readonly body: Tree; readonly index: number; readonly name: string | undefined }
  | { readonly type: "atomic"; readonly body: Tree }
  | { readonly type: "look"; readonly body: Tree; readonly isBehind: boolean; readonly isNegative: boolean }
  | { readonly type: "backreference"; readonly groups: readonly number[]; readonly ignoreCase: boolean }
  | { readonly type: "keep" };

/** How many code points a tree takes at least and at most. */
export interface Width {
  readonly min: number;
  readonly max: number;
}

const NOTHING: Width = { min: 0, max: 0 };

/** The width of a tree; a back-reference may take anything. */
export function widthOf(tree: Tree): Width {
  switch (tree.type) {
    case "empty":
    case "assertion":
    case "look":
    case "keep":
      return NOTHING;
    case "char":
    case "set":
      return { min: 1, max: 1 };
    case "sequence":
      return tree.items
        .map(widthOf)
        .reduce((sum, width) => ({ min: sum.min + width.min, max: sum.max + width.max }), NOTHING);
    case "choice": {
      const widths = tree.options.map(widthOf);
      return { min: Math.min(...widths.map((width) => width.min)), max: Math.max(...widths.map((width) => width.max)) };
    }
    case "repeat": {
      const { min, max } = widthOf(tree.body);
      return { min: min * tree.repeat.min, max: max === 0 ? 0 : max * tree.repeat.max };
    }
    case "group":
    case "atomic":
      return widthOf(tree.body);
    case "backreference":
      return { min: 0, max: Infinity };
  }
}
