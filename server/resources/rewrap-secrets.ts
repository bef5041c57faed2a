import { type DescMessage, fromBinary, toBinary } from "@bufbuild/protobuf";
import { AgentSchema } from "@stigmer/api/gen/ai/stigmer/agentic/agent/v1/api_pb.ts";
import { EnvironmentSchema } from "@stigmer/api/gen/ai/stigmer/agentic/environment/v1/api_pb.ts";
import { ExecutionContextSchema } from "@stigmer/api/gen/ai/stigmer/agentic/executioncontext/v1/api_pb.ts";
import { WorkflowSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/api_pb.ts";
import { CommitConflict, type ResourceRow, type Store, type Write } from "../store/ports.ts";
import { rewrapVariables, type Variables } from "./sealed-values.ts";
import type { SecretBox } from "./secret-box.ts";

const PAGE = 200;
/** Where the engine keeps the secrets of runs, bound to the run by this prefix and its id. */
const RUN_SECRETS = "run-secrets";

/** Which kinds hold sealed variables, and where. */
const holders: {
  readonly [kind: string]: (data: Uint8Array, rewrap: (variables: Variables) => boolean) => Uint8Array | undefined;
} = {
  environment: (data, rewrap) =>
    rewrapped(EnvironmentSchema, fromBinary(EnvironmentSchema, data), (message) => rewrap(message.spec?.data ?? {})),
  execution_context: (data, rewrap) =>
    rewrapped(ExecutionContextSchema, fromBinary(ExecutionContextSchema, data), (message) =>
      rewrap(message.spec?.data ?? {}),
    ),
  workflow: (data, rewrap) =>
    rewrapped(WorkflowSchema, fromBinary(WorkflowSchema, data), (message) => rewrap(message.spec?.envSpec?.data ?? {})),
  agent: (data, rewrap) =>
    rewrapped(AgentSchema, fromBinary(AgentSchema, data), (message) => rewrap(message.spec?.envSpec?.data ?? {})),
};

/**
 * Moves everything that is sealed under a former key to the current one, while the server works; afterwards the former key may leave the key file. Resolves with how many resources and
 * runs it has moved. What somebody writes meanwhile is under the current key already.
 */
export async function rewrapSecrets(store: Store, box: SecretBox): Promise<number> {
  let moved = 0;
  for (const [kind, rewrapData] of Object.entries(holders)) {
    let cursor: string | undefined;
    do {
      const page = await store.resources.list({ kind, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
      for (const row of page.rows) {
        const data = rewrapData(row.data, (variables) => rewrapVariables(variables, row.id, box));
        if (data !== undefined && (await replaced(store, { ...row, data }))) moved += 1;
      }
      cursor = page.next;
    } while (cursor !== undefined);
  }
  return moved + (await rewrapRuns(store, box));
}

async function rewrapRuns(store: Store, box: SecretBox): Promise<number> {
  const writes: Write[] = [];
  for (const { key, value } of await store.records.list(RUN_SECRETS)) {
    const run = await store.runs.byKey(Number(key));
    const sealed = Buffer.from(value, "base64");
    if (run === undefined || !box.needsRewrap(sealed)) continue;
    const moved = Buffer.from(box.rewrap(sealed, `${RUN_SECRETS}/${run.id}`)).toString("base64");
    writes.push({ op: "putRecord", row: { space: RUN_SECRETS, key, value: moved } });
  }
  for (let start = 0; start < writes.length; start += PAGE) await store.commit(writes.slice(start, start + PAGE));
  return writes.length;
}

/** Writes a row whose meaning is the same; false when somebody else has written it meanwhile. */
async function replaced(store: Store, row: ResourceRow): Promise<boolean> {
  try {
    await store.commit([{ op: "putResource", row: { ...row, version: row.version + 1 }, expect: row.version }]);
    return true;
  } catch (error) {
    if (error instanceof CommitConflict) return false;
    throw error;
  }
}

function rewrapped<Schema extends DescMessage, M extends Parameters<typeof toBinary<Schema>>[1]>(
  schema: Schema,
  message: M,
  rewrap: (message: M) => boolean,
): Uint8Array | undefined {
  return rewrap(message) ? toBinary(schema, message) : undefined;
}
