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

/** The same for figures that are asked for as they are: at most so much, or at least. */
const limits: readonly {
  readonly row: string;
  readonly figure: string;
  readonly gate: number;
  readonly goal: number;
  readonly isLeast?: true;
}[] = [
  { row: "timers", figure: "latenessLastMs", gate: 500, goal: 200 },
  { row: "crash", figure: "firstCompletionMs", gate: 1_000, goal: 500 },
  { row: "http10 c=100", figure: "memoryMb", gate: 200, goal: 150 },
  { row: "size", figure: "diskBytesPerRun", gate: 3_072, goal: 1_536 },
  // 512 and 256 MiB in MB; its only time is the goal.
  { row: "waiting", figure: "rssMb", gate: 537, goal: 268 },
  { row: "waiting", figure: "readyMs", gate: 3_000, goal: 3_000 },
  { row: "crud", figure: "getOfEcho", gate: 0.5, goal: 1, isLeast: true },
  { row: "crud", figure: "listGrowth", gate: 1.3, goal: 1.3 },
  { row: "crud", figure: "getByWorkflowGrowth", gate: 1.3, goal: 1.3 },
];

/** Tables of all rows: medians of the undisturbed rounds, ratios to Stigmer round by round with least and greatest, and the gates. */
export function report(heading: Heading, lines: readonly Line[]): string {
  const rows = [...new Set(lines.map(({ row }) => row))];
  const { date, cores, windowMs, rounds } = heading;
  const isShort = rounds < 5 || windowMs < 20_000;
  const versions = new Set(lines.flatMap(({ version }) => version ?? []));
  const failures = lines.filter(({ failed }) => failed !== undefined).length;
  return [
    `${date.slice(0, 10)}: ${cores} cores, one node; fsync on for all; ${rounds} rounds, windows of ${windowMs / 1000} s${isShort ? " (shorter than the rules ask: 5 rounds, windows of 20 s)" : ""}; errors in what has figures: 0; failures: ${failures}; ${[...versions].join("; ")}.`,
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
  const printed = lines.flatMap((line) => line.printed ?? []);
  const failures = lines.flatMap(({ engine, round, failed }) =>
    failed === undefined ? [] : [`${engine} failed in round ${round}: \`${failed.replaceAll(/[\s`]+/gu, " ")}\``, ""],
  );
  const measured = lines.filter((line) => line.failed === undefined && line.printed === undefined);
  const table = measured.length === 0 ? [] : [...figuresOf(measured), ""];
  return [`### ${row}`, "", ...printed.flatMap((text) => ["```", text, "```", ""]), ...table, ...failures];
}

/** One line an engine: medians of the rounds that are kept. Where none is kept, of all of them, and the last column says so. */
function figuresOf(lines: readonly Line[]): readonly string[] {
  const names = [...new Set(lines.flatMap(({ figures }) => Object.keys(figures)))];
  const engines = [...new Set(lines.map(({ engine }) => engine))];
  const main = names[0] ?? "";
  const columns = ["engine", ...names, "others' CPU", "CPU probe", `stigmer's ${main} against it`, "rounds kept"];
  const rows = engines.map((engine) => {
    const own = lines.filter((line) => line.engine === engine);
    const kept = undisturbed(own);
    const shownLines = kept.length > 0 ? kept : own;
    const middle = (read: (line: Line) => number | null | undefined): number =>
      median(shownLines.map((line) => read(line) ?? Number.NaN));
    const disturbance = middle((line) => line.disturbance);
    return [
      engine,
      ...names.map((name) => shown(middle(({ figures }) => figures[name]))),
      Number.isNaN(disturbance) ? "–" : `${(disturbance * 100).toFixed(1)} %`,
      shown(middle((line) => line.probe)),
      engine === SUBJECT ? "" : ratioText(lines, engine, main),
      `${kept.length} of ${own.length}`,
    ];
  });
  const separator = columns.map(() => "---");
  return [columns, separator, ...rows].map((cells) => `| ${cells.join(" | ")} |`);
}

/** Lines that other load did not spoil. */
function undisturbed(lines: readonly Line[]): readonly Line[] {
  return lines.filter(({ disturbance = 0 }) => disturbance <= DISTURBANCE_MAX);
}

/** Stigmer's figure over another's, round by round: those of a round were taken next to each other. A round in which either was disturbed has none. */
function ratios(lines: readonly Line[], engine: string, figure: string): readonly number[] {
  const kept = undisturbed(lines);
  return kept.flatMap((theirs) => {
    if (theirs.engine !== engine) return [];
    const ours = kept.find(({ engine: name, round }) => name === SUBJECT && round === theirs.round);
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
  const compared = ratioGoals.map(({ row, figure, against, gate, goal }) => {
    const ofRow = lines.filter((line) => line.row === row);
    const isLess = figure.endsWith("Ms");
    const known = against.map((engine) => median(ratios(ofRow, engine, figure)));
    const isBoth = against === RESTATE;
    const name = `${row} ${figure} against ${isBoth ? "the better of Restate" : against.join(", ")}`;
    // Against the better of two, both have to be there.
    const ratio = isLess ? Math.max(...known) : Math.min(...known);
    return verdict(name, ratio, gate, goal, isLess, (value) => `${value.toFixed(2)}x`);
  });
  const limited = limits.map(({ row, figure, gate, goal, isLeast }) => {
    const own = undisturbed(lines.filter((line) => line.row === row && line.engine === SUBJECT));
    const value = median(own.map(({ figures }) => figures[figure] ?? Number.NaN));
    return verdict(`${row} ${figure}`, value, gate, goal, isLeast === undefined, shown);
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
  const judged = (limit: number): string => {
    if (Number.isNaN(value)) return "not judged";
    return (isLess ? value <= limit : value >= limit) ? "met" : "missed";
  };
  const cell = (limit: number): string => `${isLess ? "<=" : ">="} ${text(limit)}: ${judged(limit)}`;
  return `| ${name} | ${Number.isNaN(value) ? "–" : text(value)} | ${cell(gate)} | ${cell(goal)} |`;
}

function shown(value: number): string {
  if (Number.isNaN(value)) return "–";
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2);
}
