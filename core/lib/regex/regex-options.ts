/** Whose regular expressions: Oniguruma's with Perl syntax (what jq uses), or ECMA-262's with the `u` flag (what JSON Schema asks for). */
export type RegexFlavour = "oniguruma" | "ecma";

/** What a compiled regular expression is asked for besides its text and pattern. */
export interface RegexOptions {
  readonly flavour?: RegexFlavour;
  /** Letters differ in case only: they match. */
  readonly ignoreCase?: boolean;
  /** Spaces and comments in the pattern are skipped. */
  readonly extended?: boolean;
  /** `.` matches line breaks too. */
  readonly dotAll?: boolean;
  /** The longest of all matches at a position is taken. */
  readonly longest?: boolean;
  /** Empty matches do not count. */
  readonly notEmpty?: boolean;
}

/** A counter of moves that several searches share; each search takes from it. */
export interface RegexBudget {
  moves: number;
}
