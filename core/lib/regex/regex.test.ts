import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type RegexFlavour, RegexLimitError, RegexSyntaxError, compileRegex } from "./regex.ts";

function matches(pattern: string, text: string, flavour: RegexFlavour = "oniguruma"): string[] {
  const found: string[] = [];
  compileRegex(pattern, { flavour }).eachMatch(text, (match) => {
    found.push(match.text);
    return true;
  });
  return found;
}

describe("compileRegex", () => {
  test.each<[pattern: string, text: string, found: string[]]>([
    ["abc", "xabcabc", ["abc", "abc"]],
    ["a|b|", "ab", ["a", "b", ""]],
    ["a*", "aab", ["aa", "", ""]],
    ["a+?", "aaa", ["a", "a", "a"]],
    ["a{2,3}", "aaaaa", ["aaa", "aa"]],
    ["a{2}?", "aaaa", ["aa", "aa"]],
    ["(ab)+", "ababx", ["abab"]],
    ["(?:a|ab)(?:c|bcd)", "abcd", ["abcd"]],
    ["(?>a|ab)c", "abc", []],
    ["(?>a*)b", "aab", ["aab"]],
    ["a++b", "aab", ["aab"]],
    ["a*+a", "aaa", []],
    ["(a?)*b", "aab", ["aab"]],
    ["(a*)*", "b", ["", ""]],
    ["(?=ab)a", "ab ac", ["a"]],
    ["(?!ab)a.", "abac", ["ac"]],
    ["(?<=\\$)\\d+", "$12 34", ["12"]],
    ["(?<!\\$)\\b\\d+", "$12 34", ["34"]],
    ["(?<=a|bc)x", "axbcxcx", ["x", "x"]],
    ["(?<=a.*)x", "xaxx", ["x", "x"]],
    ["(\\w)\\1", "aabbc", ["aa", "bb"]],
    ["(?<q>['\"]).*?\\k<q>", `'a"b' "c"`, [`'a"b'`, `"c"`]],
    ["^a", "a\na", ["a"]],
    ["(?m)^a", "a\na", ["a", "a"]],
    ["a$", "a\na\n", ["a"]],
    ["(?m)a$", "a\na\n", ["a", "a"]],
    ["a\\z", "a\n", []],
    [".", "a\n😀", ["a", "😀"]],
    ["(?s).", "a\n", ["a", "\n"]],
    ["(?i)é", "É", ["É"]],
    ["(?i)[a-c]+", "AbC", ["AbC"]],
    ["a(?i)b|c", "aB C", ["aB", "C"]],
    ["a(?i:b)c", "aBc aBC", ["aBc"]],
    ["(?x) a b # comment\n c", "abc", ["abc"]],
    ["(?#comment)a", "a", ["a"]],
    ["[[:upper:][:digit:]]+", "aB2c", ["B2"]],
    ["[^[:space:]]+", "a b", ["a", "b"]],
    ["[]a]+", "a]b", ["a]"]],
    ["[a-]+", "a-b", ["a-"]],
    ["[\\d-x]+", "1-x", ["1-x"]],
    ["[\\]\\\\]+", "]\\", ["]\\"]],
    ["\\p{Greek}+", "aβγ", ["βγ"]],
    ["\\p{^L}", "a1", ["1"]],
    ["\\P{Lu}", "Ab", ["b"]],
    ["\\d+", "12٣", ["12٣"]],
    ["\\h+", "xfF0g", ["fF0"]],
    ["\\R", "a\r\nb\n", ["\r\n", "\n"]],
    ["a\\Kb", "ab", ["b"]],
    ["\\Qa.b\\E+", "a.bb", ["a.bb"]],
    ["\\x41\\u0042\\x{43}\\103", "ABCC", ["ABCC"]],
    ["x{,2}", "x{,2}", ["x{,2}"]],
    ["a{", "a{", ["a{"]],
    ["\\bfoo\\b", "foo food", ["foo"]],
    ["\\Boo", "foo oo", ["oo"]],
    ["\\G\\d", "12a3", ["1", "2"]],
    ["", "ab", ["", "", ""]],
  ])("%s on %j", (pattern, text, found) => {
    expect(matches(pattern, text)).toEqual(found);
  });

  test.each<[pattern: string, text: string, found: string[]]>([
    ["^[a-z]+$", "abc", ["abc"]],
    ["a$", "a\n", []],
    ["\\d", "٣", []],
    ["\\p{Letter}+", "añ1", ["añ"]],
    ["^\\S+@\\S+$", "a@b.c", ["a@b.c"]],
    ["[[a]", "[a", ["[", "a"]],
    ["[]", "a", []],
    ["[^]", "\n", ["\n"]],
    ["\\u{1F600}", "😀", ["😀"]],
    ["\\u003D", "=", ["="]],
    ["(?<year>\\d{4})-\\k<year>", "2024-2024", ["2024-2024"]],
    ["a{2,}", "aaa", ["aaa"]],
    ["\\/\\-", "/-", ["/-"]],
  ])("ecma: %s on %j", (pattern, text, found) => {
    expect(matches(pattern, text, "ecma")).toEqual(found);
  });

  test("exec gives code point offsets, groups and unit offsets", () => {
    const regex = compileRegex("(?<x>b)(c)?(😀)");
    expect(regex.groupNames).toEqual(["x", undefined, undefined]);
    expect(regex.exec("😀ab😀")).toEqual({
      offset: 2,
      length: 2,
      text: "b😀",
      start: 3,
      end: 6,
      groups: [{ offset: 2, length: 1, text: "b" }, undefined, { offset: 3, length: 1, text: "😀" }],
    });
    expect(regex.exec("b😀b😀", 1)).toMatchObject({ offset: 2, start: 3 });
    expect(regex.exec("b😀", 5)).toBeUndefined();
  });

  test("options: longest, notEmpty, ignoreCase, extended, dotAll", () => {
    expect(compileRegex("a|ab|abc", { longest: true }).exec("abcd")?.text).toBe("abc");
    expect(compileRegex("a*", { notEmpty: true }).exec("baa")?.text).toBe("aa");
    expect(compileRegex("A b", { ignoreCase: true, extended: true }).test("aB")).toBe(true);
    expect(compileRegex("a.b", { dotAll: true }).test("a\nb")).toBe(true);
  });

  test.each([
    ["("],
    [")"],
    ["a)"],
    ["["],
    ["[b-a]"],
    ["*"],
    ["a{3,2}"],
    ["\\"],
    ["(?<1>a)"],
    ["(?<n"],
    ["\\k<no>"],
    ["\\2(a)"],
    ["\\p{Nope}"],
    ["(?q)"],
    ["(?(1)a|b)"],
    ["\\g<0>"],
    ["\\X"],
    ["a{200000}"],
    ["((((((((((a{100}){100}){100}){100}))))))"],
    ["(".repeat(500)],
    ["\\u12"],
    ["\\x{110000}"],
  ])("refuses %.30s", (pattern) => {
    expect(() => compileRegex(pattern)).toThrow(RegexSyntaxError);
  });

  test.each([
    ["(a+)+$"],
    ["(a|a)*$"],
    ["(a|aa)+$"],
    ["(.*)*x"],
    ["^(([a-z])+.)+[A-Z]([a-z])+$"],
    ["(?:a?){30}a{30}$"],
    ["(\\w+\\s?)*$"],
    ["(?<=(a+)+)b"],
    ["(?=(a+)+c)"],
  ])("stops %s by its budget", (pattern) => {
    const text = `${"a".repeat(40)}!`;
    const run = (): boolean => compileRegex(pattern).test(text, { moves: 200_000 });
    expect(run).toThrow(RegexLimitError);
    expect(run).toThrow(RegexLimitError);
  });

  test("long texts need no stack", () => {
    const text = "a".repeat(100_000);
    expect(compileRegex("^(?:a|b)*$").test(text, { moves: 10_000_000 })).toBe(true);
    expect(compileRegex("^a*$").test(text)).toBe(true);
    expect(compileRegex("^(?:ab?)+c").test(text, { moves: 10_000_000 })).toBe(false);
  });

  test("agrees with the host's engine on random patterns of the common syntax", () => {
    const atom = fc.constantFrom(
      "a",
      "b",
      "c",
      ".",
      "[ab]",
      "[^a]",
      "\\d",
      "\\w",
      "\\b",
      "^",
      "$",
      "(a)",
      "(b|c)",
      "(?:ab)",
      "(?=a)",
      "(?!b)",
      "(?<=a)",
      "é",
      "😀",
    );
    const piece = fc
      .tuple(atom, fc.constantFrom("", "", "", "*", "+", "?", "*?", "{1,2}"))
      .map(([base, repeat]) => (/^(?:\\b|\^|\$|\(\?[=!<])/u.test(base) ? base : base + repeat));
    const pattern = fc
      .array(
        fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join("")),
        { minLength: 1, maxLength: 2 },
      )
      .map((options) => options.join("|"));
    const text = fc
      .array(fc.constantFrom("a", "b", "c", "1", " ", "é", "😀", "\n"), { maxLength: 8 })
      .map((chars) => chars.join(""));
    fc.assert(
      fc.property(pattern, text, (source, subject) => {
        const wanted = new RegExp(source, "u").exec(subject);
        const found = compileRegex(source, { flavour: "ecma" }).exec(subject);
        expect(found?.text).toBe(wanted?.[0]);
        expect(found?.start).toBe(wanted?.index);
      }),
      { numRuns: 3000, seed: 7 },
    );
  });

  test("no pattern makes it throw anything but its own errors", () => {
    const fragments = [
      "(",
      ")",
      "[",
      "]",
      "{",
      "}",
      "*",
      "+",
      "?",
      "|",
      "\\",
      "^",
      "$",
      ".",
      "a",
      "b",
      "-",
      "1",
      ",",
      "(?<n>",
      "\\k<n>",
      "(?=",
      "(?<!",
      "(?>",
      "(?i)",
      "\\p{L}",
      "[:alpha:]",
      "\\1",
      "\\x",
      "\\u",
      "é",
      "😀",
      "\ud800",
    ];
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...fragments), { maxLength: 10 }),
        fc.string({ maxLength: 20 }),
        fc.constantFrom<RegexFlavour>("oniguruma", "ecma"),
        (parts, text, flavour) => {
          try {
            compileRegex(parts.join(""), { flavour }).eachMatch(text, () => true, { moves: 20_000 });
          } catch (error) {
            if (!(error instanceof RegexSyntaxError || error instanceof RegexLimitError)) throw error;
          }
        },
      ),
      { numRuns: 5000, seed: 8 },
    );
  });
});
