import * as tf from '@tensorflow/tfjs';
import { sqnr } from '../../../lib/analysis/sqnr';
import { jit } from '../../../lib/compile/jit';
import { seededRandom } from '../../../lib/core/random';
import { perAxis } from '../../../lib/quantization/granularity';
import { entropy } from '../../../lib/quantization/observers/entropy';
import { histogram } from '../../../lib/quantization/observers/histogram';
import type { HistogramObserver } from '../../../lib/quantization/observers/histogram-observer';
import { minMax } from '../../../lib/quantization/observers/min-max';
import { mse } from '../../../lib/quantization/observers/mse';
import type { Observer, ObserverOptions } from '../../../lib/quantization/observers/observer';
import { percentile } from '../../../lib/quantization/observers/percentile';
import { qparamsOf } from '../../../lib/quantization/qparams';
import { quantizeDequantize } from '../../../lib/quantization/quantize';
import { roundHalfToEven } from '../../../lib/core/round';
import { codeRange, int8, QuantSpec, uint8 } from '../../../lib/quantization/spec';
import { expectNoLeak } from '../../leaks';
import { scopeEachTest } from '../../scope';

scopeEachTest();

const makers: Record<string, (options?: ObserverOptions) => HistogramObserver> = {
  percentile,
  histogram,
  entropy,
  mse,
};
const each = describe.each(Object.entries(makers));

const normals = (count: number, seed = 1): Float32Array => {
  const random = seededRandom(seed, 'normals');
  return Float32Array.from({ length: count }, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    return radius * Math.cos(2 * Math.PI * random());
  });
};
const observed = <O extends Observer>(observer: O, ...batches: Float32Array[]): O => {
  batches.forEach((batch) => observer.observe(tf.tensor1d(batch)));
  return observer;
};
const numbersOf = (observer: Observer): number[] => {
  const { scale, zeroPoint } = observer.qparams();
  return [scale.dataSync()[0]!, zeroPoint.dataSync()[0]!];
};
/** Of values that are quantized by an observer's range, in decibels. */
function kept(observer: Observer, values: Float32Array): number {
  const [scale, zeroPoint] = numbersOf(observer) as [number, number];
  const [lowest, highest] = codeRange(observer.spec);
  const codes = values.map((value) => roundHalfToEven(value / scale) + zeroPoint);
  const numbers = codes.map((code) => (Math.min(Math.max(code, lowest), highest) - zeroPoint) * scale);
  return sqnr(values, numbers);
}

