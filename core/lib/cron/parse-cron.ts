/** A parsed cron expression; every set holds the values that match. */
export interface CronExpression {
  /** Seconds 0–59; exactly `{0}` where the expression has five fields. */
  readonly seconds: ReadonlySet<number>;
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  /** Months 1–12. */
  readonly months: ReadonlySet<number>;
  readonly dayOfMonth: DayOfMonthField;
  readonly dayOfWeek: DayOfWeekField;
  /** True where the hour field is `*` or a step of it: such a schedule follows elapsed time over clock changes, others the wall clock. */
  readonly everyHour: boolean;
  /** An IANA time zone, `UTC` where the expression names none. */
  readonly timeZone: string;
}

export interface DayOfMonthField {
  readonly any: boolean;
  readonly days: ReadonlySet<number>;
  /** `L` (0), `L-3` (3): that many days before the last of the month. */
  readonly fromLast: ReadonlySet<number>;
  /** `15W`: the weekday nearest to that day of the month; 0 stands for `LW`, the last weekday. */
  readonly nearestWeekday: ReadonlySet<number>;
}

export interface DayOfWeekField {
  readonly any: boolean;
  /** Sunday = 0. */
  readonly days: ReadonlySet<number>;
  /** `5L`: the last such day of the month. */
  readonly last: ReadonlySet<number>;
  /** `1#2`: the second such day of the month, as `[day, nth]`. */
  readonly nth: readonly (readonly [number, number])[];
}

/** The outcome of parsing: the expression, or what is wrong with it and at which offset of the text. */
export type CronParse =
  | { readonly cron: CronExpression; readonly problem?: undefined }
  | { readonly cron?: undefined; readonly problem: string; readonly offset: number; readonly length: number };

const MACROS: ReadonlyMap<string, string> = new Map([
  ["@yearly", "0 0 1 1 *"],
  ["@annually", "0 0 1 1 *"],
  ["@monthly", "0 0 1 * *"],
  ["@weekly", "0 0 * * 0"],
  ["@daily", "0 0 * * *"],
  ["@midnight", "0 0 * * *"],
  ["@hourly", "0 * * * *"],
]);

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

interface FieldSpec {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly names?: readonly string[];
}

const SECOND: FieldSpec = { name: "second", from: 0, to: 59 };
const MINUTE: FieldSpec = { name: "minute", from: 0, to: 59 };
const HOUR: FieldSpec = { name: "hour", from: 0, to: 23 };
const DAY_OF_MONTH: FieldSpec = { name: "day of month", from: 1, to: 31 };
const MONTH: FieldSpec = { name: "month", from: 1, to: 12, names: MONTHS };
const DAY_OF_WEEK: FieldSpec = { name: "day of week", from: 0, to: 7, names: DAYS };

interface Token {
  readonly text: string;
  readonly offset: number;
}

class CronProblem extends Error {
  readonly token: Token;
  constructor(message: string, token: Token) {
    super(message);
    this.token = token;
  }
}

/**
 * Parses a cron expression of five fields (minute first) or six (second first), or a macro such as `@daily`, optionally after `CRON_TZ=<zone>` (or `TZ=`).
 * Lists, ranges, steps, names of months and days, `?`, `L`, `W` and `#` are understood. Without a zone it is UTC.
 */
export function parseCron(text: string): CronParse {
  try {
    return { cron: parse(text) };
  } catch (error) {
    if (!(error instanceof CronProblem)) throw error;
    return { problem: error.message, offset: error.token.offset, length: Math.max(1, error.token.text.length) };
  }
}

function parse(text: string): CronExpression {
  let tokens: Token[] = [...text.slice(0, 500).matchAll(/\S+/gu)].map((match) => ({
    text: match[0],
    offset: match.index,
  }));
  const whole: Token = { text, offset: 0 };
  let timeZone = "UTC";
  const zone = /^(?:CRON_)?TZ=(.*)$/u.exec(tokens[0]?.text ?? "");
  if (zone !== null) {
    timeZone = checkedZone(zone[1] as string, tokens[0] as Token);
    tokens = tokens.slice(1);
  }
  const macro = tokens[0];
  if (macro !== undefined && macro.text.startsWith("@")) {
    const meaning = MACROS.get(macro.text.toLowerCase());
    if (meaning === undefined || tokens.length > 1) {
      throw new CronProblem(`"${macro.text}" is not one of ${[...MACROS.keys()].join(", ")}`, macro);
    }
    tokens = meaning.split(" ").map((field) => ({ text: field, offset: macro.offset }));
  }
  if (tokens.length !== 5 && tokens.length !== 6) {
    throw new CronProblem(`it has ${tokens.length} fields, it should have 5 (minute first) or 6 (second first)`, whole);
  }
  const seconds = tokens.length === 6 ? valueSet(tokens[0] as Token, SECOND) : new Set([0]);
  const [minute, hour, dayOfMonth, month, dayOfWeek] = tokens.slice(-5) as [Token, Token, Token, Token, Token];
  return {
    seconds,
    minutes: valueSet(minute, MINUTE),
    hours: valueSet(hour, HOUR),
    months: valueSet(month, MONTH),
    dayOfMonth: parseDayOfMonth(dayOfMonth),
    dayOfWeek: parseDayOfWeek(dayOfWeek),
    everyHour: /^\*(?:\/\d+)?$/u.test(hour.text),
    timeZone,
  };
}

