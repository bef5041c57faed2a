import { type OptionValues, textOption } from "./command.ts";
import { CliError, exit } from "./exit.ts";
import { type Listing, checkFormat, print } from "./output/print.ts";
import { columnWidths, tableRow } from "./output/table.ts";
import type { Terminal } from "./output/terminal.ts";

/** How often a list is read again. */
const INTERVAL_MS = 1000;

/** Prints a list, then whatever is new or changed in it, until the signal: rows for people, one JSON a line for programs. Resolves to the exit status of an interrupted command. */
export async function watchListing(
  read: () => Promise<Listing>,
  {
    terminal,
    options,
    signal,
  }: { readonly terminal: Terminal; readonly options: OptionValues; readonly signal: AbortSignal },
): Promise<number> {
  const format = checkFormat(options);
  const filtered = textOption(options, "jq") !== undefined;
  if (!filtered && format !== "table" && format !== "wide" && format !== "jsonl" && format !== "name")
    throw new CliError(exit.usage, `Cannot watch as "${format}": it should be table, wide, jsonl or name`);
  const known = new Map<string, string>();
  let widths: readonly number[] | undefined;
  while (!signal.aborted) {
    const listing = await read();
    const changed = listing.items.filter(({ name, json }) => known.get(name) !== JSON.stringify(json));
    for (const { name, json } of changed) known.set(name, JSON.stringify(json));
    if (filtered || format === "jsonl" || format === "name") {
      for (const item of changed) await print(terminal, { ...listing, items: [item], single: true }, options);
    } else {
      const cells = (item: Listing["items"][number]): readonly string[] =>
        format === "wide" ? [...item.row, ...(item.wide ?? [])] : item.row;
      const header = [...listing.columns, ...(format === "wide" ? (listing.wide ?? []) : [])];
      // The first rows decide how wide the columns are: what is printed already cannot move.
      if (widths === undefined) {
        widths = columnWidths(header, changed.map(cells));
        terminal.out(
          tableRow(
            header.map((cell) => cell.toUpperCase()),
            widths,
          ),
        );
      }
      for (const item of changed.toReversed()) terminal.out(tableRow(cells(item), widths));
    }
    await pause(signal);
  }
  return exit.interrupted;
}

/** Resolves after the interval, or at once when the signal comes. */
function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, INTERVAL_MS);
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
  });
}
