import { ExpressionSyntaxError } from "../expression-error.ts";

/** A piece of a string: plain text (escapes resolved), or what stands between `${` and `}` with its offset in the string. */
export interface Segment {
  readonly kind: "text" | "expression";
  readonly text: string;
  readonly offset: number;
}

/** Cuts a string into text and `${}` expressions; a brace inside a string, a comment or a pair of braces of the expression does not end it. Throws where a `${` is not closed. */
export function segmentsOf(source: string): readonly Segment[] {
  const segments: Segment[] = [];
  let text = "";
  let textStart = 0;
  for (let index = 0; index < source.length;) {
    if (source.startsWith("\\${", index)) {
      text += "${";
      index += 3;
    } else if (source.startsWith("${", index)) {
      if (text !== "") segments.push({ kind: "text", text, offset: textStart });
      const end = closingBrace(source, index + 2);
      if (end < 0)
        throw new ExpressionSyntaxError(
          '"${" is not closed, a "}" should follow',
          { offset: index, length: 2 },
          { hint: 'write "\\${" for the two characters themselves' },
        );
      segments.push({ kind: "expression", text: source.slice(index + 2, end), offset: index + 2 });
      index = end + 1;
      text = "";
      textStart = index;
    } else {
      text += source[index];
      index++;
    }
  }
  if (text !== "" || segments.length === 0) segments.push({ kind: "text", text, offset: textStart });
  return segments;
}

/** The offset of the brace that closes an expression, or -1. `open` holds what is open inside it: braces, strings, interpolations. */
function closingBrace(source: string, start: number): number {
  const open: ("{" | '"' | "(" | "\\(")[] = [];
  for (let index = start; index < source.length; index++) {
    const char = source[index] as string;
    const inner = open.at(-1);
    if (inner === '"') {
      if (char === '"') open.pop();
      else if (char === "\\") {
        if (source[index + 1] === "(") open.push("\\(");
        index++;
      }
    } else if (char === '"') {
      open.push('"');
    } else if (char === "#") {
      while (index + 1 < source.length && source[index + 1] !== "\n") index++;
    } else if (char === "{" || char === "(") {
      open.push(char);
    } else if (char === ")") {
      if (inner === "(" || inner === "\\(") open.pop();
    } else if (char === "}") {
      if (inner === "{") open.pop();
      // Outside strings a brace that closes nothing ends the expression, even where a parenthesis is open: the parser then says what is missing.
      else if (!open.includes('"')) return index;
    }
  }
  return -1;
}
