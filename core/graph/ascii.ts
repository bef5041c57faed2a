import type { Lane, TaskBlock } from "./blocks.ts";
import type { LiveState } from "./svg.ts";

const GLYPHS: { readonly [phase in LiveState["phase"]]: string } = {
  pending: "○",
  running: "●",
  waiting: "◌",
  retrying: "↻",
  completed: "✓",
  faulted: "✗",
  cancelled: "■",
  skipped: "-",
  suspended: "‖",
};

/** The blocks as an indented tree for terminals; jumps are told in words behind their task. */
export function ascii(root: Lane, states: ReadonlyMap<string, LiveState> = new Map()): string {
  const lines: string[] = [root.title];
  const names = new Map<string, string>();
  const collect = (lane: Lane): void => {
    for (const block of lane.tasks) {
      names.set(block.pointer, block.name);
      block.lanes.forEach(collect);
    }
  };
  collect(root);
  const draw = (block: TaskBlock, indent: string, last: boolean): void => {
    const state = states.get(block.pointer);
    const mark = state === undefined ? "" : `${GLYPHS[state.phase]} `;
    const jumps = block.jumps.map(
      ({ label, to }) => `${label === "" ? "" : `${label} `}-> ${typeof to === "object" ? names.get(to.pointer) : to}`,
    );
    const words = [block.conditional ? `if ... ${block.summary}` : block.summary, ...jumps, state?.note ?? ""]
      .filter((word) => word !== "")
      .join("  ");
    lines.push(`${indent}${last ? "└─" : "├─"} ${mark}${block.name}  ${words}`.trimEnd());
    const inside = `${indent}${last ? "   " : "│  "}`;
    block.lanes.forEach((lane, index) => drawLane(lane, inside, index === block.lanes.length - 1));
  };
  const drawLane = (lane: Lane, indent: string, lastLane: boolean): void => {
    const titled = lane.title !== "" && lane.title !== "each";
    if (titled) lines.push(`${indent}${lastLane ? "└─" : "├─"} ${lane.title}:`);
    const inside = titled ? `${indent}${lastLane ? "   " : "│  "}` : indent;
    lane.tasks.forEach((block, index) => draw(block, inside, index === lane.tasks.length - 1 && (titled || lastLane)));
  };
  root.tasks.forEach((block, index) => draw(block, "", index === root.tasks.length - 1));
  return `${lines.join("\n")}\n`;
}
