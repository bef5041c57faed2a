import type { Terminal } from "./output/terminal.ts";

/** What a shell may offer for a value: fixed words, or whatever there is of a sort at the moment. */
export type Completes =
  | readonly string[]
  | "workflow"
  | "instance"
  | "execution"
  | "task"
  | "kind"
  | "resource"
  | "context"
  | "example"
  | "code";

/** One option of a command, in commander's notation: `-o, --output <format>`. */
export interface OptionDefinition {
  readonly flags: string;
  readonly description: string;
  readonly default?: string;
  /** May be given several times; its values arrive as a list. */
  readonly repeatable?: boolean;
  readonly completes?: Completes;
}

/** Option values by camel-case name: a text, a list for repeatable ones, true or false for switches. */
export type OptionValues = { readonly [name: string]: string | readonly string[] | boolean | undefined };

/** What a command is run with. */
export interface Invocation {
  readonly terminal: Terminal;
  readonly arguments: readonly string[];
  readonly options: OptionValues;
  /** Aborts on Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
}

/** A command: what help and reference pages say, and what it does. Whatever is more than words is imported inside `run`, so that `--help` stays fast; a test looks after it. */
export interface CommandDefinition {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly summary: string;
  readonly description?: string;
  /** Not for people: neither help nor the reference lists it. */
  readonly hidden?: boolean;
  /** In commander's notation: `<name>` required, `[name]` optional, `[names...]` any number. */
  readonly arguments?: readonly {
    readonly name: string;
    readonly description: string;
    readonly completes?: Completes;
  }[];
  readonly options?: readonly OptionDefinition[];
  readonly examples?: readonly string[];
  /** It ends in its own way when the signal aborts; any other command is simply over at Ctrl-C. */
  readonly endsItself?: boolean;
  /** Resolves to the exit status. */
  run(invocation: Invocation): Promise<number>;
}

/** Options of every command that talks to a server. */
export const connectionOptions: readonly OptionDefinition[] = [
  {
    flags: "--server <host:port>",
    description: "the server to talk to (or STIGMER_SERVER_ADDR, or a context; default 127.0.0.1:7234)",
  },
  { flags: "--org <org>", description: "the organization (or STIGMER_ORG, or a context; default local)" },
  {
    flags: "--context <name>",
    description: "the context to take both from (or STIGMER_CONTEXT)",
    completes: "context",
  },
];

/** The option of every command that changes something. */
export const dryRunOption: OptionDefinition = {
  flags: "--dry-run",
  description: "check everything and change nothing",
};

/** The header that lets the server check a write in full without storing it. */
export function dryRunHeaders(options: OptionValues): { readonly [name: string]: string } {
  return options["dryRun"] === true ? { "stigmer-dry-run": "true" } : {};
}

/** Options of every command that prints resources. */
export const outputOptions: readonly OptionDefinition[] = [
  {
    flags: "-o, --output <format>",
    description: "table, wide, json, jsonl, yaml or name",
    default: "table",
    completes: ["table", "wide", "json", "jsonl", "yaml", "name"],
  },
  { flags: "--jq <expression>", description: "filter the JSON output with a jq expression" },
];

/** Reads an option that is a text. */
export function textOption(options: OptionValues, name: string): string | undefined {
  const value = options[name];
  return typeof value === "string" ? value : undefined;
}

/** Reads an option that may be given several times. */
export function listOption(options: OptionValues, name: string): readonly string[] {
  const value = options[name];
  return Array.isArray(value) ? (value as readonly string[]) : typeof value === "string" ? [value] : [];
}
