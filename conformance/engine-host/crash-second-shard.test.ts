import { describeCrashes } from "./crash-shard.ts";

describeCrashes(1);