each('%s', (name, make) => {
  test('does not depend on the order of the data or on how they come in batches', () => {
    const values = normals(3000);
    const expected = numbersOf(observed(make(), values));
    const parts = [values.subarray(0, 7), values.subarray(7, 1000), values.subarray(1000)];
    expect(numbersOf(observed(make(), ...parts))).toEqual(expected);
    expect(numbersOf(observed(make(), ...parts.reverse()))).toEqual(expected);
    expect(numbersOf(observed(make(), values.slice().sort()))).toEqual(expected);
  });

  test('compiled, hears of a run after it, and gives the range of what it saw before', async () => {
    const [eager, compiled] = [make(), make()];
    const [first, second] = [normals(500, 2), normals(500, 3).map((value) => 3 * value + 1)];
    const step = jit((x: tf.Tensor) => {
      const { scale, zeroPoint } = compiled.qparams();
      compiled.observe(x);
      return [scale, zeroPoint];
    });
    await step(tf.tensor1d(first));
    expect(compiled.hasObserved()).toBe(true);
    const before = await step(tf.tensor1d(second));
    expect(before.map((x) => x.dataSync()[0])).toEqual(numbersOf(observed(eager, first)));
    expect(numbersOf(compiled)).toEqual(numbersOf(observed(eager, second)));
    await step.dispose();
  });

  test('goes on from a checkpoint as if it had never stopped', () => {
    const [first, second] = [normals(800, 4), normals(800, 5).map((value) => value * 2)];
    const whole = observed(make(), first, second);
    const stopped = observed(make(), first);
    const resumed = make();
    const { counts, extremes } = stopped.state();
    const saved = { counts: counts.clone(), extremes: extremes.clone() };
    observed(stopped, second); // what comes later is not in the copy
    resumed.state().counts.assign(saved.counts);
    resumed.state().extremes.assign(saved.extremes);
    expect(resumed.hasObserved()).toBe(true);
    expect(numbersOf(resumed)).toEqual(numbersOf(observed(make(), first)));
    observed(resumed, second);
    expect(numbersOf(resumed)).toEqual(numbersOf(whole));
    const bytes = (observer: HistogramObserver) =>
      Buffer.from(observer.state().counts.dataSync().slice().buffer);
    expect(bytes(resumed).equals(bytes(whole))).toBe(true);
    expect(numbersOf(stopped)).toEqual(numbersOf(whole));
  });

  test.each([
    ['all 0', [0, 0, 0], { scale: 2 ** -23, zeroPoint: 0 }],
    ['all 51', [51, 51], { scale: Math.fround(0.2), zeroPoint: 0 }],
    ['all -51', [-51, -51], { scale: Math.fround(0.2), zeroPoint: 255 }],
    ['one value', [51], { scale: Math.fround(0.2), zeroPoint: 0 }],
  ])('of constants keeps them: %s', (_, values, { scale, zeroPoint }) => {
    expect(numbersOf(observed(make(), Float32Array.from(values)))).toEqual([scale, zeroPoint]);
  });

  test('of all 0, symmetric: scale 1', () => {
    expect(numbersOf(observed(make({ spec: int8() }), new Float32Array(4)))).toEqual([1, 0]);
  });

  test('takes nothing of an empty tensor', () => {
    const observer = observed(make(), new Float32Array(0));
    expect(observer.hasObserved()).toBe(false);
    expect(observer.range()).toEqual({ lo: 0, hi: 0 });
    expect(numbersOf(observed(observer, normals(10)))).toEqual(numbersOf(observed(make(), normals(10))));
  });

  test.each([NaN, Infinity, -Infinity])('has no finite scale from %d on', (value) => {
    const observer = observed(make(), Float32Array.of(1, value, -1), normals(10));
    expect(observer.hasObserved()).toBe(true);
    expect(numbersOf(observer)[0]).toBeNaN();
  });

  test.each([1e-30, 1e-6, 1e6, 1e30])('the range of values %d times as large is so, too', (factor) => {
    const spec = int8(); // an affine scale has a least value
    const { lo, hi } = observed(make({ spec }), normals(5000)).range();
    const scaled = observed(
      make({ spec }),
      normals(5000).map((value) => value * factor),
    ).range();
    // Bins are octaves in 256 parts: a factor that is no power of two shifts them.
    expect(Math.abs(scaled.lo / factor / lo - 1)).toBeLessThan(0.03);
    expect(Math.abs(scaled.hi / factor / hi - 1)).toBeLessThan(0.03);
  });

  const drawn = normals(5000, 6);
  const specs = [2, 3, 4, 5, 6, 7, 8].flatMap((bits): [string, QuantSpec][] => [
    [`${bits} bits, affine`, { ...uint8(), bits }],
    [`${bits} bits, symmetric`, { ...int8(), bits }],
  ]);
  test.each(specs)('%s: no worse than the range from end to end', (_, spec) => {
    const keep = (observer: Observer) => kept(observed(observer, drawn), drawn);
    // Entropy minds no squares: of few values, in many codes, it clips more than pays.
    expect(keep(minMax({ spec })) - keep(make({ spec }))).toBeLessThan(make === entropy ? 3 : 0.3);
  });

  test('refuses a spec that is not per tensor', () => {
    expect(() => make({ spec: int8(perAxis(1)) })).toThrow(
      `Expected a spec that is perTensor() for ${name}(), got perAxis(1)`,
    );
  });

  test('leaks nothing and frees its state', async () => {
    const x = tf.tensor1d([1, 2]);
    await expectNoLeak(() => {
      const observer = make();
      observer.observe(x);
      tf.dispose([...Object.values(observer.qparams()), ...Object.values(observer.state())].slice(0, 2));
      observer.dispose();
    });
  });
});

describe('one value of 100 among a million normal ones', () => {
  const million = normals(1e6, 7);
  const specs: [string, QuantSpec][] = [
    ['affine', uint8()],
    ['symmetric', int8()],
  ];
  test.each(specs)('%s: percentile and MSE keep at least 10 dB more of the rest than min-max', (_, spec) => {
    const keep = (observer: Observer) => kept(observed(observer, million, Float32Array.of(100)), million);
    const whole = keep(minMax({ spec }));
    expect(keep(percentile({ spec })) - whole).toBeGreaterThan(20);
    expect(keep(mse({ spec })) - whole).toBeGreaterThan(20);
    expect(keep(histogram({ spec })) - whole).toBeGreaterThan(20);
    expect(keep(entropy({ spec })) - whole).toBeGreaterThan(10);
  });
});

