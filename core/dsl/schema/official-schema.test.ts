import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { type Json, getKey, isJsonArray, isJsonObject } from "../../lib/json.ts";
import { parseText } from "../parse/parse-text.ts";
import type { Shape } from "./shape.ts";
import { callShape, taskShapes } from "./task-shapes.ts";
import { protocolArguments } from "./call-shapes.ts";
import { workflowShape } from "./workflow-shape.ts";

const path = fileURLToPath(new URL("../../../../shared/ows/schema/workflow.yaml", import.meta.url));

/** Every property name and every enumerated text of the official schema. */
function wordsOfSchema(): {
  readonly properties: ReadonlySet<string>;
  readonly choices: ReadonlySet<string>;
  readonly count: number;
} {
  const properties = new Set<string>();
  const choices = new Set<string>();
  let count = 0;
  const walk = (value: Json): void => {
    if (isJsonArray(value)) value.forEach(walk);
    if (!isJsonObject(value)) return;
    const named = getKey(value, "properties");
    const isSchemaOfProperties = isJsonObject(named) && getKey(value, "$ref") !== named;
    if (isSchemaOfProperties) {
      for (const [name, schema] of Object.entries(named)) {
        if (schema === false) continue;
        properties.add(name);
        count += 1;
      }
    }
    const listed = getKey(value, "enum");
    if (isJsonArray(listed)) for (const choice of listed) choices.add(JSON.stringify(choice).replaceAll('"', ""));
    const fixed = getKey(value, "const");
    if (typeof fixed === "string") choices.add(fixed);
    for (const item of Object.values(value)) walk(item);
  };
  // The file is larger than a definition is deep, so it is read as one all the same.
  walk(parseText(readFileSync(path, "utf8")).value ?? null);
  return { properties, choices, count };
}

function wordsOfShapes(): { readonly properties: ReadonlySet<string>; readonly choices: ReadonlySet<string> } {
  const properties = new Set<string>();
  const choices = new Set<string>([...protocolArguments.keys(), "continue", "exit", "end"]);
  const seen = new Set<Shape>();
  const walk = (shape: Shape | undefined): void => {
    if (shape === undefined || seen.has(shape)) return;
    seen.add(shape);
    if (shape.kind === "object") {
      for (const [name, property] of Object.entries(shape.properties)) {
        properties.add(name);
        walk(property);
      }
      walk(shape.rest);
    } else if (shape.kind === "map") walk(shape.value);
    else if (shape.kind === "list") walk(shape.item);
    else if (shape.kind === "lazy") walk(shape.shape());
    else if (shape.kind === "union") [shape.text, shape.object, shape.list].forEach(walk);
    else if (shape.kind === "text") for (const choice of shape.choices ?? []) choices.add(choice);
  };
  walk(workflowShape);
  for (const shape of Object.values(taskShapes)) walk(shape);
  for (const protocol of [...protocolArguments.keys(), "function"]) walk(callShape(protocol));
  return { properties, choices };
}

describe.skipIf(!existsSync(path))(
  "the shapes know every word of the official schema (skipped where ../shared is absent)",
  () => {
    const official = existsSync(path) ? wordsOfSchema() : undefined;
    const own = wordsOfShapes();

    test("every property", () => {
      expect(official?.count).toBeGreaterThan(250);
      // What a process returns, and the messages of a subscription, are outcomes, not parts of a document.
      const outcomes = new Set(["code", "stdout", "stderr", "correlationId"]);
      expect(
        [...(official?.properties ?? [])].filter((name) => !own.properties.has(name) && !outcomes.has(name)),
      ).toEqual([]);
    });

    test("every enumerated text", () => {
      expect([...(official?.choices ?? [])].filter((choice) => !own.choices.has(choice))).toEqual([]);
    });
  },
);
