import type { Json, JsonObject } from "@stigmer/core/lib/json.ts";
import type { TaskTrace } from "@stigmer/core/protocol/trace.ts";
import type { ConformanceCase } from "./case.ts";

/** A call a host made for a run, or would have made. */
export interface ObservedCall {
  readonly task: string;
  readonly pointer: string;
  readonly kind: string;
  readonly arguments: JsonObject;
  readonly attempt: number;
  readonly cancelled: boolean;
  readonly idempotencyKey?: string;
}

/** What was seen of a case. What a host cannot tell is absent, and not compared. */
export interface Observation {
  /** Codes and messages of what was refused (or warned of) at apply. */
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
  readonly status?: string;
  readonly output?: Json;
  readonly fault?: JsonObject;
  readonly context?: Json;
  readonly trace?: readonly TaskTrace[];
  readonly calls?: readonly ObservedCall[];
  readonly published?: readonly JsonObject[];
  readonly lifecycle?: readonly JsonObject[];
  readonly elapsedMs?: number;
  readonly waiting?: readonly string[];
  readonly refused?: readonly string[];
}

/** Something that runs workflows: the simulator, the embedded engine over its API. */
export interface ConformanceHost {
  readonly name: string;
  /** Why it cannot run a case (it has no virtual clock, no such control); undefined when it can. */
  cannot?(one: ConformanceCase): string | undefined;
  run(one: ConformanceCase): Promise<Observation>;
}
