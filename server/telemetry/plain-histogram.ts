/** One series of a histogram: what is measured again and again adds to plain numbers. */
export class HistogramSeries {
  readonly #bounds: readonly number[];
  readonly #buckets: number[];
  #sum = 0;
  #count = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#buckets = bounds.map(() => 0);
  }

  /** How much was observed. */
  get count(): number {
    return this.#count;
  }

  observe(value: number): void {
    this.#count += 1;
    this.#sum += value;
    const bounds = this.#bounds;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket += 1;
    if (bucket < bounds.length) this.#buckets[bucket] = (this.#buckets[bucket] as number) + 1;
  }

  /** The samples of the series; `labels` is `name="value"` pairs or empty. */
  lines(name: string, labels: string): string[] {
    let below = 0;
    const comma = labels === "" ? "" : ",";
    const all = labels === "" ? "" : `{${labels}}`;
    const buckets = this.#bounds.map((bound, index) => {
      below += this.#buckets[index] as number;
      return `${name}_bucket{${labels}${comma}le="${bound}"} ${below}`;
    });
    return [
      ...buckets,
      `${name}_bucket{${labels}${comma}le="+Inf"} ${this.#count}`,
      `${name}_sum${all} ${this.#sum}`,
      `${name}_count${all} ${this.#count}`,
    ];
  }
}

/**
 * A histogram in the text format of Prometheus. Those of prom-client look labels up and hash them at each observation, which costs more than much of what is measured here; so this one makes
 * text only when somebody reads it.
 */
export class PlainHistogram {
  readonly #name: string;
  readonly #help: string;
  readonly #bounds: readonly number[];
  readonly #labelNames: readonly string[];
  readonly #series = new Map<string, { readonly labels: string; readonly series: HistogramSeries }>();

  constructor(name: string, help: string, bounds: readonly number[], labelNames: readonly string[] = []) {
    this.#name = name;
    this.#help = help;
    this.#bounds = bounds;
    this.#labelNames = labelNames;
    if (labelNames.length === 0) this.series();
  }

  /** The series of label values, in the order of the names; made when it is first asked for. */
  series(...values: readonly string[]): HistogramSeries {
    const key = values.length === 1 ? (values[0] as string) : values.join("\u0000");
    const known = this.#series.get(key);
    if (known !== undefined) return known.series;
    const labels = this.#labelNames.map((name, index) => `${name}=${JSON.stringify(values[index] ?? "")}`).join(",");
    const series = new HistogramSeries(this.#bounds);
    this.#series.set(key, { labels, series });
    return series;
  }

  /** Adds to the series without labels, or to that of the label values. */
  observe(value: number, ...values: readonly string[]): void {
    this.series(...values).observe(value);
  }

  /** Everything that was observed. Series with labels that only were asked for are left out. */
  render(): string {
    const used = [...this.#series.values()].filter(({ labels, series }) => labels === "" || series.count > 0);
    const lines = used.flatMap(({ labels, series }) => series.lines(this.#name, labels));
    return [`# HELP ${this.#name} ${this.#help}`, `# TYPE ${this.#name} histogram`, ...lines, ""].join("\n");
  }
}
