import { spawnSync } from "node:child_process";
import type { RunPolicy } from "../activity-options.ts";
import { findProgram } from "./find-program.ts";

/** A container engine's command line client. */
export interface ContainerEngine {
  readonly command: string;
  /** Arguments that remove a container at once, running or not: podman would ask it to stop and wait ten seconds first. */
  readonly remove: readonly string[];
  /** The template of one label in a list of containers, where the two differ as well. */
  labelTemplate(label: string): string;
}

let found: { readonly path: string; readonly policy: string; readonly engine: ContainerEngine | string } | undefined;

/** The engine of this host, or why there is none: `podman` or `docker` on the PATH whose engine answers, and runs rootless unless the operator gave up confinement. Asked once for a PATH. */
export function containerEngine(policy: Pick<RunPolicy, "sandbox">): ContainerEngine | string {
  const path = process.env["PATH"] ?? "";
  if (found?.path !== path || found.policy !== policy.sandbox)
    found = { path, policy: policy.sandbox, engine: find(policy) };
  return found.engine;
}

function find(policy: Pick<RunPolicy, "sandbox">): ContainerEngine | string {
  const problems: string[] = [];
  for (const name of ["podman", "docker"]) {
    const command = findProgram(name);
    if (command === undefined) continue;
    const asked = spawnSync(
      command,
      ["info", "--format", name === "podman" ? "{{.Host.Security.Rootless}}" : "{{.SecurityOptions}}"],
      {
        encoding: "utf8",
        timeout: 10_000,
      },
    );
    if (asked.status !== 0) problems.push(`${name} has no engine that answers`);
    else if (policy.sandbox !== "none" && !/rootless|true/u.test(asked.stdout))
      problems.push(`the engine of ${name} does not run rootless`);
    else return name === "podman" ? podman(command) : docker(command);
  }
  return problems.length === 0 ? "neither podman nor docker is installed" : problems.join("; ");
}

function podman(command: string): ContainerEngine {
  return {
    command,
    remove: ["rm", "--force", "--time=0"],
    labelTemplate: (label) => `{{index .Labels "${label}"}}`,
  };
}

function docker(command: string): ContainerEngine {
  return { command, remove: ["rm", "--force"], labelTemplate: (label) => `{{.Label "${label}"}}` };
}
