import { describe, expect, test } from "vitest";
import { parseText } from "../parse/parse-text.ts";
import { checkShape } from "./check-shape.ts";

/** The head of every document here is five lines, so what follows starts at line 6. */
const HEAD = "document:\n  dsl: '1.0.3'\n  namespace: n\n  name: w\n  version: '1.0.0'\n";

function told(text: string): readonly string[] {
  const { value, positions, diagnostics } = parseText(text);
  expect(diagnostics).toEqual([]);
  return checkShape(value ?? null)
    .findings.map((finding) => positions.place(finding))
    .map(
      ({ code, line, column, endColumn, hint, sourceLine }) =>
        `${code} ${line}:${column} ${sourceLine.slice(column - 1, endColumn - 1)} | ${hint ?? ""}`,
    );
}

describe("one mistake gives one finding, at the token, with a suggestion", () => {
  test.each<[string, string, string]>([
    [
      "mistyped kind",
      "do:\n  - a:\n      cal: http\n      with: {method: get, endpoint: 'http://x'}\n",
      'OW1020 8:7 cal | did you mean "call"?',
    ],
    ["mistyped set", "do:\n  - a:\n      ste: {a: 1}\n", 'OW1020 8:7 ste | did you mean "set"?'],
    ["mistyped root key", "dos:\n  - a: {set: {a: 1}}\n", 'OW1020 6:1 dos | did you mean "do"?'],
    [
      "unknown root key",
      "do:\n  - a: {set: {a: 1}}\nfoo: 1\n",
      "OW1020 8:1 foo | known here: input, use, timeout, output, schedule, evaluate",
    ],
    [
      "mistyped endpoint",
      "do:\n  - a:\n      call: http\n      with:\n        method: get\n        endpont: http://x\n",
      'OW1020 11:9 endpont | did you mean "endpoint"?',
    ],
    [
      "missing endpoint",
      "do:\n  - a:\n      call: http\n      with:\n        method: get\n",
      'OW1021 9:7 with | add "endpoint:" to it',
    ],
    ["missing with", "do:\n  - a:\n      call: http\n", 'OW1021 7:5 a | add "with:" to it'],
    [
      "arguments one level up",
      "do:\n  - a:\n      call: http\n      with: {method: get, endpoint: 'http://x'}\n      body: {}\n",
      "OW1020 10:7 body | it belongs inside `with`, one level deeper",
    ],
    ["duration unit", "do:\n  - a:\n      wait:\n        second: 5\n", 'OW1020 9:9 second | did you mean "seconds"?'],
    ["empty duration", "do:\n  - a:\n      wait: {}\n", "OW1029 8:7 wait | "],
    ["negative duration", "do:\n  - a:\n      wait: {seconds: -5}\n", "OW1030 8:23 -5 | "],
    ["fraction in a duration", "do:\n  - a:\n      wait: {seconds: 1.5}\n", "OW1022 8:23 1.5 | "],
    ["body not indented", "do:\n  - a:\n    set: {a: 1}\n", 'OW1028 8:5 set | indent "set" below "a"'],
    [
      "two tasks in one item",
      "do:\n  - a:\n      set: {a: 1}\n    b:\n      set: {b: 1}\n",
      'OW1028 9:5 b | put a "- " before "b" to make it an item of its own',
    ],
    ["tasks as a mapping", "do:\n  a:\n    set: {a: 1}\n", 'OW1022 6:1 do | put a "- " before the name of each task'],
    ["task as a text", "do:\n  - hello\n", 'OW1022 7:5 hello | write "- name:" and the task below it, indented'],
    ["empty task", "do:\n  - a:\n", "OW1022 7:5 a | indent the task's definition below its name"],
    ["empty do", "do: []\n", "OW1029 6:1 do | "],
    ["null do", "do:\n", "OW1022 6:1 do | "],
    ["task without a kind", "do:\n  - a:\n      if: .x\n", "OW1026 7:5 a | "],
    [
      "with without call",
      "do:\n  - a:\n      with: {x: 1}\n",
      "OW1026 7:5 a | `with` belongs to a `call`, which is missing",
    ],
    ["two kinds", "do:\n  - a:\n      set: {a: 1}\n      wait: PT1S\n", "OW1027 9:7 wait | make two tasks of it"],
    ["for without do", "do:\n  - a:\n      for: {in: .x}\n", 'OW1021 7:5 a | add "do:" to it'],
    [
      "while without for",
      "do:\n  - a:\n      do:\n        - b: {set: {a: 1}}\n      while: .x\n",
      "OW1020 10:7 while | known here: if, input, output, export, timeout, then, metadata",
    ],
    [
      "enumeration",
      "do:\n  - a:\n      listen:\n        to: {one: {with: {type: t}}}\n        read: envelop\n",
      'OW1023 10:15 envelop | did you mean "envelope"?',
    ],
    [
      "case of an enumeration",
      "do:\n  - a:\n      run:\n        shell: {command: ls}\n        return: All\n",
      'OW1023 10:17 All | did you mean "all"?',
    ],
    [
      "header not quoted",
      "do:\n  - a:\n      call: http\n      with: {method: get, endpoint: 'http://x', headers: {x: true}}\n",
      "OW1022 9:62 true | quote it: 'true'",
    ],
    [
      "query with a fraction",
      "do:\n  - a:\n      call: http\n      with: {method: get, endpoint: 'http://x', query: {x: 1.5}}\n",
      "OW1022 9:60 1.5 | ",
    ],
    [
      "title not quoted",
      "do:\n  - a: {raise: {error: {type: 'x:y', status: 400, title: 5}}}\n",
      "OW1022 7:58 5 | quote it: '5'",
    ],
    [
      "status in quotes",
      "do:\n  - a:\n      try: [{b: {set: {a: 1}}}]\n      catch: {errors: {with: {status: '503'}}}\n",
      "OW1022 9:39 '503' | remove the quotes",
    ],
    ["status out of range", "do:\n  - a: {raise: {error: {type: 'x:y', status: 99}}}\n", "OW1030 7:46 99 | "],
    [
      "port out of range",
      "do:\n  - a:\n      call: grpc\n      with: {proto: {endpoint: 'file:///x'}, method: m, service: {name: s, host: h, port: 70000}}\n",
      "OW1030 9:91 70000 | ",
    ],
    [
      "schema with both",
      "input:\n  schema:\n    document: {}\n    resource: {endpoint: 'http://x'}\ndo:\n  - a: {set: {a: 1}}\n",
      "OW1025 9:5 resource | ",
    ],
    ["schema with none", "input:\n  schema:\n    format: json\ndo:\n  - a: {set: {a: 1}}\n", "OW1025 7:3 schema | "],
    [
      "schema mistyped",
      "input:\n  schema:\n    documnt: {}\ndo:\n  - a: {set: {a: 1}}\n",
      'OW1020 8:5 documnt | did you mean "document"?',
    ],
    [
      "until without any",
      "do:\n  - a:\n      listen:\n        to:\n          one: {with: {type: t}}\n          until: .x\n",
      "OW1032 11:11 until | ",
    ],
    [
      "until within until",
      "do:\n  - a:\n      listen:\n        to:\n          any: []\n          until:\n            any: []\n            until: .x\n",
      "OW1020 13:13 until | known here: one, all",
    ],
    ["empty filter", "do:\n  - a: {listen: {to: {one: {with: {}}}}}\n", "OW1029 7:29 with | "],
    ["empty schedule", "schedule: {}\ndo:\n  - a: {set: {a: 1}}\n", "OW1029 6:1 schedule | "],
    [
      "schedule read alone",
      "schedule: {cron: '0 0 * * *', read: data}\ndo:\n  - a: {set: {a: 1}}\n",
      "OW1032 6:31 read | ",
    ],
    [
      "a2a without a server",
      "do:\n  - a:\n      call: a2a\n      with: {method: message/send}\n",
      "OW1029 9:7 with | ",
    ],
    [
      "a2a method",
      "do:\n  - a:\n      call: a2a\n      with: {method: message/sent, server: 'http://x'}\n",
      'OW1023 9:22 message/sent | did you mean "message/send"?',
    ],
    [
      "asyncapi with message and subscription",
      "do:\n  - a:\n      call: asyncapi\n      with:\n        document: {endpoint: 'http://x'}\n        operation: o\n        message: {}\n        subscription: {consume: {amount: 1}}\n",
      "OW1025 13:9 subscription | ",
    ],
    [
      "asyncapi without an operation",
      "do:\n  - a:\n      call: asyncapi\n      with:\n        document: {endpoint: 'http://x'}\n        message: {}\n",
      "OW1025 9:7 with | ",
    ],
    [
      "mcp without a transport",
      "do:\n  - a:\n      call: mcp\n      with: {method: tools/list, transport: {}}\n",
      "OW1025 9:34 transport | ",
    ],
    [
      "secret beside properties",
      "do:\n  - a:\n      call: http\n      with:\n        method: get\n        endpoint:\n          uri: http://x\n          authentication: {basic: {use: s, username: u}}\n",
      "OW1025 13:44 username | ",
    ],
    [
      "two authentications",
      "use:\n  authentications:\n    x:\n      bearer: {token: t}\n      basic: {use: s}\ndo:\n  - a: {set: {a: 1}}\n",
      "OW1025 10:7 basic | ",
    ],
    [
      "run of two things",
      "do:\n  - a:\n      run:\n        shell: {command: ls}\n        script: {language: js, code: x}\n",
      "OW1025 10:9 script | ",
    ],
    ["script without code", "do:\n  - a: {run: {script: {language: js}}}\n", "OW1025 7:15 script | "],
    [
      "container lifetime without after",
      "do:\n  - a: {run: {container: {image: i, lifetime: {cleanup: eventually}}}}\n",
      "OW1021 7:57 eventually | ",
    ],
    [
      "container lifetime with after",
      "do:\n  - a: {run: {container: {image: i, lifetime: {cleanup: always, after: PT1S}}}}\n",
      "OW1032 7:65 after | ",
    ],
    [
      "switch as a mapping",
      "do:\n  - a:\n      switch:\n        b: {then: end}\n",
      'OW1022 8:7 switch | put a "- " before each item',
    ],
    [
      "switch case without then",
      "do:\n  - a:\n      switch:\n        - b: {when: .x}\n",
      'OW1021 9:11 b | add "then:" to it',
    ],
    [
      "retry backoff",
      "use:\n  retries:\n    r:\n      backoff: {exponental: {}}\ndo:\n  - a: {set: {a: 1}}\n",
      'OW1020 9:17 exponental | did you mean "exponential"?',
    ],
    [
      "emit attributes not under with",
      "do:\n  - a:\n      emit:\n        event:\n          type: t\n",
      "OW1020 10:11 type | it belongs inside `with`, one level deeper",
    ],
    ["catch missing", "do:\n  - a:\n      try:\n        - b: {set: {a: 1}}\n", 'OW1021 7:5 a | add "catch:" to it'],
    ["empty set", "do:\n  - a: {set: {}}\n", "OW1029 7:9 set | "],
    [
      "extension kind",
      "use:\n  extensions:\n    - x: {extend: calls}\ndo:\n  - a: {set: {a: 1}}\n",
      'OW1023 8:19 calls | did you mean "call"?',
    ],
    ["timeout as a number", "timeout: 30\ndo:\n  - a: {set: {a: 1}}\n", "OW1022 6:10 30 | quote it: '30'"],
    [
      "key like a prototype member",
      "constructor: 1\ndo:\n  - a: {set: {a: 1}}\n",
      "OW1020 6:1 constructor | known here: input, use, timeout, output, schedule, evaluate",
    ],
  ])("%s", (_name, body, expected) => {
    expect(told(HEAD + body)).toEqual([expected]);
  });
});

