import { type CommandDefinition, textOption } from "../command.ts";
import { CliError, exit } from "../exit.ts";

/** `stigmer dev`: a server that applies the definitions of a folder as they are saved. */
export const dev: CommandDefinition = {
  name: "dev",
  summary: "start a server and apply the definitions of a folder as they are saved",
  description:
    "Starts a server and applies every definition of a folder, then each one that is saved. What is not valid is shown and not applied; running executions keep the version they started with. Calls to this machine (127.0.0.0/8, ::1) are allowed.",
  arguments: [{ name: "[folder]", description: "the folder to watch (default: this folder)" }],
  options: [
    { flags: "--port <port>", description: "port to listen on; 0 lets the system choose", default: "7234" },
    { flags: "--data <folder>", description: "directory of the database", default: ".data" },
    { flags: "--ephemeral", description: "keep nothing: the database lives in memory" },
    { flags: "--org <org>", description: "the organization to apply to", default: "local" },
  ],
  examples: ["stigmer dev", "stigmer dev examples --ephemeral"],
  endsItself: true,
  async run({ terminal, arguments: [folder = "."], options, signal }) {
    const [{ ConfigError, resolveConfig }, { startApp, StartError }, { createStigmerClient }, { watchFolder }] =
      await Promise.all([
        import("../../config/resolve-config.ts"),
        import("../../app.ts"),
        import("@stigmer/api/client.ts"),
        import("../watch-folder.ts"),
      ]);
    const start = async () => {
      try {
        const flags = {
          port: options["port"],
          data: options["data"],
          ephemeral: options["ephemeral"] === true,
          "log-level": "warn",
          "allow-network": "127.0.0.0/8,::1/128",
        };
        return await startApp(resolveConfig({ flags, environment: process.env }).config);
      } catch (error) {
        if (error instanceof ConfigError) throw new CliError(exit.usage, error.message);
        if (error instanceof StartError) throw new CliError(exit.failed, error.message);
        throw error;
      }
    };
    const app = await start();
    const { colors } = terminal;
    terminal.say(`${colors.bold("stigmer")} ${app.version}  ready`);
    for (const [name, value] of app.banner) terminal.say(`  ${name.padEnd(10)} ${colors.cyan(value)}`);
    const org = textOption(options, "org") ?? "local";
    const connection = { client: createStigmerClient(app.inProcess), address: app.address, org };
    try {
      await watchFolder(folder, connection, terminal, signal);
    } finally {
      await app.close();
    }
    return exit.ok;
  },
};
