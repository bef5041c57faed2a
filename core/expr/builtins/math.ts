import type { Json } from "../../lib/json.ts";
import { raise } from "../machine.ts";
import { describe } from "../value/arithmetic.ts";
import { compare } from "../value/compare.ts";
import { type Builtin, filter, operation } from "./builtin.ts";
import { bessel, erf, erfc, gamma, logGamma } from "./special-functions.ts";

function numeric(value: Json): number {
  return typeof value === "number" ? value : raise(`${describe(value)} number required`);
}

function unary(name: string, run: (x: number) => number): Builtin {
  return filter(name, (value) => run(numeric(value)));
}

function binary(name: string, run: (x: number, y: number) => number): Builtin {
  return operation(name, 2, (_value, operands) => run(numeric(operands[0] as Json), numeric(operands[1] as Json)));
}

/** Rounds half away from zero, as C does; JavaScript's Math.round rounds half up. */
function roundAwayFromZero(x: number): number {
  const whole = Math.trunc(x);
  return Math.abs(x - whole) >= 0.5 ? whole + Math.sign(x) : whole;
}

/** Rounds half to even, as C's default mode does. */
function roundToEven(x: number): number {
  if (!Number.isFinite(x) || Math.abs(x) >= 2 ** 52) return x;
  const floor = Math.floor(x);
  const distance = x - floor;
  const result = distance < 0.5 ? floor : distance > 0.5 ? floor + 1 : floor % 2 === 0 ? floor : floor + 1;
  return result === 0 && x < 0 ? -0 : result;
}

/** Mantissa (0.5 up to 1) and exponent of a number. */
function split(x: number): readonly [mantissa: number, exponent: number] {
  if (x === 0 || !Number.isFinite(x)) return [x, 0];
  let exponent = Math.max(-1073, Math.floor(Math.log2(Math.abs(x))) + 1);
  let mantissa = scale(x, -exponent);
  while (Math.abs(mantissa) < 0.5) {
    mantissa *= 2;
    exponent--;
  }
  while (Math.abs(mantissa) >= 1) {
    mantissa /= 2;
    exponent++;
  }
  return [mantissa, exponent];
}

/** x times two to the power of n, in steps that neither overflow nor underflow early. */
function scale(x: number, n: number): number {
  let left = Math.max(-5000, Math.min(5000, Math.trunc(n)));
  let result = x;
  while (left > 1000) {
    result *= 2 ** 1000;
    left -= 1000;
  }
  while (left < -1000) {
    result *= 2 ** -1000;
    left += 1000;
  }
  return result * 2 ** left;
}

function binaryExponent(x: number): number {
  if (x === 0) return -Infinity;
  return Number.isFinite(x) ? split(x)[1] - 1 : Math.abs(x);
}

function ieeeRemainder(x: number, y: number): number {
  if (!Number.isFinite(x) || y === 0 || y !== y || x !== x) return NaN;
  if (!Number.isFinite(y)) return x;
  let rest = Math.abs(x) % (2 * Math.abs(y) === Infinity ? Infinity : 2 * Math.abs(y));
  const half = Math.abs(y) / 2;
  if (rest > half) {
    rest -= Math.abs(y);
    if (rest >= half) rest -= Math.abs(y);
  }
  return x < 0 || Object.is(x, -0) ? -rest : rest;
}

/** The next double after x in the direction of y. */
function nextAfter(x: number, y: number): number {
  if (x !== x || y !== y) return NaN;
  if (x === y) return y;
  if (x === 0) return y > 0 ? Number.MIN_VALUE : -Number.MIN_VALUE;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  const bits = view.getBigInt64(0);
  view.setBigInt64(0, y > x === x > 0 ? bits + 1n : bits - 1n);
  return view.getFloat64(0);
}

/** Powers with C's special cases, which JavaScript does not share: 1 to any power is 1, also to NaN. */
function power(x: number, y: number): number {
  if (x === 1 || (x === -1 && Math.abs(y) === Infinity)) return 1;
  return x ** y;
}