describe('percentile', () => {
  test('cuts half of the rest on each side, or all of it by magnitude', () => {
    const values = Float32Array.from({ length: 10_001 }, (_, i) => (i - 5000) / 1000); // -5 … 5
    const { lo, hi } = observed(percentile({ percent: 90 }), values).range();
    expect(Math.abs(lo + 4.5)).toBeLessThan(4.5 / 256);
    expect(Math.abs(hi - 4.5)).toBeLessThan(4.5 / 256);
    const symmetric = observed(percentile({ percent: 90, spec: int8() }), values).range();
    expect(symmetric.lo).toBe(-symmetric.hi);
    expect(Math.abs(symmetric.hi - 4.5)).toBeLessThan(4.5 / 256);
  });

  test('of 100 percent is exactly the range of all', () => {
    const values = normals(1000, 8);
    const { lo, hi } = observed(percentile({ percent: 100 }), values).range();
    expect([lo, hi]).toEqual([Math.min(...values), Math.max(...values)]);
  });

  test('refuses other percents', () => {
    expect(() => percentile({ percent: 0 })).toThrow('above 0 and at most 100, got 0');
    expect(() => percentile({ percent: 101 })).toThrow('above 0 and at most 100, got 101');
    expect(() => percentile({ percent: NaN })).toThrow('got NaN');
  });
});

describe('mse', () => {
  /** `Σ (x - x̂)²` with a range. */
  function noise(values: Float32Array, lo: number, hi: number, spec: QuantSpec): number {
    const qparams = qparamsOf({ lo: tf.scalar(lo), hi: tf.scalar(hi) }, spec);
    const rounded = quantizeDequantize(tf.tensor1d(values), qparams, spec).dataSync();
    return values.reduce((sum, value, i) => sum + (value - rounded[i]!) ** 2, 0);
  }

  test.each([2, 4, 8])(
    'in %d bits comes within two hundredths of the least of two hundred thresholds',
    (bits) => {
      const spec = { ...int8(), bits };
      const values = normals(2000, 9);
      const most = Math.max(...values.map(Math.abs));
      const all = Array.from({ length: 200 }, (_, i) => noise(values, 0, (most * (i + 1)) / 200, spec));
      const { lo, hi } = observed(mse({ spec }), values).range();
      expect(noise(values, lo, hi, spec)).toBeLessThan(1.02 * Math.min(...all));
    },
  );

  test('of an affine range moves both ends', () => {
    const values = normals(2000, 10).map((value) => Math.exp(value)); // above 0, with a long tail
    const shifted = values.map((value) => value - 1);
    const spec = { ...uint8(), bits: 4 };
    const { lo, hi } = observed(mse({ spec }), shifted).range();
    let least = Infinity;
    for (let i = 1; i <= 20; i++) {
      for (let j = 1; j <= 20; j++) {
        least = Math.min(least, noise(shifted, -i / 20, (j * Math.max(...shifted)) / 20, spec));
      }
    }
    expect(noise(shifted, lo, hi, spec)).toBeLessThan(1.02 * least);
  });

  test('ends where values are too small for an affine scale', () => {
    const tiny = normals(100).map((value) => value * 1e-30);
    const observer = observed(mse(), tiny);
    expect(numbersOf(observer)[0]).toBe(2 ** -23);
  });

  test('counts an outlier’s own error where it is told to', () => {
    const values = Float32Array.from([...normals(200_000, 11), 100]);
    const plain = observed(mse({ outliers: 0 }), values).range();
    const usual = observed(mse(), values).range();
    expect(plain.hi).toBeGreaterThan(40);
    expect(usual.hi).toBeLessThan(5);
  });

  test('refuses a share that is none', () => {
    expect(() => mse({ outliers: 1 })).toThrow('a share of outliers in [0, 1), got 1');
    expect(() => mse({ outliers: -0.1 })).toThrow('got -0.1');
  });
});

describe('histogram', () => {
  // torch.ao.quantization.HistogramObserver(), of float32 numbers i / 500 - 1; see compression_vectors.json
  const line = Float32Array.from({ length: 1001 }, (_, i) => i / 500 - 1);
  test.each([
    ['a line', line, 0.007839307, 128],
    ['a line and an outlier of 20', Float32Array.from([...line, 20]), 0.082312733, 12],
  ])('as torch: %s', (_, values, scale, zeroPoint) => {
    const numbers = numbersOf(observed(histogram(), values));
    expect(numbers[0]).toBeCloseTo(scale, 8);
    expect(numbers[1]).toBe(zeroPoint);
  });
});

describe('entropy', () => {
  test('of values that fill few bins evenly is the range of all', () => {
    const [lowest, highest] = codeRange(int8());
    const levels = Float32Array.from({ length: highest - lowest + 1 }, (_, i) => lowest + i);
    const { hi } = observed(entropy({ spec: int8() }), levels).range();
    expect(hi).toBeCloseTo(highest, 1);
  });

  test('does not count exact zeros', () => {
    const rectified = normals(50_000, 12).map((value) => Math.max(value, 0));
    const positive = rectified.filter((value) => value > 0);
    expect(observed(entropy(), rectified).range()).toEqual({
      ...observed(entropy(), positive).range(),
      lo: 0,
    });
  });
});
