import { workflowShape } from "@stigmer/core/dsl/schema/workflow-shape.ts";
import type { JsonObject } from "@stigmer/core/lib/json.ts";
import { testFileShape } from "../testing/test-file-shape.ts";
import { jsonSchema } from "./json-schema.ts";

/** The JSON Schema of workflow definitions, as this version reads them. */
export function workflowSchema(): JsonObject {
  return jsonSchema(workflowShape, "A workflow in the Open Workflow Specification DSL, as Stigmer reads it");
}

/** The JSON Schema of `*.test.yaml` files. */
export function testFileSchema(): JsonObject {
  return jsonSchema(testFileShape, "Tests of a workflow, as stigmer test reads them");
}
