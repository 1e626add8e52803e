import { createArena } from '../../lib/wasm/memory';
import { adamw, applyMask, sgd, type AdamWScalars, type SgdScalars } from '../../lib/wasm/kernels';
import { bits, coinFlips, draws, inOneMemory, maskOver } from './values';

const arena = createArena({ bytesPerMemory: 2 ** 20 });
const SIZES = [1, 2, 3, 4, 5, 15, 16, 17, 31, 64, 67, 1000];

const ADAMW: AdamWScalars = {
  learningRate: 0.01,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.1,
  gradientScale: 0.5,
  step: 1,
};
const SGD: SgdScalars = { learningRate: 0.1, momentum: 0.9, weightDecay: 0.01, gradientScale: 0.5 };

/** Equal but for the rounding of ten steps in float32 on values of this size. */
function expectClose(actual: Float32Array, expected: number[], size: number): void {
  actual.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(2e-6 * size));
}

function adamwReference(
  state: { w: number[]; m: number[]; v: number[] },
  gradient: Float32Array,
  s: AdamWScalars,
): void {
  gradient.forEach((raw, i) => {
    const g = raw * s.gradientScale;
    state.w[i]! -= s.learningRate * s.weightDecay * state.w[i]!;
    state.m[i] = s.beta1 * state.m[i]! + (1 - s.beta1) * g;
    state.v[i] = s.beta2 * state.v[i]! + (1 - s.beta2) * g * g;
    const first = state.m[i]! / (1 - s.beta1 ** s.step);
    const second = state.v[i]! / (1 - s.beta2 ** s.step);
    state.w[i]! -= (s.learningRate * first) / (Math.sqrt(second) + s.epsilon);
  });
}

function sgdReference(
  state: { w: number[]; velocity: number[] },
  gradient: Float32Array,
  s: SgdScalars,
): void {
  gradient.forEach((raw, i) => {
    const g = raw * s.gradientScale + s.weightDecay * state.w[i]!;
    state.velocity[i] = s.momentum * state.velocity[i]! + g;
    state.w[i]! -= s.learningRate * (s.nesterov ? g + s.momentum * state.velocity[i]! : state.velocity[i]!);
  });
}

describe('adamw', () => {
  it.each(SIZES)('follows the formula in float64 for ten steps, %i weights', (n) => {
    const start = draws(n, 1);
    const zeros = new Float32Array(n);
    const [weights, m, v, gradient] = inOneMemory(arena, start, zeros, zeros, zeros);
    const state = { w: [...start], m: [...zeros], v: [...zeros] };
    for (let step = 1; step <= 10; step++) {
      const g = draws(n, 10 + step);
      gradient!.set(g);
      adamw({ weights: weights!, m: m!, v: v!, gradient: gradient! }, { ...ADAMW, step });
      adamwReference(state, g, { ...ADAMW, step });
      expect(bits(gradient!)).toEqual(bits(g));
    }
    expectClose(weights!, state.w, 1);
    expectClose(m!, state.m, 1);
    expectClose(v!, state.v, 0.01);
  });

  it('takes a first step of learningRate against the sign of the gradient, whatever its size', () => {
    const [weights, m, v, gradient] = inOneMemory(
      arena,
      new Float32Array(3),
      new Float32Array(3),
      new Float32Array(3),
      Float32Array.of(1e-3, -5, 0),
    );
    const scalars = { ...ADAMW, weightDecay: 0, gradientScale: 1 };
    adamw({ weights: weights!, m: m!, v: v!, gradient: gradient! }, scalars);
    expect(weights![0]).toBeCloseTo(-0.01, 6);
    expect(weights![1]).toBeCloseTo(0.01, 6);
    expect(weights![2]).toBe(0);
  });

  it('adds epsilon to the corrected root: a gradient of epsilon moves half a step', () => {
    const [weights, m, v, gradient] = inOneMemory(arena, ...[0, 0, 0, 1e-8].map((x) => Float32Array.of(x)));
    adamw(
      { weights: weights!, m: m!, v: v!, gradient: gradient! },
      { ...ADAMW, weightDecay: 0, gradientScale: 1 },
    );
    expect(weights![0]).toBeCloseTo(-0.005, 6);
  });

  it('decays by learningRate · weightDecay and nothing else where there is no gradient', () => {
    const [weights, m, v, gradient] = inOneMemory(arena, ...[2, 0, 0, 0].map((x) => Float32Array.of(x)));
    adamw({ weights: weights!, m: m!, v: v!, gradient: gradient! }, ADAMW);
    expect(weights![0]).toBe(Math.fround(2 * Math.fround(1 - 0.001)));
  });

  it('gives a weight the same bits wherever it lies in the array', () => {
    const n = 47;
    const arrays = [1, 2, 3, 4].map((seed) => draws(n, seed).map(Math.abs));
    const whole = inOneMemory(arena, ...arrays);
    adamw({ weights: whole[0]!, m: whole[1]!, v: whole[2]!, gradient: whole[3]! }, ADAMW);
    for (let i = 0; i < n; i++) {
      const one = inOneMemory(arena, ...arrays.map((array) => array.slice(i, i + 1)));
      adamw({ weights: one[0]!, m: one[1]!, v: one[2]!, gradient: one[3]! }, ADAMW);
      for (let k = 0; k < 3; k++) expect(one[k]![0]).toBe(whole[k]![i]);
    }
  });

  it('touches nothing beyond the ends of parts of arrays', () => {
    const arrays = inOneMemory(arena, ...[1, 2, 3, 4].map(() => new Float32Array(40).fill(7)));
    const [weights, m, v, gradient] = arrays.map((array) => array.subarray(3, 24));
    adamw({ weights: weights!, m: m!, v: v!, gradient: gradient! }, ADAMW);
    for (const array of arrays) {
      expect([...array.subarray(0, 3), ...array.subarray(24)]).toEqual(Array(19).fill(7));
    }
  });

  it.each(SIZES)(
    'leaves exactly 0 where the mask drops a weight and the same bits elsewhere, %i weights',
    (n) => {
      const arrays = [1, 2, 3, 4].map((seed) => draws(n, seed).map(Math.abs));
      const free = inOneMemory(arena, ...arrays);
      const [weights, m, v, gradient, room] = inOneMemory(arena, ...arrays, new Float32Array(n));
      const mask = maskOver(room!, coinFlips(n, n));
      mask.forEach((keep, i) => {
        if (!keep) gradient![i] = [NaN, Infinity, -1][i % 3]!;
      });
      adamw({ weights: free[0]!, m: free[1]!, v: free[2]!, gradient: free[3]! }, ADAMW);
      adamw({ weights: weights!, m: m!, v: v!, gradient: gradient!, mask }, ADAMW);
      for (const [masked, unmasked] of [
        [weights!, free[0]!],
        [m!, free[1]!],
        [v!, free[2]!],
      ] as const) {
        expect(bits(masked)).toEqual(bits(unmasked.map((x, i) => (mask[i] ? x : 0))));
      }
    },
  );

  it('lets a NaN and an infinity through, to their own weight only', () => {
    const arrays = [1, 2, 3, 4].map((seed) => draws(21, seed).map(Math.abs));
    arrays[3]![5] = NaN;
    arrays[3]![20] = Infinity;
    const [weights, m, v, gradient] = inOneMemory(arena, ...arrays);
    adamw({ weights: weights!, m: m!, v: v!, gradient: gradient! }, ADAMW);
    expect([...weights!.keys()].filter((i) => !Number.isFinite(weights![i]!))).toEqual([5, 20]);
  });

  it('refuses arrays of several memories, outside of any, or of several lengths', () => {
    const [weights, m, v] = arena.group([4, 4, 4]);
    const stranger = createArena({ bytesPerMemory: 65536 }).float32(4);
    for (const gradient of [stranger, new Float32Array(4)]) {
      expect(() => adamw({ weights: weights!, m: m!, v: v!, gradient }, ADAMW)).toThrow('one memory');
    }
    const [a, b, c, short] = arena.group([4, 4, 4, 3]);
    expect(() => adamw({ weights: a!, m: b!, v: c!, gradient: short! }, ADAMW)).toThrow('one length');
  });
});

