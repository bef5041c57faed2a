import type { DiagnosticCode } from "../diagnostic/diagnostic.ts";

function error(code: string, name: string, summary: string, explanation: string): DiagnosticCode {
  return { code, name, severity: "error", summary, explanation };
}

/** The limits of a definition's text; the same at every boundary. */
export const parseLimits = {
  textLengthMax: 1_048_576,
  depthMax: 64,
  aliasesMax: 100,
  /** Values after aliases are expanded. */
  valuesMax: 200_000,
  /** Characters of all scalars after aliases are expanded. */
  scalarLengthMax: 4_194_304,
} as const;

/** The codes of reading a text, before anything of the workflow language is looked at. */
export const parseCodes = {
  syntax: error(
    "OW1001",
    "yaml-syntax",
    "The text is not valid YAML or JSON.",
    "A definition is YAML 1.2, of which JSON is a part. The caret shows where reading stopped; the fault is there or shortly before it. Usual causes: a value with `: ` or ` #` in it that needs quotes, a line indented by one space too many or too few, a bracket or quote that is never closed.",
  ),
  tooLarge: error(
    "OW1002",
    "text-too-large",
    "The definition is larger than 1 MiB.",
    "Definitions are limited to 1 MiB of text. Large data does not belong in a definition: pass it as input, or let a task fetch it.",
  ),
  tooDeep: error(
    "OW1003",
    "nesting-too-deep",
    "The definition is nested more than 64 levels deep.",
    "Values may be nested 64 levels deep, here and at every other boundary. Move inner tasks to `use.functions` or to a workflow of their own.",
  ),
  tooManyAliases: error(
    "OW1004",
    "too-many-aliases",
    "Aliases make the definition too large.",
    "At most 100 aliases (`*name`) are allowed in a document, and together they may not make it larger than 200,000 values or 4 MiB of text. Reusable parts belong in `use`.",
  ),
  duplicateKey: error(
    "OW1005",
    "duplicate-key",
    "A key stands twice in the same mapping.",
    "YAML and JSON leave open which of two equal keys counts, so neither does. Remove one of them, or, for tasks, put a `- ` before the second to make it an item of its own.",
  ),
  tag: error(
    "OW1006",
    "unknown-tag",
    "A YAML tag that has no meaning here.",
    "Only the tags of YAML's core schema (`!!str`, `!!int`, `!!float`, `!!bool`, `!!null`, `!!seq`, `!!map`) are understood. Texts that start with `!` need quotes.",
  ),
  tab: error(
    "OW1007",
    "tab-indentation",
    "A tab is used for indentation.",
    "YAML is indented with spaces only. Replace the tab by two spaces; most editors have a setting for it.",
  ),
  key: error(
    "OW1008",
    "key-not-text",
    "A key is not a text.",
    "Keys are texts. A list or mapping as a key, which YAML allows, has no counterpart in JSON. A value that starts with `{` or `[` and is meant as text needs quotes.",
  ),
  characters: error(
    "OW1009",
    "bad-characters",
    "The text holds characters that no text may hold.",
    "Half a surrogate pair is not a character, and control characters are not printable. Such texts come from a broken conversion; save the file as UTF-8.",
  ),
  notObject: error(
    "OW1010",
    "not-a-workflow",
    "The text does not hold a workflow document.",
    "A workflow is a mapping with at least the keys `document` and `do`.\n\n```yaml\ndocument:\n  dsl: '1.0.3'\n  namespace: default\n  name: hello\n  version: '0.1.0'\ndo:\n  - greet:\n      set:\n        message: hello\n```",
  ),
  notJson: error(
    "OW1011",
    "number-not-json",
    "A number that JSON cannot hold.",
    "Infinity, not-a-number, and numbers beyond the range of double precision have no place in JSON. Quote the value if it is meant as text.",
  ),
  alias: error(
    "OW1012",
    "bad-alias",
    "An alias names no anchor before it.",
    "`*name` stands for the value marked `&name` earlier in the same document; the value may not contain itself. A text that starts with `*` needs quotes.",
  ),
  documents: error(
    "OW1013",
    "several-documents",
    "The text holds several documents where one is expected.",
    "`---` separates documents. Here exactly one is expected; `stigmer apply -f` takes files with several.",
  ),
  merge: error(
    "OW1014",
    "bad-merge",
    "A merge key does not merge a mapping.",
    "`<<` takes over the keys of another mapping or of a list of mappings, usually by alias: `<<: *defaults`. Anything else cannot be merged.",
  ),
} as const;
