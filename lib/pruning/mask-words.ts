/**
 * Masks, four bytes at a time: a word of bytes of 0 and 1 is checked, counted and compared at once. Bytes that are in no whole word, or lie so
 * that they cannot be read in words, are taken one by one.
 */

/** Whether all bytes are 0 or 1. */
export function isBinary(mask: Uint8Array): boolean {
  const words = wordsOf(mask);
  let bits = 0;
  for (let i = 0; i < words.length; i++) bits |= words[i]!;
  for (let i = 4 * words.length; i < mask.length; i++) bits |= mask[i]!;
  return (bits & 0xfefefefe) === 0;
}

/** Number of ones of a mask. */
export function countKept(mask: Uint8Array): number {
  const words = wordsOf(mask);
  let kept = 0;
  for (let i = 0; i < words.length; i++) kept += sumOfBytes(words[i]!);
  for (let i = 4 * words.length; i < mask.length; i++) kept += mask[i]!;
  return kept;
}

/** Number of places at which two masks of one length differ. */
export function countDifferent(a: Uint8Array, b: Uint8Array): number {
  const [first, second] = [wordsOf(a), wordsOf(b)];
  const whole = Math.min(first.length, second.length);
  let different = 0;
  for (let i = 0; i < whole; i++) different += sumOfBytes(first[i]! ^ second[i]!);
  for (let i = 4 * whole; i < a.length; i++) different += a[i]! ^ b[i]!;
  return different;
}

/** Of four bytes of 0 and 1: the product's highest byte is the sum of all. */
function sumOfBytes(word: number): number {
  return Math.imul(word, 0x01010101) >>> 24;
}

function wordsOf({ buffer, byteOffset, length }: Uint8Array): Int32Array {
  return byteOffset % 4 === 0 ? new Int32Array(buffer, byteOffset, length >> 2) : new Int32Array(0);
}
