import { ApiError } from "../../errors/api-error.ts";
import type { RunRow } from "../../store/ports.ts";

/** A position of a run's journal as a number. Throws OUT_OF_RANGE beyond its end. */
export function positionOf(position: bigint, { head, id }: RunRow, field: string): number {
  if (position <= BigInt(head)) return Number(position);
  const message = `${field}: is ${position}, but the journal of run ${id} ends at ${head}`;
  throw new ApiError("POSITION_OUT_OF_RANGE", message, {
    violations: [{ field, description: `should be at most ${head}` }],
  });
}
