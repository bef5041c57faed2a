import type { Store } from "../store/ports.ts";
import type { CallContext } from "./call-context.ts";
import type { DeclaredCodes, StepCode } from "./declared-codes.ts";
import type { KeyedLock } from "./keyed-lock.ts";
import type { ResourceCounts } from "./resource-counts.ts";
import type { UnitOfWork } from "./unit-of-work.ts";
import type { UlidSource } from "./resource-id.ts";

/** Hears of one step of one kind of request. */
export interface StepTelemetry {
  /** The step begins; the answer is called at its end, with what it threw if it did. */
  started(call: CallContext): (failure?: unknown) => void;
}

/** Counts, times and traces steps. */
export interface PipelineTelemetry {
  /** Asked once for each step of each kind of request, so that a step itself looks nothing up. */
  step(pipeline: string, step: string): StepTelemetry;
}

/** What all steps may use of the server. */
export interface PipelineEnvironment {
  readonly store: Store;
  readonly ulids: UlidSource;
  readonly locks: KeyedLock;
  readonly counts: ResourceCounts;
  readonly telemetry: PipelineTelemetry;
  /** Told what each request may fail with when its handler is made; only who documents the API listens. */
  readonly codes?: DeclaredCodes;
  /** Epoch ms. */
  nowMs(): number;
}

/** What a step knows beside its context. */
export interface StepScope {
  readonly environment: PipelineEnvironment;
  readonly call: CallContext;
  readonly unit: UnitOfWork;
  /** True when the unit is this request's own, so that it commits it. */
  readonly ownsUnit: boolean;
}

/**
 * One step of a request: what it needs of the context, and what it adds. `run` is a property and not a method on purpose: only so does the compiler compare what a step needs with what
 * the steps before it have added.
 */
export interface Step<Needs extends object, Adds extends object> {
  readonly name: string;
  /** Codes it may fail with beyond the general ones. */
  readonly fails: readonly StepCode[];
  readonly run: (context: Needs, scope: StepScope) => Adds | Promise<Adds>;
}

/** Names a step and says what it may fail with; the types of its function say what it needs and adds. */
export function step<Needs extends object, Adds extends object>(
  name: string,
  fails: readonly StepCode[],
  run: (context: Needs, scope: StepScope) => Adds | Promise<Adds>,
): Step<Needs, Adds> {
  return { name, fails, run };
}
