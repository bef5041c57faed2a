import {
  type CommandDefinition,
  connectionOptions,
  dryRunHeaders,
  dryRunOption,
  listOption,
  textOption,
} from "../command.ts";
import { exit } from "../exit.ts";

/** `stigmer send-event`: publishes a CloudEvent to whatever listens. */
export const sendEvent: CommandDefinition = {
  name: "send-event",
  summary: "publish a CloudEvent to the executions and schedules that listen for it",
  arguments: [{ name: "<type>", description: "the event's type" }],
  options: [
    { flags: "-d, --data <data>", description: "the event's data: @file, - or JSON" },
    { flags: "--set <path=value>", description: "set one value of the data (repeatable)", repeatable: true },
    { flags: "--source <uri>", description: "the event's source", default: "urn:stigmer:cli" },
    { flags: "--subject <subject>", description: "the event's subject" },
    { flags: "--id <id>", description: "the event's id; a repeated id of the same source is delivered once" },
    dryRunOption,
    ...connectionOptions,
  ],
  examples: ["stigmer send-event com.example.expense.decided --set expense=E-7 --set approved=true --set by=ada"],
  async run({ terminal, arguments: [type], options }) {
    const [{ connection, explain }, { runInput }, { protoValue }, { randomUUID }] = await Promise.all([
      import("../connection.ts"),
      import("../input.ts"),
      import("../proto-value.ts"),
      import("node:crypto"),
    ]);
    const data = await runInput(textOption(options, "data"), listOption(options, "set"), []);
    const server = await connection(options);
    try {
      const event = {
        id: textOption(options, "id") ?? randomUUID(),
        source: textOption(options, "source") ?? "",
        type: type as string,
        subject: textOption(options, "subject") ?? "",
        payload: { case: "data" as const, value: protoValue(data) },
      };
      const request = { org: server.org, event };
      const answer = await server.client.event.service.publish(request, { headers: dryRunHeaders(options) });
      const words = options["dryRun"] === true ? "would be published (dry run)" : "published";
      terminal.say(answer.duplicate ? `event ${answer.eventId} was known already` : `event ${event.id} ${words}`);
      return exit.ok;
    } catch (error) {
      throw explain(error, server.address);
    }
  },
};
