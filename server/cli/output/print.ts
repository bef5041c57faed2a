import type { Json } from "@stigmer/core/lib/json.ts";
import { CliError, exit } from "../exit.ts";
import { type OptionValues, textOption } from "../command.ts";
import { table } from "./table.ts";
import type { Terminal } from "./terminal.ts";

/** How a list of things is shown: as columns for people, as objects for programs. */
export interface Listing {
  readonly columns: readonly string[];
  /** Columns shown only with `-o wide`, after the others. */
  readonly wide?: readonly string[];
  readonly items: readonly {
    readonly name: string;
    readonly row: readonly string[];
    readonly wide?: readonly string[];
    readonly json: Json;
  }[];
  /** A single thing is printed as one object, a list as an array. */
  readonly single?: boolean;
  readonly empty?: string;
}

const FORMATS = ["table", "wide", "json", "jsonl", "yaml", "name"];

/** Whether nothing but the default was asked for: no format, no filter. */
export function isPlain(options: OptionValues): boolean {
  return (textOption(options, "output") ?? "table") === "table" && textOption(options, "jq") === undefined;
}

/** Refuses a format that is not one, before anything is done. */
export function checkFormat(options: OptionValues): string {
  const format = textOption(options, "output") ?? "table";
  if (FORMATS.includes(format)) return format;
  throw new CliError(exit.usage, `Cannot print as "${format}": it should be one of ${FORMATS.join(", ")}`);
}

/** Prints a listing in the format of `-o` and `--jq`. An empty list is `[]` in JSON, nothing in jsonl, and a remark on standard error for people. */
export async function print(terminal: Terminal, listing: Listing, options: OptionValues): Promise<void> {
  const format = checkFormat(options);
  const jq = textOption(options, "jq");
  const values = listing.items.map(({ json }) => json);
  const whole: Json = listing.single ? (values[0] ?? null) : values;
  if (jq !== undefined) {
    for (const value of await query(jq, whole))
      terminal.out(`${typeof value === "string" ? value : JSON.stringify(value)}\n`);
    return;
  }
  switch (format) {
    case "json":
      terminal.out(`${JSON.stringify(whole, null, 2)}\n`);
      return;
    case "jsonl":
      terminal.out(values.map((value) => `${JSON.stringify(value)}\n`).join(""));
      return;
    case "yaml": {
      const { stringify } = await import("./yaml.ts");
      terminal.out(stringify(whole, { lineWidth: 0 }));
      return;
    }
    case "name":
      terminal.out(listing.items.map(({ name }) => `${name}\n`).join(""));
      return;
    default: {
      if (listing.items.length === 0) {
        terminal.say(listing.empty ?? "Nothing found");
        return;
      }
      const wide = format === "wide";
      const columns = wide ? [...listing.columns, ...(listing.wide ?? [])] : listing.columns;
      terminal.out(
        table(
          columns,
          listing.items.map((item) => (wide ? [...item.row, ...(item.wide ?? [])] : item.row)),
        ),
      );
    }
  }
}

async function query(source: string, input: Json): Promise<readonly Json[]> {
  const { compileExpression } = await import("@stigmer/core/expr/expression.ts");
  try {
    return compileExpression(source, { variables: [] }).all(input, [], { nowMs: Date.now() });
  } catch (error) {
    throw new CliError(exit.usage, `Cannot apply --jq "${source}": ${(error as Error).message}`);
  }
}
