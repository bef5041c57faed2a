import { type CommandDefinition, connectionOptions, outputOptions } from "../command.ts";
import { CliError, exit } from "../exit.ts";

/** `stigmer logs`: what happened to the tasks of an execution, one line each; with `-f` as it happens. */
export const logs: CommandDefinition = {
  name: "logs",
  summary: "show what happened to the tasks of an execution, line by line",
  arguments: [{ name: "<execution>", description: "the id of the execution", completes: "execution" }],
  options: [
    { flags: "-f, --follow", description: "go on until the execution ends or Ctrl-C" },
    ...outputOptions,
    ...connectionOptions,
  ],
  examples: [
    "stigmer logs wex-01kf3v6n8q2w4x5y7z9a1b2c3d -f",
    "stigmer logs wex-01kf3v6n8q2w4x5y7z9a1b2c3d -o jsonl --jq 'select(.kind == \"faulted\")'",
  ],
  endsItself: true,
  async run({ terminal, arguments: [id], options, signal }) {
    const [
      { connection, explain },
      { checkFormat, isPlain, print },
      { traceLine },
      { watchRun },
      { toJson },
      { TraceEntrySchema },
    ] = await Promise.all([
      import("../connection.ts"),
      import("../output/print.ts"),
      import("../output/trace-line.ts"),
      import("../watch-run.ts"),
      import("@bufbuild/protobuf"),
      import("@stigmer/api/gen/ai/stigmer/orchestration/v1/workflow_execution_pb.ts"),
    ]);
    const format = checkFormat(options);
    const follow = options["follow"] === true;
    const plain = isPlain(options);
    if (follow && !plain && format !== "jsonl")
      throw new CliError(exit.usage, `Cannot follow as "${format}": it should be table or jsonl`);
    const item = (entry: Parameters<typeof traceLine>[0]) => ({
      name: `${entry.position}.${entry.index}`,
      row: [traceLine(entry)],
      json: toJson(TraceEntrySchema, entry) as never,
    });
    const server = await connection(options);
    try {
      if (follow) {
        const queue: Promise<void>[] = [];
        await watchRun(server, id as string, signal, (_execution, entries) => {
          for (const entry of entries)
            if (plain) terminal.out(`${traceLine(entry)}\n`);
            else queue.push(print(terminal, { columns: [], items: [item(entry)], single: true }, options));
        });
        await Promise.all(queue);
        return exit.ok;
      }
      const entries = [];
      let pageToken = "";
      do {
        const page = await server.client.workflowExecution.service.history({
          executionId: id as string,
          pageSize: 500,
          pageToken,
        });
        entries.push(...page.entries.flatMap(({ trace }) => trace));
        pageToken = page.nextPageToken;
      } while (pageToken !== "");
      if (plain) terminal.out(entries.map((entry) => `${traceLine(entry)}\n`).join(""));
      else await print(terminal, { columns: ["log"], items: entries.map(item) }, options);
      return exit.ok;
    } catch (error) {
      if (signal.aborted) return exit.interrupted;
      throw explain(error, server.address);
    }
  },
};
