import { type Json, type JsonObject, getKey, isJsonArray, isJsonObject } from "./json.ts";

/** A parsed URI template (RFC 6570, all four levels): literal texts and expressions in order. */
export type UriTemplate = readonly UriTemplatePart[];

type UriTemplatePart = string | UriTemplateExpression;

interface UriTemplateExpression {
  readonly operator: Operator;
  readonly variables: readonly VariableSpec[];
}

interface VariableSpec {
  readonly name: string;
  readonly explode: boolean;
  /** The `:n` modifier: only the first n characters of a string. */
  readonly prefix: number | undefined;
}

/** How an operator joins its values (RFC 6570 appendix A). */
interface Operator {
  readonly first: string;
  readonly separator: string;
  readonly named: boolean;
  /** What follows the name of an empty value. */
  readonly ifEmpty: string;
  readonly reserved: boolean;
}

const SIMPLE: Operator = { first: "", separator: ",", named: false, ifEmpty: "", reserved: false };

const OPERATORS: ReadonlyMap<string, Operator> = new Map([
  ["+", { first: "", separator: ",", named: false, ifEmpty: "", reserved: true }],
  ["#", { first: "#", separator: ",", named: false, ifEmpty: "", reserved: true }],
  [".", { first: ".", separator: ".", named: false, ifEmpty: "", reserved: false }],
  ["/", { first: "/", separator: "/", named: false, ifEmpty: "", reserved: false }],
  [";", { first: ";", separator: ";", named: true, ifEmpty: "", reserved: false }],
  ["?", { first: "?", separator: "&", named: true, ifEmpty: "=", reserved: false }],
  ["&", { first: "&", separator: "&", named: true, ifEmpty: "=", reserved: false }],
]);

const VARIABLE = /^((?:\w|%[0-9a-f]{2})(?:[\w.]|%[0-9a-f]{2})*)(\*|:[1-9]\d{0,3})?$/iu;

/** What is wrong with a text that is no URI template, and where in it. */
export interface UriTemplateProblem {
  readonly problem: string;
  readonly offset: number;
}

/** Parses a URI template; a text without braces is one that stands for itself. */
export function parseUriTemplate(text: string): UriTemplate | UriTemplateProblem {
  const parts: UriTemplatePart[] = [];
  let position = 0;
  while (position < text.length) {
    const open = text.indexOf("{", position);
    const literal = open < 0 ? text.slice(position) : text.slice(position, open);
    if (literal.includes("}")) {
      return { problem: 'a "}" has no "{" before it', offset: position + literal.indexOf("}") };
    }
    if (literal !== "") parts.push(literal);
    if (open < 0) break;
    const close = text.indexOf("}", open);
    if (close < 0) return { problem: 'a "{" has no "}" after it', offset: open };
    const expression = parseExpression(text.slice(open + 1, close));
    if (expression === undefined) {
      return { problem: `"${text.slice(open, close + 1)}" names no variable`, offset: open };
    }
    parts.push(expression);
    position = close + 1;
  }
  return parts;
}

/** Tells whether the outcome of parsing is a problem. */
export function isUriTemplateProblem(parsed: UriTemplate | UriTemplateProblem): parsed is UriTemplateProblem {
  return "problem" in parsed;
}

/** The names of the variables of a template, each once, in order. */
export function uriTemplateVariables(template: UriTemplate): readonly string[] {
  const names = template.flatMap((part) => (typeof part === "string" ? [] : part.variables.map(({ name }) => name)));
  return [...new Set(names)];
}

/** Expands a template; a variable that is absent, null or an empty list adds nothing (RFC 6570 section 2.3). */
export function expandUriTemplate(template: UriTemplate, variables: JsonObject): string {
  return template
    .map((part) => (typeof part === "string" ? encode(part, true) : expandExpression(part, variables)))
    .join("");
}

function parseExpression(text: string): UriTemplateExpression | undefined {
  const operator = OPERATORS.get(text.charAt(0));
  const variables: VariableSpec[] = [];
  for (const spec of (operator === undefined ? text : text.slice(1)).split(",")) {
    const match = VARIABLE.exec(spec);
    if (match === null) return undefined;
    const [, name, modifier] = match;
    const prefix = modifier?.startsWith(":") === true ? Number(modifier.slice(1)) : undefined;
    variables.push({ name: name as string, explode: modifier === "*", prefix });
  }
  return { operator: operator ?? SIMPLE, variables };
}

function expandExpression({ operator, variables }: UriTemplateExpression, values: JsonObject): string {
  const expanded = variables.flatMap((spec) => expandVariable(spec, getKey(values, spec.name), operator));
  return expanded.length === 0 ? "" : operator.first + expanded.join(operator.separator);
}

/** The texts a variable adds, to be joined by the operator's separator. */
function expandVariable(spec: VariableSpec, value: Json | undefined, operator: Operator): readonly string[] {
  const encoded = (item: Json): string => encode(scalarText(item), operator.reserved);
  const named = (name: string, text: string): string => {
    if (!operator.named) return text;
    return text === "" ? name + operator.ifEmpty : `${name}=${text}`;
  };
  if (isJsonArray(value)) {
    const items = value.filter((item) => item !== null).map(encoded);
    if (items.length === 0) return [];
    return spec.explode ? items.map((item) => named(spec.name, item)) : [named(spec.name, items.join(","))];
  }
  if (isJsonObject(value)) {
    const pairs = Object.entries(value)
      .filter(([, item]) => item !== null)
      .map(([key, item]) => [encode(key, operator.reserved), encoded(item)] as const);
    if (pairs.length === 0) return [];
    if (!spec.explode) return [named(spec.name, pairs.flat().join(","))];
    return pairs.map(([key, item]) => (operator.named && item === "" ? key + operator.ifEmpty : `${key}=${item}`));
  }
  if (value === undefined || value === null) return [];
  const text = scalarText(value);
  const cut = spec.prefix === undefined ? text : Array.from(text).slice(0, spec.prefix).join("");
  return [named(spec.name, encode(cut, operator.reserved))];
}

/** Lists and objects inside a value have no place in RFC 6570; their JSON is the least surprising text. */
function scalarText(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Percent-encodes all but the unreserved characters, or, for `+`, `#` and literals, all but reserved ones and existing triplets. */
function encode(text: string, reserved: boolean): string {
  const wellFormed = text.replaceAll(/\p{Surrogate}/gu, "\uFFFD");
  const strict = (piece: string): string =>
    encodeURIComponent(piece).replaceAll(
      /[!'()*]/gu,
      (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
    );
  if (!reserved) return strict(wellFormed);
  return wellFormed.replaceAll(/%[0-9a-f]{2}|[^\w\-.~:/?#[\]@!$&'()*+,;=]/giu, (piece) =>
    piece.length === 3 && piece.startsWith("%") ? piece : strict(piece),
  );
}
