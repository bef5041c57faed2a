import type { AssignmentOperator, Ast, BinaryOperator } from "./ast.ts";
import { spanOf } from "./span.ts";

/** How tightly an operator binds; none for what is no binary operator. */
export const BINDING_POWER: Readonly<Record<string, number>> = {
  "//": 1,
  "=": 2,
  "|=": 2,
  "+=": 2,
  "-=": 2,
  "*=": 2,
  "/=": 2,
  "%=": 2,
  "//=": 2,
  or: 3,
  and: 4,
  "==": 5,
  "!=": 5,
  "<": 5,
  "<=": 5,
  ">": 5,
  ">=": 5,
  "+": 6,
  "-": 6,
  "*": 7,
  "/": 7,
  "%": 7,
};
const ASSIGNMENT_POWER = 2;
const COMPARISON_POWER = 5;

/** Tells whether an operator may not stand beside another of the same power without parentheses: assignments and comparisons do not associate. */
export function isUnchainable(power: number): boolean {
  return power === ASSIGNMENT_POWER || power === COMPARISON_POWER;
}

/** The tree of an operator and its operands. */
export function combine(operator: string, left: Ast, right: Ast): Ast {
  const span = spanOf(left, right);
  if (operator === "and" || operator === "or") return { type: operator, left, right, ...span };
  if (operator === "//") return { type: "alternative", left, right, ...span };
  if (BINDING_POWER[operator] === ASSIGNMENT_POWER)
    return { type: "assignment", operator: operator as AssignmentOperator, target: left, value: right, ...span };
  return { type: "binary", operator: operator as BinaryOperator, left, right, ...span };
}
