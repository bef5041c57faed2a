import type { Jump, Lane, TaskBlock } from "./blocks.ts";

/*
 * Places boxes: lists run downwards, the lanes of a box stand side by side, and jumps run in channels to the right of their list. One pass up for sizes, one pass down for places.
 */

const CHAR_WIDTH = 7.2;
const BOX_HEIGHT = 46;
const BOX_WIDTH_MIN = 120;
const GAP = 26;
const PADDING = 14;
const HEADER = 34;
const TITLE = 18;
const CHANNEL = 14;

/** A placed box; coordinates are pixels from the top left corner. */
export interface PlacedBox {
  readonly block: TaskBlock;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** A box with lanes is drawn as a frame with a header. */
  readonly frame: boolean;
}

/** A placed lane title. */
export interface PlacedTitle {
  readonly text: string;
  readonly x: number;
  readonly y: number;
}

/** A line between boxes: its corner points in order, and a label at the first one. */
export interface PlacedEdge {
  readonly from: string;
  readonly to: string;
  readonly label: string;
  readonly jump: boolean;
  readonly points: readonly (readonly [number, number])[];
}

/** A drawing: everything with its place. */
export interface Drawing {
  readonly title: string;
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly PlacedBox[];
  readonly titles: readonly PlacedTitle[];
  readonly edges: readonly PlacedEdge[];
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Lays out the blocks of a definition. Linear in the number of tasks. */
export function layout(root: Lane): Drawing {
  const sizes = new Map<TaskBlock, Size>();
  const boxes: PlacedBox[] = [];
  const titles: PlacedTitle[] = [];
  const edges: PlacedEdge[] = [];

  const channels = (lane: Lane): number =>
    lane.tasks.reduce((count, task) => count + task.jumps.filter((jump) => typeof jump.to === "object").length, 0);

  const laneSize = (lane: Lane): Size => {
    let [width, height] = [BOX_WIDTH_MIN / 2, lane.title === "" ? 0 : TITLE];
    lane.tasks.forEach((task, index) => {
      const size = boxSize(task);
      width = Math.max(width, size.width);
      height += size.height + (index === 0 ? 0 : GAP);
    });
    return { width: width + channels(lane) * CHANNEL, height };
  };

  const boxSize = (block: TaskBlock): Size => {
    const text = Math.max(block.name.length, block.summary.length) * CHAR_WIDTH + 2 * PADDING;
    let size: Size = { width: Math.max(BOX_WIDTH_MIN, text), height: BOX_HEIGHT };
    if (block.lanes.length > 0) {
      const inner = block.lanes.map(laneSize);
      const width = inner.reduce((sum, lane) => sum + lane.width, 0) + GAP * (inner.length - 1) + 2 * PADDING;
      const header = (block.name.length + block.summary.length + 3) * CHAR_WIDTH + 2 * PADDING;
      size = {
        width: Math.max(BOX_WIDTH_MIN, header, width),
        height: HEADER + Math.max(...inner.map((lane) => lane.height)) + PADDING,
      };
    }
    sizes.set(block, size);
    return size;
  };

  const placeLane = (lane: Lane, left: number, top: number, width: number): void => {
    let y = top;
    if (lane.title !== "") {
      titles.push({ text: lane.title, x: left + width / 2, y: y + 10 });
      y += TITLE;
    }
    const room = width - channels(lane) * CHANNEL;
    const placed: PlacedBox[] = [];
    for (const block of lane.tasks) {
      const size = sizes.get(block) as Size;
      placed.push(placeBox(block, left + (room - size.width) / 2, y, size));
      y += size.height + GAP;
    }
    placed.forEach((box, index) => {
      const next = placed[index + 1];
      if (next !== undefined && !box.block.jumps.some((jump) => jump.always)) {
        edges.push(straight(box, next));
      }
    });
    routeJumps(placed, left + room);
  };

  const placeBox = (block: TaskBlock, x: number, y: number, size: Size): PlacedBox => {
    const box: PlacedBox = { block, x, y, ...size, frame: block.lanes.length > 0 };
    boxes.push(box);
    const inner = block.lanes.map(laneSize);
    const total = inner.reduce((sum, lane) => sum + lane.width, 0) + GAP * (inner.length - 1);
    let left = x + (size.width - total) / 2;
    block.lanes.forEach((lane, index) => {
      const { width } = inner[index] as Size;
      placeLane(lane, left, y + HEADER, width);
      left += width + GAP;
    });
    return box;
  };

  const routeJumps = (placed: readonly PlacedBox[], right: number): void => {
    let channel = right + CHANNEL / 2;
    for (const box of placed) {
      for (const jump of box.block.jumps) {
        const target = targetOf(jump, placed);
        if (target === undefined) continue;
        const from: readonly [number, number] = [box.x + box.width, box.y + box.height / 2];
        const to: readonly [number, number] = [
          target.x + target.width,
          target.y + Math.min(target.height, BOX_HEIGHT) / 3,
        ];
        edges.push({
          from: box.block.pointer,
          to: target.block.pointer,
          label: jump.label,
          jump: true,
          points: [from, [channel, from[1]], [channel, to[1]], to],
        });
        channel += CHANNEL;
      }
    }
  };

  const size = laneSize(root);
  placeLane(root, PADDING, PADDING, size.width);
  return {
    title: root.title,
    width: size.width + 2 * PADDING,
    height: size.height + 2 * PADDING,
    boxes,
    titles,
    edges,
  };
}

function straight(from: PlacedBox, to: PlacedBox): PlacedEdge {
  const x = from.x + from.width / 2;
  return {
    from: from.block.pointer,
    to: to.block.pointer,
    label: "",
    jump: false,
    points: [
      [x, from.y + from.height],
      [to.x + to.width / 2, to.y],
    ],
  };
}

function targetOf(jump: Jump, placed: readonly PlacedBox[]): PlacedBox | undefined {
  const { to } = jump;
  return typeof to === "object" ? placed.find((box) => box.block.pointer === to.pointer) : undefined;
}
