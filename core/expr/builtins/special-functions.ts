/** Functions of C's mathematics library that JavaScript lacks; accurate to about fourteen digits, the gamma functions at whole numbers exactly. */

const LANCZOS: readonly number[] = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];
const LANCZOS_G = 7;
/** Iterations at which every series here has converged long before. */
const TERMS_MAX = 500;
const STEPS_PER_UNIT = 64;

/** The gamma function. */
export function gamma(x: number): number {
  if (x === -Infinity || (x < 0 && Number.isInteger(x))) return NaN;
  if (x === 0) return Object.is(x, -0) ? -Infinity : Infinity;
  if (Number.isInteger(x) && x <= 171) {
    let product = 1;
    for (let factor = 2; factor < x; factor++) product *= factor;
    return product;
  }
  if (x > 171.7) return Infinity;
  if (x < 0.5) return Math.PI / (Math.sin(Math.PI * x) * gamma(1 - x));
  const [sum, t] = lanczos(x);
  return Math.sqrt(2 * Math.PI) * t ** ((x - 0.5) / 2) * Math.exp(-t) * t ** ((x - 0.5) / 2) * sum;
}

/** The logarithm of the absolute value of the gamma function, and its sign. */
export function logGamma(x: number): readonly [value: number, sign: number] {
  if (x === 1 || x === 2) return [0, 1];
  if (!Number.isFinite(x)) return [x === x ? Infinity : NaN, 1];
  if (x <= 0 && Number.isInteger(x)) return [Infinity, Object.is(x, -0) ? -1 : 1];
  if (x < 0.5) {
    const sine = Math.sin(Math.PI * x);
    return [Math.log(Math.PI / Math.abs(sine)) - logGamma(1 - x)[0], sine < 0 ? -1 : 1];
  }
  if (x < 20) return [Math.log(gamma(x)), 1];
  const [sum, t] = lanczos(x);
  return [0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum), 1];
}

function lanczos(x: number): readonly [sum: number, t: number] {
  const shifted = x - 1;
  let sum = LANCZOS[0] as number;
  for (let index = 1; index < LANCZOS.length; index++) sum += (LANCZOS[index] as number) / (shifted + index);
  return [sum, shifted + LANCZOS_G + 0.5];
}

/** The error function. */
export function erf(x: number): number {
  if (x !== x) return NaN;
  if (Math.abs(x) > 6) return Math.sign(x);
  if (Math.abs(x) > 2) return x < 0 ? erfc(-x) - 1 : 1 - erfc(x);
  let term = x;
  let sum = x;
  for (let n = 1; n < TERMS_MAX && Math.abs(term) > Math.abs(sum) * 1e-17; n++) {
    term *= -(x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

/** The complementary error function, accurate where one minus the error function is not. */
export function erfc(x: number): number {
  if (x < 2) return 1 - erf(x);
  if (x > 28) return 0;
  // Continued fraction, evaluated from its far end.
  let fraction = 0;
  for (let n = 120; n > 0; n--) fraction = n / 2 / (x + fraction);
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + fraction);
}

/** Bessel functions of whole order, of the first (j) and second (y) kind. */
export function bessel(kind: "j" | "y", order: number, x: number): number {
  if (x !== x) return NaN;
  if (!Number.isFinite(x)) return 0;
  if (order < 0) return (order % 2 === 0 ? 1 : -1) * bessel(kind, -order, x);
  if (kind === "j") return x < 0 && order % 2 !== 0 ? -besselJ(order, -x) : besselJ(order, Math.abs(x));
  if (x < 0) return NaN;
  return x === 0 ? -Infinity : besselY(order, x);
}

/** How many times the most expensive of these functions evaluates a cosine for an order and an argument: what its callers pay for. */
export function besselWork(kind: "j" | "y", order: number, x: number): number {
  const samples = sampleCount(Math.abs(order), x);
  return kind === "j"
    ? samples
    : Math.min(1000, Math.abs(order)) + 2 * sampleCount(1, x) + neumannTerms(x) * sampleCount(2 * neumannTerms(x), x);
}

/** By the trapezoid rule on Bessel's integral, which converges at once because the integrand is periodic. */
function besselJ(order: number, x: number): number {
  if (x === 0) return order === 0 ? 1 : 0;
  const steps = sampleCount(order, x);
  let sum = 0;
  for (let step = 0; step < steps; step++) {
    const angle = (2 * Math.PI * step) / steps;
    sum += Math.cos(order * angle - x * Math.sin(angle));
  }
  return sum / steps;
}

/** How many samples a period needs; more than that is beyond what these functions are for. */
function sampleCount(order: number, x: number): number {
  return Math.min(20_000, STEPS_PER_UNIT + 2 * Math.ceil(Math.abs(x) + order));
}

/** Orders 0 and 1 by Neumann's series over j, higher ones by recurrence upwards. */
function besselY(order: number, x: number): number {
  let lower = besselY0(x);
  if (order === 0) return lower;
  let current = (besselJ(1, x) * lower - 2 / (Math.PI * x)) / besselJ(0, x);
  for (let n = 1; n < Math.min(order, 1000); n++) [lower, current] = [current, ((2 * n) / x) * current - lower];
  return current;
}

function neumannTerms(x: number): number {
  return Math.min(200, 20 + Math.abs(x));
}

function besselY0(x: number): number {
  const EULER = 0.5772156649015329;
  let sum = 0;
  for (let k = 1; k < neumannTerms(x); k++) sum += ((k % 2 === 0 ? 1 : -1) * besselJ(2 * k, x)) / k;
  return (2 / Math.PI) * (Math.log(x / 2) + EULER) * besselJ(0, x) + (-4 / Math.PI) * sum;
}
