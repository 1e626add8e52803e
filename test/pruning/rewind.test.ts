import { maskSet } from '../../lib/pruning/mask';
import { fractionOfOriginal, fractionOfRemaining, rewind } from '../../lib/pruning/rewind';
import reference from '../reference/pruning.json';

describe('levels', () => {
  test.each(reference.iterativeMagnitude20)('20 %% of remaining: level %d is %d', (level, sparsity) => {
    expect(fractionOfRemaining(0.2)(level!)).toBeCloseTo(sparsity!, 6);
  });

  test('10 % of original per level', () => {
    expect([0, 1, 7].map(fractionOfOriginal(0.1)).map((s) => Number(s.toFixed(12)))).toEqual([0, 0.1, 0.7]);
  });
});

describe('rewind', () => {
  const make = () =>
    new Map([
      ['a', Float32Array.of(9, 9, 9)],
      ['head', Float32Array.of(9)],
    ]);
  const snapshot = new Map([
    ['a', Float32Array.of(1, 2, 3)],
    ['head', Float32Array.of(4)],
  ]);
  const masks = maskSet([['a', Uint8Array.of(1, 0, 1)]]);

  test('gives back the snapshot in place, with pruned weights exactly 0', () => {
    const weights = make();
    const memory = weights.get('a')!;
    rewind(weights, snapshot, masks);
    expect(Array.from(memory)).toEqual([1, 0, 3]);
    expect(Array.from(weights.get('head')!)).toEqual([4]);
    expect(Array.from(snapshot.get('a')!)).toEqual([1, 2, 3]);
  });

  test('keeps the head if told so', () => {
    const weights = make();
    rewind(weights, snapshot, masks, { keep: ['head'] });
    expect(Array.from(weights.get('head')!)).toEqual([9]);
  });

  test('refuses a snapshot that lacks a weight', () => {
    expect(() => rewind(make(), new Map(), masks)).toThrow('3 values for "a" in the snapshot, got none');
  });
});
