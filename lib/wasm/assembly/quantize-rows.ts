import { codeOf, codes16, MAGNITUDE, scaleOf } from './codes';

/** scales[i] = max over j of |w[i, j]| / limit, or 1 where that is 0; w is [rows, columns], row-major. */
export function rowScales(w: usize, scales: usize, rows: i32, columns: i32, limit: i32): void {
  for (let i = 0; i < rows; i++) {
    store<f32>(scales + ((<usize>i) << 2), scaleOf(reinterpret<f32>(largest(w, columns)), <f32>limit));
    w += (<usize>columns) << 2;
  }
}

/** The bits of max|x|. */
function largest(x: usize, n: i32): i32 {
  const bits = i32x4.splat(MAGNITUDE);
  const end = x + ((<usize>n) << 2),
    whole = x + ((<usize>(n & ~15)) << 2);
  let lanes = i32x4.splat(0);
  for (; x < whole; x += 64) {
    const ab = i32x4.max_s(v128.and(v128.load(x), bits), v128.and(v128.load(x, 16), bits));
    const cd = i32x4.max_s(v128.and(v128.load(x, 32), bits), v128.and(v128.load(x, 48), bits));
    lanes = i32x4.max_s(lanes, i32x4.max_s(ab, cd));
  }
  let result = max(
    max(i32x4.extract_lane(lanes, 0), i32x4.extract_lane(lanes, 1)),
    max(i32x4.extract_lane(lanes, 2), i32x4.extract_lane(lanes, 3)),
  );
  for (; x < end; x += 4) result = max(result, load<i32>(x) & MAGNITUDE);
  return result;
}

/** codes[i, j] = w[i, j] / scales[i], rounded half to even. */
export function rowCodes(w: usize, codes: usize, scales: usize, rows: i32, columns: i32, limit: i32): void {
  const whole = (<usize>columns) & ~15;
  for (let i = 0; i < rows; i++) {
    const scale = load<f32>(scales + ((<usize>i) << 2)),
      s = f32x4.splat(scale);
    for (let j: usize = 0; j < whole; j += 16)
      v128.store(codes + j, codes16(w + (j << 2), s, s, s, s, <i8>limit));
    for (let j = whole; j < <usize>columns; j++)
      store<i8>(codes + j, codeOf(load<f32>(w + (j << 2)), scale, limit));
    w += (<usize>columns) << 2;
    codes += columns;
  }
}
