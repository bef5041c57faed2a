/** How wide the columns of a table are. */
export function columnWidths(header: readonly string[], rows: readonly (readonly string[])[]): readonly number[] {
  return header.map((cell, column) => Math.max(cell.length, ...rows.map((row) => oneLine(row[column] ?? "").length)));
}

/** One row of a table, its cells made single lines; the last one is not padded. */
export function tableRow(cells: readonly string[], widths: readonly number[]): string {
  const padded = cells.map((cell, column) =>
    column === cells.length - 1 ? oneLine(cell) : oneLine(cell).padEnd(widths[column] ?? 0),
  );
  return `${padded.join("   ").trimEnd()}\n`;
}

/** Columns aligned by spaces, the header in capitals; cells are single lines. Ends with a line break. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = columnWidths(header, rows);
  return [header.map((cell) => cell.toUpperCase()), ...rows].map((row) => tableRow(row, widths)).join("");
}

const oneLine = (cell: string): string => cell.replaceAll(/\s+/gu, " ");