describe('sgd', () => {
  it.each(SIZES.flatMap((n) => [false, true].map((nesterov) => [n, nesterov] as const)))(
    'follows the formula in float64 for ten steps, %i weights, nesterov %s',
    (n, nesterov) => {
      const start = draws(n, 1);
      const zeros = new Float32Array(n);
      const [weights, velocity, gradient] = inOneMemory(arena, start, zeros, zeros);
      const state = { w: [...start], velocity: [...zeros] };
      for (let step = 1; step <= 10; step++) {
        const g = draws(n, 10 + step);
        gradient!.set(g);
        sgd({ weights: weights!, velocity: velocity!, gradient: gradient! }, { ...SGD, nesterov });
        sgdReference(state, g, { ...SGD, nesterov });
        expect(bits(gradient!)).toEqual(bits(g));
      }
      expectClose(weights!, state.w, 1);
      expectClose(velocity!, state.velocity, 1);
    },
  );

  it.each(SIZES)(
    'leaves exactly 0 where the mask drops a weight and the same bits elsewhere, %i weights',
    (n) => {
      const arrays = [1, 2, 3].map((seed) => draws(n, seed));
      const free = inOneMemory(arena, ...arrays);
      const [weights, velocity, gradient, room] = inOneMemory(arena, ...arrays, new Float32Array(n));
      const mask = maskOver(room!, coinFlips(n, n));
      mask.forEach((keep, i) => {
        if (!keep) gradient![i] = NaN;
      });
      sgd({ weights: free[0]!, velocity: free[1]!, gradient: free[2]! }, SGD);
      sgd({ weights: weights!, velocity: velocity!, gradient: gradient!, mask }, SGD);
      expect(bits(weights!)).toEqual(bits(free[0]!.map((x, i) => (mask[i] ? x : 0))));
      expect(bits(velocity!)).toEqual(bits(free[1]!.map((x, i) => (mask[i] ? x : 0))));
    },
  );

  it('lets a NaN through', () => {
    const [weights, velocity, gradient] = inOneMemory(arena, ...[1, 1, NaN].map((x) => Float32Array.of(x)));
    sgd({ weights: weights!, velocity: velocity!, gradient: gradient! }, SGD);
    expect([weights![0], velocity![0]]).toEqual([NaN, NaN]);
  });
});

describe('applyMask', () => {
  it.each(SIZES)(
    'leaves +0 where the mask drops, NaN and −0 included, and all else alone, %i values',
    (n) => {
      const values = draws(n, n).map((x, i) => [x, NaN, -0][i % 3]!);
      const [x, room] = inOneMemory(arena, values, new Float32Array(n));
      const mask = maskOver(room!, coinFlips(n, n));
      applyMask(x!, mask);
      expect(bits(x!)).toEqual(bits(values.map((value, i) => (mask[i] ? value : 0))));
    },
  );

  it('touches nothing beyond the end', () => {
    const [x, room] = inOneMemory(arena, new Float32Array(40).fill(1), new Float32Array(40));
    applyMask(x!.subarray(1, 20), maskOver(room!, new Uint8Array(19)));
    expect([...x!]).toEqual([1, ...Array(19).fill(0), ...Array(20).fill(1)]);
  });
});
