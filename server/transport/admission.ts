import { ApiError } from "../errors/api-error.ts";
import { type LoopPorts, nodeLoop } from "./loop-ports.ts";

/*
 * Theory of operation.
 *
 * Everything runs on one thread, a turn of the event loop at a time: what has come on all connections, then the commit of what that led to. A turn in which a hundred requests have come takes as long as a hundred
 * requests, and until it ends nobody is heard, not even a health check. So requests are begun only while the turn is young. Later ones queue, and the queue is worked off a slice in each turn, in the order of arrival.
 * What does not wait (health, reflection) is answered in between, at the latest a turn later.
 *
 * A request goes on in microtasks up to its commit, and they belong to its cost. So the clock is read again when they have run, before the next one of the queue begins.
 */

/** Bounds of what waits and of what a turn does. */
export interface AdmissionOptions {
  /** How long a turn goes on beginning requests, in ms. */
  readonly sliceMs: number;
  /** Requests that may wait; further ones are refused. */
  readonly waitingMax: number;
  /** Bytes of bodies that may wait; further ones are refused. */
  readonly waitingBytesMax: number;
  /** While it says yes none is begun: for moments in which something else is to come first. */
  isHeld(): boolean;
}

/** What is used where nothing else is said. */
const defaults: AdmissionOptions = {
  sliceMs: 20,
  waitingMax: 10_000,
  waitingBytesMax: 64 * 1024 * 1024,
  isHeld: () => false,
};

/** One that waits. */
interface Waiting {
  readonly bytes: number;
  readonly begin: () => void;
}

const RETRY_AFTER_MS = 500;

/** Lets requests in, a slice of them in each turn of the event loop; see the theory of operation. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #loop: LoopPorts;
  #waiting: Waiting[] = [];
  /** Where the queue begins in the list: taking from the front of a long list one by one would move the rest each time. */
  #first = 0;
  #waitingBytes = 0;
  #isTurnOpen = false;
  #openedAt = 0;

  constructor(options: Partial<AdmissionOptions> = {}, loop: LoopPorts = nodeLoop) {
    this.#options = { ...defaults, ...options };
    this.#loop = loop;
  }

  /** Requests that wait. */
  get size(): number {
    return this.#waiting.length - this.#first;
  }

  /**
   * Lets a request in: undefined where it may begin at once, else what it has to wait for. Throws SERVER_OVERLOADED when too many wait, unless the request must not be refused. `bytes` is what it holds in memory while it waits.
   */
  enter(bytes: number, mustServe: boolean): Promise<void> | undefined {
    if (this.size === 0) {
      this.#openTurn();
      if (!this.#isSpent()) return undefined;
    }
    const { waitingMax, waitingBytesMax } = this.#options;
    // One that is larger than the bound is let through when nothing else waits: it could never be served otherwise.
    const isFull = this.size >= waitingMax || (this.size > 0 && this.#waitingBytes + bytes > waitingBytesMax);
    if (isFull && !mustServe)
      throw new ApiError(
        "SERVER_OVERLOADED",
        `Cannot take the request: ${String(this.size)} are waiting already, try again shortly`,
        { retryAfterMs: RETRY_AFTER_MS },
      );
    this.#waitingBytes += bytes;
    return new Promise((begin) => this.#waiting.push({ bytes, begin }));
  }

  /** While requests wait there is always a task at the end of the turn. */
  #openTurn(): void {
    if (this.#isTurnOpen) return;
    this.#isTurnOpen = true;
    this.#openedAt = this.#loop.now();
    this.#loop.atTurnEnd(this.#turnEnd);
  }

  #isSpent(): boolean {
    return this.#options.isHeld() || this.#loop.now() - this.#openedAt >= this.#options.sliceMs;
  }

  readonly #turnEnd = (): void => {
    this.#isTurnOpen = false;
    if (this.size === 0) return;
    this.#openTurn();
    if (!this.#options.isHeld()) this.#beginNext();
  };

  /** Begins requests until none waits or the slice is used up; one at least, however slow the machine. */
  readonly #beginNext = (): void => {
    const next = this.#waiting[this.#first];
    if (next === undefined) return;
    this.#first += 1;
    if (this.#first === this.#waiting.length) {
      this.#waiting = [];
      this.#first = 0;
    } else if (this.#first >= COMPACT_FROM && 2 * this.#first >= this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#first);
      this.#first = 0;
    }
    this.#waitingBytes -= next.bytes;
    next.begin();
    if (this.size > 0) this.#loop.afterPromises(this.#goOn);
  };

  readonly #goOn = (): void => {
    if (!this.#isSpent()) this.#beginNext();
  };
}

const COMPACT_FROM = 1_024;
