import * as tf from '@tensorflow/tfjs';
import { firstSteps, learnedSteps, quantizeBySteps, stepSizes } from '../../lib/quantization/learned-steps';
import { perAxis, perGroup } from '../../lib/quantization/granularity';
import { quantizeDequantize } from '../../lib/quantization/quantize';
import { codeRange, int4, int8, QuantSpec } from '../../lib/quantization/spec';
import { codesOf, decode } from '../../lib/quantization/decode';
import { encode } from '../../lib/quantization/encode';
import { weightQuantizer } from '../../lib/quantization/transforms/weight-quantizer';
import { expectNoLeak } from '../leaks';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const values = (x: tf.Tensor): number[] => Array.from(x.dataSync());
const weightOf = (data: number[], shape: number[]) => ({ data: Float32Array.from(data), shape });

function quantize(w: tf.Tensor, steps: tf.Tensor, spec: QuantSpec): tf.Tensor {
  return quantizeBySteps(w, steps, spec, (x, scale) =>
    quantizeDequantize(x, { scale, zeroPoint: tf.scalar(0) }, spec),
  );
}

/** [dw, ds] of Σ factor · ŵ. */
function gradients(w: tf.Tensor, steps: tf.Tensor, spec: QuantSpec, factors: tf.Tensor): number[][] {
  const loss = (x: tf.Tensor, s: tf.Tensor) => quantize(x, s, spec).mul(factors).sum();
  return tf.grads(loss)([w, steps]).map(values);
}

/** The paper's, one number at a time. */
function stepGradient(w: number[], s: number, dy: number[], highest: number): number {
  const each = w.map((x, i) => {
    const v = Math.fround(Math.fround(x) / Math.fround(s));
    const rounded = Math.abs(v % 1) === 0.5 ? 2 * Math.round(v / 2) : Math.round(v);
    return dy[i]! * (v >= highest ? highest : v <= -highest ? -highest : rounded - v);
  });
  return each.reduce((sum, x) => sum + x, 0) / Math.sqrt(w.length * highest);
}

test('codes that are given take the place of steps, which then learn nothing', () => {
  const w = tf.tensor2d([1, -2, 0.5, 4], [2, 2]);
  const values = weightOf([1, -2, 0.5, 4], [2, 2]);
  const steps = learnedSteps({ path: 'dense/kernel', spec: int4(), values: () => values });
  const quantizer = weightQuantizer({ spec: int4(), steps });
  const given = encode(values, int4(), { scales: Float32Array.of(2) });
  expect(codesOf(quantizer.encode(values))).toEqual(codesOf(encode(values, int4())));
  quantizer.fix(given);
  expect(Array.from(quantizer.apply(w, 'training').dataSync())).toEqual([...decode(given)]);
  const { variable } = steps.trainables().step;
  const { grads } = tf.variableGrads(() => {
    const bound = quantizer.apply(w, 'training').sum();
    return bound.add(variable.mul(0)).asScalar();
  }, [variable]);
  expect(grads[variable.name]!.dataSync()[0]).toBe(0);
  quantizer.dispose();
});

describe('first steps', () => {
  test('are 2 mean|w| / √Q', () => {
    const steps = firstSteps(weightOf([1, -3, 4, -4, 3, 3], [2, 3]), int4());
    expect(steps.shape).toEqual([]);
    // mean 3; the largest of 4 would be reached with 4/7 already
    expect(steps.dataSync()[0]).toBe(Math.fround(4 / 7));
    const peaked = firstSteps(weightOf([0.5, -0.5, 0.5, -0.5, 0.5, 140], [2, 3]), int4());
    expect(peaked.dataSync()[0]).toBe(Math.fround((2 * (142.5 / 6)) / Math.sqrt(7)));
  });

  test('are one for each block, in the blocks’ shape, and 1 where all is 0', () => {
    const weight = weightOf([63, 0, 6.3, 0, 0.63, 0, 126, 0], [4, 2]);
    const perColumn = firstSteps(weight, int8(perAxis(1)));
    expect(perColumn.shape).toEqual([1, 2]);
    expect(values(perColumn)).toEqual([2, 1]);
    const groups = firstSteps(weight, int8(perGroup(0, 3)));
    expect(groups.shape).toEqual([2, 2]);
    expect(values(groups)).toEqual([1, 1, 2, 1]);
  });
});

