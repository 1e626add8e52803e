import { seededRandom } from '../../lib/core/random';
import { MaskPieces, maskWords } from '../../datasets/mask-words';

/** 0 [PAD], 1 [CLS], 2 [SEP], 3 [MASK], 4 play, 5 ##ing, 6 in, 7 snow */
const PIECES: MaskPieces = {
  maskId: 3,
  continues: (id) => id === 5,
  isSpecial: (id) => id < 3,
  ordinary: Int32Array.of(4, 5, 6, 7),
};
const SENTENCE = Int32Array.of(1, 4, 5, 6, 7, 5, 5, 2); // play ##ing | in | snow ##ing ##ing

const mask = (seed: number, count: number) => maskWords(SENTENCE, PIECES, count, seededRandom(seed, 'mask'));
const seeds = Array.from({ length: 2000 }, (_, seed) => seed);

it('hides whole words or nothing, never the frame, never more pieces than asked', () => {
  const found = new Set(seeds.map((seed) => mask(seed, 3).positions.join()));
  // three pieces: one word of three, or the other two words
  expect([...found].sort()).toEqual(['1,2,3', '4,5,6']);
});

it('skips a word that does not fit and takes the next', () => {
  const found = new Set(seeds.map((seed) => mask(seed, 1).positions.join()));
  expect([...found]).toEqual(['3']);
});

it('tells what stood there, and changes nothing else', () => {
  for (const seed of seeds.slice(0, 50)) {
    const { ids, positions, hidden } = mask(seed, 3);
    expect(hidden).toEqual(positions.map((position) => SENTENCE[position]));
    SENTENCE.forEach((id, i) => positions.includes(i) || expect(ids[i]).toBe(id));
  }
});

it('makes 80 % of them [MASK], swaps 10 % and leaves 10 %', () => {
  const counts = { masked: 0, kept: 0, swapped: 0 };
  for (const seed of seeds) {
    const { ids } = maskWords(Int32Array.of(1, 6, 2), PIECES, 1, seededRandom(seed, 'share'));
    counts[ids[1] === 3 ? 'masked' : ids[1] === 6 ? 'kept' : 'swapped']++;
  }
  expect(counts.masked / seeds.length).toBeCloseTo(0.8, 1);
  expect(counts.kept / seeds.length).toBeCloseTo(0.1 + 0.1 / 4, 1); // a quarter of the swaps draws the same piece
  expect(counts.swapped / seeds.length).toBeCloseTo(0.075, 1);
});

it('keeps a word apart from one that a special piece ends', () => {
  const { positions } = maskWords(Int32Array.of(1, 4, 2, 5), PIECES, 1, seededRandom(0, 'apart'));
  expect(positions).toHaveLength(1);
});
