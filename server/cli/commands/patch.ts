import { listOption, textOption } from "../command.ts";
import { controlCommand } from "../control.ts";
import { CliError, exit } from "../exit.ts";

/** `stigmer patch`: changes `$context` of an execution by a JSON merge patch (RFC 7396). */
export const patch = controlCommand({
  name: "patch",
  summary: "change $context of an execution by a JSON merge patch",
  done: "patched",
  options: [
    { flags: "-p, --patch <patch>", description: "members replace, null removes: @file, - or JSON" },
    { flags: "--set <path=value>", description: "set one value (repeatable)", repeatable: true },
    { flags: "--set-string <path=text>", description: "the same, always as a text (repeatable)", repeatable: true },
  ],
  examples: [
    "stigmer patch wex-01kf3v6n8q2w4x5y7z9a1b2c3d --set order.priority=high",
    "stigmer patch wex-01kf3v6n8q2w4x5y7z9a1b2c3d --patch '{\"hold\": null}'",
  ],
  async call({ client }, { options }, request, call) {
    const [{ runInput }, { isJsonObject }] = await Promise.all([
      import("../input.ts"),
      import("@stigmer/core/lib/json.ts"),
    ]);
    const [given, sets, stringSets] = [
      textOption(options, "patch"),
      listOption(options, "set"),
      listOption(options, "setString"),
    ];
    if (given === undefined && sets.length + stringSets.length === 0)
      throw new CliError(exit.usage, "Cannot patch nothing: say what changes with --patch or --set");
    const value = await runInput(given, sets, stringSets);
    if (!isJsonObject(value))
      throw new CliError(exit.invalid, `Cannot patch with ${JSON.stringify(value)}: a merge patch is an object`);
    return client.workflowExecution.service.patchContext({ ...request, patch: value as never }, call);
  },
});
