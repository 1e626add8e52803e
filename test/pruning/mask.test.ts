import {
  countFlips,
  countPruned,
  maskSet,
  masksFromTensors,
  masksToTensors,
  sparsityOf,
} from '../../lib/pruning/mask';
import { hostTensor } from '../../lib/core/host-tensor';

const a = Uint8Array.of(1, 0, 0, 1);
const b = Uint8Array.of(1, 1);

describe('MaskSet', () => {
  test('counts', () => {
    expect(countPruned(a)).toBe(2);
    expect(
      sparsityOf(
        maskSet([
          ['a', a],
          ['b', b],
        ]),
      ),
    ).toBe(2 / 6);
    expect(sparsityOf(new Map())).toBe(0);
  });

  test('counts flips in both directions; a missing mask keeps everything', () => {
    const before = maskSet([['a', a]]);
    const after = maskSet([
      ['a', Uint8Array.of(0, 1, 0, 1)],
      ['b', Uint8Array.of(0, 1)],
    ]);
    expect(countFlips(before, after)).toBe(3);
    expect(countFlips(after, after)).toBe(0);
  });

  test('saves and loads', () => {
    const masks = maskSet([
      ['a', a],
      ['b', b],
    ]);
    const tensors = masksToTensors(masks);
    expect(tensors.get('a')).toEqual({ dtype: 'bool', shape: [4], data: a });
    expect(masksFromTensors(tensors)).toEqual(masks);
  });

  test('refuses what is no mask', () => {
    expect(() => maskSet([['a', Uint8Array.of(0, 255)]])).toThrow('mask of "a", got 255');
    expect(() => maskSet([['', a]])).toThrow('weight path');
    expect(() => masksFromTensors(new Map([['a', hostTensor(Float32Array.of(1), [1])]]))).toThrow(
      '"a", got float32',
    );
  });
});
