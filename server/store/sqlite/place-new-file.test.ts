import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { placeNewFile, removeAbandonedDrafts } from "./place-new-file.ts";

let folder = "";
let file = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "stigmer-place-"));
  file = path.join(folder, "file");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("placeNewFile", () => {
  test("gives the file its name only when it is complete", () => {
    placeNewFile(file, (draft) => {
      writeFileSync(draft, "whole");
      expect(readdirSync(folder)).toEqual([path.basename(draft)]);
    });
    expect(readFileSync(file, "utf8")).toBe("whole");
    expect(readdirSync(folder)).toEqual(["file"]);
  });

  test("leaves nothing when the file cannot be made", () => {
    const fail = (draft: string): void => {
      writeFileSync(draft, "half");
      throw new Error("disk full");
    };
    expect(() => placeNewFile(file, fail)).toThrow("disk full");
    expect(readdirSync(folder)).toEqual([]);
  });

  test("keeps the file of a process that was faster", () => {
    placeNewFile(file, (draft) => {
      writeFileSync(draft, "mine");
      writeFileSync(file, "theirs");
    });
    expect(readFileSync(file, "utf8")).toBe("theirs");
    expect(readdirSync(folder)).toEqual(["file"]);
  });
});

test("removeAbandonedDrafts removes what dead processes left, and nothing else", () => {
  const { pid: dead } = spawnSync(process.execPath, ["--version"]);
  const kept = ["file", "file.new", "file.new-x", `file.new-${process.ppid}`, `other.new-${dead}`];
  for (const name of [...kept, `file.new-${dead}`, `file.new-${dead}-wal`]) writeFileSync(path.join(folder, name), "");
  removeAbandonedDrafts(file);
  expect(readdirSync(folder).toSorted()).toEqual(kept.toSorted());
});
