import type { Json } from "../lib/json.ts";
import { ExpressionLimitError, type LimitKind } from "./expression-error.ts";
import type { Limits } from "./limits.ts";

/** An error of the language on its way to the nearest `try`; no JavaScript error, because those are slow to make. */
export class Raise {
  readonly value: Json;

  constructor(value: Json) {
    this.value = value;
  }
}

/** Throws an error of the language with a message. */
export function raise(message: string): never {
  throw new Raise(message);
}

/** How many characters are built or read for the price of one step. */
const CHARACTERS_PER_STEP = 32;

/** How many elements are copied for the price of one step. */
const ELEMENTS_PER_STEP = 8;

/**
 * What one evaluation has used and knows: its budgets, its globals, its clock. Every compiled expression owns one; evaluations do not overlap, so it is reset
 * at the start of each.
 */
export class Machine {
  readonly limits: Limits;
  steps = 0;
  depth = 0;
  globals: readonly (Json | undefined)[] = [];
  nowMs = 0;
  /** The label that a `break` on its way out is looking for. */
  breaking: object | undefined;

  constructor(limits: Limits) {
    this.limits = limits;
  }

  reset(globals: readonly (Json | undefined)[], nowMs: number): void {
    this.steps = this.limits.steps;
    this.depth = this.limits.depth;
    this.globals = globals;
    this.nowMs = nowMs;
    this.breaking = undefined;
  }

  /** Pays for one unit of work. */
  step(): void {
    if (--this.steps < 0) this.exceeded("steps");
  }

  /** How many steps the evaluation has taken. */
  get used(): number {
    return this.limits.steps - this.steps;
  }

  /** Pays for several units of work at once. */
  charge(units: number): void {
    if ((this.steps -= units) < 0) this.exceeded("steps");
  }

  /** Pays for copying a number of elements or keys. */
  chargeElements(count: number): void {
    if ((this.steps -= 2 + count / ELEMENTS_PER_STEP) < 0) this.exceeded("steps");
  }

  /** Pays for building or reading a text, and refuses one that is too long. */
  chargeText(length: number): void {
    if (length > this.limits.size) this.exceeded("size");
    if ((this.steps -= 1 + length / CHARACTERS_PER_STEP) < 0) this.exceeded("steps");
  }

  /** Counts a nested call against the depth budget; `leave` gives it back. */
  enter(cost: number): void {
    this.depth -= cost;
    if (this.depth < 0) this.exceeded("depth");
  }

  leave(cost: number): void {
    this.depth += cost;
  }

  /** Stops the evaluation for good. */
  exceeded(limit: LimitKind): never {
    throw new ExpressionLimitError(limit, limitMessage(limit, this.limits));
  }
}

function limitMessage(limit: LimitKind, limits: Limits): string {
  switch (limit) {
    case "steps":
      return `Cannot finish the expression: it takes more than ${limits.steps} steps`;
    case "size":
      return `Cannot finish the expression: a value has more than ${limits.size} characters or elements`;
    case "depth":
      return "Cannot finish the expression: its calls nest too deeply";
    case "regex":
      return "Cannot finish the expression: a regular expression takes too many steps";
  }
}
