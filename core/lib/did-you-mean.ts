/** Words longer than this are not compared: nobody mistypes them, and the comparison is quadratic. */
const WORD_LENGTH_MAX = 80;

/**
 * The candidate that `word` was probably meant to be: the nearest by edit distance (a swap of neighbours counts once), if it is near enough for the length of the word.
 * Ties go to the earlier candidate, so that the answer is stable.
 */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > WORD_LENGTH_MAX) return undefined;
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    if (candidate === word || candidate.length > WORD_LENGTH_MAX) continue;
    // Signs that do not count may make a word longer, so only a clear difference in length settles it without comparing.
    if (Math.abs(candidate.length - word.length) > tolerance(word, candidate) + 3) continue;
    const distance = looseDistance(word, candidate);
    if (distance <= tolerance(word, candidate) && distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** A third of the longer word may differ, one letter always, but never the whole of a short word. */
function tolerance(word: string, candidate: string): number {
  const longest = Math.max(word.length, candidate.length);
  return Math.min(Math.max(1, Math.floor(longest / 3)), Math.max(0, Math.min(word.length, candidate.length) - 1));
}

/** Differences of case, `-` and `_` are worth a half: `except-when` is nearer to `exceptWhen` than to anything else. */
function looseDistance(word: string, candidate: string): number {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[-_]/gu, "");
  const distance = editDistance(plain(word), plain(candidate));
  return distance === 0 ? 0.5 : distance;
}

/** The number of insertions, deletions, replacements and swaps of neighbours between two texts (optimal string alignment). */
export function editDistance(left: string, right: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const cost = left[row - 1] === right[column - 1] ? 0 : 1;
      let distance = Math.min(
        (current[column - 1] as number) + 1,
        (last[column] as number) + 1,
        (last[column - 1] as number) + cost,
      );
      const swapped =
        row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (swapped) distance = Math.min(distance, (beforeLast[column - 2] as number) + 1);
      current.push(distance);
    }
    beforeLast = last;
    last = current;
  }
  return last[right.length] as number;
}
