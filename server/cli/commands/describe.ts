import type { WorkflowExecution } from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/api_pb.ts";
import { type CommandDefinition, connectionOptions, outputOptions } from "../command.ts";
import { exit } from "../exit.ts";

/** `stigmer describe`: one resource in words; for an execution also why it waits and what it did. */
export const describe: CommandDefinition = {
  name: "describe",
  summary: "tell everything about one resource, in words",
  arguments: [
    {
      name: "<kind>",
      description: "workflow, instance, execution, environment, agent or agentinstance",
      completes: "kind",
    },
    { name: "<name>", description: "name or id", completes: "resource" },
  ],
  description:
    "Tells everything about one resource. For an execution it says in sentences where it stands, why it waits and what the next step is, and lists its tasks. `-o` and `--jq` give the same data as `stigmer get`.",
  options: [...outputOptions, ...connectionOptions],
  examples: ["stigmer describe execution wex-01kf3v6n8q2w4x5y7z9a1b2c3d", "stigmer describe workflow order-fulfilment"],
  async run({ terminal, arguments: [kindName, name], options }) {
    const [
      { connection, explain },
      { kindNamed, listing, phaseWord, resourceNamed },
      { isPlain, print },
      { faultText, tookText },
      { standing },
      { table },
      { stringify },
      { TaskPhase },
    ] = await Promise.all([
      import("../connection.ts"),
      import("../kinds.ts"),
      import("../output/print.ts"),
      import("../follow.ts"),
      import("../standing.ts"),
      import("../output/table.ts"),
      import("../output/yaml.ts"),
      import("@stigmer/api/gen/ai/stigmer/orchestration/run/v1/run_pb.ts"),
    ]);
    const kind = kindNamed(kindName as string);
    const server = await connection(options);
    try {
      const resource = await resourceNamed(kind, server, name as string);
      if (!isPlain(options)) {
        await print(terminal, listing(kind, [resource], Date.now(), true), options);
        return exit.ok;
      }
      if (kind.name !== "execution") {
        terminal.out(stringify(kind.json(resource), { lineWidth: 0 }));
        return exit.ok;
      }
      const execution = resource as unknown as WorkflowExecution;
      const { metadata, spec, status } = execution;
      const facts: readonly (readonly [string, string])[] = [
        ["id", metadata?.id ?? ""],
        ["name", metadata?.slug ?? ""],
        ["workflow", spec?.workflowId ?? ""],
        ["instance", spec?.workflowInstanceId ?? ""],
        ["definition", status?.definitionDigest ?? ""],
        ["phase", phaseWord(status?.runPhase ?? 0)],
        ["started", status?.startedAt ?? ""],
        ["ended", status?.completedAt ?? ""],
        ["took", tookText(execution)],
      ];
      terminal.out(
        facts
          .filter(([, value]) => value !== "")
          .map(([key, value]) => `${`${key}:`.padEnd(12)} ${value}\n`)
          .join(""),
      );
      const { says, next } = standing(execution, Date.now());
      terminal.out(`\n${says.map((line) => `${line}\n`).join("")}`);
      for (const [index, step] of next.entries()) terminal.out(`${index === 0 ? "Next: " : "  or: "}${step}\n`);
      if (status?.fault !== undefined) terminal.out(`\nfault:\n${faultText(status.fault)}\n`);
      if (status !== undefined && status.tasks.length > 0) {
        const rows = status.tasks.map((task) => [
          task.taskName,
          (TaskPhase[task.taskPhase] ?? "").replace("TASK_PHASE_", "").toLowerCase(),
          String(task.attempt),
          task.startedAt,
          task.pointer,
        ]);
        terminal.out(`\n${table(["task", "phase", "attempt", "started", "pointer"], rows)}`);
      }
      return exit.ok;
    } catch (error) {
      throw explain(error, server.address);
    }
  },
};
