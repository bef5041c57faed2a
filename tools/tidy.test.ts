import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";

/* A unit test of the source tree: what the house rules say about structure, this file checks. Each failure names the remedy. */

const root = path.resolve(import.meta.dirname, "..");
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => file !== "" && existsSync(path.join(root, file)));
const read = (file: string): string => readFileSync(path.join(root, file), "utf8");
const sources = files.filter(
  (file) =>
    /^(api|core|server|console)\/.*\.tsx?$/u.test(file) && !file.startsWith("api/gen/") && !file.includes("/dist/"),
);
// Suites, doubles and peers of tests live in folders named `testing`, or are a suite by name.
const shipped = sources.filter((file) => !file.endsWith(".test.ts") && !/(^|\/)(testing|suite)(\/|\.ts$)/u.test(file));

/** Source without comments and without the contents of strings that are not import paths; line structure is kept. */
function code(file: string): string {
  return read(file)
    .replaceAll(/\/\*[\s\S]*?\*\//gu, (comment) => comment.replaceAll(/[^\n]/gu, " "))
    .replaceAll(/(^|[^:"'`])\/\/[^\n]*/gu, "$1");
}

/** Module specifiers a file imports, types and dynamic imports included. */
function imports(file: string): string[] {
  return [...code(file).matchAll(/(?:\bfrom|\bimport)\s*\(?\s*["']([\w@./:-]+)["']/gu)].map(
    (match) => match[1] as string,
  );
}

/** The same without imports of types, which are gone when the code runs, and without import(), which waits until it is called. */
function runtimeImports(file: string): string[] {
  const typeOnly =
    /\b(?:import|export)\s+type\s[^;]*?from\s*["'][^"'\n]+["']|\bimport\s*\{(?:\s*type\s+\w+(?:\s+as\s+\w+)?\s*,?)+\s*\}\s*from\s*["'][^"'\n]+["']|\btypeof import\([^)]*\)/gu;
  return [
    ...code(file)
      .replaceAll(typeOnly, "")
      .matchAll(/(?:\bfrom|\bimport)\s*["']([\w@./:-]+)["']/gu),
  ].map((match) => match[1] as string);
}

/** The repository path an import leads to, or undefined for packages from the registry. */
function target(file: string, specifier: string): string | undefined {
  if (specifier.startsWith(".")) return path.posix.normalize(path.posix.join(path.posix.dirname(file), specifier));
  const own = /^@stigmer\/(api|core|console)\/(.*)$/u.exec(specifier);
  return own ? `${own[1]}/${own[2]}` : undefined;
}

/** Floor of every folder, read from docs/architecture.md so that the documentation cannot lie. */
function floors(): Map<string, { floor: number; row: string }> {
  const found = new Map<string, { floor: number; row: string }>();
  for (const [, owner, row] of read("docs/architecture.md").matchAll(/^\| (core|server) \| ([\w\s<=-]+) \|$/gmu)) {
    (row as string).split("<").forEach((names, floor) => {
      for (const name of names.split("=")) found.set(`${owner}/${name.trim()}`, { floor, row: row as string });
    });
  }
  return found;
}

const folderOf = (file: string): string => {
  const parts = file.split("/");
  return parts.length > 2 ? `${parts[0]}/${parts[1]}` : `${parts[0]}/${(parts[1] as string).replace(/\.tsx?$/u, "")}`;
};

describe("structure", () => {
  test("no catch-all file names: name a file after its subject", () => {
    const banned = /(^|\/)(types|utils?|helpers?|common|shared|misc|constants)\.tsx?$/u;
    expect(sources.filter((file) => banned.test(file))).toEqual([]);
  });

  test("file names are kebab-case", () => {
    expect(sources.filter((file) => !/^[a-z0-9-]+(\.test|\.bench)?\.tsx?$/u.test(path.basename(file)))).toEqual([]);
  });

  test("every folder of core and server stands in the floors table of docs/architecture.md", () => {
    const known = floors();
    const unknown = shipped.filter((file) => /^(core|server)\//u.test(file) && !known.has(folderOf(file)));
    expect(unknown).toEqual([]);
  });

  test("tests are skipped by tools/testing/need.ts, or where ../shared is absent: nothing else is lost in CI", () => {
    const tests = files.filter((file) => file.endsWith(".test.ts") && !file.startsWith("tools/"));
    const bare = tests.filter((file) =>
      /\b(?:skipIf|runIf)\(|\b(?:it|test|describe|context)\.skip\(/u.test(code(file)),
    );
    expect(bare.filter((file) => !/\.\.\/shared|contract's tables/u.test(read(file)))).toEqual([]);
  });

  test("imports go down: never to a higher floor or a neighbour on the same floor", () => {
    const known = floors();
    const wrong: string[] = [];
    for (const file of shipped) {
      const from = known.get(folderOf(file));
      for (const specifier of imports(file)) {
        const to = target(file, specifier);
        if (to === undefined) continue;
        const [owner, other] = [file.split("/")[0] as string, to.split("/")[0] as string];
        if (owner !== other) {
          const allowed = (owner === "server" || owner === "console") && (other === "core" || other === "api");
          if (!allowed) wrong.push(`${file} -> ${to}`);
          continue;
        }
        const goal = known.get(folderOf(to));
        if (from === undefined || goal === undefined || folderOf(file) === folderOf(to)) continue;
        if (goal.floor >= from.floor) wrong.push(`${file} -> ${to}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test("no import cycles at run time", () => {
    const graph = new Map(
      shipped.map((file) => [
        file,
        runtimeImports(file)
          .map((specifier) => target(file, specifier))
          .filter((to) => to !== undefined),
      ]),
    );
    const state = new Map<string, "open" | "done">();
    const cycles: string[] = [];
    const visit = (file: string, trail: readonly string[]): void => {
      if (state.get(file) === "done" || !graph.has(file)) return;
      if (state.get(file) === "open") {
        cycles.push([...trail.slice(trail.indexOf(file)), file].join(" -> "));
        return;
      }
      state.set(file, "open");
      for (const next of graph.get(file) ?? []) visit(next, [...trail, file]);
      state.set(file, "done");
    };
    for (const file of graph.keys()) visit(file, []);
    expect(cycles, cycles.join("\n")).toEqual([]);
  });

  test("kinds of resources do not import each other: they use in-process clients", () => {
    const kind = (file: string): string | undefined => /^server\/resources\/([^/]+)\//u.exec(file)?.[1];
    const wrong = shipped.flatMap((file) =>
      imports(file)
        .map((specifier) => target(file, specifier))
        .filter(
          (to) => to !== undefined && kind(file) !== undefined && kind(to) !== undefined && kind(to) !== kind(file),
        )
        .map((to) => `${file} -> ${to}`),
    );
    expect(wrong).toEqual([]);
  });
});

describe("purity of core", () => {
  const impure: readonly [RegExp, string][] = [
    [/\bDate\.now\b/u, "time comes with each event"],
    [/\bnew Date\(\s*\)/u, "time comes with each event"],
    [/\bMath\.random\b/u, "randomness is a host's"],
    [
      /\b(process|Buffer|setTimeout|setInterval|setImmediate|structuredClone|performance)\s*[.(]/u,
      "core runs without any host API",
    ],
    [/from\s+["']node:/u, "core runs without Node"],
    [/\bnew Function\b|\beval\(/u, "no code generation"],
  ];
  const core = shipped.filter((file) => file.startsWith("core/"));

  test.each(impure)("nothing in core matches %s: %s", (pattern) => {
    expect(core.filter((file) => pattern.test(code(file)))).toEqual([]);
  });

  test("core depends on no package but the two YAML libraries, and those only in dsl", () => {
    const foreign = core.flatMap((file) =>
      imports(file)
        .filter((specifier) => !specifier.startsWith("."))
        .filter((specifier) => !(file.startsWith("core/dsl/") && ["yaml", "js-yaml"].includes(specifier)))
        .map((specifier) => `${file} -> ${specifier}`),
    );
    expect(foreign).toEqual([]);
  });
});

describe("habits", () => {
  test("no default exports, no any, no left-over notes", () => {
    const wrong = shipped.filter(
      (file) =>
        /^export default\b/mu.test(code(file)) ||
        /\b(TODO|FIXME|XXX)\b/u.test(read(file)) ||
        /:\s*any\b(?!\()|\bas any\b|<any>/u.test(code(file)),
    );
    expect(wrong).toEqual([]);
  });

  test("no test is switched off by hand", () => {
    const off = /\b(describe|test|it)\.(only|todo)\(|\b(describe|test|it)\.skip\(/u;
    // testing/peer.ts is the one place that skips, by name and with the reason.
    expect(sources.filter((file) => !file.includes("/testing/") && off.test(code(file)))).toEqual([]);
  });

  test("no machine paths and no registry hosts in the tree", () => {
    const text = files.filter(
      (file) => /\.(ts|tsx|mjs|json|md|yaml|yml|sh)$/u.test(file) && file !== "tools/tidy.test.ts",
    );
    const wrong = text.filter((file) =>
      /\/(home|Users)\/[a-z]+\/|\/work\/(main|shared|notes)|registry\.npmjs/u.test(read(file)),
    );
    expect(wrong).toEqual([]);
  });
});

describe("documentation", () => {
  const pages = (folder: string): string[] =>
    files
      .filter((file) => file.startsWith(`${folder}/`) && file.endsWith(".md") && !file.endsWith("README.md"))
      .map((file) => path.basename(file, ".md"));

  test("every task type has its page and its conformance folder, and every page its task type", () => {
    const tasks = shipped
      .filter((file) => /^core\/tasks\/[a-z]+(\.ts|\/index\.ts)$/u.test(file))
      .map((file) => (file.split("/")[2] as string).replace(".ts", ""));
    const known = ["call", "do", "emit", "for", "fork", "listen", "raise", "run", "set", "switch", "try", "wait"];
    expect(tasks.filter((task) => known.includes(task)).toSorted()).toEqual(known);
    expect(pages("docs/reference/tasks").toSorted()).toEqual(known);
    expect(known.filter((task) => !files.some((file) => file.startsWith(`conformance/${task}/`)))).toEqual([]);
  });

  test("every relative link in the documentation leads to a file", () => {
    const broken = files
      .filter((file) => file.endsWith(".md"))
      .flatMap((file) =>
        [...read(file).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)(?:#[^)]*)?\)/gu)]
          .map((match) =>
            path.posix.normalize(path.posix.join(path.posix.dirname(file), decodeURIComponent(match[1] as string))),
          )
          .filter((to) => !existsSync(path.join(root, to)))
          .map((to) => `${file} -> ${to}`),
      );
    expect(broken).toEqual([]);
  });
});
