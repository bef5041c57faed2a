import type { Json } from "../lib/json.ts";
import type { Fault } from "../protocol/fault.ts";
import type { DirectiveTarget } from "../tasks/directive.ts";
import type { SchemaSource } from "../tasks/schema-source.ts";
import type { Answer, ChildRun, Completed, Continuing, Outcome, TaskNode } from "../tasks/task-type.ts";
import { evaluate, inputOf, sites, test } from "./arguments.ts";
import { transformInput, transformOutput, validate } from "./data-flow.ts";
import { AFTER, BEFORE, applicableExtensions, nextAfter, nextBefore } from "./extension.ts";
import { followDirective } from "./flow-directive.ts";
import { FrameRun } from "./frame-run.ts";
import { listenBegan, listenEnded, takeFromInbox } from "./inbox.ts";
import { ROOT_LIST } from "./program.ts";
import { completeRun, faultRun, noteFaulted } from "./run-end.ts";
import { completeFault, faultFrom } from "./run-fault.ts";
import type { ListFrame, RunState, TaskFrame } from "./run-state.ts";
import { fetchTaskSchemas, fetchWorkflowSchemas, isSchemaRole, keepSchema } from "./schema-fetch.ts";
import { TIMEOUT, WORKFLOW_TIMEOUT, startTimeout } from "./timeout.ts";
import type { Turn } from "./turn.ts";

/** Transitions after which a step gives the thread back: a long computation must let cancellation and timeouts come between. */
export const TRANSITIONS_MAX = 10_000;

/** A slot to go on with at once; undefined where the frame waits. */
type Next = number | undefined;

/**
 * Runs frames until all of them wait. Each transition handles one frame and says which comes next, so that neither long lists nor deep documents grow the JavaScript stack. See step.ts for how
 * it all fits together.
 */
export class Machine {
  readonly turn: Turn;
  /** Slot of the task whose code runs: where what it throws comes from. -1 is the workflow itself. */
  #at = -1;

  constructor(turn: Turn) {
    this.turn = turn;
  }

  get state(): RunState {
    return this.turn.state;
  }

  /** Goes on with everything that can, up to the limit of one step. */
  drain(): void {
    const { ready } = this.state;
    let next: Next;
    for (let transitions = 0; transitions < TRANSITIONS_MAX; transitions += 1) {
      if (this.turn.stopped) break;
      next ??= ready.shift();
      if (next === undefined) return;
      // A slot that goes on at once goes on here: the front of the queue is where it would be put.
      next = this.#advanceGuarded(next);
    }
    if (next !== undefined) ready.unshift(next);
    if (ready.length > 0 && !this.turn.stopped && !this.state.yielded) {
      this.state.yielded = true;
      this.turn.commands.push({ type: "yield" });
    }
  }

