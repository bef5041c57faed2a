import { standardFault } from "@stigmer/core/protocol/fault.ts";
import { ActivityFault } from "../activity.ts";

/** The result of work that a peer may never let end: after `timeoutMs` a communication fault (504), and `stop` frees what the work holds. */
export async function inTime<Result>(
  timeoutMs: number,
  work: Promise<Result>,
  stop: () => void = () => {},
): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const overdue = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(
        new ActivityFault(
          standardFault(
            "communication",
            "The service did not answer in time",
            `Cannot complete the call: the broker did not answer within ${timeoutMs} ms`,
            { status: 504 },
          ),
        ),
      );
      stop();
    }, timeoutMs);
  });
  // Work that loses the race may fail later, unheard.
  work.catch(() => {});
  try {
    return await Promise.race([work, overdue]);
  } finally {
    clearTimeout(timer);
  }
}
