import { ExpressionSyntaxError } from "../expression-error.ts";
import { type Ast, type FunctionDefinition, type Parameter, childrenOf } from "./ast.ts";
import { BINDING_POWER, combine, isUnchainable } from "./binary-operators.ts";
import { BraceParser } from "./brace-parser.ts";
import { type Token, tokenize } from "./lexer.ts";
import { spanOf } from "./span.ts";

/** How high the syntax tree may be; a chain of operators such as `a + b + c` adds one level an operator. */
const HEIGHT_MAX = 800;

/** Parses a jq program (grammar of jq 1.8, without modules) into its syntax tree; throws ExpressionSyntaxError. */
export function parseExpression(source: string): Ast {
  const parser = new Parser(source, tokenize(source), 0);
  const ast = parser.program();
  refuseTallTree(ast);
  return ast;
}

/** Walks with a stack of its own, level by level, because the tree's height is what is in question. */
function refuseTallTree(root: Ast): void {
  let level: readonly Ast[] = [root];
  for (let height = 1; level.length > 0; height++) {
    if (height > HEIGHT_MAX) {
      const span = level[0] as Ast;
      throw new ExpressionSyntaxError(`expression is more than ${HEIGHT_MAX} levels high, split it up`, {
        offset: span.offset,
        length: span.length,
      });
    }
    level = level.flatMap(childrenOf);
  }
}

class Parser extends BraceParser {
  program(): Ast {
    const first = this.peek();
    if (first.kind === "end" && first.text === "") return { type: "identity", offset: 0, length: 0 };
    const query = this.query();
    if (this.peek().kind !== "end") this.unexpected(this.peek());
    return query;
  }

  /** A query: definitions, bindings, pipes and commas. */
  protected query(): Ast {
    return this.nested(() => this.#pipe());
  }

  #pipe(): Ast {
    const left = this.#comma();
    const chain: Ast[] = [left];
    while (this.accept("|")) chain.push(this.#comma());
    return chain.reduceRight((right, item) => ({ type: "pipe", left: item, right, ...spanOf(item, right) }));
  }

  #comma(): Ast {
    let left = this.#queryTerm();
    while (this.accept(",")) {
      const right = this.#queryTerm();
      left = { type: "comma", left, right, ...spanOf(left, right) };
    }
    return left;
  }

