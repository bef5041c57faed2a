import { type BrokenTime, MONTHS, SECONDS_PER_DAY, WEEKDAYS, breakTime, daysFromEpoch } from "./calendar.ts";

/** What a text gave before its end, and the rest, which may only be white space and what follows it. */
export interface ParsedTime {
  readonly time: BrokenTime;
  readonly rest: string;
}

/** Reads a time by C's strptime in the C locale; undefined where the text does not match. */
export function parseTime(text: string, format: string): ParsedTime | undefined {
  const reader = new Reader(text);
  if (!reader.format(format)) return undefined;
  const rest = text.slice(reader.position);
  if (rest !== "" && !isSpace(rest.charCodeAt(0))) return undefined;
  return { time: reader.time(), rest };
}

const ABBREVIATION_LENGTH = 3;
const ZERO = 0x30;
const PERCENT = 0x25;

class Reader {
  readonly #text: string;
  position = 0;
  /** Not given yet is undefined, where it matters whether a directive was met. */
  #year: number | undefined;
  #century: number | undefined;
  #month: number | undefined;
  #day: number | undefined;
  #hour = 0;
  #minute = 0;
  #second = 0;
  #weekday: number | undefined;
  #yearDay: number | undefined;
  #isAfternoon: boolean | undefined;
  #isTwelveHour = false;
  #week: { readonly number: number; readonly startsOn: 0 | 1 } | undefined;
  #epoch: number | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  format(format: string): boolean {
    for (let index = 0; index < format.length; index++) {
      const unit = format.charCodeAt(index);
      if (isSpace(unit)) {
        this.#skipSpace();
      } else if (unit !== PERCENT) {
        if (this.#text.charCodeAt(this.position) !== unit) return false;
        this.position++;
      } else {
        index++;
        while ("_-0^#EO".includes(format[index] ?? "x")) index++;
        if (!this.#directive(format[index] ?? "")) return false;
      }
    }
    return true;
  }

  time(): BrokenTime {
    if (this.#epoch !== undefined) return breakTime(this.#epoch);
    const year = this.#fullYear();
    const hour = this.#isTwelveHour ? (this.#hour % 12) + (this.#isAfternoon ? 12 : 0) : this.#hour;
    let [month, day] = [this.#month, this.#day];
    if (this.#yearDay !== undefined && (month === undefined || day === undefined)) {
      const date = breakTime(daysFromEpoch(year, 0, 1 + this.#yearDay) * SECONDS_PER_DAY);
      [month, day] = [date.month, date.day];
    } else if (this.#week && this.#weekday !== undefined && (month === undefined || day === undefined)) {
      const firstWeekday = (((daysFromEpoch(year, 0, 1) + 4) % 7) + 7) % 7;
      const { number, startsOn } = this.#week;
      const offset = ((7 - (firstWeekday - startsOn)) % 7) + (number - 1) * 7 + ((this.#weekday - startsOn + 7) % 7);
      const date = breakTime((daysFromEpoch(year, 0, 1) + offset) * SECONDS_PER_DAY);
      [month, day] = [date.month, date.day];
    }
    const { weekday, yearDay } = this.#dayNumbers(year, month ?? 0, day ?? 0);
    return {
      year,
      month: month ?? 0,
      day: day ?? 0,
      hour,
      minute: this.#minute,
      second: this.#second,
      weekday,
      yearDay,
    };
  }

  /** The weekday and day of the year: computed from the date where it is complete. */
  #dayNumbers(year: number, month: number, day: number): { readonly weekday: number; readonly yearDay: number } {
    const days = daysFromEpoch(year, month, day);
    const weekday = (((days + 4) % 7) + 7) % 7;
    return {
      weekday: day === 0 ? (this.#weekday ?? 8) : weekday,
      yearDay: day === 0 ? (this.#yearDay ?? 367) : days - daysFromEpoch(year, 0, 1),
    };
  }

  #fullYear(): number {
    if (this.#century === undefined) return this.#year ?? 1900;
    return this.#century * 100 + (this.#year === undefined ? 0 : ((this.#year % 100) + 100) % 100);
  }

  #directive(directive: string): boolean {
    switch (directive) {
      case "%":
        return this.#literal("%");
      case "n":
      case "t":
        this.#skipSpace();
        return true;
      case "a":
      case "A":
        return this.#name(WEEKDAYS, (index) => (this.#weekday = index));
      case "b":
      case "B":
      case "h":
        return this.#name(MONTHS, (index) => (this.#month = index));
      case "C":
        return this.#number(2, 0, 99, (value) => (this.#century = value));
      case "d":
      case "e":
        return this.#number(2, 1, 31, (value) => (this.#day = value));
      case "H":
      case "k":
        return this.#number(2, 0, 23, (value) => {
          this.#hour = value;
          this.#isTwelveHour = false;
        });
      case "I":
      case "l":
        return this.#number(2, 1, 12, (value) => {
          this.#hour = value;
          this.#isTwelveHour = true;
        });
      case "j":
        return this.#number(3, 1, 366, (value) => (this.#yearDay = value - 1));
      case "m":
        return this.#number(2, 1, 12, (value) => (this.#month = value - 1));
      case "M":
        return this.#number(2, 0, 59, (value) => (this.#minute = value));
      case "p":
      case "P":
        return this.#name(["AM", "PM"], (index) => (this.#isAfternoon = index === 1));
      case "S":
        return this.#number(2, 0, 61, (value) => (this.#second = value));
      case "s":
        return this.#number(18, 0, Infinity, (value) => (this.#epoch = value));
      case "u":
        return this.#number(1, 1, 7, (value) => (this.#weekday = value % 7));
      case "w":
        return this.#number(1, 0, 6, (value) => (this.#weekday = value));
      case "U":
      case "W":
        return this.#number(2, 0, 53, (value) => (this.#week = { number: value, startsOn: directive === "U" ? 0 : 1 }));
      case "V":
        return this.#number(2, 0, 53, () => undefined);
      case "g":
        return this.#number(2, 0, 99, () => undefined);
      case "G":
        return this.#number(4, 0, 9999, () => undefined);
      case "y":
        return this.#number(2, 0, 99, (value) => (this.#year = value + (value < 69 ? 2000 : 1900)));
      case "Y":
        return this.#number(4, 0, 9999, (value) => {
          this.#year = value;
          this.#century = undefined;
        });
      case "c":
        return this.format("%a %b %e %H:%M:%S %Y");
      case "D":
      case "x":
        return this.format("%m/%d/%y");
      case "F":
        return this.format("%Y-%m-%d");
      case "r":
        return this.format("%I:%M:%S %p");
      case "R":
        return this.format("%H:%M");
      case "T":
      case "X":
        return this.format("%H:%M:%S");
      case "z":
        return this.#offset();
      case "Z":
        while (/^[A-Za-z]$/u.test(this.#text[this.position] ?? "")) this.position++;
        return true;
      default:
        return false;
    }
  }

  #literal(text: string): boolean {
    if (!this.#text.startsWith(text, this.position)) return false;
    this.position += text.length;
    return true;
  }

  #skipSpace(): void {
    while (isSpace(this.#text.charCodeAt(this.position))) this.position++;
  }

  #number(digits: number, low: number, high: number, store: (value: number) => unknown): boolean {
    this.#skipSpace();
    const start = this.position;
    let value = 0;
    for (; this.position < start + digits; this.position++) {
      const digit = this.#text.charCodeAt(this.position) - ZERO;
      if (!(digit >= 0 && digit <= 9)) break;
      value = value * 10 + digit;
    }
    if (this.position === start || value < low || value > high) return false;
    store(value);
    return true;
  }

  /** A name in full or abbreviated, in any case. */
  #name(names: readonly string[], store: (index: number) => unknown): boolean {
    this.#skipSpace();
    const rest = this.#text.slice(this.position, this.position + 12).toLowerCase();
    for (const [index, name] of names.entries()) {
      for (const form of [name, name.slice(0, ABBREVIATION_LENGTH)]) {
        if (!rest.startsWith(form.toLowerCase())) continue;
        this.position += form.length;
        store(index);
        return true;
      }
    }
    return false;
  }

  /** `Z`, `+hh`, `+hhmm` or `+hh:mm`; read and, as in jq, without effect on the time. */
  #offset(): boolean {
    this.#skipSpace();
    if (this.#literal("Z")) return true;
    const match = /^[+-]\d{2}(?::?\d{2})?/u.exec(this.#text.slice(this.position, this.position + 6));
    if (!match) return false;
    this.position += match[0].length;
    return true;
  }
}

function isSpace(unit: number): boolean {
  return unit === 0x20 || (unit >= 0x09 && unit <= 0x0d);
}
