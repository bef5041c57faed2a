import { type Json, isJsonArray } from "../../lib/json.ts";
import type { Machine } from "../machine.ts";

/** Every child of a value that is built costs a step, so that this many can at most double a value as many times. */
const FEW_STEPS = 8;

/**
 * Refuses an output that would be too large once written out. Structure is shared inside an evaluation, so that few steps can make a value of astronomic size; what an evaluation cannot
 * have multiplied, because it took hardly any steps, is not walked.
 */
export function refuseLargeOutput(output: Json, machine: Machine): void {
  if (output === null || typeof output !== "object" || machine.used < FEW_STEPS) return;
  let left = machine.limits.size;
  const pending: Json[] = [output];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (typeof value === "string") left -= value.length;
    else if (isJsonArray(value)) {
      left -= value.length;
      if (left < 0) machine.exceeded("size");
      for (const item of value)
        if (typeof item === "string" || (item !== null && typeof item === "object")) pending.push(item);
    } else if (value !== null && typeof value === "object") {
      for (const key of Object.keys(value)) {
        left -= 1 + key.length;
        const item = value[key] as Json;
        if (typeof item === "string" || (item !== null && typeof item === "object")) pending.push(item);
      }
    }
    if (left < 0) machine.exceeded("size");
  }
}
