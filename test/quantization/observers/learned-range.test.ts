import * as tf from '@tensorflow/tfjs';
import { learnedClip, learnedStep } from '../../../lib/quantization/observers/learned-range';
import { minMax } from '../../../lib/quantization/observers/min-max';
import type { Observer } from '../../../lib/quantization/observers/observer';
import { QuantSpec, uint8 } from '../../../lib/quantization/spec';
import { activationQuantizer } from '../../../lib/quantization/transforms/activation-quantizer';
import reference from '../../reference/quantization.json';
import { expectNoLeak } from '../../leaks';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const values = (x: tf.Tensor): number[] => Array.from(x.dataSync());
const variablesOf = ({ learned }: Observer) =>
  Object.values(learned!.trainables()).map(({ variable }) => variable);

/** A range that has begun with the one of these numbers, or was then given these edges. */
function begun(make: typeof learnedStep, spec: QuantSpec, first: number[], edges?: number[]): Observer {
  const range = make({ from: minMax({ spec }) });
  range.observe(tf.tensor1d(first));
  range.learned!.begin();
  variablesOf(range).forEach((variable, i) => edges && variable.assign(tf.scalar(edges[i]!)));
  return range;
}

/** [dx, …d edges] of Σ factor · y. */
function gradients(range: Observer, x: number[][], factors: number[][]): number[][] {
  const [input, weights] = [tf.tensor2d(x), tf.tensor2d(factors)];
  const { grads } = tf.variableGrads(
    () => range.learned!.quantize(input, {}).mul(weights).sum() as tf.Scalar,
    variablesOf(range),
  );
  const dx = tf.grad((a) => range.learned!.quantize(a, {}).mul(weights).sum())(input);
  return [values(dx), ...variablesOf(range).map(({ name }) => values(grads[name]!))];
}

const bits3: QuantSpec = { ...uint8(), bits: 3, signed: true, symmetric: true };

test('the gradient of a step is torch’s, but for LSQ’s factor', () => {
  const found = reference.fakeQuantize.find(({ name }) => name === 'torch, learnable, 3 bits')!;
  const { x, y, dx, dscale, scale } = found as typeof found & { dscale: number };
  const range = begun(learnedStep, bits3, [1], [scale]);
  expect(values(range.learned!.quantize(tf.tensor1d(x), {}))).toEqual(y);
  // The two that are clipped; torch's zero point has a gradient, too, and ours is fixed.
  const [ofX, ofStep] = gradients(range, [x], [x.map(() => 1)]);
  expect(ofX).toEqual(dx);
  expect(ofStep![0]).toBeCloseTo(dscale / Math.sqrt(x.length * 3), 6);
});

test('after a ReLU it is the paper’s: one end, whose gradient is that of an unsigned step', () => {
  const spec = { ...uint8(), bits: 2 };
  const range = begun(learnedStep, spec, [0, 3], [0, 0.5]);
  const x = [
    [0, 0.2, 0.6],
    [1.1, 1.5, 4],
  ];
  const factors = [
    [1, 2, 3],
    [4, 5, 6],
  ];
  const [dx, low, high] = gradients(range, x, factors);
  expect(dx).toEqual([1, 2, 3, 4, 0, 0]);
  expect(low).toEqual([0]);
  // v = x / s: 0, 0.4, 1.2, 2.2, then 3 and 8, which are Q = 3 and beyond
  const expected = 2 * -0.4 + 3 * -0.2 + 4 * -0.2 + 5 * 3 + 6 * 3;
  expect(high![0]).toBeCloseTo(expected / Math.sqrt(3 * 3), 5); // 3 numbers in an example
});

