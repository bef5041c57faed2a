import { type CommandDefinition, connectionOptions, dryRunOption, listOption, textOption } from "../command.ts";
import { exit } from "../exit.ts";

/** `stigmer run`: starts a workflow and follows it to its end. The result alone goes to standard output. */
export const run: CommandDefinition = {
  name: "run",
  summary: "run a workflow, from a file or by name",
  description:
    "Runs a workflow and follows it. A file is applied first. Without a reachable server, a file runs in this process on the same kind of engine, and the run is not kept. The result (JSON) goes to standard output, progress to standard error.",
  arguments: [
    {
      name: "<workflow>",
      description: "a definition file, or the name or id of an applied workflow",
      completes: "workflow",
    },
  ],
  options: [
    { flags: "-i, --input <input>", description: "the input: @file.yaml, @file.json, - for standard input, or JSON" },
    { flags: "--set <path=value>", description: "set one value of the input (repeatable)", repeatable: true },
    { flags: "--set-string <path=text>", description: "the same, always as a text (repeatable)", repeatable: true },
    { flags: "--env <name=value>", description: "an environment variable of this run (repeatable)", repeatable: true },
    {
      flags: "--secret <name=value>",
      description: "a secret of this run; @file reads it from a file (repeatable)",
      repeatable: true,
    },
    {
      flags: "--instance <name>",
      description: "the workflow instance to run; by default the workflow's default instance",
      completes: "instance",
    },
    { flags: "--key <key>", description: "idempotency key: a second start with the same key is the same execution" },
    { flags: "--no-wait", description: "do not wait for the end: print the execution's id" },
    { flags: "--wait", description: "wait for the end (this is the default)" },
    {
      flags: "--timeout <duration>",
      description: "stop waiting after this long, for example 30s or PT5M (the run goes on)",
    },
    dryRunOption,
    ...connectionOptions,
  ],
  examples: [
    "stigmer run examples/sales-report/workflow.yaml --input @sales.json",
    "stigmer run order-fulfilment --set order.id=A-1 --set order.quantity=2",
    "stigmer run order-fulfilment --no-wait --key order-A-1",
  ],
  endsItself: true,
  async run(invocation) {
    const { options, terminal } = invocation;
    const [{ runInput }, { startAndFollow }] = await Promise.all([import("../input.ts"), import("../start-run.ts")]);
    const input = await runInput(
      textOption(options, "input"),
      listOption(options, "set"),
      listOption(options, "setString"),
    );
    const status = await startAndFollow(invocation, input);
    if (status === exit.interrupted) terminal.say("Stopped watching; the run goes on if a server runs it");
    return status;
  },
};
