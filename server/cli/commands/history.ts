import { type CommandDefinition, connectionOptions, outputOptions } from "../command.ts";
import { exit } from "../exit.ts";

/** `stigmer history`: the journalled facts of an execution. */
export const history: CommandDefinition = {
  name: "history",
  summary: "show the facts an execution is made of",
  arguments: [{ name: "<execution>", description: "the id of the execution", completes: "execution" }],
  options: [...outputOptions, ...connectionOptions],
  examples: [
    "stigmer history wex-01kf3v6n8q2w4x5y7z9a1b2c3d",
    "stigmer history wex-01kf3v6n8q2w4x5y7z9a1b2c3d -o jsonl",
  ],
  async run({ terminal, arguments: [executionId], options }) {
    const [{ connection, explain }, { print }, { toJson }, { timestampMs }, { HistoryEntrySchema }] = await Promise.all(
      [
        import("../connection.ts"),
        import("../output/print.ts"),
        import("@bufbuild/protobuf"),
        import("@bufbuild/protobuf/wkt"),
        import("@stigmer/api/gen/ai/stigmer/orchestration/v1/workflow_execution_pb.ts"),
      ],
    );
    const server = await connection(options);
    try {
      const items = [];
      let pageToken = "";
      do {
        const page = await server.client.workflowExecution.service.history({
          executionId: executionId as string,
          pageSize: 500,
          pageToken,
        });
        for (const entry of page.entries) {
          const json = toJson(HistoryEntrySchema, entry) as never;
          const at = entry.at === undefined ? "" : new Date(timestampMs(entry.at)).toISOString();
          const tasks = entry.trace.map(({ kind, taskName }) => `${taskName} ${kind}`).join(", ");
          items.push({ name: String(entry.position), row: [String(entry.position), at, entry.event, tasks], json });
        }
        pageToken = page.nextPageToken;
      } while (pageToken !== "");
      await print(
        terminal,
        { columns: ["position", "at", "fact", "tasks"], items, empty: "The execution has no history" },
        options,
      );
      return exit.ok;
    } catch (error) {
      throw explain(error, server.address);
    }
  },
};
