import type { Store } from "../../store/ports.ts";
import { openSqliteStore } from "../../store/sqlite/open-sqlite-store.ts";
import { rotateKeyFile } from "../key-file.ts";
import { rewrapSecrets } from "../rewrap-secrets.ts";
import { SecretBox } from "../secret-box.ts";

/*
 * A rotation that kills itself with SIGKILL at the n-th write: `rotate-child <database> <key file> <n>`.
 */
const [, , database = "", keyFile = "", at = "0"] = process.argv;
const store = await openSqliteStore({ path: database, programVersion: "0.0.0-test" });
let writes = 0;
const dying = new Proxy<Store>(store, {
  get(target, name) {
    if (name === "commit" && writes++ === Number(at)) process.kill(process.pid, "SIGKILL");
    const member: unknown = Reflect.get(target, name, target);
    return typeof member === "function" ? (member.bind(target) as unknown) : member;
  },
});
await rewrapSecrets(dying, new SecretBox(rotateKeyFile(keyFile)));
await store.close();
