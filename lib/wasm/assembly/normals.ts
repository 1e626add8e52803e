import { firstCounters, innerKey, mixLanes } from './hash';
import { TAIL } from './layout';

/**
 * out[i] = mean + stddev · Φ⁻¹(u(key, i)) for i in [0, n): the inverse of the normal distribution function at uniform numbers of 24 bits,
 * of which neither is 0 or 1. One draw makes one number, so number i depends on nothing else, and there are no branches; Box and
 * Muller's way would need two draws and a sine.
 */
export function normals(out: usize, n: i32, key: i32, mean: f32, stddev: f32): void {
  const inner = innerKey(key),
    M = f32x4.splat(mean),
    S = f32x4.splat(stddev);
  let counter = firstCounters(key);
  for (let i = 0; i < n; i += 4) {
    const left = n - i,
      at = out + ((<usize>i) << 2);
    const value = f32x4.add(M, f32x4.mul(S, quantile(mixLanes(counter, inner))));
    v128.store(left < 4 ? TAIL : at, value);
    if (left < 4) memory.copy(at, TAIL, (<usize>left) << 2);
    counter = i32x4.add(counter, i32x4.splat(4));
  }
}

/** Φ⁻¹(u) = √2 · erf⁻¹(x) at x = 2u − 1 = (b + ½) · 2⁻²³, where b are the upper 24 of the bits, signed: x is exact. */
function quantile(bits: v128): v128 {
  const b = f32x4.convert_i32x4_s(i32x4.shr_s(bits, 8));
  const x = f32x4.mul(f32x4.add(b, f32x4.splat(0.5)), f32x4.splat(1.1920928955078125e-7));
  const one = f32x4.splat(1);
  const w = f32x4.neg(log(f32x4.mul(f32x4.sub(one, x), f32x4.add(one, x))));
  const p = v128.bitselect(central(w), tail(w), f32x4.lt(w, f32x4.splat(5)));
  return f32x4.mul(f32x4.mul(p, x), f32x4.splat(1.4142135623730951));
}

// erf⁻¹(x) / x as polynomials in w = −ln(1 − x²), of single precision: M. Giles, "Approximating the erfinv function" (GPU Computing Gems,
// 2011), table 5.

function central(w: v128): v128 {
  const t = f32x4.sub(w, f32x4.splat(2.5));
  let p = f32x4.splat(2.81022636e-8);
  p = next(p, t, 3.43273939e-7);
  p = next(p, t, -3.5233877e-6);
  p = next(p, t, -4.39150654e-6);
  p = next(p, t, 0.00021858087);
  p = next(p, t, -0.00125372503);
  p = next(p, t, -0.00417768164);
  p = next(p, t, 0.246640727);
  return next(p, t, 1.50140941);
}

function tail(w: v128): v128 {
  const t = f32x4.sub(f32x4.sqrt(w), f32x4.splat(3));
  let p = f32x4.splat(-0.000200214257);
  p = next(p, t, 0.000100950558);
  p = next(p, t, 0.00134934322);
  p = next(p, t, -0.00367342844);
  p = next(p, t, 0.00573950773);
  p = next(p, t, -0.0076224613);
  p = next(p, t, 0.00943887047);
  p = next(p, t, 1.00167406);
  return next(p, t, 2.83297682);
}

/** ln y of normal numbers y > 0: `y = 2ᵉ · (1 + f)` with 1 + f in [√½, √2), and the polynomial of Cephes' logf (S. Moshier). */
function log(y: v128): v128 {
  const rootHalf = i32x4.splat(0x3f3504f3);
  const exponent = i32x4.shr_s(i32x4.sub(y, rootHalf), 23);
  const f = f32x4.sub(i32x4.sub(y, i32x4.shl(exponent, 23)), f32x4.splat(1));
  let p = f32x4.splat(7.0376836292e-2);
  p = next(p, f, -1.151461031e-1);
  p = next(p, f, 1.167699874e-1);
  p = next(p, f, -1.2420140846e-1);
  p = next(p, f, 1.4249322787e-1);
  p = next(p, f, -1.6668057665e-1);
  p = next(p, f, 2.0000714765e-1);
  p = next(p, f, -2.4999993993e-1);
  p = next(p, f, 3.3333331174e-1);
  const e = f32x4.convert_i32x4_s(exponent);
  const f2 = f32x4.mul(f, f);
  // ln 2 in two parts, of which the first has few digits.
  let small = f32x4.add(f32x4.mul(f32x4.mul(p, f), f2), f32x4.mul(e, f32x4.splat(-2.1219444e-4)));
  small = f32x4.sub(small, f32x4.mul(f2, f32x4.splat(0.5)));
  return f32x4.add(f32x4.add(small, f), f32x4.mul(e, f32x4.splat(0.693359375)));
}

/** p · t + c: one step of Horner's rule. */
function next(p: v128, t: v128, c: f32): v128 {
  return f32x4.add(f32x4.mul(p, t), f32x4.splat(c));
}
