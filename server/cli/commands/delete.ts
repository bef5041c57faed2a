import { type CommandDefinition, connectionOptions, dryRunOption } from "../command.ts";
import { exit } from "../exit.ts";

/** `stigmer delete`: removes resources; asks first on a terminal, and wants --yes off it. */
export const deleteCommand: CommandDefinition = {
  name: "delete",
  aliases: ["rm"],
  summary: "delete resources",
  arguments: [
    {
      name: "<kind>",
      description: "workflow, instance, execution, environment, agent or agentinstance",
      completes: "kind",
    },
    { name: "<names...>", description: "names or ids", completes: "resource" },
  ],
  options: [
    { flags: "-y, --yes", description: "do not ask" },
    { flags: "--force", description: "delete a workflow although executions are active: they are cancelled" },
    dryRunOption,
    ...connectionOptions,
  ],
  examples: ["stigmer delete workflow order-fulfilment --yes"],
  async run({ terminal, arguments: [kindName, ...names], options }) {
    const [{ connection, explain }, { kindNamed, resourceNamed }, { confirmed }] = await Promise.all([
      import("../connection.ts"),
      import("../kinds.ts"),
      import("../confirm.ts"),
    ]);
    const kind = kindNamed(kindName as string);
    const server = await connection(options);
    const what = `${names.length} ${kind.name}${names.length === 1 ? "" : "s"} (${names.join(", ")})`;
    if (!(await confirmed(terminal, options, `delete ${what}`))) {
      terminal.say("Nothing deleted");
      return exit.ok;
    }
    const [force, dryRun] = [options["force"] === true, options["dryRun"] === true];
    try {
      for (const name of names) {
        const found = await resourceNamed(kind, server, name);
        await kind.remove(server, found.metadata?.id ?? name, { force, dryRun });
        terminal.say(`${kind.name}/${name} deleted${dryRun ? " (dry run)" : ""}`);
      }
      return exit.ok;
    } catch (error) {
      throw explain(error, server.address);
    }
  },
};
