import { parentPointer } from "../lib/json-pointer.ts";
import type { WorkflowDocument } from "../dsl/model.ts";
import type { ValueSite } from "../dsl/schema/check-shape.ts";
import type { Role } from "../dsl/schema/shape.ts";
import type { Capabilities } from "./capabilities.ts";
import { type ExpressionUse, expressionUses } from "./expression-use.ts";
import { type TaskListVisit, type TaskVisit, visitTasks } from "./task-visit.ts";

/** A site whose value is a text. */
export interface TextSite extends Omit<ValueSite, "value"> {
  readonly value: string;
}

/** What the rules look at: the document, what was found on the way, and what the host can run. */
export class RuleContext {
  readonly document: WorkflowDocument;
  readonly sites: readonly ValueSite[];
  readonly capabilities: Capabilities;
  readonly tasks: readonly TaskVisit[];
  readonly lists: readonly TaskListVisit[];
  #byPointer: ReadonlyMap<string, TaskVisit> | undefined;
  #expressions: readonly ExpressionUse[] | undefined;

  constructor(document: WorkflowDocument, sites: readonly ValueSite[], capabilities: Capabilities) {
    this.document = document;
    this.sites = sites;
    this.capabilities = capabilities;
    ({ tasks: this.tasks, lists: this.lists } = visitTasks(document));
  }

  /** Every expression, compiled once for all rules; none where another language than jq is asked for. */
  get expressions(): readonly ExpressionUse[] {
    const { language = "jq", mode = "strict" } = this.document.evaluate ?? {};
    this.#expressions ??= language === "jq" ? expressionUses(this.sites, mode) : [];
    return this.#expressions;
  }

  /** The innermost task a pointer leads into, and the property of the task it leads through; undefined outside of tasks. */
  ownerOf(pointer: string): { readonly visit: TaskVisit; readonly property: string | undefined } | undefined {
    this.#byPointer ??= new Map(this.tasks.map((visit) => [visit.pointer, visit]));
    let property: string | undefined;
    for (let at = pointer; at !== ""; at = parentPointer(at)) {
      const visit = this.#byPointer.get(at);
      if (visit !== undefined) return { visit, property };
      property = at.slice(at.lastIndexOf("/") + 1);
    }
    return undefined;
  }

  /** The sites of one role whose value is a text, with that text. */
  *texts(role: Role): Iterable<TextSite> {
    for (const site of this.sites) {
      const { value } = site;
      if (site.role === role && typeof value === "string") yield { ...site, value };
    }
  }
}
