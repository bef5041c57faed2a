import type { Workflow } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/api_pb.ts";
import type { ScheduleDefinition } from "@stigmer/core/dsl/model.ts";
import { type Step, step } from "../../pipeline/step.ts";
import { metadataOf } from "../../pipeline/stored-resource.ts";
import type { Write } from "../../store/ports.ts";
import type { ValidDefinition } from "./validate-workflow-spec.ts";

/** What starts a workflow by itself, as stored beside it: written in the same commit as the definition it comes from. Triggers read it. */
export interface ScheduleRecord {
  readonly workflowId: string;
  readonly org: string;
  readonly digest: string;
  readonly schedule: ScheduleDefinition;
  /** When this definition was applied (epoch ms): where `every` counts from. */
  readonly appliedAtMs: number;
}

/** Spaces of small records that belong to a schedule: what is scheduled, what was done, which events were gathered. */
export const scheduleSpaces = {
  records: "schedules",
  states: "schedule-states",
  eventSets: "schedule-events",
} as const;

/** The writes that keep a workflow's schedule record in step with its definition; `record` undefined removes everything of it. */
export function scheduleWrites(
  workflowId: string,
  record: Omit<ScheduleRecord, "workflowId"> | undefined,
): readonly Write[] {
  if (record === undefined)
    return Object.values(scheduleSpaces).map((space): Write => ({ op: "deleteRecord", space, key: workflowId }));
  return [
    {
      op: "putRecord",
      row: { space: scheduleSpaces.records, key: workflowId, value: JSON.stringify({ workflowId, ...record }) },
    },
  ];
}

/** Stages the schedule of a definition that has one; a definition that had one before and has none now loses it. Unchanged definitions keep their beat. */
export const recordSchedule: Step<{ readonly state: Workflow; readonly definition: ValidDefinition }, object> = step(
  "RecordSchedule",
  [],
  async ({ state, definition }, { environment, unit }) => {
    const { id, org } = metadataOf(state);
    const { document, digest } = definition.valid;
    const stored = await environment.store.records.get(scheduleSpaces.records, id);
    const known = stored === undefined ? undefined : (JSON.parse(stored) as ScheduleRecord);
    if (document.schedule === undefined) {
      if (known !== undefined) for (const write of scheduleWrites(id, undefined)) unit.add(write);
    } else if (known?.digest !== digest) {
      const { schedule } = document;
      for (const write of scheduleWrites(id, { org, digest, schedule, appliedAtMs: environment.nowMs() }))
        unit.add(write);
    }
    return {};
  },
);
