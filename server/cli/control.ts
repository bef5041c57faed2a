import type { WorkflowExecution } from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/api_pb.ts";
import type { Connection } from "./connection.ts";
import {
  type CommandDefinition,
  type Invocation,
  type OptionDefinition,
  connectionOptions,
  outputOptions,
  textOption,
} from "./command.ts";
import { exit } from "./exit.ts";

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
    request: { readonly executionId: string; readonly reason: string },
  ): Promise<WorkflowExecution>;
}

/** A command that controls one execution: cancel, suspend, resume, retry, skip. They differ in the call only. */
export function controlCommand(definition: ControlDefinition): CommandDefinition {
  return {
    name: definition.name,
    summary: definition.summary,
    arguments: definition.arguments ?? [{ name: "<execution>", description: "the id of the execution" }],
    options: [
      ...(definition.options ?? []),
      { flags: "--reason <text>", description: "why; kept in the history" },
      ...outputOptions,
      ...connectionOptions,
    ],
    examples: definition.examples,
    async run(invocation) {
      const [{ connection, explain }, { kindNamed, listing, phaseWord }, { print }] = await Promise.all([
        import("./connection.ts"),
        import("./kinds.ts"),
        import("./output/print.ts"),
      ]);
      const server = await connection(invocation.options);
      const executionId = invocation.arguments[0] as string;
      try {
        const execution = await definition.call(server, invocation, {
          executionId,
          reason: textOption(invocation.options, "reason") ?? "",
        });
        invocation.terminal.say(
          `execution/${executionId} ${definition.done} (now ${phaseWord(execution.status?.runPhase ?? 0)})`,
        );
        if (textOption(invocation.options, "output") !== "table") {
          await print(
            invocation.terminal,
            listing(kindNamed("execution"), [execution as never], Date.now(), true),
            invocation.options,
          );
        }
        return exit.ok;
      } catch (error) {
        throw explain(error, server.address);
      }
    },
  };
}
