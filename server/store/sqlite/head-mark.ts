/*
 * The head of a run is written for each of its records, so its check must cost next to nothing: a sum that SQLite makes itself, in which every flipped bit of a member shows, since the modulus is a
 * prime and no factor is a multiple of it. Part of the schema: it never changes.
 */

/** A head that was damaged and written since: no sum is negative, so it stays damaged. */
const DAMAGED = -1;

function sum(run: string, head: string, version: string): string {
  return `((${head}) * 1000003 + (${version}) * 7919 + ${run}) % 2147483647`;
}

/** SQL of a new head, given its run, head and version. */
export const insertHead = `insert into run_heads (run, head, version, mark) values (?1, ?2, ?3, ${sum("?1", "?2", "?3")})`;

/** SQL that moves the head (?1, or null for the version alone) of a run (?2). */
export const updateHead = `update run_heads set head = ifnull(?1, head), version = version + 1,
  mark = case when mark = ${sum("run", "head", "version")} then ${sum("run", "ifnull(?1, head)", "version + 1")} else ${DAMAGED} end
  where run = ?2`;

/** Tells whether a head is what was written; one that is not there is not. */
export function headHolds(run: unknown, head: unknown, version: unknown, mark: unknown): boolean {
  if (typeof head !== "number" || typeof version !== "number") return false;
  return mark === (head * 1_000_003 + version * 7919 + (run as number)) % 2_147_483_647;
}
