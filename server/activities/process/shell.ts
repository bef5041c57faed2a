import type { Activity } from "../activity.ts";
import { requireString, textList } from "../activity-arguments.ts";
import type { ActivityServices } from "../activity-services.ts";
import type { CallContext } from "../call-context.ts";
import { runConfined } from "./confined-process.ts";
import { environmentOf, processOutput, requirePermission, returnOf, stdinOf } from "./process-arguments.ts";

/** `run.shell` of the specification: a command for `/bin/sh`, its arguments as `$1`, `$2`. */
export function shellActivity({ options }: ActivityServices): Activity {
  return {
    kind: "shell",
    async run(input, context: CallContext) {
      requirePermission("shell", options);
      const command = requireString(input, "command");
      const given = textList(input, "arguments");
      const wanted = returnOf(input);
      const result = await runConfined(
        {
          command: "/bin/sh",
          arguments: () => ["-c", command, "sh", ...given],
          environment: environmentOf(input),
          readable: [],
          limitAddressSpace: true,
          stdin: stdinOf(input),
        },
        options,
        context,
      );
      return processOutput(result, wanted);
    },
  };
}
