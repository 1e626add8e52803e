import { TAIL } from './layout';

/**
 * out[i] = 1 if draw(key, i) ≥ threshold, else 0, for i in [0, n).
 *
 * The draws are 16-bit halves of a hash of a counter (lowbias32, C. Wellons), so draw(key, i) depends on nothing else. A stream
 * starts at a hash of its key, and a second hash of the key enters between the rounds: otherwise two streams whose starts lie
 * close would be shifted copies of each other.
 */
export function keepMask(out: usize, n: i32, key: i32, threshold: i32): void {
  const inner = i32x4.splat(mix(key ^ 0x3c6ef372)),
    T = i16x8.splat(<i16>threshold);
  let counter = i32x4.add(i32x4.splat(mix(key ^ 0x9e3779b9)), i32x4(0, 1, 2, 3));
  for (let i = 0; i < n; i += 64) {
    const left = n - i;
    keep64(left < 64 ? TAIL : out + i, counter, inner, T);
    if (left < 64) memory.copy(out + i, TAIL, left);
    counter = i32x4.add(counter, i32x4.splat(32));
  }
}

function keep64(out: usize, counter: v128, inner: v128, T: v128): void {
  v128.store(out, keep16(counter, inner, T));
  v128.store(out, keep16(i32x4.add(counter, i32x4.splat(8)), inner, T), 16);
  v128.store(out, keep16(i32x4.add(counter, i32x4.splat(16)), inner, T), 32);
  v128.store(out, keep16(i32x4.add(counter, i32x4.splat(24)), inner, T), 48);
}

/** Eight counters give sixteen draws: the low half of each, then the high half, in the order of the counters. */
function keep16(counter: v128, inner: v128, T: v128): v128 {
  const first = i16x8.ge_u(mixLanes(counter, inner), T);
  const second = i16x8.ge_u(mixLanes(i32x4.add(counter, i32x4.splat(4)), inner), T);
  return v128.and(i8x16.narrow_i16x8_s(first, second), i8x16.splat(1));
}

function mixLanes(x: v128, inner: v128): v128 {
  x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 16)), i32x4.splat(0x7feb352d));
  x = i32x4.add(x, inner);
  x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 15)), i32x4.splat(0x846ca68b));
  return v128.xor(x, i32x4.shr_u(x, 16));
}

function mix(x: i32): i32 {
  x = (x ^ (x >>> 16)) * 0x7feb352d;
  x = (x ^ (x >>> 15)) * 0x846ca68b;
  return x ^ (x >>> 16);
}
