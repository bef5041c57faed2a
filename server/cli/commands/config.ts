import { type CommandDefinition, outputOptions } from "../command.ts";
import { CliError, exit } from "../exit.ts";

/** `stigmer config`: the settings a server started here would have. */
export const config: CommandDefinition = {
  name: "config",
  summary: "show the settings a server started here would have",
  arguments: [{ name: "[action]", description: "view (the default)" }],
  options: [
    { flags: "--config <file>", description: "a YAML file with settings (default: stigmer.yaml, where it is there)" },
    { flags: "--show-origin", description: "say where each value comes from" },
    ...outputOptions,
  ],
  examples: ["stigmer config view --show-origin", "stigmer config view -o yaml > stigmer.yaml"],
  async run({ terminal, arguments: [action = "view"], options }) {
    if (action !== "view") throw new CliError(exit.usage, `Cannot "${action}" settings: the one action is view`);
    const [{ ConfigError, resolveConfig }, { readConfigFile }, { propertyOf, settings }, { checkFormat, print }] =
      await Promise.all([
        import("../../config/resolve-config.ts"),
        import("../../config/read-config-file.ts"),
        import("../../config/settings.ts"),
        import("../output/print.ts"),
      ]);
    const resolve = () => {
      const given = options["config"];
      const file = typeof given === "string" ? readConfigFile(given, true) : readConfigFile("stigmer.yaml", false);
      return resolveConfig({ environment: process.env, ...(file === undefined ? {} : { file }) });
    };
    try {
      const resolved = resolve();
      const withOrigin = options["showOrigin"] === true;
      const rows = (Object.keys(settings) as (keyof typeof settings)[]).map((key) => {
        const value = resolved.config[propertyOf(key) as keyof typeof resolved.config];
        const { from, name } = resolved.origins[key];
        return { key, value, origin: name === "" ? from : `${from} ${name}` };
      });
      const format = checkFormat(options);
      if (options["jq"] === undefined && !["json", "yaml"].includes(format)) {
        const items = rows.map(({ key, value, origin }) => ({
          name: key,
          row: [key, String(value), ...(withOrigin ? [origin] : [])],
          wide: withOrigin ? [] : [origin],
          json: { setting: key, value, ...(withOrigin ? { origin } : {}) } as never,
        }));
        const columns = ["setting", "value", ...(withOrigin ? ["origin"] : [])];
        await print(terminal, { columns, wide: withOrigin ? [] : ["origin"], items }, options);
        return exit.ok;
      }
      const json = Object.fromEntries(
        rows.map(({ key, value, origin }) => [key, withOrigin ? { value, origin } : value]),
      );
      const item = { name: "config", row: [], json: json as never };
      await print(terminal, { columns: [], items: [item], single: true }, options);
      return exit.ok;
    } catch (error) {
      if (error instanceof ConfigError) throw new CliError(exit.usage, error.message);
      throw error;
    }
  },
};
