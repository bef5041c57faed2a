import { setFlagsFromString } from "node:v8";
import { type Setting } from "../../config/setting.ts";
import { propertyOf, settings } from "../../config/settings.ts";
import type { CommandDefinition, OptionDefinition, OptionValues } from "../command.ts";
import { CliError, exit } from "../exit.ts";

/** Every setting is a flag of the same name; its default is resolved later, so that the environment and the file can speak in between. */
const settingOptions: readonly OptionDefinition[] = (Object.entries(settings) as [string, Setting<unknown>][]).map(
  ([key, setting]) => ({
    flags: setting.isSwitch ? `--${key} [on]` : `--${key} <value>`,
    description: setting.about,
  }),
);

/**
 * How much the heap may grow beyond what is alive before it is collected whole. V8 by itself lets it grow up to fourfold, so that a busy server with 40 MB alive held 100 MB of garbage. Doubling costs next to nothing; growing
 * by 60 % only, which saved another 10 MB, cost 5 to 10 % of the processor time.
 */
const HEAP_GROWTH_PERCENT = 100;

/** `stigmer server`: the server with its embedded defaults. Runs until SIGTERM or Ctrl-C, then drains. */
export const server: CommandDefinition = {
  name: "server",
  summary: "start the server: one process, one database file",
  description:
    "Starts the server. Each flag is also an environment variable (STIGMER_PORT) and a key of the file given with --config; a flag wins over the environment, that over the file.",
  options: [{ flags: "--config <file>", description: "a YAML file with settings" }, ...settingOptions],
  examples: [
    "stigmer server",
    "stigmer server --port 8080 --data /var/lib/stigmer",
    "stigmer server --ephemeral --allow-network 127.0.0.1",
  ],
  endsItself: true,
  async run({ terminal, options, signal }) {
    setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
    const [{ resolveConfig, ConfigError }, { readConfigFile }, { startApp, StartError }] = await Promise.all([
      import("../../config/resolve-config.ts"),
      import("../../config/read-config-file.ts"),
      import("../../app.ts"),
    ]);
    const app = await (async () => {
      try {
        const path = options["config"];
        const file = typeof path === "string" ? readConfigFile(path, true) : readConfigFile("stigmer.yaml", false);
        return await startApp(
          resolveConfig({ flags: flagsOf(options), environment: process.env, ...(file === undefined ? {} : { file }) })
            .config,
        );
      } catch (error) {
        if (error instanceof ConfigError) throw new CliError(exit.usage, error.message);
        if (error instanceof StartError) throw new CliError(exit.failed, error.message);
        throw error;
      }
    })();
    const { colors } = terminal;
    terminal.say(`${colors.bold("stigmer")} ${app.version}  ready`);
    for (const [name, value] of app.banner) terminal.say(`  ${name.padEnd(10)} ${colors.cyan(value)}`);
    const failure = await Promise.race([
      app.failed,
      new Promise<undefined>((resolve) => signal.addEventListener("abort", () => resolve(undefined), { once: true })),
    ]);
    if (failure === undefined)
      terminal.say("Stopping: running activities may end, everything else goes on at the next start");
    else terminal.say(`${colors.red("error:")} ${failure.message}`);
    await app.close();
    return failure === undefined ? exit.ok : exit.failed;
  },
};

function flagsOf(options: OptionValues): { readonly [key: string]: unknown } {
  return Object.fromEntries(
    Object.keys(settings).flatMap((key) =>
      options[propertyOf(key)] === undefined ? [] : [[key, options[propertyOf(key)]]],
    ),
  );
}
