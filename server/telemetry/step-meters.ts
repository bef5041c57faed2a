import { type HistogramSeries, PlainHistogram } from "./plain-histogram.ts";

/** Upper bounds of the buckets, in seconds: from a step that only looks to one that waits for the disk. */
const BOUNDS = [0.0001, 0.001, 0.01, 0.1, 1] as const;

/** The account of one step of one kind of request. */
export interface StepMeter {
  /** The step has ended; `failure` is the code it was refused with. */
  ended(seconds: number, failure: string | undefined): void;
}

/** Counts and times the steps of requests. There are several in every request, so it costs next to nothing. */
export class StepMeters {
  readonly #seconds = new PlainHistogram("stigmer_step_seconds", "Time of a step of a request.", BOUNDS, [
    "pipeline",
    "step",
  ]);
  readonly #accounts = new Map<string, Account>();

  /** The account of a step, to be looked up once. */
  meter(pipeline: string, step: string): StepMeter {
    const key = `pipeline="${pipeline}",step="${step}"`;
    let account = this.#accounts.get(key);
    if (account === undefined) {
      account = new Account(this.#seconds.series(pipeline, step));
      this.#accounts.set(key, account);
    }
    return account;
  }

  /** All steps that have run, in the text format of Prometheus. */
  render(): string {
    const errors = [...this.#accounts].flatMap(([labels, { errors: byCode }]) =>
      [...byCode].map(([code, count]) => `stigmer_step_errors_total{${labels},code="${code}"} ${count}`),
    );
    return [
      this.#seconds.render().trimEnd(),
      "# HELP stigmer_step_errors_total Steps that refused their request or failed.",
      "# TYPE stigmer_step_errors_total counter",
      ...errors,
      "",
    ].join("\n");
  }
}

class Account implements StepMeter {
  readonly errors = new Map<string, number>();
  readonly #seconds: HistogramSeries;

  constructor(seconds: HistogramSeries) {
    this.#seconds = seconds;
  }

  ended(seconds: number, failure: string | undefined): void {
    this.#seconds.observe(seconds);
    if (failure !== undefined) this.errors.set(failure, (this.errors.get(failure) ?? 0) + 1);
  }
}