describe("the document section", () => {
  test.each<[string, string, string]>([
    [
      "version as a number",
      "document:\n  dsl: '1.0.3'\n  namespace: n\n  name: w\n  version: 1.0\ndo:\n  - a: {set: {a: 1}}\n",
      "OW1022 5:12 1.0 | quote it: '1'",
    ],
    [
      "short version",
      "document:\n  dsl: '1.0.3'\n  namespace: n\n  name: w\n  version: '1.0'\ndo:\n  - a: {set: {a: 1}}\n",
      "OW1024 5:12 '1.0' | ",
    ],
    [
      "name",
      "document:\n  dsl: '1.0.3'\n  namespace: n\n  name: my workflow\n  version: '1.0.0'\ndo:\n  - a: {set: {a: 1}}\n",
      "OW1024 4:9 my workflow | ",
    ],
    [
      "language version",
      "document:\n  dsl: '0.8.0'\n  namespace: n\n  name: w\n  version: '1.0.0'\ndo:\n  - a: {set: {a: 1}}\n",
      "OW1031 2:8 '0.8.0' | ",
    ],
    [
      "later language version",
      "document:\n  dsl: '1.1.0'\n  namespace: n\n  name: w\n  version: '1.0.0'\ndo:\n  - a: {set: {a: 1}}\n",
      "OW1031 2:8 '1.1.0' | ",
    ],
    [
      "mistyped key",
      "document:\n  dsl: '1.0.3'\n  namespase: n\n  name: w\n  version: '1.0.0'\ndo:\n  - a: {set: {a: 1}}\n",
      'OW1020 3:3 namespase | did you mean "namespace"?',
    ],
    ["missing document", "do:\n  - a: {set: {a: 1}}\n", 'OW1021 1:1 do | add "document:" to it'],
  ])("%s", (_name, text, expected) => {
    expect(told(text)).toEqual([expected]);
  });

  test.each(["1.0.0", "1.0.1", "1.0.2", "1.0.3", "1.0.0-alpha5", "1.0.3-rc.1"])(
    "language version %s is accepted",
    (version) => {
      expect(
        told(`document: {dsl: '${version}', namespace: n, name: w, version: '1.0.0'}\ndo:\n  - a: {set: {a: 1}}\n`),
      ).toEqual([]);
    },
  );
});

