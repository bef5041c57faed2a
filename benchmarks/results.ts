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
  /** Share of the machine that neither engine, load generator nor echo used. */
  readonly disturbance?: number;
  readonly figures: { readonly [name: string]: number | null };
  /** Of the engine, where it is first told. */
  readonly version?: string;
  /** What a part with a command of its own has printed. */
  readonly printed?: string;
}

/** Rows with more disturbance than this are left out of medians. */
export const DISTURBANCE_MAX = 0.15;

/** The value in the middle. */
export function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
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

  /** Whether a row was measured before. */
  has(row: string, engine: string, round: number): boolean {
    return this.#lines.some((line) => line.row === row && line.engine === engine && line.round === round);
  }

  add(line: Line): void {
    this.#lines.push(line);
    appendFileSync(this.#file, `${JSON.stringify(line)}\n`);
  }
}
