import protobuf from "protobufjs";
import { ActivityFault } from "../activity.ts";
import { configurationFault } from "../activity-arguments.ts";
import { DocumentCache } from "../document-cache.ts";
import { type RelatedResources, relatedUri } from "../resource/related-resources.ts";
import type { ResourceText } from "../resource/resource-reader.ts";
import { bundledProtos } from "./bundled-protos.ts";

interface Declarations {
  readonly packageName: string;
  readonly imports: readonly string[];
}

/**
 * Proto resources with everything they import. `google/*` files that are bundled come from here; every other import is looked for beside the resource, at the root of its package's folders, and beside the
 * file that imports it, in this order.
 */
export class ProtoFiles {
  readonly #declarations: DocumentCache<Declarations>;
  readonly #roots: DocumentCache<protobuf.Root>;

  constructor(documentTtlMs: number, now: () => number) {
    this.#declarations = new DocumentCache(documentTtlMs, now);
    this.#roots = new DocumentCache(documentTtlMs, now);
  }

  /** The definitions of a resource and its imports. Throws a configuration fault for what does not parse or is not found. */
  async load(resource: ResourceText, related: RelatedResources): Promise<protobuf.Root> {
    const { packageName } = this.#declared(resource.content);
    const texts = new Map([[resource.uri, resource.content]]);
    const parserTypes = new Set<string>();
    // Files found are added behind, so the loop comes to each of them once.
    for (const [uri, content] of texts) {
      for (const name of this.#declared(content).imports) {
        const bundled = bundledProtos.get(name);
        // Ours first: other libraries of this process add files to the parser's, which overlap.
        if (bundled !== undefined) texts.set(name, bundled);
        else if (protobuf.common.get(name)?.nested !== undefined) parserTypes.add(name);
        else {
          const found = await findImport(name, placesOf(name, uri, resource.uri, packageName), related);
          texts.set(found.uri, found.content);
        }
      }
    }
    return this.#roots.get(JSON.stringify([...texts.values()]), () => rootOf([...texts.values()], parserTypes));
  }

  #declared(content: string): Declarations {
    return this.#declarations.get(content, () => {
      const parsed = parseInto(new protobuf.Root(), content);
      return {
        packageName: parsed.package ?? "",
        imports: [...(parsed.imports ?? []), ...(parsed.weakImports ?? [])],
      };
    });
  }
}

/** The fault of a proto that cannot be used, to be thrown. */
export function unusableProto(problem: string): Error {
  return configurationFault("Unusable proto resource", `Cannot use the proto resource: ${problem}`);
}

function rootOf(texts: readonly string[], parserTypes: ReadonlySet<string>): protobuf.Root {
  const root = new protobuf.Root();
  // Defined before they are added to: namespaces added whole, one after the other, are not merged to the bottom.
  const own = root.define("google.protobuf");
  for (const name of parserTypes) own.addJSON(parserDefinitions(name));
  for (const text of texts) parseInto(root, text);
  try {
    root.resolveAll();
  } catch (error) {
    throw unusableProto(error instanceof Error ? error.message : "it refers to what it does not define");
  }
  return root;
}

function parserDefinitions(name: string): Readonly<Record<string, protobuf.AnyNestedObject>> {
  const google: protobuf.INamespace = protobuf.common.get(name)?.nested?.["google"] ?? {};
  const inner: protobuf.INamespace = google.nested?.["protobuf"] ?? {};
  return inner.nested ?? {};
}

function parseInto(root: protobuf.Root, text: string): protobuf.IParserResult {
  try {
    return protobuf.parse(text, root, { keepCase: true });
  } catch (error) {
    throw unusableProto(error instanceof Error ? error.message : "it does not parse");
  }
}

/** Where an import may be. Its name is relative to a root that no file tells: where folders are named after the package, it is above them. */
function placesOf(name: string, importing: string, resource: string, packageName: string): readonly string[] {
  const folders = packageName === "" ? [] : packageName.split(".");
  const above = folders.map(() => "../").join("");
  const inFolders = folders.length > 0 && resource.replace(/[?#].*$/su, "").includes(`/${folders.join("/")}/`);
  return [
    ...new Set([
      relatedUri(resource, name),
      ...(inFolders ? [relatedUri(resource, above + name)] : []),
      relatedUri(importing, name),
    ]),
  ];
}

async function findImport(name: string, places: readonly string[], related: RelatedResources): Promise<ResourceText> {
  for (const place of places) {
    try {
      return { ...(await related.read(place)), uri: place };
    } catch (error) {
      if (!(error instanceof ActivityFault && isAbsence(error))) throw error;
    }
  }
  throw unusableProto(`it imports "${name}", which is not at ${places.join(" nor at ")}`);
}

function isAbsence({ fault }: ActivityFault): boolean {
  return fault.title === "Resource not found" || (fault.type === "communication" && [404, 410].includes(fault.status));
}
