import { describe, expect, test } from "vitest";
import { diagnosticCodes, explainCode } from "../catalogue.ts";
import { type Capabilities, allCapabilities } from "../capabilities.ts";
import { loadWorkflow } from "../load.ts";
import { rules } from "./index.ts";

/** The head of every document here is five lines, so what follows starts at line 6. */
const HEAD = "document:\n  dsl: '1.0.3'\n  namespace: n\n  name: w\n  version: '1.0.0'\n";

interface RuleCase {
  /** A document with the fault, and where the caret is. */
  readonly bad: readonly (readonly [string, string])[];
  /** Documents near the fault, without it. */
  readonly good: readonly string[];
  readonly capabilities?: Partial<Capabilities>;
}

const set = (name: string): string => `  - ${name}: {set: {a: 1}}\n`;
const run = (expression: string): string => `do:\n  - a:\n      if: ${expression}\n      set: {a: 1}\n`;
const retry = (policy: string): string =>
  `use:\n  retries:\n    r: ${policy}\ndo:\n  - t:\n      try:\n        - a: {set: {a: 1}}\n      catch: {retry: r}\n`;
const http = (with_: string): string => `do:\n  - a:\n      call: http\n      with: ${with_}\n`;

const cases: Readonly<Record<string, RuleCase>> = {
  OW1101: {
    bad: [[`do:\n${set("a")}${set("b")}${set("a")}`, "9:5 a"]],
    good: [`do:\n${set("a")}  - b:\n      do:\n        - a: {set: {a: 1}}\n`],
  },
  OW1102: {
    bad: [
      [`do:\n  - a:\n      set: {a: 1}\n      then: bb\n${set("b")}`, "9:13 bb"],
      [`do:\n  - a:\n      switch:\n        - c: {when: .x, then: nowhere}\n${set("b")}`, "9:31 nowhere"],
      [`do:\n  - a:\n      do:\n        - i: {set: {a: 1}, then: b}\n${set("b")}`, "9:34 b"],
      [`do:\n  - a:\n      try:\n        - i: {set: {a: 1}}\n      catch: {then: i}\n`, "10:21 i"],
      [
        "do:\n  - a:\n      fork:\n        branches:\n          - x: {set: {a: 1}, then: y}\n          - y: {set: {a: 1}}\n",
        "10:36 y",
      ],
    ],
    good: [
      `do:\n  - a: {set: {a: 1}, then: c}\n${set("b")}  - c: {set: {a: 1}, then: exit}\n`,
      "do:\n  - a:\n      do:\n        - i: {set: {a: 1}, then: exit}\n      then: end\n",
    ],
  },
  OW1103: {
    bad: [["do:\n  - a:\n      switch:\n        - x: {then: end}\n        - y: {then: exit}\n", "10:11 y"]],
    good: ["do:\n  - a:\n      switch:\n        - x: {when: .x, then: end}\n        - y: {then: exit}\n"],
  },
  OW1104: {
    bad: [["do:\n  - a:\n      switch:\n        - x: {when: .x, then: end}\n        - x: {then: exit}\n", "10:11 x"]],
    good: ["do:\n  - a:\n      switch:\n        - x: {when: .x, then: end}\n        - y: {then: exit}\n"],
  },
  OW1105: {
    bad: [
      ["timeout: slow\ndo:\n  - a: {set: {a: 1}}\n", "6:10 slow"],
      ["do:\n  - a: {raise: {error: oops}}\n", "7:24 oops"],
      ["do:\n  - a:\n      try: [{b: {set: {a: 1}}}]\n      catch: {retry: often}\n", "9:22 often"],
      [http("{method: get, endpoint: {uri: 'https://x', authentication: {use: me}}}"), "9:78 me"],
    ],
    good: ["use:\n  timeouts: {slow: {after: PT1H}}\ntimeout: slow\ndo:\n  - a: {set: {a: 1}}\n"],
  },
  OW1106: {
    bad: [
      ["do:\n  - a:\n      call: htpp\n", "8:13 htpp"],
      ["use:\n  functions:\n    greet: {set: {a: 1}}\ndo:\n  - a: {call: great}\n", "10:15 great"],
    ],
    good: [
      "use:\n  functions:\n    greet: {set: {a: 1}}\ndo:\n  - a: {call: greet}\n",
      "do:\n  - a: {call: 'https://example.com/function.yaml'}\n",
      "do:\n  - a: {call: 'log:1.0.0@default'}\n",
    ],
  },
  OW1107: {
    bad: [
      ["do:\n  - a: {call: 'log:1.0.0@mine'}\n", "7:26 mine"],
      ["do:\n  - a: {call: 'log@default'}\n", "7:15 'log@default'"],
    ],
    good: [
      "use:\n  catalogs: {mine: {endpoint: 'https://example.com'}}\ndo:\n  - a: {call: 'log:1.0.0@mine'}\n",
      "do:\n  - a: {call: 'https://user@example.com/f.yaml'}\n",
    ],
  },
  OW1108: {
    bad: [
      [http("{method: get, endpoint: {uri: 'https://x', authentication: {basic: {use: mine}}}}"), "9:86 mine"],
      [
        "use: {secrets: [token]}\ndo:\n  - a:\n      call: http\n      with: {method: get, endpoint: 'https://x', headers: {x: '${ $secrets.tokn }'}}\n",
        "10:76 tokn",
      ],
    ],
    good: [
      "use: {secrets: [token]}\ndo:\n  - a:\n      call: http\n      with: {method: get, endpoint: 'https://x', headers: {x: '${ $secrets.token }', y: '${ $secret.token }'}}\n",
    ],
  },
  OW1110: {
    bad: [
      [run(".a +"), "8:"],
      [run("nosuch(.a)"), "8:11 nosuch"],
      [run("$output.a"), "8:11 $output"],
      ["do:\n  - a: {set: {a: '${ .x | }'}}\n", "7:"],
      ["do:\n  - a: {set: {a: 'x ${ $item } y'}}\n", "7:24 $item"],
      ["do:\n  - a:\n      set: {a: 1}\n      output: {as: '{a: $output}'}\n", "9:25 $output"],
      ["schedule: {every: '${ $context.x }'}\ndo:\n  - a: {set: {a: 1}}\n", "6:23 $context"],
    ],
    good: [
      run(".a > 1 and ($context.b | length) > 0 and $env.X != null"),
      "do:\n  - a:\n      for: {each: pet, in: .pets, at: i}\n      while: $pet != null and $i < 3\n      do:\n        - b: {set: {a: '${ $pet.name }', b: '${ $input }'}}\n",
      "do:\n  - a:\n      set: {a: 1}\n      export: {as: '$context + {o: $output, i: $input}'}\n",
      "do:\n  - a:\n      try: [{b: {set: {a: 1}}}]\n      catch:\n        as: oops\n        when: $oops.status == 503\n        do: [{c: {set: {e: '${ $oops }'}}}]\n",
      "do:\n  - a:\n      listen: {to: {any: [], until: '${ length > 3 }'}}\n      foreach: {item: e, do: [{b: {set: {x: '${ $e, $index }'}}}], output: {as: $e.data}}\n",
      "do:\n  - a:\n      call: http\n      with: {method: get, endpoint: '${ \"https://x/\\(.id)\" }'}\n",
    ],
  },
  OW1111: {
    bad: [
      ["do:\n  - a: {set: .b}\n", "7:14 .b"],
      [http("{method: get, endpoint: 'https://x', headers: .h}"), "9:59 .h"],
    ],
    good: ["do:\n  - a: {set: '${ .b }'}\n", "evaluate: {mode: loose}\ndo:\n  - a: {set: .b}\n"],
  },
  OW1112: {
    bad: [
      ["schedule: {cron: '0 25 * * *'}\ndo:\n  - a: {set: {a: 1}}\n", "6:21 25"],
      ["schedule: {cron: never}\ndo:\n  - a: {set: {a: 1}}\n", "6:18 never"],
    ],
    good: ["schedule: {cron: 'CRON_TZ=Europe/Paris 0 9 * * MON-FRI'}\ndo:\n  - a: {set: {a: 1}}\n"],
  },
  OW1113: {
    bad: [["schedule: {cron: '0 0 30 2 *'}\ndo:\n  - a: {set: {a: 1}}\n", "6:18 '0 0 30 2 *'"]],
    good: ["schedule: {cron: '0 0 29 2 *'}\ndo:\n  - a: {set: {a: 1}}\n"],
  },
  OW1114: {
    bad: [
      ["do:\n  - a: {wait: 30s}\n", "7:15 30s"],
      ["timeout: {after: -PT5S}\ndo:\n  - a: {set: {a: 1}}\n", "6:18 -PT5S"],
      ["do:\n  - a: {wait: P}\n", "7:15 P"],
    ],
    good: ["do:\n  - a: {wait: P1Y2M3DT4H5M6.7S}\n", "do:\n  - a: {wait: '${ .seconds | \"PT\\(.)S\" }'}\n"],
  },
  OW1115: {
    bad: [
      [http("{method: get, endpoint: 'https://exa mple.com'}"), "9:37 'https://exa mple.com'"],
      [http("{method: get, endpoint: 'https://x/{id'}"), "9:48 {"],
    ],
    good: [http("{method: get, endpoint: 'https://x/{id}?q={+r}'}"), http("{method: get, endpoint: '../relative'}")],
  },
  OW1116: {
    bad: [["do:\n  - a: {raise: {error: {type: 'x:y', status: 400, instance: do/0}}}\n", "7:61 do/0"]],
    good: ["do:\n  - a: {raise: {error: {type: 'x:y', status: 400, instance: /do/0/a}}}\n"],
  },
  OW1117: {
    bad: [
      ["input:\n  schema:\n    document: {type: objct}\ndo:\n  - a: {set: {a: 1}}\n", "8:22 objct"],
      ["input:\n  schema:\n    document: {properties: {a: {pattern: '('}}}\ndo:\n  - a: {set: {a: 1}}\n", "8:42 '('"],
      [
        "input:\n  schema:\n    document: {properties: {a: {$ref: '#/$defs/b'}}}\ndo:\n  - a: {set: {a: 1}}\n",
        "8:29 a",
      ],
    ],
    good: [
      "input:\n  schema:\n    document: {type: object, properties: {a: {$ref: '#/$defs/b'}}, $defs: {b: {type: string}}}\ndo:\n  - a: {set: {a: 1}}\n",
    ],
  },
  OW1118: {
    bad: [["input:\n  schema: {format: avro, document: {}}\ndo:\n  - a: {set: {a: 1}}\n", "7:20 avro"]],
    good: ["input:\n  schema: {format: 'json:2020-12', document: {}}\ndo:\n  - a: {set: {a: 1}}\n"],
  },
  OW1119: {
    bad: [["do:\n  - a: {emit: {event: {with: {type: t, time: yesterday}}}}\n", "7:46 yesterday"]],
    good: ["do:\n  - a: {emit: {event: {with: {type: t, time: '2026-01-31T12:00:00Z'}}}}\n"],
  },
  OW1120: {
    bad: [
      ["do:\n  - a: {raise: {error: {type: not a uri, status: 400}}}\n", "7:31 not a uri"],
      ["do:\n  - a: {raise: {error: {type: 'https://example.com/{kind', status: 400}}}\n", "7:31 'https:"],
    ],
    good: [
      "do:\n  - a: {raise: {error: {type: 'https://example.com/errors/x', status: 400}}}\n",
      "do:\n  - a: {raise: {error: {type: 'https://example.com/{kind}{?of}', status: 400}}}\n",
    ],
  },
  OW1121: {
    bad: [["evaluate: {language: js}\ndo:\n  - a: {set: {a: 1}}\n", "6:22 js"]],
    good: ["evaluate: {language: jq}\ndo:\n  - a: {set: {a: 1}}\n"],
  },
  OW1122: {
    bad: [
      ["do:\n  - a: {run: {script: {language: python, code: x}}}\n", "7:34 python"],
      ["do:\n  - a: {run: {shell: {command: ls}}}\n", "7:15 shell"],
      ["do:\n  - a: {run: {container: {image: i}}}\n", "7:15 container"],
      [
        "do:\n  - a:\n      call: mcp\n      with: {method: tools/list, transport: {stdio: {command: x}}}\n",
        "9:46 stdio",
      ],
      [
        "do:\n  - a:\n      call: asyncapi\n      with: {document: {endpoint: 'https://x'}, operation: o, protocol: kafka, message: {}}\n",
        "9:73 kafka",
      ],
      [
        "do:\n  - a:\n      call: asyncapi\n      with: {document: {endpoint: 'https://x'}, operation: o, protocol: http, subscription: {consume: {amount: 1}}}\n",
        "9:79 subscription",
      ],
      [
        "do:\n  - a:\n      call: asyncapi\n      with: {document: {endpoint: 'https://x'}, operation: o, protocol: redis, message: {headers: {a: b}}}\n",
        "9:90 headers",
      ],
    ],
    good: [
      "do:\n  - a: {run: {script: {language: javascript, code: x}}}\n",
      "do:\n  - a:\n      call: asyncapi\n      with: {document: {endpoint: 'https://x'}, operation: o, protocol: mqtt, message: {}}\n",
      "do:\n  - a:\n      call: asyncapi\n      with: {document: {endpoint: 'https://x'}, operation: o, protocol: http, message: {headers: {a: b}}}\n",
      "do:\n  - a:\n      call: asyncapi\n      with: {document: {endpoint: 'https://x'}, operation: o, protocol: redis, subscription: {consume: {amount: 1}}}\n",
    ],
    capabilities: {
      scriptLanguages: new Set(["js"]),
      shell: false,
      container: false,
      grpc: false,
      mcpStdio: false,
      asyncApiProtocols: new Set(["mqtt", "http", "redis"]),
      reasons: { shell: "off in the configuration" },
    },
  },
  OW1123: {
    bad: [["do:\n  - a: {run: {script: {language: pyton, code: x}}}\n", "7:34 pyton"]],
    good: ["do:\n  - a: {run: {script: {language: Python, code: x}}}\n"],
  },
  OW1124: {
    bad: [
      ["schedule: {every: PT0S}\ndo:\n  - a: {set: {a: 1}}\n", "6:12 every"],
      ["schedule: {every: {seconds: 0}}\ndo:\n  - a: {set: {a: 1}}\n", "6:12 every"],
    ],
    good: ["schedule: {every: PT1S}\ndo:\n  - a: {set: {a: 1}}\n"],
  },
  OW1125: {
    bad: [[retry("{delay: PT1S, limit: {attempt: {count: 1}}, jitter: {from: PT2S, to: {seconds: 1}}}"), "8:61 from"]],
    good: [retry("{delay: PT1S, limit: {attempt: {count: 1}}, jitter: {from: PT1S, to: {seconds: 2}}}")],
  },
  OW1126: {
    bad: [["use: {secrets: [a, b, a]}\ndo:\n  - a: {set: {a: 1}}\n", "6:23 a"]],
    good: ["use: {secrets: [a, b]}\ndo:\n  - a: {set: {a: 1}}\n"],
  },
  OW1127: {
    bad: [["use: {extensions: [{x: {extend: all}}, {x: {extend: set}}]}\ndo:\n  - a: {set: {a: 1}}\n", "6:41 x"]],
    good: ["use: {extensions: [{x: {extend: all}}, {y: {extend: set}}]}\ndo:\n  - a: {set: {a: 1}}\n"],
  },
  OW1128: {
    bad: [[http("{method: 'get it', endpoint: 'https://x'}"), "9:22 'get it'"]],
    good: [http("{method: '${ .method }', endpoint: 'https://x'}"), http("{method: GET, endpoint: 'https://x'}")],
  },
  OW1129: {
    bad: [
      ["do:\n  - a:\n      for: {each: $pet, in: .pets}\n      do:\n        - b: {set: {a: 1}}\n", "8:19 $pet"],
      ["do:\n  - a:\n      try: [{b: {set: {a: 1}}}]\n      catch: {as: context, then: end}\n", "9:19 context"],
      ["do:\n  - a:\n      for: {each: my-pet, in: .pets}\n      do:\n        - b: {set: {a: 1}}\n", "8:19 my-pet"],
    ],
    good: ["do:\n  - a:\n      for: {each: my_pet2, in: .pets}\n      do:\n        - b: {set: {a: 1}}\n"],
  },
  OW1130: {
    bad: [[`do:\n${set("end")}`, "7:5 end"]],
    good: [`do:\n${set("ending")}`],
  },
  OW1131: {
    bad: [["do:\n  - a: {emit: {event: {with: {type: t, traceParent: x}}}}\n", "7:40 traceParent"]],
    good: ["do:\n  - a: {emit: {event: {with: {type: t, traceparent: x}}}}\n"],
  },
  OW1132: {
    bad: [
      ["do:\n  - a: {set: {a: 'x\uE000y\uE001'}}\n", "7:18 'x\uE000y\uE001'"],
      ["do:\n  - a: {set: {\uE000: 1}}\n", "7:15 \uE000"],
    ],
    good: ["do:\n  - a: {set: {a: '\uE002'}}\n"],
  },
  OW2001: {
    bad: [[`do:\n  - a: {set: {a: 1}, then: end}\n${set("b")}${set("c")}`, "8:5 b"]],
    good: [
      `do:\n  - a: {if: .x, set: {a: 1}, then: end}\n${set("b")}`,
      `do:\n  - a:\n      try: [{i: {set: {a: 1}}}]\n      catch: {then: c}\n  - b: {set: {a: 1}, then: end}\n${set("c")}`,
      `do:\n  - a: {switch: [{x: {when: .x, then: c}}, {y: {then: end}}]}\n  - b: {set: {a: 1}, then: end}\n${set("c")}`.replace(
        "  - b: {set: {a: 1}, then: end}\n",
        "",
      ),
    ],
  },
  OW2002: {
    bad: [[`do:\n${set("a")}  - b: {set: {a: 1}, then: a}\n`, "7:5 a"]],
    good: [
      `do:\n${set("a")}  - w: {wait: PT1S}\n  - b: {set: {a: 1}, then: a}\n`,
      `do:\n${set("a")}  - b: {switch: [{x: {when: .x, then: a}}, {y: {then: end}}]}\n`,
      `do:\n${set("a")}  - b: {if: .x, set: {a: 1}, then: a}\n`,
    ],
  },
  OW2003: {
    bad: [
      [
        "do:\n  - a:\n      for: {each: x, in: .xs}\n      do:\n        - b:\n            for: {each: x, in: .ys}\n            do: [{c: {set: {a: 1}}}]\n",
        "11:25 x",
      ],
    ],
    good: [
      "do:\n  - a:\n      for: {each: x, in: .xs}\n      do:\n        - b:\n            for: {each: y, in: .ys}\n            do: [{c: {set: {a: 1}}}]\n",
    ],
  },
  OW2004: {
    bad: [
      [
        "do:\n  - a:\n      fork:\n        branches:\n          - x: {set: {a: 1}, export: {as: .}}\n          - y: {set: {a: 1}}\n",
        "10:30 export",
      ],
    ],
    good: [
      "do:\n  - a:\n      fork:\n        branches:\n          - x: {set: {a: 1}, export: {as: '$context + .'}}\n          - y: {set: {a: 1}}\n      export: {as: .}\n",
    ],
  },
  OW2005: {
    bad: [
      ["use: {secrets: [s]}\ndo:\n  - a: {set: {a: '${ $secrets.s }'}}\n", "8:22 $secrets"],
      ["use: {secrets: [s]}\ndo:\n  - a: {set: {a: 1}, output: {as: '. + {s: $secrets.s}'}}\n", "8:44 $secrets"],
    ],
    good: [
      "use: {secrets: [s]}\ndo:\n  - a:\n      call: http\n      with: {method: get, endpoint: 'https://x', headers: {x: '${ $secrets.s }'}}\n",
    ],
  },
  OW2006: {
    bad: [[http("{method: get, endpoint: 'https://x'}"), "7:5 a"]],
    good: [
      `timeout: {after: PT1M}\n${http("{method: get, endpoint: 'https://x'}")}`,
      "do:\n  - a: {timeout: {after: PT1M}, do: [{b: {listen: {to: {one: {with: {type: t}}}}}}]}\n",
      `do:\n${set("a")}`,
    ],
  },
  OW2007: {
    bad: [
      ["use:\n  functions:\n    greet: {set: {a: 1}}\ndo:\n  - a: {set: {a: 1}}\n", "8:5 greet"],
      [
        "use: {catalogs: {c: {endpoint: 'https://x'}}, timeouts: {t: {after: PT1S}}}\ntimeout: t\ndo:\n  - a: {set: {a: 1}}\n",
        "6:18 c",
      ],
    ],
    good: ["use:\n  functions:\n    greet: {set: {a: 1}}\ndo:\n  - a: {call: greet}\n"],
  },
  OW2008: {
    bad: [["use: {secrets: [used, idle]}\ndo:\n  - a: {set: {a: '${ $secrets.used }'}}\n", "6:23 idle"]],
    good: [
      "use: {secrets: [a, b]}\ndo:\n  - a: {set: {a: '${ $secrets[.name] }'}}\n",
      "use: {secrets: [a]}\ndo:\n  - a: {set: {a: '${ $secret.a }'}}\n",
    ],
  },
  OW2009: {
    bad: [["use: {extensions: [{x: {extend: call}}]}\ndo:\n  - a: {set: {a: 1}}\n", "6:33 call"]],
    good: ["use: {extensions: [{x: {extend: composite}}]}\ndo:\n  - a: {do: [{b: {set: {a: 1}}}]}\n"],
  },
  OW2010: {
    bad: [[retry("{delay: PT1S}"), "8:5 r"]],
    good: [
      retry("{delay: PT1S, limit: {attempt: {count: 3}}}"),
      retry("{delay: PT1S, limit: {duration: PT1H}}"),
      retry("{delay: PT1S, when: .n < 3}"),
    ],
  },
  OW2011: {
    bad: [
      [retry("{limit: {attempt: {count: 3}}}"), "8:5 r"],
      [retry("{delay: PT0S, limit: {attempt: {count: 3}}}"), "8:5 r"],
    ],
    good: [
      retry("{delay: PT1S, limit: {attempt: {count: 3}}}"),
      retry("{delay: '${ .d }', limit: {attempt: {count: 3}}}"),
    ],
  },
  OW2012: {
    bad: [
      [run("'true'"), "8:11 'true'"],
      [run('\'"a" == "b"\''), '8:11 \'"a" == "b"\''],
    ],
    good: [run(".a == true"), run("'[.[]] | length > 0'"), run("$context.x")],
  },
  OW2013: {
    bad: [
      [run("'(\"n: \" + 5) == .x'"), '8:13 "n: " + 5'],
      [run("'(.items | length) == \"3\"'"), "8:"],
      [run("'{a: .a} > 5'"), "8:"],
    ],
    good: [run("'(.items | length) == 3 and (\"n: \" + .n) != null'"), run("'.a + 1 > 2'")],
  },
  OW2014: {
    bad: [["do:\n  - a: {raise: {error: {type: 'x:y', status: 400}}, then: end}\n", "7:53 then"]],
    good: ["do:\n  - a: {raise: {error: {type: 'x:y', status: 400}}}\n"],
  },
  OW2015: {
    bad: [["do:\n  - a:\n      switch:\n        - x: {when: .x, then: end}\n", "8:7 switch"]],
    good: [
      "do:\n  - a:\n      switch:\n        - x: {when: .x, then: end}\n      then: exit\n",
      "do:\n  - a:\n      switch:\n        - x: {then: end}\n",
    ],
  },
  OW2016: {
    bad: [["do:\n  - a: {fork: {branches: [{b: {set: {a: 1}}}]}}\n", "7:16 branches"]],
    good: ["do:\n  - a: {fork: {branches: [{b: {set: {a: 1}}}, {c: {set: {a: 1}}}]}}\n"],
  },
  OW2017: {
    bad: [
      [http("{method: post, endpoint: 'https://x', body: {a: .customer}}"), "9:61 .customer"],
      ["do:\n  - a: {set: {b: $context.user.name}}\n", "7:18 $context.user.name"],
    ],
    good: [
      "do:\n  - a: {set: {b: '${ .customer }', c: ..., d: .gitignore.d/x, e: $5, f: '$HOME'}}\n",
      "evaluate: {mode: loose}\ndo:\n  - a: {set: {b: .customer}}\n",
    ],
  },
  OW2018: {
    bad: [
      [
        http("{method: get, endpoint: {uri: 'https://x', authentication: {basic: {username: u, password: hunter2}}}}"),
        "9:104 hunter2",
      ],
    ],
    good: [
      `use: {secrets: [p]}\n${http("{method: get, endpoint: {uri: 'https://x', authentication: {basic: {username: u, password: '${ $secrets.p }'}}}}")}`,
      "do:\n  - a: {set: {password: x}}\n",
    ],
  },
  OW2019: {
    bad: [
      [
        http("{method: get, endpoint: {uri: 'http://x', authentication: {bearer: {token: '${ .t }'}}}}"),
        "9:43 'http://x'",
      ],
    ],
    good: [
      http("{method: get, endpoint: {uri: 'http://localhost:80/', authentication: {bearer: {token: '${ .t }'}}}}"),
      http("{method: get, endpoint: {uri: 'http://x'}}"),
    ],
  },
  OW2020: {
    bad: [[http("{method: gte, endpoint: 'https://x'}"), "9:22 gte"]],
    good: [http("{method: Patch, endpoint: 'https://x'}")],
  },
  OW2021: {
    bad: [["do:\n  - a:\n      try: [{b: {set: {a: 1}}}]\n      catch: {as: e}\n", "9:7 catch"]],
    good: ["do:\n  - a:\n      try: [{b: {set: {a: 1}}}]\n      catch: {errors: {with: {status: 404}}}\n"],
  },
  OW2022: {
    bad: [
      ["do:\n  - a: {wait: PT0S}\n", "7:9 wait"],
      ["timeout: {after: {seconds: 0}}\ndo:\n  - a: {set: {a: 1}}\n", "6:11 after"],
    ],
    good: ["do:\n  - a: {wait: PT0.1S}\n", retry("{delay: PT0S, limit: {attempt: {count: 3}}}")],
  },
  OW2023: {
    bad: [[`do:\n  - a: {set: {a: 1}, then: b}\n${set("b")}`, "7:28 b"]],
    good: [`do:\n  - a: {set: {a: 1}, then: c}\n  - b: {set: {a: 1}, then: end}\n${set("c")}`],
  },
  OW2024: {
    bad: [["use:\n  functions:\n    f: {call: g}\n    g: {do: [{x: {call: f}}]}\ndo:\n  - a: {call: f}\n", "8:5 f"]],
    good: ["use:\n  functions:\n    f: {call: g}\n    g: {do: [{x: {wait: PT1S}}]}\ndo:\n  - a: {call: f}\n"],
  },
  OW2025: {
    bad: [
      [
        "do:\n  - a:\n      try: [{b: {set: {a: 1}}}]\n      catch: {errors: {with: {type: 'https://serverlessworkflow.io/spec/1.0.0/errors/comunication'}}}\n",
        "9:86 comunication",
      ],
    ],
    good: [
      "do:\n  - a:\n      try: [{b: {set: {a: 1}}}]\n      catch: {errors: {with: {type: 'https://open-workflow-specification.org/dsl/errors/types/communication'}}}\n",
      "do:\n  - a:\n      try: [{b: {set: {a: 1}}}]\n      catch: {errors: {with: {type: 'https://example.com/errors/mine'}}}\n",
    ],
  },
  OW2026: {
    bad: [
      [
        "do:\n  - a:\n      switch:\n        - x: {when: .a > 1, then: end}\n        - y: {when: .a > 1, then: exit}\n        - z: {then: end}\n",
        "10:21 .a > 1",
      ],
    ],
    good: [
      "do:\n  - a:\n      switch:\n        - x: {when: .a > 1, then: end}\n        - y: {when: .a > 2, then: exit}\n        - z: {then: end}\n",
    ],
  },
  OW2027: {
    bad: [
      ["do:\n  - a:\n      switch:\n        - y: {then: exit}\n        - x: {when: .a > 1, then: end}\n", "9:11 y"],
    ],
    good: ["do:\n  - a:\n      switch:\n        - x: {when: .a > 1, then: end}\n        - y: {then: exit}\n"],
  },
};

