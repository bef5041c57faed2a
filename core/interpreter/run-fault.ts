import { ExpressionError, ExpressionLimitError } from "../expr/expression.ts";
import { errorTitle } from "../protocol/error-type.ts";
import { type Fault, STANDARD_FAULTS, standardFault } from "../protocol/fault.ts";
import { TaskFault } from "../tasks/task-fault.ts";

/** What was thrown by the code of a task, as a fault; undefined for what is no fault of the workflow but ours. */
export function faultFrom(error: unknown): Fault | undefined {
  if (error instanceof TaskFault) return error.fault;
  if (error instanceof ExpressionError)
    return standardFault("expression", "Expression failed", error.message, { data: error.value });
  if (error instanceof ExpressionLimitError) {
    return standardFault(
      "runtime",
      "Expression limit exceeded",
      `Cannot finish the expression: it used up its budget of ${error.limit} (${error.message})`,
    );
  }
  return undefined;
}

/** The fault as the workflow sees it: its full type, a title always, and where in the document it comes from. */
export function completeFault(fault: Fault, errorTypes: string, pointer: string): Fault {
  return {
    type: Object.hasOwn(STANDARD_FAULTS, fault.type) ? errorTypes + fault.type : fault.type,
    status: fault.status,
    title: fault.title ?? errorTitle(fault.type),
    ...(fault.detail === undefined ? {} : { detail: fault.detail }),
    instance: fault.instance ?? pointer,
    ...(fault.data === undefined ? {} : { data: fault.data }),
  };
}
