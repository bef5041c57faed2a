import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Json, JsonObject } from "@stigmer/core/lib/json.ts";
import type { ActivityKind } from "@stigmer/core/protocol/command.ts";
import type { ActivityOptionsInput } from "../activity-options.ts";
import { hostCapabilities } from "../capabilities.ts";
import { faultOf, inlineResource, testContext, testHost } from "../testing/call.ts";
import { describeNeeding, lackOfPrograms } from "../../../tools/testing/need.ts";

const allow = ["script", "shell", "container"] as const;

function runWith(
  options: ActivityOptionsInput,
  kind: ActivityKind,
  input: JsonObject,
  secrets: JsonObject = {},
): Promise<Json> {
  return testHost(options).runner.run(kind, input, testContext({ secrets }));
}

for (const sandbox of ["auto", "none"] as const) {
  describeNeeding(lackOfPrograms(sandbox === "auto" ? "bwrap" : "prlimit"), `processes with sandbox ${sandbox}`, () => {
    const options: ActivityOptionsInput = { run: { allow, sandbox } };
    const run = (kind: ActivityKind, input: JsonObject, secrets?: JsonObject): Promise<Json> =>
      runWith(options, kind, input, secrets);

    const cases: readonly {
      readonly name: string;
      readonly kind: ActivityKind;
      readonly input: JsonObject;
      readonly want: Json;
    }[] = [
      {
        name: "a shell command with stdin and arguments",
        kind: "shell",
        input: {
          command: 'input=$(cat)\necho "STDIN was: $input"\necho "ARGS are $1 $2"',
          stdin: "Hello World",
          arguments: ["Foo", "Bar"],
        },
        want: "STDIN was: Hello World\nARGS are Foo Bar\n",
      },
      { name: "data on stdin as JSON", kind: "shell", input: { command: "cat", stdin: { a: 1 } }, want: '{"a":1}' },
      {
        name: "environment variables",
        kind: "shell",
        input: { command: 'printf %s "$foo-$n"', environment: { foo: "a b", n: 1 } },
        want: "a b-1",
      },
      { name: "stderr", kind: "shell", input: { command: "echo out; echo err >&2", return: "stderr" }, want: "err\n" },
      { name: "the exit code", kind: "shell", input: { command: "exit 7", return: "code" }, want: 7 },
      {
        name: "all of a failed command",
        kind: "shell",
        input: { command: "echo out; echo err >&2; exit 3", return: "all" },
        want: { code: 3, stdout: "out\n", stderr: "err\n" },
      },
      { name: "nothing", kind: "shell", input: { command: "echo out", return: "none" }, want: null },
      {
        name: "a JavaScript module as the released example has it",
        kind: "script",
        input: {
          language: "js",
          stdin: "Hello Workflow",
          environment: { foo: "bar" },
          arguments: ["hello"],
          code: "import { readFileSync } from 'node:fs';\nconst stdin = readFileSync(process.stdin.fd, 'utf8');\nconst [_, __, arg] = process.argv;\nconsole.log(stdin, arg, process.env.foo);",
          return: "all",
        },
        want: { code: 0, stdout: "Hello Workflow hello bar\n", stderr: "" },
      },
      {
        name: "a CommonJS script",
        kind: "script",
        input: { language: "javascript", code: "const { EOL } = require('node:os'); process.stdout.write('x' + EOL);" },
        want: "x\n",
      },
      {
        name: "a Python script",
        kind: "script",
        input: {
          language: "py",
          code: "import sys\nprint(sys.argv[1], sys.stdin.read())",
          stdin: "in",
          arguments: ["a"],
        },
        want: "a in\n",
      },
      {
        name: "a script from a resource",
        kind: "script",
        input: { language: "python", source: inlineResource("print('sourced')", "text/x-python") },
        want: "sourced\n",
      },
      {
        name: "JavaScript that takes arguments by name and returns",
        kind: "script",
        input: { language: "js", arguments: { a: 1, b: [2] }, code: "console.log('seen');\nreturn { sum: a + b[0] };" },
        want: { sum: 3 },
      },
      {
        name: "Python that takes arguments by name and returns",
        kind: "script",
        input: {
          language: "python",
          arguments: { a: 1, text: 'q"\u00e9' },
          code: 'doc = """x\n  y"""\nif a == 1:\n    return {"text": text, "doc": doc}',
        },
        want: { text: 'q"\u00e9', doc: "x\n  y" },
      },
      {
        name: "Python that returns nothing",
        kind: "script",
        input: { language: "python", arguments: { a: 1 }, code: "print(a)" },
        want: "1\n",
      },
    ];
    it.each(cases)("runs $name", async ({ kind, input, want }) => {
      expect(await run(kind, input)).toEqual(want);
    });

    it("makes a runtime fault of an exit code, with the last line of stderr", async () => {
      expect(
        await faultOf(testHost(options), "shell", { command: "echo first >&2; echo last >&2; exit 3" }),
      ).toMatchObject({
        type: "runtime",
        title: "Process failed",
        detail: "The process ended with exit code 3: last",
        data: { code: 3, stderr: "first\nlast\n" },
      });
    });

    it("says which error ended a script", async () => {
      expect((await faultOf(testHost(options), "script", { language: "js", code: "null.x" })).detail).toContain(
        "TypeError: Cannot read properties of null",
      );
      expect(
        (
          await faultOf(testHost(options), "script", {
            language: "js",
            arguments: { a: 1 },
            code: "throw new RangeError('far')",
          })
        ).detail,
      ).toContain("RangeError: far");
      expect((await faultOf(testHost(options), "script", { language: "python", code: "1/0" })).detail).toContain(
        "ZeroDivisionError",
      );
    });

    it("gives nothing of this server's environment to the process", async () => {
      process.env["STIGMER_TEST_CANARY"] = "canary";
      const seen = (await run("shell", { command: "env" })) as string;
      delete process.env["STIGMER_TEST_CANARY"];
      expect(seen).not.toContain("canary");
      expect(
        seen
          .split("\n")
          .filter((line) => line !== "")
          .map((line) => line.split("=")[0])
          .toSorted(),
      ).toEqual(["HOME", "LANG", "PATH", "PWD", "TMPDIR"]);
    });

    it("passes secrets without showing them in the process list or in the result", async () => {
      const result = await run(
        "shell",
        {
          command: 'printf %s "$TOKEN"; cat /proc/*/cmdline 2>/dev/null | tr "\\0" " " | grep -c "canary-[0]" || true',
          environment: { TOKEN: "\uE000api\uE001" },
        },
        { api: "canary-0123456789" },
      );
      expect(result).toBe("\uE000api\uE0010\n");
    });

    it("kills what runs too long, with everything it started", async () => {
      const impatient = testHost({ run: { allow, sandbox, limits: { timeoutMs: 300 } } });
      expect(await faultOf(impatient, "shell", { command: "sleep 30 & sleep 30" })).toMatchObject({
        type: "timeout",
        status: 408,
      });
    });

    it("kills what writes too much", async () => {
      const small = testHost({ run: { allow, sandbox, limits: { outputBytesMax: 1000 } } });
      expect(await faultOf(small, "shell", { command: "yes" })).toMatchObject({
        type: "runtime",
        title: "Process output too large",
      });
    });

    it("kills when the task is stopped", async () => {
      const controller = new AbortController();
      const pending = faultOf(
        testHost(options),
        "shell",
        { command: "sleep 30" },
        testContext({ signal: controller.signal }),
      );
      setTimeout(() => controller.abort(), 100);
      expect(await pending).toMatchObject({ title: "Activity stopped" });
    });

    it("limits files and memory", async () => {
      const small = testHost({
        run: { allow, sandbox, limits: { fileBytesMax: 1000, memoryBytesMax: 64 * 1024 * 1024 } },
      });
      expect(
        await small.runner.run(
          "shell",
          { command: 'head -c 5000 /dev/zero > "$TMPDIR/x"; wc -c < "$TMPDIR/x"', return: "all" },
          testContext(),
        ),
      ).toMatchObject({ stdout: expect.stringMatching(/^1000\s/u) as string });
      expect(
        await faultOf(small, "script", { language: "python", code: "x = bytearray(200 * 1024 * 1024)" }),
      ).toMatchObject({ data: { stderr: expect.stringContaining("MemoryError") as string } });
    });

    const refused: readonly {
      readonly name: string;
      readonly kind: ActivityKind;
      readonly input: JsonObject;
      readonly want: JsonObject;
    }[] = [
      {
        name: "an unknown language",
        kind: "script",
        input: { language: "ruby", code: "1" },
        want: { type: "configuration", title: "Unknown script language" },
      },
      {
        name: "an environment variable that is none",
        kind: "shell",
        input: { command: "true", environment: { "a-b": "1" } },
        want: { type: "validation" },
      },
      {
        name: "an unknown return",
        kind: "shell",
        input: { command: "true", return: "both" },
        want: { type: "validation" },
      },
      {
        name: "argument names that are no identifiers",
        kind: "script",
        input: { language: "js", arguments: { "a; x": 1 }, code: "" + "1" },
        want: { type: "validation" },
      },
    ];
    it.each(refused)("refuses $name", async ({ kind, input, want }) => {
      expect(await faultOf(testHost(options), kind, input)).toMatchObject(want);
    });
  });
}

