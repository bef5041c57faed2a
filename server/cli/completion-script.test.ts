import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { commands } from "./commands/index.ts";
import { completionScript } from "./completion-script.ts";

/** What bash itself offers for a line, its last word being completed. */
function offered(...words: readonly string[]): readonly string[] {
  const line = words.map((word) => `'${word}'`).join(" ");
  const script = `${completionScript("bash", commands)}\nCOMP_WORDS=(stigmer ${line}); COMP_CWORD=${words.length}; _stigmer; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync("bash", ["--norc", "-c", script], { encoding: "utf8" }).trim().split("\n");
}

describe("completionScript", () => {
  test("bash asks `stigmer __complete` for values, with the words before the cursor, and offers its answer", () => {
    const script = `${completionScript("bash", commands)}
stigmer() { [ "$*" = "__complete get workflow =or" ] && printf 'order-saga\tSaga\nother\t\n'; }
COMP_WORDS=(stigmer get workflow or); COMP_CWORD=3; _stigmer; printf '%s\n' "\${COMPREPLY[@]}"`;
    expect(execFileSync("bash", ["--norc", "-c", script], { encoding: "utf8" })).toBe("order-saga\n");
  });

  test.each([
    [["va"], ["validate"]],
    [["lin"], ["lint"]],
    [["test", "--cov"], ["--coverage"]],
    [
      ["server", "--limit-re"],
      ["--limit-request-bytes", "--limit-response-bytes", "--limit-redirects"],
    ],
    [["lint", "--str"], ["--strict"]],
  ])("teaches bash %j", (words, expected) => {
    expect(offered(...words).toSorted()).toEqual(expected.toSorted());
  });

  test("gives every command to fish, quoted, and zsh what bash has", () => {
    const fish = completionScript("fish", commands) ?? "";
    for (const { name } of commands) expect(fish).toContain(` -a ${name} -d '`);
    expect(fish).toContain("-l output -s o -r");
    expect(completionScript("zsh", commands)).toContain("#compdef stigmer");
    expect(completionScript("powershell", commands)).toContain(
      "Register-ArgumentCompleter -Native -CommandName stigmer",
    );
    expect(completionScript("csh", commands)).toBeUndefined();
  });
});
