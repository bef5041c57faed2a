import path from "node:path";
import { checkOutput, type EngineUnderTest, inputs, type Workload } from "../engine-under-test.ts";
import { KeepAliveConnection } from "../keep-alive-connection.ts";
import { call, json, outputOf } from "./connect-json.ts";
import { startProcess } from "../started-process.ts";

const STIGMER = path.join(import.meta.dirname, "../dist/bundle/stigmer.js");

const API = "/ai.stigmer.agentic";
const resource = { apiVersion: "agentic.stigmer.ai/v1", metadata: { org: "bench", ownerScope: "organization" } };

/** Stigmer as built, with its defaults: one process and one database file, driven over its own API: `create`, then `watch` until the run has ended. */
export async function startStigmer(data: string, echo: string): Promise<EngineUnderTest> {
  const options = ["--port", "0", "--data", data, "--allow-network", "127.0.0.1", "--log-level", "warn"];
  const profile = process.env["STIGMER_BENCH_PROFILE"];
  const flags = profile === undefined ? [] : ["--cpu-prof", "--cpu-prof-dir", profile];
  const server = await startProcess(process.execPath, [...flags, STIGMER, "server", ...options]);
  const address = await server.said(/http:\/\/(127\.0\.0\.1:\d+)/u);
  const setup = new KeepAliveConnection(address);
  const requests = {} as Record<Workload, Buffer>;
  for (const [name, step] of steps(echo)) {
    const document = { dsl: "1.0.1", namespace: "bench", name, version: "1.0.0" };
    const definition = JSON.stringify({ document, do: Array.from({ length: 10 }, (_, i) => ({ [`step${i}`]: step })) });
    const metadata = { ...resource.metadata, name };
    const path = `${API}.workflow.v1.WorkflowCommandController/apply`;
    const workflow = await call(setup, path, json({ ...resource, kind: "Workflow", metadata, spec: { definition } }));
    const spec = { workflowId: workflow.metadata?.id, input: inputs[name] };
    requests[name] = json({ ...resource, kind: "WorkflowExecution", spec });
  }
  setup.close();
  return {
    name: "stigmer",
    address,
    pids: [server.pid],
    async run(connection, workload) {
      const path = `${API}.workflowexecution.v1.WorkflowExecutionCommandController/create`;
      const { metadata } = await call(connection, path, requests[workload]);
      checkOutput(await outputOf(connection, metadata?.id ?? ""));
    },
    stop: () => server.stop(),
  };
}

function steps(echo: string): readonly (readonly [Workload, object])[] {
  const post = { method: "post", endpoint: `http://${echo}/`, body: { n: "${ .n + 1 }" } };
  return [
    ["pure10", { set: "${ .n += 1 }" }],
    ["http10", { call: "http", with: post }],
  ];
}
