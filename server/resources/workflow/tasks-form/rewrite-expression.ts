import { segmentsOf } from "./expression-segments.ts";

/*
 * Workflows that come as tasks may use the dialect of the published runner, where `.` is null and names of the runner stand at the root: `${.item.sha}`, `${.error.message}`,
 * `${.secrets.KEY}`, `${.env_vars.KEY}`, `${.fork.branches.b.data}`, and `${a} == "b"` in conditions. They are rewritten to the specification's variables. Only a name at the root of an
 * expression is touched: `.x.item`, `f | .item` and text in quotes stay.
 */

/** What is in scope where an expression stands, and what the rewriting has come across. */
export interface DialectScope {
  /** Variables of the enclosing loops, innermost first. */
  readonly loops: readonly string[];
  /** Variable of the enclosing `catch`. */
  readonly error?: string;
  /** Names of secrets used so far; the document has to declare them. */
  readonly secrets: Set<string>;
}

/** Rewrites the expressions of a text, leaving what is around them. */
export function rewriteText(text: string, scope: DialectScope): string {
  if (!text.includes("${")) return text;
  return segmentsOf(text)
    .map((segment) => (segment.kind === "literal" ? segment.text : `\${${rewriteExpression(segment.text, scope)}}`))
    .join("");
}

/** Rewrites a condition: `${a} == "b"` and `${a} | contains("b")` are one expression, so whatever stands around a `${...}` becomes part of it. */
export function rewriteCondition(text: string, scope: DialectScope): string {
  const segments = segmentsOf(text.trim());
  const [only] = segments;
  // One expression, or a bare one without `${}`.
  if (segments.length === 1 && only !== undefined) return `\${${rewriteExpression(only.text, scope)}}`;
  const parts = segments.map(({ kind, text: part }) => (kind === "literal" ? part : `(${part})`));
  return `\${ ${rewriteExpression(parts.join("").trim(), scope)} }`;
}

const TOKEN =
  /\s+|#[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\$?[A-Za-z_]\w*(?:::[A-Za-z_]\w*)*|\.[A-Za-z_]\w*|\d+(?:\.\d+)?|\?\/\/=?|\/\/=?|\|=|\.\.|./gsu;

/** Rewrites one jq expression. */
export function rewriteExpression(source: string, scope: DialectScope): string {
  const tokens = source.match(TOKEN) ?? [];
  const out: string[] = [];
  // For each open bracket: whether a pipe or a function has changed what `.` is.
  const piped: boolean[] = [false];
  let before = "";
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index] as string;
    if (/^(?:\s|#)/u.test(token)) {
      out.push(token);
      continue;
    }
    if (token.startsWith("'")) {
      out.push(doubleQuoted(token));
    } else if (
      token.startsWith(".") &&
      token.length > 1 &&
      token !== ".." &&
      !endsOperand(before) &&
      piped.at(-1) === false
    ) {
      const { text, used } = rewriteRoot(token.slice(1), tokens.slice(index + 1), scope);
      out.push(text);
      index += used;
    } else {
      out.push(token);
      if (token === "(" || token === "[" || token === "{")
        piped.push(piped.at(-1) === true || (token === "(" && isFunction(before)));
      else if (token === ")" || token === "]" || token === "}") piped.pop();
      else if (token === "|" || token === "|=") piped[piped.length - 1] = true;
      if (piped.length === 0) piped.push(true);
    }
    before = token;
  }
  return out.join("");
}

/** What a name at the root stands for, and how many of the following tokens belong to it. */
function rewriteRoot(
  name: string,
  rest: readonly string[],
  scope: DialectScope,
): { readonly text: string; readonly used: number } {
  const same = { text: `.${name}`, used: 0 };
  const [first = "", second = "", third = ""] = rest;
  const loop = scope.loops.find((each) => each === name) ?? (name === "item" ? scope.loops[0] : undefined);
  if (loop !== undefined) return { text: `$${loop}`, used: 0 };
  switch (name) {
    case "secrets":
      if (!isField(first)) return same;
      scope.secrets.add(first.slice(1));
      return { text: `$secrets${first}`, used: 1 };
    case "env_vars":
      return isField(first) ? { text: `$env${first}`, used: 1 } : same;
    case "error":
      if (scope.error === undefined) return same;
      return first === ".message"
        ? { text: `($${scope.error}.detail // $${scope.error}.title)`, used: 1 }
        : { text: `$${scope.error}`, used: 0 };
    case "fork":
      return first === ".branches" && isField(second) && third === ".data"
        ? { text: `$context.fork.branches${second}`, used: 3 }
        : same;
    default:
      return scope.error === name ? { text: `$${name}`, used: 0 } : same;
  }
}

function isField(token: string): boolean {
  return /^\.[A-Za-z_]/u.test(token);
}

const OPERATORS = new Set([
  "and",
  "or",
  "not",
  "if",
  "then",
  "elif",
  "else",
  "end",
  "as",
  "reduce",
  "foreach",
  "try",
  "catch",
  "def",
  "import",
  "include",
  "label",
]);

/** Tells whether a `.name` after this token continues a path instead of beginning one. */
function endsOperand(token: string): boolean {
  if (token === "") return false;
  if (token === "end") return true;
  return !OPERATORS.has(token) && /[\w"')\]}?.]$/u.test(token);
}

function isFunction(token: string): boolean {
  return /^[A-Za-z_]/u.test(token) && !OPERATORS.has(token);
}

function doubleQuoted(token: string): string {
  return `"${token
    .slice(1, -1)
    .replaceAll(/\\'/gu, "'")
    .replaceAll(/(?<!\\)"/gu, '\\"')}"`;
}
