import { type LoopPorts, nodeLoop } from "./loop-ports.ts";

/*
 * Theory of operation.
 *
 * libuv takes one waiting connection in each turn of the event loop (https://github.com/libuv/libuv/pull/3696), so of a hundred callers that connect to a busy server at once the last waits a hundred turns, each as long as
 * all the work that is there. A turn in which little is done is short. So while connections keep coming, turn after turn, no request is begun (admission.ts) and no transaction written (group-commit.ts): whatever is under way
 * soon waits for one of the two, and the callers are let in within milliseconds. That is for a small part of the time only, whoever connects however often.
 */

/** How long connections may hold work up, in ms. */
const HOLD_MAX_MS = 50;
/** After a hold the work goes on for so many times its length. */
const REST_SHARE = 4;

/** Knows whether connections keep coming, so that work can wait while they are let in. */
export class Crowd {
  readonly #loop: LoopPorts;
  #isEntering = false;
  #hasNewcomer = false;
  #since: number | undefined;
  #restsUntil = Number.NEGATIVE_INFINITY;

  constructor(loop: LoopPorts = nodeLoop) {
    this.#loop = loop;
  }

  /** True from a connection to the end of the first turn that brought none, for at most 50 ms at a time and a fifth of the time. */
  get isEntering(): boolean {
    return this.#isEntering;
  }

  /** Says that a connection was taken. */
  connected(): void {
    this.#hasNewcomer = true;
    if (this.#isEntering || this.#loop.now() < this.#restsUntil) return;
    this.#isEntering = true;
    this.#since = undefined;
    this.#loop.atTurnEnd(this.#turnEnd);
  }

  readonly #turnEnd = (): void => {
    const now = this.#loop.now();
    // What is left of the turn in which the first one came is not counted: it may be long.
    this.#since ??= now;
    const heldMs = now - this.#since;
    if (this.#hasNewcomer && heldMs < HOLD_MAX_MS) {
      this.#hasNewcomer = false;
      this.#loop.atTurnEnd(this.#turnEnd);
      return;
    }
    this.#isEntering = false;
    this.#hasNewcomer = false;
    this.#restsUntil = now + REST_SHARE * heldMs;
  };
}
