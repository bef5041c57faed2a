import { STANDARD_FAULTS, type StandardFault } from "./fault.ts";
import { parseSemver, compareSemver, type SemanticVersion } from "../lib/semver.ts";

/*
 * The specification's texts, examples and conformance features spell the URIs of the standard errors in five ways. What counts is the name at their end: two spellings of one name are one type.
 */

const KNOWN_BASE =
  /^https?:\/\/(?:www\.)?(?:serverlessworkflow\.io(?:\.io)?|open-workflow-specification\.org)\/(?:spec\/[^/]+\/errors|dsl\/errors(?:\/types)?|errors(?:\/types)?)\/([^/?#]+)\/?$/u;

const LAST_OF_OLD_BASE: SemanticVersion = { major: 1, minor: 0, patch: 3, prerelease: [] };

/** What error types are compared by: the bare name of a type under one of the specification's bases, any other type as it is. */
export function canonicalErrorType(type: string): string {
  return KNOWN_BASE.exec(type)?.[1] ?? type;
}

/** The URI base of the standard errors in the release that `document.dsl` names: releases up to 1.0.3 say serverlessworkflow.io, later ones the specification's new home. */
export function errorTypeBase(dsl: string): string {
  const release = parseSemver(dsl);
  const old = release === undefined || compareSemver(release, LAST_OF_OLD_BASE) <= 0;
  return `https://${old ? "serverlessworkflow.io" : "open-workflow-specification.org"}/spec/1.0.0/errors/`;
}

/** The standard error a type names in any spelling, undefined for a type of somebody's own. */
export function standardErrorName(type: string): StandardFault | undefined {
  const name = canonicalErrorType(type);
  return Object.hasOwn(STANDARD_FAULTS, name) ? (name as StandardFault) : undefined;
}

/** A title for an error that was given none: the last words of its type, `https://example.com/errors/not-found` being "Not found". */
export function errorTitle(type: string): string {
  const words = (
    canonicalErrorType(type)
      .split(/[/#?]/u)
      .findLast((part) => part !== "") ?? "error"
  ).replaceAll(/[-_.]+/gu, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
