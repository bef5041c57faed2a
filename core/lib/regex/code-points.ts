/** The UTF-16 offset of a code point offset. */
export function unitOffset(text: string, points: number): number {
  let unit = 0;
  for (let left = points; left > 0 && unit < text.length; left--) unit += isPair(text, unit) ? 2 : 1;
  return unit;
}

/** The code point offset of a UTF-16 offset. */
export function codePointOffset(text: string, unit: number): number {
  let points = 0;
  for (let index = 0; index < unit; index++) if (!isPair(text, index - 1)) points++;
  return points;
}

/** Tells whether two units at an offset are one code point. */
export function isPair(text: string, unit: number): boolean {
  return (text.charCodeAt(unit) & 0xfc00) === 0xd800 && (text.charCodeAt(unit + 1) & 0xfc00) === 0xdc00;
}
