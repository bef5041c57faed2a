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

/*
 * Prices, in steps. A step is worth a fortieth of a microsecond or so; what is copied as a block costs little, what is looked at one by one more, and benchmarks/jq measures all of them.
 */

/** How many characters are copied for the price of one step. */
const CHARACTERS_PER_STEP = 32;
/** How many characters are looked at one by one for the price of one step. */
const CHARACTERS_READ_PER_STEP = 5;
/** How many elements are copied for the price of one step. */
const ELEMENTS_PER_STEP = 4;
/** Objects of more keys than this are hash tables that no cache holds; a key of those has the second price. */
const FEW_KEYS = 256;
const STEPS_PER_KEY = 1;
const STEPS_PER_KEY_OF_MANY = 9;
/** What making, throwing and catching an error costs. */
const STEPS_PER_ERROR = 60;

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
  /** Counts the evaluations, so that what an earlier one left in a cache can be told from what this one has paid for: the same evaluation must always end at the same place. */
  evaluation = 0;
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
    this.evaluation++;
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
    if ((this.steps -= 3 + count / ELEMENTS_PER_STEP) < 0) this.exceeded("steps");
  }

  /** Pays for listing, copying or writing a number of keys of an object. */
  chargeKeys(count: number): void {
    if ((this.steps -= 1 + count * (count > FEW_KEYS ? STEPS_PER_KEY_OF_MANY : STEPS_PER_KEY)) < 0)
      this.exceeded("steps");
  }

  /** Pays for an error that is caught. */
  chargeError(): void {
    this.charge(STEPS_PER_ERROR);
  }

  /** Pays for looking at the characters of a text one by one. */
  chargeReading(length: number): void {
    if ((this.steps -= length / CHARACTERS_READ_PER_STEP) < 0) this.exceeded("steps");
  }

  /** Pays for copying or comparing a text as a whole, and refuses one that is too long. */
  chargeText(length: number): void {
    if (length > this.limits.size) this.exceeded("size");
    if ((this.steps -= 1 + length / CHARACTERS_PER_STEP) < 0) this.exceeded("steps");
  }

  /** Pays for adding to the end of a text that nobody reads before it is complete, and refuses one that is too long. */
  chargePiece(length: number, total: number): void {
    if (total > this.limits.size) this.exceeded("size");
    this.steps -= length / CHARACTERS_PER_STEP;
    this.step();
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
