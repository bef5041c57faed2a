import { ApiError } from "../errors/api-error.ts";
import { CommitRefused, optionsOf } from "./commit-refusal.ts";
import { type CallContext, DRY_RUN_HEADER } from "./call-context.ts";
import { isSwitchedOn } from "./switch-header.ts";
import type { PipelineEnvironment, Step, StepScope, StepTelemetry } from "./step.ts";
import { UnitOfWork, unitOfWorkKey } from "./unit-of-work.ts";

/** Handles one unary call. */
export type UnaryHandler<Request, Response> = (request: Request, call: CallContext) => Promise<Response>;

/**
 * A request as a row of named steps. The context grows with each step, and a step can only stand where everything it needs has been added: a wrong order does not compile. The first
 * error stops; nothing is undone, because nothing is written before the one commit of the request's unit of work.
 *
 * @example
 * Pipeline.start<Workflow>("workflow.create").step(validateProto(WorkflowSchema)).step(resolveSlug(workflowKind)) ...
 */
export class Pipeline<Request, Context extends object> {
  readonly #name: string;
  readonly #steps: readonly Step<never, object>[];

  private constructor(name: string, steps: readonly Step<never, object>[]) {
    this.#name = name;
    this.#steps = steps;
  }

  static start<Request>(name: string): Pipeline<Request, { readonly input: Request }> {
    return new Pipeline(name, []);
  }

  /** Appends a step. */
  step<Adds extends object>(next: Step<Context, Adds>): Pipeline<Request, Context & Adds> {
    return new Pipeline(this.#name, [...this.#steps, next as Step<never, object>]);
  }

  /** Ends the row: what of the context is the response. */
  reply<Response>(
    environment: PipelineEnvironment,
    respond: (context: Context, scope: StepScope) => Response,
  ): UnaryHandler<Request, Response> {
    const row = this.#steps.map((one) => ({ ...one, telemetry: environment.telemetry.step(this.#name, one.name) }));
    environment.codes?.declare(this.#name, [...new Set(row.flatMap(({ fails }) => fails))]);
    return async (request, call) => {
      const scope = scopeOf(environment, call);
      return respond((await this.#run(row, request, scope)) as Context, scope);
    };
  }

  async #run(row: readonly WatchedStep[], request: Request, scope: StepScope): Promise<object> {
    let context: object = { input: request };
    for (const { name, run, telemetry } of row) {
      const ended = telemetry.started(scope.call);
      try {
        const added = run(context as never, scope);
        context = { ...context, ...(added instanceof Promise ? await added : added) };
        ended();
      } catch (error) {
        ended(error);
        throw inStep(error, `${this.#name}/${name}`);
      }
    }
    return context;
  }
}

/** A step and who hears of it. */
interface WatchedStep extends Step<never, object> {
  readonly telemetry: StepTelemetry;
}

function scopeOf(environment: PipelineEnvironment, call: CallContext): StepScope {
  const outer = call.values.get(unitOfWorkKey);
  return {
    environment,
    call,
    unit: outer ?? new UnitOfWork(environment.store, environment.counts, () => isSwitchedOn(call, DRY_RUN_HEADER)),
    ownsUnit: outer === undefined,
  };
}

/** Says in the details at which step a request was refused; the innermost step wins. The message stays the contract's. */
function inStep(error: unknown, name: string): unknown {
  if (!(error instanceof ApiError) || error.metadata["step"] !== undefined) return error;
  const located = new ApiError(error.reason, error.message, {
    ...optionsOf(error),
    metadata: { ...error.metadata, step: name },
  });
  return error instanceof CommitRefused ? new CommitRefused(error.conflict, located) : located;
}