describeNeeding(lackOfPrograms("bwrap"), "the sandbox", () => {
  const options: ActivityOptionsInput = { run: { allow } };

  it("has no network, no host files, and cannot write outside of /tmp", async () => {
    const outside = mkdtempSync(path.join(tmpdir(), "stigmer-outside-"));
    writeFileSync(path.join(outside, "file"), "host file");
    const command = `cat ${outside}/file 2>&1; ls /root /home /etc/passwd 2>&1; touch /usr/x 2>&1; echo ok > /tmp/y && cat /tmp/y; ls /proc | grep -c '^[0-9]'; cat /proc/net/dev | grep -vc lo:`;
    const seen = (await runWith(options, "shell", { command })) as string;
    rmSync(outside, { recursive: true });
    expect(seen).not.toContain("host file");
    expect(seen).toContain("/root");
    expect(seen).toContain("Read-only file system");
    expect(seen).toContain("ok");
    const connected = await faultOf(testHost(options), "script", {
      language: "python",
      code: "import socket\nsocket.create_connection(('127.0.0.1', 22), 1)",
    });
    expect(connected.detail).toMatch(/refused|unreachable/iu);
  });

  it("keeps JavaScript from starting processes", async () => {
    const fault = await faultOf(testHost(options), "script", {
      language: "js",
      code: "import { execSync } from 'node:child_process'; execSync('true');",
    });
    expect(JSON.stringify(fault.data)).toContain("ERR_ACCESS_DENIED");
  });
});

