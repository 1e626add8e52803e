import { createArena } from '../../lib/wasm/memory';
import { countBelow, countHalves, maskFrom, sumOfSigmoids } from '../../lib/wasm/kernels';
import { bitsOf, cutAt, sortKey } from '../../lib/pruning/select';
import { differences, draws } from './values';

/** Around the lanes of the kernels, and around what is copied to them at once. */
const SIZES = [1, 3, 4, 5, 15, 16, 17, 67, 65536, 65539, 150_000];

/** All that floats sort by: signs, zeros of both signs, what is held, denormal and largest numbers, and ties. */
const SPECIAL = [0, -0, -Infinity, Infinity, 1e-45, -1e-45, 3.4e38, -3.4e38, 0.5, 0.5, -Infinity];

function floatsOf(n: number): Float32Array {
  const floats = draws(n, n);
  for (let i = 0; i < n; i += 5) floats[i] = SPECIAL[(i / 5) % SPECIAL.length]!;
  return floats;
}

const keysOf = (floats: Float32Array): number[] => [...bitsOf(floats)].map(sortKey);
const someOf = (keys: readonly number[]): number[] =>
  [0, 0.1, 0.5, 0.9].map((at) => keys[Math.floor(at * keys.length)]!);

it.each(SIZES)('counts the halves of keys, of %d floats', (n) => {
  const floats = floatsOf(n);
  const [upper, keys] = [new Int32Array(65536), keysOf(floats)];
  for (const key of keys) upper[key >>> 16]!++;
  expect(differences(countHalves([floats]), upper)).toEqual([]);
  for (const chosen of someOf(keys)) {
    const lower = new Int32Array(65536);
    for (const key of keys) if (key >>> 16 === chosen >>> 16) lower[key & 0xffff]!++;
    expect(differences(countHalves([floats], chosen >>> 16), lower)).toEqual([]);
  }
});

it('counts over several arrays, wherever they lie', () => {
  const floats = floatsOf(100);
  const inArena = createArena({ bytesPerMemory: 1024 }).float32(60);
  inArena.set(floats.subarray(40));
  const whole = countHalves([floats]).slice();
  expect(differences(countHalves([floats.subarray(0, 40), inArena]), whole)).toEqual([]);
});

it.each(SIZES)('counts what is below a key, and masks what is not, of %d floats', (n) => {
  const floats = floatsOf(n);
  const keys = keysOf(floats);
  for (const key of someOf(keys)) {
    const kept = Uint8Array.from(keys, (each) => Number(each >= key));
    expect(differences(maskFrom(floats, key), kept)).toEqual([]);
    expect(countBelow(floats, key)).toBe(keys.filter((each) => each < key).length);
  }
});

it.each(SIZES)('cuts where sorting does, of %d floats', (n) => {
  const floats = floatsOf(n);
  const sorted = keysOf(floats).sort((a, b) => a - b);
  for (const count of [1, Math.ceil(n / 3), n]) {
    const key = sorted[count - 1]!;
    const [below, equal] = [sorted.indexOf(key), sorted.lastIndexOf(key) - sorted.indexOf(key) + 1];
    expect(cutAt([floats], count)).toEqual({ key, ties: count - below, equal });
  }
});

describe('sumOfSigmoids', () => {
  it.each(SIZES)('is that of Math.exp but for the rounding of float32, of %d floats', (n) => {
    const floats = draws(n, n, 8);
    const expected = floats.reduce((sum, x) => sum + 1 / (1 + Math.exp(-x)), 0);
    expect(Math.abs(sumOfSigmoids(floats) / expected - 1)).toBeLessThan(1e-6);
  });

  it('is exact where it can be', () => {
    expect(sumOfSigmoids(Float32Array.of(0, 0, 0))).toBe(1.5);
    expect(sumOfSigmoids(Float32Array.of(1000, Infinity))).toBe(2);
    expect(sumOfSigmoids(Float32Array.of(-1000, -Infinity))).toBeLessThan(1e-37);
  });

  it('gives the same bits wherever the floats lie', () => {
    const floats = draws(65539, 1);
    const shifted = new Float32Array(floats.length + 1).subarray(1);
    shifted.set(floats);
    expect(sumOfSigmoids(shifted)).toBe(sumOfSigmoids(floats));
  });
});
