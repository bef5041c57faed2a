/** What `stigmer init` writes: for each template its files by name. */
export const templates: ReadonlyMap<string, { readonly [file: string]: string }> = new Map([
  [
    "hello",
    {
      "workflow.yaml": `document:
  dsl: 1.0.3
  namespace: default
  name: hello
  version: 1.0.0
  title: Say hello
timeout:
  after: { minutes: 1 }
do:
  - greet:
      set:
        greeting: \${ "Hello, \\(.name // "world")!" }
`,
      "workflow.test.yaml": `cases:
  - name: greets the world
    expect:
      output: { greeting: "Hello, world!" }

  - name: greets by name
    given:
      input: { name: Ada }
    expect:
      output: { greeting: "Hello, Ada!" }
`,
    },
  ],
  [
    "http",
    {
      "workflow.yaml": `document:
  dsl: 1.0.3
  namespace: default
  name: fetch-item
  version: 1.0.0
  title: Fetch an item, patiently
input:
  schema:
    document:
      type: object
      required:
        - url
      properties:
        url: { type: string }
timeout:
  after: { minutes: 5 }
do:
  - fetch:
      try:
        - request:
            call: http
            with:
              method: get
              endpoint: \${ .url }
      catch:
        errors:
          with: { status: 503 }
        retry:
          delay: { seconds: 1 }
          backoff:
            exponential: {}
          limit:
            attempt: { count: 4 }
  - keep:
      set:
        item: \${ . }
`,
      "workflow.test.yaml": `cases:
  - name: fetches at once where it can
    given:
      input: { url: "https://api.example/items/1" }
    mocks:
      request: { output: { id: 1 } }
    expect:
      output: { item: { id: 1 } }
      elapsed: PT0S

  - name: tries again while the service is overloaded
    given:
      input: { url: "https://api.example/items/1" }
    mocks:
      request:
        sequence:
          - error: { status: 503 }
          - error: { status: 503 }
          - output: { id: 1 }
    expect:
      output: { item: { id: 1 } }
      calls: { request: 3 }
      elapsed: PT3S

  - name: every other error is the end
    given:
      input: { url: "https://api.example/items/2" }
    mocks:
      request: { error: { status: 404, title: Not found } }
    expect:
      error: { status: 404 }
      calls: { request: 1 }
`,
    },
  ],
  [
    "approval",
    {
      "workflow.yaml": `document:
  dsl: 1.0.3
  namespace: default
  name: approval
  version: 1.0.0
  title: Wait for a decision
do:
  - remember:
      set: \${ . }
      export:
        as: .
  - decide:
      try:
        - decision:
            listen:
              to:
                one:
                  with:
                    type: com.example.decided
                  correlate:
                    request:
                      from: .data.id
                      expect: \${ $context.id }
            timeout:
              after: { days: 30 }
        - record:
            set:
              id: \${ $context.id }
              approved: \${ .[0].approved }
      catch:
        errors:
          with:
            status: 408
        do:
          - refuse:
              set:
                id: \${ $context.id }
                approved: false
`,
      "workflow.test.yaml": `cases:
  - name: is decided by the event for it
    given:
      input: { id: R-1 }
    events:
      - { after: PT1H, type: com.example.decided, data: { id: R-2, approved: false } }
      - { after: PT2H, type: com.example.decided, data: { id: R-1, approved: true } }
    expect:
      output: { id: R-1, approved: true }
      elapsed: PT2H

  - name: is refused after thirty days of silence
    given:
      input: { id: R-1 }
    expect:
      output: { id: R-1, approved: false }
      elapsed: P30D
`,
    },
  ],
]);
