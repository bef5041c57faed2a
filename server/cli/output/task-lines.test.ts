import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type TraceEntry,
  TraceEntrySchema,
} from "@stigmer/api/gen/ai/stigmer/orchestration/v1/workflow_execution_pb.ts";
import { describe, expect, test } from "vitest";
import { TaskLines, detail, fitting } from "./task-lines.ts";

const entry = (kind: string, taskName: string, atMs: number, more: Partial<TraceEntry> = {}): TraceEntry =>
  create(TraceEntrySchema, {
    kind,
    taskName,
    at: timestampFromMs(atMs),
    pointer: `/do/0/${taskName}`,
    taskId: taskName,
    attempt: 1,
    ...(more as object),
  });

describe("TaskLines", () => {
  test("tells durations, attempts and errors", () => {
    const lines = new TaskLines();
    lines.take(entry("started", "pay", 1000));
    lines.take(entry("retried", "pay", 1500, { fault: { title: "Overloaded" } as TraceEntry["fault"] & object }));
    const line = lines.take(entry("completed", "pay", 3300, { attempt: 2 }));
    expect(detail(line)).toBe("attempt 2  2.3 s");
  });

  test("another attempt is no further run", () => {
    const lines = new TaskLines();
    for (let attempt = 1; attempt <= 3; attempt++) {
      lines.take(entry("started", "pay", attempt * 1000, { attempt, taskId: `pay${attempt}` }));
      if (attempt < 3) lines.take(entry("faulted", "pay", attempt * 1000 + 10, { attempt, taskId: `pay${attempt}` }));
    }
    const line = lines.take(entry("completed", "pay", 3100, { attempt: 3, taskId: "pay3" }));
    expect(detail(line)).toBe("attempt 3  2.1 s");
  });

  test("counts the runs of a task in a loop, failures and those under way", () => {
    const lines = new TaskLines();
    for (let run = 0; run < 10; run++) lines.take(entry("started", "send", 0, { taskId: `send${run}` }));
    for (let run = 0; run < 6; run++) lines.take(entry("completed", "send", 900, { taskId: `send${run}` }));
    lines.take(entry("faulted", "send", 950, { taskId: "send6" }));
    const [line] = lines.all();
    expect(line?.endedMs).toBeUndefined();
    expect(detail(line as NonNullable<typeof line>)).toBe("6 of 10 done, 1 failed, 3 running");
    for (let run = 7; run < 10; run++) lines.take(entry("completed", "send", 1200, { taskId: `send${run}` }));
    expect(detail(line as NonNullable<typeof line>)).toBe("9 of 10 done, 1 failed  1.2 s");
  });
});

describe("fitting", () => {
  const lines = new TaskLines();
  for (let task = 0; task < 100; task++) {
    lines.take(entry("started", `t${task}`, 0));
    if (task === 20) lines.take(entry("faulted", `t${task}`, 1));
    else if (task !== 50) lines.take(entry("completed", `t${task}`, 1));
  }
  const shown = (room: number) =>
    fitting(lines.all(), room).map((row) => ("line" in row ? row.line.name : `+${row.hidden}`));

  test("shows everything where there is room", () => {
    expect(shown(100)).toHaveLength(100);
  });

  test("keeps failures and what is under way, then the newest, and counts what is left out in its place", () => {
    expect(shown(8)).toEqual(["+20", "t20", "+29", "t50", "+46", "t97", "t98", "t99"]);
    expect(shown(4)).toEqual(["+20", "t20", "+79"]);
  });

  test.each([1, 2, 3, 5, 9, 40, 99])("never takes more than %i rows", (room) => {
    expect(shown(room).length).toBeLessThanOrEqual(room);
  });
});