/** The findings of one code: "line:column token". */
function found(code: string, body: string, capabilities: Partial<Capabilities> = {}): readonly string[] {
  const text = HEAD + body;
  const { diagnostics } = loadWorkflow(text, { capabilities: { ...allCapabilities, ...capabilities } });
  const unexpected = diagnostics.filter((diagnostic) => diagnostic.severity === "error" && diagnostic.code !== code);
  expect(unexpected.map(({ message }) => message)).toEqual([]);
  return diagnostics
    .filter((diagnostic) => diagnostic.code === code)
    .map(
      ({ line, column, endColumn, sourceLine }) => `${line}:${column} ${sourceLine.slice(column - 1, endColumn - 1)}`,
    );
}

describe.each(rules.map((rule) => [rule.code, rule.name] as const))("%s %s", (code) => {
  const { bad, good, capabilities } = cases[code] ?? { bad: [], good: [] };

  test("has cases", () => {
    expect(bad.length).toBeGreaterThan(0);
    expect(good.length).toBeGreaterThan(0);
  });

  test.each(bad)("finds the fault of case %#", (body, place) => {
    const [only, ...more] = found(code, body, capabilities);
    expect(more).toEqual([]);
    if (place.endsWith(":")) expect(only).toMatch(new RegExp(`^${place}`, "u"));
    else expect(only).toBe(place);
  });

  test.each(good)("finds nothing in case %#", (body) => {
    expect(found(code, body, capabilities)).toEqual([]);
  });
});

describe("the catalogue", () => {
  test("has at least 40 codes, each once, errors and warnings told apart by number", () => {
    expect(diagnosticCodes.length).toBeGreaterThanOrEqual(40);
    expect(new Set(diagnosticCodes.map(({ code }) => code)).size).toBe(diagnosticCodes.length);
    expect(new Set(diagnosticCodes.map(({ name }) => name)).size).toBe(diagnosticCodes.length);
    for (const { code, severity } of diagnosticCodes) expect(severity === "error").toBe(code.startsWith("OW1"));
  });

  test("says something of use about each", () => {
    for (const { summary, explanation } of diagnosticCodes) {
      expect(summary).toMatch(/^[A-Z].*\.$/u);
      expect(explanation.length).toBeGreaterThan(60);
    }
  });

  test("explainCode finds codes and names", () => {
    expect(explainCode("ow1102")?.name).toBe("then-target-exists");
    expect(explainCode("then-target-exists")?.code).toBe("OW1102");
    expect(explainCode("OW9999")).toBeUndefined();
  });
});
