import type { JsonObject } from "@stigmer/core/lib/json.ts";
import type { Store, Write } from "../../store/ports.ts";
import type { SecretBox } from "./ports.ts";
import type { RunActor } from "./run-actor.ts";

const SPACE = "run-secrets";

/** Values of a run's secrets: sealed beside the run until retention removes it (so that a retry still has them), opened at dispatch, never journalled. */
export class RunSecrets {
  readonly #box: SecretBox;
  readonly #store: Store;

  constructor(box: SecretBox, store: Store) {
    this.#box = box;
    this.#store = store;
  }

  /** The write that keeps the secrets of a new run; it belongs in the batch of its start. */
  write(run: number, runId: string, secrets: JsonObject): Write {
    const sealed = this.#box.seal(Buffer.from(JSON.stringify(secrets)), aad(runId));
    return { op: "putRecord", row: { space: SPACE, key: String(run), value: Buffer.from(sealed).toString("base64") } };
  }

  /** The write that forgets them. */
  static forget(run: number): Write {
    return { op: "deleteRecord", space: SPACE, key: String(run) };
  }

  /** The secrets of a run, opened once while it is in memory; undefined when it has none. */
  async of(actor: RunActor): Promise<JsonObject | undefined> {
    if (!actor.hasSecrets || actor.secrets !== undefined) return actor.secrets;
    const value = await this.#store.records.get(SPACE, String(actor.run));
    if (value === undefined) return undefined;
    const opened = this.#box.open(Buffer.from(value, "base64"), aad(actor.row.id));
    actor.secrets ??= JSON.parse(Buffer.from(opened).toString("utf8")) as JsonObject;
    return actor.secrets;
  }
}

function aad(runId: string): string {
  return `run-secrets/${runId}`;
}
