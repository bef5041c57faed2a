import { parseText } from "../dsl/parse/parse-text.ts";
import type { Json, JsonObject } from "../lib/json.ts";
import type { Evaluator } from "../tasks/evaluator.ts";
import type { DurationSource } from "../tasks/scope.ts";
import { taskFault } from "../tasks/task-fault.ts";
import type { CompiledTransformations, TaskRun } from "../tasks/task-type.ts";
import { evaluate, inputOf, requireSecret, sites, test } from "./arguments.ts";
import { transformOutput } from "./data-flow.ts";
import { deadline } from "./deadline.ts";
import { hashFraction } from "./hash-fraction.ts";
import type { TaskFrame } from "./run-state.ts";
import type { Turn } from "./turn.ts";

/** A function's document that came as text. */
function parsedFunction(key: string, text: string): Json {
  const { value, diagnostics } = parseText(text, { file: key });
  const problem = diagnostics.find(({ severity }) => severity === "error");
  if (value !== undefined && problem === undefined) return value;
  throw taskFault(
    "configuration",
    "Invalid function",
    `Cannot call "${key}": ${problem?.message ?? "its document is empty"}`,
  );
}

/** What a task under way is given of its run: the one door between types of task and the interpreter. */
export class FrameRun implements TaskRun {
  readonly #turn: Turn;
  readonly #frame: TaskFrame;

  constructor(turn: Turn, frame: TaskFrame) {
    this.#turn = turn;
    this.#frame = frame;
  }

  get now(): number {
    return this.#turn.now;
  }

  get runId(): string {
    return this.#turn.state.run.runId;
  }

  get input(): Json {
    return inputOf(this.#frame);
  }

  get local(): Json {
    return this.#frame.local;
  }

  get pointer(): string {
    return this.#turn.pointer(this.#frame);
  }

  get attempt(): number {
    return this.#frame.attempt;
  }

  get source(): string {
    return this.#turn.program.source;
  }

  get nextId(): number {
    return this.#turn.state.nextId;
  }

  value(evaluator: Evaluator, data: Json = this.input, variables?: JsonObject): Json {
    return evaluate(this.#turn, evaluator, data, this.#place(variables));
  }

  test(evaluator: Evaluator, data: Json = this.input, variables?: JsonObject): boolean {
    return test(this.#turn, evaluator, data, this.#place(variables));
  }

  dueAt(duration: DurationSource, fromMs: number = this.now): number {
    return deadline(duration, fromMs, (evaluator) => this.value(evaluator));
  }

  iterate(transformations: CompiledTransformations, output: Json, variables: JsonObject): Json {
    return transformOutput(this.#turn, transformations, output, { frame: this.#frame, variables });
  }

  random(salt: number): number {
    const { iterations, trail } = this.#frame;
    return hashFraction([this.runId, this.pointer, iterations.join("."), trail, salt].join("|"));
  }

  resource(key: string): Json | undefined {
    const { resources } = this.#turn.state;
    return Object.hasOwn(resources, key) ? resources[key] : undefined;
  }

  installFunction(key: string, content: Json): string {
    const { resources } = this.#turn.state;
    resources[key] = typeof content === "string" ? parsedFunction(key, content) : content;
    try {
      if (this.#turn.unit(key).tasks.has("")) return "";
    } catch (error) {
      delete resources[key];
      throw error;
    }
    throw taskFault("configuration", "Invalid function", `Cannot call "${key}": its document defines no task`);
  }

  authorize(authorization: Json): void {
    if (authorization !== null || this.#frame.authorization !== undefined) this.#frame.authorization = authorization;
  }

  requireSecret(name: string): void {
    requireSecret(this.#turn, name);
  }

  #place(variables: JsonObject | undefined): {
    site: typeof sites.definition;
    frame: TaskFrame;
    variables?: JsonObject;
  } {
    return { site: sites.definition, frame: this.#frame, ...(variables === undefined ? {} : { variables }) };
  }
}
