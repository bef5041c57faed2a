import type { CaseResult } from "./run-case.ts";

/** The results of files as JUnit XML, as continuous integration reads it. */
export function junit(suites: readonly { readonly file: string; readonly results: readonly CaseResult[] }[]): string {
  const failed = (results: readonly CaseResult[]): number =>
    results.filter(({ differences }) => differences.length > 0).length;
  const all = suites.flatMap(({ results }) => results);
  const lines = suites.flatMap(({ file, results }) => [
    `  <testsuite name="${escaped(file)}" tests="${results.length}" failures="${failed(results)}" errors="0" skipped="0">`,
    ...results.flatMap((result) => testcase(file, result)),
    "  </testsuite>",
  ]);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="stigmer test" tests="${all.length}" failures="${failed(all)}" errors="0">`,
    ...lines,
    "</testsuites>",
    "",
  ].join("\n");
}

function testcase(file: string, { name, line, differences }: CaseResult): readonly string[] {
  const head = `    <testcase name="${escaped(name)}" classname="${escaped(file)}" file="${escaped(file)}" line="${line}"`;
  if (differences.length === 0) return [`${head}/>`];
  const message = escaped(differences[0] as string);
  return [
    `${head}>`,
    `      <failure message="${message}">${escaped(differences.join("\n"))}</failure>`,
    "    </testcase>",
  ];
}

/** XML 1.0 has no place for most control characters, however they are written. */
function escaped(text: string): string {
  const named: { readonly [character: string]: string } = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "\n": "&#10;",
  };
  return text.replaceAll(
    /[&<>"\n]|[^\t\n\r -\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu,
    (character) => named[character] ?? "\uFFFD",
  );
}
