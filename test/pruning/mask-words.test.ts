import { countDifferent, countKept, isBinary } from '../../lib/pruning/mask-words';
import { coinFlips } from '../wasm/values';

/** Masks of every length and place that words make a difference to. */
const places = Array.from({ length: 14 }, (_, length) =>
  [0, 1, 2, 3].map((offset) => ({ length, offset })),
).flat();

function maskAt({ length, offset }: { length: number; offset: number }, seed: number): Uint8Array {
  const mask = new Uint8Array(length + offset).subarray(offset);
  mask.set(coinFlips(length, seed));
  return mask;
}

const onesOf = (mask: Uint8Array): number => mask.reduce((sum, value) => sum + value, 0);

it('counts as one counts bytes', () => {
  for (const place of places) {
    const [mask, other] = [maskAt(place, 1), maskAt({ ...place, offset: 0 }, 2)];
    expect(countKept(mask)).toBe(onesOf(mask));
    expect(countDifferent(mask, other)).toBe(onesOf(mask.map((value, i) => value ^ other[i]!)));
  }
});

it('sees a stray value wherever it is', () => {
  for (const place of places) {
    const mask = maskAt(place, 3);
    expect(isBinary(mask)).toBe(true);
    for (let i = 0; i < mask.length; i++) {
      for (const stray of [2, 128, 255])
        expect(isBinary(mask.map((value, j) => (j === i ? stray : value)))).toBe(false);
    }
  }
});
