import { roundHalfToEven } from './round';

/** Numbers of 16 bits: IEEE 754's binary16, or the upper half of a float32. */
export type HalfFormat = 'fp16' | 'bf16';

/** The 16 bits of each number, rounded to the nearest, of two equally near ones to the even. */
export function halvesOf(values: Float32Array, format: HalfFormat, into: Uint16Array): void {
  if (format === 'bf16') upperHalves(values, into);
  else for (let i = 0; i < values.length; i++) into[i] = fp16Bits(values[i]!);
}

/** The numbers of 16 bits each. */
export function numbersOfHalves(halves: Uint16Array, format: HalfFormat): Float32Array {
  if (format === 'fp16') return Float32Array.from(halves, fp16Number);
  const bits = Uint32Array.from(halves, (half) => half << 16);
  return new Float32Array(bits.buffer);
}

function upperHalves(values: Float32Array, into: Uint16Array): void {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i]!;
    const isNaNumber = (word & 0x7fffffff) > 0x7f800000;
    into[i] = isNaNumber ? 0x7fc0 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
}

/** The place of the lowest digit of a normal number in [2^e, 2^(e + 1)) is e - 10; below 2^-14 it is -24. */
const LEAST_EXPONENT = -14;
const DIGITS = 10;

function fp16Bits(x: number): number {
  const sign = x < 0 || Object.is(x, -0) ? 0x8000 : 0;
  const size = Math.abs(x);
  if (!(size < 65520)) return Number.isNaN(x) ? 0x7e00 : sign | 0x7c00; // what would round to 65536
  const exponent = Math.max(exponentOf(size), LEAST_EXPONENT);
  const digits = roundHalfToEven(size * 2 ** (DIGITS - exponent));
  // A normal number's leading digit adds one to the exponent field, as does a carry; a subnormal has neither.
  return sign | (digits + ((exponent - LEAST_EXPONENT) << DIGITS));
}

const word = new Float32Array(1);
const wordBits = new Uint32Array(word.buffer);

function exponentOf(size: number): number {
  word[0] = size;
  return (wordBits[0]! >>> 23) - 127;
}

function fp16Number(half: number): number {
  const [field, digits] = [(half >> DIGITS) & 0x1f, half & 0x3ff];
  const size =
    field === 0x1f
      ? digits === 0
        ? Infinity
        : NaN
      : (field === 0 ? digits : digits + 1024) * 2 ** (Math.max(field, 1) + LEAST_EXPONENT - 1 - DIGITS);
  return half & 0x8000 ? -size : size;
}
