import { createServer } from "node:http";

/*
 * What the workloads of one engine call, a process of its own that tells its port on standard output. Answers each POST with its body. `/done/WORKLOAD` and `/first/WORKLOAD` are counted as well:
 * how many, how late (`due`, epoch ms) and for which `run`; `GET /report/WORKLOAD` tells the figures, so that what comes late from one workload does not count for another.
 */

const seen = new Map();
const seenOf = (workload) => {
  if (!seen.has(workload))
    seen.set(workload, { done: 0, doneRuns: new Set(), first: new Map(), lateness: [], lastAt: 0 });
  return seen.get(workload);
};

function note(verb, workload, body) {
  const { run, due } = JSON.parse(body.toString());
  const counts = seenOf(workload);
  if (verb === "first") return void counts.first.set(run, (counts.first.get(run) ?? 0) + 1);
  counts.done += 1;
  counts.lastAt = Date.now();
  if (run !== undefined) counts.doneRuns.add(run);
  if (due !== undefined) counts.lateness.push(counts.lastAt - due);
}

function report(workload) {
  const { done, lastAt, doneRuns, first, lateness } = seenOf(workload);
  const sorted = lateness.toSorted((left, right) => left - right);
  const at = (share) => sorted[Math.floor((sorted.length - 1) * share)] ?? null;
  const repeated = [...first.values()].filter((times) => times > 1).length;
  return {
    ...{ done, lastAt, doneRuns: doneRuns.size, firstRuns: first.size, repeated },
    lateness: { least: at(0), p50: at(0.5), p99: at(0.99), last: at(1) },
  };
}

const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const sent = Buffer.concat(chunks);
    const [, verb, workload] = request.url.split("/");
    if (verb === "done" || verb === "first") note(verb, workload, sent);
    const body = verb === "report" ? Buffer.from(JSON.stringify(report(workload))) : sent;
    response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
    response.end(body);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", 4_096, () => console.log(`listening on ${server.address().port}`));
