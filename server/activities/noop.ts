import type { Activity } from "./activity.ts";
import { getKey } from "@stigmer/core/lib/json.ts";

/** Does nothing and gives back its `value` argument: what a recorded step costs, and a stand-in where nothing should be called. */
export const noopActivity: Activity = {
  kind: "noop",
  async run(input) {
    return getKey(input, "value") ?? null;
  },
};
