import type { Drawing, PlacedBox, PlacedEdge } from "./layout.ts";

/** A task's state to lay over its box: a phase word, and what to show beside it. */
export interface LiveState {
  readonly phase:
    | "pending"
    | "running"
    | "waiting"
    | "retrying"
    | "completed"
    | "faulted"
    | "cancelled"
    | "skipped"
    | "suspended";
  readonly note?: string;
}

const STYLE = `
.b{fill:var(--box,#fff);stroke:var(--line,#7b8794);stroke-width:1.2}.f{fill:var(--frame,#f5f7fa)}
.n{font:600 12px system-ui,sans-serif;fill:var(--text,#1f2933)}.s,.t,.l{font:11px system-ui,sans-serif;fill:var(--soft,#616e7c)}
.e{fill:none;stroke:var(--line,#7b8794);stroke-width:1.2}.j{stroke-dasharray:4 3}
.completed{stroke:#2f9e44;fill:#ebfbee}.faulted{stroke:#e03131;fill:#fff5f5}.running{stroke:#1c7ed6;fill:#e7f5ff}.waiting,.retrying,.suspended{stroke:#e8590c;fill:#fff4e6}
.cancelled,.skipped{stroke:#adb5bd;fill:#f1f3f5;stroke-dasharray:3 3}`.replaceAll("\n", "");

/** The drawing as a standalone SVG document; `states` (by task pointer) are laid over the boxes, in words as well as in colour. */
export function svg(drawing: Drawing, states: ReadonlyMap<string, LiveState> = new Map()): string {
  const top = 24;
  const [width, height] = [Math.ceil(drawing.width), Math.ceil(drawing.height) + top];
  const ordered = drawing.boxes.toSorted(
    (left, right) => Number(right.frame) - Number(left.frame) || right.width * right.height - left.width * left.height,
  );
  const parts = [
    ...ordered.map((box) => boxSvg(box, states.get(box.block.pointer))),
    ...drawing.edges.map(edgeSvg),
    ...drawing.titles.map(
      ({ text, x, y }) => `<text class="t" x="${round(x)}" y="${round(y)}" text-anchor="middle">${escape(text)}</text>`,
    ),
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(drawing.title)}">`,
    `<style>${STYLE}</style>`,
    `<defs><marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="var(--line,#7b8794)"/></marker></defs>`,
    `<text class="n" x="14" y="18">${escape(drawing.title)}</text>`,
    `<g transform="translate(0 ${top})">${parts.join("")}</g></svg>\n`,
  ].join("");
}

function boxSvg({ block, x, y, width, height, frame }: PlacedBox, state: LiveState | undefined): string {
  const classes = ["b", frame ? "f" : "", state?.phase ?? ""].filter((name) => name !== "").join(" ");
  const note = state === undefined ? "" : ` · ${state.phase}${state.note === undefined ? "" : ` ${state.note}`}`;
  const name = `${block.conditional ? "? " : ""}${block.name}`;
  const texts = frame
    ? `<text class="n" x="${round(x + 12)}" y="${round(y + 20)}">${escape(name)}<tspan class="s" dx="8">${escape(block.summary + note)}</tspan></text>`
    : `<text class="n" x="${round(x + width / 2)}" y="${round(y + 19)}" text-anchor="middle">${escape(name)}</text><text class="s" x="${round(x + width / 2)}" y="${round(y + 35)}" text-anchor="middle">${escape(block.summary + note)}</text>`;
  return `<g data-pointer="${escape(block.pointer)}"><rect class="${classes}" x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="6"/>${texts}</g>`;
}

function edgeSvg({ points, jump, label }: PlacedEdge): string {
  const path = points.map(([x, y], index) => `${index === 0 ? "M" : "L"}${round(x)} ${round(y)}`).join("");
  const [first] = points as readonly [readonly [number, number]];
  const text =
    label === "" ? "" : `<text class="l" x="${round(first[0] + 4)}" y="${round(first[1] - 4)}">${escape(label)}</text>`;
  return `<path class="e${jump ? " j" : ""}" d="${path}" marker-end="url(#a)"/>${text}`;
}

const round = (value: number): number => Math.round(value * 10) / 10;

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
