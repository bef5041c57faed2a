import type { EventFilter, TaskDefinition } from "@stigmer/core/dsl/model.ts";
import { EVENT_TYPES, ROOM_TYPES, ROOMS } from "./generated-events.ts";
import type { Random } from "./random.ts";

/** Draws a listen task of any strategy, with or without correlation and a handler for each event. */
export function drawListen(random: Random, name: () => string): TaskDefinition {
  const type = (): EventFilter => ({ with: { type: random.pick(EVENT_TYPES) } });
  const [red, green] = EVENT_TYPES.map((one): EventFilter => ({ with: { type: one } })) as [EventFilter, EventFilter];
  const until = `\${ length >= ${String(random.between(1, 3))} }`;
  switch (random.pick(["one", "one", "any", "all", "until", "untilEvent", "foreach", "room", "rooms"])) {
    case "one":
      return { listen: { to: { one: type() } } };
    case "any":
      return { listen: { to: { any: [red, green] } } };
    case "all":
      return { listen: { to: { all: [red, green] } } };
    case "until":
      return { listen: { to: { any: [type()], until } } };
    case "untilEvent":
      return { listen: { to: { any: [red], until: { one: green } } } };
    case "foreach":
      return {
        listen: { to: { any: [type()], until } },
        foreach: { item: "event", do: [{ [name()]: handler(random) }, { [name()]: { set: { handled: true } } }] },
      };
    case "room":
      return { listen: { to: { one: inRoom(random.pick(ROOM_TYPES), String(random.pick(ROOMS))) } } };
    default:
      return { listen: { to: { all: ROOM_TYPES.map((one) => inRoom(one)) } } };
  }
}

function handler(random: Random): TaskDefinition {
  return random.chance(0.5) ? { set: { n: 1 } } : { wait: { milliseconds: random.pick([1, 20_000]) } };
}

function inRoom(type: string, expect?: string): EventFilter {
  const room = { from: "${ .data.room }", ...(expect === undefined ? {} : { expect: `\${ ${expect} }` }) };
  return { with: { type }, correlate: { room } };
}
