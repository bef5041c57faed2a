import { afterEach } from "vitest";
import { describeEngine } from "./suite.ts";
import { EmbeddedWorld } from "./testing/embedded-world.ts";
import { SqliteDisk } from "./testing/world-disk.ts";

const disks: SqliteDisk[] = [];

afterEach(async () => {
  for (const disk of disks.splice(0)) await disk.remove();
});

describeEngine("EmbeddedEngine", () => EmbeddedWorld.open());
describeEngine("EmbeddedEngine without room", () =>
  EmbeddedWorld.open({
    options: {
      cacheBytesMax: 0,
      factsPerCommitMax: 1,
      timersInMemoryMax: 1,
      snapshotEveryRecords: 1,
      activityConcurrency: 1,
      loadConcurrency: 1,
      watchBufferMax: 1,
      inlineCharsMax: 64,
    },
  }),
);
describeEngine("EmbeddedEngine on SQLite", () => {
  const disk = new SqliteDisk();
  disks.push(disk);
  return EmbeddedWorld.on(disk);
});
