import { spawnSync } from "node:child_process";
import path from "node:path";
import { type Json, type JsonObject } from "@stigmer/core/lib/json.ts";
import { configurationFault, invalidArgument } from "../activity-arguments.ts";
import { findProgram } from "./find-program.ts";

/** An interpreter on this host: its program, its flags, and what it has to read beside /usr. */
export interface Interpreter {
  readonly command: string;
  readonly flags: readonly string[];
  readonly readable: readonly string[];
}

/** A language of `run.script`. */
export interface ScriptLanguage {
  readonly name: "js" | "python";
  readonly fileName: string;
  /** False where the interpreter reserves far more address space than it uses. */
  readonly limitAddressSpace: boolean;
  /** The interpreter, or why there is none. */
  readonly interpreter: (memoryBytesMax: number) => Interpreter | string;
  /**
   * The program for code that is a function body: arguments by name, `return` instead of standard output (the form catalog functions use). What it returns follows `marker` at the end of stdout, as JSON.
   */
  functionProgram(code: string, parameters: JsonObject, marker: string): string;
}

const javascript: ScriptLanguage = {
  name: "js",
  fileName: "main.js",
  limitAddressSpace: false,
  interpreter(memoryBytesMax) {
    const command = process.execPath;
    return {
      command,
      flags: [
        `--max-old-space-size=${Math.max(16, Math.floor(memoryBytesMax / (1024 * 1024)))}`,
        // Files are the sandbox's business; child processes, workers and native addons are what scripts are not for.
        process.allowedNodeEnvironmentFlags.has("--permission") ? "--permission" : "--experimental-permission",
        "--allow-fs-read=*",
        "--allow-fs-write=*",
        "--disable-warning=ExperimentalWarning",
        "--disable-warning=SecurityWarning",
        "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON",
      ],
      readable: readablePrefix(command, path.dirname(path.dirname(command))),
    };
  },
  functionProgram(code, parameters, marker) {
    const names = identifiers(parameters);
    return [
      `(async ({ ${names.join(", ")} }) => {`,
      code,
      `})(${JSON.stringify(parameters)}).then((returned) => {`,
      `  if (returned !== undefined) process.stdout.write(${JSON.stringify(marker)} + JSON.stringify(returned));`,
      "});",
    ].join("\n");
  },
};

let pythonFound: Interpreter | string | undefined;

const python: ScriptLanguage = {
  name: "python",
  fileName: "main.py",
  limitAddressSpace: true,
  interpreter() {
    pythonFound ??= findPython();
    return pythonFound;
  },
  functionProgram(code, parameters, marker) {
    const names = identifiers(parameters);
    // JSON text is a valid Python literal, and `ast` accepts a `return` outside of functions, so the code is moved into one as it is.
    return [
      "import ast, json, sys",
      `body = ast.parse(${JSON.stringify(code)}, "script").body`,
      `module = ast.parse("def main(${names.join(", ")}): pass")`,
      "module.body[0].body = body or module.body[0].body",
      'scope = {"__name__": "__main__"}',
      'exec(compile(ast.fix_missing_locations(module), "script", "exec"), scope)',
      `returned = scope["main"](**json.loads(${JSON.stringify(JSON.stringify(parameters))}))`,
      "if returned is not None:",
      `    sys.stdout.write(${JSON.stringify(marker)} + json.dumps(returned))`,
    ].join("\n");
  },
};

const LANGUAGES: ReadonlyMap<string, ScriptLanguage> = new Map([
  ["js", javascript],
  ["javascript", javascript],
  ["py", python],
  ["python", python],
]);

/** The language of a name or alias, in any case (`js`, `javascript`, `python`, `py`). */
export function scriptLanguage(name: string): ScriptLanguage {
  const language = LANGUAGES.get(name.toLowerCase());
  if (language === undefined) {
    throw configurationFault(
      "Unknown script language",
      `Cannot run a script in "${name}": it should be one of ${[...LANGUAGES.keys()].join(", ")}`,
    );
  }
  return language;
}

/** Each language once, for telling what this host can run. */
export const scriptLanguages: readonly ScriptLanguage[] = [javascript, python];

function findPython(): Interpreter | string {
  const found = findProgram("python3");
  if (found === undefined) return "python3 is not installed";
  // The program on the PATH may be a version manager's shim: the interpreter itself knows where it is.
  const asked = spawnSync(found, ["-I", "-c", "import sys; print(sys.executable); print(sys.base_prefix)"], {
    encoding: "utf8",
    timeout: 10_000,
  });
  const [command, prefix] = (asked.stdout ?? "").split("\n");
  if (asked.status !== 0 || command === undefined || prefix === undefined || command === "")
    return "python3 does not start";
  return {
    command,
    flags: ["-u", "-B"],
    readable: [...readablePrefix(command, prefix), ...readablePrefix(prefix, prefix)],
  };
}

function readablePrefix(file: string, prefix: string): readonly string[] {
  return file.startsWith("/usr/") || prefix === "/" ? [] : [prefix];
}

function identifiers(parameters: { readonly [key: string]: Json }): readonly string[] {
  const names = Object.keys(parameters);
  const wrong = names.find((name) => !/^[A-Za-z_]\w*$/u.test(name));
  if (wrong !== undefined)
    throw invalidArgument("arguments", wrong, "names that are identifiers, since they become variables of the script");
  return names;
}
