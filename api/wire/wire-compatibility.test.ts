import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";

import { files } from "../gen/files.ts";
import { sortedJson, type WireShape, wireShape } from "./wire-shape.ts";

/*
 * Compares our compiled descriptors with the tables of the published contract, part by part. A part that is missing or differs fails, except where `relaxed`
 * names it with our own value; a part of ours that the contract does not have fails unless `isAddition` knows it.
 */

const tables = path.resolve(import.meta.dirname, "../../../shared/contract/facts.json");

/** Published packages we serve. The others (sessions, skills, agent executions, tenancy ...) are another product's. */
const packages = [
  "ai.stigmer.agentic.agent.v1",
  "ai.stigmer.agentic.agentinstance.v1",
  "ai.stigmer.agentic.environment.v1",
  "ai.stigmer.agentic.executioncontext.v1",
  "ai.stigmer.agentic.workflow.v1",
  "ai.stigmer.agentic.workflow.v1.serverless",
  "ai.stigmer.agentic.workflow.v1.tasks",
  "ai.stigmer.agentic.workflowexecution.v1",
  "ai.stigmer.agentic.workflowinstance.v1",
  "ai.stigmer.commons.apiresource",
  "ai.stigmer.commons.apiresource.apiresourcekind",
  "ai.stigmer.commons.rpc",
  "ai.stigmer.iam.iampolicy.v1.rpcauthorization",
];

/** Rules we loosen on purpose: whatever the published rule accepts, ours accepts too. `undefined` = no rule at all. */
const relaxed: { readonly [part: string]: string | undefined } = {
  // The document may come as text instead of tasks; rules on the message then say what must be given.
  "rules ai.stigmer.agentic.workflow.v1.WorkflowSpec.tasks": undefined,
  "rules ai.stigmer.agentic.workflow.v1.WorkflowSpec.document": undefined,
  // Any patch version of the language.
  "rules ai.stigmer.agentic.workflow.v1.WorkflowDocument.dsl": `{"string":{"pattern":"^1\\\\.0\\\\.[0-9]+$"}}`,
  // 0 = the default.
  "rules ai.stigmer.agentic.workflow.v1.tasks.HttpCallTaskConfig.timeout_seconds": `{"int32":{"gte":0,"lte":300}}`,
  "rules ai.stigmer.agentic.workflow.v1.tasks.AgentExecutionConfig.timeout": `{"int32":{"gte":0,"lte":3600}}`,
  "rules ai.stigmer.agentic.workflow.v1.tasks.RaiseTaskConfig.message": undefined,
  "rules ai.stigmer.agentic.workflow.v1.tasks.ForkTaskConfig.branches": `{"repeated":{"minItems":"1"}}`,
  // A variable may be there and empty.
  "rules ai.stigmer.agentic.executioncontext.v1.ExecutionValue.value": undefined,
  // The published rule asks for 52, which is not the number of environment.
  "rules ai.stigmer.agentic.agentinstance.v1.AgentInstanceSpec.environment_refs": sortedJson({
    repeated: {
      items: {
        cel: [
          {
            id: "environment_refs.kind",
            message: "environment_refs must reference resources with kind=environment",
            expression: "this.kind == 0 || this.kind == 53",
          },
        ],
      },
    },
  }),
};

/** What we may have beyond the contract: fields from 1000 on with their rules, and a permission where the published method declares none. */
function isAddition(part: string, value: string, ours: WireShape, published: WireShape): boolean {
  const [sort, name] = part.split(" ") as [string, string];
  if (sort === "field") return Number.parseInt(value, 10) >= 1000;
  if (sort === "rules")
    return !published.has(`field ${name}`) && Number.parseInt(ours.get(`field ${name}`) ?? "", 10) >= 1000;
  return sort === "auth" && !published.has(part);
}

interface Facts {
  readonly packages: { readonly [name: string]: { readonly files: { readonly [path: string]: FactsFile } } };
}
interface FactsFile {
  readonly enums: readonly { readonly name: string; readonly values: { readonly [name: string]: number } }[];
  readonly messages: readonly { readonly name: string; readonly fields: readonly FactsField[] }[];
  readonly extensions: readonly {
    readonly extendee: string;
    readonly n: number;
    readonly name: string;
    readonly type: string;
  }[];
  readonly services: readonly {
    readonly name: string;
    readonly kind?: string;
    readonly methods: readonly {
      readonly name: string;
      readonly in: string;
      readonly out: string;
      readonly kind: string;
      readonly auth?: object;
      readonly skipAuth?: boolean;
    }[];
  }[];
}
interface FactsField {
  readonly n: number;
  readonly name: string;
  readonly type: string;
  readonly validate?: object;
  readonly oneof?: string;
  readonly is_expression?: boolean;
  readonly computed?: boolean;
}

