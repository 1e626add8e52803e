import fc from 'fast-check';
import { pack, packedLength, storedBits, unpack } from '../../lib/quantization/pack';

test('the first code is in the lowest bits', () => {
  expect([...pack(Int8Array.of(1, -2, 7), 4)]).toEqual([0xe1, 0x07]);
  expect([...pack(Uint8Array.of(1, 2, 3, 0, 1), 2)]).toEqual([0b00111001, 1]);
});

test('widths that no kernel has take the room of the next', () => {
  expect([2, 3, 4, 5, 6, 7, 8].map(storedBits)).toEqual([2, 4, 4, 8, 8, 8, 8]);
  expect([packedLength(5, 2), packedLength(5, 3), packedLength(5, 8), packedLength(0, 4)]).toEqual([
    2, 3, 5, 0,
  ]);
});

test('any codes come back', () => {
  const bits = fc.integer({ min: 2, max: 8 });
  fc.assert(
    fc.property(
      bits,
      fc.boolean(),
      fc.array(fc.nat({ max: 255 }), { maxLength: 20 }),
      (width, signed, numbers) => {
        const codes = numbers.map((number) => (number % 2 ** width) - (signed ? 2 ** (width - 1) : 0));
        const array = signed ? Int8Array.from(codes) : Uint8Array.from(codes);
        expect(unpack(pack(array, width), codes.length, width, signed)).toEqual(array);
      },
    ),
  );
});
