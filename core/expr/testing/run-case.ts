import type { Json } from "../../lib/json.ts";
import { type Expression, ExpressionError, ExpressionSyntaxError, compileExpression } from "../expression.ts";
import { DEFAULT_LIMITS } from "../limits.ts";
import { Machine } from "../machine.ts";
import { equals } from "../value/compare.ts";
import { parseJson } from "../value/parse.ts";
import { print } from "../value/print.ts";
import type { SuiteCase } from "./jq-suite.ts";

/** What jq's own test run finds in its environment. */
export const SUITE_ENVIRONMENT: Readonly<Record<string, string>> = { PAGER: "less" };

/** The time at which the cases run, so that `now` has one value. */
export const NOW_MS = 1_700_000_000_123;

function fresh(): Machine {
  const machine = new Machine(DEFAULT_LIMITS);
  machine.reset([], NOW_MS);
  return machine;
}

/** Reads a value as jq would (`nan`, large numbers). */
export function readJson(text: string): Json {
  return parseJson(text, fresh());
}

/** Writes a value as jq would. */
export function writeJson(value: Json): string {
  return print(value, fresh());
}

/** What a case gives: its outputs, up to the error that ended it. */
export function outputsOf(
  { program, input, outputs }: Pick<SuiteCase, "program" | "input" | "outputs">,
  environment: Readonly<Record<string, string>> = {},
): readonly Json[] {
  const value = readJson(input);
  const evaluate = (expression: Expression): Json[] => expression.all(value, [], { nowMs: NOW_MS });
  try {
    return evaluate(compileExpression(program, { variables: [], environment }));
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    // An evaluation that fails gives no outputs at all; jq has printed those before the error.
    return evaluate(compileExpression(`limit(${outputs.length}; ${program}\n)`, { variables: [], environment }));
  }
}

/** Everything a case gives as text: its outputs, or where and why it is refused, or the error that leaves no outputs. */
export function outcomeOf(item: SuiteCase, environment: Readonly<Record<string, string>> = {}): string {
  try {
    return outputsOf(item, environment).map(writeJson).join("\n");
  } catch (error) {
    if (error instanceof ExpressionSyntaxError) return `refused at ${error.offset}: ${error.message}`;
    if (error instanceof ExpressionError) return `error: ${error.message}`;
    throw error;
  }
}

/** Tells whether outputs are those expected: equal as values, NaN equal to NaN. */
export function areExpected(outputs: readonly Json[], expected: readonly string[]): boolean {
  if (outputs.length !== expected.length) return false;
  return outputs.every((output, index) => {
    const wanted = readJson(expected[index] as string);
    return equals(output, wanted, fresh()) || writeJson(output) === writeJson(wanted);
  });
}
