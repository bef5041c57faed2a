import { type CommandDefinition, connectionOptions, listOption, outputOptions, textOption } from "../command.ts";
import type { Connection } from "../connection.ts";
import { CliError, exit } from "../exit.ts";
import type { Kind, ListQuery, Resource } from "../kinds.ts";
import type { Listing } from "../output/print.ts";

/** `stigmer get`: shows resources as a table or as data. */
export const get: CommandDefinition = {
  name: "get",
  aliases: ["list", "ls"],
  summary: "show resources",
  arguments: [
    {
      name: "<kind>",
      description: "workflow, instance, execution, environment, agent or agentinstance (short names work)",
      completes: "kind",
    },
    { name: "[names...]", description: "names or ids; without any, all of them, newest first", completes: "resource" },
  ],
  options: [
    ...outputOptions,
    { flags: "-l, --label <key=value>", description: "only those with this label (repeatable)", repeatable: true },
    { flags: "--workflow <name>", description: "only executions or instances of this workflow", completes: "workflow" },
    {
      flags: "--phase <phase>",
      description: "only executions in this phase (repeatable)",
      repeatable: true,
      completes: ["pending", "running", "waiting", "suspended", "cancelled", "faulted", "completed", "quarantined"],
    },
    { flags: "-w, --watch", description: "go on and print what is new or changed, until Ctrl-C" },
    { flags: "--limit <n>", description: "at most this many", default: "50" },
    ...connectionOptions,
  ],
  examples: [
    "stigmer get workflows",
    "stigmer get runs --phase faulted -o json",
    "stigmer get runs --workflow order-fulfilment -w",
    "stigmer get wf order-fulfilment -o yaml",
  ],
  async run({ terminal, arguments: [kindName, ...names], options, signal }) {
    const [{ connection, explain }, { kindNamed, listing, resourceNamed }, { print }, { phaseNamed }] =
      await Promise.all([
        import("../connection.ts"),
        import("../kinds.ts"),
        import("../output/print.ts"),
        import("../wait-condition.ts"),
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
    const phases = listOption(options, "phase").map(phaseNamed);
    const watching = options["watch"] === true;
    try {
      const workflow = textOption(options, "workflow");
      const workflowId =
        workflow === undefined
          ? undefined
          : ((await resourceNamed(kindNamed("workflow"), server, workflow)).metadata?.id ?? "");
      const read = async (): Promise<Listing> => {
        if (names.length > 0) {
          const found = await Promise.all(names.map((name) => resourceNamed(kind, server, name)));
          return listing(kind, found, Date.now(), names.length === 1);
        }
        const query = { labels, phases, ...(workflowId === undefined ? {} : { workflowId }) };
        const { items, more } = await firstOf(kind, server, query, limit);
        if (more && !watching) terminal.say(`There are more than ${limit}: raise --limit to see them`);
        return listing(kind, items, Date.now());
      };
      if (watching) {
        const { watchListing } = await import("../watch-listing.ts");
        return await watchListing(read, { terminal, options, signal });
      }
      await print(terminal, await read(), options);
      return exit.ok;
    } catch (error) {
      throw explain(error, server.address);
    }
  },
};

/** The first resources of a list, page by page, and whether there are more. */
async function firstOf(
  kind: Kind,
  server: Connection,
  query: Omit<ListQuery, "limit" | "token">,
  limit: number,
): Promise<{ readonly items: readonly Resource[]; readonly more: boolean }> {
  const items: Resource[] = [];
  let token: string | undefined;
  do {
    const page = await kind.list(server, {
      ...query,
      limit: Math.min(limit - items.length, 500),
      ...(token === undefined ? {} : { token }),
    });
    items.push(...page.items);
    token = page.next === "" ? undefined : page.next;
  } while (token !== undefined && items.length < limit);
  return { items, more: token !== undefined };
}

function pair(label: string): readonly [string, string] {
  const at = label.indexOf("=");
  if (at <= 0) throw new CliError(exit.usage, `Cannot filter by label "${label}": it should be key=value`);
  return [label.slice(0, at), label.slice(at + 1)];
}