  /** What a pipe or comma joins; definitions, labels and bindings reach as far to the right as possible. */
  #queryTerm(): Ast {
    const token = this.peek();
    if (token.kind === "keyword") {
      if (token.text === "def") return this.#definition();
      if (token.text === "label") return this.#label();
      if (token.text === "import" || token.text === "include" || token.text === "module") {
        this.fail(`"${token.text}" is not available: expressions have no modules`, token);
      }
    }
    const source = this.binary(0);
    if (!this.acceptKeyword("as")) return source;
    const patterns = this.patterns();
    this.expect("|");
    const body = this.query();
    return { type: "as", source, patterns, body, ...spanOf(source, body) };
  }

  #definition(): Ast {
    const start = this.next();
    const name = this.peek();
    if (name.kind !== "identifier" && name.kind !== "keyword") this.unexpected(name, "the function's name");
    this.next();
    const parameters: Parameter[] = [];
    if (this.accept("(")) {
      do {
        const parameter = this.next();
        if (parameter.kind !== "identifier" && parameter.kind !== "keyword" && parameter.kind !== "variable")
          this.unexpected(parameter, "a parameter");
        parameters.push({ name: parameter.text, isValue: parameter.kind === "variable" });
      } while (this.accept(";"));
      this.expect(")");
    }
    this.expect(":");
    const functionBody = this.query();
    this.expect(";");
    const definition: FunctionDefinition = { name: name.text, parameters, body: functionBody };
    if (this.peek().kind === "end" && this.peek().text === "") {
      return {
        type: "def",
        definition,
        body: { type: "identity", offset: this.source.length, length: 0 },
        ...spanOf(start, this.peek()),
      };
    }
    const body = this.query();
    return { type: "def", definition, body, ...spanOf(start, body) };
  }

  #label(): Ast {
    const start = this.next();
    const name = this.peek();
    if (name.kind !== "variable") this.unexpected(name, "the label's name, such as $out");
    this.next();
    this.expect("|");
    const body = this.query();
    return { type: "label", name: name.text, body, ...spanOf(start, body) };
  }

  /** Binary operators by precedence climbing; comparison and assignment do not associate. */
  protected binary(minimum: number): Ast {
    let left = this.#postfix();
    for (;;) {
      const token = this.peek();
      const power = token.kind === "operator" || token.kind === "keyword" ? BINDING_POWER[token.text] : undefined;
      if (power === undefined || power <= minimum) return left;
      this.next();
      const isAlternative = token.text === "//";
      const right = isAlternative ? this.nested(() => this.binary(power - 1)) : this.binary(power);
      left = combine(token.text, left, right);
      const following = this.peek();
      const isChained =
        isUnchainable(power) && BINDING_POWER[following.text] === power && following.kind === "operator";
      if (isChained)
        this.fail(
          `unexpected "${following.text}": "${token.text}" and "${following.text}" cannot be chained`,
          following,
          "use parentheses",
        );
    }
  }

  #postfix(): Ast {
    const start = this.peek();
    if (start.kind === "operator" && start.text === "-") {
      this.next();
      const operand = this.nested(() => this.#postfix());
      return { type: "negate", operand, ...spanOf(start, operand) };
    }
    let term = this.nested(() => this.#term());
    for (;;) {
      const token = this.peek();
      const previous = term;
      if (token.kind === "field") {
        this.next();
        term = this.#access(previous, { type: "literal", value: token.text, ...spanOf(token) });
      } else if (token.kind === "operator" && token.text === "." && this.peek(1).kind === "string") {
        this.next();
        term = this.#access(previous, this.string(this.next(), "text"));
      } else if (token.kind === "operator" && token.text === "." && this.isOperator(this.peek(1), "[")) {
        this.next();
        term = this.#bracket(previous);
      } else if (token.kind === "operator" && token.text === "[") {
        term = this.#bracket(previous);
      } else if (token.kind === "operator" && token.text === "?") {
        this.next();
        term = { type: "try", body: previous, handler: undefined, ...spanOf(previous, token) };
      } else if (token.kind === "operator" && token.text === ".") {
        this.next();
        this.unexpected(this.peek(), 'a name, a string or "[" after "."');
      } else if (token.kind === "operator" && token.text === "?//") {
        // Outside patterns `.a?//1` can only mean `.a? // 1`.
        this.next();
        const right = this.binary(0);
        const body: Ast = { type: "try", body: previous, handler: undefined, ...spanOf(previous, token) };
        return { type: "alternative", left: body, right, ...spanOf(body, right) };
      } else {
        return term;
      }
    }
  }

  #access(target: Ast, key: Ast): Ast {
    const optional = this.accept("?");
    return { type: "index", target, key, optional, ...spanOf(target, this.previous()) };
  }

  /** `[]`, `[key]`, `[from:to]` after a term. */
  #bracket(target: Ast): Ast {
    this.expect("[");
    if (this.accept("]")) {
      const optional = this.accept("?");
      return { type: "iterate", target, optional, ...spanOf(target, this.previous()) };
    }
    const from = this.isOperator(this.peek(), ":") ? undefined : this.query();
    if (!this.accept(":")) {
      this.expect("]");
      return this.#access(target, from as Ast);
    }
    const to = this.isOperator(this.peek(), "]") && from !== undefined ? undefined : this.query();
    this.expect("]");
    const optional = this.accept("?");
    return { type: "slice", target, from, to, optional, ...spanOf(target, this.previous()) };
  }

  #term(): Ast {
    const token = this.next();
    switch (token.kind) {
      case "number":
        return { type: "literal", value: Number(token.text), ...spanOf(token) };
      case "string":
        return this.string(token, "text");
      case "format":
        if (this.peek().kind === "string") return this.string(this.next(), token.text, token);
        return { type: "format", name: token.text, ...spanOf(token) };
      case "field":
        return this.#access(
          { type: "identity", offset: token.offset, length: 0 },
          { type: "literal", value: token.text, ...spanOf(token) },
        );
      case "variable":
        return this.variable(token);
      case "identifier":
        return this.#identifier(token);
      case "keyword":
        return this.#keyword(token);
      case "operator":
        return this.#operatorTerm(token);
      case "end":
        return this.unexpected(token);
    }
  }

  protected variable(token: Token): Ast {
    if (token.text !== "__loc__") return { type: "variable", name: token.text, ...spanOf(token) };
    return { type: "literal", value: { file: "<top-level>", line: this.#lineOf(token) }, ...spanOf(token) };
  }

  #identifier(token: Token): Ast {
    if (token.text === "true" || token.text === "false")
      return { type: "literal", value: token.text === "true", ...spanOf(token) };
    if (token.text === "null") return { type: "literal", value: null, ...spanOf(token) };
    const args: Ast[] = [];
    if (this.accept("(")) {
      do args.push(this.query());
      while (this.accept(";"));
      this.expect(")");
    }
    return { type: "call", name: token.text, args, ...spanOf(token, this.previous()) };
  }

  #keyword(token: Token): Ast {
    switch (token.text) {
      case "if":
        return this.#if(token);
      case "try":
        return this.#try(token);
      case "reduce":
        return this.#reduce(token);
      case "foreach":
        return this.#foreach(token);
      case "break": {
        const name = this.next();
        if (name.kind !== "variable")
          this.fail("break requires a label to break to", token, "write: label $out | … break $out");
        return { type: "break", name: name.text, ...spanOf(token, name) };
      }
      case "def":
      case "label":
        return this.fail(`unexpected "${token.text}"`, token, "put it in parentheses");
      default:
        return this.unexpected(token);
    }
  }

  #operatorTerm(token: Token): Ast {
    switch (token.text) {
      case ".": {
        const next = this.peek();
        if (next.kind === "string") {
          this.next();
          return this.#access({ type: "identity", offset: token.offset, length: 0 }, this.string(next, "text"));
        }
        if (next.kind === "identifier" || next.kind === "number")
          this.fail(
            `unexpected "${next.text}" after "."`,
            next,
            'try .["field"] instead of .field for unusually named fields',
          );
        if (this.isOperator(next, "[")) return this.#bracket({ type: "identity", ...spanOf(token) });
        return { type: "identity", ...spanOf(token) };
      }
      case "..":
        return { type: "recurse", ...spanOf(token) };
      case "(": {
        const query = this.query();
        this.expect(")", token);
        return query;
      }
      case "[": {
        if (this.accept("]")) return { type: "array", body: undefined, ...spanOf(token, this.previous()) };
        const body = this.query();
        this.expect("]", token);
        return { type: "array", body, ...spanOf(token, this.previous()) };
      }
      case "{":
        return this.object(token);
      default:
        return this.unexpected(token);
    }
  }

  #if(start: Token): Ast {
    const condition = this.query();
    this.expectKeyword("then", start);
    const consequent = this.query();
    const token = this.peek();
    if (this.acceptKeyword("elif")) {
      const otherwise = this.nested(() => this.#if(token));
      return { type: "if", condition, consequent, otherwise, ...spanOf(start, otherwise) };
    }
    const otherwise = this.acceptKeyword("else") ? this.query() : undefined;
    this.expectKeyword("end", start);
    return { type: "if", condition, consequent, otherwise, ...spanOf(start, this.previous()) };
  }

  #try(start: Token): Ast {
    const body = this.#postfix();
    const handler = this.acceptKeyword("catch") ? this.#postfix() : undefined;
    return { type: "try", body, handler, ...spanOf(start, this.previous()) };
  }

  #reduce(start: Token): Ast {
    const source = this.binary(0);
    this.expectKeyword("as", start);
    const patterns = this.patterns();
    this.expect("(");
    const init = this.query();
    this.expect(";");
    const update = this.query();
    this.expect(")");
    return { type: "reduce", source, patterns, init, update, ...spanOf(start, this.previous()) };
  }

  #foreach(start: Token): Ast {
    const source = this.binary(0);
    this.expectKeyword("as", start);
    const patterns = this.patterns();
    this.expect("(");
    const init = this.query();
    this.expect(";");
    const update = this.query();
    const extract = this.accept(";") ? this.query() : undefined;
    this.expect(")");
    return { type: "foreach", source, patterns, init, update, extract, ...spanOf(start, this.previous()) };
  }

  /** A string literal; its interpolations are parsed from their own tokens. */
  protected string(token: Token, format: string, start: Token = token): Ast {
    const parts = (token.parts ?? []).map((part) => (typeof part === "string" ? part : this.#interpolation(part)));
    if (parts.every((part) => typeof part === "string"))
      return { type: "literal", value: parts.join(""), ...spanOf(start, token) };
    return { type: "string", format, parts, ...spanOf(start, token) };
  }

  #interpolation(tokens: readonly Token[]): Ast {
    const parser = new Parser(this.source, tokens, this.depth + 1);
    return parser.program();
  }

  #lineOf(token: Token): number {
    let line = 1;
    for (let index = 0; index < token.offset; index++) if (this.source[index] === "\n") line++;
    return line;
  }
}
