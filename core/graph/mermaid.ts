import type { Lane, TaskBlock } from "./blocks.ts";

/** The blocks as a Mermaid flowchart, for documents and pull requests. */
export function mermaid(root: Lane): string {
  const lines = ["flowchart TD"];
  const ids = new Map<string, string>();
  const id = (pointer: string): string => {
    const known = ids.get(pointer) ?? `t${ids.size}`;
    ids.set(pointer, known);
    return known;
  };
  const declare = (block: TaskBlock, indent: string): void => {
    if (block.lanes.length === 0) {
      const [open, close] = block.kind === "switch" ? ["{{", "}}"] : ["[", "]"];
      lines.push(`${indent}${id(block.pointer)}${open}"${clean(block.name)}<br/>${clean(block.summary)}"${close}`);
      return;
    }
    lines.push(`${indent}subgraph ${id(block.pointer)}["${clean(block.name)}: ${clean(block.summary)}"]`);
    block.lanes.forEach((lane, index) => {
      if (lane.title !== "" && block.lanes.length > 1)
        lines.push(`${indent}  subgraph ${id(block.pointer)}_${index}["${clean(lane.title)}"]`);
      declareLane(lane, `${indent}  `);
      if (lane.title !== "" && block.lanes.length > 1) lines.push(`${indent}  end`);
    });
    lines.push(`${indent}end`);
  };
  const declareLane = (lane: Lane, indent: string): void => {
    for (const block of lane.tasks) declare(block, indent);
    lane.tasks.forEach((block, index) => {
      const next = lane.tasks[index + 1];
      for (const { label, to } of block.jumps) {
        const goal = typeof to === "object" ? id(to.pointer) : `${to}(("${to}"))`;
        lines.push(`${indent}${id(block.pointer)} -.${label === "" ? "-" : ` ${clean(label)} .-`}> ${goal}`);
      }
      if (next !== undefined && !block.jumps.some((jump) => jump.always))
        lines.push(`${indent}${id(block.pointer)} --> ${id(next.pointer)}`);
    });
  };
  declareLane(root, "  ");
  return `${lines.join("\n")}\n`;
}

function clean(text: string): string {
  return text
    .replaceAll('"', "'")
    .replaceAll(/[<>{}[\]|]/gu, " ")
    .replaceAll(/\s+/gu, " ")
    .trim();
}
