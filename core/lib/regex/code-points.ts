/** The UTF-16 offset of a code point offset. */
export function unitOffset(text: string, points: number): number {
  let unit = 0;
  for (let left = points; left > 0 && unit < text.length; left--) unit += isPair(text, unit) ? 2 : 1;
  return unit;
}

/** Counts the code points before UTF-16 offsets of one text, going on from the last one asked for; texts without surrogates need no counting. */
export class PointCounter {
  readonly #text: string;
  readonly #isPlain: boolean;
  #unit = 0;
  #points = 0;

  constructor(text: string) {
    this.#text = text;
    this.#isPlain = !/[\ud800-\udbff][\udc00-\udfff]/.test(text);
  }

  pointsAt(unit: number): number {
    if (this.#isPlain) return unit;
    while (this.#unit < unit) if (!isPair(this.#text, this.#unit++ - 1)) this.#points++;
    while (this.#unit > unit) if (!isPair(this.#text, --this.#unit - 1)) this.#points--;
    return this.#points;
  }
}

/** Tells whether two units at an offset are one code point. */
export function isPair(text: string, unit: number): boolean {
  return (text.charCodeAt(unit) & 0xfc00) === 0xd800 && (text.charCodeAt(unit + 1) & 0xfc00) === 0xdc00;
}
