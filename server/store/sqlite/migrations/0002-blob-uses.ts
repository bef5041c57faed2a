import type { Migration } from "./migration.ts";

/** Which runs have a large value, so that it goes with the last of them. Those of before are found in the journals. */
export const blobUses: Migration = {
  version: 2,
  name: "blob uses",
  sql: `
    create table blob_uses (run integer not null, digest text not null, primary key (run, digest)) without rowid;
    create index blob_uses_digest on blob_uses (digest, run);
    insert or ignore into blob_uses
      select journal.run, member.value from journal, json_each(journal.data, '$.blobs') member
      where journal.data like '%"blobs":{%' and json_valid(journal.data);
  `,
};
