import { foldCase } from "./char-set.ts";
import { isPair } from "./code-points.ts";
import type { Instruction, Program } from "./program.ts";
import { RegexLimitError } from "./regex-error.ts";
import type { RegexBudget } from "./regex-options.ts";
import type { Assertion } from "./tree.ts";

/** How many ways back a search may remember; each takes four numbers. */
const WAYS_BACK_MAX = 500_000;

/** A way back, four numbers on the stack: what to do, where, and two operands. */
const RESUME = 0;
const UNDO = 1;
const GIVE_BACK = 2;
const TAKE_MORE = 3;

/**
 * Searches one text. A backtracking machine with a stack of its own: it uses no JavaScript stack except for groups that are matched by themselves, whose nesting the parser bounds.
 */
export class Matcher {
  readonly #program: Program;
  readonly #text: string;
  #from = 0;
  readonly #budget: RegexBudget;
  readonly #slots: number[] = [];
  readonly #ways: number[] = [];
  #longest: number[] | undefined;
  /** Where the latest choice led back to. */
  #backPc = 0;
  #backAt = 0;

  constructor(program: Program, text: string, budget: RegexBudget) {
    this.#program = program;
    this.#text = text;
    this.#budget = budget;
    for (let slot = 0; slot < program.slots; slot++) this.#slots.push(-1);
  }

  /** The slots of the first match that starts at or after a UTF-16 offset, or undefined; throws RegexLimitError when the budget is used up. */
  find(from: number): number[] | undefined {
    this.#from = from;
    const { firstChar, isAnchored } = this.#program;
    for (let start = from; start <= this.#text.length; start += isPair(this.#text, start) ? 2 : 1) {
      if (firstChar !== undefined) {
        start = this.#text.indexOf(firstChar, start);
        if (start < 0) return undefined;
      }
      if (this.#matchesAt(start)) return this.#result();
      if (isAnchored) return undefined;
    }
    return undefined;
  }

  #matchesAt(start: number): boolean {
    this.#budget.moves -= this.#slots.length >> 4;
    this.#slots.fill(-1);
    this.#ways.length = 0;
    this.#longest = undefined;
    return this.#run(0, start, start) >= 0 || this.#longest !== undefined;
  }

  #result(): number[] {
    return (this.#longest ?? this.#slots).slice(0, 2 + 2 * this.#program.groupNames.length);
  }

