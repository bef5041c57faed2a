import { type CharSet, classSet } from "./char-set.ts";
import type { ParsedRegex } from "./parser.ts";
import { RegexSyntaxError } from "./regex-error.ts";
import type { RegexOptions } from "./regex-options.ts";
import { type Assertion, type Repeat, type Tree, widthOf } from "./tree.ts";

/** The instructions a pattern may become; counted repeats of groups are written out, so that this bounds them. */
const INSTRUCTIONS_MAX = 20_000;

/** One instruction of the backtracking machine; the next one follows unless it says otherwise. */
export type Instruction =
  | { readonly op: "char"; readonly code: number }
  | { readonly op: "folded-char"; readonly code: number }
  | { readonly op: "set"; readonly set: CharSet }
  | { readonly op: "repeat-set"; readonly set: CharSet; readonly repeat: Repeat }
  | { readonly op: "assert"; readonly at: Assertion }
  /** Tries `first`, and later `second`. */
  | { readonly op: "split"; readonly first: number; readonly second: number }
  | { readonly op: "jump"; readonly to: number }
  | { readonly op: "save"; readonly slot: number }
  /** Leaves a loop whose body took nothing since `slot` was saved. */
  | { readonly op: "unless-progress"; readonly slot: number; readonly to: number }
  | { readonly op: "atomic"; readonly next: number }
  | {
      readonly op: "look";
      readonly next: number;
      readonly isNegative: boolean;
      readonly behind: { readonly min: number; readonly max: number } | undefined;
    }
  | { readonly op: "backreference"; readonly groups: readonly number[]; readonly ignoreCase: boolean }
  | { readonly op: "match" };

/** A compiled pattern. */
export interface Program {
  readonly code: readonly Instruction[];
  /** Two for every group and the whole, then one for every loop that may take nothing. */
  readonly slots: number;
  readonly groupNames: readonly (string | undefined)[];
  /** The character every match starts with, where there is one: a search can jump to it. */
  readonly firstChar: string | undefined;
  /** True where a match can only start at the start of the text. */
  readonly isAnchored: boolean;
  readonly longest: boolean;
  readonly notEmpty: boolean;
  readonly isWord: CharSet;
}

/** Compiles a parsed pattern for the matcher. */
export function compileProgram({ tree, groupNames }: ParsedRegex, options: RegexOptions): Program {
  const emitter = new Emitter(2 + 2 * groupNames.length);
  emitter.emit({ op: "save", slot: 0 });
  emitter.tree(tree);
  emitter.emit({ op: "save", slot: 1 });
  emitter.emit({ op: "match" });
  return {
    code: emitter.code,
    slots: emitter.slots,
    groupNames,
    firstChar: firstChar(tree),
    isAnchored: isAnchored(tree),
    longest: options.longest ?? false,
    notEmpty: options.notEmpty ?? false,
    isWord: classSet("w", options.flavour !== "ecma") as CharSet,
  };
}

function firstChar(tree: Tree): string | undefined {
  if (tree.type === "char") return tree.ignoreCase ? undefined : String.fromCodePoint(tree.code);
  if (tree.type === "sequence") return tree.items[0] && firstChar(tree.items[0]);
  if (tree.type === "group" || tree.type === "atomic") return firstChar(tree.body);
  if (tree.type === "repeat" && tree.repeat.min > 0) return firstChar(tree.body);
  return undefined;
}

function isAnchored(tree: Tree): boolean {
  if (tree.type === "assertion") return tree.at === "text-start";
  if (tree.type === "sequence") return tree.items[0] !== undefined && isAnchored(tree.items[0]);
  if (tree.type === "group" || tree.type === "atomic") return isAnchored(tree.body);
  return tree.type === "choice" && tree.options.every(isAnchored);
}

class Emitter {
  readonly code: Instruction[] = [];
  slots: number;

  constructor(slots: number) {
    this.slots = slots;
  }

  emit(instruction: Instruction): number {
    if (this.code.length >= INSTRUCTIONS_MAX) throw new RegexSyntaxError("pattern is too big", 0);
    return this.code.push(instruction) - 1;
  }

