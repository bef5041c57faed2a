import { type CommandDefinition, connectionOptions, textOption } from "../command.ts";

/** `stigmer wait`: follows an execution that runs already. */
export const wait: CommandDefinition = {
  name: "wait",
  aliases: ["watch"],
  summary: "follow an execution to its end, or until something holds",
  description:
    "Follows an execution and prints its result at the end. With --for it waits until a phase is reached (`phase=waiting`, or the phase alone), a task has completed (`task=ship`) or the execution waits for an event (`event`, `event=com.example.paid`); when the execution ends without it, the exit status is 1.",
  arguments: [{ name: "<execution>", description: "the id of the execution", completes: "execution" }],
  options: [
    { flags: "--for <condition>", description: "what to wait for: phase=PHASE, task=NAME, event or event=TYPE" },
    { flags: "--timeout <duration>", description: "stop waiting after this long, for example 30s or PT5M" },
    { flags: "-q, --quiet", description: "print the result only" },
    ...connectionOptions,
  ],
  examples: [
    "stigmer wait wex-01kf3v6n8q2w4x5y7z9a1b2c3d --timeout 5m",
    "stigmer wait wex-01kf3v6n8q2w4x5y7z9a1b2c3d --for=event=com.example.decided",
  ],
  endsItself: true,
  async run({ terminal, arguments: [id], options, signal }) {
    const [{ connection, explain }, { follow }, { waitCondition }] = await Promise.all([
      import("../connection.ts"),
      import("../follow.ts"),
      import("../wait-condition.ts"),
    ]);
    const condition = textOption(options, "for");
    const until = condition === undefined ? undefined : waitCondition(condition);
    const server = await connection(options);
    const timeoutText = textOption(options, "timeout");
    try {
      return await follow(server, id as string, {
        terminal,
        signal,
        title: "execution",
        quiet: options["quiet"] === true,
        ...(until === undefined ? {} : { until }),
        ...(timeoutText === undefined ? {} : { timeoutText }),
      });
    } catch (error) {
      throw explain(error, server.address);
    }
  },
};
