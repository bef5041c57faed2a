import type { Capabilities, CapabilityName } from "@stigmer/core/check/capabilities.ts";
import type { ActivityOptionsInput, RunPermission } from "./activity-options.ts";
import { activityOptions } from "./activity-options.ts";
import { supportedAsyncapiProtocols } from "./asyncapi/protocols.ts";
import { containerEngine } from "./process/container-engine.ts";
import { sandboxProblem } from "./process/sandbox.ts";
import { scriptLanguages } from "./process/script-language.ts";

/** What this host can run, each absent capability with its reason: a workflow that needs one is refused when it is applied, not when it fails. */
export function hostCapabilities(given: ActivityOptionsInput = {}): Capabilities {
  const { run } = activityOptions(given);
  const reasons: Partial<Record<CapabilityName, string>> = {};
  const allowed = (name: CapabilityName, permission: RunPermission, problem: () => string | undefined): boolean => {
    const why = run.allow.includes(permission)
      ? problem()
      : `this server does not allow it (--allow-run=${permission})`;
    if (why !== undefined) reasons[name] = why;
    return why === undefined;
  };
  const sandbox = (): string | undefined => sandboxProblem(run);
  const engine = (): string | undefined => {
    const found = containerEngine(run);
    return typeof found === "string" ? found : undefined;
  };
  const scripts = !allowed("script", "script", sandbox)
    ? []
    : scriptLanguages.filter(({ interpreter }) => typeof interpreter(run.limits.memoryBytesMax) !== "string");
  const { protocols, reason } = supportedAsyncapiProtocols();
  reasons.asyncapi = reason;
  if (scripts.length < scriptLanguages.length) reasons.script ??= "an interpreter is missing on this host";
  return {
    scriptLanguages: new Set(scripts.map(({ name }) => name)),
    shell: allowed("shell", "shell", sandbox),
    container: allowed("container", "container", engine),
    grpc: true,
    mcpStdio: allowed("mcpStdio", "mcp-stdio", () => undefined),
    asyncApiProtocols: protocols,
    reasons,
  };
}
