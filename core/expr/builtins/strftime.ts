import { type BrokenTime, MONTHS, WEEKDAYS, epochSeconds, isoWeek } from "./calendar.ts";

/** Writes a time by C's strftime in the C locale and UTC; unknown directives stay as they are. */
export function formatTime(time: BrokenTime, format: string): string {
  let result = "";
  for (let index = 0; index < format.length; index++) {
    const char = format[index] as string;
    if (char !== "%") {
      result += char;
      continue;
    }
    const plain = directiveText(time, format[index + 1] ?? "", "");
    if (plain !== undefined) {
      result += plain;
      index++;
      continue;
    }
    let end = index + 1;
    while ("_-0^#".includes(format[end] ?? "x")) end++;
    const flags = format.slice(index + 1, end);
    while ((format[end] ?? "x") >= "0" && (format[end] ?? "x") <= "9") end++;
    const width = Number(format.slice(index + 1 + flags.length, end) || "0");
    if (format[end] === "E" || format[end] === "O") end++;
    const directive = format[end];
    const written = directive === undefined ? undefined : directiveText(time, directive, flags);
    result += written === undefined ? format.slice(index, end + 1) : padded(written, flags, Math.min(width, 1024));
    index = end;
  }
  return result;
}

function padded(text: string, flags: string, width: number): string {
  const cased = flags.includes("^") ? text.toUpperCase() : text;
  return cased.padStart(width, flags.includes("_") || !/^[-+]?\d+$/u.test(cased) ? " " : "0");
}

/** A number with the padding that flags ask for, or else the directive's own. */
function number(value: number, digits: number, flags: string, pad = "0"): string {
  const fill = flags.includes("-") ? "" : flags.includes("_") ? " " : flags.includes("0") ? "0" : pad;
  if (flags === "" && digits === 2 && value >= 0 && value < 100) return value < 10 ? pad + value : String(value);
  const text = String(Math.abs(value));
  const sign = value < 0 ? "-" : "";
  return fill === "" ? sign + text : sign + text.padStart(digits - sign.length, fill);
}

function directiveText(time: BrokenTime, directive: string, flags: string): string | undefined {
  const two = (value: number, pad = "0"): string => number(value, 2, flags, pad);
  const weekday = WEEKDAYS[time.weekday] as string;
  const month = MONTHS[time.month] as string;
  const hour12 = time.hour % 12 === 0 ? 12 : time.hour % 12;
  const second = Math.floor(time.second);
  switch (directive) {
    case "a":
      return weekday.slice(0, 3);
    case "A":
      return weekday;
    case "b":
    case "h":
      return month.slice(0, 3);
    case "B":
      return month;
    case "c":
      return formatTime(time, "%a %b %e %H:%M:%S %Y");
    case "C":
      return two(Math.floor(time.year / 100));
    case "d":
      return two(time.day);
    case "D":
    case "x":
      return formatTime(time, "%m/%d/%y");
    case "e":
      return two(time.day, " ");
    case "F":
      return formatTime(time, "%Y-%m-%d");
    case "g":
      return two(((isoWeek(time)[0] % 100) + 100) % 100);
    case "G":
      return String(isoWeek(time)[0]);
    case "H":
      return two(time.hour);
    case "I":
      return two(hour12);
    case "j":
      return number(time.yearDay + 1, 3, flags);
    case "k":
      return two(time.hour, " ");
    case "l":
      return two(hour12, " ");
    case "m":
      return two(time.month + 1);
    case "M":
      return two(time.minute);
    case "n":
      return "\n";
    case "p":
      return flags.includes("#") ? (time.hour < 12 ? "am" : "pm") : time.hour < 12 ? "AM" : "PM";
    case "P":
      return time.hour < 12 ? "am" : "pm";
    case "r":
      return formatTime(time, "%I:%M:%S %p");
    case "R":
      return formatTime(time, "%H:%M");
    case "s":
      return String(Math.floor(epochSeconds(time)));
    case "S":
      return two(second);
    case "t":
      return "\t";
    case "T":
    case "X":
      return formatTime(time, "%H:%M:%S");
    case "u":
      return String(time.weekday === 0 ? 7 : time.weekday);
    case "U":
      return two(Math.floor((time.yearDay + 7 - time.weekday) / 7));
    case "V":
      return two(isoWeek(time)[1]);
    case "w":
      return String(time.weekday);
    case "W":
      return two(Math.floor((time.yearDay + 7 - ((time.weekday + 6) % 7)) / 7));
    case "y":
      return two(((time.year % 100) + 100) % 100);
    case "Y":
      return String(time.year);
    case "z":
      return "+0000";
    case "Z":
      return "UTC";
    case "+":
      return formatTime(time, "%a %b %e %H:%M:%S %Z %Y");
    case "%":
      return "%";
    default:
      return undefined;
  }
}
