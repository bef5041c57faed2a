import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";

/*
 * `npm test`: everything that must hold before a change lands, in one command. Installs what tests talk to where it can, checks format, lint, types, structure and unused code,
 * builds, runs every test, and closes with one line of counts.
 */

const root = path.resolve(import.meta.dirname, "..");
const started = process.hrtime.bigint();

function seconds(): string {
  return `${(Number(process.hrtime.bigint() - started) / 1e9).toFixed(0)} s`;
}

function run(title: string, command: string, args: readonly string[]): boolean {
  console.log(`\n== ${title}  [${seconds()}]`);
  const result = spawnSync(command, args, { cwd: root, stdio: "inherit", env: process.env });
  return result.status === 0;
}

/** Real peers of protocol tests and tools of differential tests, as Debian packages; a missing one is installed when this is root on Debian, else its tests are skipped by name. */
const peers: readonly { readonly program: string; readonly debianPackage: string }[] = [
  { program: "jq", debianPackage: "jq" },
  { program: "redis-server", debianPackage: "redis-server" },
  { program: "nats-server", debianPackage: "nats-server" },
  { program: "mosquitto", debianPackage: "mosquitto" },
  { program: "rabbitmq-server", debianPackage: "rabbitmq-server" },
  { program: "podman", debianPackage: "podman" },
  { program: "runc", debianPackage: "runc" },
  { program: "busybox", debianPackage: "busybox-static" },
  { program: "bwrap", debianPackage: "bubblewrap" },
  { program: "prlimit", debianPackage: "util-linux" },
  { program: "strace", debianPackage: "strace" },
  { program: "faketime", debianPackage: "faketime" },
  { program: "python3", debianPackage: "python3" },
  // Brings librdkafka, whose broker the tests of Kafka run.
  { program: "kcat", debianPackage: "kcat" },
  { program: "zsh", debianPackage: "zsh" },
  { program: "fish", debianPackage: "fish" },
];

function onPath(program: string): boolean {
  const folders = `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`.split(":");
  return folders.some((folder) => existsSync(path.join(folder, program)));
}

function installPeers(): void {
  const missing = peers.filter((peer) => !onPath(peer.program)).map((peer) => peer.debianPackage);
  if (missing.length === 0) return;
  // In CI by sudo, where it asks nothing; on a person's machine only as root.
  const asRoot =
    process.getuid?.() === 0 ? "" : process.env["CI"] === "true" && onPath("sudo") ? "sudo -n " : undefined;
  if (asRoot === undefined || !onPath("apt-get")) {
    console.log(
      `Not installed: ${missing.join(", ")} (their tests are skipped by name; install them with: apt-get install ${missing.join(" ")})`,
    );
    return;
  }
  run("Test peers", "sh", [
    "-c",
    `${asRoot}apt-get update -qq && ${asRoot}env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ${missing.join(" ")} >/dev/null`,
  ]);
}

const bin = (name: string): string => path.join(root, "node_modules/.bin", name);

installPeers();
const checks: readonly (readonly [string, string, readonly string[]])[] = [
  ["Format", bin("oxfmt"), ["--check"]],
  ["Types", bin("tsc"), ["-b"]],
  // After the types: lint reads the declarations that they write.
  ["Lint", bin("oxlint"), ["--type-aware", "--deny-warnings"]],
  ["Types of tests", bin("tsc"), ["-p", "tsconfig.tests.json"]],
  ["Unused files, exports and dependencies", bin("knip"), []],
  ["Build", process.execPath, ["tools/build.mjs"]],
];
const failedChecks = checks.filter(([title, command, args]) => !run(title, command, args)).map(([title]) => title);

const reports = mkdtempSync(path.join(os.tmpdir(), "stigmer-test-"));
const report = path.join(reports, "vitest.json");
run("Tests", bin("vitest"), ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`]);

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly numFailedTestSuites: number;
  readonly success: boolean;
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

let result: VitestReport | undefined;
try {
  result = JSON.parse(readFileSync(report, "utf8")) as VitestReport;
} catch {
  console.log("The test runner wrote no report");
}
rmSync(reports, { recursive: true, force: true });

const skipped =
  result?.testResults.flatMap((file) =>
    file.assertionResults.filter((test) => test.status !== "passed" && test.status !== "failed"),
  ) ?? [];
for (const test of skipped) console.log(`skipped: ${test.fullName.trim()}`);
for (const title of failedChecks) console.log(`failed check: ${title}`);
console.log(`\nChecks: ${checks.length - failedChecks.length} of ${checks.length} hold. Time: ${seconds()}.`);
const failed = (result?.numFailedTests ?? 0) + (result === undefined ? 1 : 0) + failedChecks.length;
console.log(`${result?.numPassedTests ?? 0} passed, ${failed} failed, ${skipped.length} skipped`);
process.exitCode = failed === 0 && result?.success === true ? 0 : 1;
