import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { describeNeeding, lackOfPrograms } from "../../tools/testing/need.ts";
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
      ["--limit-request-bytes", "--limit-request-queue", "--limit-response-bytes", "--limit-redirects"],
    ],
    [["lint", "--str"], ["--strict"]],
  ])("teaches bash %j", (words, expected) => {
    expect(offered(...words).toSorted()).toEqual(expected.toSorted());
  });

  test("gives PowerShell one that asks for everything, and no other shell any", () => {
    expect(completionScript("powershell", commands)).toContain(
      "Register-ArgumentCompleter -Native -CommandName stigmer",
    );
    expect(completionScript("csh", commands)).toBeUndefined();
  });
});

/** A folder to complete in, with one file, and a `stigmer` on the path that answers a few questions as the real one would. */
const folder = mkdtempSync(path.join(os.tmpdir(), "stigmer-completion-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const files = path.join(folder, "files");
mkdirSync(files);
mkdirSync(path.join(folder, "bin"));
writeFileSync(path.join(files, "wf.yaml"), "");
writeFileSync(
  path.join(folder, "bin/stigmer"),
  `#!/bin/sh
case "$*" in
"__complete get workflow =or") printf 'order-saga\\tSaga of orders\\n' ;;
"__complete get =") printf 'workflow\\tall\\nrun\\tall\\n' ;;
"__complete validate -o =sa") printf 'sarif\\t\\n' ;;
esac
`,
  { mode: 0o755 },
);
const env = {
  PATH: `${path.join(folder, "bin")}:${process.env["PATH"]}`,
  HOME: folder,
  TERM: "xterm",
  LC_ALL: "C.UTF-8",
};

/** Lines that both shells complete to one answer: a command, its alias, a flag, a name that the server has, the value of a flag, a file. */
const lines: readonly (readonly [line: string, word: string])[] = [
  ["vali", "validate"],
  ["lin", "lint"],
  ["validate --str", "--strict"],
  ["lint --str", "--strict"],
  ["get workflow or", "order-saga"],
  ["validate -o sa", "sarif"],
  ["validate w", "wf.yaml"],
];

describeNeeding(lackOfPrograms("fish"), "the completion script in fish", () => {
  const script = path.join(folder, "stigmer.fish");
  writeFileSync(script, completionScript("fish", commands) ?? "");
  const complete = (line: string): readonly string[] =>
    execFileSync("fish", ["--no-config", "-c", `source ${script}; complete -C 'stigmer ${line}'`], {
      encoding: "utf8",
      cwd: files,
      env,
    })
      .trimEnd()
      .split("\n")
      .map((one) => one.split("\t")[0] ?? "");

  test.each(lines)("completes `stigmer %s` to %s", (line, word) => {
    expect(complete(line)).toEqual([word]);
  });

  test("offers what the server has and no file where a name is meant, and every command at the start", () => {
    expect(complete("get ").toSorted()).toEqual(["run", "workflow"]);
    const shown = commands
      .filter(({ hidden }) => hidden !== true)
      .flatMap(({ name, aliases = [] }) => [name, ...aliases]);
    expect(complete("")).toEqual(expect.arrayContaining(shown));
    expect(complete("")).not.toContain("wf.yaml");
  });

  test("says what a command does, also where its words have quotes", () => {
    const all = execFileSync("fish", ["--no-config", "-c", `source ${script}; complete -C 'stigmer '`], {
      encoding: "utf8",
      env,
    });
    for (const { name, summary, hidden } of commands)
      if (hidden !== true) expect(all).toContain(`${name}\t${summary}\n`);
  });
});

describeNeeding(lackOfPrograms("zsh"), "the completion script in zsh", () => {
  const fpath = path.join(folder, "fpath");
  mkdirSync(fpath);
  writeFileSync(path.join(fpath, "_stigmer"), completionScript("zsh", commands) ?? "");
  // A shell on a terminal of its own is typed to: the line, Tab, and a key that writes down what the line is then.
  const typist = path.join(folder, "type.zsh");
  writeFileSync(
    typist,
    `zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "unsetopt beep; $1; dump() { print -r -- \\$BUFFER > $2; print DO''NE }; zle -N dump; bindkey '^X' dump; print REA''DY"
zpty -r -m shell seen '*READY*'
zpty -w -n shell "$3"$'\\t\\x18'
zpty -r -m shell seen '*DONE*'
zpty -d shell
`,
  );
  const setUps = {
    sourced: `autoload -Uz compinit; compinit -u -D; source ${fpath}/_stigmer`,
    "from fpath": `fpath=(${fpath} $fpath); autoload -Uz compinit; compinit -u -D`,
  };

  describe.each(Object.entries(setUps))("%s", (_name, setUp) => {
    test.each(lines)("completes `stigmer %s` to %s", (line, word) => {
      const result = path.join(folder, "line");
      execFileSync("zsh", ["-f", typist, setUp, result, `stigmer ${line}`], { cwd: files, env, timeout: 60_000 });
      expect(readFileSync(result, "utf8").trimEnd().split(" ").at(-1)).toBe(word);
    });
  });
});
