/** A request to an engine: a POST of JSON. A run of `@` in it stands for a number, 13 `#` for the time in epoch ms. */
export interface EngineRequest {
  readonly path: string;
  readonly body: string;
}

/** An engine with all workloads ready to run. */
export interface EngineUnderTest {
  readonly name: string;
  /** Name and version of what is measured. */
  readonly version: string;
  /** `host:port` that takes requests, the same after a restart. */
  readonly address: string;
  /** `host:port` of the echo that its workloads call, and no other engine's. */
  readonly echo: string;
  /** Where it keeps its data. */
  readonly data: string;
  /** What has to be installed for it, beside Node. */
  readonly installed: readonly string[];
  /** All its processes now, its database and those with the code of its users too. */
  pids(): readonly number[];
  /** Runs a workload and answers with its output once it has ended. */
  run(workload: Workload): EngineRequest;
  /** Starts a workload and answers once that is durable. */
  start(workload: Background): EngineRequest;
  /** Wakes the run that listens for number `@`. */
  event(): EngineRequest;
  /** Ends all its processes as a power failure would. */
  kill(): Promise<void>;
  /** Starts it again on the data it has. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Workloads that are run to their end, each with the input of a run and what its output says. */
export const workloads = {
  pure10: { input: document(10, 300), output: '"n":10' },
  http10: { input: { n: 0 }, output: '"n":10' },
  noop10: { input: { n: 0 }, output: '"n":10' },
  mixed: { input: { n: 0 }, output: '"n":13' },
  fork100: { input: { n: 0 }, output: '"n":100' },
  fork100http: { input: { n: 0 }, output: '"n":100' },
  bigdoc: { input: document(1_200, 20_000), output: '"n":10' },
} as const satisfies Readonly<Record<string, { readonly input: object; readonly output: string }>>;
export type Workload = keyof typeof workloads;

/** Workloads that are started and left alone: a wait of 25 s, a wait for an event, and two steps with a wait between them; each with its input. */
export const background = {
  nap: { at: "#############" },
  listen: { n: "@@@@@@" },
  crash: { run: "@@@@@@" },
} as const;
export type Background = keyof typeof background;

/** JSON with its placeholders as numbers. */
export function requestBody(value: object): string {
  return JSON.stringify(value).replaceAll(/"(@+|#{13})"/gu, "$1");
}

function document(length: number, noteLength: number): { readonly n: number } {
  const items = Array.from({ length }, (_, id) => ({
    id,
    name: `item number ${id}`,
    price: id * 1.5,
    tags: ["a", "b"],
  }));
  return { n: 0, ...{ items, note: "x".repeat(noteLength) } };
}