  tree(tree: Tree): void {
    switch (tree.type) {
      case "empty":
        return;
      case "char":
        this.emit({ op: tree.ignoreCase ? "folded-char" : "char", code: tree.code });
        return;
      case "set":
        this.emit({ op: "set", set: tree.set });
        return;
      case "assertion":
        this.emit({ op: "assert", at: tree.at });
        return;
      case "sequence":
        for (const item of tree.items) this.tree(item);
        return;
      case "choice":
        this.#choice(tree.options);
        return;
      case "repeat":
        this.#repeat(tree.body, tree.repeat);
        return;
      case "group":
        this.emit({ op: "save", slot: 2 * tree.index });
        this.tree(tree.body);
        this.emit({ op: "save", slot: 2 * tree.index + 1 });
        return;
      case "atomic":
        this.#enclosed((next) => ({ op: "atomic", next }), tree.body);
        return;
      case "look": {
        const behind = tree.isBehind ? widthOf(tree.body) : undefined;
        this.#enclosed((next) => ({ op: "look", next, isNegative: tree.isNegative, behind }), tree.body);
        return;
      }
      case "backreference":
        this.emit({ op: "backreference", groups: tree.groups, ignoreCase: tree.ignoreCase });
        return;
      case "keep":
        this.emit({ op: "save", slot: 0 });
    }
  }

  #choice(options: readonly Tree[]): void {
    const exits: number[] = [];
    options.forEach((option, index) => {
      if (index === options.length - 1) return this.tree(option);
      const split = this.emit({ op: "match" });
      this.tree(option);
      exits.push(this.emit({ op: "match" }));
      this.code[split] = { op: "split", first: split + 1, second: this.code.length };
      return undefined;
    });
    for (const exit of exits) this.code[exit] = { op: "jump", to: this.code.length };
  }

  /** A part that is matched by itself: it ends with its own `match`, and the outer program goes on at `next`. */
  #enclosed(instruction: (next: number) => Instruction, body: Tree): void {
    const start = this.emit({ op: "match" });
    this.tree(body);
    this.emit({ op: "match" });
    this.code[start] = instruction(this.code.length);
  }

  #repeat(body: Tree, repeat: Repeat): void {
    if (body.type === "set" || (body.type === "char" && !body.ignoreCase)) {
      const set = body.type === "set" ? body.set : charSet(body.code);
      this.emit({ op: "repeat-set", set, repeat });
      return;
    }
    if (repeat.mode === "possessive") {
      this.#enclosed((next) => ({ op: "atomic", next }), {
        type: "repeat",
        body,
        repeat: { ...repeat, mode: "greedy" },
      });
      return;
    }
    for (let count = 0; count < repeat.min; count++) this.tree(body);
    if (repeat.max === Infinity) this.#loop(body, repeat.mode === "lazy");
    else this.#optional(body, repeat.max - repeat.min, repeat.mode === "lazy");
  }

  #loop(body: Tree, isLazy: boolean): void {
    const mayBeEmpty = widthOf(body).min === 0;
    const slot = mayBeEmpty ? this.slots++ : -1;
    const start = this.emit({ op: "match" });
    if (mayBeEmpty) this.emit({ op: "save", slot });
    this.tree(body);
    const check = mayBeEmpty ? this.emit({ op: "match" }) : -1;
    this.emit({ op: "jump", to: start });
    const end = this.code.length;
    if (mayBeEmpty) this.code[check] = { op: "unless-progress", slot, to: end };
    this.code[start] = isLazy
      ? { op: "split", first: end, second: start + 1 }
      : { op: "split", first: start + 1, second: end };
  }

  #optional(body: Tree, times: number, isLazy: boolean): void {
    const splits: number[] = [];
    for (let count = 0; count < times; count++) {
      splits.push(this.emit({ op: "match" }));
      this.tree(body);
    }
    const end = this.code.length;
    for (const split of splits)
      this.code[split] = isLazy
        ? { op: "split", first: end, second: split + 1 }
        : { op: "split", first: split + 1, second: end };
  }
}

function charSet(code: number): CharSet {
  return (other) => other === code;
}