  #advanceGuarded(slot: number): Next {
    this.#at = slot;
    try {
      return this.#advance(slot);
    } catch (error) {
      return this.#failed(error);
    }
  }

  /** Runs code of a task (or of the workflow, with slot -1); what it throws becomes a fault of it. Faults of ours pass. */
  guarded(slot: number, code: () => Next): Next {
    this.#at = slot;
    try {
      return code();
    } catch (error) {
      return this.#failed(error);
    }
  }

  #failed(error: unknown): Next {
    const fault = faultFrom(error);
    if (fault === undefined) throw error;
    return this.fail(this.#at, fault);
  }

  /** Lets a slot go on with the next drain. */
  resume(slot: Next): void {
    if (slot !== undefined) this.state.ready.push(slot);
  }

  /** The workflow begins: external schemas first, then input.schema and input.from, then its list. */
  begin(): Next {
    const { program } = this.turn;
    this.#at = -1;
    if (fetchWorkflowSchemas(this.turn)) return undefined;
    const raw = this.state.run.input;
    if (program.inputSchema !== undefined)
      this.#workflowSite("/input", () =>
        validate(this.turn, program.inputSchema as SchemaSource, raw, "workflow input"),
      );
    let input = raw;
    if (program.inputFrom !== undefined) {
      const { inputFrom } = program;
      this.#workflowSite("/input", () => (input = evaluate(this.turn, inputFrom, raw, { site: sites.workflowInput })));
    }
    if (this.turn.stopped) return undefined;
    if (program.timeout !== undefined) startTimeout(this.turn, undefined, program.timeout, input);
    return this.turn.add(-1, { role: "@root", list: ROOT_LIST, input });
  }

  #advance(slot: number): Next {
    const frame = this.turn.frame(slot);
    if (frame.kind === "list") return this.#advanceList(slot, frame);
    this.#at = slot;
    if (frame.phase === "new") return this.#beginTask(slot, frame, this.turn.node(frame));
    // A task that waits for nothing but its turn: the run was stopped between its phases.
    return this.revive(slot);
  }

  #advanceList(slot: number, frame: ListFrame): Next {
    const list = this.turn.list(frame);
    const node = list.tasks[frame.index];
    if (node === undefined) return this.#finishList(slot, frame);
    const task = this.turn.addNext(slot, node);
    this.#at = task;
    return this.#beginTask(task, this.turn.taskFrame(task), node);
  }

  #finishList(slot: number, frame: ListFrame): Next {
    const { parent, role, input: output, exited } = frame;
    this.turn.remove(slot);
    if (parent < 0) return this.finishWorkflow(output);
    this.#at = parent;
    if (role === BEFORE) return exited ? this.#intercepted(parent, output) : this.#aroundBody(parent);
    if (role === AFTER) return this.#afterBody(parent);
    return this.#childFinished(parent, role, output);
  }

  #childFinished(slot: number, role: string, output: Json): Next {
    const frame = this.turn.taskFrame(slot);
    const node = this.turn.node(frame);
    const { type, body } = node;
    this.#at = slot;
    if (type.finished === undefined)
      throw new Error(`assertion: a ${type.kind} task has children only if it knows what their end means`);
    return this.#applyTo(slot, frame, node, type.finished(body, new FrameRun(this.turn, frame), { role, output }));
  }

  #beginTask(slot: number, frame: TaskFrame, node: TaskNode): Next {
    this.turn.note(frame, "created", undefined, node);
    return this.#decide(slot, frame, node);
  }

  /** Whether the task is done at all is for its condition to say, each time it begins. */
  #decide(slot: number, frame: TaskFrame, node: TaskNode): Next {
    frame.phase = "fetching";
    if (node.condition !== undefined && !test(this.turn, node.condition, frame.raw, { site: sites.taskInput, frame })) {
      this.turn.note(frame, "skipped", { output: frame.raw });
      return this.#leave(slot, frame, node, frame.raw, "continue");
    }
    return this.#prepare(slot, frame, node);
  }

  /** Data flow before the task: external schemas, input.schema, input.from; then timeout and extensions. */
  #prepare(slot: number, frame: TaskFrame, node: TaskNode): Next {
    if (fetchTaskSchemas(this.turn, slot, node, frame.raw)) return undefined;
    this.turn.noteStarted(frame, node);
    const input = transformInput(this.turn, node, frame);
    if (input !== frame.raw) frame.input = input;
    if (node.timeout !== undefined) startTimeout(this.turn, slot, node.timeout, input);
    const extension = node.extensions.length === 0 ? undefined : applicableExtensions(this.turn, node, frame);
    if (extension === undefined) return this.#startBody(slot, frame, node);
    frame.extension = extension;
    frame.phase = "before";
    return this.#aroundBody(slot);
  }

  #aroundBody(slot: number): Next {
    const frame = this.turn.taskFrame(slot);
    const node = this.turn.node(frame);
    const child = frame.extension === undefined ? undefined : nextBefore(node, frame, frame.extension);
    return child === undefined ? this.#startBody(slot, frame, node) : this.turn.add(slot, child);
  }

  #startBody(slot: number, frame: TaskFrame, node: TaskNode): Next {
    frame.phase = "running";
    const next = this.#applyTo(slot, frame, node, node.type.start(node.body, new FrameRun(this.turn, frame)));
    return node.kind === "listen" ? this.#listenStarted(slot, frame, node, next) : next;
  }

  /** A listening task takes what came before it. */
  #listenStarted(slot: number, frame: TaskFrame, node: TaskNode, next: Next): Next {
    if (this.state.frames[slot] !== frame) return next;
    listenBegan(this.turn, node);
    this.offerInbox(slot);
    return undefined;
  }

  /** Offers the events kept in the inbox to a listening task, oldest first, until it has ended. */
  offerInbox(slot: number): void {
    const frame = this.turn.taskFrame(slot);
    const node = this.turn.node(frame);
    takeFromInbox(this.turn, (event) => {
      if (this.state.frames[slot] !== frame || frame.phase !== "running") return false;
      const outcome = node.type.offered?.(node.body, new FrameRun(this.turn, frame), event);
      if (outcome === undefined) return false;
      this.resume(this.apply(slot, outcome));
      return true;
    });
  }

  /** Hands an answer to the task that waits for it. */
  answer(slot: number, answer: Answer): Next {
    if (answer.role === WORKFLOW_TIMEOUT) return this.#workflowTimedOut();
    if (slot < 0) return isSchemaRole(answer.role) ? this.#schemaFetched(undefined, answer) : undefined;
    const frame = this.turn.taskFrame(slot);
    this.#at = slot;
    if (answer.role === TIMEOUT) return this.#timedOut(slot, frame);
    if (isSchemaRole(answer.role)) return this.#schemaFetched(slot, answer);
    const { type, body } = this.turn.node(frame);
    if (type.answered === undefined) throw new Error(`assertion: a ${type.kind} task issues no command it waits for`);
    return this.apply(slot, type.answered(body, new FrameRun(this.turn, frame), answer));
  }

  /** Carries out what a task answered. */
  apply(slot: number, outcome: Outcome): Next {
    if (outcome.type === "fault") return this.fail(slot, outcome.fault);
    const frame = this.turn.taskFrame(slot);
    return this.#applyTo(slot, frame, this.turn.node(frame), outcome);
  }

  #applyTo(slot: number, frame: TaskFrame, node: TaskNode, outcome: Outcome): Next {
    switch (outcome.type) {
      case "complete":
        return this.#complete(slot, frame, node, outcome);
      case "fault":
        return this.fail(slot, outcome.fault);
      case "continue":
        return this.#continue(slot, frame, node, outcome);
    }
  }

  #complete(slot: number, frame: TaskFrame, node: TaskNode, { output, then, start }: Completed): Next {
    if (start !== undefined) for (const draft of start) this.turn.issue(slot, draft);
    return this.#finishBody(slot, frame, node, output, then);
  }

  #continue(slot: number, frame: TaskFrame, node: TaskNode, outcome: Continuing): Next {
    if (outcome.abandon === true) this.turn.cancelBelow(slot);
    if (outcome.stop !== undefined) this.turn.cancelCommands(frame, outcome.stop);
    if (outcome.local !== undefined) frame.local = outcome.local;
    if (outcome.retryAt !== undefined) this.turn.note(frame, "retried", { retryAt: outcome.retryAt });
    if (outcome.start !== undefined) for (const draft of outcome.start) this.turn.issue(slot, draft);
    if (node.kind === "listen") this.state.inbox.changed = true;
    return outcome.run === undefined ? undefined : this.#runChildren(slot, outcome.run);
  }

  #runChildren(slot: number, children: readonly ChildRun[]): Next {
    if (children.length === 1) return this.turn.add(slot, children[0] as ChildRun);
    for (const child of children) this.state.ready.push(this.turn.add(slot, child));
    return undefined;
  }

  /** Data flow after the task: output.as, output.schema, export.as, export.schema; then the extensions outwards. */
  #finishBody(slot: number, frame: TaskFrame, node: TaskNode, raw: Json, then: DirectiveTarget | undefined): Next {
    this.turn.cancelBelow(slot);
    frame.output = raw;
    const output = transformOutput(this.turn, node, raw, { frame });
    this.turn.cancelCommands(frame);
    if (node.kind === "listen") listenEnded(this.turn, node, frame);
    const target = then ?? node.then;
    if (frame.extension === undefined) return this.#leave(slot, frame, node, output, target);
    frame.phase = "after";
    frame.extension.result = output;
    frame.extension.then = target;
    return this.#afterBody(slot);
  }

  /** An extension took the task's place. */
  #intercepted(slot: number, output: Json): Next {
    const frame = this.turn.taskFrame(slot);
    return this.#finishBody(slot, frame, this.turn.node(frame), output, undefined);
  }

  #afterBody(slot: number): Next {
    const frame = this.turn.taskFrame(slot);
    const progress = frame.extension;
    if (progress === undefined) throw new Error("assertion: extensions run after tasks that have some");
    const node = this.turn.node(frame);
    const child = nextAfter(node, progress);
    if (child !== undefined) return this.turn.add(slot, child);
    return this.#leave(slot, frame, node, progress.result ?? null, progress.then ?? "continue");
  }

  /** The task is over: its list goes on, or the task whose branch or function it was. */
  #leave(slot: number, frame: TaskFrame, node: TaskNode, output: Json, target: DirectiveTarget): Next {
    const { parent, role } = frame;
    const skipped = frame.phase === "fetching";
    if (!skipped) this.turn.noteCompleted(frame, node, output);
    if (target === "end" && !skipped) return this.#endRun(slot, output);
    this.turn.remove(slot);
    const above = this.turn.frame(parent);
    if (above.kind === "task") return this.#childFinished(parent, role, output);
    followDirective(above, this.turn.list(above).tasks.length, target, output);
    return parent;
  }

  /** `end`: the tasks around the one that ended the run complete with its output, everything else under way is cancelled, and nothing catches it. */
  #endRun(slot: number, output: Json): Next {
    const above = new Set<number>([slot]);
    for (let parent = this.turn.frame(slot).parent; parent >= 0;) {
      const frame = this.turn.frame(parent);
      above.add(parent);
      if (frame.kind === "task") this.turn.note(frame, "completed", { output });
      parent = frame.parent;
    }
    const root = [...above].find((candidate) => this.turn.frame(candidate).parent < 0) as number;
    this.turn.cancelBelow(root, above);
    this.turn.remove(root);
    return this.finishWorkflow(output);
  }

  /** The workflow's own list is over: output.as, output.schema. */
  finishWorkflow(raw: Json): Next {
    const { outputAs, outputSchema } = this.turn.program;
    let output = raw;
    this.#at = -1;
    if (outputAs !== undefined)
      this.#workflowSite(
        "/output",
        () => (output = evaluate(this.turn, outputAs, raw, { site: sites.workflowOutput })),
      );
    if (outputSchema !== undefined && !this.turn.stopped)
      this.#workflowSite("/output", () => validate(this.turn, outputSchema, output, "workflow output"));
    if (this.turn.stopped) return undefined;
    completeRun(this.turn, output);
    return undefined;
  }

  /** Evaluates at a site of the workflow itself: what fails there faults the run, at the pointer of the site. */
  #workflowSite(instance: string, code: () => void): void {
    if (this.turn.stopped) return;
    try {
      code();
    } catch (error) {
      const fault = faultFrom(error);
      if (fault === undefined) throw error;
      this.fail(-1, { ...fault, instance });
    }
  }

  /**
   * A task fails: the nearest enclosing task that handles the fault gets it, and everything between is ended. When nobody does, the run faults with all its frames kept, so that an operator can
   * have it go on from where it stopped.
   */
  fail(slot: number, given: Fault): Next {
    const pointer = slot < 0 ? "" : this.#instance(this.turn.taskFrame(slot));
    const fault = completeFault(given, this.turn.program.errorTypes, pointer);
    const path = new Set<number>(slot < 0 ? [] : [slot]);
    for (let child = slot; child >= 0;) {
      const { parent, role } = this.turn.frame(child);
      if (parent < 0) break;
      const above = this.turn.frame(parent);
      if (above.kind === "task" && !role.startsWith("@")) {
        const { type, body } = this.turn.node(above);
        if (type.faulted !== undefined) {
          const outcome = this.#handling(parent, () =>
            type.faulted?.(body, new FrameRun(this.turn, above), role, fault),
          );
          if (outcome !== undefined) return this.#handled(parent, child, path, outcome, fault);
        }
      }
      path.add(parent);
      child = parent;
    }
    faultRun(this.turn, slot, path, fault);
    return undefined;
  }

  /** Asks a task whether it handles a fault; when its own expressions fail over that, the task itself fails with what they threw. */
  #handling(slot: number, code: () => Outcome | undefined): Outcome | undefined {
    try {
      return code();
    } catch (error) {
      const fault = faultFrom(error);
      if (fault === undefined) throw error;
      return {
        type: "fault",
        fault: completeFault(fault, this.turn.program.errorTypes, this.#instance(this.turn.taskFrame(slot))),
      };
    }
  }

  #handled(slot: number, child: number, path: ReadonlySet<number>, outcome: Outcome, fault: Fault): Next {
    this.#at = slot;
    noteFaulted(this.turn, path, fault);
    this.turn.cancelBelow(child, path);
    this.turn.remove(child);
    return this.apply(slot, outcome);
  }

  /** Real pointer into the document: inside a function from outside, the `call` that brought it. */
  #instance(frame: TaskFrame): string {
    return frame.base ?? this.turn.pointer(frame);
  }

  #timedOut(slot: number, frame: TaskFrame): Next {
    this.turn.cancelBelow(slot);
    this.turn.cancelCommands(frame);
    return this.fail(slot, {
      type: "timeout",
      status: 408,
      title: "Task timed out",
      detail: `Cannot finish "${this.turn.node(frame).name}": it took longer than its timeout`,
    });
  }

  #workflowTimedOut(): Next {
    const instance = "/timeout";
    const detail = "Cannot finish the workflow: it took longer than its timeout";
    return this.fail(-1, { type: "timeout", status: 408, title: "Workflow timed out", detail, instance });
  }

  #schemaFetched(slot: number | undefined, answer: Answer): Next {
    if (answer.type === "failed")
      return this.fail(slot ?? -1, slot === undefined ? { ...answer.fault, instance: "/input" } : answer.fault);
    if (answer.type === "completed") keepSchema(this.turn, answer);
    if (slot === undefined)
      return Object.values(this.state.pending).some(({ role }) => isSchemaRole(role)) ? undefined : this.begin();
    const frame = this.turn.taskFrame(slot);
    return frame.commands.length > 0 ? undefined : this.#prepare(slot, frame, this.turn.node(frame));
  }

  /** Begins a task again that had been stopped; children it has are begun again themselves. */
  revive(slot: number): Next {
    const frame = this.turn.taskFrame(slot);
    const node = this.turn.node(frame);
    this.#at = slot;
    if (frame.children > 0) {
      if (node.timeout !== undefined && frame.phase !== "new")
        startTimeout(this.turn, slot, node.timeout, inputOf(frame));
      const child = this.state.frames.find((candidate) => candidate?.parent === slot);
      if (child !== undefined && child !== null) rearm(this.turn, slot, node, child.role);
      return undefined;
    }
    if (frame.phase === "new") return slot;
    if (frame.phase === "again") return this.#decide(slot, frame, node);
    if (frame.phase !== "running") {
      // Nothing of the body has run, or all of it: begin with the data flow again.
      delete frame.extension;
      delete frame.input;
      frame.local = null;
      frame.phase = "fetching";
      return this.#prepare(slot, frame, node);
    }
    this.turn.noteStarted(frame, node);
    if (node.timeout !== undefined) startTimeout(this.turn, slot, node.timeout, inputOf(frame));
    const run = new FrameRun(this.turn, frame);
    const revived = node.type.revive !== undefined && frame.local !== null;
    const next = this.apply(
      slot,
      revived
        ? (node.type.revive as NonNullable<typeof node.type.revive>)(node.body, run)
        : node.type.start(node.body, run),
    );
    return node.kind === "listen" ? this.#listenStarted(slot, frame, node, next) : next;
  }

  /** Completes a task that is under way with an output given from outside. */
  completeFrom(slot: number, output: Json): Next {
    const frame = this.turn.taskFrame(slot);
    this.#at = slot;
    this.turn.cancelBelow(slot);
    this.turn.cancelCommands(frame);
    if (frame.phase === "new" || frame.phase === "fetching") frame.phase = "running";
    const node = this.turn.node(frame);
    if (node.kind === "listen") listenEnded(this.turn, node, frame);
    return this.#leave(slot, frame, node, output, node.then);
  }
}

/** Issues again what a task waits for beside a child that goes on or is entered; a child of an extension is none of the task's own. */
export function rearm(turn: Turn, slot: number, node: TaskNode, role: string): void {
  if (role.startsWith("@")) return;
  const drafts = node.type.rearm?.(node.body, new FrameRun(turn, turn.taskFrame(slot)), role) ?? [];
  for (const draft of drafts) turn.issue(slot, draft);
}
