import type { Json } from "@stigmer/core/lib/json.ts";
import { isJsonObject } from "@stigmer/core/lib/json.ts";
import type { ActivityKind } from "@stigmer/core/protocol/command.ts";
import { type Fault, standardFault } from "@stigmer/core/protocol/fault.ts";
import {
  ActivityFault,
  type Activity,
  type ActivityContext,
  type ActivityRunner,
  type MessageSource,
} from "./activity.ts";
import type { ActivityOptions } from "./activity-options.ts";
import type { ActivityServices } from "./activity-services.ts";
import { authorizedInput } from "./auth/authorized-input.ts";
import { type CallContext, callContext } from "./call-context.ts";
import type { Redactor } from "./redaction.ts";
import { transportFault } from "./transport-fault.ts";

/** Bytes of the text of a fault: what a workflow can catch, not a second channel for bodies. */
const FAULT_BYTES_MAX = 256 * 1024;

/**
 * Runs activities of the given kinds. Arguments get their secrets right before the call; results, messages and faults lose them again before anybody else sees them, whatever the protocol
 * did with them. Everything thrown becomes a fault; what is no `ActivityFault` is also logged, by its kind and name only.
 */
export function createRunner(
  activities: readonly Activity[],
  messages: MessageSource,
  options: Pick<ActivityOptions, "resultBytesMax" | "log">,
  credentials: ActivityServices["credentials"],
): ActivityRunner {
  const byKind = new Map<ActivityKind, Activity>(activities.map((activity) => [activity.kind, activity]));

  async function guarded<Result>(
    kind: ActivityKind,
    context: ActivityContext,
    work: (call: CallContext) => Promise<Result>,
  ): Promise<Result> {
    const call = callContext(context);
    try {
      return await work(call);
    } catch (error) {
      throw new ActivityFault(redactFault(faultFrom(error, kind, context, options), call.secrets.redactor));
    }
  }

  return {
    run(kind, input, context) {
      return guarded(kind, context, async (call) => {
        const activity = byKind.get(kind);
        if (activity === undefined) {
          throw new ActivityFault(
            standardFault(
              "configuration",
              "Activity not available",
              `Cannot run activity "${kind}": this host has none of that kind`,
            ),
          );
        }
        const result = await activity.run(await authorizedInput(input, call, credentials), call);
        return call.secrets.redactor.json(result, options.resultBytesMax);
      });
    },
    consume(input, context, deliver) {
      return guarded("asyncapi", context, async (call) =>
        messages.consume(await authorizedInput(input, call, credentials), call, (message) => {
          const redacted = call.secrets.redactor.json(message, options.resultBytesMax);
          return deliver(isJsonObject(redacted) ? redacted : message);
        }),
      );
    },
  };
}

function faultFrom(
  error: unknown,
  kind: ActivityKind,
  context: ActivityContext,
  options: Pick<ActivityOptions, "log">,
): Fault {
  if (error instanceof ActivityFault) return error.fault;
  if (context.stop.aborted)
    return standardFault("runtime", "Activity stopped", `Cannot complete activity "${kind}": it was stopped`);
  const fault = transportFault(error, kind);
  if (fault !== undefined) return fault;
  const name = error instanceof Error ? error.name : typeof error;
  options.log("activity failed unexpectedly", { kind, run: context.runId, task: context.task.pointer, error: name });
  const detail = error instanceof Error ? error.message : "an unknown error";
  return standardFault("runtime", "Activity failed", `Cannot complete activity "${kind}": ${detail}`);
}

function redactFault(fault: Fault, redactor: Redactor): Fault {
  const data: { data?: Json } = {};
  if (fault.data !== undefined) {
    try {
      data.data = redactor.json(fault.data, FAULT_BYTES_MAX);
    } catch {
      // Too large or too deep to be kept: the fault itself says what happened.
    }
  }
  return {
    type: fault.type,
    status: fault.status,
    ...(fault.title === undefined ? {} : { title: redactor.text(fault.title) }),
    ...(fault.detail === undefined ? {} : { detail: redactor.text(fault.detail) }),
    ...(fault.instance === undefined ? {} : { instance: fault.instance }),
    ...data,
  };
}
