import { didYouMean } from "../../lib/did-you-mean.ts";
import type { Rule } from "../rule.ts";

const LANGUAGES: ReadonlyMap<string, "js" | "python"> = new Map([
  ["js", "js"],
  ["javascript", "js"],
  ["python", "python"],
  ["py", "python"],
]);

/** The canonical name of a script language, undefined for one that the specification does not have. */
export function scriptLanguage(name: string): "js" | "python" | undefined {
  return LANGUAGES.get(name.toLowerCase());
}

/** A script is written in JavaScript or Python, as the specification has it. */
export const scriptLanguageKnown: Rule = {
  code: "OW1123",
  name: "script-language-known",
  severity: "error",
  summary: "A script in a language that the specification does not have.",
  explanation:
    "`language` is `js` (or `javascript`) for ECMAScript 2024 modules, or `python` (or `py`) for Python 3.13. Other programs run with `shell` or `container`.",
  *find({ tasks }) {
    for (const { task, pointer } of tasks) {
      if (!("run" in task) || task.run.script === undefined) continue;
      const { language } = task.run.script;
      if (scriptLanguage(language) !== undefined) continue;
      const meant = didYouMean(language, LANGUAGES.keys());
      const message = `Cannot run scripts in "${language.slice(0, 40)}": the language should be js or python`;
      yield {
        pointer: `${pointer}/run/script/language`,
        message,
        hint: meant === undefined ? undefined : `did you mean "${meant}"?`,
      };
    }
  },
};
