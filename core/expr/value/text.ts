/** The text functions that count code points where JavaScript counts UTF-16 units; texts without surrogates take the short way. */

/** Tells whether a text holds surrogates, so that units and code points differ. */
export function hasSurrogates(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    if ((text.charCodeAt(index) & 0xf800) === 0xd800) return true;
  }
  return false;
}

/** The number of code points. */
export function codePointLength(text: string): number {
  let length = text.length;
  for (let index = 1; index < text.length; index++) {
    if (isLow(text.charCodeAt(index)) && isHigh(text.charCodeAt(index - 1))) length--;
  }
  return length;
}

/** The part between two code point positions. */
export function sliceCodePoints(text: string, from: number, to: number): string {
  if (!hasSurrogates(text)) return text.slice(from, to);
  const start = unitOffset(text, 0, from);
  return text.slice(start, unitOffset(text, start, to - from));
}

/** The UTF-16 offset that lies `count` code points after a UTF-16 offset. */
export function unitOffset(text: string, start: number, count: number): number {
  let offset = start;
  for (let left = count; left > 0 && offset < text.length; left--)
    offset += isHigh(text.charCodeAt(offset)) && isLow(text.charCodeAt(offset + 1)) ? 2 : 1;
  return offset;
}

/** The length of a text in UTF-8; a lone surrogate counts as the replacement character. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) bytes += 1;
    else if (unit < 0x800) bytes += 2;
    else if (isHigh(unit) && isLow(text.charCodeAt(index + 1))) {
      bytes += 4;
      index++;
    } else bytes += 3;
  }
  return bytes;
}

const UNITS_AT_ONCE = 4096;
/** What setting up a builder costs, for those who pay. */
export const STEPS_PER_BUILDER = 10;

/** A text under construction, unit by unit; whoever makes one knows how many units it takes at most. */
export class TextBuilder {
  readonly #units: Uint16Array;
  #length = 0;

  constructor(unitsMax: number) {
    this.#units = new Uint16Array(unitsMax);
  }

  /** Adds a UTF-16 unit. */
  unit(unit: number): void {
    this.#units[this.#length++] = unit;
  }

  /** Adds the one or two UTF-16 units of a code point. */
  point(point: number): void {
    if (point <= 0xffff) return this.unit(point);
    this.unit(0xd800 + ((point - 0x10000) >> 10));
    return this.unit(0xdc00 + ((point - 0x10000) & 0x3ff));
  }

  text(): string {
    const pieces: string[] = [];
    for (let start = 0; start < this.#length; start += UNITS_AT_ONCE) {
      const end = Math.min(start + UNITS_AT_ONCE, this.#length);
      pieces.push(String.fromCharCode.apply(null, this.#units.subarray(start, end) as unknown as number[]));
    }
    return pieces.join("");
  }
}

/** The UTF-8 bytes of a text; a lone surrogate becomes the replacement character. */
export function utf8Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(utf8Length(text));
  let length = 0;
  for (let index = 0; index < text.length; index++) {
    let code = text.charCodeAt(index);
    if (code < 0x80) {
      bytes[length++] = code;
      continue;
    }
    if (code >= 0xd800 && code <= 0xdfff) {
      code = text.codePointAt(index) as number;
      if (code > 0xffff) index++;
      else code = 0xfffd;
    }
    if (code < 0x800) bytes[length++] = 0xc0 | (code >> 6);
    else {
      if (code < 0x10000) bytes[length++] = 0xe0 | (code >> 12);
      else {
        bytes[length++] = 0xf0 | (code >> 18);
        bytes[length++] = 0x80 | ((code >> 12) & 63);
      }
      bytes[length++] = 0x80 | ((code >> 6) & 63);
    }
    bytes[length++] = 0x80 | (code & 63);
  }
  return bytes;
}

/** The text of UTF-8 bytes; what is no UTF-8 becomes replacement characters, or undefined where `strict`. */
export function utf8Text(bytes: Uint8Array, strict: boolean): string | undefined {
  const builder = new TextBuilder(bytes.length);
  for (let index = 0; index < bytes.length;) {
    const first = bytes[index] as number;
    if (first < 0x80) {
      builder.unit(first);
      index++;
      continue;
    }
    const [code, length] = decodeAt(bytes, index);
    if (code < 0 && strict) return undefined;
    builder.point(code < 0 ? 0xfffd : code);
    index += length;
  }
  return builder.text();
}

/** The code point at a byte position (-1 where there is none) and the number of bytes it takes. */
function decodeAt(bytes: Uint8Array, index: number): readonly [code: number, length: number] {
  const first = bytes[index] as number;
  if (first < 0x80) return [first, 1];
  const length =
    first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0;
  if (length === 0) return [-1, 1];
  let code = first & (0xff >> (length + 1));
  for (let offset = 1; offset < length; offset++) {
    const next = bytes[index + offset];
    if (next === undefined || (next & 0xc0) !== 0x80) return [-1, offset];
    code = (code << 6) | (next & 63);
  }
  const isOverlong = code < (length === 2 ? 0x80 : length === 3 ? 0x800 : 0x10000);
  if (isOverlong || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return [-1, length];
  return [code, length];
}

function isHigh(unit: number): boolean {
  return (unit & 0xfc00) === 0xd800;
}

function isLow(unit: number): boolean {
  return (unit & 0xfc00) === 0xdc00;
}
