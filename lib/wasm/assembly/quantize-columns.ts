import { codeOf, codes16, MAGNITUDE, scaleLanes, scaleOf } from './codes';

/** scales[j] = max over i of |w[i, j]| / limit, or 1 where that is 0; w is [rows, columns], row-major. */
export function columnScales(w: usize, scales: usize, rows: i32, columns: i32, limit: i32): void {
  const bytes = (<usize>columns) << 2,
    whole = bytes & ~15;
  memory.fill(scales, 0, bytes);
  let row = w;
  for (let left = rows; left > 0; left -= 4, row += 4 * bytes) {
    // Four rows at a time spare loads and stores of the maxima; of the last rows some are then taken twice.
    const r1 = row + (left > 1 ? bytes : 0),
      r2 = row + (left > 2 ? 2 * bytes : 0),
      r3 = row + (left > 3 ? 3 * bytes : 0);
    for (let j: usize = 0; j < whole; j += 16) {
      const ab = i32x4.max_s(magnitudes(row + j), magnitudes(r1 + j));
      const cd = i32x4.max_s(magnitudes(r2 + j), magnitudes(r3 + j));
      v128.store(scales + j, i32x4.max_s(v128.load(scales + j), i32x4.max_s(ab, cd)));
    }
    for (let j = whole; j < bytes; j += 4) {
      const ab = max(magnitude(row + j), magnitude(r1 + j)),
        cd = max(magnitude(r2 + j), magnitude(r3 + j));
      store<i32>(scales + j, max(load<i32>(scales + j), max(ab, cd)));
    }
  }
  for (let j: usize = 0; j < whole; j += 16)
    v128.store(scales + j, scaleLanes(v128.load(scales + j), <f32>limit));
  for (let j = whole; j < bytes; j += 4) store<f32>(scales + j, scaleOf(load<f32>(scales + j), <f32>limit));
}

function magnitudes(x: usize): v128 {
  return v128.and(v128.load(x), i32x4.splat(MAGNITUDE));
}

function magnitude(x: usize): i32 {
  return load<i32>(x) & MAGNITUDE;
}

/** codes[i, j] = w[i, j] / scales[j], rounded half to even. */
export function columnCodes(
  w: usize,
  codes: usize,
  scales: usize,
  rows: i32,
  columns: i32,
  limit: i32,
): void {
  const whole = (<usize>columns) & ~15;
  for (let i = 0; i < rows; i++) {
    for (let j: usize = 0; j < whole; j += 16) {
      const s = scales + (j << 2);
      v128.store(
        codes + j,
        codes16(w + (j << 2), v128.load(s), v128.load(s, 16), v128.load(s, 32), v128.load(s, 48), <i8>limit),
      );
    }
    for (let j = whole; j < <usize>columns; j++) {
      store<i8>(codes + j, codeOf(load<f32>(w + (j << 2)), load<f32>(scales + (j << 2)), limit));
    }
    w += (<usize>columns) << 2;
    codes += columns;
  }
}
