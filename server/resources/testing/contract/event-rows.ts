import { expect } from "vitest";
import { type ContractRow } from "./contract-row.ts";

/** What the rpcs of an event answer. */
export const eventRows: readonly ContractRow[] = [
  {
    rpc: "event.publish again",
    code: "OK",
    call: async (c, n) => {
      const event = { id: n, source: "test", type: "test.repeated" };
      expect(await c.event.service.publish({ event })).toMatchObject({ eventId: n, duplicate: false });
      expect(await c.event.service.publish({ event })).toMatchObject({ eventId: n, duplicate: true });
      expect(await c.event.service.publish({ org: "other", event })).toMatchObject({ duplicate: false });
      const { results } = await c.event.service.publishBatch({ events: [event, { ...event, id: `${n}-2` }] });
      expect(results.map(({ duplicate }) => duplicate)).toEqual([true, false]);
    },
  },
  { rpc: "event.publish", code: "INVALID_ARGUMENT", call: (c) => c.event.service.publish({}) },
  {
    rpc: "event.publish",
    code: "INVALID_ARGUMENT",
    text: /extensions\["data"\]/u,
    call: (c) =>
      c.event.service.publish({
        event: { source: "s", type: "t", extensions: { data: { kind: { case: "stringValue", value: "x" } } } },
      }),
  },
  {
    rpc: "event.publish",
    code: "OK",
    call: async (c) =>
      expect((await c.event.service.publish({ org: "local", event: { source: "s", type: "t" } })).eventId).not.toBe(""),
  },
  { rpc: "event.publishBatch", code: "INVALID_ARGUMENT", call: (c) => c.event.service.publishBatch({}) },
];
