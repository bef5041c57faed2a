import path from "node:path";
import { background, type EngineUnderTest, requestBody, workloads } from "../engine-under-test.ts";
import { freePort, type StartedProcess, startProcess } from "../started-process.ts";
import { definitions } from "./definitions.ts";

const BUNDLE = path.join(import.meta.dirname, "../dist/bundle");
const STIGMER = path.join(BUNDLE, "stigmer.js");
const SQLITE = path.join(import.meta.dirname, "../../node_modules/@photostructure/sqlite");
const AGENTIC = "/ai.stigmer.agentic";
const RUN = "/ai.stigmer.orchestration.v1.WorkflowExecutionService/run";
const CREATE = `${AGENTIC}.workflowexecution.v1.WorkflowExecutionCommandController/create`;
const PUBLISH = "/ai.stigmer.orchestration.v1.EventService/publish";
const resource = { apiVersion: "agentic.stigmer.ai/v1", metadata: { org: "bench", ownerScope: "organization" } };

/** Stigmer as built, with its defaults: one process and one database file, driven over its own API. */
export async function startStigmer(data: string, echo: string): Promise<EngineUnderTest> {
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const options = ["--port", String(port), "--data", data, "--allow-network", "127.0.0.1", "--log-level", "warn"];
  const start = async (): Promise<StartedProcess> => {
    const started = await startProcess(process.execPath, [STIGMER, "server", ...options]);
    await started.said(/(http:\/\/127\.0\.0\.1:\d+)/u);
    return started;
  };
  let server = await start();
  const ids = new Map<string, string>();
  for (const [name, tasks] of Object.entries(definitions(echo))) {
    const document = { dsl: "1.0.1", namespace: "bench", name, version: "1.0.0" };
    const metadata = { ...resource.metadata, name };
    const spec = { definition: JSON.stringify({ document, do: tasks }) };
    const body = JSON.stringify({ ...resource, kind: "Workflow", metadata, spec });
    const headers = { "content-type": "application/json" };
    const apply = `http://${address}${AGENTIC}.workflow.v1.WorkflowCommandController/apply`;
    const answer = await fetch(apply, { method: "POST", headers, body });
    if (!answer.ok) throw new Error(`Stigmer refuses workflow ${name}: ${await answer.text()}`);
    ids.set(name, ((await answer.json()) as { metadata: { id: string } }).metadata.id);
  }
  const execution = (name: string, input: object): string =>
    requestBody({ ...resource, kind: "WorkflowExecution", spec: { workflowId: ids.get(name), input } });
  const event = { source: "bench", type: "go", data: { n: "@@@@@@", at: "#############" } };
  return {
    name: "stigmer",
    version: `stigmer of this repository on Node ${process.versions.node}`,
    address,
    echo,
    data,
    installed: [BUNDLE, SQLITE],
    pids: () => [server.pid],
    run: (workload) => ({ path: RUN, body: execution(workload, workloads[workload].input) }),
    start: (workload) => ({ path: CREATE, body: execution(workload, background[workload]) }),
    event: () => ({ path: PUBLISH, body: requestBody({ org: "bench", event }) }),
    kill: () => server.stop("SIGKILL"),
    restart: async () => void (server = await start()),
    stop: () => server.stop(),
  };
}
