import { createInterface } from "node:readline/promises";
import { type CommandDefinition, connectionOptions } from "../command.ts";
import { CliError, exit } from "../exit.ts";

/** `stigmer delete`: removes resources; asks first on a terminal, and wants --yes off it. */
export const deleteCommand: CommandDefinition = {
  name: "delete",
  aliases: ["rm"],
  summary: "delete resources",
  arguments: [
    { name: "<kind>", description: "workflow, instance, execution, environment, agent or agentinstance" },
    { name: "<names...>", description: "names or ids" },
  ],
  options: [
    { flags: "-y, --yes", description: "do not ask" },
    { flags: "--force", description: "delete a workflow although executions are active: they are cancelled" },
    ...connectionOptions,
  ],
  examples: ["stigmer delete workflow order-fulfilment --yes"],
  async run({ terminal, arguments: [kindName, ...names], options }) {
    const [{ connection, explain }, { kindNamed }] = await Promise.all([
      import("../connection.ts"),
      import("../kinds.ts"),
    ]);
    const kind = kindNamed(kindName as string);
    const server = await connection(options);
    const what = `${names.length} ${kind.name}${names.length === 1 ? "" : "s"} (${names.join(", ")})`;
    if (options["yes"] !== true) {
      if (!terminal.live || process.stdin.isTTY !== true)
        throw new CliError(exit.usage, `Cannot delete ${what} without asking: give --yes`);
      const ask = createInterface({ input: process.stdin, output: process.stderr });
      const answer = await ask.question(`Delete ${what}? [y/N] `);
      ask.close();
      if (!/^y(es)?$/iu.test(answer.trim())) {
        terminal.say("Nothing deleted");
        return exit.ok;
      }
    }
    try {
      for (const name of names) {
        const found = await kind.get(server, name);
        await kind.remove(server, found.metadata?.id ?? name, options["force"] === true);
        terminal.say(`${kind.name}/${name} deleted`);
      }
      return exit.ok;
    } catch (error) {
      throw explain(error, server.address);
    }
  },
};
