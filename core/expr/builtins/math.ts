import type { Json } from "../../lib/json.ts";
import { type Machine, raise } from "../machine.ts";
import { describe } from "../value/arithmetic.ts";
import { compare } from "../value/compare.ts";
import { type Builtin, filter, operation } from "./builtin.ts";
import { bessel, besselWork, erf, erfc, gamma, logGamma } from "./special-functions.ts";

/** What functions cost that are computed by a loop. */
const STEPS_PER_SERIES = 12;

function numeric(value: Json, machine: Machine): number {
  return typeof value === "number" ? value : raise(`${describe(value, machine)} number required`);
}

function unary(name: string, run: (x: number) => number, steps = 1): Builtin {
  return filter(name, (value, machine) => {
    machine.charge(steps);
    return run(numeric(value, machine));
  });
}

/** A function with several results. */
function series(name: string, run: (x: number) => Json[]): Builtin {
  return filter(name, (value, machine) => {
    machine.charge(STEPS_PER_SERIES);
    return run(numeric(value, machine));
  });
}

function binary(name: string, run: (x: number, y: number) => number): Builtin {
  return operation(name, 2, (_value, [x, y], machine) => run(numeric(x as Json, machine), numeric(y as Json, machine)));
}

/** A Bessel function of a fixed order; they are sums of many terms, which are paid for. */
function besselOf(name: string, kind: "j" | "y", order: number): Builtin {
  return filter(name, (value, machine) => paidBessel(kind, order, numeric(value, machine), machine));
}

/** A Bessel function whose first argument is its order. */
function besselOfAny(name: string, kind: "j" | "y"): Builtin {
  return operation(name, 2, (_value, [order, x], machine) =>
    paidBessel(kind, Math.trunc(numeric(order as Json, machine)), numeric(x as Json, machine), machine),
  );
}

function paidBessel(kind: "j" | "y", order: number, x: number, machine: Machine): number {
  machine.charge(4 * besselWork(kind, order, x));
  return bessel(kind, order, x);
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
        : raise(`${describe(value, machine)} has no absolute value`)
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
  unary("logb", binaryExponent, STEPS_PER_SERIES),
  unary("significand", (x) => (x === 0 || !Number.isFinite(x) ? x : split(x)[0] * 2), STEPS_PER_SERIES),
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
  unary("erf", erf, STEPS_PER_SERIES),
  unary("erfc", erfc, STEPS_PER_SERIES),
  unary("tgamma", gamma, STEPS_PER_SERIES),
  unary("gamma", (x) => logGamma(x)[0], STEPS_PER_SERIES),
  unary("lgamma", (x) => logGamma(x)[0], STEPS_PER_SERIES),
  besselOf("j0", "j", 0),
  besselOf("j1", "j", 1),
  besselOf("y0", "y", 0),
  besselOf("y1", "y", 1),
  series("lgamma_r", (x) => [...logGamma(x)]),
  series("frexp", (x) => [...split(x)]),
  series("modf", modf),
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
  besselOfAny("jn", "j"),
  besselOfAny("yn", "y"),
  operation("fma", 3, (_value, operands, machine) => {
    const [x, y, z] = operands.map((operand) => numeric(operand, machine)) as [number, number, number];
    return x * y + z;
  }),
];

function modf(x: number): Json[] {
  if (Math.abs(x) === Infinity) return [x < 0 ? -0 : 0, x];
  const whole = Math.trunc(x);
  return [x - whole, whole];
}
