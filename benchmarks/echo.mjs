import { createServer } from "node:http";

/*
 * What the workloads call, a process of its own that tells its port on standard output. Answers each POST with its body. `/done` and `/first` are counted as well: how many, how late (`due`, epoch ms)
 * and for which `run`; `GET /report` tells the figures, `POST /reset` begins anew.
 */

let done, doneRuns, first, lateness, lastAt;
function reset() {
  [done, doneRuns, first, lateness, lastAt] = [0, new Map(), new Map(), [], 0];
}
reset();

const count = (runs, run) => void (run !== undefined && runs.set(run, (runs.get(run) ?? 0) + 1));

function note(path, body) {
  if (path === "/reset") reset();
  if (path !== "/done" && path !== "/first") return;
  const { run, due } = JSON.parse(body.toString());
  if (path === "/first") return count(first, run);
  done += 1;
  lastAt = Date.now();
  count(doneRuns, run);
  if (due !== undefined) lateness.push(lastAt - due);
}

function report() {
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
    note(request.url, sent);
    const body = request.url === "/report" ? Buffer.from(JSON.stringify(report())) : sent;
    response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
    response.end(body);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", 4_096, () => console.log(`listening on ${server.address().port}`));
