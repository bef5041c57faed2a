import { type BrokenTime, MONTHS, WEEKDAYS, epochSeconds, isoWeek } from "./calendar.ts";

/** What a format consists of: text as it is, and what writes a part of a time. */
type Writer = (time: BrokenTime) => string;
type Piece = string | Writer;

/** A format of C's strftime in the C locale and UTC, taken apart once because most programs write many times alike. */
export class TimeFormat {
  /** How many directives `write` looks at, for its price. */
  readonly directives: number;
  readonly #pieces: readonly Piece[];

  constructor(format: string) {
    this.directives = countDirectives(format);
    this.#pieces = piecesOf(format);
  }

  /** The time as text; unknown directives stay as they are. */
  write(time: BrokenTime): string {
    let result = "";
    for (const piece of this.#pieces) result += typeof piece === "string" ? piece : piece(time);
    return result;
  }
}

/** How many directives a format has, the most that a directive stands for included. */
export function countDirectives(format: string): number {
  let count = 0;
  for (let at = format.indexOf("%"); at >= 0; at = format.indexOf("%", at + 1))
    count += "cDxFrRTX+".includes(format[at + 1] ?? "") ? 7 : 1;
  return count;
}

function piecesOf(format: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let index = 0;
  while (index < format.length) {
    const next = format.indexOf("%", index);
    if (next !== index) pieces.push(format.slice(index, next < 0 ? format.length : next));
    if (next < 0) break;
    index = readDirective(format, next, pieces);
  }
  return pieces;
}

/** Takes apart the directive at an index and gives the index behind it. */
function readDirective(format: string, index: number, pieces: Piece[]): number {
  const plain = writerOf(format[index + 1] ?? "", "");
  if (plain) {
    pieces.push(plain);
    return index + 2;
  }
  let end = index + 1;
  while ("_-0^#".includes(format[end] ?? "x")) end++;
  const flags = format.slice(index + 1, end);
  while ((format[end] ?? "x") >= "0" && (format[end] ?? "x") <= "9") end++;
  const width = Math.min(Number(format.slice(index + 1 + flags.length, end) || "0"), 1024);
  if (format[end] === "E" || format[end] === "O") end++;
  const writer = writerOf(format[end] ?? "", flags);
  pieces.push(writer ? (time) => padded(writer(time), flags, width) : format.slice(index, end + 1));
  return end + 1;
}

function padded(text: string, flags: string, width: number): string {
  const cased = flags.includes("^") ? text.toUpperCase() : text;
  return cased.padStart(width, flags.includes("_") || !/^[-+]?\d+$/u.test(cased) ? " " : "0");
}

const UNDER_100 = Array.from({ length: 100 }, (_, value) => String(value));
/** The numbers below a hundred in two places. */
const IN_TWO_PLACES: Readonly<Record<"0" | " ", readonly string[]>> = {
  "0": UNDER_100.map((text) => text.padStart(2, "0")),
  " ": UNDER_100.map((text) => text.padStart(2)),
};

/** Writes a number with the padding that flags ask for, or else the directive's own. */
function number(part: (time: BrokenTime) => number, digits: number, flags: string, pad: "0" | " " = "0"): Writer {
  if (flags === "" && digits === 2) {
    const ready = IN_TWO_PLACES[pad];
    return (time) => ready[part(time)] ?? filled(part(time), digits, pad);
  }
  const fill = flags.includes("-") ? "" : flags.includes("_") ? " " : flags.includes("0") ? "0" : pad;
  return (time) => filled(part(time), digits, fill);
}

function filled(value: number, digits: number, fill: string): string {
  const text = String(Math.abs(value));
  const sign = value < 0 ? "-" : "";
  return fill === "" ? sign + text : sign + text.padStart(digits - sign.length, fill);
}

/** What stands for a whole format. */
const COMPOSITES: ReadonlyMap<string, string> = new Map([
  ["c", "%a %b %e %H:%M:%S %Y"],
  ["D", "%m/%d/%y"],
  ["x", "%m/%d/%y"],
  ["F", "%Y-%m-%d"],
  ["r", "%I:%M:%S %p"],
  ["R", "%H:%M"],
  ["T", "%H:%M:%S"],
  ["X", "%H:%M:%S"],
  ["+", "%a %b %e %H:%M:%S %Z %Y"],
]);

const weekdayOf: Writer = ({ weekday }) => WEEKDAYS[weekday] as string;
const monthOf: Writer = ({ month }) => MONTHS[month] as string;
const hour12 = ({ hour }: BrokenTime): number => (hour % 12 === 0 ? 12 : hour % 12);
const inCentury = (year: number): number => ((year % 100) + 100) % 100;

function writerOf(directive: string, flags: string): Writer | undefined {
  const composite = COMPOSITES.get(directive);
  if (composite !== undefined) {
    const format = new TimeFormat(composite);
    return (time) => format.write(time);
  }
  const two = (part: (time: BrokenTime) => number, pad: "0" | " " = "0"): Writer => number(part, 2, flags, pad);
  switch (directive) {
    case "a":
      return (time) => weekdayOf(time).slice(0, 3);
    case "A":
      return weekdayOf;
    case "b":
    case "h":
      return (time) => monthOf(time).slice(0, 3);
    case "B":
      return monthOf;
    case "C":
      return two(({ year }) => Math.floor(year / 100));
    case "d":
      return two(({ day }) => day);
    case "e":
      return two(({ day }) => day, " ");
    case "g":
      return two((time) => inCentury(isoWeek(time)[0]));
    case "G":
      return (time) => String(isoWeek(time)[0]);
    case "H":
      return two(({ hour }) => hour);
    case "I":
      return two(hour12);
    case "j":
      return number(({ yearDay }) => yearDay + 1, 3, flags);
    case "k":
      return two(({ hour }) => hour, " ");
    case "l":
      return two(hour12, " ");
    case "m":
      return two(({ month }) => month + 1);
    case "M":
      return two(({ minute }) => minute);
    case "n":
      return () => "\n";
    case "p":
      return ({ hour }) => (flags.includes("#") ? (hour < 12 ? "am" : "pm") : hour < 12 ? "AM" : "PM");
    case "P":
      return ({ hour }) => (hour < 12 ? "am" : "pm");
    case "s":
      return (time) => String(Math.floor(epochSeconds(time)));
    case "S":
      return two(({ second }) => Math.floor(second));
    case "t":
      return () => "\t";
    case "u":
      return ({ weekday }) => String(weekday === 0 ? 7 : weekday);
    case "U":
      return two(({ yearDay, weekday }) => Math.floor((yearDay + 7 - weekday) / 7));
    case "V":
      return two((time) => isoWeek(time)[1]);
    case "w":
      return ({ weekday }) => String(weekday);
    case "W":
      return two(({ yearDay, weekday }) => Math.floor((yearDay + 7 - ((weekday + 6) % 7)) / 7));
    case "y":
      return two(({ year }) => inCentury(year));
    case "Y":
      return ({ year }) => String(year);
    case "z":
      return () => "+0000";
    case "Z":
      return () => "UTC";
    case "%":
      return () => "%";
    default:
      return undefined;
  }
}