const shortNames: { readonly [prefix: string]: string } = {
  g: "google.protobuf",
  ar: "ai.stigmer.commons.apiresource",
  ark: "ai.stigmer.commons.apiresource.apiresourcekind",
  rpc: "ai.stigmer.commons.rpc",
};

/** `[]workflow.WorkflowTask` -> `repeated ai.stigmer.agentic.workflow.v1.WorkflowTask`. */
function fullType(type: string): string {
  const map = /^map<(\w+),(.+)>$/u.exec(type);
  if (map !== null) return `map<${map[1]}, ${fullType(map[2] ?? "")}>`;
  if (type.startsWith("[]")) return `repeated ${fullType(type.slice(2))}`;
  const dot = type.lastIndexOf(".");
  if (dot === -1) return type;
  const [prefix, name] = [type.slice(0, dot), type.slice(dot + 1)];
  const [first, ...rest] = prefix.split(".") as [string, ...string[]];
  if (shortNames[prefix] !== undefined) return `${shortNames[prefix]}.${name}`;
  if (first === "iam") return `ai.stigmer.${type}`;
  return [`ai.stigmer.agentic.${first}.v1`, ...rest, name].join(".");
}

/** The published tables in the same form as `wireShape`. */
function publishedShape(facts: Facts): WireShape {
  const shape: WireShape = new Map();
  for (const name of packages) {
    for (const file of Object.values(facts.packages[name]?.files ?? {})) addFile(shape, name, file);
  }
  return shape;
}

function addFile(shape: WireShape, packageName: string, file: FactsFile): void {
  for (const type of file.enums) {
    shape.set(`enum ${type.name}`, "");
    for (const [value, number] of Object.entries(type.values)) shape.set(`value ${type.name}.${value}`, String(number));
  }
  for (const { name: message, fields } of file.messages) {
    shape.set(`message ${message}`, "");
    for (const field of fields) {
      const oneof = field.oneof === undefined ? "" : ` oneof ${field.oneof}`;
      shape.set(`field ${message}.${field.name}`, `${field.n} ${fullType(field.type)}${oneof}`);
      if (field.validate !== undefined) shape.set(`rules ${message}.${field.name}`, sortedJson(field.validate));
      for (const option of ["is_expression", "computed"] as const) {
        if (field[option] === true) shape.set(`option ${message}.${field.name} ${option}`, "true");
      }
    }
  }
  for (const { extendee, n, name, type } of file.extensions) {
    shape.set(`extension ${packageName}.${name}`, `${extendee} ${n} ${fullType(type)}`);
  }
  for (const service of file.services) {
    shape.set(`service ${service.name}`, service.kind ?? "");
    for (const method of service.methods) {
      const name = `${service.name}.${method.name}`;
      shape.set(`method ${name}`, `${method.in} -> ${method.kind} ${method.out}`);
      if (method.auth !== undefined) shape.set(`auth ${name}`, sortedJson(method.auth));
      if (method.skipAuth === true) shape.set(`auth ${name}`, "skip");
    }
  }
}

describe.skipIf(!existsSync(tables))(
  "wire compatibility with the published contract (needs the contract's tables)",
  () => {
    const published = existsSync(tables)
      ? publishedShape(JSON.parse(readFileSync(tables, "utf8")) as Facts)
      : new Map();
    const ours = wireShape(files.filter((file) => packages.includes(file.proto.package)));

    test("the tables are there", () => expect(published.size).toBeGreaterThan(700));

    test(`all ${published.size} parts of ${packages.length} packages: 0 differences beside ${Object.keys(relaxed).length} rules that are loosened on purpose`, () => {
      const different = [...published].filter(([part, value]) => ours.get(part) !== value).map(([part]) => part);
      expect(different.toSorted()).toEqual(Object.keys(relaxed).toSorted());
    });

    test.each(packages)("%s has every published part, unchanged", (name) => {
      const wrong: string[] = [];
      for (const [part, value] of published) {
        const element = part.split(" ")[1] as string;
        if (
          !element.startsWith(`${name}.`) ||
          packages.some((other) => other.length > name.length && element.startsWith(`${other}.`))
        )
          continue;
        const wanted = part in relaxed ? relaxed[part] : value;
        if (ours.get(part) !== wanted) wrong.push(`${part}: ${String(ours.get(part))} instead of ${String(wanted)}`);
      }
      expect(wrong).toEqual([]);
    });

    test("what we have beyond it are additions that no published client meets", () => {
      const wrong = [...ours].filter(
        ([part, value]) => !published.has(part) && !isAddition(part, value, ours, published),
      );
      expect(wrong).toEqual([]);
    });

    test("every relaxation is still needed", () => {
      expect(
        Object.keys(relaxed).filter((part) => !published.has(part) || published.get(part) === relaxed[part]),
      ).toEqual([]);
    });
  },
);
