import { type CommandDefinition, dryRunOption, outputOptions, textOption } from "../command.ts";
import { CliError, exit } from "../exit.ts";

/** `stigmer context`: servers and organizations under names, and which of them commands talk to. */
export const context: CommandDefinition = {
  name: "context",
  aliases: ["ctx"],
  summary: "choose the server and organization that commands talk to",
  description:
    "Names servers and organizations and says which one commands talk to. For the address and the organization each, the first that speaks wins: the flags --server, --org and --context; the environment variables STIGMER_SERVER_ADDR, STIGMER_ORG and STIGMER_CONTEXT; the project's .stigmer.yaml (server, org, context), in this folder or one above it; the user's current context; 127.0.0.1:7234 and local.",
  arguments: [
    {
      name: "[action]",
      description: "list (the default), show what is in force here, use <name>, set <name>",
      completes: ["list", "show", "use", "set"],
    },
    { name: "[name]", description: "the context to use or to set", completes: "context" },
  ],
  options: [
    { flags: "--server <host:port>", description: "set: the server of the context" },
    { flags: "--org <org>", description: "set: the organization of the context" },
    dryRunOption,
    ...outputOptions,
  ],
  examples: [
    "stigmer context set staging --server stigmer.internal:7234 --org shop",
    "stigmer context use staging",
    "stigmer context show",
  ],
  async run({ terminal, arguments: [action = "list", name], options }) {
    const [{ contextNamed, contextsPath, readContexts, target, writeContexts }, { print }] = await Promise.all([
      import("../contexts.ts"),
      import("../output/print.ts"),
    ]);
    const dryRun = options["dryRun"] === true;
    const needed = (): string => {
      if (name === undefined || name === "")
        throw new CliError(
          exit.usage,
          `Cannot ${action} a context: say which, for example stigmer context ${action} dev`,
        );
      return name;
    };
    const done = (words: string): number => {
      terminal.say(`context/${needed()} ${words}${dryRun ? " (dry run)" : `  ${terminal.colors.dim(contextsPath())}`}`);
      return exit.ok;
    };
    switch (action) {
      case "list": {
        const { current, contexts } = await readContexts();
        const items = Object.entries(contexts).map(([key, value]) => ({
          name: `context/${key}`,
          row: [key === current ? "*" : "", key, value.server ?? "", value.org ?? ""],
          json: { name: key, current: key === current, ...value },
        }));
        const empty = "There is no context yet: stigmer context set dev --server 127.0.0.1:7234";
        await print(terminal, { columns: ["current", "name", "server", "org"], items, empty }, options);
        return exit.ok;
      }
      case "show": {
        const found = await target({});
        const rows = (["address", "org"] as const).map((key) => ({
          name: key,
          row: [key === "address" ? "server" : key, found[key], found.origin[key]],
          json: { setting: key === "address" ? "server" : key, value: found[key], origin: found.origin[key] },
        }));
        await print(terminal, { columns: ["setting", "value", "origin"], items: rows }, options);
        return exit.ok;
      }
      case "use": {
        const file = await readContexts();
        contextNamed(file, needed());
        if (!dryRun) await writeContexts({ ...file, current: needed() });
        return done("is in use");
      }
      case "set": {
        const file = await readContexts();
        const [server, org] = [textOption(options, "server"), textOption(options, "org")];
        if (server === undefined && org === undefined)
          throw new CliError(exit.usage, `Cannot set the context "${needed()}" to nothing: give --server or --org`);
        const before = Object.hasOwn(file.contexts, needed()) ? file.contexts[needed()] : {};
        const after = { ...before, ...(server === undefined ? {} : { server }), ...(org === undefined ? {} : { org }) };
        const contexts = { ...file.contexts, [needed()]: after };
        if (!dryRun) await writeContexts({ current: file.current ?? needed(), contexts });
        return done("set");
      }
      default: {
        const { didYouMean } = await import("@stigmer/core/lib/did-you-mean.ts");
        const near = didYouMean(action, ["list", "show", "use", "set"]);
        throw new CliError(
          exit.usage,
          `Cannot "${action}" contexts: actions are list, show, use and set`,
          near === undefined ? undefined : `did you mean "${near}"?`,
        );
      }
    }
  },
};