describe("relaxations of the official schema are accepted", () => {
  test.each<[string, string]>([
    [
      "integers in headers and query",
      "do:\n  - a:\n      call: http\n      with: {method: get, endpoint: 'http://x', headers: {x: 1}, query: {y: -2}}\n",
    ],
    [
      "expression as gRPC host",
      "do:\n  - a:\n      call: grpc\n      with: {proto: {endpoint: 'file:///x'}, method: m, service: {name: s, host: '${ .host }'}}\n",
    ],
    [
      "expression as workflow input",
      "do:\n  - a: {run: {workflow: {namespace: n, name: w, version: latest, input: '${ . }'}}}\n",
    ],
    ["texts in for.in", "do:\n  - a:\n      for: {in: [a, b]}\n      do:\n        - b: {set: {a: 1}}\n"],
    ["expression as status", "do:\n  - a: {raise: {error: {type: 'x:y', status: '${ .s }'}}}\n"],
    ["emit with type only", "do:\n  - a: {emit: {event: {with: {type: t}}}}\n"],
    [
      "details in an error filter",
      "do:\n  - a:\n      try: [{b: {set: {a: 1}}}]\n      catch: {errors: {with: {details: d}}, then: end}\n",
    ],
    ["evaluate", "evaluate: {language: jq, mode: loose}\ndo:\n  - a: {set: {a: 1}}\n"],
    ["schedule.read", "schedule: {on: {one: {with: {type: t}}}, read: envelope}\ndo:\n  - a: {set: {a: 1}}\n"],
    ["extension attributes", "do:\n  - a: {emit: {event: {with: {type: t, myattribute: 1}}}}\n"],
  ])("%s", (_name, body) => {
    expect(told(HEAD + body)).toEqual([]);
  });
});

