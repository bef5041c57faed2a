import type { ApiClient } from "./api-client.ts";
import { resource } from "./workload.ts";

/*
 * Registers: environments whose one variable counts up, an update each. The version of a resource rises by one an update, so after any number of kills value and version tell how many updates
 * took place: every single acknowledged one, none twice.
 */

const ORG = "torture-registers";
const COMMAND = "agentic.environment.v1.EnvironmentCommandController";
const QUERY = "agentic.environment.v1.EnvironmentQueryController";
const VARIABLE = "COUNT";

interface Environment {
  readonly metadata: { readonly id: string; readonly resourceVersion: string };
  readonly spec: { readonly data: { readonly [name: string]: { readonly value: string } } };
}

interface Register {
  readonly id: string;
  readonly name: string;
  /** The last value that was acknowledged. */
  acked: number;
  /** Whether an update has no answer: it took place or not. */
  unanswered: boolean;
}

/** The book of the registers of one database. Each caller of `write` has one for itself meanwhile. */
export class Registers {
  readonly #all: Register[] = [];
  #free: Register[] = [];
  /** Updates acknowledged. */
  acks = 0;

  /** Creates registers for so many callers. */
  async define(client: ApiClient, callers: number): Promise<void> {
    for (let at = 0; at < callers; at++) {
      const name = `register ${at}`;
      const message = { ...resource("Environment", ORG, name), spec: specOf(0) };
      const { metadata } = await client.call<Environment>(`${COMMAND}/create`, message);
      this.acks += 1;
      this.#all.push({ id: metadata.id, name, acked: 0, unanswered: false });
    }
    this.#free = [...this.#all];
  }

  /** One update. Rejects as the client does; `lost` then finds out whether it took place. */
  async write(client: ApiClient): Promise<void> {
    const register = this.#free.pop();
    if (register === undefined) throw new Error("assertion: a register for each caller");
    register.unanswered = true;
    try {
      const { metadata, ...rest } = resource("Environment", ORG, register.name);
      const message = { ...rest, metadata: { ...metadata, id: register.id }, spec: specOf(register.acked + 1) };
      await client.call(`${COMMAND}/update`, message);
      register.acked += 1;
      register.unanswered = false;
      this.acks += 1;
    } finally {
      this.#free.push(register);
    }
  }

  /** Sees that each register has its last acknowledged value, or the one after it where that was not answered, and as many updates. */
  async lost(client: ApiClient): Promise<readonly string[]> {
    const wrong: string[] = [];
    for (const register of this.#all) {
      const { metadata, spec } = await client.call<Environment>(`${QUERY}/get`, { value: register.id });
      const value = Number(spec.data[VARIABLE]?.value);
      const updates = Number(metadata.resourceVersion) - 1;
      const { name, acked, unanswered } = register;
      if (updates !== value || value < acked || value > acked + (unanswered ? 1 : 0))
        wrong.push(
          `${name} has ${value} after ${updates} updates, acknowledged was ${acked}: updates are lost or twice`,
        );
      register.acked = value;
      register.unanswered = false;
    }
    return wrong;
  }
}

function specOf(count: number): object {
  return { data: { [VARIABLE]: { value: String(count) } } };
}
