import path from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import { WorkflowIdSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/io_pb.ts";
import { framed, load, median, type Sample, startServer, type UnaryRequest } from "../rpc/load.ts";

const METHOD = "/ai.stigmer.agentic.workflow.v1.WorkflowQueryController/get";

/** Measures gRPC `get` of a stored workflow beside an empty grpc-js server that answers with the same bytes, by turns; gives the lines to print. */
export async function getBesideEcho(seconds: number, rounds: number): Promise<readonly string[]> {
  const script = path.join(import.meta.dirname, "get-server.ts");
  const [ours, empty] = [await startServer(script, ["stigmer"]), await startServer(script, ["grpc-js"])];
  try {
    const request = (value: string): UnaryRequest => ({
      path: METHOD,
      contentType: "application/grpc",
      body: framed(toBinary(WorkflowIdSchema, create(WorkflowIdSchema, { value }))),
    });
    const get = request((await ours.ask("id")) as string);
    const samples: { readonly ours: Sample; readonly empty: Sample }[] = [];
    for (let round = 0; round <= rounds; round++) {
      const forMs = (round === 0 ? 1 : seconds) * 1000;
      const pair = { empty: await load(empty, get, forMs), ours: await load(ours, get, forMs) };
      // The first round warms up.
      if (round > 0) samples.push(pair);
    }
    const of = (who: "ours" | "empty", figure: keyof Sample): number =>
      median(samples.map((pair) => pair[who][figure]));
    const ratio = (figure: keyof Sample): string =>
      median(samples.map((pair) => pair.ours[figure] / pair.empty[figure])).toFixed(2);
    return [
      `gRPC get of a stored workflow: ${of("ours", "perSecond").toFixed(0)}/s, ${of("ours", "cpuMicros").toFixed(0)} us CPU a call`,
      `empty grpc-js server, same bytes: ${of("empty", "perSecond").toFixed(0)}/s, ${of("empty", "cpuMicros").toFixed(0)} us CPU a call`,
      `get of echo: ${ratio("perSecond")} of its calls/s, ${ratio("cpuMicros")} of its CPU (median of ${rounds} rounds)`,
    ];
  } finally {
    ours.stop();
    empty.stop();
  }
}
