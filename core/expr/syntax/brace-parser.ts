import type { Ast, ObjectEntry, Pattern, PatternEntry } from "./ast.ts";
import type { Token } from "./lexer.ts";
import { spanOf } from "./span.ts";
import { TokenReader } from "./token-reader.ts";

/** The half of the grammar that has keys: object constructions, and the patterns that take values apart. The other half is what stands between the keys. */
export abstract class BraceParser extends TokenReader {
  protected abstract query(): Ast;
  protected abstract binary(minimum: number): Ast;
  protected abstract string(token: Token, format: string, start?: Token): Ast;
  protected abstract variable(token: Token): Ast;

  protected object(start: Token): Ast {
    const entries: ObjectEntry[] = [];
    while (!this.accept("}")) {
      entries.push(this.#entry());
      if (!this.accept(",")) {
        this.expect("}", start);
        break;
      }
    }
    return { type: "object", entries, ...spanOf(start, this.previous()) };
  }

  #entry(): ObjectEntry {
    const token = this.next();
    const key = this.#entryKey(token);
    if (this.accept(":"))
      return {
        key: token.kind === "variable" && token.text !== "__loc__" ? this.variable(token) : key,
        value: this.#objectValue(),
      };
    if (this.isOperator(token, "(")) this.unexpected(this.peek(), '":"');
    if (token.kind === "variable") return { key, value: this.variable(token) };
    const target: Ast = { type: "identity", offset: token.offset, length: 0 };
    return { key, value: { type: "index", target, key, optional: false, ...spanOf(key) } };
  }

  #entryKey(token: Token): Ast {
    switch (token.kind) {
      case "identifier":
      case "keyword":
      case "variable":
        return { type: "literal", value: token.text, ...spanOf(token) };
      case "string":
        return this.string(token, "text");
      case "format":
        if (this.peek().kind === "string") return this.string(this.next(), token.text, token);
        return this.unexpected(token);
      case "operator":
        if (token.text === "(") return this.#computedKey();
        return this.#keyMistake(token);
      case "number":
      case "field":
      case "end":
        return this.#keyMistake(token);
    }
  }

  #keyMistake(token: Token): never {
    if (token.kind === "end" || this.isOperator(token, ",") || this.isOperator(token, ";"))
      return this.unexpected(token);
    return this.fail("may need parentheses around object key expression", token, "write {(expression): value}");
  }

  #computedKey(): Ast {
    const key = this.query();
    this.expect(")");
    if (key.type === "literal" && typeof key.value !== "string") {
      const kind = key.value === null ? "null" : typeof key.value;
      this.fail(`Cannot use ${kind} (${JSON.stringify(key.value)}) as object key`, key);
    }
    return key;
  }

  /** An object's value: operators and pipes, but no comma. */
  #objectValue(): Ast {
    return this.nested(() => {
      const left = this.binary(0);
      if (!this.accept("|")) return left;
      const right = this.#objectValue();
      return { type: "pipe", left, right, ...spanOf(left, right) };
    });
  }

  protected patterns(): readonly Pattern[] {
    const patterns = [this.#pattern()];
    while (this.accept("?//")) patterns.push(this.#pattern());
    return patterns;
  }

  #pattern(): Pattern {
    return this.nested(() => {
      const token = this.next();
      if (token.kind === "variable") return { type: "variable", name: token.text };
      if (this.isOperator(token, "[")) {
        const items = [this.#pattern()];
        while (this.accept(",")) items.push(this.#pattern());
        this.expect("]");
        return { type: "array", items };
      }
      if (!this.isOperator(token, "{")) this.unexpected(token, "a variable, an array pattern or an object pattern");
      const entries = [this.#patternEntry()];
      while (this.accept(",")) entries.push(this.#patternEntry());
      this.expect("}");
      return { type: "object", entries };
    });
  }

  #patternEntry(): PatternEntry {
    const token = this.next();
    if (token.kind === "number" || token.kind === "end" || token.kind === "field" || this.isOperator(token, "}"))
      this.unexpected(token, "a key");
    const key = this.#entryKey(token);
    if (token.kind === "variable") {
      if (!this.accept(":")) return { key, variable: token.text };
      return { key, variable: token.text, pattern: this.#pattern() };
    }
    this.expect(":");
    return { key, pattern: this.#pattern() };
  }
}
