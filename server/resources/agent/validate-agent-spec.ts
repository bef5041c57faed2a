import type { Agent } from "@stigmer/api/gen/ai/stigmer/agentic/agent/v1/api_pb.ts";
import { invalidField } from "../../pipeline/refusal.ts";
import { type Step, step } from "../../pipeline/step.ts";

/** Refuses an agent without a spec, which the published rules let pass: it would have no instructions. */
export const validateAgentSpec: Step<{ readonly valid: Agent }, object> = step(
  "ValidateAgentSpec",
  ["INVALID_ARGUMENT"],
  ({ valid }) => {
    if (valid.spec === undefined) throw invalidField("spec", "is missing, should have the instructions of the agent");
    return {};
  },
);
