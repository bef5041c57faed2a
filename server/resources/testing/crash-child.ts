import { openSqliteStore } from "../../store/sqlite/open-sqlite-store.ts";
import { workflow } from "./definitions.ts";
import { openResourceWorld } from "./resource-world.ts";

/*
 * A server process that kills itself with SIGKILL at the n-th step of creating a workflow: `crash-child <database> <n>`. Prints `acknowledged` if the create is answered before.
 */
const [, , database = "", at = "0"] = process.argv;
let step = 0;
let armed = false;
const world = await openResourceWorld({
  store: await openSqliteStore({ path: database, programVersion: "0.0.0-test" }),
  telemetry: {
    step: () => ({
      started: () => {
        if (armed && step++ === Number(at)) process.kill(process.pid, "SIGKILL");
        return () => undefined;
      },
    }),
  },
});
armed = true;
const name = `crash-${at}`;
const request = world.client.workflow.command.create(workflow(name));
// The last crash is put behind the steps, while the commit is on its way to the disk.
if (at === "commit") setImmediate(() => process.kill(process.pid, "SIGKILL"));
await request;
process.stdout.write(`acknowledged ${step}\n`);
await world.close();
