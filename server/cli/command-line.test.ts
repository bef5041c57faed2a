import { describe, expect, test } from "vitest";
import { commandLine } from "./command-line.ts";
import { kindNamed } from "./kinds.ts";

/** What the command line says on standard error, and the status it ends with. */
async function said(...args: readonly string[]): Promise<string> {
  let text = "";
  const program = commandLine(async () => {});
  for (const command of [program, ...program.commands])
    command.configureOutput({ writeErr: (part) => void (text += part) });
  await program.parseAsync(args, { from: "user" }).catch(() => {});
  return text;
}

describe("commandLine", () => {
  test.each([
    [["valdate", "x"], "unknown command 'valdate'", "(Did you mean validate?)"],
    [["tst"], "unknown command 'tst'", "(Did you mean test?)"],
    [["validate", "x", "--strct"], "unknown option '--strct'", "(Did you mean --strict?)"],
    [["graph", "x", "--ouput", "svg"], "unknown option '--ouput'", "(Did you mean --output?)"],
    [["validate"], "missing required argument 'files'", "(see --help)"],
    [["graph", "x", "-o"], "option '-o, --output <format>' argument missing", "(see --help)"],
  ])("%j suggests the nearest", async (args, problem, hint) => {
    const text = await said(...args);
    expect(text).toContain(problem);
    expect(text).toContain(hint);
  });

  test("every command has a name of its own, and a summary that is no sentence", () => {
    const { commands } = commandLine(async () => {});
    const names = commands.flatMap((command) => [command.name(), ...command.aliases()]);
    expect(new Set(names).size).toBe(names.length);
    expect(
      commands.filter((command) => /^[A-Z]|\.$/u.test(command.summary())).map((command) => command.name()),
    ).toEqual([]);
  });
});

describe("kindNamed", () => {
  test("knows short names and suggests the nearest", () => {
    expect(kindNamed("wf").name).toBe("workflow");
    expect(() => kindNamed("workflw")).toThrow(
      expect.objectContaining({ status: 2, hint: 'did you mean "workflow"?' }) as Error,
    );
  });
});
