import { describeEngine } from "./suite.ts";
import { EmbeddedWorld } from "./testing/embedded-world.ts";

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
