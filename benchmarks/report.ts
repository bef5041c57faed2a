import { DISTURBANCE_MAX, type Heading, type Line, median } from "./results.ts";

const SUBJECT = "stigmer";

const RESTATE = ["restate as shipped", "restate tuned"];

/** What is asked of Stigmer: a gate and a goal for the ratio of a figure to that of the best of some engines. */
const ratioGoals: readonly {
  readonly row: string;
  readonly figure: string;
  readonly against: readonly string[];
  readonly gate: number;
  readonly goal: number;
}[] = [
  { row: "http10 c=100", figure: "runsPerSecond", against: RESTATE, gate: 2, goal: 4 },
  { row: "http10 c=1", figure: "p50Ms", against: RESTATE, gate: 1 / 3, goal: 1 / 4 },
  { row: "pure10 c=100", figure: "runsPerSecond", against: RESTATE, gate: 2, goal: 4 },
  { row: "pure10 c=1", figure: "p50Ms", against: RESTATE, gate: 1 / 4, goal: 1 / 8 },
  { row: "noop10 c=100", figure: "runsPerSecond", against: RESTATE, gate: 5, goal: 12 },
  { row: "fork100 c=10", figure: "runsPerSecond", against: RESTATE, gate: 3, goal: 20 },
  { row: "timers", figure: "admittedPerSecond", against: RESTATE, gate: 2, goal: 4 },
  { row: "events", figure: "resumedPerSecond", against: RESTATE, gate: 2, goal: 4 },
  { row: "http10 c=100", figure: "runsPerSecond", against: ["dbos"], gate: 8, goal: 15 },
];

/** The same for figures that are asked for as they are: at most so much. */
const limits: readonly {
  readonly row: string;
  readonly figure: string;
  readonly gate: number;
  readonly goal: number;
}[] = [
  { row: "timers", figure: "latenessLastMs", gate: 500, goal: 200 },
  { row: "crash", figure: "firstCompletionMs", gate: 1_000, goal: 500 },
  { row: "http10 c=100", figure: "memoryMb", gate: 200, goal: 150 },
  { row: "http10 c=100", figure: "diskBytesPerRun", gate: 3_072, goal: 1_536 },
];

/** Tables of all rows: medians of the undisturbed rounds, ratios to Stigmer round by round with least and greatest, and the gates. */
export function report(heading: Heading, lines: readonly Line[]): string {
  const rows = [...new Set(lines.map(({ row }) => row))];
  const { date, cores, windowMs, rounds } = heading;
  const isShort = rounds < 5 || windowMs < 20_000;
  const versions = new Set(lines.flatMap(({ version }) => version ?? []));
  return [
    `${date.slice(0, 10)}: ${cores} cores, one node; fsync on for all; ${rounds} rounds, windows of ${windowMs / 1000} s${isShort ? " (shorter than the rules ask: 5 rounds, windows of 20 s)" : ""}; errors 0; ${[...versions].join("; ")}.`,
    "",
    ...rows.flatMap((row) =>
      tableOf(
        row,
        lines.filter((line) => line.row === row),
      ),
    ),
    ...gates(lines),
  ].join("\n");
}

function tableOf(row: string, lines: readonly Line[]): readonly string[] {
  const [{ printed } = {}] = lines;
  if (printed !== undefined) return [`### ${row}`, "", printed, ""];
  const names = [...new Set(lines.flatMap(({ figures }) => Object.keys(figures)))];
  const engines = [...new Set(lines.map(({ engine }) => engine))];
  const cells = engines.map((engine) => {
    const kept = undisturbed(lines.filter((line) => line.engine === engine));
    const values = names.map((name) => shown(median(kept.map(({ figures }) => figures[name] ?? Number.NaN))));
    const main = names[0] ?? "";
    const ratio = engine === SUBJECT ? "" : ratioText(lines, engine, main);
    return `| ${engine} | ${values.join(" | ")} | ${ratio} | ${kept.length} of ${lines.filter((line) => line.engine === engine).length} |`;
  });
  return [
    `### ${row}`,
    "",
    `| engine | ${names.join(" | ")} | stigmer's ${names[0]} against it | rounds kept |`,
    `| --- |${" --- |".repeat(names.length + 2)}`,
    ...cells,
    "",
  ];
}

/** Rounds that other load did not spoil; all of them where it spoiled every one. */
function undisturbed(lines: readonly Line[]): readonly Line[] {
  const kept = lines.filter(({ disturbance = 0 }) => disturbance <= DISTURBANCE_MAX);
  return kept.length > 0 ? kept : lines;
}

/** Stigmer's figure over another's, round by round: those of a round were taken next to each other. */
function ratios(lines: readonly Line[], engine: string, figure: string): readonly number[] {
  return lines.flatMap((theirs) => {
    if (theirs.engine !== engine) return [];
    const ours = lines.find(({ engine: name, round }) => name === SUBJECT && round === theirs.round);
    const [above, below] = [ours?.figures[figure], theirs.figures[figure]];
    return above === undefined || above === null || below === undefined || below === null ? [] : [above / below];
  });
}

function ratioText(lines: readonly Line[], engine: string, figure: string): string {
  const values = ratios(lines, engine, figure);
  if (values.length === 0) return "";
  return `${median(values).toFixed(2)}x (${Math.min(...values).toFixed(2)}..${Math.max(...values).toFixed(2)})`;
}

function gates(lines: readonly Line[]): readonly string[] {
  const compared = ratioGoals.flatMap(({ row, figure, against, gate, goal }) => {
    const ofRow = lines.filter((line) => line.row === row);
    const isLess = figure.endsWith("Ms");
    const known = against
      .map((engine) => median(ratios(ofRow, engine, figure)))
      .filter((ratio) => !Number.isNaN(ratio));
    if (known.length === 0) return [];
    const ratio = isLess ? Math.max(...known) : Math.min(...known);
    const name = `${row} ${figure} against ${against === RESTATE ? "the better of Restate" : against.join(", ")}`;
    return [verdict(name, ratio, gate, goal, isLess, (value) => `${value.toFixed(2)}x`)];
  });
  const limited = limits.flatMap(({ row, figure, gate, goal }) => {
    const own = undisturbed(lines.filter((line) => line.row === row && line.engine === SUBJECT));
    const value = median(own.map(({ figures }) => figures[figure] ?? Number.NaN));
    return Number.isNaN(value) ? [] : [verdict(`${row} ${figure}`, value, gate, goal, true, shown)];
  });
  const heading = ["### Gates and goals", "", "| what | measured | gate | goal |", "| --- | --- | --- | --- |"];
  return [...heading, ...compared, ...limited];
}

function verdict(
  name: string,
  value: number,
  gate: number,
  goal: number,
  isLess: boolean,
  text: (value: number) => string,
): string {
  const cell = (limit: number): string =>
    `${isLess ? "<=" : ">="} ${text(limit)}: ${(isLess ? value <= limit : value >= limit) ? "met" : "missed"}`;
  return `| ${name} | ${text(value)} | ${cell(gate)} | ${cell(goal)} |`;
}

function shown(value: number): string {
  if (Number.isNaN(value)) return "–";
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2);
}