test("checkShape bounds the number of tasks", () => {
  const value = {
    document: { dsl: "1.0.3", namespace: "n", name: "w", version: "1.0.0" },
    do: Array.from({ length: 10_001 }, (_, index) => ({ [`t${index}`]: { wait: "PT1S" } })),
  };
  expect(checkShape(value).findings).toMatchObject([{ code: { code: "OW1033" }, pointer: "/do/10000/t10000" }]);
});

test("checkShape collects variables in scope", () => {
  const { value } = parseText(
    `${HEAD}do:\n  - a:\n      for: {each: pet, in: .pets}\n      do:\n        - b:\n            try:\n              - c: {set: '\${ $pet }'}\n            catch:\n              as: oops\n              when: .x\n              do:\n                - d: {set: '\${ $oops }'}\n`,
  );
  const variables = Object.fromEntries(
    checkShape(value ?? null)
      .sites.filter(({ role }) => role.endsWith("expression"))
      .map((site) => [site.pointer, site.variables]),
  );
  expect(variables).toEqual({
    "/do/0/a/for/in": [],
    "/do/0/a/do/0/b/try/0/c/set": ["pet", "index"],
    "/do/0/a/do/0/b/catch/when": ["pet", "index", "oops"],
    "/do/0/a/do/0/b/catch/do/0/d/set": ["pet", "index", "oops"],
  });
});
