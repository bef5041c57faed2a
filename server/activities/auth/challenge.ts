/** One challenge of a WWW-Authenticate header (RFC 9110 section 11.6.1); scheme and parameter names in lower case. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
}

const NEXT = /\s*(?:,\s*)*([!#$%&'*+.^`|~\w-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))|(?=[\s,]|$))/uy;

/** Reads the challenges of a header that may hold several; what cannot be read ends the list. */
export function parseChallenges(header: string): readonly Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  NEXT.lastIndex = 0;
  for (let match = NEXT.exec(header); match !== null; match = NEXT.exec(header)) {
    const [, name = "", quoted, token] = match;
    const value = quoted === undefined ? token : quoted.replaceAll(/\\(.)/gu, "$1");
    if (value === undefined) challenges.push({ scheme: name.toLowerCase(), parameters: new Map() });
    else challenges.at(-1)?.parameters.set(name.toLowerCase(), value);
  }
  return challenges;
}
