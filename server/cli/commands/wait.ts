import { type CommandDefinition, connectionOptions, textOption } from "../command.ts";

/** `stigmer wait`: follows an execution that runs already. */
export const wait: CommandDefinition = {
  name: "wait",
  aliases: ["watch"],
  summary: "follow an execution to its end and print its result",
  arguments: [{ name: "<execution>", description: "the id of the execution" }],
  options: [
    { flags: "--timeout <duration>", description: "stop waiting after this long, for example 30s or PT5M" },
    { flags: "-q, --quiet", description: "print the result only" },
    ...connectionOptions,
  ],
  examples: ["stigmer wait wex-01kf3v6n8q2w4x5y7z9a1b2c3d --timeout 5m"],
  async run({ terminal, arguments: [id], options, signal }) {
    const [{ connection, explain }, { follow }] = await Promise.all([
      import("../connection.ts"),
      import("../follow.ts"),
    ]);
    const server = await connection(options);
    const timeoutText = textOption(options, "timeout");
    try {
      return await follow(server, id as string, {
        terminal,
        signal,
        title: "execution",
        quiet: options["quiet"] === true,
        ...(timeoutText === undefined ? {} : { timeoutText }),
      });
    } catch (error) {
      throw explain(error, server.address);
    }
  },
};
