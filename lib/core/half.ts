/** Numbers of 16 bits: IEEE 754's binary16, or the upper half of a float32. */
export type HalfFormat = 'fp16' | 'bf16';

/** The 16 bits of each number, rounded to the nearest, of two equally near ones to the even. */
export function halvesOf(values: Float32Array, format: HalfFormat, into: Uint16Array): void {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  if (format === 'bf16') for (let i = 0; i < bits.length; i++) into[i] = upperHalf(bits[i]!);
  else for (let i = 0; i < bits.length; i++) into[i] = binary16(bits[i]!, values[i]!);
}

/** The numbers of 16 bits each. */
export function numbersOfHalves(halves: Uint16Array, format: HalfFormat): Float32Array {
  if (format === 'bf16') return new Float32Array(Uint32Array.from(halves, (half) => half << 16).buffer);
  numbers ??= Float32Array.from({ length: 2 ** 16 }, (_, half) => numberOf(half));
  const values = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) values[i] = numbers[halves[i]!]!;
  return values;
}

const INFINITY = 0x7f800000;

function upperHalf(word: number): number {
  return (word & ~SIGN) > INFINITY ? 0x7fc0 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
}

const SIGN = 0x80000000;
/** As bits of a float32: the least number that rounds to infinity, 65520, and the least normal one, 2^-14. */
const [OVERFLOW, NORMAL] = [0x477ff000, 0x38800000];
/** What the exponents of the two formats differ by, in place. */
const REBIAS = (127 - 15) << 23;

const sum = new Float32Array(1);
const sumBits = new Uint32Array(sum.buffer);
const HALF = 0x3f000000;

/** The binary16 of a float32, given as bits and as a number. */
function binary16(word: number, value: number): number {
  const sign = (word & SIGN) >>> 16;
  const size = word & ~SIGN;
  if (size >= OVERFLOW) return size > INFINITY ? 0x7e00 : sign | 0x7c00;
  if (size >= NORMAL) return sign | ((size - REBIAS + 0xfff + ((size >>> 13) & 1)) >>> 13);
  sum[0] = 0.5 + Math.abs(value); // the digits of a sum near 0.5 are subnormal numbers': multiples of 2^-24
  return sign | (sumBits[0]! - HALF);
}

let numbers: Float32Array | undefined;

function numberOf(half: number): number {
  const [sign, field, digits] = [half >>> 15 ? -1 : 1, (half >>> 10) & 31, half & 1023];
  if (field === 31) return digits ? NaN : sign * Infinity;
  return sign * (field ? (1024 + digits) * 2 ** (field - 25) : digits * 2 ** -24);
}
