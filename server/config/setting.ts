/** One key of the configuration: how a text becomes its value, what it is without one, and what it is for. */
export interface Setting<T> {
  readonly default: T;
  /** One sentence for `--help` and the reference. */
  readonly about: string;
  /** What a value looks like, for messages: `a whole number from 0 to 65535`. */
  readonly expects: string;
  /** True when the flag needs no value. */
  readonly isSwitch: boolean;
  /** The value as messages quote it; without it, as JSON. For values in which somebody may have written a secret. */
  quote?(value: unknown): string;
  /** Reads a flag, an environment variable or a value of the file; undefined when it is not one. */
  parse(value: unknown): T | undefined;
}

/** A text without further rules. */
export function text(fallback: string, about: string): Setting<string> {
  return {
    default: fallback,
    about,
    expects: "a text",
    isSwitch: false,
    parse: (value) => (typeof value === "string" ? value : undefined),
  };
}

/** One word out of several. */
export function oneOf<const T extends string>(fallback: NoInfer<T>, words: readonly T[], about: string): Setting<T> {
  const parse = (value: unknown): T | undefined => words.find((word) => word === value);
  return { default: fallback, about, expects: `one of ${words.join(", ")}`, isSwitch: false, parse };
}

/** True or false; as a flag its presence is enough. */
export function onOff(fallback: boolean, about: string): Setting<boolean> {
  const words: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
    [true, true],
    ["true", true],
    ["1", true],
    ["yes", true],
    ["on", true],
    ["", true],
    [false, false],
    ["false", false],
    ["0", false],
    ["no", false],
    ["off", false],
  ]);
  return { default: fallback, about, expects: "true or false", isSwitch: true, parse: (value) => words.get(value) };
}

/** A whole number within bounds, both included. */
export function integer(fallback: number, min: number, max: number, about: string): Setting<number> {
  const parse = (value: unknown): number | undefined => within(wholeNumber(value), min, max);
  return { default: fallback, about, expects: `a whole number from ${min} to ${max}`, isSwitch: false, parse };
}

/** A number of bytes: a whole number, or one with `KiB`, `MiB` or `GiB`. */
export function bytes(fallback: number, about: string): Setting<number> {
  const parse = (value: unknown): number | undefined => within(scaled(value, byteUnits), 1, Number.MAX_SAFE_INTEGER);
  return { default: fallback, about, expects: "a number of bytes such as 65536 or 4MiB", isSwitch: false, parse };
}

/** A time in milliseconds: a whole number, or one with `ms`, `s`, `m` or `h`. */
export function milliseconds(fallback: number, about: string): Setting<number> {
  const parse = (value: unknown): number | undefined => within(scaled(value, timeUnits), 0, Number.MAX_SAFE_INTEGER);
  return { default: fallback, about, expects: "a time such as 500 (milliseconds) or 30s", isSwitch: false, parse };
}

/** Several texts: a list in the file, separated by commas elsewhere. */
export function list(about: string): Setting<readonly string[]> {
  return {
    default: [],
    about,
    expects: "texts separated by commas",
    isSwitch: false,
    parse: (value) => {
      const items: readonly unknown[] | undefined =
        typeof value === "string" ? value.split(",") : Array.isArray(value) ? value : undefined;
      if (items === undefined || !items.every((item) => typeof item === "string")) return undefined;
      return items.map((item) => item.trim()).filter((item) => item !== "");
    },
  };
}

const byteUnits = new Map([
  ["", 1],
  ["B", 1],
  ["KiB", 1024],
  ["MiB", 1024 ** 2],
  ["GiB", 1024 ** 3],
]);
const timeUnits = new Map([
  ["", 1],
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
]);

function scaled(value: unknown, units: ReadonlyMap<string, number>): number | undefined {
  if (typeof value !== "string") return wholeNumber(value);
  const match = /^(\d{1,16})\s?([A-Za-z]*)$/u.exec(value.trim());
  const unit = units.get(match?.[2] ?? "");
  return match === null || unit === undefined ? undefined : Number(match[1]) * unit;
}

function wholeNumber(value: unknown): number | undefined {
  if (typeof value === "string" && /^-?\d{1,16}$/u.test(value.trim())) return Number(value);
  return typeof value === "number" ? value : undefined;
}

function within(value: number | undefined, min: number, max: number): number | undefined {
  return value !== undefined && Number.isSafeInteger(value) && value >= min && value <= max ? value : undefined;
}
