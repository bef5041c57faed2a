import { type CharSet, foldedSet, negatedSet, posixSet, rangeSet, unionSet } from "./char-set.ts";
import { EscapeReader } from "./escape-reader.ts";

/** Reads bracket expressions such as `[^a-z[:digit:]\\]]`. */
export class BracketReader extends EscapeReader {
  /** A bracket expression, with the position after its opening bracket. */
  protected bracket(ignoreCase: boolean): CharSet {
    const isNegative = this.accept("^");
    const sets: CharSet[] = [];
    for (let isFirst = true; ; isFirst = false) {
      const char = this.source[this.position];
      if (char === undefined) return this.fail("premature end of char-class");
      if (char === "]" && (!isFirst || this.isEcma)) break;
      sets.push(this.#bracketItem());
    }
    this.position++;
    const union = unionSet(sets);
    const folded = ignoreCase ? foldedSet(union) : union;
    return isNegative ? negatedSet(folded) : folded;
  }

  #bracketItem(): CharSet {
    const posix = this.isEcma ? undefined : this.#posix();
    if (posix) return posix;
    const from = this.#bracketChar();
    if (typeof from !== "number") return from;
    const isRange =
      this.source[this.position] === "-" &&
      this.source[this.position + 1] !== "]" &&
      this.source[this.position + 1] !== undefined;
    if (!isRange) return rangeSet(from, from);
    const dash = this.position++;
    const to = this.#bracketChar();
    if (typeof to !== "number") return unionSet([rangeSet(from, from), rangeSet(0x2d, 0x2d), to]);
    if (to < from) this.fail("empty range in char class", dash);
    return rangeSet(from, to);
  }

  #bracketChar(): number | CharSet {
    if (this.source[this.position] !== "\\") return this.codePoint();
    this.position++;
    if (this.position >= this.source.length) this.fail("end pattern at escape");
    return this.escapedSet() ?? this.escapedChar(true);
  }

  #posix(): CharSet | undefined {
    const match = this.source.startsWith("[:", this.position) ? this.source.indexOf(":]", this.position) : -1;
    if (match < 0) return undefined;
    const written = this.source.slice(this.position + 2, match);
    const isNegative = written.startsWith("^");
    const set = posixSet(isNegative ? written.slice(1) : written);
    if (!set) return undefined;
    this.position = match + 2;
    return isNegative ? negatedSet(set) : set;
  }
}
