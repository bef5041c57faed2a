import type { WorkflowDocument } from "@stigmer/core/dsl/model.ts";
import { describe, expect, test } from "vitest";
import { StoreUnavailable, type Write } from "../../store/ports.ts";
import { blank, EmbeddedWorld } from "../testing/embedded-world.ts";
import { INTENT_SPACE } from "./intent.ts";

const pay: WorkflowDocument = {
  document: { dsl: "1.0.0", namespace: "test", name: "pay", version: "1.0.0" },
  do: [
    {
      pay: {
        call: "http",
        with: { method: "post", endpoint: "http://127.0.0.1/" },
        metadata: { "stigmer.delivery": "at-most-once" },
      },
    },
  ],
};

function isIntent(write: Write): boolean {
  return write.op === "putRecord" && write.row.space === INTENT_SPACE;
}

function isCancellation(write: Write): boolean {
  return write.op === "append" && write.record.data.includes('"cancelled"');
}

describe("Dispatcher", () => {
  test.each(["before its intent is on its way to the disk", "while the disk refuses its intent"])(
    "leaves no intent of a call that is cancelled %s, whatever a crash cuts off",
    async (when) => {
      const world = await EmbeddedWorld.open();
      const { store, engine } = world;
      const [commit, read] = [store.commit.bind(store), store.records.get.bind(store.records)];
      let cancellationOnItsWay: () => void = () => undefined;
      let cancelled: Promise<unknown> | undefined;
      const cancel = async (): Promise<void> => {
        const onItsWay = new Promise<void>((resolve) => (cancellationOnItsWay = resolve));
        cancelled = engine.control("r1", { type: "cancelled" });
        await onItsWay;
      };
      store.records.get = async (space, key) => {
        const row = await read(space, key);
        if (space === INTENT_SPACE && when.startsWith("before")) await cancel();
        return row;
      };
      store.commit = async (batch) => {
        if (batch.some(isIntent) && cancelled === undefined) {
          await cancel();
          throw new StoreUnavailable("diskFull", "Cannot commit: the disk is full");
        }
        const done = commit(batch);
        if (batch.some(isCancellation)) cancellationOnItsWay();
        return done;
      };
      await engine.start(blank("r1", world.define(pay)));
      await world.pass(100);
      expect(await cancelled).toMatchObject({ status: "cancelled" });
      await world.crash();
      await world.pass(5_000);
      expect(world.calls("pay")).toBe(0);
      expect(await world.store.records.list(INTENT_SPACE)).toEqual([]);
    },
  );
});
