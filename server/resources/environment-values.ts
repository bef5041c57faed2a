import { fromBinary } from "@bufbuild/protobuf";
import { EnvironmentSchema } from "@stigmer/api/gen/ai/stigmer/agentic/environment/v1/api_pb.ts";
import type { Environment } from "@stigmer/api/gen/ai/stigmer/agentic/environment/v1/api_pb.ts";
import type { UnitOfWork } from "../pipeline/unit-of-work.ts";
import { metadataOf } from "../pipeline/stored-resource.ts";
import type { SecretBox } from "./secret-box.ts";
import { openVariable, type Variables } from "./sealed-values.ts";

/** A variable of a run with its value in the clear: lives in memory only, on its way to the engine. */
export interface OpenVariable {
  readonly value: string;
  readonly isSecret: boolean;
}

/** Variables in the clear by name; later layers replace earlier ones. */
export type OpenVariables = Map<string, OpenVariable>;

/** Lays variables of a stored resource over others, opening sealed ones. */
export function layVariables(target: OpenVariables, variables: Variables, owner: string, box: SecretBox): void {
  for (const [name, variable] of Object.entries(variables)) {
    target.set(name, { value: openVariable(variable, name, owner, box), isSecret: variable.isSecret });
  }
}

/** Lays an environment over other variables. The service shows environments redacted; their sealed values are read from the row. */
export async function layEnvironment(
  target: OpenVariables,
  shown: Environment,
  unit: UnitOfWork,
  box: SecretBox,
): Promise<void> {
  const { id } = metadataOf(shown);
  const row = await unit.get("environment", id);
  if (row === undefined) return;
  layVariables(target, fromBinary(EnvironmentSchema, row.data).spec?.data ?? {}, id, box);
}
