// Generates api/gen from api/proto: buf compiles, protoc-gen-es writes TypeScript. Run by `npm run generate`;
// a test runs it into another directory and compares, so that the committed code cannot lag behind its source.
//
// The rules of protovalidate come as code only, without their .proto file. buf needs that file, so it is printed here
// from the descriptor inside the package, structure only (names, numbers, types), into a temporary directory.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const VALIDATE_PACKAGE = "@bufbuild/protovalidate/gen";
const bin = (name) => join(root, "node_modules", ".bin", name);

// A temporary directory with our .proto files, the printed rules and the configuration of buf.
async function withWorkspace(use) {
  const work = mkdtempSync(join(tmpdir(), "stigmer-proto-"));
  try {
    cpSync(join(root, "api", "proto"), join(work, "proto"), { recursive: true });
    await writeValidateProto(join(work, "rules"));
    writeFileSync(join(work, "buf.yaml"), `${readFileSync(join(root, "api", "buf.yaml"), "utf8")}  - path: rules\n`);
    return use(work);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function run(work, ...args) {
  try {
    return execFileSync(bin("buf"), args, { cwd: work, encoding: "utf8", stdio: "pipe", maxBuffer: 2 ** 26 });
  } catch (error) {
    throw new Error(`Cannot run buf ${args[0]}:\n${error.stdout ?? ""}${error.stderr ?? error}`, { cause: error });
  }
}

/** Generates all code into `outDir`, which is emptied first. */
export async function generate(outDir) {
  await withWorkspace((work) => {
    rmSync(outDir, { recursive: true, force: true });
    mkdirSync(outDir, { recursive: true });
    const plugin = {
      local: bin("protoc-gen-es"),
      out: outDir,
      opt: ["target=ts", "import_extension=ts", `rewrite_imports=./buf/validate/*_pb.js:${VALIDATE_PACKAGE}`],
    };
    run(work, "generate", "proto", "--template", JSON.stringify({ version: "v2", plugins: [plugin] }));
    nameRulesPackage(outDir);
    writeFileList(outDir);
  });
}

/** Compiles the .proto files, applies the lint rules of api/buf.yaml and checks their format; throws with buf's text on a fault. */
export async function lint() {
  await withWorkspace((work) => {
    run(work, "lint", "proto");
    run(work, "format", "proto", "--diff", "--exit-code");
  });
}

// `import_extension=ts` reaches rewritten imports too, but the package exports its rules as .js only.
function nameRulesPackage(dir) {
  for (const entry of readdirSync(dir, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    const text = readFileSync(path, "utf8");
    const named = text.replaceAll(
      `${VALIDATE_PACKAGE}/buf/validate/validate_pb.ts`,
      `${VALIDATE_PACKAGE}/buf/validate/validate_pb.js`,
    );
    if (named !== text) writeFileSync(path, named);
  }
}

// One module that names every file: for registries, reflection and whatever else must not miss one.
function writeFileList(dir) {
  const paths = readdirSync(dir, { recursive: true })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith("_pb.ts"))
    .toSorted((a, b) => (a < b ? -1 : 1));
  const name = (path) => `file_${path.slice(0, -"_pb.ts".length).replaceAll("/", "_")}`;
  const lines = [
    "/* eslint-disable */",
    'import type { DescFile } from "@bufbuild/protobuf";',
    ...paths.map((path) => `import { ${name(path)} } from "./${path}";`),
    "",
    "/** Every file of the API. */",
    "export const files: readonly DescFile[] = [",
    ...paths.map((path) => `  ${name(path)},`),
    "];",
    "",
  ];
  writeFileSync(join(dir, "files.ts"), lines.join("\n"));
}

/**
 * Digests of the wire shape, one for each message, enum, service and extension, without comments: what clients depend on. A change of a published
 * part shows up as a changed line in api/wire.lock.json and in no other way, so that nobody changes it by accident.
 */
export async function wireLock() {
  const image = await withWorkspace((work) =>
    JSON.parse(run(work, "build", "proto", "--exclude-imports", "--exclude-source-info", "-o", "-#format=json")),
  );
  const lock = {};
  const digest = (value) => createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);
  for (const file of image.file) {
    for (const sort of ["messageType", "enumType", "service"]) {
      for (const part of file[sort] ?? []) lock[`${file.package}.${part.name}`] = digest(part);
    }
    for (const part of file.extension ?? []) lock[`${file.package}.${part.name} (extension)`] = digest(part);
  }
  return `${JSON.stringify(Object.fromEntries(Object.entries(lock).toSorted(([a], [b]) => (a < b ? -1 : 1))), null, 2)}\n`;
}

/** The compiled .proto files with their comments, as a binary google.protobuf.FileDescriptorSet. */
export async function compiledFiles() {
  return withWorkspace((work) => {
    run(work, "build", "proto", "-o", "image.binpb");
    return readFileSync(join(work, "image.binpb"));
  });
}

/** Prints `buf/validate/validate.proto` below `dir` from the descriptor that comes with protovalidate. */
export async function writeValidateProto(dir) {
  const { file_buf_validate_validate: file } = await import(`${VALIDATE_PACKAGE}/buf/validate/validate_pb.js`);
  const path = join(dir, "buf", "validate", "validate.proto");
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, printFile(file.proto));
}

