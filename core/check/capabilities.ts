import { type AsyncApiProtocol, asyncApiProtocols } from "../dsl/model.ts";

/** What the host can run; constructs it cannot run are refused when a workflow is applied, with the reason. */
export interface Capabilities {
  /** Script languages by their canonical names. */
  readonly scriptLanguages: ReadonlySet<"js" | "python">;
  readonly shell: boolean;
  readonly container: boolean;
  readonly grpc: boolean;
  readonly mcpStdio: boolean;
  readonly asyncApiProtocols: ReadonlySet<AsyncApiProtocol>;
  /** Why a construct is not there, by the name of the capability: shown to the author. */
  readonly reasons?: Readonly<Partial<Record<CapabilityName, string>>>;
}

export type CapabilityName = "script" | "shell" | "container" | "grpc" | "mcpStdio" | "asyncapi";

/** A host that can run everything the language has: for editors and for checks without a host. */
export const allCapabilities: Capabilities = {
  scriptLanguages: new Set(["js", "python"] as const),
  shell: true,
  container: true,
  grpc: true,
  mcpStdio: true,
  asyncApiProtocols: new Set(asyncApiProtocols),
};
