import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { commandPages, commandPagesPath } from "./command-docs.ts";

test("docs/reference/commands is what the definitions of the commands say", () => {
  const pages = commandPages();
  expect(readdirSync(commandPagesPath).toSorted()).toEqual([...pages.keys()].toSorted());
  for (const [file, text] of pages)
    expect(readFileSync(path.join(commandPagesPath, file), "utf8"), "run `npx tsx tools/command-docs.ts`").toBe(text);
});
