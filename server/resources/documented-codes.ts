import type { DescMethod } from "@bufbuild/protobuf";
import { services } from "@stigmer/api/services.ts";
import type { StepCode } from "../pipeline/declared-codes.ts";
import type { ResourcePorts } from "./ports.ts";
import { registerResources } from "./register.ts";

/** Where the name of a row of steps is not that of its method: both lists of runs are called `list`. */
const RENAMED: { readonly [name: string]: string } = {
  "ai.stigmer.orchestration.v1.WorkflowExecutionService.list": "workflow_execution.find",
};

/**
 * The codes each rpc may answer with beside the general ones, in alphabetic order: what the steps of its requests declare. Made by registering the resources once, so that it cannot say anything else
 * than what runs. Throws for a method whose handler declares nothing.
 */
export function documentedCodes(): (method: DescMethod) => readonly StepCode[] {
  const declared = declaredCodes();
  const kinds = new Map<string, string>(
    Object.entries(services).flatMap(([kind, group]) =>
      Object.values(group).map(({ typeName }) => [typeName, kind.replaceAll(/[A-Z]/gu, "_$&").toLowerCase()] as const),
    ),
  );
  return (method) => {
    const kind = kinds.get(method.parent.typeName) ?? "";
    const name = RENAMED[`${method.parent.typeName}.${method.name}`] ?? `${kind}.${method.name}`;
    const codes = declared.get(name);
    if (codes === undefined)
      throw new Error(`Cannot document "${method.parent.typeName}/${method.name}": "${name}" declares no codes`);
    // Apply goes on to create, or to update of a resource that it has found.
    const verb = (verbName: string): readonly StepCode[] => declared.get(`${kind}.${verbName}`) ?? [];
    const further =
      method.name === "apply" ? [...verb("create"), ...verb("update").filter((code) => code !== "NOT_FOUND")] : [];
    return [...new Set([...codes, ...further])].toSorted();
  };
}

/** What is declared by the name of the request. Handlers are made and never called, so that they need nothing else. */
function declaredCodes(): ReadonlyMap<string, readonly StepCode[]> {
  const declared = new Map<string, readonly StepCode[]>();
  const environment = {
    telemetry: { step: () => ({ started: () => () => undefined }) },
    codes: { declare: (name: string, codes: readonly StepCode[]) => void declared.set(name, codes) },
  };
  registerResources({ register: () => undefined }, { environment } as unknown as ResourcePorts);
  return declared;
}
