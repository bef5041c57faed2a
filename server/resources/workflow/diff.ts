import { create, fromJson, type JsonValue } from "@bufbuild/protobuf";
import { type Value, ValueSchema } from "@bufbuild/protobuf/wkt";
import {
  DefinitionChangeKind,
  DefinitionChangeSchema,
  type DiffWorkflowRequest,
  DiffWorkflowRequestSchema,
  type DiffWorkflowResponse,
  DiffWorkflowResponseSchema,
} from "@stigmer/api/gen/ai/stigmer/orchestration/v1/workflow_pb.ts";
import type { Json } from "@stigmer/core/lib/json.ts";
import { stringify } from "yaml";
import { notFound } from "../../pipeline/refusal.ts";
import { Pipeline, type UnaryHandler } from "../../pipeline/pipeline.ts";
import { authorize } from "../../pipeline/steps/authorize.ts";
import { validateProto } from "../../pipeline/steps/validate-proto.ts";
import { decodeRow } from "../../pipeline/stored-resource.ts";
import { step } from "../../pipeline/step.ts";
import type { ResourcePorts } from "../ports.ts";
import { changesOf } from "./definition-diff/changes.ts";
import { unifiedDiff } from "./definition-diff/unified-diff.ts";
import { findVersion } from "./find-version.ts";
import { workflowKind } from "./kind.ts";
import { definitionRefusal, readText } from "./read-definition.ts";

/** Compares two versions of a workflow, or a version with a text that is not stored. */
export function diffWorkflow(ports: ResourcePorts): UnaryHandler<DiffWorkflowRequest, DiffWorkflowResponse> {
  const compare = step(
    "CompareDefinitions",
    ["INVALID_ARGUMENT", "NOT_FOUND"],
    async ({ valid }: { readonly valid: DiffWorkflowRequest }, { environment, unit }) => {
      const row = await unit.get(workflowKind.key, valid.workflowId);
      if (row === undefined) throw notFound(workflowKind.name, valid.workflowId);
      const current = Number(decodeRow(workflowKind, row).resource.status?.revision ?? 0n);
      const version = async (digest: string): Promise<Side> => {
        const found = await findVersion(environment.store, row.id, digest === "" ? { revision: current } : { digest });
        return sideOf(found.document, `revision ${found.revision}`);
      };
      const before = await version(valid.fromDigest);
      const after = valid.to.case === "toDefinition" ? textSide(valid.to.value) : await version(valid.to.value ?? "");
      return { response: responseOf(before, after) };
    },
  );
  const textSide = (text: string): Side => {
    const definition = readText(text, ports.loadDefinition);
    if (definition.valid === undefined) throw definitionRefusal(definition, "to_definition");
    return sideOf(definition.valid.canonical, "the given definition");
  };
  return Pipeline.start<DiffWorkflowRequest>("workflow.diff")
    .step(authorize)
    .step(validateProto(DiffWorkflowRequestSchema))
    .step(compare)
    .reply(ports.environment, ({ response }) => response);
}

interface Side {
  readonly document: Json;
  readonly text: string;
  readonly name: string;
}

function sideOf(canonical: string, name: string): Side {
  const document = JSON.parse(canonical) as Json;
  return { document, text: stringify(document, { lineWidth: 0, aliasDuplicateObjects: false }), name };
}

const kinds = {
  added: DefinitionChangeKind.ADDED,
  removed: DefinitionChangeKind.REMOVED,
  changed: DefinitionChangeKind.CHANGED,
  moved: DefinitionChangeKind.MOVED,
} as const;

function responseOf(before: Side, after: Side): DiffWorkflowResponse {
  const changes = changesOf(before.document, after.document).map((change) =>
    create(DefinitionChangeSchema, {
      kind: kinds[change.kind],
      pointer: change.pointer,
      ...(change.before === undefined ? {} : { before: valueOf(change.before) }),
      ...(change.after === undefined ? {} : { after: valueOf(change.after) }),
    }),
  );
  return create(DiffWorkflowResponseSchema, {
    equal: changes.length === 0,
    changes,
    text: unifiedDiff(before.text, after.text, before.name, after.name),
  });
}

function valueOf(value: Json): Value {
  return fromJson(ValueSchema, value as JsonValue);
}
