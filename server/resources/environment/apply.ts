import type { Environment } from "@stigmer/api/gen/ai/stigmer/agentic/environment/v1/api_pb.ts";
import { applyOf } from "../../pipeline/apply.ts";
import type { UnaryHandler } from "../../pipeline/pipeline.ts";
import type { ResourcePorts } from "../ports.ts";
import { createEnvironment } from "./create.ts";
import { environmentKind } from "./kind.ts";
import { updateEnvironment } from "./update.ts";

/** Creates the environment, or updates the one with its slug. */
export function applyEnvironment(ports: ResourcePorts): UnaryHandler<Environment, Environment> {
  return applyOf(ports.environment, environmentKind, {
    create: createEnvironment(ports),
    update: updateEnvironment(ports),
  });
}
