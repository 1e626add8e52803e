/**
 * Σ σ(x), σ(x) = 1 / (1 + e^−x): each σ in float32, the sum in float64. The order of the additions depends on `n` alone, so equal arrays
 * give equal bits, on every machine.
 */
export function sumOfSigmoids(x: usize, n: i32): f64 {
  let low = f64x2.splat(0),
    high = f64x2.splat(0);
  const whole = n & ~3;
  for (let i = 0; i < whole; i += 4) {
    const shares = sigmoid(v128.load(x + ((<usize>i) << 2)));
    low = f64x2.add(low, f64x2.promote_low_f32x4(shares));
    high = f64x2.add(high, f64x2.promote_low_f32x4(i64x2.shuffle(shares, shares, 1, 1)));
  }
  const pair = f64x2.add(low, high);
  let sum = f64x2.extract_lane(pair, 0) + f64x2.extract_lane(pair, 1);
  for (let i = whole; i < n; i++) {
    sum += <f64>f32x4.extract_lane(sigmoid(v128.load32_zero(x + ((<usize>i) << 2))), 0);
  }
  return sum;
}

function sigmoid(x: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(one, f32x4.add(one, exp(f32x4.neg(x))));
}

/** e^x = 2^k · e^r with |r| ≤ ln 2 / 2, and e^r by its Taylor series, to two units in the last place; x is taken to [−87, 88]. */
function exp(x: v128): v128 {
  const within = f32x4.min(f32x4.max(x, f32x4.splat(-87)), f32x4.splat(88));
  const k = f32x4.nearest(f32x4.mul(within, f32x4.splat(1.442695)));
  // ln 2 in two parts, of which the first has so few bits that its product with k is exact.
  const r = f32x4.sub(
    f32x4.sub(within, f32x4.mul(k, f32x4.splat(0.693359375))),
    f32x4.mul(k, f32x4.splat(-2.1219444e-4)),
  );
  let series = f32x4.splat(1 / 5040);
  series = f32x4.add(f32x4.mul(series, r), f32x4.splat(1 / 720));
  series = f32x4.add(f32x4.mul(series, r), f32x4.splat(1 / 120));
  series = f32x4.add(f32x4.mul(series, r), f32x4.splat(1 / 24));
  series = f32x4.add(f32x4.mul(series, r), f32x4.splat(1 / 6));
  series = f32x4.add(f32x4.mul(series, r), f32x4.splat(0.5));
  series = f32x4.add(f32x4.mul(series, r), f32x4.splat(1));
  series = f32x4.add(f32x4.mul(series, r), f32x4.splat(1));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(k), i32x4.splat(127)), 23);
  return f32x4.mul(series, power);
}
