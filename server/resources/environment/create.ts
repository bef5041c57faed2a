import { type Environment, EnvironmentSchema } from "@stigmer/api/gen/ai/stigmer/agentic/environment/v1/api_pb.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { buildNewState } from "../../pipeline/steps/build-new-state.ts";
import { checkDuplicate } from "../../pipeline/steps/check-duplicate.ts";
import { persist } from "../../pipeline/steps/persist.ts";
import { resolveSlug } from "../../pipeline/steps/resolve-slug.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { presentRow } from "../../pipeline/stored-resource.ts";
import type { ResourcePorts } from "../ports.ts";
import { environmentKind } from "./kind.ts";
import { sealSecrets } from "./seal-secrets.ts";

/** Creates an environment; its secrets are sealed before anything is staged. */
export function createEnvironment(ports: ResourcePorts): UnaryHandler<Environment, Environment> {
  return Pipeline.start<Environment>("environment.create")
    .step(authorize)
    .step(validateProto(EnvironmentSchema))
    .step(resolveSlug(environmentKind))
    .step(checkDuplicate(environmentKind))
    .step(buildNewState(environmentKind))
    .step(sealSecrets(ports.secrets))
    .step(persist(environmentKind))
    .reply(ports.environment, ({ stored }) => presentRow(environmentKind, stored));
}
