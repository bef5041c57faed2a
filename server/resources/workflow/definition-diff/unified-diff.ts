const CONTEXT_LINES = 3;
/** Beyond this many differing lines the texts are shown as replaced: finding the shortest way from one to the other would take too long. */
const EDITS_MAX = 1_000;

interface Line {
  readonly sign: " " | "-" | "+";
  readonly text: string;
}

/** The difference of two texts in the unified format, with three lines around each change; empty for equal texts. */
export function unifiedDiff(before: string, after: string, beforeName: string, afterName: string): string {
  if (before === after) return "";
  const lines = editsOf(before.split("\n"), after.split("\n"));
  return [`--- ${beforeName}`, `+++ ${afterName}`, ...hunksOf(lines)].join("\n") + "\n";
}

/** Myers' algorithm on what is left between the equal beginning and the equal end. */
function editsOf(before: readonly string[], after: readonly string[]): readonly Line[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < before.length - start && end < after.length - start && before.at(-1 - end) === after.at(-1 - end))
    end += 1;
  const same = (text: string): Line => ({ sign: " ", text });
  return [
    ...before.slice(0, start).map(same),
    ...shortestEdit(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...before.slice(before.length - end).map(same),
  ];
}

function shortestEdit(before: readonly string[], after: readonly string[]): readonly Line[] {
  const furthest = new Map<number, number>([[1, 0]]);
  const trace: Map<number, number>[] = [];
  for (let edits = 0; edits <= Math.min(before.length + after.length, EDITS_MAX); edits += 1) {
    trace.push(new Map(furthest));
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      const down =
        diagonal === -edits ||
        (diagonal !== edits && (furthest.get(diagonal - 1) ?? -1) < (furthest.get(diagonal + 1) ?? -1));
      let x = down ? (furthest.get(diagonal + 1) ?? 0) : (furthest.get(diagonal - 1) ?? 0) + 1;
      while (x < before.length && x - diagonal < after.length && before[x] === after[x - diagonal]) x += 1;
      furthest.set(diagonal, x);
      if (x >= before.length && x - diagonal >= after.length) return backtrack(before, after, trace);
    }
  }
  return [...before.map((text): Line => ({ sign: "-", text })), ...after.map((text): Line => ({ sign: "+", text }))];
}

function backtrack(
  before: readonly string[],
  after: readonly string[],
  trace: readonly Map<number, number>[],
): readonly Line[] {
  const lines: Line[] = [];
  let x = before.length;
  let y = after.length;
  for (let edits = trace.length - 1; edits >= 0; edits -= 1) {
    const furthest = trace[edits] as Map<number, number>;
    const diagonal = x - y;
    const down =
      diagonal === -edits ||
      (diagonal !== edits && (furthest.get(diagonal - 1) ?? -1) < (furthest.get(diagonal + 1) ?? -1));
    const fromX = furthest.get(down ? diagonal + 1 : diagonal - 1) ?? 0;
    const fromY = fromX - (down ? diagonal + 1 : diagonal - 1);
    while (x > fromX && y > fromY && x > 0 && y > 0) {
      x -= 1;
      y -= 1;
      lines.push({ sign: " ", text: before[x] as string });
    }
    if (edits > 0)
      lines.push(down ? { sign: "+", text: after[fromY] as string } : { sign: "-", text: before[fromX] as string });
    x = fromX;
    y = fromY;
  }
  return lines.reverse();
}

function hunksOf(lines: readonly Line[]): readonly string[] {
  const shown = new Set<number>();
  for (const [index, { sign }] of lines.entries()) {
    if (sign === " ") continue;
    for (
      let near = Math.max(0, index - CONTEXT_LINES);
      near <= Math.min(lines.length - 1, index + CONTEXT_LINES);
      near += 1
    )
      shown.add(near);
  }
  const result: string[] = [];
  let hunk: Line[] = [];
  let [beforeLine, afterLine] = [1, 1];
  let [beforeStart, afterStart] = [1, 1];
  const flush = (): void => {
    if (hunk.length === 0) return;
    const beforeCount = hunk.filter(({ sign }) => sign !== "+").length;
    const afterCount = hunk.filter(({ sign }) => sign !== "-").length;
    result.push(
      `@@ -${beforeStart},${beforeCount} +${afterStart},${afterCount} @@`,
      ...hunk.map(({ sign, text }) => sign + text),
    );
    hunk = [];
  };
  for (const [index, line] of lines.entries()) {
    if (!shown.has(index)) flush();
    else {
      if (hunk.length === 0) [beforeStart, afterStart] = [beforeLine, afterLine];
      hunk.push(line);
    }
    if (line.sign !== "+") beforeLine += 1;
    if (line.sign !== "-") afterLine += 1;
  }
  flush();
  return result;
}
