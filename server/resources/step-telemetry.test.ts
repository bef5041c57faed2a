import { expect, test } from "vitest";
import { createStigmerClient } from "@stigmer/api/client.ts";
import { createOtlpTracer } from "../telemetry/otlp-tracer.ts";
import { workflow } from "./testing/definitions.ts";
import { createGrpcJsTransport } from "./testing/grpc-js-transport.ts";
import { openResourceWorld } from "./testing/resource-world.ts";

interface Sent {
  readonly name: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly status: { readonly message?: string };
}

test("every step of a request is counted, timed and traced under its call, those of calls between kinds too", async () => {
  const sent: Sent[] = [];
  let made = 0;
  const tracer = createOtlpTracer({
    version: "0",
    sampled: 1,
    hex: (bytes) => String((made += 1)).padStart(bytes * 2, "0"),
    random: () => 0,
    nowMs: () => 1,
    send: async (body) => {
      const { resourceSpans } = JSON.parse(body) as { resourceSpans: { scopeSpans: { spans: Sent[] }[] }[] };
      sent.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)));
    },
    failed: () => undefined,
  });
  const world = await openResourceWorld({ tracer });
  const { port } = await world.transport.listen("127.0.0.1", 0);
  const wire = createGrpcJsTransport(`127.0.0.1:${port}`);
  const { command } = createStigmerClient(wire).workflow;
  await command.create(workflow("traced"));
  await expect(command.create(workflow("traced"))).rejects.toMatchObject({ code: 6 });

  const { body } = await world.metrics.render();
  const steps = body
    .split("\n")
    .flatMap(
      (line) => /^stigmer_step_seconds_count\{pipeline="workflow.create",step="(\w+)"\} (\d+)$/u.exec(line) ?? [],
    )
    .filter((_text, index) => index % 3 === 1);
  for (const name of ["Authorize", "ValidateProto", "ResolveSlug", "CheckDuplicate", "BuildNewState", "Persist"])
    expect(steps).toContain(name);
  expect(body).toContain(`stigmer_step_seconds_count{pipeline="workflow.create",step="CheckDuplicate"} 2`);
  expect(body).toContain(
    `stigmer_step_errors_total{pipeline="workflow.create",step="CheckDuplicate",code="already_exists"} 1`,
  );
  expect(body).toContain(`stigmer_step_seconds_count{pipeline="workflow.create",step="Persist"} 1`);
  expect(body).toContain(`stigmer_step_seconds_count{pipeline="workflow_instance.create",step="ValidateProto"} 1`);

  await tracer.flush();
  const byId = new Map(sent.map((span) => [span.spanId, span]));
  const pathOf = ({ name, parentSpanId }: Sent): string => {
    const parent = byId.get(parentSpanId ?? "");
    const last = name.split(".").at(-1) ?? "";
    return parent === undefined ? last : `${pathOf(parent)} > ${last}`;
  };
  const paths = sent.map(pathOf);
  expect(paths).toContain("WorkflowCommandController/create > create/Persist");
  expect(paths).toContain(
    "v1.WorkflowCommandController/create > v1.WorkflowInstanceCommandController/create > create/ValidateProto".replaceAll(
      "v1.",
      "",
    ),
  );
  const refused = sent.find(
    ({ name, status }) => name === "workflow.create/CheckDuplicate" && status.message !== undefined,
  );
  expect(refused?.status.message).toBe("ALREADY_EXISTS");
  wire.close();
  await world.close();
});
