/** Sets to +0 the floats whose byte in the mask is 0; also NaNs, which a multiplication by 0 would keep. */
export function applyMask(x: usize, mask: usize, n: i32): void {
  const whole = n & ~15;
  for (let i = 0; i < whole; i += 16) {
    const kept = i8x16.neg(v128.load(mask + i)); // no or all bits
    const low = i16x8.extend_low_i8x16_s(kept);
    const high = i16x8.extend_high_i8x16_s(kept);
    const at = x + ((<usize>i) << 2);
    v128.store(at, v128.and(v128.load(at), i32x4.extend_low_i16x8_s(low)));
    v128.store(at, v128.and(v128.load(at, 16), i32x4.extend_high_i16x8_s(low)), 16);
    v128.store(at, v128.and(v128.load(at, 32), i32x4.extend_low_i16x8_s(high)), 32);
    v128.store(at, v128.and(v128.load(at, 48), i32x4.extend_high_i16x8_s(high)), 48);
  }
  for (let i = whole; i < n; i++) if (!load<u8>(mask + i)) store<f32>(x + ((<usize>i) << 2), 0);
}

/** Four bytes of a mask, 0 or 1, as four lanes of no or all bits. */
export function keptLanes(mask: usize): v128 {
  return i32x4.neg(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(mask))));
}