describe("process permissions", () => {
  it.each(allow)("refuses a %s until the operator allows it", async (kind) => {
    const fault = await faultOf(testHost(), kind, { command: "true", language: "js", code: "1", image: "x" });
    expect(fault).toMatchObject({ type: "configuration", title: "Not allowed on this server" });
    expect(fault.detail).toContain(`--allow-run=${kind}`);
  });

  it("tells what this host can run, and why not the rest", () => {
    const none = hostCapabilities();
    expect([...none.scriptLanguages]).toEqual([]);
    expect([none.shell, none.container, none.mcpStdio, none.grpc]).toEqual([false, false, false, true]);
    expect(none.reasons?.shell).toContain("--allow-run=shell");
    const some = hostCapabilities({ run: { allow: ["script", "shell", "mcp-stdio"], sandbox: "none" } });
    expect([some.shell, some.container, some.mcpStdio, some.scriptLanguages.has("js")]).toEqual([
      true,
      false,
      true,
      true,
    ]);
    expect([...some.asyncApiProtocols].toSorted((left, right) => left.localeCompare(right))).toEqual([
      "amqp",
      "http",
      "kafka",
      "mqtt",
      "mqtt5",
      "nats",
      "redis",
      "ws",
    ]);
    expect(some.reasons?.asyncapi).toContain("http, ws, kafka");
  });
});

