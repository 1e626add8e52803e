// Symmetric codes of up to 8 bits: code = x / scale rounded half to even, in [−limit, limit].

/** The bits of |x|. As integers they order like the numbers, NaN above infinity: integer maxima keep NaN and are fast. */
export const MAGNITUDE: i32 = 0x7fffffff;

/** 1.5 · 2²³: adding it to a small number leaves the number, rounded half to even, in the low bits of the sum. */
const ROUND: f32 = 12582912;

/** max|x| / limit, or 1 where that is 0. */
export function scaleLanes(largest: v128, limit: f32): v128 {
  const scale = f32x4.div(largest, f32x4.splat(limit));
  return v128.bitselect(f32x4.splat(1), scale, f32x4.eq(scale, f32x4.splat(0)));
}

export function scaleOf(largest: f32, limit: f32): f32 {
  const scale = largest / limit;
  return scale == 0 ? 1 : scale;
}

/** Codes of the 16 floats at `x`, with one vector of scales for each four. */
export function codes16(x: usize, s0: v128, s1: v128, s2: v128, s3: v128, limit: i8): v128 {
  const low = i16x8.narrow_i32x4_s(rounded(v128.load(x), s0), rounded(v128.load(x, 16), s1));
  const high = i16x8.narrow_i32x4_s(rounded(v128.load(x, 32), s2), rounded(v128.load(x, 48), s3));
  const codes = i8x16.min_s(i8x16.narrow_i16x8_s(low, high), i8x16.splat(limit));
  return i8x16.max_s(codes, i8x16.splat(-limit));
}

function rounded(x: v128, scale: v128): v128 {
  return i32x4.sub(f32x4.add(f32x4.div(x, scale), f32x4.splat(ROUND)), f32x4.splat(ROUND));
}

/** The code of one float: the same bits as `codes16`. */
export function codeOf(x: f32, scale: f32, limit: i32): i8 {
  const code = reinterpret<i32>(x / scale + ROUND) - reinterpret<i32>(ROUND);
  return <i8>min(max(code, -limit), limit);
}
