import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { WorkflowExecutionSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/api_pb.ts";
import { RunPhase, TaskPhase, WaitingKind } from "@stigmer/api/gen/ai/stigmer/orchestration/run/v1/run_pb.ts";
import { describe, expect, test } from "vitest";
import { standing } from "./standing.ts";

const NOW_MS = 1_800_000_000_000;
const at = (ms: number) => timestampFromMs(NOW_MS + ms);
const minute = 60_000;

type Status = NonNullable<Parameters<typeof create<typeof WorkflowExecutionSchema>>[1]>["status"];
const told = (status: Status) =>
  standing(
    create(WorkflowExecutionSchema, { metadata: { id: "wex-1" }, ...(status === undefined ? {} : { status }) }),
    NOW_MS,
  );
const waiting = (kind: WaitingKind, reason: string, more: object = {}) => ({ kind, reason, taskName: "pay", ...more });

describe("standing", () => {
  test.each([
    [
      "a timer",
      waiting(WaitingKind.TIMER, "wait until noon", { due: at(90 * minute) }),
      'Task "pay" pauses: wait until noon in 1 h 30 min.',
      "it goes on by itself in 1 h 30 min; `stigmer skip wex-1 pay` goes on now",
    ],
    [
      "an event",
      waiting(WaitingKind.EVENT, "event of type a.b", { since: at(-2 * minute) }),
      'Task "pay" has waited for 2 min for event of type a.b.',
      "`stigmer send-event a.b --set KEY=VALUE`",
    ],
    [
      "an answer",
      waiting(WaitingKind.ACTIVITY, "GET https://a.example", { due: at(5000) }),
      'Task "pay" has waited for the answer of GET https://a.example.',
      "the answer; its time is over in 5 s",
    ],
    [
      "another attempt",
      waiting(WaitingKind.RETRY, "retry at noon", { due: at(3000) }),
      'Task "pay" failed and is tried again: retry at noon in 3 s.',
      "it goes on by itself in 3 s",
    ],
    [
      "another run",
      waiting(WaitingKind.CHILD, "workflow t/child:1.0.0 (run wex-2)"),
      "for the end of workflow t/child:1.0.0 (run wex-2).",
      "the other run: `stigmer describe execution wex-2`",
    ],
  ])("says what a run that waits for %s waits for, and what comes next", (_name, one, says, next) => {
    const found = told({ runPhase: RunPhase.WAITING, waiting: [one] });
    expect(found.says.join(" ")).toContain(says);
    expect(found.next.join(" ")).toContain(next);
  });

  test.each([
    ["faulted", RunPhase.FAULTED, 'It ended by an error of task "pay" that nothing caught.', "`stigmer retry wex-1`"],
    ["suspended", RunPhase.SUSPENDED, "It is suspended: nothing new starts.", "`stigmer resume wex-1`"],
    ["cancelled", RunPhase.CANCELLED, "It was cancelled.", "`stigmer retry wex-1 --from TASK`"],
    ["completed", RunPhase.COMPLETED, "It has ended well.", "`stigmer wait wex-1`"],
    ["running", RunPhase.RUNNING, "It is being worked on.", "it goes on by itself"],
    ["quarantined", RunPhase.QUARANTINED, "its journal failed a check", "restore a backup"],
  ])("says what to do with a run that is %s", (_name, runPhase, says, next) => {
    const tasks = [{ taskName: "pay", taskPhase: TaskPhase.FAULTED }];
    const found = told({ runPhase, tasks });
    expect(found.says.join(" ")).toContain(says);
    expect(found.next.join(" ")).toContain(next);
  });

  test("counts reasons beyond the first ones", () => {
    const many = Array.from({ length: 9 }, () => waiting(WaitingKind.EVENT, "any event"));
    expect(told({ runPhase: RunPhase.WAITING, waiting: many }).says.at(-1)).toBe("And 4 more wait.");
  });
});
