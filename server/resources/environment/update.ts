import { type Environment, EnvironmentSchema } from "@stigmer/api/gen/ai/stigmer/agentic/environment/v1/api_pb.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { serialised } from "../../pipeline/serialised.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { buildUpdateState } from "../../pipeline/steps/build-update-state.ts";
import { loadExisting } from "../../pipeline/steps/load-existing.ts";
import { persist } from "../../pipeline/steps/persist.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { presentRow } from "../../pipeline/stored-resource.ts";
import type { ResourcePorts } from "../ports.ts";
import { environmentKind } from "./kind.ts";
import { sealSecrets } from "./seal-secrets.ts";

/** Replaces metadata and spec of an environment; a secret sent back redacted keeps its value. */
export function updateEnvironment(ports: ResourcePorts): UnaryHandler<Environment, Environment> {
  const update = Pipeline.start<Environment>("environment.update")
    .step(authorize)
    .step(validateProto(EnvironmentSchema))
    .step(loadExisting(environmentKind))
    .step(buildUpdateState(environmentKind))
    .step(sealSecrets(ports.secrets))
    .step(persist(environmentKind))
    .reply(ports.environment, ({ stored }) => presentRow(environmentKind, stored));
  return serialised(ports.environment, environmentKind, update);
}
