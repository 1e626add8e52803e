import { halvesOf, numbersOfHalves } from '../../lib/core/half';

const halves = (format: 'fp16' | 'bf16', ...numbers: number[]): number[] => {
  const into = new Uint16Array(numbers.length);
  halvesOf(Float32Array.from(numbers), format, into);
  return [...into];
};

describe('fp16', () => {
  test('numbers that IEEE 754 gives as examples', () => {
    const { PI } = Math;
    expect(halves('fp16', 1, -2, 65504, 2 ** -14, 2 ** -24, 0, -0, 1 / 3, PI)).toEqual([
      0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0, 0x8000, 0x3555, 0x4248,
    ]);
  });

  test('rounds to the nearest, of two equally near ones to the even, subnormal ones too', () => {
    expect(halves('fp16', 1 + 2 ** -11, 1 + 3 * 2 ** -11, 2 ** -25, 1.5 * 2 ** -24)).toEqual([
      0x3c00, 0x3c02, 0, 2,
    ]);
    expect(halves('fp16', 2047.5, 2 ** -14 - 2 ** -26)).toEqual([0x6800, 0x0400]); // a carry into the exponent
  });

  test('what is too large is infinite, and NaN stays', () => {
    expect(halves('fp16', 65519, 65520, -1e9, Infinity, NaN)).toEqual([
      0x7bff, 0x7c00, 0xfc00, 0x7c00, 0x7e00,
    ]);
  });

  test('every one of the 65536 comes back', () => {
    const all = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const again = new Uint16Array(65536);
    halvesOf(numbersOfHalves(all, 'fp16'), 'fp16', again);
    const isNaNumber = (half: number) => (half & 0x7fff) > 0x7c00;
    expect([...again.filter((half, i) => half !== i && !isNaNumber(i))]).toEqual([]);
    expect(again[0x7dff]).toBe(0x7e00);
  });
});

describe('bf16', () => {
  test('the upper half, rounded to even', () => {
    expect(halves('bf16', 1, -2, 1 + 2 ** -8, 1 + 3 * 2 ** -8, 3.4e38, NaN, -Infinity)).toEqual([
      0x3f80, 0xc000, 0x3f80, 0x3f82, 0x7f80, 0x7fc0, 0xff80,
    ]);
  });

  test('comes back', () => {
    const all = Uint16Array.from({ length: 65536 }, (_, i) => i).filter((half) => (half & 0x7fff) <= 0x7f80);
    const again = new Uint16Array(all.length);
    halvesOf(numbersOfHalves(all, 'bf16'), 'bf16', again);
    expect(again).toEqual(all);
  });
});
