import { type CommandDefinition, connectionOptions, listOption, outputOptions, textOption } from "../command.ts";
import { CliError, exit } from "../exit.ts";

/** `stigmer get`: shows resources as a table or as data. */
export const get: CommandDefinition = {
  name: "get",
  aliases: ["list", "ls"],
  summary: "show resources",
  arguments: [
    {
      name: "<kind>",
      description: "workflow, instance, execution, environment, agent or agentinstance (short names work)",
    },
    { name: "[names...]", description: "names or ids; without any, all of them, newest first" },
  ],
  options: [
    ...outputOptions,
    { flags: "-l, --label <key=value>", description: "only those with this label (repeatable)", repeatable: true },
    { flags: "--workflow <name>", description: "only executions or instances of this workflow" },
    { flags: "--phase <phase>", description: "only executions in this phase (repeatable)", repeatable: true },
    { flags: "--limit <n>", description: "at most this many", default: "50" },
    ...connectionOptions,
  ],
  examples: [
    "stigmer get workflows",
    "stigmer get runs --phase faulted -o json",
    "stigmer get wf order-fulfilment -o yaml",
  ],
  async run({ terminal, arguments: [kindName, ...names], options }) {
    const [{ connection, explain }, { kindNamed, listing }, { print }, { RunPhase }] = await Promise.all([
      import("../connection.ts"),
      import("../kinds.ts"),
      import("../output/print.ts"),
      import("@stigmer/api/gen/ai/stigmer/orchestration/run/v1/run_pb.ts"),
    ]);
    const kind = kindNamed(kindName as string);
    const server = await connection(options);
    const limit = Number(textOption(options, "limit"));
    if (!Number.isInteger(limit) || limit < 1)
      throw new CliError(
        exit.usage,
        `Cannot show "${textOption(options, "limit")}" resources: --limit should be a number from 1`,
      );
    const labels = Object.fromEntries(listOption(options, "label").map(pair));
    const phases = listOption(options, "phase").map((name) => {
      const phase = RunPhase[`RUN_PHASE_${name.toUpperCase()}` as keyof typeof RunPhase];
      if (phase === undefined)
        throw new CliError(
          exit.usage,
          `Cannot filter by phase "${name}": phases are pending, running, waiting, suspended, cancelled, faulted, completed and quarantined`,
        );
      return phase;
    });
    try {
      if (names.length > 0) {
        const found = await Promise.all(names.map((name) => kind.get(server, name)));
        await print(terminal, listing(kind, found, Date.now(), names.length === 1), options);
        return exit.ok;
      }
      const workflow = textOption(options, "workflow");
      const workflowId =
        workflow === undefined ? undefined : ((await kindNamed("workflow").get(server, workflow)).metadata?.id ?? "");
      const items = [];
      let token: string | undefined;
      do {
        const page = await kind.list(server, {
          limit: Math.min(limit - items.length, 500),
          labels,
          phases,
          ...(token === undefined ? {} : { token }),
          ...(workflowId === undefined ? {} : { workflowId }),
        });
        items.push(...page.items);
        token = page.next === "" ? undefined : page.next;
      } while (token !== undefined && items.length < limit);
      await print(terminal, listing(kind, items, Date.now()), options);
      if (token !== undefined) terminal.say(`There are more than ${limit}: raise --limit to see them`);
      return exit.ok;
    } catch (error) {
      throw explain(error, server.address);
    }
  },
};

function pair(label: string): readonly [string, string] {
  const at = label.indexOf("=");
  if (at <= 0) throw new CliError(exit.usage, `Cannot filter by label "${label}": it should be key=value`);
  return [label.slice(0, at), label.slice(at + 1)];
}
