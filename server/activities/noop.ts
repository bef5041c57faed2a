import type { Activity } from "./activity.ts";

/** Does nothing and gives its arguments back: what a recorded step costs, and a stand-in where nothing should be called. */
export const noopActivity: Activity = {
  kind: "noop",
  async run(input) {
    return input;
  },
};
