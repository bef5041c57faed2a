import type { LoopPorts } from "./loop-ports.ts";

/** An event loop by hand: time passes when a test says so, and a turn ends when it is ended. */
export class FakeLoop implements LoopPorts {
  time = 0;
  #atEnd: (() => void)[] = [];
  #after: (() => void)[] = [];

  now(): number {
    return this.time;
  }

  atTurnEnd(task: () => void): void {
    this.#atEnd.push(task);
  }

  afterPromises(task: () => void): void {
    this.#after.push(task);
  }

  /** Ends the turn: runs what was asked for its end, and lets everything that follows in it happen. */
  async endTurn(): Promise<void> {
    for (const task of this.#atEnd.splice(0)) task();
    await this.settle();
  }

  async settle(): Promise<void> {
    while (await this.#hasMore()) for (const task of this.#after.splice(0)) task();
  }

  async #hasMore(): Promise<boolean> {
    for (let round = 0; round < 20; round++) await Promise.resolve();
    return this.#after.length > 0;
  }
}
