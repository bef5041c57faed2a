/** The event loop as those need it who share its turns out. */
export interface LoopPorts {
  /** Milliseconds of a clock that only goes forward. */
  now(): number;
  /** Runs a task at the end of this turn; asked from such a task, at the end of the next. */
  atTurnEnd(task: () => void): void;
  /** Runs a task in this turn, once nothing is left of what has been begun: promises that are settled have told everybody. */
  afterPromises(task: () => void): void;
}

/** The event loop of Node. */
export const nodeLoop: LoopPorts = {
  now: () => performance.now(),
  atTurnEnd: (task) => void setImmediate(task),
  // Node alternates between ticks and microtasks, each until there are none: a tick asked for by a microtask comes when the microtasks have run out.
  afterPromises: (task) => queueMicrotask(() => process.nextTick(task)),
};
