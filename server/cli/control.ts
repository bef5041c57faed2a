import type { WorkflowExecution } from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/api_pb.ts";
import type { Connection } from "./connection.ts";
import {
  type CommandDefinition,
  type Invocation,
  type OptionDefinition,
  connectionOptions,
  dryRunHeaders,
  dryRunOption,
  outputOptions,
  textOption,
} from "./command.ts";
import { exit } from "./exit.ts";

/** What goes with every control: of which execution, why, and whether it is only to be checked. */
interface ControlRequest {
  readonly executionId: string;
  readonly reason: string;
}

/** What an operator's command needs beside its names: the call it makes. */
export interface ControlDefinition {
  readonly name: string;
  readonly summary: string;
  readonly done: string;
  readonly options?: readonly OptionDefinition[];
  readonly arguments?: CommandDefinition["arguments"];
  readonly examples: readonly string[];
  call(
    connection: Connection,
    invocation: Invocation,
    request: ControlRequest,
    options: { readonly headers: { readonly [name: string]: string } },
  ): Promise<WorkflowExecution>;
}

/** A command that controls one execution: cancel, suspend, resume, retry, skip, goto, patch. They differ in the call only. */
export function controlCommand(definition: ControlDefinition): CommandDefinition {
  return {
    name: definition.name,
    summary: definition.summary,
    arguments: definition.arguments ?? [
      { name: "<execution>", description: "the id of the execution", completes: "execution" },
    ],
    options: [
      ...(definition.options ?? []),
      { flags: "--reason <text>", description: "why; kept in the history" },
      dryRunOption,
      ...outputOptions,
      ...connectionOptions,
    ],
    examples: definition.examples,
    async run(invocation) {
      const [{ connection, explain }, { kindNamed, listing, phaseWord }, { isPlain, print }] = await Promise.all([
        import("./connection.ts"),
        import("./kinds.ts"),
        import("./output/print.ts"),
      ]);
      const { options, terminal } = invocation;
      const server = await connection(options);
      const executionId = invocation.arguments[0] as string;
      try {
        const request = { executionId, reason: textOption(options, "reason") ?? "" };
        const execution = await definition.call(server, invocation, request, { headers: dryRunHeaders(options) });
        const dryRun = options["dryRun"] === true ? " (dry run)" : "";
        terminal.say(
          `execution/${executionId} ${definition.done}${dryRun} (now ${phaseWord(execution.status?.runPhase ?? 0)})`,
        );
        if (!isPlain(options))
          await print(terminal, listing(kindNamed("execution"), [execution as never], Date.now(), true), options);
        return exit.ok;
      } catch (error) {
        throw explain(error, server.address);
      }
    },
  };
}