/** Exact for whole exponents, where exp(x·ln 10) is not. */
function tenToThe(x: number): number {
  return Number.isInteger(x) && Math.abs(x) < 400 ? Number(`1e${x}`) : 10 ** x;
}

/** jq's C mathematics. */
export const MATH_BUILTINS: readonly Builtin[] = [
  unary("floor", Math.floor),
  unary("ceil", Math.ceil),
  unary("round", roundAwayFromZero),
  unary("trunc", Math.trunc),
  unary("nearbyint", roundToEven),
  unary("rint", roundToEven),
  unary("sqrt", Math.sqrt),
  unary("cbrt", Math.cbrt),
  unary("fabs", Math.abs),
  filter("abs", (value, machine) =>
    compare(value, 0, machine) < 0
      ? typeof value === "number"
        ? Math.abs(value)
        : raise(`${describe(value)} has no absolute value`)
      : typeof value === "number"
        ? Math.abs(value)
        : value,
  ),
  unary("exp", Math.exp),
  unary("exp2", (x) => 2 ** x),
  unary("exp10", tenToThe),
  unary("expm1", Math.expm1),
  unary("log", Math.log),
  unary("log2", Math.log2),
  unary("log10", Math.log10),
  unary("log1p", Math.log1p),
  unary("logb", binaryExponent),
  unary("significand", (x) => (x === 0 || !Number.isFinite(x) ? x : split(x)[0] * 2)),
  unary("sin", Math.sin),
  unary("cos", Math.cos),
  unary("tan", Math.tan),
  unary("asin", Math.asin),
  unary("acos", Math.acos),
  unary("atan", Math.atan),
  unary("sinh", Math.sinh),
  unary("cosh", Math.cosh),
  unary("tanh", Math.tanh),
  unary("asinh", Math.asinh),
  unary("acosh", Math.acosh),
  unary("atanh", Math.atanh),
  unary("erf", erf),
  unary("erfc", erfc),
  unary("tgamma", gamma),
  unary("gamma", (x) => logGamma(x)[0]),
  unary("lgamma", (x) => logGamma(x)[0]),
  unary("j0", (x) => bessel("j", 0, x)),
  unary("j1", (x) => bessel("j", 1, x)),
  unary("y0", (x) => bessel("y", 0, x)),
  unary("y1", (x) => bessel("y", 1, x)),
  filter("lgamma_r", (value) => [...logGamma(numeric(value))]),
  filter("frexp", (value) => [...split(numeric(value))]),
  filter("modf", (value) => modf(numeric(value))),
  binary("pow", power),
  binary("atan2", Math.atan2),
  binary("hypot", Math.hypot),
  binary("fmod", (x, y) => x % y),
  binary("fmin", (x, y) => (x !== x ? y : y !== y ? x : Math.min(x, y))),
  binary("fmax", (x, y) => (x !== x ? y : y !== y ? x : Math.max(x, y))),
  binary("fdim", (x, y) => (x !== x || y !== y ? NaN : x > y ? x - y : 0)),
  binary("copysign", (x, y) => (y < 0 || Object.is(y, -0) ? -Math.abs(x) : Math.abs(x))),
  binary("drem", ieeeRemainder),
  binary("remainder", ieeeRemainder),
  binary("ldexp", scale),
  binary("scalb", (x, y) => x * 2 ** y),
  binary("scalbln", scale),
  binary("nextafter", nextAfter),
  binary("nexttoward", nextAfter),
  binary("jn", (n, x) => bessel("j", Math.trunc(n), x)),
  binary("yn", (n, x) => bessel("y", Math.trunc(n), x)),
  operation("fma", 3, (_value, operands) => {
    const [x, y, z] = operands.map(numeric) as [number, number, number];
    return x * y + z;
  }),
];

function modf(x: number): Json[] {
  if (Math.abs(x) === Infinity) return [x < 0 ? -0 : 0, x];
  const whole = Math.trunc(x);
  return [x - whole, whole];
}
