import { parseExpression } from "../syntax/parser.ts";
import type { DefinedBuiltin } from "./builtin.ts";

/** Builtins that are used rarely enough to be written in jq; parsed only when an expression uses them. */
const SOURCES: readonly (readonly [signature: string, source: string])[] = [
  ["recurse/2", "def recurse(f; condition): def r: ., (f | select(condition) | r); r;"],
  ["with_entries/1", "def with_entries(f): to_entries | map(f) | from_entries;"],
  [
    "walk/1",
    'def walk(f): def w: if type == "object" then map_values(w) elif type == "array" then map(w) else . end | f; w;',
  ],
  [
    "combinations/0",
    "def combinations: if length == 0 then [] else .[0][] as $x | (.[1:] | combinations) as $y | [$x] + $y end;",
  ],
  ["combinations/1", "def combinations(n): . as $dot | [range(n) | $dot] | combinations;"],
  [
    "truncate_stream/1",
    "def truncate_stream(stream): . as $n | null | stream | . as $event | if (.[0] | length) > $n then setpath([0]; $event[0][$n:]) else empty end;",
  ],
  ["INDEX/1", "def INDEX(key): INDEX(.[]; key);"],
  ["INDEX/2", "def INDEX(stream; key): add(stream | {(key | tostring): .}) // {};"],
  ["JOIN/2", "def JOIN($index; key): [.[] | [., $index[key]]];"],
  ["JOIN/3", "def JOIN($index; stream; key): stream | [., $index[key]];"],
  ["JOIN/4", "def JOIN($index; stream; key; combine): stream | [., $index[key]] | combine;"],
  ["IN/1", "def IN(s): any(s == .; .);"],
  ["IN/2", "def IN(source; s): any(source == s; .);"],
];

/** The builtins written in jq. */
export const DEFINED_BUILTINS: readonly DefinedBuiltin[] = SOURCES.map(([signature, source]) => {
  const [name = "", arity = ""] = signature.split("/");
  const parse: DefinedBuiltin["parse"] = () => {
    const ast = parseExpression(source);
    if (ast.type !== "def") throw new Error(`builtin ${signature} is no definition`);
    return ast.definition;
  };
  return { kind: "defined", name, arity: Number(arity), parse };
});
