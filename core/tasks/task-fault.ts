import type { Json } from "../lib/json.ts";
import { type Fault, type StandardFault, standardFault } from "../protocol/fault.ts";

/**
 * Carries a fault of the workflow out of a task's code. The interpreter catches it at the task it came from and turns it into data: it never leaves `step`.
 */
export class TaskFault extends Error {
  override readonly name = "TaskFault";
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(fault.detail ?? fault.title ?? fault.type);
    this.fault = fault;
  }
}

/** A fault of a standard type, to be thrown. */
export function taskFault(type: StandardFault, title: string, detail: string, data?: Json): TaskFault {
  return new TaskFault(standardFault(type, title, detail, data === undefined ? {} : { data }));
}
