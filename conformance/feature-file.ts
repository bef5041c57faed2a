import { parse as parseYaml } from "yaml";
import type { Json } from "@stigmer/core/lib/json.ts";

/*
 * The Gherkin of the specification's conformance kit, as far as it is used there: features, scenarios, steps with a document of YAML each.
 */

/** A scenario: its name and what it says, step by step. */
export interface Scenario {
  readonly name: string;
  readonly steps: readonly Step[];
}

/** A step without its keyword, and the document that follows it. */
export interface Step {
  readonly text: string;
  readonly document?: Json;
  readonly source?: string;
}

/** Reads the scenarios of a feature file. */
export function parseFeature(text: string): readonly Scenario[] {
  const scenarios: { name: string; steps: Step[] }[] = [];
  const lines = text.split(/\r?\n/u);
  for (let at = 0; at < lines.length; at += 1) {
    const line = (lines[at] as string).trim();
    const scenario = /^Scenario:\s*(.*)$/u.exec(line);
    if (scenario !== null) scenarios.push({ name: scenario[1] as string, steps: [] });
    const step = /^(?:Given|When|Then|And|But)\s+(.*)$/u.exec(line);
    const current = scenarios.at(-1);
    if (step === null || current === undefined) continue;
    const source = documentAfter(lines, at + 1);
    current.steps.push({
      text: step[1] as string,
      ...(source === undefined ? {} : { source, document: parseYaml(source) as Json }),
    });
    if (source !== undefined)
      at = lines.findIndex((candidate, index) => index > at + 1 && candidate.trim().startsWith('"""'));
  }
  return scenarios;
}

/** The text between triple quotes that follow a step, without the indentation of its first line. */
function documentAfter(lines: readonly string[], from: number): string | undefined {
  if (lines[from]?.trim().startsWith('"""') !== true) return undefined;
  const end = lines.findIndex((line, index) => index > from && line.trim().startsWith('"""'));
  const content = lines.slice(from + 1, end);
  const indent = /^\s*/u.exec(content.find((line) => line.trim() !== "") ?? "")?.[0].length ?? 0;
  return content.map((line) => line.slice(Math.min(indent, line.length - line.trimStart().length))).join("\n");
}
