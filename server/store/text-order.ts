/** The least text above all texts that start with `prefix`, in the order of code points; undefined where there is none. A database finds a prefix by this range in its index. */
export function prefixEnd(prefix: string): string | undefined {
  const points = Array.from(prefix);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    const point = last.codePointAt(0) as number;
    if (point < 0x10ffff) return points.join("") + String.fromCodePoint(point === 0xd7ff ? 0xe000 : point + 1);
  }
  return undefined;
}

/** Orders texts by code point, as SQLite and PostgreSQL (collation "C") order their UTF-8; JavaScript's own order differs beyond the basic plane. */
export function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}
