import { firstCounters, innerKey, mixLanes } from './hash';
import { TAIL } from './layout';

/**
 * out[i] = 1 if draw(key, i) ≥ threshold, else 0, for i in [0, n).
 *
 * The draws are 16-bit halves of a hash of a counter (hash.ts), so draw(key, i) depends on nothing else.
 */
export function keepMask(out: usize, n: i32, key: i32, threshold: i32): void {
  const inner = innerKey(key),
    T = i16x8.splat(<i16>threshold);
  let counter = firstCounters(key);
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
