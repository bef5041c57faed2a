/** Where a process may be killed on purpose. Torture tests walk over all of them; a point that is never hit there is reported. */
export const failpointNames = [
  "start.before-commit",
  "start.after-commit",
  "start.before-ack",
  "step.before",
  "step.after",
  "commit.before",
  "commit.after",
  "ack.before",
  "effects.before",
  "effects.after",
  "dispatch.before",
  "dispatch.intent",
  "dispatch.after",
  "activity.result",
  "snapshot.before",
  "timer.before-fire",
  "timer.after-fire",
  "timer.reload",
  "outbox.before",
  "outbox.after",
  "publish.before",
  "publish.after",
  "child.before-start",
  "child.after-start",
  "recovery.begin",
  "recovery.run",
  "recovery.end",
  "retention.before",
  "retention.after",
] as const;

/** Name of a point. */
export type FailpointName = (typeof failpointNames)[number];

let handler: ((name: FailpointName) => void) | undefined;

/** Marks a point; costs one comparison while nothing is armed. */
export function failpoint(name: FailpointName): void {
  if (handler !== undefined) handler(name);
}

/** Installs what happens at points, or nothing. Process-wide, as the process is what dies. */
export function armFailpoints(next: ((name: FailpointName) => void) | undefined): void {
  handler = next;
}

/** Reads `name:n` and calls `kill` at the n-th hit of that point. Throws on an unknown name, since a torture test that kills nothing proves nothing. */
export function armFailpoint(setting: string, kill: () => void): void {
  const [name = "", count = "1"] = setting.split(":");
  if (!failpointNames.some((known) => known === name)) {
    throw new Error(`Cannot arm failpoint "${name}": it is unknown, it should be one of ${failpointNames.join(", ")}`);
  }
  let left = Number(count);
  if (!Number.isInteger(left) || left < 1)
    throw new Error(`Cannot arm failpoint "${setting}": the count is "${count}", it should be a positive integer`);
  armFailpoints((hit) => {
    if (hit === name && --left === 0) kill();
  });
}
