/** Codes of 8 bits, one per byte; signed ones in two's complement. */
export type Codes = Int8Array | Uint8Array;

/**
 * Bits that a code takes where it is stored: the next of 2, 4 and 8, for which runtimes have kernels. A code of 3 bits takes 4, one
 * of 5 to 7 takes 8.
 */
export function storedBits(bits: number): 2 | 4 | 8 {
  if (bits <= 2) return 2;
  return bits <= 4 ? 4 : 8;
}

/** Bytes that so many codes take. */
export function packedLength(count: number, bits: number): number {
  return Math.ceil((count * storedBits(bits)) / 8);
}

/**
 * Codes side by side in bytes, the first in the lowest bits, as ONNX packs its int4: `[1, -2]` of 4 bits is the byte 0xE1. The room
 * after the last code is 0. Codes of 8 bits are returned as they are.
 */
export function pack(codes: Codes, bits: number): Codes {
  const width = storedBits(bits);
  if (width === 8) return codes;
  const { shift, within, mask } = placesOf(width);
  const packed = new Uint8Array(packedLength(codes.length, bits));
  for (let i = 0; i < codes.length; i++) packed[i >> shift]! |= (codes[i]! & mask) << (width * (i & within));
  return packed;
}

/** The inverse of `pack`: `count` codes, Int8Array where they are signed. */
export function unpack(packed: Codes, count: number, bits: number, signed: boolean): Codes {
  const width = storedBits(bits);
  if (width === 8) return packed;
  const { shift, within, mask } = placesOf(width);
  const unused = 32 - width;
  const codes = signed ? new Int8Array(count) : new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const code = (packed[i >> shift]! >> (width * (i & within))) & mask;
    codes[i] = signed ? (code << unused) >> unused : code;
  }
  return codes;
}

/** Code i is the (i & within)-th of byte i >> shift. */
function placesOf(width: 2 | 4): { shift: number; within: number; mask: number } {
  return width === 2 ? { shift: 2, within: 3, mask: 3 } : { shift: 1, within: 1, mask: 15 };
}
