import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { loadWorkflow } from "../check/load.ts";
import { ascii } from "./ascii.ts";
import { type Lane, type TaskBlock, blocks } from "./blocks.ts";
import { type PlacedBox, layout } from "./layout.ts";
import { mermaid } from "./mermaid.ts";
import { svg } from "./svg.ts";

const load = (text: string): Lane => {
  const { document, diagnostics } = loadWorkflow(text);
  if (document === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return blocks(document);
};

const flow = (body: string): Lane =>
  load(`document: { dsl: 1.0.3, namespace: test, name: flow, version: 1.0.0 }\ndo:\n${body}`);

const polling = flow(`
  - ask: { call: http, with: { method: get, endpoint: http://127.0.0.1/a } }
  - decide:
      switch:
        - again: { when: .wait, then: ask }
        - ready: { then: done }
  - both:
      fork:
        branches:
          - left: { set: { a: 1 } }
          - right: { do: [{ one: { wait: PT1S } }, { two: { set: { b: 1 } } }] }
  - done: { if: .ok, set: { c: 1 }, then: end }
`);

const all = (lane: Lane): readonly TaskBlock[] => lane.tasks.flatMap((block) => [block, ...block.lanes.flatMap(all)]);

describe("blocks", () => {
  test("have a pointer into the document, a summary and their jumps", () => {
    expect(all(polling).map(({ name, pointer, summary }) => [name, pointer, summary])).toEqual([
      ["ask", "/do/0/ask", "GET http://127.0.0.1/a"],
      ["decide", "/do/1/decide", "switch"],
      ["both", "/do/2/both", "in parallel"],
      ["left", "/do/2/both/fork/branches/0/left", "set"],
      ["right", "/do/2/both/fork/branches/1/right", "do"],
      ["one", "/do/2/both/fork/branches/1/right/do/0/one", "wait PT1S"],
      ["two", "/do/2/both/fork/branches/1/right/do/1/two", "set"],
      ["done", "/do/3/done", "set"],
    ]);
    expect(polling.tasks[1]?.jumps).toEqual([
      { label: "again", to: { pointer: "/do/0/ask" }, always: false },
      { label: "ready", to: { pointer: "/do/3/done" }, always: false },
    ]);
    expect(polling.tasks[3]).toMatchObject({ conditional: true, jumps: [{ to: "end" }] });
  });
});

describe("ascii", () => {
  test("draws a tree with jumps in words and states as glyphs", () => {
    expect(ascii(polling, new Map([["/do/0/ask", { phase: "completed" as const, note: "12 ms" }]]))).toBe(
      [
        "flow",
        "├─ ✓ ask  GET http://127.0.0.1/a  12 ms",
        "├─ decide  switch  again -> ask  ready -> done",
        "├─ both  in parallel",
        "│  ├─ left  set",
        "│  └─ right  do",
        "│     ├─ one  wait PT1S",
        "│     └─ two  set",
        "└─ done  if ... set  -> end",
        "",
      ].join("\n"),
    );
  });
});

describe("layout", () => {
  const overlap = (a: PlacedBox, b: PlacedBox): boolean =>
    a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
  const inside = (a: PlacedBox, b: PlacedBox): boolean =>
    a.x >= b.x && a.y >= b.y && a.x + a.width <= b.x + b.width + 0.01 && a.y + a.height <= b.y + b.height + 0.01;
  const examples = ["order-fulfilment", "order-saga", "expense-approval", "price-update", "wait-for-report"];

  test.each(examples)("of %s has every task once, boxes apart or inside each other, all inside the drawing", (name) => {
    const root = load(readFileSync(path.resolve(import.meta.dirname, `../../examples/${name}/workflow.yaml`), "utf8"));
    const drawing = layout(root);
    expect(drawing.boxes.map(({ block }) => block.pointer).toSorted()).toEqual(
      all(root)
        .map(({ pointer }) => pointer)
        .toSorted(),
    );
    const wrong = drawing.boxes.flatMap((a, index) =>
      drawing.boxes
        .slice(index + 1)
        .filter((b) => overlap(a, b) && !(b.block.pointer.startsWith(a.block.pointer) ? inside(b, a) : inside(a, b)))
        .map((b) => `${a.block.name} / ${b.block.name}`),
    );
    expect(wrong).toEqual([]);
    expect(
      drawing.boxes.filter(
        ({ x, y, width, height }) => x < 0 || y < 0 || x + width > drawing.width || y + height > drawing.height,
      ),
    ).toEqual([]);
  });

  test("routes each jump in a channel of its own to the right of both boxes", () => {
    const { boxes, edges } = layout(polling);
    const jumps = edges.filter(({ jump }) => jump);
    const channels = jumps.map(({ points }) => points[1]?.[0] as number);
    expect(new Set(channels).size).toBe(jumps.length);
    const right = Math.max(...boxes.map(({ x, width }) => x + width));
    expect(channels.every((x) => x > right - 1)).toBe(true);
  });
});

describe("svg and mermaid", () => {
  test("svg is well-formed, escapes text and shows states in words", () => {
    const text = svg(
      layout(
        flow(`\n  - odd: { raise: { error: { type: "https://x.example/odd", status: 400, title: 'a "b" <c>' } } }\n`),
      ),
      new Map([["/do/0/odd", { phase: "faulted" as const }]]),
    );
    expect(text).toContain("raise a &quot;b&quot; &lt;c&gt; · faulted");
    expect(text.match(/<(g|text|svg|tspan|defs|marker|style)\b/gu)?.length).toBe(
      text.match(/<\/(g|text|svg|tspan|defs|marker|style)>/gu)?.length,
    );
  });

  test("mermaid names jumps and containers", () => {
    const text = mermaid(polling);
    expect(text).toMatch(/t1 -\. again \.-> t0/u);
    expect(text).toMatch(/subgraph t\d+\["both: in parallel"\]/u);
    expect(text).toMatch(/-\.-> end\(\("end"\)\)/u);
  });
});
