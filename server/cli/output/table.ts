/** Columns aligned by spaces, the header in capitals; cells are single lines. Ends with a line break. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [
    header.map((cell) => cell.toUpperCase()),
    ...rows.map((row) => row.map((cell) => cell.replaceAll(/\s+/gu, " "))),
  ];
  const widths = header.map((_cell, column) => Math.max(...lines.map((line) => (line[column] ?? "").length)));
  return lines
    .map(
      (line) =>
        `${line
          .map((cell, column) => (column === line.length - 1 ? cell : cell.padEnd(widths[column] as number)))
          .join("   ")
          .trimEnd()}\n`,
    )
    .join("");
}
