/** What a plain scalar means by the core schema of YAML 1.2; `notJson` for the infinities and not-a-number, which JSON has no words for. */
export type CoreScalar = { readonly value: string | number | boolean | null } | { readonly notJson: true };

const NULL = /^(?:~|null|Null|NULL|)$/u;
const TRUE = /^(?:true|True|TRUE)$/u;
const FALSE = /^(?:false|False|FALSE)$/u;
const INTEGER = /^[-+]?\d+$/u;
const OCTAL = /^0o[0-7]+$/u;
const HEXADECIMAL = /^0x[0-9a-fA-F]+$/u;
const FLOAT = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/u;
const NOT_JSON = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/u;

/** Longer plain scalars are texts: no number needs so many digits. */
const NUMBER_LENGTH_MAX = 400;

/** Resolves a plain scalar (YAML 1.2.2 section 10.3.2): `yes` and `on` are texts, `0o14` is a number. */
export function resolveCoreScalar(text: string): CoreScalar {
  if (NULL.test(text)) return { value: null };
  if (TRUE.test(text)) return { value: true };
  if (FALSE.test(text)) return { value: false };
  if (!/^[-+.\d]/u.test(text) || text.length > NUMBER_LENGTH_MAX) return { value: text };
  if (NOT_JSON.test(text)) return { notJson: true };
  if (OCTAL.test(text) || HEXADECIMAL.test(text)) return numeric(Number(text));
  if (INTEGER.test(text) || FLOAT.test(text)) return numeric(Number(text));
  return { value: text };
}

function numeric(value: number): CoreScalar {
  return Number.isFinite(value) ? { value: value === 0 ? 0 : value } : { notJson: true };
}
