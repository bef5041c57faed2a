import { parsePointer } from "../../lib/json-pointer.ts";
import type { Rule } from "../rule.ts";

const SCHEMES = new Set(["basic", "bearer", "digest", "oauth2", "oidc"]);
const CREDENTIALS = new Set(["password", "token", "secret", "assertion"]);

/** A password or token in plain sight. */
export const literalCredential: Rule = {
  code: "OW2018",
  name: "literal-credential",
  severity: "warning",
  summary: "A credential is written into the definition.",
  explanation:
    "Definitions are stored, shown and shared. Put the credential into a secret, declare it in `use.secrets`, and read it with `${ $secrets.name }`, or give the whole policy as a secret with `use: name`.",
  *find(context) {
    for (const { pointer, value } of context.texts("template")) {
      if (value.includes("${") || value === "") continue;
      const segments = parsePointer(pointer) ?? [];
      const key = segments.at(-1) ?? "";
      const inPolicy = segments.slice(-4, -1).some((segment) => SCHEMES.has(segment));
      if (CREDENTIALS.has(key) && inPolicy)
        yield {
          pointer,
          message: "This credential can be read by everyone who can read the definition",
          hint: "use a secret: ${ $secrets.name }",
        };
    }
  },
};
