import { type CommandDefinition, outputOptions } from "../command.ts";
import { CliError, exit } from "../exit.ts";

/** `stigmer doctor`: says what of this machine is ready for a server, and what to do about what is not. */
export const doctor: CommandDefinition = {
  name: "doctor",
  summary: "check whether this machine is ready for a server",
  options: [
    { flags: "--config <file>", description: "a YAML file with settings (default: stigmer.yaml, where it is there)" },
    ...outputOptions,
  ],
  examples: ["stigmer doctor"],
  async run({ terminal, options }) {
    const [{ examine }, { ConfigError, resolveConfig }, { readConfigFile }, { checkFormat, isPlain, print }] =
      await Promise.all([
        import("../examine.ts"),
        import("../../config/resolve-config.ts"),
        import("../../config/read-config-file.ts"),
        import("../output/print.ts"),
      ]);
    checkFormat(options);
    const settings = () => {
      try {
        const given = options["config"];
        const file = typeof given === "string" ? readConfigFile(given, true) : readConfigFile("stigmer.yaml", false);
        return resolveConfig({ environment: process.env, ...(file === undefined ? {} : { file }) }).config;
      } catch (error) {
        if (error instanceof ConfigError) throw new CliError(exit.usage, error.message);
        throw error;
      }
    };
    const findings = await examine(settings());
    const { colors } = terminal;
    const marks = { ok: colors.green("ok  "), note: colors.yellow("note"), bad: colors.red("BAD ") };
    if (isPlain(options))
      for (const { state, what, says } of findings) terminal.out(`${marks[state]}  ${what.padEnd(12)} ${says}\n`);
    else {
      const items = findings.map((one) => ({ name: one.what, row: [one.state, one.what, one.says], json: { ...one } }));
      await print(terminal, { columns: ["state", "what", "says"], items }, options);
    }
    return findings.some(({ state }) => state === "bad") ? exit.failed : exit.ok;
  },
};
