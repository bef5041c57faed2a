import { setTimeout as pause } from "node:timers/promises";
import type { EngineUnderTest } from "./engine-under-test.ts";
import { startEcho, startEngine } from "./engines.ts";
import { flushes } from "./flushes.ts";
import type { Load } from "./load/load.ts";
import { memoryMb, observed } from "./machine.ts";
import { parts } from "./parts.ts";
import { openWorkloads, type Plan, takesPart, warmUpMs } from "./plan.ts";
import { type Line, median, type Results } from "./results.ts";
import { crash, events, firstCompletion, type Scenario, size, timers } from "./scenarios.ts";
import { childrenOf } from "./started-process.ts";
import { steadyWindow, type SteadyRow } from "./steady.ts";

const scenarios: Readonly<Record<string, Scenario>> = { timers, events, crash, size, flushes };

/** Takes the raw lines of a plan. What fails is a line as well: that engine takes no further part in that row, and the rest goes on. */
export class Measurement {
  readonly #plan: Plan;
  readonly #results: Results;
  readonly #load: Load;
  readonly #folder: string;
  readonly #engines: EngineUnderTest[] = [];
  readonly #echoes: { stop(): Promise<void> }[] = [];

  #isStopped = false;

  constructor(plan: Plan, results: Results, load: Load, folder: string) {
    this.#plan = plan;
    this.#results = results;
    this.#load = load;
    this.#folder = folder;
  }

  /** Measures all that has no line yet. */
  async run(): Promise<void> {
    for (const name of this.#plan.engines) await this.#start(name);
    for (let round = 0; round <= this.#plan.rounds; round++) await this.#round(round);
    for (const name of this.#plan.scenarios) {
      if (name === "open") await this.#open();
      else if (name in parts) await this.#part(name);
      else await this.#scenario(name);
    }
  }

  /** Ends all that was started; what breaks by that has not failed, and is measured when it is taken up again. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const one of [...this.#engines.splice(0), ...this.#echoes.splice(0)]) await one.stop().catch(() => undefined);
  }

  async #start(name: string): Promise<void> {
    try {
      const echo = await startEcho();
      this.#echoes.push(echo.process);
      const begin = performance.now();
      const engine = await startEngine(name, this.#folder, echo.address);
      const startMs = Math.round(performance.now() - begin);
      this.#engines.push(engine);
      note(`${engine.name}: ${engine.version}`);
      const figures = { startMs, idleMb: Math.round(memoryMb(engine.pids())) };
      if (!this.#results.has("install", engine.name, 1))
        this.#results.add({ row: "install", engine: engine.name, round: 1, version: engine.version, figures });
    } catch (error) {
      this.#failed("install", name, 1, error);
    }
  }

  /** All engines by turns within each row; the first round warms up and is not kept. */
  async #round(round: number): Promise<void> {
    for (const row of this.#plan.rows)
      for (const engine of [...this.#engines])
        if (takesPart(this.#plan, engine.name, row)) await this.#window(engine, row, round);
    note(round === 0 ? "warm-up done" : `round ${round} of ${this.#plan.rounds} done`);
  }

  async #window(engine: EngineUnderTest, row: SteadyRow, round: number): Promise<void> {
    const name = `${row.workload} c=${row.concurrency}`;
    const windowMs = round === 0 ? warmUpMs(this.#plan) : this.#plan.windowMs;
    // The warm-up is for what follows: nothing, where all was measured before.
    const rounds = round === 0 ? Array.from({ length: this.#plan.rounds }, (_, index) => index + 1) : [round];
    if (rounds.every((one) => this.#results.has(name, engine.name, one))) return;
    await this.#take(name, engine, round, () => steadyWindow(engine, row, windowMs, this.#load), { windowMs });
    await pause(this.#plan.idleMs);
  }

  async #open(): Promise<void> {
    for (const workload of openWorkloads) {
      for (const engine of [...this.#engines]) {
        const closed = this.#results.lines.filter(
          (line) => line.row === `${workload} c=100` && line.engine === engine.name,
        );
        const rate = median(closed.map(({ figures }) => figures["runsPerSecond"] ?? Number.NaN)) / 2;
        const row = `${workload} open loop at half of peak`;
        if (!(rate > 0) || this.#results.has(row, engine.name, 1)) continue;
        const { windowMs } = this.#plan;
        const work = (): Promise<Line["figures"]> =>
          steadyWindow(engine, { workload, concurrency: 0 }, windowMs, this.#load, rate);
        await this.#take(row, engine, 1, work, { windowMs });
        await pause(this.#plan.idleMs);
      }
    }
  }

  async #scenario(name: string): Promise<void> {
    const scenario = scenarios[name];
    if (scenario === undefined) throw new Error(`Cannot measure "${name}": it is unknown`);
    const { runs } = this.#plan;
    const given = { load: this.#load, folder: this.#folder, timers: runs, listeners: runs / 2, inFlight: runs };
    for (const engine of [...this.#engines]) {
      if (this.#results.has(name, engine.name, 1)) continue;
      note(`${name}: ${engine.name}`);
      await this.#take(name, engine, 1, () => scenario(engine, given));
    }
  }

  async #part(name: string): Promise<void> {
    const part = parts[name];
    if (part === undefined || this.#results.has(name, "stigmer", 1)) return;
    note(name);
    try {
      const taken = await observed(
        () => this.#own(),
        () => part(this.#plan),
      );
      const { result, ...around } = taken;
      this.#results.add({ row: name, engine: "stigmer", round: 1, ...result, ...around });
    } catch (error) {
      this.#failed(name, "stigmer", 1, error);
    }
  }

  /** Does the work and keeps its figures, or that it failed; then the engine is brought up anew, so that nothing of it disturbs the next. */
  async #take(
    row: string,
    engine: EngineUnderTest,
    round: number,
    work: () => Promise<Line["figures"]>,
    more: Partial<Line> = {},
  ): Promise<void> {
    try {
      const { result, ...around } = await observed(() => this.#own(engine), work);
      if (round > 0) this.#results.add({ row, engine: engine.name, round, ...more, ...around, figures: result });
    } catch (error) {
      this.#failed(row, engine.name, round, error);
      await this.#revive(engine);
    }
  }

  async #revive(engine: EngineUnderTest): Promise<void> {
    try {
      await engine.kill();
      await engine.restart();
      if (Number.isNaN(await firstCompletion(engine, this.#load, Date.now()))) throw new Error("It completes no run");
    } catch (error) {
      this.#failed("restart", engine.name, 1, error);
      this.#engines.splice(this.#engines.indexOf(engine), 1);
      await engine.stop().catch(() => undefined);
    }
  }

  /** Processes that are the measurement's, or the engine's that is measured. Engines that idle are not: what they use disturbs. */
  #own(measured?: EngineUnderTest): readonly number[] {
    const idle = new Set(this.#engines.flatMap((engine) => (engine === measured ? [] : engine.pids())));
    return [process.pid, ...descendantsOf(process.pid)].filter((pid) => !idle.has(pid));
  }

  #failed(row: string, engine: string, round: number, error: unknown): void {
    if (this.#isStopped) throw error;
    const failed = (error instanceof Error ? error.message : String(error)).slice(0, 800);
    note(`${row} failed on ${engine}: ${failed}`);
    this.#results.add({ row, engine, round, figures: {}, failed });
  }
}

function descendantsOf(pid: number): readonly number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)]);
}

function note(text: string): void {
  process.stderr.write(`${text}\n`);
}
