/**
 * Selection by the bits of floats, as integers that sort as the floats do (-0 as 0). Counts are int32; what selects is in
 * lib/wasm/select.ts.
 */

/** counts[(key >> 16) + 2¹⁵] += 1 for each of n floats. */
export function countUpper(x: usize, n: i32, counts: usize): void {
  for (let i = 0; i < n; i++) count(counts, (keyOf(x, i) >> 16) + 32768);
}

/** counts[key & 0xffff] += 1 for those whose key >> 16 is `upper`. Few are, so four at a time are passed over. */
export function countLower(x: usize, n: i32, counts: usize, upper: i32): void {
  const U = i32x4.splat(upper);
  const whole = n & ~3;
  for (let i = 0; i < whole; i += 4) {
    const found = i32x4.eq(i32x4.shr_s(keys(v128.load(x + ((<usize>i) << 2))), 16), U);
    if (v128.any_true(found)) countOf(x, i, i + 4, counts, upper);
  }
  countOf(x, whole, n, counts, upper);
}

function countOf(x: usize, from: i32, to: i32, counts: usize, upper: i32): void {
  for (let i = from; i < to; i++) {
    const key = keyOf(x, i);
    if (key >> 16 == upper) count(counts, key & 0xffff);
  }
}

function count(counts: usize, bin: i32): void {
  const at = counts + ((<usize>bin) << 2);
  store<i32>(at, load<i32>(at) + 1);
}

/** How many of n keys are below `key`. */
export function countBelow(x: usize, n: i32, key: i32): i32 {
  const K = i32x4.splat(key);
  let lanes = i32x4.splat(0);
  const whole = n & ~3;
  for (let i = 0; i < whole; i += 4) {
    lanes = i32x4.sub(lanes, i32x4.lt_s(keys(v128.load(x + ((<usize>i) << 2))), K));
  }
  let below =
    i32x4.extract_lane(lanes, 0) +
    i32x4.extract_lane(lanes, 1) +
    i32x4.extract_lane(lanes, 2) +
    i32x4.extract_lane(lanes, 3);
  for (let i = whole; i < n; i++) below += i32(keyOf(x, i) < key);
  return below;
}

/** out[i] = 1 where the key is at least `key`, else 0. */
export function maskFrom(x: usize, n: i32, key: i32, out: usize): void {
  const K = i32x4.splat(key);
  const whole = n & ~15;
  for (let i = 0; i < whole; i += 16) {
    const at = x + ((<usize>i) << 2);
    const low = i16x8.narrow_i32x4_s(atLeast(at, K), atLeast(at + 16, K));
    const high = i16x8.narrow_i32x4_s(atLeast(at + 32, K), atLeast(at + 48, K));
    v128.store(out + i, v128.and(i8x16.narrow_i16x8_s(low, high), i8x16.splat(1)));
  }
  for (let i = whole; i < n; i++) store<u8>(out + i, u8(keyOf(x, i) >= key));
}

function atLeast(at: usize, key: v128): v128 {
  return i32x4.ge_s(keys(v128.load(at)), key);
}

/** The bits of a negative float sort the wrong way round: all but its sign are turned over. */
function keyOf(x: usize, i: i32): i32 {
  const bits = load<i32>(x + ((<usize>i) << 2));
  const canonical = bits == i32.MIN_VALUE ? 0 : bits;
  return canonical ^ ((canonical >> 31) & i32.MAX_VALUE);
}

function keys(bits: v128): v128 {
  const canonical = v128.andnot(bits, i32x4.eq(bits, i32x4.splat(i32.MIN_VALUE)));
  return v128.xor(canonical, i32x4.shr_u(i32x4.shr_s(canonical, 31), 1));
}