test('an affine range learns both ends, from what is clipped there and from rounding', () => {
  const spec = { ...uint8(), bits: 2 };
  const range = begun(learnedStep, spec, [0], [-0.25, 0.5]); // step 0.75, range −0.75 … 1.5
  const [dx, low, high] = gradients(range, [[-2, -0.75, 0.3, 0.6, 3]], [[1, 2, 3, 4, 5]]);
  expect(dx).toEqual([0, 0, 3, 4, 0]);
  const rounding = 3 * (0 - 0.4) + 4 * (1 - 0.8);
  const factor = 1 / Math.sqrt(5 * 3);
  expect(low![0]).toBeCloseTo(((1 + 2) * 3 - rounding) * factor, 5);
  expect(high![0]).toBeCloseTo((5 * 3 + rounding) * factor, 5);
});

test('PACT’s clip learns from what is at or above it, and from nothing else', () => {
  const range = begun(learnedClip, uint8(), [0, 2]);
  const x = [[-0.5, 0, 0.3, 1.999, 2, 5]];
  const [dx, low, high] = gradients(range, x, [[1, 2, 3, 4, 5, 6]]);
  expect(dx).toEqual([0, 2, 3, 4, 0, 0]);
  expect(high).toEqual([(5 + 6) * 255]); // α = 255 high
  expect(low).toEqual([1 * 255]);
  const { learned } = range;
  expect(Object.values(learned!.trainables()).map(({ decay }) => decay)).toEqual([true, true]);
});

test.each([
  ['affine', uint8()],
  ['symmetric', { ...uint8(), symmetric: true }],
])('begins with the observed range, the same codes, %s', (_, spec) => {
  const x = tf.linspace(-1, 3, 77);
  const from = minMax({ spec });
  from.observe(x);
  const range = begun(learnedStep, spec, values(x));
  const [before, after] = [from, range].map((each) => each.qparams());
  expect(values(after!.zeroPoint)).toEqual(values(before!.zeroPoint));
  expect(values(after!.scale)[0]).toBeCloseTo(values(before!.scale)[0]!, 8);
});

test('ends that crossed 0 or each other are a range nonetheless, which learns back', () => {
  const crossed = begun(learnedStep, uint8(), [0], [0.1, -0.1]);
  const { scale, zeroPoint } = crossed.qparams();
  expect(values(scale)[0]).toBeGreaterThan(0);
  expect(Number.isInteger(values(zeroPoint)[0])).toBe(true);
  const [, low, high] = gradients(crossed, [[-1, 1]], [[1, -1]]);
  expect([Math.sign(low![0]!), Math.sign(high![0]!)]).toEqual([1, -1]); // descending widens it
});

describe('a quantizer with a learned range', () => {
  const quantizer = () => activationQuantizer({ name: 'dense', observer: learnedStep({ from: minMax() }) });

  test('observes its first batch and learns from then on', () => {
    const own = quantizer();
    const [first, second] = [tf.tensor1d([0, 1]), tf.tensor1d([0, 9])];
    const before = own.revision;
    expect(() => own.apply(first, 'inference')).toThrow('has no range yet');
    expect(values(own.apply(first, 'training'))).toEqual([0, 1]);
    expect(own.revision).not.toBe(before);
    expect(values(own.apply(second, 'training'))).toEqual([0, 1]); // clipped: nothing is observed any more
    expect(values(own.apply(second, 'inference'))).toEqual([0, 1]);
    own.dispose();
  });

  test('observes for as long as it does not quantize, and begins with all of that', () => {
    const own = quantizer();
    own.mode = 'observe';
    for (const most of [1, 4]) own.apply(tf.tensor1d([0, most]), 'training');
    own.mode = 'quantize';
    expect(values(own.apply(tf.tensor1d([2, 9]), 'inference'))[1]).toBe(4);
    expect(values(own.apply(tf.tensor1d([2, 9]), 'training'))[1]).toBe(4);
    expect(values(variablesOf(own.observer)[1]!)[0]).toBeCloseTo(4 / 255, 8);
    own.dispose();
  });

  test('leaves nothing behind', async () => {
    await expectNoLeak(() => {
      const own = quantizer();
      const x = tf.tensor1d([0, 1]);
      own.apply(x, 'training').dispose();
      tf.dispose([tf.grad((a) => own.apply(a, 'training').sum())(x), own.observer.qparams(), x]);
      own.dispose();
    });
  });
});