  /** Runs from an instruction; the offset after the match, or -1. Ways back that the run adds stay above `base` when it succeeds. */
  #run(startPc: number, startAt: number, origin: number): number {
    const { code } = this.#program;
    const base = this.#ways.length;
    const isWhole = startPc === 0;
    let pc = startPc;
    let at = startAt;
    for (;;) {
      if (--this.#budget.moves < 0) throw new RegexLimitError("regular expression takes too many steps");
      const instruction = code[pc] as Instruction;
      let next = pc + 1;
      switch (instruction.op) {
        case "match":
          if (!isWhole || this.#accepts(at, origin)) return at;
          next = -1;
          break;
        case "char":
        case "folded-char":
        case "set": {
          const point = this.#text.codePointAt(at);
          if (point === undefined || !admits(instruction, point)) next = -1;
          else at += point > 0xffff ? 2 : 1;
          break;
        }
        case "repeat-set": {
          const after = this.#repeat(instruction, pc, at);
          if (after < 0) next = -1;
          else at = after;
          break;
        }
        case "assert":
          if (!this.#holds(instruction.at, at)) next = -1;
          break;
        case "split":
          this.#remember(RESUME, instruction.second, at, 0);
          next = instruction.first;
          break;
        case "jump":
          next = instruction.to;
          break;
        case "save":
          this.#save(instruction.slot, at);
          break;
        case "unless-progress":
          if (this.#slots[instruction.slot] === at) next = instruction.to;
          break;
        case "atomic": {
          const after = this.#enclosed(pc + 1, at, origin);
          next = after < 0 ? -1 : instruction.next;
          if (after >= 0) at = after;
          break;
        }
        case "look":
          next = this.#look(instruction, pc, at, origin) ? instruction.next : -1;
          break;
        case "backreference": {
          const after = this.#backreference(instruction, at);
          if (after < 0) next = -1;
          else at = after;
        }
      }
      if (next >= 0) {
        pc = next;
        continue;
      }
      if (!this.#back(base)) return -1;
      pc = this.#backPc;
      at = this.#backAt;
    }
  }

  /** Whether a complete match counts; for the longest match it is noted, and the search goes on. */
  #accepts(at: number, origin: number): boolean {
    if (this.#program.notEmpty && at === origin) return false;
    if (!this.#program.longest) return true;
    if (!this.#longest || at > (this.#longest[1] as number)) this.#longest = [...this.#slots];
    return false;
  }

  #remember(kind: number, pc: number, at: number, operand: number): void {
    if (this.#ways.length >= 4 * WAYS_BACK_MAX) throw new RegexLimitError("regular expression needs too much memory");
    this.#ways.push(kind, pc, at, operand);
  }

  #save(slot: number, at: number): void {
    this.#remember(UNDO, slot, this.#slots[slot] as number, 0);
    this.#slots[slot] = at;
  }

  /** Goes back to the latest choice, restoring slots on the way. */
  #back(base: number): boolean {
    const ways = this.#ways;
    while (ways.length > base) {
      const operand = ways.pop() as number;
      const at = ways.pop() as number;
      const pc = ways.pop() as number;
      const kind = ways.pop() as number;
      if (kind === UNDO) {
        this.#slots[pc] = at;
      } else if (kind === RESUME) {
        return this.#goTo(pc, at);
      } else if (kind === GIVE_BACK) {
        // One character less of a greedy repeat; `operand` is the least it must keep.
        const shorter = at - (isPair(this.#text, at - 2) && at - 2 >= operand ? 2 : 1);
        if (shorter > operand) ways.push(GIVE_BACK, pc, shorter, operand);
        return this.#goTo(pc, shorter);
      } else {
        if (this.#takeMore(pc, at, operand)) return true;
      }
    }
    return false;
  }

  #goTo(pc: number, at: number): true {
    this.#backPc = pc;
    this.#backAt = at;
    return true;
  }

  /** One character more of a lazy repeat; `left` is how many it may still take. */
  #takeMore(pc: number, at: number, left: number): boolean {
    const instruction = this.#program.code[pc] as Extract<Instruction, { op: "repeat-set" }>;
    const point = this.#text.codePointAt(at);
    if (left <= 0 || point === undefined || !instruction.set(point)) return false;
    const after = at + (point > 0xffff ? 2 : 1);
    this.#remember(TAKE_MORE, pc, after, left - 1);
    return this.#goTo(pc + 1, after);
  }

  /** A repeated single character: taken in a loop, given back one by one. */
  #repeat({ set, repeat }: Extract<Instruction, { op: "repeat-set" }>, pc: number, start: number): number {
    const isLazy = repeat.mode === "lazy";
    const limit = isLazy ? repeat.min : repeat.max;
    let at = start;
    let least = start;
    let count = 0;
    for (; count < limit; count++) {
      const point = this.#text.codePointAt(at);
      if (point === undefined || !set(point)) break;
      at += point > 0xffff ? 2 : 1;
      if (count + 1 === repeat.min) least = at;
    }
    this.#budget.moves -= count >> 1;
    if (count < repeat.min) return -1;
    if (isLazy) this.#remember(TAKE_MORE, pc, at, repeat.max - repeat.min);
    else if (repeat.mode === "greedy" && at > least) this.#remember(GIVE_BACK, pc + 1, at, least);
    return at;
  }

  /** Matches a part by itself: what it saved stays, its ways back do not. */
  #enclosed(pc: number, at: number, origin: number): number {
    const base = this.#ways.length;
    const after = this.#run(pc, at, origin);
    if (after >= 0) this.#forgetChoices(base);
    return after;
  }

  #forgetChoices(base: number): void {
    const ways = this.#ways;
    let kept = base;
    for (let index = base; index < ways.length; index += 4) {
      if (ways[index] !== UNDO) continue;
      for (let offset = 0; offset < 4; offset++) ways[kept + offset] = ways[index + offset] as number;
      kept += 4;
    }
    ways.length = kept;
  }

  #look(instruction: Extract<Instruction, { op: "look" }>, pc: number, at: number, origin: number): boolean {
    const base = this.#ways.length;
    const isFound = instruction.behind
      ? this.#behind(pc + 1, at, instruction.behind, origin)
      : this.#run(pc + 1, at, origin) >= 0;
    if (!isFound) return instruction.isNegative;
    if (!instruction.isNegative) {
      this.#forgetChoices(base);
      return true;
    }
    while (this.#ways.length > base) {
      const [kind, slot, old] = this.#ways.splice(-4) as [number, number, number, number];
      if (kind === UNDO) this.#slots[slot] = old;
    }
    return false;
  }

  /** Whether a match of a part ends here: starts are tried from the nearest that its width allows. */
  #behind(pc: number, at: number, width: { readonly min: number; readonly max: number }, origin: number): boolean {
    let start = at;
    for (let distance = 0; distance <= width.max; distance++) {
      if (distance >= width.min && this.#endsAt(pc, start, at, origin)) return true;
      if (start === 0) return false;
      start -= start >= 2 && isPair(this.#text, start - 2) ? 2 : 1;
    }
    return false;
  }

  #endsAt(pc: number, start: number, end: number, origin: number): boolean {
    const base = this.#ways.length;
    this.#goTo(pc, start);
    do {
      if (this.#run(this.#backPc, this.#backAt, origin) === end) return true;
    } while (this.#back(base));
    return false;
  }

  #backreference({ groups, ignoreCase }: Extract<Instruction, { op: "backreference" }>, at: number): number {
    for (let index = groups.length - 1; index >= 0; index--) {
      const group = groups[index] as number;
      const [start, end] = [this.#slots[2 * group] as number, this.#slots[2 * group + 1] as number];
      if (start < 0 || end < 0) continue;
      const wanted = this.#text.slice(start, end);
      this.#budget.moves -= wanted.length;
      const found = this.#text.slice(at, at + wanted.length);
      if (found === wanted || (ignoreCase && fold(found) === fold(wanted))) return at + wanted.length;
      return -1;
    }
    return -1;
  }

  #holds(assertion: Assertion, at: number): boolean {
    const text = this.#text;
    switch (assertion) {
      case "text-start":
        return at === 0;
      case "text-end":
        return at === text.length;
      case "text-end-or-last-newline":
        return at === text.length || (at === text.length - 1 && text[at] === "\n");
      case "line-start":
        return at === 0 || text[at - 1] === "\n";
      case "line-end":
        return at === text.length || text[at] === "\n";
      case "search-start":
        return at === this.#from;
      case "word-boundary":
        return this.#isWordAt(at) !== this.#isWordBefore(at);
      case "no-word-boundary":
        return this.#isWordAt(at) === this.#isWordBefore(at);
    }
  }

  #isWordAt(at: number): boolean {
    const point = this.#text.codePointAt(at);
    return point !== undefined && this.#program.isWord(point);
  }

  #isWordBefore(at: number): boolean {
    return at > 0 && this.#isWordAt(at >= 2 && isPair(this.#text, at - 2) ? at - 2 : at - 1);
  }
}

function admits(instruction: Extract<Instruction, { op: "char" | "folded-char" | "set" }>, point: number): boolean {
  if (instruction.op === "set") return instruction.set(point);
  return instruction.op === "char" ? point === instruction.code : foldCase(point) === instruction.code;
}

function fold(text: string): string {
  return Array.from(text)
    .map((char) => String.fromCodePoint(foldCase(char.codePointAt(0) as number)))
    .join("");
}
