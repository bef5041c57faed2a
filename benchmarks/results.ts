import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** How, when and on what was measured. */
export interface Heading {
  readonly date: string;
  readonly mode: string;
  readonly windowMs: number;
  readonly rounds: number;
  readonly cores: number;
  readonly cpu: string;
  readonly kernel: string;
}

/** Figures of one engine in one row of one round, as it is kept in the raw lines. */
export interface Line {
  readonly row: string;
  readonly engine: string;
  readonly round: number;
  readonly windowMs?: number;
  /** Share of the machine that programs used which are neither the engine nor the measurement's own; other engines, which idle, are among them. */
  readonly disturbance?: number;
  /** Million steps of a fixed computation a second, just before. */
  readonly probe?: number;
  readonly figures: { readonly [name: string]: number | null };
  /** Of the engine, where it is first told. */
  readonly version?: string;
  /** Why there are no figures; the engine takes no further part in this row. */
  readonly failed?: string;
  /** What a part with a command of its own has printed. */
  readonly printed?: string;
}

/** Rows with more disturbance than this are left out of medians. */
export const DISTURBANCE_MAX = 0.15;

/** The value in the middle of those that are known; between the two in the middle where they are even. */
export function median(values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value)).toSorted((left, right) => left - right);
  const [low, high] = [known[Math.ceil(known.length / 2) - 1], known[Math.floor(known.length / 2)]];
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2;
}

/** The raw lines of one measurement: written as they are taken, so that it can be taken up again where it stopped. */
export class Results {
  /** How it was begun: a file that is taken up again keeps its own. */
  readonly heading: Heading;
  readonly #file: string;
  readonly #lines: Line[] = [];

  constructor(file: string, heading: Heading) {
    this.#file = file;
    this.heading = heading;
    mkdirSync(path.dirname(file), { recursive: true });
    if (existsSync(file)) {
      const [first = "", ...texts] = readFileSync(file, "utf8").trimEnd().split("\n");
      this.heading = JSON.parse(first) as Heading;
      for (const text of texts) this.#lines.push(JSON.parse(text) as Line);
    } else appendFileSync(file, `${JSON.stringify(heading)}\n`);
  }

  get lines(): readonly Line[] {
    return this.#lines;
  }

  /** Whether nothing more is to be measured of a row in a round: it was before, or the engine has failed in it. */
  has(row: string, engine: string, round: number): boolean {
    const isIt = (line: Line): boolean => line.round === round || line.failed !== undefined;
    return this.#lines.some((line) => line.row === row && line.engine === engine && isIt(line));
  }

  add(line: Line): void {
    this.#lines.push(line);
    appendFileSync(this.#file, `${JSON.stringify(line)}\n`);
  }
}