describe('quantizing by steps', () => {
  const w = [-3, -1.1, -0.3, 0.1, 0.6, 0.9, 2.6, 3.5];
  const dy = [1, 2, 3, 4, 5, 6, 7, 8];

  test.each([
    ['4 bits', int4(), 0.5],
    ['4 bits, clipping', int4(), 0.2],
    ['2 bits', { ...int4(), bits: 2 }, 0.5],
    ['7 bits', int8(), 0.03],
  ])('has the paper’s gradients: %s', (_, spec, s) => {
    const [, highest] = codeRange(spec);
    const [dw, ds] = gradients(tf.tensor1d(w), tf.scalar(s), spec, tf.tensor1d(dy));
    expect(dw).toEqual(w.map((x, i) => (Math.abs(x) < highest * s ? dy[i] : 0)));
    expect(ds![0]).toBeCloseTo(stepGradient(w, s, dy, highest), 5);
  });

  test('a weight at the end of the range moves the step as what is clipped does, and not itself', () => {
    const [dw, ds] = gradients(tf.tensor1d([-3.5, 3.5]), tf.scalar(0.5), int4(), tf.tensor1d([1, 2]));
    expect(dw).toEqual([0, 0]);
    expect(ds![0]).toBeCloseTo((-7 + 2 * 7) / Math.sqrt(2 * 7), 6);
  });

  test('each block has its own step, with the number of its own weights', () => {
    const matrix = tf.tensor2d(w, [4, 2]);
    const factors = tf.tensor2d(dy, [4, 2]);
    const columns = (numbers: number[], j: number) => numbers.filter((_, i) => i % 2 === j);
    const [, perColumn] = gradients(matrix, tf.tensor2d([[0.2, 0.4]]), int4(perAxis(1)), factors);
    [0.2, 0.4].forEach((s, j) =>
      expect(perColumn![j]).toBeCloseTo(stepGradient(columns(w, j), s, columns(dy, j), 7), 5),
    );
    const [, groups] = gradients(
      matrix,
      tf.tensor2d([0.2, 0.4, 0.3, 0.5], [2, 2]),
      int4(perGroup(0, 2)),
      factors,
    );
    const part = (numbers: number[], group: number, j: number) =>
      columns(numbers, j).slice(2 * group, 2 * group + 2);
    [0.2, 0.4, 0.3, 0.5].forEach((s, i) => {
      const [group, j] = [Math.floor(i / 2), i % 2];
      expect(groups![i]).toBeCloseTo(stepGradient(part(w, group, j), s, part(dy, group, j), 7), 5);
    });
  });

  test('a step below 0 is taken by its size, and learns to the other side; one of 0 divides nothing by 0', () => {
    const x = tf.tensor1d(w);
    const [positive, negative] = [0.2, -0.2].map((s) => gradients(x, tf.scalar(s), int4(), tf.tensor1d(dy)));
    expect(values(quantize(x, tf.scalar(-0.2), int4()))).toEqual(values(quantize(x, tf.scalar(0.2), int4())));
    expect(negative![0]).toEqual(positive![0]);
    expect(negative![1]![0]).toBe(-positive![1]![0]!);
    expect([...stepSizes(Float32Array.of(0.5, -0.5))]).toEqual([0.5, 0.5]);
    const atZero = gradients(x, tf.scalar(0), int4(), tf.tensor1d(dy)).flat();
    expect(atZero.every(Number.isFinite)).toBe(true);
    expect(stepSizes(Float32Array.of(0))[0]).toBeGreaterThan(0);
  });

  test('leaves nothing behind', async () => {
    const [x, s] = [tf.tensor1d(w), tf.scalar(0.2)];
    await expectNoLeak(() => tf.dispose(tf.grads((a, b) => quantize(a!, b!, int4()).sum())([x, s])));
  });
});
