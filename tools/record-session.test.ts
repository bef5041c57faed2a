import { readFileSync } from "node:fs";
import { connect } from "node:net";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { itNeeding } from "./testing/need.ts";
import { recordSession, sessionPath } from "./record-session.ts";

/** A server that somebody runs at the default address would answer in place of none. */
const isTaken = await new Promise<boolean>((resolve) => {
  const socket = connect({ host: "127.0.0.1", port: 7234 });
  socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
  socket.once("close", () => socket.destroy());
});
const read = (file: string): string => readFileSync(file, "utf8");

describe("the recorded session of the tutorial", () => {
  itNeeding(
    isTaken ? "needs port 7234 of loopback, where a server listens" : undefined,
    "is what the commands say today",
    async () => {
      expect(await recordSession(), "run `npx tsx tools/record-session.ts`").toBe(read(sessionPath));
    },
    120_000,
  );

  test("has every command of the tutorial that ends by itself", () => {
    const tutorial = read(path.resolve(import.meta.dirname, "../docs/guides/tutorial.md"));
    const typed = [...tutorial.matchAll(/^\$ (stigmer .+)$/gmu)].map(([, command]) => command as string);
    const session = read(sessionPath);
    expect(typed.length).toBeGreaterThan(6);
    for (const command of typed) expect(session).toContain(`$ ${command}\n`);
  });

  test("answers each of the four mistakes with one error, at its place, with a hint", () => {
    const session = read(sessionPath);
    const answer = (file: string): string => session.split(`$ stigmer validate ${file}\n`)[1]?.split("\n$ ")[0] ?? "";
    const places = { "typo.yaml": "4:7", "then.yaml": "5:13", "jq.yaml": "5:41", "missing.yaml": "5:7" };
    for (const [file, place] of Object.entries(places)) {
      const text = answer(file);
      expect({ file, errors: text.match(/^error\[/gmu)?.length, place: / --> (.+)$/mu.exec(text)?.[1] }).toEqual({
        file,
        errors: 1,
        place: `${file}:${place}`,
      });
      expect(text).toContain("= help:");
    }
  });
});