describe("containers, with a client that records what it is told", () => {
  let directory: string;
  const formerPath = process.env["PATH"];
  const options: ActivityOptionsInput = {
    run: { allow, volumeRoots: ["/srv/data"], containerNetwork: "bridge" },
    now: () => 1000,
  };

  beforeAll(() => {
    directory = mkdtempSync(path.join(tmpdir(), "stigmer-engine-"));
    const script = `#!/bin/sh
if [ "$1" = info ]; then echo "[name=seccomp name=rootless]"; exit 0; fi
line=$(printf '%s\\037' "$@")
printf '%s\\n' "$line" >> ${directory}/argv
if [ "$1" = ps ]; then echo "old 500 Exited (0) 1 second ago"; echo "new 5000 Exited (0)"; echo "busy 500 Up 1 second"; exit 0; fi
if [ "$1" = run ]; then echo "out $SECRET $(cat)"; echo err >&2; case "$*" in *slow*) sleep 30;; *fail*) exit 4;; esac; fi
`;
    writeFileSync(path.join(directory, "docker"), script);
    chmodSync(path.join(directory, "docker"), 0o755);
    process.env["PATH"] = `${directory}:/usr/bin:/bin`;
  });

  afterEach(() => rmSync(path.join(directory, "argv"), { force: true }));

  afterAll(() => {
    process.env["PATH"] = formerPath;
    rmSync(directory, { recursive: true });
  });

  const calls = (): readonly (readonly string[])[] =>
    readFileSync(path.join(directory, "argv"), "utf8")
      .split("\u001F\n")
      .filter((line) => line !== "")
      .map((line) => line.split("\u001F"));
  /** What was run; a host that starts also looks for containers whose time is up. */
  const runs = (): readonly (readonly string[])[] => calls().filter(([verb]) => verb === "run");

  it("runs an image with everything a workflow can say", async () => {
    const result = await runWith(
      options,
      "container",
      {
        image: "alpine:3",
        name: "mine",
        command: 'echo "$1"',
        arguments: ["Foo", "Bar"],
        stdin: "in",
        environment: { SECRET: "\uE000api\uE001", PATH: "/x" },
        ports: { 8080: 80 },
        volumes: { "/srv/data/a": "/data", cache: { path: "/cache", readOnly: true } },
        pullPolicy: "always",
        lifetime: { cleanup: "always" },
        return: "all",
      },
      { api: "canary-0123456789" },
    );
    expect(result).toEqual({ code: 0, stdout: "out \uE000api\uE001 in\n", stderr: "err\n" });
    expect(runs()[0]).toEqual([
      "run",
      "--interactive",
      "--name",
      "mine",
      "--pull=always",
      "--security-opt",
      "no-new-privileges",
      "--pids-limit=128",
      "--memory=536870912",
      "--network=bridge",
      "--publish",
      "127.0.0.1:8080:80",
      "--volume",
      "/srv/data/a:/data",
      "--volume",
      "cache:/cache:ro",
      "--env",
      "SECRET",
      "--env",
      "PATH=/x",
      "--rm",
      "--entrypoint",
      "sh",
      "alpine:3",
      "-c",
      'echo "$1"',
      "sh",
      "Foo",
      "Bar",
    ]);
  });

  it("keeps the container by default and pulls what is missing", async () => {
    await runWith(options, "container", { image: "hello-world" });
    const [argv] = runs();
    expect(argv).toContain("--pull=missing");
    expect(argv).not.toContain("--rm");
    expect(argv?.at(-1)).toBe("hello-world");
  });

  it("marks a container that is kept for a while", async () => {
    await runWith(options, "container", {
      image: "hello-world",
      pullPolicy: "never",
      lifetime: { cleanup: "eventually", after: { minutes: 30 } },
    });
    expect(runs()[0]).toContain("stigmer.expires-at=1801000");
    expect(runs()[0]).toContain("--pull=never");
  });

  it("removes containers whose time is up, and only those", async () => {
    await runWith(options, "container", {
      image: "hello-world",
      lifetime: { cleanup: "eventually", after: { milliseconds: 1 } },
    });
    while (!calls().some(([verb]) => verb === "rm")) await new Promise((resolve) => setImmediate(resolve));
    const removed = new Set(calls().flatMap(([verb, ...rest]) => (verb === "rm" ? [rest.join(" ")] : [])));
    expect([...removed]).toEqual(["--force old"]);
  });

  it("makes a runtime fault of an exit code, unless it was asked for", async () => {
    expect(await faultOf(testHost(options), "container", { image: "fail" })).toMatchObject({
      type: "runtime",
      data: { code: 4 },
    });
    expect(await runWith(options, "container", { image: "fail", return: "code" })).toBe(4);
  });

  it("removes the container of a stopped task", async () => {
    const controller = new AbortController();
    const pending = faultOf(
      testHost(options),
      "container",
      { image: "slow", name: "slow-one" },
      testContext({ signal: controller.signal }),
    );
    setTimeout(() => controller.abort(), 200);
    expect(await pending).toMatchObject({ title: "Activity stopped" });
    expect(calls()).toContainEqual(["rm", "--force", "slow-one"]);
  });

  const refused: readonly { readonly name: string; readonly input: JsonObject; readonly type: string }[] = [
    { name: "a directory of the host nobody allowed", input: { volumes: { "/etc": "/etc" } }, type: "configuration" },
    {
      name: "a way around the allowed directory",
      input: { volumes: { "/srv/data/../../etc": "/etc" } },
      type: "configuration",
    },
    { name: "an image that is a flag", input: { image: "--privileged" }, type: "validation" },
    { name: "a name that is a flag", input: { name: "--x" }, type: "validation" },
    { name: "a port that is none", input: { ports: { "0.0.0.0:1": 2 } }, type: "validation" },
    { name: "eventually without a duration", input: { lifetime: { cleanup: "eventually" } }, type: "validation" },
  ];
  it.each(refused)("refuses $name", async ({ input, type }) => {
    expect((await faultOf(testHost(options), "container", { image: "x", ...input })).type).toBe(type);
  });

  it("publishes no ports where containers have no network", async () => {
    expect(await faultOf(testHost({ run: { allow } }), "container", { image: "x", ports: { 1: 2 } })).toMatchObject({
      title: "No container network",
    });
  });

  it("says why there is no engine", async () => {
    const withEngine = process.env["PATH"];
    process.env["PATH"] = "/nowhere";
    const fault = await faultOf(testHost(options), "container", { image: "x" });
    process.env["PATH"] = withEngine;
    expect(fault).toMatchObject({ type: "configuration", title: "No container engine" });
    expect(fault.detail).toContain("neither podman nor docker");
  });
});
