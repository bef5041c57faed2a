import type { Sample } from "./sample.ts";

/** The value in the middle. */
export function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const SUBJECT = "stigmer";

/** Gathers samples by row and engine and shows them as tables: medians, and ratios to Stigmer with their least and greatest round. */
export class Results {
  readonly #rows = new Map<string, Map<string, Sample[]>>();
  readonly #probes: number[] = [];

  addProbe(millionStepsPerSecond: number): void {
    this.#probes.push(millionStepsPerSecond);
  }

  add(row: string, engine: string, sample: Sample): void {
    const engines = this.#rows.get(row) ?? new Map<string, Sample[]>();
    this.#rows.set(row, engines.set(engine, [...(engines.get(engine) ?? []), sample]));
  }

  report({ windowMs, rounds }: { readonly windowMs: number; readonly rounds: number }): string {
    const probes = this.#probes.map((probe) => probe.toFixed(0)).join(", ");
    return [
      `2 cores, one node; fsync on for all; ${rounds} rounds, windows of ${windowMs / 1000} s; errors 0`,
      `CPU speed probe of each round, million steps/s: ${probes}`,
      "",
      "| workload | engine | runs/s | p50 ms | p99 ms | CPU ms a run | memory MB | others' CPU |",
      "| --- | --- | --- | --- | --- | --- | --- | --- |",
      ...this.#each((row, engine, samples) => figures(row, engine, samples)),
      "",
      "| workload | stigmer against | runs/s | p50 | p99 | CPU a run |",
      "| --- | --- | --- | --- | --- | --- |",
      ...this.#each((row, engine, samples, own) =>
        own === undefined || engine === SUBJECT ? "" : ratios(row, engine, samples, own),
      ),
    ].join("\n");
  }

  #each(
    show: (row: string, engine: string, samples: readonly Sample[], own: readonly Sample[] | undefined) => string,
  ): readonly string[] {
    return [...this.#rows]
      .flatMap(([row, engines]) =>
        [...engines].map(([engine, samples]) => show(row, engine, samples, engines.get(SUBJECT))),
      )
      .filter((line) => line !== "");
  }
}

function figures(row: string, engine: string, samples: readonly Sample[]): string {
  const of = (name: keyof Sample, digits: number): string => median(samples.map((one) => one[name])).toFixed(digits);
  const others = `${(median(samples.map(({ disturbance }) => disturbance)) * 100).toFixed(0)} %`;
  return `| ${row} | ${engine} | ${of("runsPerSecond", 0)} | ${of("p50Ms", 2)} | ${of("p99Ms", 2)} | ${of("cpuMsPerRun", 2)} | ${of("memoryMb", 0)} | ${others} |`;
}

/** Round by round, because the samples of a round were taken next to each other. */
function ratios(row: string, engine: string, samples: readonly Sample[], own: readonly Sample[]): string {
  const of = (name: keyof Sample): string => {
    const values = samples.map((theirs, round) => (own[round]?.[name] ?? Number.NaN) / theirs[name]);
    return `${median(values).toFixed(2)}x (${Math.min(...values).toFixed(2)}..${Math.max(...values).toFixed(2)})`;
  };
  return `| ${row} | ${engine} | ${of("runsPerSecond")} | ${of("p50Ms")} | ${of("p99Ms")} | ${of("cpuMsPerRun")} |`;
}
