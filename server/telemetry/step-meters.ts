/** Upper bounds of the buckets, in seconds: from a step that only looks to one that waits for the disk. */
const BOUNDS = [0.0001, 0.001, 0.01, 0.1, 1] as const;

/** The account of one step of one kind of request. */
export interface StepMeter {
  /** The step has ended; `failure` is the code it was refused with. */
  ended(seconds: number, failure: string | undefined): void;
}

/**
 * Counts and times the steps of requests: plain numbers that each step adds to, made into text only when somebody reads them. There are several steps in every request, so this is not
 * done with the histograms of prom-client, which cost more than most steps.
 */
export class StepMeters {
  readonly #accounts = new Map<string, Account>();

  /** The account of a step, to be looked up once. */
  meter(pipeline: string, step: string): StepMeter {
    const key = `pipeline="${pipeline}",step="${step}"`;
    let account = this.#accounts.get(key);
    if (account === undefined) {
      account = new Account();
      this.#accounts.set(key, account);
    }
    return account;
  }

  /** All steps that have run, in the text format of Prometheus. */
  render(): string {
    const used = [...this.#accounts].filter(([, { count }]) => count > 0);
    const seconds = used.flatMap(([labels, account]) => account.histogram("stigmer_step_seconds", labels));
    const errors = used.flatMap(([labels, { errors: byCode }]) =>
      [...byCode].map(([code, count]) => `stigmer_step_errors_total{${labels},code="${code}"} ${count}`),
    );
    return [
      "# HELP stigmer_step_seconds Time of a step of a request.",
      "# TYPE stigmer_step_seconds histogram",
      ...seconds,
      "# HELP stigmer_step_errors_total Steps that refused their request or failed.",
      "# TYPE stigmer_step_errors_total counter",
      ...errors,
      "",
    ].join("\n");
  }
}

class Account implements StepMeter {
  count = 0;
  readonly errors = new Map<string, number>();
  readonly #buckets = BOUNDS.map(() => 0);
  #seconds = 0;

  ended(seconds: number, failure: string | undefined): void {
    this.count += 1;
    this.#seconds += seconds;
    let bucket = 0;
    while (bucket < BOUNDS.length && seconds > (BOUNDS[bucket] as number)) bucket += 1;
    if (bucket < BOUNDS.length) this.#buckets[bucket] = (this.#buckets[bucket] as number) + 1;
    if (failure !== undefined) this.errors.set(failure, (this.errors.get(failure) ?? 0) + 1);
  }

  histogram(name: string, labels: string): string[] {
    let below = 0;
    const buckets = BOUNDS.map((bound, index) => {
      below += this.#buckets[index] as number;
      return `${name}_bucket{${labels},le="${bound}"} ${below}`;
    });
    return [
      ...buckets,
      `${name}_bucket{${labels},le="+Inf"} ${this.count}`,
      `${name}_sum{${labels}} ${this.#seconds}`,
      `${name}_count{${labels}} ${this.count}`,
    ];
  }
}
