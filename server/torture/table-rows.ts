import { loadSqlite } from "../store/sqlite/database.ts";

/** A half-open range of a file. */
export type ByteRange = readonly [from: number, to: number];

/* The file format is sqlite.org/fileformat.html: sections 1.5 (pages of a b-tree), 1.6 (overflow pages) and 2.1 (records). */

const LEAF = 13;
const INTERIOR = 5;

/** Where the content of a table's rows lies in a database file: the whole records, header and values, also what continues on other pages. */
export async function rowRanges(file: string, content: Buffer, table: string): Promise<readonly ByteRange[]> {
  const { DatabaseSync } = await loadSqlite();
  const database = new DatabaseSync(file, { readOnly: true });
  const root = database.prepare("select rootpage from sqlite_schema where name = ?").get(table)?.["rootpage"];
  database.close();
  const size = content.readUInt16BE(16);
  const pageSize = size === 1 ? 65_536 : size;
  return pageRanges(content, pageSize, pageSize - content.readUInt8(20), Number(root));
}

function pageRanges(content: Buffer, pageSize: number, usable: number, page: number): readonly ByteRange[] {
  const start = (page - 1) * pageSize;
  const header = start + (page === 1 ? 100 : 0);
  const kind = content.readUInt8(header);
  const cells = content.readUInt16BE(header + 3);
  const pointers = header + (kind === INTERIOR ? 12 : 8);
  const cellAt = (index: number): number => start + content.readUInt16BE(pointers + 2 * index);
  const below = (child: number): readonly ByteRange[] => pageRanges(content, pageSize, usable, child);
  if (kind === INTERIOR) {
    const children = Array.from({ length: cells }, (_, index) => content.readUInt32BE(cellAt(index)));
    return [...children, content.readUInt32BE(header + 8)].flatMap(below);
  }
  if (kind !== LEAF) throw new Error(`assertion: page ${page} is of kind ${kind}, which no table has`);
  return Array.from({ length: cells }, (_, index) => cellRanges(content, pageSize, usable, cellAt(index))).flat();
}

/** The content of one cell: what is on the page, and the chain of pages where that is not all. */
function cellRanges(content: Buffer, pageSize: number, usable: number, cell: number): readonly ByteRange[] {
  const [length, afterLength] = varint(content, cell);
  const [, from] = varint(content, afterLength);
  const most = usable - 35;
  if (length <= most) return [[from, from + length]];
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const fitting = least + ((length - least) % (usable - 4));
  const here = fitting <= most ? fitting : least;
  const ranges: ByteRange[] = [[from, from + here]];
  let left = length - here;
  for (let next = content.readUInt32BE(from + here); left > 0;) {
    const page = (next - 1) * pageSize;
    const taken = Math.min(left, usable - 4);
    ranges.push([page + 4, page + 4 + taken]);
    left -= taken;
    next = content.readUInt32BE(page);
  }
  return ranges;
}

/** An integer in one to five bytes, seven bits each; longer ones are not in files of this size. Gives the place after it too. */
function varint(content: Buffer, at: number): readonly [value: number, next: number] {
  let value = 0;
  for (let next = at; ; next++) {
    const byte = content.readUInt8(next);
    value = value * 128 + (byte & 127);
    if (byte < 128) return [value, next + 1];
  }
}
