/** A semantic version (semver.org 2.0.0), build metadata left out since it does not order. */
export interface SemanticVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  readonly prerelease: readonly string[];
}

const SEMVER =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?$/u;

/** Parses a semantic version; undefined where the text is none. */
export function parseSemver(text: string): SemanticVersion | undefined {
  const match = text.length > 256 ? null : SEMVER.exec(text);
  if (match === null) return undefined;
  const [, major, minor, patch, prerelease] = match;
  return {
    major: Number(major),
    minor: Number(minor),
    patch: Number(patch),
    prerelease: prerelease === undefined ? [] : prerelease.split("."),
  };
}

/** Orders two versions by precedence: negative, zero or positive. A pre-release comes before its release. */
export function compareSemver(left: SemanticVersion, right: SemanticVersion): number {
  const core = left.major - right.major || left.minor - right.minor || left.patch - right.patch;
  if (core !== 0) return core;
  if (left.prerelease.length === 0 || right.prerelease.length === 0) {
    return right.prerelease.length - left.prerelease.length;
  }
  for (const [index, identifier] of left.prerelease.entries()) {
    const other = right.prerelease[index];
    if (other === undefined) return 1;
    const order = compareIdentifiers(identifier, other);
    if (order !== 0) return order;
  }
  return left.prerelease.length - right.prerelease.length;
}

/** The highest release among version texts, pre-releases only where there is no release; undefined where no text is a version. */
export function latestRelease(versions: Iterable<string>): string | undefined {
  let latest: { readonly text: string; readonly version: SemanticVersion } | undefined;
  for (const text of versions) {
    const version = parseSemver(text);
    if (version !== undefined && (latest === undefined || prefers(version, latest.version))) latest = { text, version };
  }
  return latest?.text;
}

function prefers(version: SemanticVersion, over: SemanticVersion): boolean {
  const release = version.prerelease.length === 0;
  const overRelease = over.prerelease.length === 0;
  return release === overRelease ? compareSemver(version, over) > 0 : release;
}

function compareIdentifiers(left: string, right: string): number {
  const leftNumeric = /^\d+$/u.test(left);
  const rightNumeric = /^\d+$/u.test(right);
  if (leftNumeric && rightNumeric) return Number(left) - Number(right);
  if (leftNumeric !== rightNumeric) return leftNumeric ? -1 : 1;
  return left === right ? 0 : left < right ? -1 : 1;
}