function checkedZone(zone: string, token: Token): string {
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: zone }).resolvedOptions().timeZone;
  } catch {
    throw new CronProblem(`"${zone}" is not a known time zone, it should be one such as Europe/Paris`, token);
  }
}

function parseDayOfMonth(token: Token): DayOfMonthField {
  const days = new Set<number>();
  const fromLast = new Set<number>();
  const nearestWeekday = new Set<number>();
  for (const item of items(token)) {
    const last = /^L(?:-(\d{1,2}))?$/iu.exec(item.text);
    const weekday = /^(\d{1,2}|L)W$/iu.exec(item.text);
    if (last !== null)
      fromLast.add(inRange(Number(last[1] ?? 0), { name: "offset from the last day", from: 0, to: 30 }, item));
    else if (weekday === null) addValues(days, item, DAY_OF_MONTH);
    else if (/^L/iu.test(item.text)) nearestWeekday.add(0);
    else nearestWeekday.add(inRange(Number(weekday[1]), DAY_OF_MONTH, item));
  }
  return { any: isAny(token), days, fromLast, nearestWeekday };
}

function parseDayOfWeek(token: Token): DayOfWeekField {
  const days = new Set<number>();
  const last = new Set<number>();
  const nth: (readonly [number, number])[] = [];
  for (const item of items(token)) {
    const special = /^([a-z]{3}|\d)(?:(L)|#(\d))$/iu.exec(item.text);
    if (special === null) {
      const values = new Set<number>();
      addValues(values, item, DAY_OF_WEEK);
      for (const value of values) days.add(value % 7);
      continue;
    }
    const day = valueOf(special[1] as string, DAY_OF_WEEK, item) % 7;
    if (special[2] !== undefined) last.add(day);
    else nth.push([day, inRange(Number(special[3]), { name: "week of the month", from: 1, to: 5 }, item)]);
  }
  return { any: isAny(token), days, last, nth };
}

function isAny(token: Token): boolean {
  return token.text === "*" || token.text === "?";
}

function valueSet(token: Token, spec: FieldSpec): ReadonlySet<number> {
  const values = new Set<number>();
  for (const item of items(token)) addValues(values, item, spec);
  return values;
}

/** The parts of a comma-separated field, each with its own offset. */
function items(token: Token): readonly Token[] {
  let offset = token.offset;
  return token.text.split(",").map((text) => {
    const item = { text, offset };
    offset += text.length + 1;
    return item;
  });
}

function addValues(values: Set<number>, item: Token, spec: FieldSpec): void {
  const match = /^(\*|\?|[^\s/-]+)(?:-([^\s/-]+))?(?:\/(\d+))?$/u.exec(item.text);
  if (match === null) throw new CronProblem(`"${item.text}" is not a value, range or step of the ${spec.name}`, item);
  const [, first, second, stepText] = match;
  const step = stepText === undefined ? 1 : Number(stepText);
  if (step < 1) throw new CronProblem(`the step of "${item.text}" is 0, it should be at least 1`, item);
  const wildcard = first === "*" || first === "?";
  if (wildcard && second !== undefined)
    throw new CronProblem(`"${item.text}" is not a range of the ${spec.name}`, item);
  const from = wildcard ? spec.from : valueOf(first as string, spec, item);
  const openEnd = wildcard || (second === undefined && stepText !== undefined);
  const to = second === undefined ? (openEnd ? spec.to : from) : valueOf(second, spec, item);
  if (from > to && spec !== DAY_OF_WEEK) {
    throw new CronProblem(`the range "${item.text}" runs backwards, it should start at its smaller end`, item);
  }
  const end = from > to ? to + 7 : to;
  for (let value = from; value <= end; value += step) values.add(value > spec.to ? value - 7 : value);
}

function valueOf(text: string, spec: FieldSpec, item: Token): number {
  if (/^\d{1,4}$/u.test(text)) return inRange(Number(text), spec, item);
  const index = spec.names?.indexOf(text.toUpperCase()) ?? -1;
  if (index < 0) throw new CronProblem(`"${text}" is not a ${spec.name}, ${expectation(spec)}`, item);
  return index + spec.from;
}

function inRange(value: number, spec: FieldSpec, item: Token): number {
  if (value >= spec.from && value <= spec.to) return value;
  throw new CronProblem(`${value} is not a ${spec.name}, ${expectation(spec)}`, item);
}

function expectation(spec: FieldSpec): string {
  const names = spec.names === undefined ? "" : ` or ${spec.names[0]}-${spec.names.at(-1)}`;
  return `it should be ${spec.from}-${spec.to}${names}`;
}
