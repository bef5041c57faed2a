import { randomUUID } from "node:crypto";
import { type Json, type JsonObject, getKey, isJsonObject } from "@stigmer/core/lib/json.ts";
import type { Activity } from "../activity.ts";
import { configurationFault, requireObject, requireString, textList } from "../activity-arguments.ts";
import type { ActivityServices } from "../activity-services.ts";
import type { CallContext } from "../call-context.ts";
import { runConfined } from "./confined-process.ts";
import { environmentOf, processOutput, requirePermission, returnOf, stdinOf } from "./process-arguments.ts";
import { scriptLanguage } from "./script-language.ts";

/** `run.script` of the specification, in JavaScript or Python, from `code` or an external `source`; arguments as argv, or by name for code that returns. */
export function scriptActivity(services: ActivityServices): Activity {
  const { options } = services;
  return {
    kind: "script",
    async run(input, context: CallContext): Promise<Json> {
      requirePermission("script", options);
      const language = scriptLanguage(requireString(input, "language"));
      const interpreter = language.interpreter(options.run.limits.memoryBytesMax);
      if (typeof interpreter === "string")
        throw configurationFault("No interpreter", `Cannot run a script in "${language.name}": ${interpreter}`);
      const code = await codeOf(input, services, context);
      const named = getKey(input, "arguments");
      const marker = `\u0000${randomUUID()}\u0000`;
      const content = isJsonObject(named) ? language.functionProgram(code, named, marker) : code;
      const given = isJsonObject(named) ? [] : textList(input, "arguments");
      const wanted = returnOf(input);
      const result = await runConfined(
        {
          command: interpreter.command,
          arguments: (file) => [...interpreter.flags, file, ...given],
          environment: environmentOf(input),
          readable: interpreter.readable,
          limitAddressSpace: language.limitAddressSpace,
          file: { name: language.fileName, content },
          stdin: stdinOf(input),
        },
        options,
        context,
      );
      const [printed = "", returned] = result.stdout.split(marker);
      const output = processOutput({ ...result, stdout: printed }, wanted);
      return wanted === "stdout" && returned !== undefined ? (JSON.parse(returned) as Json) : output;
    },
  };
}

async function codeOf(input: JsonObject, services: ActivityServices, context: CallContext): Promise<string> {
  if (getKey(input, "source") === undefined) return requireString(input, "code");
  return (await services.resources.read(requireObject(input, "source"), context)).content;
}
