import { didYouMean } from "../../lib/did-you-mean.ts";
import { protocolArguments } from "../../dsl/schema/call-shapes.ts";
import type { Rule } from "../rule.ts";

/** What is called is a protocol, a function of `use.functions`, a function of a catalog, or a URL. */
export const functionResolves: Rule = {
  code: "OW1106",
  name: "function-resolves",
  severity: "error",
  summary: "A call of something that does not exist.",
  explanation:
    "`call` takes one of the protocols `http`, `grpc`, `openapi`, `asyncapi`, `a2a`, `mcp`; the name of a function in `use.functions`; a function of a catalog as `name:version@catalog`; or the URL of a function's definition.",
  *find(context) {
    const functions = Object.keys(context.document.use?.functions ?? {});
    for (const { pointer, value } of context.texts("call")) {
      if (protocolArguments.has(value) || functions.includes(value) || value.includes("@") || isUrl(value)) continue;
      const meant = didYouMean(value, [...functions, ...protocolArguments.keys()]);
      const known =
        functions.length === 0
          ? "`use.functions` defines nothing"
          : `\`use.functions\` defines ${functions.slice(0, 12).join(", ")}`;
      const message = `Cannot call "${value}": it is neither a protocol nor a function of \`use.functions\``;
      yield { pointer, message, hint: meant === undefined ? known : `did you mean "${meant}"?` };
    }
  },
};

function isUrl(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\/\S+$/iu.test(text);
}
