/** A piece of a text: literal characters, or the inside of one `${...}`. */
export interface Segment {
  readonly kind: "literal" | "expression";
  readonly text: string;
}

/** Splits a text at its `${...}`; braces and quotes inside are followed, so a string with a brace in it ends nothing. An unclosed `${` is literal. */
export function segmentsOf(text: string): readonly Segment[] {
  const segments: Segment[] = [];
  let literal = 0;
  let index = text.indexOf("${");
  while (index !== -1) {
    const end = endOfExpression(text, index + 2);
    if (end === undefined) break;
    if (index > literal) segments.push({ kind: "literal", text: text.slice(literal, index) });
    segments.push({ kind: "expression", text: text.slice(index + 2, end) });
    literal = end + 1;
    index = text.indexOf("${", literal);
  }
  if (literal < text.length) segments.push({ kind: "literal", text: text.slice(literal) });
  return segments;
}

/** Position of the `}` that closes an expression beginning at `start`. */
function endOfExpression(text: string, start: number): number | undefined {
  let depth = 0;
  let quote = "";
  for (let index = start; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (quote !== "") {
      if (character === "\\") index += 1;
      else if (character === quote) quote = "";
    } else if (character === '"' || character === "'") {
      quote = character;
    } else if (character === "{") {
      depth += 1;
    } else if (character === "}") {
      if (depth === 0) return index;
      depth -= 1;
    }
  }
  return undefined;
}
