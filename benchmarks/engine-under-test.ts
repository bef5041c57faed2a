import type { KeepAliveConnection } from "./keep-alive-connection.ts";

/** An engine with both workloads ready to run. */
export interface EngineUnderTest {
  readonly name: string;
  /** `host:port` that takes runs. */
  readonly address: string;
  /** All its processes, those with the code of its users too. */
  readonly pids: readonly number[];
  /** Starts one run and resolves once it has completed with the right output; rejects otherwise. */
  run(connection: KeepAliveConnection, workload: Workload): Promise<void>;
  stop(): Promise<void>;
}

/** `pure10`: 10 data steps on a 1 KB document. `http10`: 10 POSTs to the echo, each with the former's reply. */
export const workloads = ["pure10", "http10"] as const;
export type Workload = (typeof workloads)[number];

const items = Array.from({ length: 10 }, (_, id) => ({
  id,
  name: `item number ${id}`,
  price: id * 1.5,
  tags: ["a", "b"],
}));

/** What a run of each workload is given; each of its 10 steps adds 1 to `n`. */
export const inputs: Readonly<Record<Workload, { readonly n: number }>> = {
  pure10: { n: 0, ...{ items, note: "x".repeat(300) } },
  http10: { n: 0 },
};

/** Throws unless the output is what 10 steps make of the input. */
export function checkOutput(output: unknown): void {
  if ((output as { readonly n?: unknown } | null)?.n === 10) return;
  throw new Error(`A run ended with the wrong output: ${JSON.stringify(output)?.slice(0, 300)}`);
}
