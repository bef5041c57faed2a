import { createServer } from "node:http";
import { DBOS } from "@dbos-inc/dbos-sdk";
import { codeWorkloads } from "../code-workloads.mjs";

/* The workloads as registered workflows of DBOS, in its documented style: code between steps is plain, each effect is a `DBOS.runStep`. A small server of HTTP is the door. */

const [echo, databaseUrl, port] = process.argv.slice(2);
const step = (name, effect) => DBOS.runStep(effect, { name });
const flows = Object.entries(codeWorkloads(echo)).map(([name, work]) => {
  const flow = (input) =>
    work(
      step,
      input,
      (ms) => DBOS.sleep(ms),
      () => DBOS.recv("go", 600),
    );
  return [name, DBOS.registerWorkflow(flow, { name })];
});
const byName = Object.fromEntries(flows);

/** `/run/NAME` answers with the result, `/start/NAME[/ID]` once the start is durable, `/event/ID` once the message is. */
async function answer(url, body) {
  const [, verb, name, id] = url.split("/");
  if (verb === "event") return DBOS.send(name, body, "go");
  const handle = await DBOS.startWorkflow(byName[name], id === undefined ? {} : { workflowID: id })(body);
  return verb === "run" ? handle.getResult() : {};
}

async function serve(request, response, text) {
  const [status, value] = await answer(request.url, JSON.parse(text)).then(
    (result) => [200, result ?? {}],
    (error) => [500, { message: String(error) }],
  );
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, { "content-type": "application/json", "content-length": body.length });
  response.end(body);
}

const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => void serve(request, response, Buffer.concat(chunks).toString()));
});

DBOS.setConfig({ name: "bench", systemDatabaseUrl: databaseUrl, runAdminServer: false, logLevel: "error" });
await DBOS.launch();
server.keepAliveTimeout = 60_000;
server.listen(Number(port), "127.0.0.1", 4_096, () => console.log(`workflows on port ${port}`));