// The numbers are those of google.protobuf.FieldDescriptorProto.Type.
const SCALARS =
  "- double float int64 uint64 int32 fixed64 fixed32 bool string group message bytes uint32 enum sfixed32 sfixed64 sint32 sint64".split(
    " ",
  );
const LABELS = ["", "optional", "required", "repeated"];

function printFile(file) {
  return [
    `syntax = "${file.syntax || "proto2"}";`,
    `package ${file.package};`,
    ...file.dependency.map((path) => `import "${path}";`),
    ...file.enumType.map((type) => printEnum(type, "")),
    ...file.messageType.map((type) => printMessage(type, "")),
    ...file.extension.map((field) => `extend ${field.extendee} {\n${printField(field, "  ")}\n}`),
    "",
  ].join("\n");
}

function printMessage(message, indent) {
  const inner = `${indent}  `;
  const isMap = (field) => message.nestedType.find((n) => n.options?.mapEntry && field.typeName.endsWith(`.${n.name}`));
  const lines = [`${indent}message ${message.name} {`];
  for (const type of message.enumType) lines.push(printEnum(type, inner));
  for (const type of message.nestedType) if (!type.options?.mapEntry) lines.push(printMessage(type, inner));
  for (const range of message.extensionRange) {
    const last = range.end === 0x20000000 ? "max" : range.end - 1;
    lines.push(`${inner}extensions ${range.start} to ${last};`);
  }
  for (const field of message.field) {
    const map = isMap(field);
    if (map)
      lines.push(`${inner}map<${typeOf(map.field[0])}, ${typeOf(map.field[1])}> ${field.name} = ${field.number};`);
    else if (!inOneof(field)) lines.push(printField(field, inner));
  }
  message.oneofDecl.forEach((oneof, index) => {
    const members = message.field.filter((field) => inOneof(field) && field.oneofIndex === index);
    if (members.length === 0) return;
    const printed = members.map((field) => `${inner}  ${typeOf(field)} ${field.name} = ${field.number};`);
    lines.push(`${inner}oneof ${oneof.name} {`, ...printed, `${inner}}`);
  });
  return [...lines, `${indent}}`].join("\n");
}

function printEnum(type, indent) {
  const values = type.value.map((value) => `${indent}  ${value.name} = ${value.number};`);
  return [`${indent}enum ${type.name} {`, ...values, `${indent}}`].join("\n");
}

const inOneof = (field) => Object.hasOwn(field, "oneofIndex") && !field.proto3Optional;
const typeOf = (field) => field.typeName || SCALARS[field.type];
const printField = (field, indent) =>
  `${indent}${LABELS[field.label]} ${typeOf(field)} ${field.name} = ${field.number};`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await lint();
  await generate(join(root, "api", "gen"));
  writeFileSync(join(root, "api", "wire.lock.json"), await wireLock());
  execFileSync(bin("tsx"), [join(root, "tools", "api-docs.ts")], { cwd: root, stdio: "inherit" });
}
