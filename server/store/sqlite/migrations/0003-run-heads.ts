import type { Migration } from "./migration.ts";

/**
 * What grows with each journal record goes to a narrow table: a run's row holds its whole resource, and writing all of it for each step was a fifth of the cost of the step. What is left in the
 * row changes seldom, so it can afford a checksum; the mark of a head is a cheap one (see head-mark.ts). Rows of before have none (-2) until they are written.
 */
export const runHeads: Migration = {
  version: 3,
  name: "run heads",
  sql: `
    create table run_heads (run integer primary key, head integer not null, version integer not null, mark integer not null);
    insert into run_heads select run, head, version, (head * 1000003 + version * 7919 + run) % 2147483647 from runs;
    alter table runs drop column head;
    alter table runs drop column version;
    alter table runs add column crc integer not null default -2;
  `,
};
