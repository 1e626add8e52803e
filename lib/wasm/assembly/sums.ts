import { keptLanes } from './mask';

/**
 * Σ x² over the kept elements, in float64 (each square is exact). The order of the additions depends on `n` alone, so equal
 * arrays give equal bits.
 */
export function sumOfSquares(x: usize, mask: usize, n: i32): f64 {
  let a = f64x2.splat(0),
    b = f64x2.splat(0),
    c = f64x2.splat(0),
    d = f64x2.splat(0);
  const whole = n & ~7;
  for (let i = 0; i < whole; i += 8) {
    const at = x + ((<usize>i) << 2);
    let low = v128.load(at),
      high = v128.load(at, 16);
    if (mask) {
      low = v128.and(low, keptLanes(mask + i));
      high = v128.and(high, keptLanes(mask + i + 4));
    }
    a = addSquares(a, low);
    b = addSquares(b, upper(low));
    c = addSquares(c, high);
    d = addSquares(d, upper(high));
  }
  const pair = f64x2.add(f64x2.add(a, b), f64x2.add(c, d));
  let sum = f64x2.extract_lane(pair, 0) + f64x2.extract_lane(pair, 1);
  for (let i = whole; i < n; i++) {
    const value = <f64>load<f32>(x + ((<usize>i) << 2));
    if (!mask || load<u8>(mask + i)) sum += value * value;
  }
  return sum;
}

function addSquares(sum: v128, floats: v128): v128 {
  const x = f64x2.promote_low_f32x4(floats);
  return f64x2.add(sum, f64x2.mul(x, x));
}

function upper(x: v128): v128 {
  return i64x2.shuffle(x, x, 1, 1);
}

/** `into += x` */
export function accumulate(into: usize, x: usize, n: i32): void {
  const bytes = (<usize>n) << 2,
    whole = bytes & ~63;
  let i: usize = 0;
  for (; i < whole; i += 64) {
    addLanes(into + i, x + i);
    addLanes(into + i + 16, x + i + 16);
    addLanes(into + i + 32, x + i + 32);
    addLanes(into + i + 48, x + i + 48);
  }
  for (; i < bytes; i += 4) store<f32>(into + i, load<f32>(into + i) + load<f32>(x + i));
}

function addLanes(into: usize, x: usize): void {
  v128.store(into, f32x4.add(v128.load(into), v128.load(x)));
}
